//! `ichiscope recover` as a user runs it: exit codes, what is told, the original untouched, the loss in the analysis.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

use std::path::Path;
use std::process::{Command, Output};

use ichiscope_capture::{Item, Read, Reader, Writer};
use serde_json::Value;

fn ichiscope(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ichiscope")).args(args).output().expect("the program runs")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A recording of the twin, in many chunks, as a real one has them.
fn demo(folder: &Path) -> Vec<u8> {
    let out = ichiscope(&["demo", "--out", text(&folder.join("demo")), "--no-app"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    let mut reader = Reader::open(folder.join("demo/demo.mcap")).unwrap();
    let path = folder.join("chunks.mcap");
    let mut writer = Writer::create(&path, reader.facts()).unwrap();
    for (n, read) in reader.items().enumerate() {
        let Read::Item(item) = read else { panic!("{read:?}") };
        match item {
            Item::Bytes { host_ns, bytes } => {
                for piece in bytes.chunks(2000) {
                    writer.bytes(host_ns, piece).unwrap();
                    writer.flush().unwrap();
                }
            }
            item => writer.item(&item).unwrap_or_else(|e| panic!("item {n}: {e}")),
        }
    }
    writer.finish().unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn recovers_and_says_what_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let whole = demo(folder.path());
    let path = |name: &str| folder.path().join(name);

    // Nothing lost: 0.
    std::fs::write(path("whole.mcap"), &whole).unwrap();
    let out = ichiscope(&["recover", text(&path("whole.mcap")), "--out", text(&path("a.mcap")), "--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&told["losses"], &told["unfinished"]), (&Value::from(0), &Value::from(false)));

    // A hole in the middle and a cut end: 3, both told, the original as it was.
    let mut bad = whole[..whole.len() / 2].to_vec();
    let hole = bad.len() / 2;
    bad[hole..hole + 2000].fill(0xAA);
    std::fs::write(path("bad.mcap"), &bad).unwrap();
    let out = ichiscope(&["recover", text(&path("bad.mcap")), "--out", text(&path("b.mcap")), "--json"]);
    assert_eq!(out.status.code(), Some(3), "{}", String::from_utf8_lossy(&out.stderr));
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    let first = &told["lost"][0];
    let (offset, bytes) = (first["offset"].as_u64().unwrap(), first["bytes"].as_u64().unwrap());
    assert!(offset <= hole as u64 && hole as u64 + 2000 <= offset + bytes, "{told}");
    assert!(first["from_ns"].as_u64().unwrap() < first["to_ns"].as_u64().unwrap());
    assert_eq!(told["unfinished"], Value::from(true));
    assert!(std::fs::read(path("bad.mcap")).unwrap() == bad);

    // The hole is a gap in the analysis of the recovered file too.
    let out = ichiscope(&["analyse", text(&path("b.mcap")), "--json"]);
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(told["verdict"], "INCONCLUSIVE", "{told:#}");
    assert!(told.to_string().contains("file-damage"), "{told:#}");

    // In words, and without overwriting.
    let out = ichiscope(&["recover", text(&path("bad.mcap")), "--out", text(&path("c.mcap"))]);
    let words = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(words.contains("LOST: ") && words.contains("not finished"), "{words}");
    let again = ichiscope(&["recover", text(&path("bad.mcap")), "--out", text(&path("c.mcap"))]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("already exists"));

    // Not a capture: 1, and no file appears.
    std::fs::write(path("text.mcap"), "hello").unwrap();
    let out = ichiscope(&["recover", text(&path("text.mcap")), "--out", text(&path("d.mcap"))]);
    assert_eq!(out.status.code(), Some(1));
    assert!(!path("d.mcap").exists());
}
