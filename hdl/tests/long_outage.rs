//! A whole outage of 200 s through the generated Verilog, cycle for cycle: its measured length is the stimulus' to one
//! tick. `cargo task long-outage [SECONDS]` runs it; CI runs the same with an outage of 80 ms.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Instant;

use common::{decode, design, edges, stimulus};
use ichiscope_hdl::witness::WitnessName;
use ichiscope_wire::{Frame, Kind, Payload};

/// How long the outage is, in seconds; without it a sample.
const SECONDS: &str = "ICHISCOPE_OUTAGE_SECONDS";
/// The rail at rest before and after the outage, in ms.
const REST_MS: u64 = 10;
/// A rail's comparators: all good, all below.
const RAILS: u16 = 7;

/// The lengths of time for which the lowest line was low, in ticks.
fn outages(frames: &[Frame]) -> Vec<u64> {
    let edges = edges(frames);
    let at = |level: u16| edges.iter().filter(move |e| e.2 & 1 == 1 && e.1 & 1 == level).map(|e| e.0);
    at(0).zip(at(1)).map(|(fell, rose)| rose - fell).collect()
}

#[test]
fn an_outage_is_as_long_as_its_stimulus() {
    let design = design(3_000_000);
    let tick_hz = u64::from(design.config.tick_hz);
    let ms = |ms: u64| ms * tick_hz / 1000;
    // No round number of anything.
    let length = match std::env::var(SECONDS) {
        Ok(seconds) => {
            seconds.parse::<u64>().unwrap_or_else(|_| panic!("{SECONDS}: {seconds}")) * tick_hz + 12_347
        }
        Err(_) => ms(80) + 347,
    };
    let fell = ms(REST_MS);
    let stimulus = stimulus(RAILS, &[(fell, 0), (fell + length, RAILS)]);
    let clocks = fell + length + ms(REST_MS);

    let begun = Instant::now();
    let verilog = WitnessName::Verilog.prepare(&design).unwrap();
    println!("ready after {:.1} s; {clocks} clocks", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let bytes = verilog.run(&stimulus, clocks).unwrap();
    let frames = decode(&bytes);
    println!(
        "{clocks} clocks in {:.1} s, {} bytes, {} frames; outage of {length} ticks measured as {:?}",
        begun.elapsed().as_secs_f64(),
        bytes.len(),
        frames.len(),
        outages(&frames)
    );
    assert_eq!(outages(&frames), [length]);

    // Nothing is missing: every frame, every heartbeat, every envelope.
    assert!(frames.iter().zip(0_u32..).all(|(frame, place)| frame.seq == place as u8));
    let beats = frames.iter().filter(|frame| frame.record.kind == Kind::Heartbeat as u8).count();
    assert_eq!(beats as u64, (clocks - 10_000) >> design.config.heartbeat_log2);
    assert!(frames.iter().all(|frame| frame.record.lost == 0));
    let envelopes = frames.iter().filter(|f| matches!(f.record.payload(), Payload::Envelope(_))).count();
    // 4096 samples of 36 ticks each; the last one may be on its way.
    assert!((clocks / (4096 * 36)).abs_diff(envelopes as u64) <= 1, "{envelopes}");

    let twin = WitnessName::Twin.prepare(&design).unwrap().run(&stimulus, clocks).unwrap();
    assert!(bytes == twin, "the Verilog gave other bytes than the twin");
}
