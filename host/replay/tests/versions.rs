//! Recordings of every version of the wire keep opening, each with what it has.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::Path;

use ichiscope_replay::{Recording, load};
use ichiscope_wire::{Feature, Features, Line, LineSet};

fn open(path: &str) -> Recording {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path), |_| ()).unwrap()
}

#[test]
fn a_recording_of_wire_version_1() {
    let recording = open("captures/v1-clean-pass.mcap");
    let timeline = &recording.timeline;
    let identity = timeline.identity().unwrap();
    assert_eq!((identity.protocol, identity.features, identity.deglitch_bits), (1, Features::NONE, 0));
    assert_eq!(identity.wired, LineSet::ALL.with(Line::Adc, false));
    let [(_, set)] = timeline.configurations() else { panic!("{:?}", timeline.configurations()) };
    assert_eq!((set.deglitch_ticks, set.console_clocks_per_bit, set.envelope_log2), (9, 0, 0));
    assert!(timeline.waveform().is_empty() && timeline.console().is_empty() && timeline.acks().is_empty());
    assert_eq!((timeline.gaps(), timeline.problems()), (&[][..], vec![]));
}

#[test]
fn a_recording_of_wire_version_2() {
    let recording = open("captures/v1-everything.mcap");
    let timeline = &recording.timeline;
    let identity = timeline.identity().unwrap();
    assert_eq!(identity.protocol, 2);
    assert!(Feature::ALL.into_iter().all(|feature| identity.features.has(feature)));
    let set = timeline.configuration().unwrap();
    assert_eq!((set.console_clocks_per_bit, set.envelope_log2, set.ring_log2), (312, 12, 13));
    assert_eq!((set.window_before, set.window_after), (200, 1000));
    assert_eq!(timeline.waveform().windows().len(), 4);
    assert_eq!(timeline.waveform().envelopes().len(), 1);
    let text: Vec<u8> = timeline.console().iter().map(|byte| byte.byte).collect();
    assert!(String::from_utf8(text).unwrap().starts_with("SIMULATED meter: "));
    assert_eq!((timeline.gaps(), timeline.side_losses()), (&[][..], &[][..]));
    assert_eq!(timeline.problems(), []);
}
