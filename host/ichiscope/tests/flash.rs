//! `flash` with a programmer that only notes what it is asked for, with none, and with the real ones and no board.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use sha2::{Digest, Sha256};

fn flash(path: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ichiscope")).arg("flash").args(args).env("PATH", path).output().unwrap()
}

fn stderr(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// A programmer that keeps its arguments and the file it was given, and ends with `code`.
fn fake(folder: &Path, name: &str, code: u8) {
    let script = format!(
        "#!/bin/sh\nD='{}'\nprintf '%s\\n' \"$@\" > \"$D/arguments\"\nfor last; do :; done\nwhile IFS= read -r l; do :; done < /dev/null\n\
         /bin/cp \"$last\" \"$D/written\"\necho 'flash ID: 0xEF'\nexit {code}\n",
        folder.display()
    );
    let path = folder.join(name);
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn manifest(board: &str) -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bitstreams").join(board).join("manifest.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_committed_bitstream_is_what_the_programmer_gets() {
    // At the same time: each waits for a board that does not come.
    std::thread::scope(|threads| {
        for (board, name) in
            [("icebreaker", "iceprog"), ("alchitry-cu", "openFPGALoader"), ("icestick", "iceprog")]
        {
            threads.spawn(move || writes(board, name));
        }
    });
}

fn writes(board: &str, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    fake(folder.path(), name, 0);
    let out = flash(folder.path(), &["--board", board, "--device", "NOSUCH1", "--json"]);
    // Written; but there is no board that could say so.
    assert_eq!(out.status.code(), Some(3), "{}", stderr(&out));
    assert!(stderr(&out).contains("flash ID: 0xEF") && stderr(&out).contains("did not answer"));
    let said: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&said["verified"], &said["board"]), (&Value::Bool(false), &Value::from(board)));
    assert_eq!(said["bitstream_id"], manifest(board)["bitstream_id"]);
    let written = fs::read(folder.path().join("written")).unwrap();
    let sha256: String = Sha256::digest(written).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(Value::from(sha256), manifest(board)["bin_sha256"]);
    let arguments = fs::read_to_string(folder.path().join("arguments")).unwrap();
    let wanted = if name == "iceprog" { "-d\ns:0x0403:0x6010:NOSUCH1\n" } else { "--ftdi-serial\nNOSUCH1\n" };
    assert!(arguments.contains(wanted), "{arguments}");
}

#[test]
fn a_programmer_that_fails_or_is_missing_is_an_error_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let out = flash(folder.path(), &["--board", "icestick"]);
    assert_eq!(out.status.code(), Some(1));
    for word in ["iceprog", "openFPGALoader", "fpga-icestorm", "openfpgaloader", "Remedy"] {
        assert!(stderr(&out).contains(word), "{word}: {}", stderr(&out));
    }
    fake(folder.path(), "iceprog", 3);
    let out = flash(folder.path(), &["--board", "icestick"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(stderr(&out).contains("iceprog did not write the board (exit status: 3)"), "{}", stderr(&out));
    let out = flash(folder.path(), &["--board", "icestick", "--programmer", "openfpgaloader"]);
    assert!(stderr(&out).contains("openFPGALoader is not on the search path"), "{}", stderr(&out));
}

#[test]
fn without_a_board_that_answers_it_must_be_named() {
    let folder = tempfile::tempdir().unwrap();
    fake(folder.path(), "iceprog", 0);
    let out = flash(folder.path(), &["--device", "NOSUCH1"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(stderr(&out).contains("--board") && stderr(&out).contains("alchitry-cu"), "{}", stderr(&out));
    assert!(!folder.path().join("written").exists(), "something was written to a board that nobody knows");
    assert_eq!(flash(folder.path(), &["--board", "toaster"]).status.code(), Some(2));
}

/// Debian's own programs, on a machine without such a board.
#[cfg(target_os = "linux")]
#[test]
fn the_real_programmers_find_no_board() {
    let path = std::env::var("PATH").unwrap();
    for (name, said) in [("iceprog", "Can't find iCE FTDI USB device"), ("openfpgaloader", "")] {
        let args = ["--board", "icebreaker", "--device", "NOSUCH1", "--programmer", name];
        let out = flash(Path::new(&path), &args);
        assert_eq!(out.status.code(), Some(1), "{}", stderr(&out));
        assert!(
            stderr(&out).contains(said) && stderr(&out).contains("did not write the board"),
            "{}",
            stderr(&out)
        );
    }
}
