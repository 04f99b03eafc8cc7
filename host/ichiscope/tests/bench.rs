//! `bench` with the twin at 12 Mbaud: the whole rate is checked, and what is asked wrongly is refused.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::process::{Command, Output};

use serde_json::Value;

fn bench(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ichiscope")).arg("bench").args(args).output().unwrap()
}

/// 12 Mbaud are 1.2 MB/s; the script fills 570 of 580 clocks and the heartbeats a little of the rest.
#[test]
fn the_twin_fills_the_line_and_every_frame_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let folder_name = folder.path().to_str().unwrap();
    let out = bench(&["--device", "twin", "--seconds", "2", "--folder", folder_name, "--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    let result: Value = serde_json::from_slice(&out.stdout).unwrap();
    let (bytes, frames) = (result["bytes"].as_u64().unwrap(), result["frames"].as_u64().unwrap());
    // Of the last poll a frame may be cut off.
    assert!(bytes / 19 - frames <= 1 && frames > 0, "{result}");
    assert_eq!((&result["gaps"], &result["lost_frames"]), (&serde_json::json!({}), &Value::from(0)));
    let seconds = result["seconds"].as_f64().unwrap();
    // A busy machine may stop the measurement late, never early.
    let expected = 36e6 / 580.0 * 19.0 * seconds;
    assert!((bytes as f64) > 0.9 * expected && (bytes as f64) < 1.03 * expected, "{result}");
    let latency = |key: &str| result["latency_ns"][key].as_u64().unwrap();
    assert!(latency("p50") <= latency("p99") && latency("p99") <= latency("max") && latency("p50") > 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the recording is removed");
}

#[test]
fn what_cannot_be_tested_is_an_error_with_a_remedy() {
    for (args, code, text) in [
        (&["--device", "twin", "--seconds", "1000"][..], 1, "a smaller --seconds"),
        (&["--device", "NOSUCH1"], 1, "doctor"),
        (&["--device", "twin", "--folder", "/nonexistent"], 1, "/nonexistent"),
        (&[], 2, "--device"),
    ] {
        let out = bench(args);
        let stderr = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.contains(text), "{args:?}: {stderr}");
    }
}
