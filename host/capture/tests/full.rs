//! A full disk: a clear error, a readable file, and nothing lost once there is room again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{child, pattern, read_all};
use ichiscope_capture::{CaptureError, End, Item, Options, Writer};

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

/// The writer leaves room to close the file, says so, and the file is whole: also when its owner just drops it.
#[test]
fn recording_stops_while_there_is_room_to_close_the_file() {
    // A folder in memory where there is one: nobody else fills it meanwhile.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    for is_dropped in [false, true] {
        let path = folder.path().join(format!("{is_dropped}.mcap"));
        let free = fs4::available_space(folder.path()).unwrap();
        let options = Options { reserve: free - (20 << 20) };
        let mut writer = Writer::create_with(&path, &common::facts(), options).unwrap();
        let mut taken = 0;
        let error = loop {
            assert!(taken < 20_000, "it never stopped");
            match writer.bytes(common::CREATED_NS + taken, &pattern::item(taken, 5_000)) {
                Ok(()) => taken += 1,
                Err(error) => break error.to_string(),
            }
        };
        for word in ["are left on the disk of", &format!("{is_dropped}.mcap"), "Remedy: make room"] {
            assert!(error.contains(word), "{word} is missing: {error}");
        }
        let length = std::fs::metadata(&path).unwrap().len();
        assert!((10 << 20..22 << 20).contains(&length), "{length}");
        if is_dropped {
            drop(writer);
        } else {
            writer.finish().unwrap();
        }

        let mut whole = read_all(&path);
        assert_eq!((whole.damage, whole.end), (vec![], End::Finished));
        let last = whole.items.pop().unwrap();
        assert!(matches!(&last, Item::Note { kind, .. } if kind == "stopped"), "{last:?}");
        assert_eq!(whole.items.len() as u64, taken);
        check_items(&whole.items);
        std::fs::remove_file(&path).unwrap();
    }
}

/// A disk that is nearly full already is refused at once, and no file is left behind.
#[test]
fn a_nearly_full_disk_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let options = Options { reserve: u64::MAX };
    let refused = Writer::create_with(&path, &common::facts(), options).map(|_| ());
    assert!(matches!(refused, Err(CaptureError::NoRoom { .. })), "{refused:?}");
    assert!(!path.exists());
}
