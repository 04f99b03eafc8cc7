//! `record` when the bench is not kind: several files, a disk that runs full, a folder that refuses, a second writer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn ichiscope(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ichiscope")).args(args).output().expect("the program runs")
}

fn start(args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_ichiscope"))
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs")
}

#[track_caller]
fn assert_code(out: &Output, code: i32) {
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{said}\n{}", String::from_utf8_lossy(&out.stdout));
}

/// A steady rail is no PASS, since nothing shows that an upgrade ran: exit code 3. Nothing was lost all the same.
#[track_caller]
fn assert_whole(analysed: &Output) {
    assert_code(analysed, 3);
    let analysis = json(analysed);
    let lost = [&analysis["gaps"], &analysis["side_losses"], &analysis["file_damage"]];
    assert!(lost.iter().all(|list| list.as_array().is_some_and(Vec::is_empty)), "{lost:?}");
}

fn json(out: &Output) -> Value {
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

/// Waits for something that a program does.
#[track_caller]
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The device bytes of a recording.
fn device_bytes(path: &Path) -> u64 {
    json(&ichiscope(&["analyse", text(path), "--json"]))["stats"]["bytes"].as_u64().unwrap()
}

/// Four files or more: recorded, analysed, handed over, checked, counted.
#[test]
fn a_recording_in_several_files_is_one_recording_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.mcap");
    let args =
        ["record", "--device", "twin", "--out", text(&path), "--seconds", "4", "--split-minutes", "0.015"];
    let out = ichiscope(&args);
    assert_code(&out, 0);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let files: Vec<PathBuf> =
        said.lines().rev().take_while(|l| l.ends_with(".mcap")).map(PathBuf::from).collect();
    assert!(files.len() >= 4, "{said}");
    let mut there = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        there += usize::from(entry.unwrap().path().extension().is_some_and(|e| e == "mcap"));
    }
    assert_eq!(there, files.len());
    assert_whole(&ichiscope(&["analyse", text(&path), "--json"]));
    // From whichever file it is opened, it is the whole.
    let whole = device_bytes(&path);
    assert!(files.iter().all(|file| device_bytes(file) == whole) && whole > 4_000, "{whole}");

    let evidence = folder.path().join("evidence");
    assert_code(&ichiscope(&["evidence", text(&files[1]), "--out", text(&evidence)]), 3);
    let manifest: Value = serde_json::from_slice(&fs::read(evidence.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["capture"], "run.mcap");
    assert_eq!(manifest["continued_in"].as_array().unwrap().len(), files.len() - 1);
    assert_eq!(manifest["continued_in"][0]["name"], "run.0002.mcap");
    assert_code(&ichiscope(&["verify", text(&evidence)]), 0);

    let campaign = folder.path().join("campaign");
    assert_code(&ichiscope(&["campaign", text(folder.path()), "--out", text(&campaign)]), 3);
    let runs = fs::read_to_string(campaign.join("runs.csv")).unwrap();
    assert_eq!(runs.lines().count(), 2, "{runs}");
    assert!(runs.lines().nth(1).unwrap().starts_with("run.mcap,"), "{runs}");

    // One file changed, then one missing: each is named, and nothing of it is a PASS.
    let third = folder.path().join("run.0003.mcap");
    let honest = fs::read(&third).unwrap();
    let mut bad = honest.clone();
    bad[honest.len() / 2] ^= 1;
    fs::write(&third, bad).unwrap();
    let out = ichiscope(&["verify", text(&evidence)]);
    assert_code(&out, 3);
    assert!(String::from_utf8_lossy(&out.stdout).contains("run.0003.mcap: the capture has SHA-256"));
    fs::remove_file(&third).unwrap();
    let out = ichiscope(&["verify", text(&evidence)]);
    assert_code(&out, 3);
    assert!(String::from_utf8_lossy(&out.stdout).contains("run.0003.mcap: the capture is missing"));
    let out = ichiscope(&["analyse", text(&path), "--json"]);
    assert_code(&out, 3);
    assert_eq!(json(&out)["verdict"], "INCONCLUSIVE");
    fs::write(&third, honest).unwrap();
    fs::remove_file(&path).unwrap();
    let out = ichiscope(&["analyse", text(&third), "--json"]);
    assert_code(&out, 3);
    assert_eq!(json(&out)["verdict"], "INCONCLUSIVE", "the first file is missing");
}

