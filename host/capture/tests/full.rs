//! A full disk: a clear error, a readable file, and nothing lost once there is room again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use common::{child, pattern, read_all};
use ichiscope_capture::{End, Item};

/// The system refuses to let the file grow beyond a limit, as on a full disk; `prlimit` then lifts the limit.
#[test]
fn recording_goes_on_after_room_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -S -f 5000; exec \"$0\" fill \"$1\""])
        .arg(child::record_loop())
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let error = lines.next().unwrap().unwrap();
    let length = std::fs::metadata(&path).unwrap().len();
    for word in ["no room for", "a.mcap", "Remedy: make room", &format!("beyond byte {length}:")] {
        assert!(error.contains(word), "{word} is missing: {error}");
    }

    let whole = read_all(&path);
    assert!(matches!(whole.end, End::Truncated { writing: true, .. }), "{:?}", whole.end);
    assert_eq!(whole.damage, []);
    assert!(whole.items.len() * 5_000 > length as usize - (2 << 20), "{} items", whole.items.len());
    check_items(&whole.items);

    let lifted = Command::new("prlimit")
        .args(["--fsize=unlimited:unlimited", "--pid", &child.id().to_string()])
        .status()
        .expect("prlimit is missing: install the package util-linux");
    assert!(lifted.success());
    child.stdin.take().unwrap().write_all(b"go on\n").unwrap();
    let recorded: usize = lines.next().unwrap().unwrap().parse().unwrap();
    assert!(child.wait().unwrap().success());
    let whole = read_all(&path);
    assert_eq!((whole.damage, whole.end, whole.items.len()), (vec![], End::Finished, recorded));
    check_items(&whole.items);
}

fn check_items(items: &[Item]) {
    for (n, item) in items.iter().enumerate() {
        assert!(
            matches!(item, Item::Bytes { bytes, .. } if *bytes == pattern::item(n as u64, 5_000)),
            "item {n}"
        );
    }
}
