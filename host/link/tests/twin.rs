//! The twin against what the wire specification says, computed here from the stimulus.
#![allow(clippy::panic, reason = "helpers of tests")]

use std::time::{Duration, Instant};

use ichiscope_link::twin::{Config, Pace, Script, Twin, TwinTransport};
use ichiscope_link::{Received, Transport};
use ichiscope_wire::{Decoder, Event, FRAME_LEN, Frame, Line, LineSet, Payload};
use proptest::prelude::*;

const DEGLITCH: u64 = 9;

fn frames(bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut report = |event| match event {
        Event::Frame(frame) => frames.push(frame),
        Event::Damage { offset, bytes } => panic!("{bytes} damaged bytes at {offset}"),
    };
    let mut decoder = Decoder::new();
    decoder.push(&bytes[..bytes.len() / FRAME_LEN * FRAME_LEN], &mut report);
    decoder.finish(&mut report);
    frames
}

fn run(config: Config, levels: u16, changes: &[(u64, u16)], end: u64) -> Vec<u8> {
    let mut twin = Twin::new(config, LineSet::from_bits(levels));
    let mut bytes = Vec::new();
    for (clock, levels) in changes {
        twin.set_levels(*clock, LineSet::from_bits(*levels));
    }
    twin.run_to(end, &mut bytes);
    bytes
}

/// Event tick, levels and changed lines of every EDGE and OVERRUN_BEGIN.
fn edges(frames: &[Frame]) -> Vec<(u64, u16, u16)> {
    let edge = |frame: &Frame| match frame.record.payload() {
        Payload::Edge(e) | Payload::OverrunBegin(e) => {
            Some((frame.record.tick - u64::from(e.age), e.levels.bits(), e.changed.bits()))
        }
        _ => None,
    };
    frames.iter().filter_map(edge).collect()
}

/// The edges that lasted, straight from their definition: sample by sample, line by line.
fn lasting_edges(levels: u16, changes: &[(u64, u16)], end: u64, start_tick: u64) -> Vec<(u64, u16, u16)> {
    let mut pins = levels;
    let mut known = levels;
    let mut run = [0; 12];
    let mut changes = changes.iter().peekable();
    let mut edges = Vec::new();
    for clock in 0..end {
        while let Some((_, levels)) = changes.next_if(|change| change.0 == clock) {
            pins = *levels;
        }
        let mut changed = 0;
        for (line, run) in run.iter_mut().enumerate() {
            *run = if (pins ^ known) >> line & 1 == 1 { *run + 1 } else { 0 };
            if *run == DEGLITCH {
                changed |= 1 << line;
                *run = 0;
            }
        }
        known ^= changed;
        if changed != 0 {
            edges.push((start_tick + clock + 1 - DEGLITCH, known, changed));
        }
    }
    edges
}