/// The board is set by commands, and the recording shows that it was.
#[test]
fn a_recording_sets_its_board() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.mcap");
    let set = ["--console-baud", "115200", "--envelope", "1024", "--window", "500:1000", "--sampling", "2"];
    let more = ["--adc-threshold", "2000:2100", "--seconds", "3", "--deglitch", "500"];
    let base = ["record", "--device", "twin", "--out", text(&path)];
    let out = ichiscope(&[&base[..], &set, &more].concat());
    // A deglitch time that is set in a recording is a gap of a few ticks: exit code 3.
    assert_code(&out, 3);
    let recording = ichiscope_replay::load(&path, |_| ()).unwrap();
    let set = recording.timeline.configuration().unwrap();
    assert_eq!((set.console_clocks_per_bit, set.envelope_log2, set.sampling_point), (313, 10, 2));
    assert_eq!((set.window_before, set.window_after, set.deglitch_ticks), (500, 1000, 18));
    assert_eq!((set.threshold_falling, set.threshold_rising), (2000, 2100));
    let acks = recording.timeline.acks();
    // Before them are those of the script that the twin plays.
    assert!(acks.len() >= 6 && acks.iter().all(|ack| ack.status == ichiscope_wire::Status::Done), "{acks:?}");
    let notes: Vec<&str> = recording
        .timeline
        .notes()
        .iter()
        .filter(|note| note.kind == "command")
        .map(|note| note.text.as_str())
        .collect();
    assert_eq!(notes.len(), 6);
    assert!(notes.contains(&"deglitch = 18: done"), "{notes:?}");

    // What the board refuses ends the recording with an error that says what.
    let path = folder.path().join("refused.mcap");
    let base = ["record", "--device", "twin", "--out", text(&path), "--seconds", "3"];
    let out = ichiscope(&[&base[..], &["--window", "60000:60000"]].concat());
    assert_code(&out, 1);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.contains("window") && said.contains("out of range") && said.contains("Remedy"), "{said}");
}

/// The record of a self-test is stored with the recordings of the same board, and reaches the evidence.
#[test]
fn a_self_test_goes_with_the_recordings() {
    let folder = tempfile::tempdir().unwrap();
    let (record, path) = (folder.path().join("selftest.json"), folder.path().join("run.mcap"));
    assert_code(&ichiscope(&["selftest", "--device", "twin", "--out", text(&record), "--json"]), 0);
    let args =
        ["record", "--device", "twin", "--out", text(&path), "--seconds", "1", "--selftest", text(&record)];
    assert_code(&ichiscope(&args), 0);
    let evidence = folder.path().join("evidence");
    assert_code(&ichiscope(&["evidence", text(&path), "--out", text(&evidence)]), 3);
    let run = fs::read_to_string(evidence.join("run.csv")).unwrap();
    assert!(run.contains("selftest_result,passed,") && run.contains("pulse of 1000000 us"), "{run}");

    let other = fs::read_to_string(&record).unwrap().replace("\"twin\"", "\"OTHER1\"");
    fs::write(&record, other).unwrap();
    let out = ichiscope(&args);
    assert_code(&out, 1);
    fs::remove_file(&path).unwrap();
    let out = ichiscope(&args);
    assert_code(&out, 1);
    assert!(String::from_utf8_lossy(&out.stderr).contains("OTHER1"));
    assert!(!path.exists(), "a refused recording leaves a file behind");
}

#[test]
fn a_number_that_makes_no_files_is_refused() {
    for (option, value) in [("--split-mb", "0"), ("--split-mb", "nan"), ("--split-minutes", "-1")] {
        let out = ichiscope(&["record", "--out", "x.mcap", &format!("{option}={value}")]);
        assert_code(&out, 2);
        assert!(String::from_utf8_lossy(&out.stderr).contains("0.01"), "{option} {value}");
    }
}

