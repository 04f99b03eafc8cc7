//! The demonstration, played and decoded, is what its script says: nothing is lost on the way.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::time::Duration;

use ichiscope_link::twin::TwinTransport;
use ichiscope_link::{Received, Transport};
use ichiscope_session::{Pace, scenario};
use ichiscope_timeline::{Builder, Timeline};
use ichiscope_wire::{Line, Status};

fn play(script: ichiscope_link::twin::Script) -> Timeline {
    let mut transport = TwinTransport::new(script, Pace::AsRead);
    let mut builder = Builder::new();
    let mut bytes = Vec::new();
    while transport.poll(&mut bytes, &mut Vec::new(), Duration::ZERO).unwrap() != Received::End {
        builder.bytes(0, &bytes);
        bytes.clear();
    }
    builder.into_timeline()
}

#[test]
fn the_demonstration_shows_voltage_console_and_windows() {
    let demo = scenario::demo();
    let timeline = play(demo.script.clone());
    assert_eq!((timeline.gaps(), timeline.side_losses()), (&[][..], &[][..]));
    assert_eq!(timeline.problems(), []);
    assert!(timeline.acks().iter().all(|ack| ack.status == Status::Done));
    assert_eq!(timeline.acks().len(), 2);

    let said: Vec<u8> = timeline.console().iter().map(|byte| byte.byte).collect();
    let script: String = demo.script.console.iter().map(|line| line.1.as_str()).collect();
    assert_eq!(String::from_utf8(said).unwrap(), script);
    assert!(script.lines().all(|line| line.starts_with("SIMULATED")));

    // At each outage: rail0, rail1 and rail2 falling, and one for the rise.
    let windows = timeline.waveform().windows();
    assert_eq!(windows.len(), 2 * 4);
    assert!(windows.iter().all(|window| window.samples.len() == 1200));
    let [run] = timeline.waveform().envelopes() else { panic!("the envelope has a hole") };
    assert!(run.end_tick() + 2 * run.ticks_per_window > timeline.span().unwrap().1);
    for outage in &demo.outages {
        // 12 V before, nothing in the middle, in codes of 4.814 mV.
        let good = timeline.waveform().extent(outage.start_tick - 36_000_000, outage.start_tick - 18_000_000);
        let dead = timeline.waveform().extent(outage.end_tick - 36_000_000, outage.end_tick - 3_600_000);
        assert!(good.is_some_and(|extent| extent.least > 2480 && extent.greatest < 2510), "{good:?}");
        assert!(dead.is_some_and(|extent| extent.greatest < 5), "{dead:?}");
    }

    let pulses: Vec<u64> = timeline
        .track(Line::Pps)
        .entries()
        .iter()
        .filter(|e| e.is_crossing() && e.level())
        .map(|e| e.tick())
        .collect();
    assert!(pulses.len() > 700 && pulses.windows(2).all(|pair| pair[1] - pair[0] == 36_000_054));
}
