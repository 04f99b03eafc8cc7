//! Seeking by host time: everything from that time on is delivered, little before it, whatever state the file is in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use common::{CREATED_NS, facts, pattern, read_on};
use ichiscope_capture::{Item, Reader, Writer};

const COUNT: u64 = 4000;
const STEP_NS: u64 = 5_000_000;

fn at(n: u64) -> u64 {
    CREATED_NS + n * STEP_NS
}

/// 12 MB that do not compress.
fn write(path: &Path) -> Writer {
    let mut writer = Writer::create(path, &facts()).unwrap();
    (0..COUNT).for_each(|n| writer.bytes(at(n), &pattern::item(n, 3000)).unwrap());
    writer
}

/// Items from `host_ns` on are all there; the number of items before it.
fn check(path: &Path, host_ns: u64) -> usize {
    let mut reader = Reader::open(path).unwrap();
    reader.seek(host_ns);
    let whole = read_on(&mut reader);
    assert_eq!(whole.damage, []);
    let first = COUNT as usize - whole.items.len();
    for (n, item) in (first as u64..).zip(&whole.items) {
        let expected = Item::Bytes { host_ns: at(n), bytes: pattern::item(n, 3000) };
        assert!(*item == expected, "item {n}");
    }
    let wanted = (0..COUNT).filter(|n| at(*n) >= host_ns).count();
    whole.items.len().checked_sub(wanted).unwrap()
}

#[test]
fn finds_every_time_in_a_finished_a_running_and_a_cut_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = write(&path);
    writer.flush().unwrap();
    let times = || (0..COUNT).step_by(271).map(at).chain([0, at(0), at(COUNT) + 1, u64::MAX]);
    for time in times() {
        // 256 KiB, and the chunk in which they begin (40 items, 200 ms).
        assert!(check(&path, time) <= (256 << 10) / 3000 + 80, "while recording");
    }
    writer.finish().unwrap();
    for time in times() {
        assert!(check(&path, time) <= (256 << 10) / 3000 + 80, "finished");
    }
}

#[test]
fn damage_elsewhere_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    write(&path).finish().unwrap();
    let mut file = std::fs::read(&path).unwrap();
    let (from, to) = (file.len() / 4, file.len() / 2);
    file[from..to].fill(0x5A);
    std::fs::write(&path, &file).unwrap();
    for n in [COUNT * 6 / 10, COUNT * 9 / 10] {
        assert!(check(&path, at(n)) < 200);
    }
    // Into the damage: the seek ends before it, and it is reported.
    let mut reader = Reader::open(&path).unwrap();
    reader.seek(at(COUNT * 3 / 8));
    let whole = read_on(&mut reader);
    assert!(whole.damage.iter().any(|d| d.2.loses_items()));
    assert!(whole.items.len() as u64 >= COUNT / 2 - 200);
}
