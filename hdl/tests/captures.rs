//! The recordings in `captures/` are what the gateware sends for their scripts: the generated Verilog, and the twin, give
//! their bytes.
//!
//! The Verilog needs minutes for a scenario, so CI gives it the first tenth of a second of one of each wire version.
//! `cargo task captures --gateware [NAME...]` gives it all of each, or of those that are named.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::time::Instant;

use ichiscope_capture::{Item, Read, Reader};
use ichiscope_hdl::Design;
use ichiscope_hdl::boards::SIMULATED;
use ichiscope_hdl::stimulus::Stimulus;
use ichiscope_hdl::witness::WitnessName;
use ichiscope_link::twin::Script;
use ichiscope_session::scenario::{CATALOGUE, Entry, by_name};
use ichiscope_wire::FRAME_LEN;
use sha2::{Digest, Sha256};

/// Names of scenarios, or `all`, for the long run.
const WANTED: &str = "ICHISCOPE_CAPTURES";
/// A tenth of a second.
const SAMPLE_CLOCKS: u64 = 3_600_000;

/// The device's bytes of a committed capture.
fn recorded(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../captures/v1-{name}.mcap"));
    let mut reader = Reader::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut all = Vec::new();
    for read in reader.items() {
        match read {
            Read::Item(Item::Bytes { bytes, .. }) => all.extend(bytes),
            Read::Item(_) => {}
            Read::Damage { what, .. } => panic!("{}: {what}", path.display()),
        }
    }
    all
}

fn play(witness: WitnessName, script: &Script, clocks: u64) -> (Design, Vec<u8>) {
    let design = Design { board: SIMULATED, config: script.config };
    let stimulus = Stimulus::of_script(script);
    (design, witness.prepare(&design).unwrap().run(&stimulus, clocks).unwrap())
}

/// Says that the bytes of the first `clocks` are those that were recorded, or where they are not.
fn compare(witness: WitnessName, entry: &Entry, recorded: &[u8], clocks: u64) -> Result<String, String> {
    let script = entry.scenario().script;
    let begun = Instant::now();
    let (design, bytes) = play(witness, &script, clocks);
    let (name, count) = (entry.name, bytes.len());
    let same = bytes.iter().zip(recorded).take_while(|(a, b)| a == b).count();
    if same < count {
        return Err(format!("{name}: {witness:?} differs from the recording at byte {same}"));
    }
    if clocks == script.end && count < recorded.len() {
        return Err(format!("{name}: the recording goes on after {count} bytes of {witness:?}"));
    }
    if count < 8 * FRAME_LEN {
        return Err(format!("{name}: {count} bytes of {witness:?} are not even START"));
    }
    let verilog = Sha256::digest(design.verilog().unwrap());
    let id: String = verilog[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!(
        "{name}: {witness:?} gave the recording's {count} bytes in {clocks} clocks and {:.1} s; Verilog {id}",
        begun.elapsed().as_secs_f64()
    ))
}

fn check(witness: WitnessName, entry: &Entry, recorded: &[u8], clocks: u64) {
    println!("{}", compare(witness, entry, recorded, clocks).unwrap());
}

#[test]
fn the_twin_gives_the_bytes_of_every_capture() {
    for entry in &CATALOGUE {
        check(WitnessName::Twin, entry, &recorded(entry.name), entry.scenario().script.end);
    }
}

#[test]
fn the_verilog_gives_the_bytes_of_the_captures() {
    let Ok(wanted) = std::env::var(WANTED) else {
        for name in ["clean-pass", "everything"] {
            check(WitnessName::Verilog, by_name(name).unwrap(), &recorded(name), SAMPLE_CLOCKS);
        }
        return;
    };
    let mut entries: Vec<&Entry> = match wanted.as_str() {
        "all" => CATALOGUE.iter().collect(),
        names => names
            .split_whitespace()
            .map(|name| by_name(name).unwrap_or_else(|| panic!("{WANTED}: there is no scenario {name}")))
            .collect(),
    };
    entries.sort_by_key(|entry| entry.scenario().script.end);
    let total: u64 = entries.iter().map(|entry| entry.scenario().script.end).sum();
    let mut done = 0;
    for entry in entries {
        let clocks = entry.scenario().script.end;
        println!("{}: {clocks} clocks; {done} of {total} are done", entry.name);
        check(WitnessName::Verilog, entry, &recorded(entry.name), clocks);
        done += clocks;
    }
}

#[test]
fn another_byte_is_a_difference() {
    let entry = by_name("dip-train").unwrap();
    let end = entry.scenario().script.end;
    let mut recorded = recorded(entry.name);
    let answer = |recorded: &[u8]| compare(WitnessName::Twin, entry, recorded, end);
    recorded[5_000] ^= 1;
    assert_eq!(answer(&recorded).unwrap_err(), "dip-train: Twin differs from the recording at byte 5000");
    recorded[5_000] ^= 1;
    assert!(answer(&recorded).is_ok());
    recorded.push(0);
    assert!(answer(&recorded).unwrap_err().contains("goes on after 26638 bytes"));
}