#[test]
fn power_up_tells_who_it_is() {
    let levels = 0x0007;
    let frames = frames(&run(Config::icebreaker(0xDEAD_BEEF, 3), levels, &[], 100_000));
    let values: Vec<u32> = frames
        .iter()
        .map(|frame| match frame.record.payload() {
            Payload::Start(start) => start.value,
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [0x0108_0101, 36_000_000, 0xDEAD_BEEF, 12_000_000, 0x007F_F007, 9, 0x0015_0100, 0];
    assert_eq!(values, expected);
    assert_eq!(frames[0].record.tick, 3, "the first clock that runs");
}

#[test]
fn an_outage_has_its_exact_ticks() {
    let config = Config { start_tick: 1 << 40, ..Config::lines_only() };
    let (fall, rise) = (1_000_000, 1_000_000 + 36 * 1_234_567);
    let frames = frames(&run(config, 7, &[(fall, 0), (rise, 7)], rise + 1_000_000));
    assert_eq!(edges(&frames), [((1 << 40) + fall, 0, 7), ((1 << 40) + rise, 7, 7)]);
}

#[test]
fn an_unwired_line_is_0() {
    let adc = 1 << Line::Adc as u16;
    let frames = frames(&run(Config::lines_only(), adc, &[(1000, 0), (2000, adc)], 100_000));
    assert_eq!(edges(&frames), []);
    let Payload::Start(lines) = frames[4].record.payload() else { panic!() };
    assert_eq!(lines.value, 0x007F_F000);
}

#[test]
fn an_overload_is_one_gap_and_every_loss_is_counted() {
    // 1000 edges 20 clocks apart; a frame takes 2280 clocks, so the FIFO is full long before the last.
    let changes: Vec<(u64, u16)> = (0..1000).map(|i| (100_000 + 20 * i, (i as u16 + 1) & 1)).collect();
    let frames = frames(&run(Config::lines_only(), 0, &changes, 3_000_000));
    let begins: Vec<&Frame> =
        frames.iter().filter(|f| matches!(f.record.payload(), Payload::OverrunBegin(_))).collect();
    let ends: Vec<(&Frame, u32)> = frames
        .iter()
        .filter_map(|f| match f.record.payload() {
            Payload::OverrunEnd(end) => Some((f, end.last_lost_age)),
            _ => None,
        })
        .collect();
    assert_eq!((begins.len(), ends.len()), (1, 1));
    let (end, last_lost_age) = ends[0];
    let recorded = edges(&frames).len();
    assert_eq!(usize::from(end.record.lost), (1000 - recorded) % 256);
    // 256 slots, and what left while the edges came: one frame each 2280 clocks.
    assert!((256..=256 + 20 * 256 / 2280 + 1).contains(&recorded), "{recorded} edges recorded");
    assert_eq!(end.record.tick - u64::from(last_lost_age), 100_000 + 20 * 999, "the last edge was lost");
    let records: Vec<u32> = frames
        .iter()
        .filter_map(|f| match f.record.payload() {
            Payload::Counter(c) if c.id == 2 => Some(c.value),
            _ => None,
        })
        .collect();
    for (frame, index) in frames.iter().zip(0_u32..) {
        assert_eq!(frame.seq, index as u8);
        if let Payload::Counter(c) = frame.record.payload() {
            if c.id == 2 {
                assert_eq!(c.value, index);
            }
            if c.id == 0 && frame.record.tick > end.record.tick {
                assert_eq!(c.value as usize, 1000 - recorded);
            }
        }
    }
    assert!(!records.is_empty());
}

#[test]
fn start_comes_again_every_16_heartbeats() {
    let config = Config { heartbeat_log2: 16, ..Config::lines_only() };
    let frames = frames(&run(config, 0, &[], 33 << 16));
    let order: Vec<char> = frames
        .iter()
        .map(|f| match f.record.payload() {
            Payload::Start(start) if start.page == 0 && start.value >> 24 == 1 => 'P',
            Payload::Start(start) if start.page == 0 => 'S',
            Payload::Start(_) => 's',
            Payload::Heartbeat(_) => 'H',
            Payload::Counter(_) => 'c',
            other => panic!("{other:?}"),
        })
        .collect();
    let beats = |n: usize| "Hccc".repeat(n);
    let expected = format!("Psssssss{}Ssssssss{}Ssssssss", beats(16), beats(16));
    assert_eq!(order.iter().collect::<String>(), expected);
}

#[test]
fn a_quarter_of_an_hour_takes_well_under_a_second() {
    let begun = Instant::now();
    let bytes = run(Config::twin(), 7, &[(36_000_000 * 60, 0), (36_000_000 * 840, 7)], 36_000_000 * 900);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    // Heartbeats with six counters each 2^21 ticks, START at power-up and every 16 of them, an envelope each 4096
    // samples of 36 ticks, two edges.
    let beats = 36_000_000 * 900 / (1 << 21);
    let envelopes = 36_000_000 * 900 / (36 * 4096);
    assert_eq!(frames(&bytes).len(), beats * 7 + (beats / 16 + 1) * 12 + envelopes + 2);
}

#[test]
fn a_transport_gives_the_same_bytes_at_any_pace() {
    let config = Config { heartbeat_log2: 14, ..Config::lines_only() };
    let changes = vec![(10_000, LineSet::from_bits(1)), (500_000, LineSet::from_bits(2))];
    let end = 1_000_000;
    let plain: Vec<(u64, u16)> = changes.iter().map(|c: &(u64, LineSet)| (c.0, c.1.bits())).collect();
    let expected = run(config, 0, &plain, end);
    for pace in [Pace::AsRead, Pace::RealTime] {
        let script = Script { changes: changes.clone(), ..Script::quiet(config, LineSet::EMPTY, end) };
        let mut transport = TwinTransport::new(script, pace);
        assert!(transport.info().simulated);
        let mut bytes = Vec::new();
        let begun = Instant::now();
        while transport.poll(&mut bytes, &mut Vec::new(), Duration::from_millis(5)).unwrap() != Received::End
        {
        }
        assert!(bytes == expected, "{pace:?}");
        if pace == Pace::RealTime {
            assert!(begun.elapsed() >= Duration::from_micros(end / 36));
        }
    }
}

fn stimulus() -> impl Strategy<Value = Vec<(u64, u16)>> {
    let change = (1_u64..60, prop_oneof![Just(0), Just(1), Just(3), 0_u16..0x0800]);
    proptest::collection::vec(change, 0..120).prop_map(|steps| {
        let absolute = |clock: &mut u64, (wait, levels): (u64, u16)| {
            *clock += wait;
            Some((*clock, levels))
        };
        steps.into_iter().scan(0, absolute).collect()
    })
}

proptest! {
    #[test]
    fn every_lasting_edge_has_its_tick(changes in stimulus(), levels in 0_u16..0x0800, start in 0_u64..1 << 40) {
        let end = 600_000;
        let config = Config { start_tick: start, ..Config::lines_only() };
        let frames = frames(&run(config, levels, &changes, end));
        prop_assert_eq!(edges(&frames), lasting_edges(levels, &changes, 10_000, start));
        prop_assert!(frames.windows(2).all(|pair| pair[0].record.tick < pair[1].record.tick));
    }

    #[test]
    fn how_it_is_run_makes_no_difference(changes in stimulus(), stops in proptest::collection::vec(1_u64..9000, 0..50)) {
        let end = 400_000;
        let expected = run(Config::lines_only(), 0, &changes, end);
        let mut twin = Twin::new(Config::lines_only(), LineSet::EMPTY);
        let mut bytes = Vec::new();
        let mut clock = 0;
        let mut changes = changes.iter().peekable();
        for stop in stops.iter().scan(0, |at, step| { *at += step; Some(*at) }).chain([end]) {
            while let Some((at, levels)) = changes.next_if(|change| change.0 < stop) {
                twin.set_levels(*at, LineSet::from_bits(*levels));
            }
            twin.run_to(stop.max(clock), &mut bytes);
            clock = stop;
        }
        prop_assert!(bytes == expected);
    }
}
