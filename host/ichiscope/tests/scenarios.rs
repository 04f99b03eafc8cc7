//! Every scenario of the catalogue, played anew and as committed in `captures/`, has the verdict of `captures/expected.csv`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

use std::path::{Path, PathBuf};
use std::process::Command;

use ichiscope_session::scenario::CATALOGUE;
use serde_json::Value;

struct Row {
    scenario: String,
    verdict: String,
    exit_code: i32,
    reason: String,
    outages: usize,
    longest_us: Option<u64>,
}

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../captures")
}

/// The table has no commas within its cells.
fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(captures().join("expected.csv")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let [scenario, verdict, exit_code, reason, outages, longest] = cells[..] else { panic!("{line}") };
        Row {
            scenario: scenario.to_owned(),
            verdict: verdict.to_owned(),
            exit_code: exit_code.parse().unwrap(),
            reason: reason.to_owned(),
            outages: outages.parse().unwrap(),
            longest_us: longest.parse().ok(),
        }
    };
    text.lines().skip(1).map(row).collect()
}

fn ichiscope(args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ichiscope")).args(args).output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    (
        output.status.code(),
        if words.is_empty() { String::from_utf8_lossy(&output.stderr).into_owned() } else { words },
    )
}

fn check(row: &Row, capture: &Path) {
    let (code, words) = ichiscope(&["analyse", capture.to_str().unwrap(), "--json"]);
    let name = capture.display();
    let found: Value = serde_json::from_str(&words).unwrap_or_else(|e| panic!("{name}: {e}: {words}"));
    assert_eq!(found["verdict"], row.verdict.as_str(), "{name}");
    assert_eq!(code, Some(row.exit_code), "{name}");
    assert_eq!(found["simulated"], true, "{name}");
    if !row.reason.is_empty() {
        let reasons = found["reasons"].as_array().unwrap();
        assert!(reasons.iter().any(|r| r == row.reason.as_str()), "{name}: {reasons:?}");
    }
    let outages = found["outages"].as_array().unwrap();
    let at_rail0: Vec<&Value> =
        outages.iter().filter(|o| o["line"] == "rail0" && o["kind"] == "single").collect();
    assert_eq!(at_rail0.len(), row.outages, "{name}");
    if let Some(us) = row.longest_us {
        let longest = at_rail0.iter().map(|o| o["duration_ns"].as_u64().unwrap()).max().unwrap();
        assert_eq!(longest, us * 1000, "{name}");
    }
}

#[test]
fn the_table_and_the_catalogue_have_the_same_names() {
    let expected: Vec<String> = rows().into_iter().map(|row| row.scenario).collect();
    let catalogue: Vec<&str> = CATALOGUE.iter().map(|entry| entry.name).collect();
    assert_eq!(expected, catalogue);
}

#[test]
fn scenarios_played_anew_have_the_expected_verdict() {
    for row in rows() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().to_str().unwrap();
        let (code, words) = ichiscope(&["demo", "--scenario", &row.scenario, "--out", out, "--no-app"]);
        assert_eq!(code, Some(0), "{}: {words}", row.scenario);
        check(&row, &folder.path().join(format!("{}.mcap", row.scenario)));
    }
}

#[test]
fn committed_captures_have_the_expected_verdict() {
    for row in rows() {
        check(&row, &captures().join(format!("v1-{}.mcap", row.scenario)));
    }
}

/// The profile beside the capture finds the phases that its script tells, to the microsecond.
#[test]
fn the_scripted_meters_profile_finds_the_scripted_phases() {
    let place = |name: &str| captures().join(name).display().to_string();
    let (capture, profile, log) =
        (place("v1-console.mcap"), place("scripted-meter.toml"), place("scripted-meter-phases.csv"));
    let (code, words) = ichiscope(&["analyse", &capture, "--profile", &profile, "--phases", &log, "--json"]);
    assert_eq!(code, Some(0), "{words}");
    let found: Value = serde_json::from_str(&words).unwrap();
    let phases = found["phases"].as_array().unwrap();
    let lasts_us = |name: &str| {
        let phase = phases.iter().find(|p| p["phase"] == name && p["source"] == "console").unwrap();
        (phase["end_tick"].as_u64().unwrap() - phase["start_tick"].as_u64().unwrap()) / 36
    };
    assert_eq!(lasts_us("IMAGE_DISTRIBUTION"), 4_000_000);
    assert_eq!(lasts_us("METROLOGY_RESTART"), 9_000_000);
    assert_eq!(lasts_us("CH_BOOT"), 31_000_000);
    let logged = |name: &str| phases.iter().any(|p| p["phase"] == name && p["source"] == "log");
    assert!(logged("IMAGE_DISTRIBUTION") && logged("ACTIVATION_COMMAND"), "{phases:?}");
}
