//! `bench` with the twin at 12 Mbaud: the whole rate is checked, and what is asked wrongly is refused.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::process::{Command, Output};

use serde_json::Value;

fn bench(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ichiscope")).arg("bench").args(args).output().unwrap()
}

/// 12 Mbaud are 1.2 MB/s, all of it the link test's pattern: every state is checked, nothing is lost, and the memory stays as it is.
#[test]
fn the_twin_fills_the_line_and_every_byte_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let folder_name = folder.path().to_str().unwrap();
    let out = bench(&[
        "--device",
        "twin",
        "--seconds",
        "20",
        "--folder",
        folder_name,
        "--most-growth",
        "16",
        "--json",
    ]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    let result: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&result["gaps"], &result["lost_frames"]), (&serde_json::json!({}), &Value::from(0)));
    let seconds = result["seconds"].as_f64().unwrap();
    // A busy machine may stop the measurement late, never early.
    let (bytes, expected) = (result["bytes"].as_f64().unwrap(), 1.2e6 * seconds);
    assert!(bytes > 0.9 * expected && bytes < 1.03 * expected, "{result}");
    // Heartbeats, START and their counters have the rest.
    let records = result["pattern"]["records"].as_f64().unwrap();
    assert!(records * 19.0 > 0.95 * bytes, "{result}");
    assert_eq!(result["pattern"]["wrong"], 0);
    let latency = |key: &str| result["latency_ns"][key].as_u64().unwrap();
    assert!(latency("p50") <= latency("p99") && latency("p99") <= latency("max") && latency("p50") > 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the recording is removed");
}

/// A rail that chatters as fast as the line can tell: nothing is lost, and the verdict goes along.
#[test]
fn the_twin_fills_the_line_with_edges() {
    let out = bench(&["--device", "twin", "--edges", "--seconds", "3", "--json"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    let result: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&result["gaps"], &result["pattern"]), (&serde_json::json!({}), &Value::Null));
    let (load, age) = (&result["line_load"], &result["verdict_age_ns"]);
    assert!(load.as_f64().unwrap() > 0.9, "{result}");
    assert!(age["p50"].as_u64().unwrap() <= age["max"].as_u64().unwrap(), "{result}");
}

#[test]
fn what_cannot_be_tested_is_an_error_with_a_remedy() {
    for (args, code, text) in [
        (&["--device", "twin", "--seconds", "0"][..], 2, "--seconds"),
        (&["--device", "NOSUCH1"], 1, "doctor"),
        (&["--device", "NOSUCH1", "--edges"], 1, "twin"),
        (&["--device", "twin", "--folder", "/nonexistent"], 1, "/nonexistent"),
        (&[], 2, "--device"),
    ] {
        let out = bench(args);
        let stderr = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.contains(text), "{args:?}: {stderr}");
    }
}
