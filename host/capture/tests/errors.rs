//! Every refusal names the thing, the place and the remedy.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use common::{CREATED_NS, facts, small_capture};
use ichiscope_capture::{CaptureError, Reader, Writer};

fn create_error(path: &Path) -> CaptureError {
    match Writer::create(path, &facts()) {
        Err(error) => error,
        Ok(_) => panic!("{} was created", path.display()),
    }
}

fn open_error(path: &Path) -> CaptureError {
    match Reader::open(path) {
        Err(error) => error,
        Ok(_) => panic!("{} was opened", path.display()),
    }
}

/// The message names the file and a remedy.
#[track_caller]
fn assert_helpful(error: &CaptureError, path: &Path, words: &[&str]) {
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()) && text.contains("Remedy: "), "{text}");
    words.iter().for_each(|word| assert!(text.contains(word), "{word} is missing: {text}"));
}

#[test]
fn an_existing_file_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    std::fs::write(&path, b"old").unwrap();
    let error = create_error(&path);
    assert!(matches!(error, CaptureError::Exists { .. }));
    assert_helpful(&error, &path, &["already exists", "another name"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}

#[test]
fn a_second_writer_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut first = Writer::create(&path, &facts()).unwrap();
    assert!(matches!(create_error(&path), CaptureError::Exists { .. }));
    // The lock keeps out who does not ask for a new file.
    let other = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    assert!(matches!(other.try_lock(), Err(std::fs::TryLockError::WouldBlock)));
    first.bytes(CREATED_NS, &[1]).unwrap();
    first.finish().unwrap();
    assert_eq!(common::read_all(&path).items, [common::bytes(CREATED_NS, &[1])]);
    other.try_lock().unwrap();
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no/a.mcap");
    assert_helpful(&create_error(&path), &path, &["create the folder"]);
}

/// `/sys` refuses new files even from root, whom a folder's mode does not stop.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_may_not_be_written_is_named() {
    let path = Path::new("/sys/ichiscope-test.mcap");
    assert_helpful(&create_error(path), path, &["choose a folder that you may write to"]);
}

#[test]
fn texts_have_a_limit_and_a_refused_one_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut long_facts = facts();
    long_facts.bench.operator_notes = Some("x".repeat(70_000));
    assert!(matches!(Writer::create(&path, &long_facts), Err(CaptureError::TooLong { .. })));
    assert!(!path.exists());

    let mut writer = Writer::create(&path, &facts()).unwrap();
    let error = writer.note(None, CREATED_NS, "note", &"x".repeat(70_000)).unwrap_err();
    assert!(error.to_string().contains("a note: 700"), "{error}");
    writer.finish().unwrap();
    assert_eq!(common::read_all(&path).items, []);
}

#[test]
fn what_is_not_a_capture_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    for (content, word) in [
        (&b"PK\x03\x04 and so on"[..], "zip"),
        (b"time,level\n1,2\n", "text that begins with \"time,level\""),
        (&[0; 5000], "zeros"),
        (&other_mcap(), "profile \"ros2\""),
        (&[0x5A; 200_000], "text"),
        (&[0xA5; 200_000], "a5, a5"),
    ] {
        std::fs::write(&path, content).unwrap();
        let error = open_error(&path);
        assert!(matches!(error, CaptureError::NotACapture { .. }), "{error}");
        assert_helpful(&error, &path, &[word]);
    }
}

fn other_mcap() -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut writer = mcap::WriteOptions::new().profile("ros2").create(&mut file).unwrap();
    writer.finish().unwrap();
    drop(writer);
    file.into_inner()
}

#[test]
fn an_empty_file_a_missing_one_and_a_folder_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    assert_helpful(&open_error(&path), &path, &["check the path"]);
    std::fs::write(&path, b"").unwrap();
    assert_helpful(&open_error(&path), &path, &["ends at byte 0", "before anything was recorded"]);
    assert_helpful(&open_error(folder.path()), folder.path(), &["name a file"]);
}

#[test]
fn a_newer_format_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut newer = facts();
    newer.format = 2;
    Writer::create(&path, &newer).unwrap().finish().unwrap();
    let error = open_error(&path);
    assert!(matches!(error, CaptureError::Newer { found: 2, known: 1, .. }));
    assert_helpful(&error, &path, &["format 2", "update"]);
}

#[test]
fn facts_without_any_good_copy_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut file = small_capture();
    let chunk_start = common::records(&file)[2].1;
    file.truncate(chunk_start + 20);
    file[chunk_start - 1] ^= 1;
    std::fs::write(&path, &file).unwrap();
    let error = open_error(&path);
    assert!(matches!(error, CaptureError::NoFacts { .. }));
    assert_helpful(&error, &path, &["session facts", "at byte 53", "damaged"]);
}