/// Somebody fills the disk: the recording ends by itself, says so, and its file is whole.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_runs_full_ends_the_recording_in_good_order() {
    const MB: u64 = 1_000_000;
    // In memory: nobody else fills it meanwhile.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let path = folder.path().join("full.mcap");
    let reserve = (fs4::available_space(folder.path()).unwrap() / MB - 64).to_string();
    let child = start(&[
        "record",
        "--device",
        "twin",
        "--out",
        text(&path),
        "--reserve-mb",
        &reserve,
        "--seconds",
        "60",
    ]);
    wait_until("nothing is recorded", || fs::metadata(&path).is_ok_and(|m| m.len() > 2_000));
    fs::write(folder.path().join("other"), vec![1; 128 * MB as usize]).unwrap();
    let begun = Instant::now();
    let out = child.wait_with_output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "it did not end by itself");
    assert_code(&out, 1);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    for word in ["full.mcap", "bytes are left", "Remedy: make room"] {
        assert!(said.contains(word), "{word} is missing: {said}");
    }
    let out = ichiscope(&["analyse", text(&path), "--json"]);
    assert_whole(&out);
    assert_eq!(json(&out)["file_finished"], true);
}

/// As on a disk that is full before its free space says so: the system refuses to let the file grow.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_may_not_grow_is_an_error_and_stays_readable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("limited.mcap");
    let out = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 16; exec \"$0\" record --device twin --seconds 60 --out \"$1\"",
        ])
        .args([env!("CARGO_BIN_EXE_ichiscope"), text(&path)])
        .output()
        .unwrap();
    assert_code(&out, 1);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.contains("no room for") && said.contains("limited.mcap"), "{said}");
    assert_eq!(said.matches("File too large").count(), 1, "{said}");
    let out = ichiscope(&["analyse", text(&path), "--json"]);
    assert_code(&out, 3);
    assert_eq!(json(&out)["file_finished"], false);
    assert_eq!(
        (json(&out)["gaps"].as_array().unwrap().len(), &json(&out)["side_losses"]),
        (1, &Value::from(Vec::<u8>::new()))
    );
    assert!(json(&out)["stats"]["frames"].as_u64().unwrap() > 0);
}

/// The program on a machine on which `disk` is mounted read-only, as a card with its switch set. A mount of its own needs user
/// namespaces, or root.
#[cfg(target_os = "linux")]
fn with_read_only(disk: &Path, args: &[&str]) -> Output {
    let mount = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" || exit 99; exec \"$@\"";
    let out = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", mount, text(disk), env!("CARGO_BIN_EXE_ichiscope")])
        .args(args)
        .output()
        .expect("unshare is there: package util-linux");
    let said = String::from_utf8_lossy(&out.stderr);
    let may_mount = out.status.code() != Some(99) && !said.starts_with("unshare:");
    assert!(may_mount, "{said}. Remedy: allow user namespaces here, or test as root");
    out
}

/// Nothing can be made there and every command says so; what lies there can be read.
#[cfg(target_os = "linux")]
#[test]
fn a_read_only_disk_is_named_with_a_remedy_and_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old.mcap");
    assert_code(&ichiscope(&["record", "--device", "twin", "--out", text(&old), "--seconds", "1"]), 0);
    let new = folder.path().join("new.mcap");
    for args in [
        vec!["record", "--device", "twin", "--out", text(&new), "--seconds", "1"],
        vec!["recover", text(&old), "--out", text(&new)],
    ] {
        let out = with_read_only(folder.path(), &args);
        assert_code(&out, 1);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        for word in [text(&new), "Read-only file system", "Remedy: choose a folder"] {
            assert!(said.contains(word), "{word} is missing: {said}");
        }
        assert!(!new.exists());
    }
    let out = with_read_only(folder.path(), &["analyse", text(&old), "--json"]);
    assert_whole(&out);
    assert_eq!(json(&out)["file_finished"], true);
}

#[test]
fn a_second_recording_into_the_same_file_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.mcap");
    let args = ["record", "--device", "twin", "--out", text(&path), "--seconds", "3"];
    let first = start(&args);
    wait_until("nothing is recorded", || fs::metadata(&path).is_ok_and(|m| m.len() > 0));
    let second = ichiscope(&args);
    assert_code(&second, 1);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("one.mcap already exists") && said.contains("Remedy"), "{said}");
    // While it is being written it can be read, and repairing it is refused.
    wait_until("nothing can be read", || device_bytes(&path) > 0);
    let out = ichiscope(&["recover", text(&path), "--out", text(&folder.path().join("two.mcap"))]);
    assert_code(&out, 1);
    assert_code(&first.wait_with_output().unwrap(), 0);
    assert_eq!(json(&ichiscope(&["analyse", text(&path), "--json"]))["file_finished"], true);
}
