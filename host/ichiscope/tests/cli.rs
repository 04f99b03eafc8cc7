//! The program as a user runs it: demo, evidence, export, decode, exit codes, bad input.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

fn ichiscope(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ichiscope"))
        .args(args)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the program runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", stderr(output)))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

struct Demo {
    folder: TempDir,
}

impl Demo {
    fn new() -> Demo {
        let folder = tempfile::tempdir().expect("a folder");
        let out = ichiscope(&["demo", "--out", text(folder.path()), "--no-app"]);
        assert_eq!(code(&out), 0, "{}", stderr(&out));
        assert!(String::from_utf8_lossy(&out.stdout).contains("SIMULATED"));
        Demo { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn capture(&self) -> PathBuf {
        self.path("demo.mcap")
    }
}

/// The script says 92.123457 s and 197.123457 s at 36 MHz.
#[test]
fn the_demo_has_the_scripted_durations_to_the_tick() {
    let demo = Demo::new();
    let out = ichiscope(&["analyse", text(&demo.capture()), "--json"]);
    assert_eq!(code(&out), 4, "the second outage fails");
    let analysis = json(&out);
    assert_eq!(analysis["tick_hz"], 36_000_000);
    assert_eq!(analysis["simulated"], true);
    assert_eq!(analysis["verdict"], "FAIL");
    assert_eq!(analysis["gaps"], Value::Array(vec![]));
    let outages = analysis["outages"].as_array().unwrap();
    let at_rail0: Vec<&Value> = outages.iter().filter(|o| o["line"] == "rail0").collect();
    assert_eq!(at_rail0.len(), 2);
    for (outage, us, verdict) in [(at_rail0[0], 92_123_457u64, "PASS"), (at_rail0[1], 197_123_457, "FAIL")] {
        assert_eq!(outage["duration_ticks"], us * 36);
        assert_eq!(outage["duration_ns"], us * 1000);
        assert_eq!(outage["margin_ns"], 180_000_000_000i64 - us as i64 * 1000);
        assert_eq!(outage["verdict"], verdict);
        assert_eq!((&outage["open"], &outage["gap"]), (&Value::Bool(false), &Value::Bool(false)));
        assert_eq!(outage["threshold_mv"], 10_200);
        assert_eq!(outage["phases"][0]["phase"], "METER_REBOOT");
        assert!(outage["expanded_uncertainty_ns"].as_u64().unwrap() > 0);
    }
    let last = analysis["last_tick"].as_u64().unwrap();
    assert!(last > 10 * 60 * 36_000_000, "more than ten device minutes");
}

#[test]
fn evidence_is_the_same_each_time_and_never_overwritten() {
    let demo = Demo::new();
    let again = demo.path("again");
    let out = ichiscope(&["evidence", text(&demo.capture()), "--out", text(&again)]);
    assert_eq!(code(&out), 4);
    for name in ["outages.csv", "phases.csv", "gaps.csv", "run.csv", "report.html", "manifest.json"] {
        let first = fs::read(demo.path("evidence").join(name)).unwrap();
        assert_eq!(first, fs::read(again.join(name)).unwrap(), "{name}");
        assert!(name.ends_with("csv") == first.ends_with(b"\r\n"), "{name}");
    }
    let run = fs::read_to_string(again.join("run.csv")).unwrap();
    assert!(run.contains("data,SIMULATED"));

    fs::write(again.join("phases.csv"), "mine").unwrap();
    let out = ichiscope(&["evidence", text(&demo.capture()), "--out", text(&again)]);
    assert_eq!(code(&out), 1);
    assert!(stderr(&out).contains("phases.csv") && stderr(&out).contains("--out"), "{}", stderr(&out));
    assert_eq!(fs::read_to_string(again.join("phases.csv")).unwrap(), "mine");
}

#[test]
fn verify_finds_a_changed_cell_a_missing_file_and_a_changed_capture() {
    let demo = Demo::new();
    let evidence = demo.path("evidence");
    let verify = || ichiscope(&["verify", text(&evidence)]);
    assert_eq!(code(&verify()), 0, "{}", stderr(&verify()));

    let outages = evidence.join("outages.csv");
    let honest = fs::read_to_string(&outages).unwrap();
    fs::write(&outages, honest.replacen("92.123457000", "92.123457001", 1)).unwrap();
    let out = verify();
    assert_eq!(code(&out), 3);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let expected = "outages.csv: row 2, duration_s: '92.123457001' is there, '92.123457000' is expected\n";
    assert_eq!(said, expected);
    fs::write(&outages, honest).unwrap();

    fs::remove_file(evidence.join("gaps.csv")).unwrap();
    let out = ichiscope(&["verify", text(&evidence), "--json"]);
    assert_eq!((code(&out), &json(&out)["differences"][0]["file"]), (3, &Value::from("gaps.csv")));

    let mut capture = fs::read(demo.capture()).unwrap();
    let middle = capture.len() / 2;
    capture[middle] ^= 1;
    fs::write(demo.capture(), capture).unwrap();
    let out = verify();
    assert_eq!(code(&out), 3);
    assert!(String::from_utf8_lossy(&out.stdout).contains("demo.mcap: the capture has SHA-256"));
    let nowhere = ichiscope(&["verify", text(demo.folder.path())]);
    assert_eq!(code(&nowhere), 1);
    assert!(stderr(&nowhere).contains("manifest.json"), "{}", stderr(&nowhere));
}

#[test]
fn a_capture_is_never_overwritten() {
    let demo = Demo::new();
    let before = fs::read(demo.capture()).unwrap();
    let out = ichiscope(&["demo", "--out", text(demo.folder.path()), "--no-app"]);
    assert_eq!(code(&out), 1);
    assert!(stderr(&out).contains("demo.mcap"), "{}", stderr(&out));
    assert_eq!(fs::read(demo.capture()).unwrap(), before);
}

#[test]
fn evidence_that_cannot_be_written() {
    let demo = Demo::new();
    let file = demo.path("a-file");
    fs::write(&file, "").unwrap();
    let out = ichiscope(&["evidence", text(&demo.capture()), "--out", text(&file.join("inside"))]);
    assert_eq!(code(&out), 1);
    assert!(stderr(&out).contains("inside") && stderr(&out).contains("Remedy"), "{}", stderr(&out));
}

#[test]
fn exported_edges_stand_at_their_ticks() {
    let demo = Demo::new();
    let (capture, csv, vcd) = (demo.capture(), demo.path("edges.csv"), demo.path("edges.vcd"));
    for (format, path) in [("csv", &csv), ("vcd", &vcd)] {
        let args = ["export", text(&capture), "--format", format, "--out", text(path)];
        assert_eq!(code(&ichiscope(&args)), 0);
        assert_eq!(code(&ichiscope(&args)), 1, "an existing file is not overwritten");
    }
    // The rail falls 171.45 s after power-up and is good again 92.123457 s later.
    let csv = fs::read_to_string(csv).unwrap();
    assert!(csv.contains("\r\n6172200000,36000000,rail0,0,crossing\r\n"), "{csv}");
    assert!(csv.contains("\r\n9488644452,36000000,rail0,1,crossing\r\n"));
    let vcd = fs::read_to_string(vcd).unwrap();
    assert!(vcd.contains("$comment SIMULATED $end"));
    assert!(vcd.contains("\n#171450000000\n0!\n") && vcd.contains("\n#263573457000\n1!\n"), "{vcd}");
}

#[test]
fn bad_captures_are_named_and_never_a_pass() {
    let demo = Demo::new();
    let whole = fs::read(demo.capture()).unwrap();
    let cases: [(&str, Vec<u8>); 3] = [
        ("empty.mcap", vec![]),
        ("foreign.mcap", b"GIF89a and so on, for long enough to be looked at".repeat(10)),
        ("zeros.mcap", vec![0; 5000]),
    ];
    for (name, bytes) in cases {
        let path = demo.path(name);
        fs::write(&path, bytes).unwrap();
        for command in ["analyse", "replay"] {
            let mut args = vec![command, text(&path)];
            if command == "replay" {
                args.push("--no-app");
            }
            let out = ichiscope(&args);
            assert_eq!(code(&out), 1, "{command} {name}");
            assert!(stderr(&out).contains(name), "{}", stderr(&out));
        }
    }
    let missing = ichiscope(&["analyse", text(&demo.path("nowhere.mcap"))]);
    assert_eq!(code(&missing), 1);
    assert!(stderr(&missing).contains("nowhere.mcap"));

    let path = demo.path("cut.mcap");
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let out = ichiscope(&["analyse", text(&path), "--json"]);
    assert!([3, 4].contains(&code(&out)));
    assert_eq!(json(&out)["file_finished"], false);

    let mut flipped = whole.clone();
    let middle = whole.len() / 3;
    flipped[middle] ^= 0x10;
    let path = demo.path("flipped.mcap");
    fs::write(&path, flipped).unwrap();
    let out = ichiscope(&["analyse", text(&path), "--json"]);
    assert!([3, 4].contains(&code(&out)), "{}", stderr(&out));
    assert_ne!(json(&out)["file_damage"], Value::Array(vec![]));
    assert!(stderr(&out).contains("flipped.mcap"));
}

#[test]
fn a_missing_device_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.mcap");
    let out = ichiscope(&["record", "--device", "NOSUCH1", "--out", text(&path), "--seconds", "1"]);
    assert_eq!(code(&out), 1);
    assert!(stderr(&out).contains("NOSUCH1") && stderr(&out).contains("doctor"), "{}", stderr(&out));
    assert!(!path.exists(), "no empty capture is left behind");
}

#[test]
fn without_a_display_the_app_says_so() {
    let out = ichiscope(&[]);
    assert_eq!(code(&out), 1);
    if cfg!(feature = "app") {
        assert!(stderr(&out).contains("no display") && stderr(&out).contains("--help"), "{}", stderr(&out));
    }
}

#[test]
fn usage_errors_are_2() {
    assert_eq!(code(&ichiscope(&["nonsense"])), 2);
    assert_eq!(code(&ichiscope(&["analyse"])), 2);
    for command in ["demo", "record", "replay", "analyse", "evidence", "export", "decode", "doctor"] {
        let out = ichiscope(&[command, "--help"]);
        assert_eq!(code(&out), 0);
        assert!(!out.stdout.is_empty());
    }
}

#[test]
fn doctor_speaks_of_the_display_and_of_boards() {
    let out = ichiscope(&["doctor"]);
    let report = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(report.contains("display for the app: no"), "{report}");
    assert!(report.contains("board"), "{report}");
    assert!(json(&ichiscope(&["doctor", "--json"]))["devices"].is_array());
}

/// Bytes made here by the wire crate, with a hole punched into them.
#[test]
fn decode_prints_a_record_a_line() {
    use ichiscope_wire::{Edge, LineSet, Payload, Record, encode_frame};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bytes.bin");
    let edge = Edge { levels: LineSet::from_bits(1), changed: LineSet::from_bits(3), age: 12 };
    let frame = |seq| encode_frame(seq, &Record::new(1000 + u64::from(seq), 0, Payload::Edge(edge)));
    let mut bytes = [frame(0), frame(1)].concat();
    fs::write(&path, &bytes).unwrap();
    let out = ichiscope(&["decode", text(&path), "--json"]);
    assert_eq!(code(&out), 0);
    let lines: Vec<Value> =
        String::from_utf8(out.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[1]["kind"], &lines[1]["event_tick"]), (&Value::from("edge"), &Value::from(989)));
    assert_eq!(lines[1]["changed"], serde_json::json!(["rail0", "rail1"]));

    bytes[5] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let out = ichiscope(&["decode", text(&path), "--json"]);
    assert_eq!(code(&out), 3);
    assert!(String::from_utf8_lossy(&out.stdout).contains("\"damage\""));
}

/// Killed in the middle of a recording, all but the last second is in the file.
#[test]
fn kill_9_costs_at_most_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.mcap");
    let mut child = Command::new(env!("CARGO_BIN_EXE_ichiscope"))
        .args(["record", "--device", "twin", "--out", text(&path)])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let recorded_s = || {
        let out = ichiscope(&["analyse", text(&path), "--json"]);
        serde_json::from_slice::<Value>(&out.stdout)
            .ok()
            .and_then(|a| Some(a["last_tick"].as_f64()? / a["tick_hz"].as_f64()?))
    };
    let begun = Instant::now();
    let (seen_s, seen_at) = loop {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing is recorded");
        let at = Instant::now();
        match recorded_s() {
            Some(s) if s >= 1.5 => break (s, at),
            _ => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    while seen_at.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    let device_s = seen_s + seen_at.elapsed().as_secs_f64();
    child.wait().unwrap();
    let left = recorded_s().expect("the file is readable");
    assert!(left >= device_s - 1.0, "{left} s are left of {device_s} s");
}

#[test]
fn a_recording_ends_by_itself_and_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.mcap");
    let out = ichiscope(&["record", "--device", "twin", "--out", text(&path), "--seconds", "2", "--json"]);
    assert_eq!(code(&out), 0, "{}", stderr(&out));
    let analysis = json(&out);
    assert_eq!(analysis["file_finished"], true);
    // Two seconds of a steady rail: nothing was lost, and nothing shows that an upgrade ran.
    assert_eq!(
        (&analysis["verdict"], &analysis["gaps"]),
        (&serde_json::json!("INCONCLUSIVE"), &serde_json::json!([]))
    );
    let reasons = analysis["reasons"].to_string();
    assert!(reasons.contains("new firmware") && reasons.contains("follow the rail"), "{reasons}");
    let seconds = analysis["last_tick"].as_f64().unwrap() / 36e6;
    assert!((1.5..2.5).contains(&seconds), "{seconds}");
}
