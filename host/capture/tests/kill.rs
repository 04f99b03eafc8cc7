//! kill -9 in the middle of a recording: what was flushed is there, and the file says that it is not finished.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{child, is_full, pattern, read_all};
use ichiscope_capture::{CHUNK_TIME, End, Item, LinkKind, recover};

/// Starts a recording, kills it once it has reported so many items, and returns their host times.
fn record_and_kill(mode: &str, path: &Path, items: usize) -> Vec<u64> {
    let mut child =
        Command::new(child::record_loop()).arg(mode).arg(path).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut times: Vec<u64> = Vec::new();
    let mut take = |line: std::io::Result<String>| {
        // The last line may be cut by the kill.
        if let Some((n, ns)) = line
            .unwrap()
            .split_once(' ')
            .and_then(|(n, ns)| Some((n.parse::<usize>().ok()?, ns.parse().ok()?)))
            && n == times.len()
        {
            times.push(ns);
        }
    };
    lines.by_ref().take(items).for_each(&mut take);
    child.kill().unwrap();
    child.wait().unwrap();
    // What the child had printed before it died counts as well; the last line only if it is whole.
    let rest: Vec<_> = lines.collect();
    let whole = rest.len().saturating_sub(1);
    rest.into_iter().take(whole).for_each(&mut take);
    assert!(times.len() >= items);
    times
}

fn check(mode: &str, len: usize, path: &Path, items: usize) {
    let reported = record_and_kill(mode, path, items);
    let whole = read_all(path);
    assert!(matches!(whole.end, End::Truncated { writing: false, .. }), "{:?}", whole.end);
    assert_eq!(whole.damage, []);
    for (n, item) in whole.items.iter().enumerate() {
        let Item::Bytes { host_ns, bytes } = item else { panic!("{item:?}") };
        assert!(*bytes == pattern::item(n as u64, len), "item {n}");
        assert!(reported.get(n).is_none_or(|reported| reported == host_ns), "item {n}");
    }
    let last = reported.last().unwrap();
    let bound = last - CHUNK_TIME.as_nanos() as u64;
    let lost = &reported[whole.items.len().min(reported.len())..];
    assert!(lost.iter().all(|ns| *ns > bound), "lost {} ms", (last - lost[0]) / 1_000_000);
}

/// What is recovered is what the file still has, and the loss is told.
fn check_recovery(path: &Path) {
    let to = path.with_extension("new.mcap");
    let recovery = recover(path, &to, |_, _| ()).unwrap();
    assert!(recovery.is_loss() && recovery.unfinished);
    let mut items = read_all(&to).items;
    items.retain(|item| !matches!(item, Item::Link { event, .. } if event.kind == LinkKind::FileDamage));
    assert!(items == read_all(path).items);
}

#[test]
fn killed_while_recording_slowly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    for round in 0..if is_full() { 200 } else { 20 } {
        check("paced", 40, &path, 100 + (37 * round) % 900);
        std::fs::remove_file(&path).unwrap();
    }
}

/// 20 kB at a time as fast as it goes: kills hit the middle of writes.
#[test]
fn killed_while_recording_fast() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    for round in 0..if is_full() { 400 } else { 40 } {
        check("fast", 20_000, &path, 40 + (61 * round) % 3000);
        if round % 10 == 0 {
            check_recovery(&path);
            std::fs::remove_file(path.with_extension("new.mcap")).unwrap();
        }
        std::fs::remove_file(&path).unwrap();
    }
}
