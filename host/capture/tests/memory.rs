//! Memory stays flat, whatever the file's size and whatever a damaged length asks for.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use common::{CREATED_NS, facts, groups, pattern, read_all, records, small_capture};
use ichiscope_capture::{End, Read, Reader, Writer};

/// The most memory that this process has had so far, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

const ALLOWED: u64 = 24 << 20;

/// One test, because the peak is the whole process's.
#[test]
fn memory_stays_flat() {
    let folder = tempfile::tempdir().unwrap();
    let before = peak();

    // 150 MB in items that do not compress.
    let path = folder.path().join("long.mcap");
    let run = pattern::item(0, 100_000);
    let mut writer = Writer::create(&path, &facts()).unwrap();
    for n in 0..1500 {
        writer.bytes(CREATED_NS + n * 1_000_000, &run).unwrap();
    }
    writer.finish().unwrap();
    assert!(peak() - before < ALLOWED, "writing took {} MB", (peak() - before) >> 20);
    let mut reader = Reader::open(&path).unwrap();
    assert_eq!(reader.items().filter(|read| matches!(read, Read::Item(_))).count(), 1500);
    assert!(peak() - before < ALLOWED, "reading took {} MB", (peak() - before) >> 20);

    // A chunk whose head agrees with itself, but claims 200 MiB, in a file that is long enough for it.
    let path = folder.path().join("claim.mcap");
    let small = small_capture();
    let second = records(&small).into_iter().filter(|record| record.0 == 6).nth(1).unwrap().1;
    let claim = 200u64 << 20;
    let mut head = small[second..second + 53].to_vec();
    head[1..9].copy_from_slice(&(44 + claim).to_le_bytes());
    head[45..53].copy_from_slice(&claim.to_le_bytes());
    let mut file = File::create(&path).unwrap();
    file.write_all(&small[..second]).unwrap();
    file.write_all(&head).unwrap();
    file.seek(SeekFrom::Current(claim as i64)).unwrap();
    file.write_all(&small[second..]).unwrap();
    let whole = read_all(&path);
    assert_eq!((whole.items, whole.end), (groups().concat(), End::Finished));
    assert!(peak() - before < ALLOWED, "a false length took {} MB", (peak() - before) >> 20);
}
