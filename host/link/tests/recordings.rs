//! Recorded USB sessions of boards, replayed by `umockdev-run`: whatever lies in `recordings/`. Its README says how to add one.
//!
//! Real libusb, libftdi and crate `ftdi`; umockdev stands in for the kernel, and answers only what was asked in the recording.
//! Needs the package umockdev.
#![cfg(all(target_os = "linux", feature = "ftdi"))]
// Helpers of tests fail by panicking too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod console;
mod replay;
mod rig;

use std::fs;
use std::path::{Path, PathBuf};

use ichiscope_wire::{Decoder, Event, FRAME_LEN};
use rig::assert_same_bytes;

fn recordings() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

/// The first line of the description that begins so, without that.
fn told(description: &str, prefix: &str) -> String {
    let line = description.lines().find_map(|line| line.strip_prefix(prefix));
    line.unwrap_or_else(|| panic!("no line begins with {prefix}")).trim_end_matches("\\n").to_owned()
}

#[test]
fn every_recorded_session_gives_its_frames() {
    let all = recordings();
    assert!(!all.is_empty());
    for recording in all {
        let name = recording.file_name().unwrap().to_string_lossy().into_owned();
        let description = fs::read_to_string(recording.join("device")).unwrap();
        let (device, serial) = (told(&description, "P: "), told(&description, "A: serial="));
        let folder = tempfile::tempdir().unwrap();
        let received = folder.path().join("received");
        let mut rig =
            replay::start(&recording.join("device"), &device, &recording.join("session.pcap"), &received);
        let list = rig.ask("list");
        assert!(list.starts_with(&serial) && list.ends_with("| ready"), "{name}: {list}");
        let opened = rig.ask(&format!("open {serial} 3000000"));
        assert!(opened.starts_with(&format!("opened {serial} at 3000000")), "{name}: {opened}");
        let answer = rig.ask("read 100000000 2000");
        let bytes = fs::read(&received).unwrap();
        check(&name, &bytes);
        println!("{name}: {} bytes; {answer}", bytes.len());
        // What came is known byte for byte where it was kept.
        if let Ok(expected) = fs::read(recording.join("bytes")) {
            assert_same_bytes(&bytes, &expected);
        }
    }
}

/// Frames, and no damage but the frame in which the session began or ended.
fn check(name: &str, bytes: &[u8]) {
    let (mut frames, mut damaged) = (0_u64, Vec::new());
    let mut decoder = Decoder::new();
    let mut take = |event| match event {
        Event::Frame(_) => frames += 1,
        Event::Damage { offset, bytes } => damaged.push((offset, bytes)),
    };
    decoder.push(bytes, &mut take);
    decoder.finish(&mut take);
    assert!(frames >= 10, "{name}: {frames} frames in {} bytes", bytes.len());
    let whole = (bytes.len() - FRAME_LEN) as u64;
    let is_an_end =
        |(offset, length): &(u64, u64)| *length < FRAME_LEN as u64 && (*offset == 0 || *offset > whole);
    assert!(damaged.iter().all(is_an_end), "{name}: {damaged:?}");
}
