//! Twin, rust-hdl and Verilog give the same bytes, and the bytes say what the stimulus did.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::random::random;
use common::*;
use ichiscope_hdl::Design;
use ichiscope_hdl::boards::BoardName;
use ichiscope_hdl::stimulus::Stimulus;
use ichiscope_hdl::witness::WitnessName::{self, RustHdl, Twin, Verilog};
use ichiscope_wire::{Kind, Payload};
use proptest::prelude::*;

const FAST: u32 = 12_000_000;
const BEAT: u64 = 1 << 21;

/// Runs all witnesses and checks every edge; for stimuli without an overrun.
fn check(design: &Design, stimulus: &Stimulus, clocks: u64) -> Vec<ichiscope_wire::Frame> {
    check_with(&[Twin, RustHdl, Verilog], design, stimulus, clocks)
}

fn check_with(
    witnesses: &[WitnessName],
    design: &Design,
    stimulus: &Stimulus,
    clocks: u64,
) -> Vec<ichiscope_wire::Frame> {
    let frames = decode(&agreed(witnesses, design, stimulus, clocks));
    assert_eq!(edges(&frames), lasting_edges(&design.config, stimulus).0);
    for (frame, index) in frames.iter().zip(0_u32..) {
        assert_eq!(frame.seq, index as u8);
    }
    for (at, value) in counters(&frames, 2) {
        assert_eq!(value as usize, at, "RECORDS is the record's own index");
    }
    frames
}

#[test]
fn a_clean_outage() {
    let stimulus = stimulus(7, &[(3_000, 3), (3_500, 1), (4_000, 0), (20_000, 1), (20_400, 3), (20_900, 7)]);
    let frames = check(&design(FAST), &stimulus, 40_000);
    assert_eq!(edges(&frames).len(), 6);
}

#[test]
fn the_default_baud_rate() {
    let frames = check(&design(3_000_000), &stimulus(7, &[(9_000, 0), (30_000, 7)]), 60_000);
    let Payload::Start(baud) = frames[3].record.payload() else { panic!("{:?}", frames[3]) };
    assert_eq!(baud.value, 3_000_000);
}

#[test]
fn chatter_at_the_deglitch_limit() {
    let design = design(FAST);
    let limit = u64::from(design.config.deglitch_ticks);
    for (lasts, expected) in [(limit - 1, 0), (limit, 2), (limit + 1, 2)] {
        let stimulus = stimulus(0, &[(5_000, 1 << 4), (5_000 + lasts, 0)]);
        let frames = check(&design, &stimulus, 20_000);
        assert_eq!(edges(&frames).len(), expected, "{lasts} clocks");
    }
}

#[test]
fn edges_on_all_lines_in_one_clock() {
    let frames =
        check(&design(FAST), &stimulus(0, &[(4_000, WIRED), (6_000, 0x0555), (8_000, 0x02AA)]), 30_000);
    assert_eq!(edges(&frames), [(4_000, WIRED, WIRED), (6_000, 0x555, 0x2AA), (8_000, 0x2AA, WIRED)]);
}

#[test]
fn pins_at_power_up_are_no_edge() {
    for levels in [0, WIRED] {
        let frames = check(&design(FAST), &stimulus(levels, &[]), 10_000);
        let Payload::Start(lines) = frames[4].record.payload() else { panic!("{:?}", frames[4]) };
        assert_eq!(lines.value, 0xFFF << 12 | u32::from(levels));
    }
}

#[test]
fn the_first_clock_after_power_up_can_have_an_edge() {
    check(&design(FAST), &stimulus(0, &[(1, 1), (11, 3), (20, 2)]), 20_000);
}

#[test]
fn an_overrun_loses_nothing_silently() {
    let design = design(FAST);
    let changes: Vec<(u64, u16)> = (0..900).map(|i| (2_000 + 10 * i, 1 + (i as u16 & 1))).collect();
    let stimulus = stimulus(1, &changes);
    let all = lasting_edges(&design.config, &stimulus).0;
    assert_eq!(all.len(), 899);
    let frames = decode(&agreed(&[Twin, RustHdl, Verilog], &design, &stimulus, 240_000));
    let seen = edges(&frames);
    assert_eq!(seen, all[..seen.len()], "what is recorded is right");
    let kinds = |kind: Kind| frames.iter().filter(|f| f.record.kind == kind as u8).collect::<Vec<_>>();
    let (begins, ends) = (kinds(Kind::OverrunBegin), kinds(Kind::OverrunEnd));
    assert_eq!((begins.len(), ends.len()), (1, 1));
    let Payload::OverrunEnd(end) = ends[0].record.payload() else { panic!() };
    let lost = all.len() - seen.len();
    assert!(lost > 0);
    assert_eq!(usize::from(ends[0].record.lost), lost % 256);
    assert_eq!(ends[0].record.tick - u64::from(end.last_lost_age), all[all.len() - 1].0);
    assert_eq!(end.levels.bits(), changes[899].1);
}

#[test]
fn an_overrun_ends_while_edges_go_on() {
    // Twelve lines that move all the time, so slowly that many clocks have no edge.
    let changes: Vec<(u64, u16)> = (0..6_000).map(|i| (2_000 + 40 * i, 1 << (i % 11))).collect();
    let design = design(FAST);
    let frames = decode(&agreed(&[Twin, Verilog], &design, &stimulus(0, &changes), 420_000));
    let ends = frames.iter().filter(|f| f.record.kind == Kind::OverrunEnd as u8).count();
    let begins = frames.iter().filter(|f| f.record.kind == Kind::OverrunBegin as u8).count();
    assert!(begins >= 2 && ends == begins, "{begins} begun, {ends} ended");
    let last_lost = u64::from(frames[frames.len() - 1].record.lost);
    let expected = lasting_edges(&design.config, &stimulus(0, &changes)).0.len() - edges(&frames).len();
    assert_eq!(last_lost, expected as u64 % 256);
}

#[test]
fn a_heartbeat_in_the_clock_of_overrun_end_waits() {
    let changes: Vec<(u64, u16)> = (0..400).map(|i| (2_000 + 10 * i, 1 + (i as u16 & 1))).collect();
    let stimulus = stimulus(1, &changes);
    let run = |design: &Design| decode(&agreed(&[Twin, Verilog], design, &stimulus, 240_000));
    let is_end = |frame: &ichiscope_wire::Frame| frame.record.kind == Kind::OverrunEnd as u8;
    let end = run(&design(FAST)).into_iter().find(is_end).unwrap().record.tick;
    for ahead in 0..=3 {
        // The heartbeat is on offer three clocks after its tick: here after, and at last in, the clock of OVERRUN_END.
        let start = BEAT - end + ahead;
        let frames = run(&design(FAST).starting_at(start));
        let end_again = frames.iter().find(|frame| is_end(frame)).unwrap().record.tick;
        assert_eq!(end_again, start + end);
        let beats: Vec<u64> = frames
            .iter()
            .filter(|frame| frame.record.kind == Kind::Heartbeat as u8)
            .map(|frame| frame.record.tick)
            .collect();
        assert_eq!(beats, [if ahead == 3 { BEAT + 4 } else { BEAT + 3 }], "{ahead}");
    }
}

#[test]
fn a_heartbeat_and_the_start_pages_again() {
    // START comes again with every 16th heartbeat; an edge falls into each clock around it.
    let around = 16 * BEAT;
    for shift in 0..12 {
        let design = design(FAST).starting_at(around - 5_000);
        let edge = 5_000 - 16 + shift;
        let stimulus = stimulus(0, &[(edge, 1), (edge + 9, 3), (edge + 10, 7)]);
        let frames = check(&design, &stimulus, 22_000);
        let kinds: Vec<u8> = frames.iter().map(|f| f.record.kind).filter(|kind| *kind < 4).collect();
        let expected = [vec![1; 12], vec![2, 3, 3, 3, 3, 3, 3], vec![1; 12]].concat();
        assert_eq!(kinds, expected);
        let starts: Vec<u32> = frames
            .iter()
            .filter_map(|f| match f.record.payload() {
                Payload::Start(start) if start.page == 0 => Some(start.value >> 24),
                _ => None,
            })
            .collect();
        assert_eq!(starts, [1, 0], "only the first START is one of power-up");
    }
}

#[test]
fn start_comes_with_every_16th_heartbeat_only() {
    let design = design(FAST).starting_at(15 * BEAT - 5_000);
    let frames = check_with(&[Twin, Verilog], &design, &stimulus(0, &[]), 2 * BEAT + 40_000);
    let kinds: Vec<u8> = frames.iter().map(|frame| frame.record.kind).filter(|kind| *kind < 4).collect();
    let (start, beat) = (vec![1; 12], vec![2, 3, 3, 3, 3, 3, 3]);
    assert_eq!(kinds, [start.clone(), beat.clone(), beat.clone(), start, beat].concat());
}

#[test]
fn ticks_beyond_32_and_48_bits() {
    for boundary in [1_u64 << 32, 1 << 48, 5 << 48, 0] {
        for ahead in [0, 1, 2, 3, 4, 5, 5_000] {
            let design = design(FAST).starting_at(boundary.wrapping_sub(ahead));
            let witnesses: &[WitnessName] =
                if ahead == 5_000 { &[Twin, RustHdl, Verilog] } else { &[Twin, Verilog] };
            let stimulus = stimulus(0, &[(4_980, 1), (4_995, 0), (5_010, 1), (9_000, 0)]);
            let frames = check_with(witnesses, &design, &stimulus, 24_000);
            let beats: Vec<u64> = frames
                .iter()
                .filter_map(|f| match f.record.payload() {
                    Payload::Heartbeat(beat) => Some(beat.tick),
                    _ => None,
                })
                .collect();
            // Boundaries are multiples of the heartbeat's period; the tick of power-up itself is not counted.
            let expected = if ahead >= 3 { 1 } else { 0 };
            assert_eq!(beats.len(), expected, "{boundary:x} - {ahead}");
            assert!(beats.iter().all(|tick| tick.wrapping_sub(boundary) < 6_000), "{beats:x?}");
        }
    }
}

#[test]
fn glitches_are_counted() {
    let design = design(FAST).starting_at(BEAT - 20_000);
    // Two lines end their glitch in the same clock: that is one.
    let stimulus = stimulus(
        0,
        &[(1_000, 3), (1_004, 0), (2_000, 1), (2_002, 3), (2_005, 0), (3_000, 1), (3_100, 5), (3_103, 1)],
    );
    let frames = check(&design, &stimulus, 40_000);
    let glitches = lasting_edges(&design.config, &stimulus).1;
    assert_eq!(glitches, 3);
    assert_eq!(counters(&frames, 1).iter().map(|c| c.1).collect::<Vec<_>>(), [glitches]);
}

/// Bursts near the deglitch time, pauses, and levels of all lines.
fn random_changes() -> impl Strategy<Value = Vec<(u64, u16)>> {
    let wait = prop_oneof![6 => 1_u64..14, 2 => 14_u64..200, 1 => 200_u64..4_000];
    let levels = prop_oneof![Just(0), Just(7), Just(1), 0_u16..0x1000];
    proptest::collection::vec((wait, levels), 0..700).prop_map(|steps| {
        let mut clock = 0;
        let mut absolute = |(wait, levels)| {
            clock += wait;
            (clock, levels)
        };
        steps.into_iter().map(&mut absolute).collect()
    })
}

/// Start ticks that put heartbeats, START and carries into the run.
fn random_start() -> impl Strategy<Value = u64> {
    let boundary = prop_oneof![
        Just(BEAT),
        Just(2 * BEAT),
        Just(16 * BEAT),
        Just(32 * BEAT),
        Just(1 << 32),
        Just(1 << 48),
        any::<u64>()
    ];
    (boundary, 0_u64..30_000).prop_map(|(boundary, ahead)| boundary.wrapping_sub(ahead))
}

/// The witnesses agree on `cases` random stimuli, and their bytes on what the lines did.
fn agree_on_lines(witnesses: &[WitnessName], cases: u64) {
    let board = prop::sample::select(&BoardName::ALL);
    let inputs = (random_changes(), 0_u16..0x1000, random_start(), board, prop::bool::weighted(0.8));
    random(cases, &inputs, |(changes, levels, start, board, fast)| {
        let design = design_of(board, if fast { FAST } else { 3_000_000 }).starting_at(start);
        let stimulus = Stimulus { pins: lines(levels), ..stimulus(0, &changes) };
        let clocks = stimulus.clocks_to_drain(&design.config);
        let bytes = compared(&ready(witnesses, &design), &stimulus, clocks).map_err(TestCaseError::fail)?;
        let frames = decode(&bytes);
        let ticks_rise = |pair: &[ichiscope_wire::Frame]| {
            pair[1].record.tick.wrapping_sub(pair[0].record.tick) << 16 >> 63 == 0
        };
        prop_assert!(frames.windows(2).all(ticks_rise));
        let (all, _) = lasting_edges(&design.config, &stimulus);
        let seen = edges(&frames);
        prop_assert!(seen.iter().all(|edge| all.contains(edge)));
        let lost = frames.last().map_or(0, |frame| frame.record.lost);
        prop_assert_eq!(usize::from(lost), (all.len() - seen.len()) % 256);
        Ok(())
    });
}

#[test]
fn random_stimuli_twin_and_verilog() {
    agree_on_lines(&[Twin, Verilog], 120);
}

#[test]
fn random_stimuli_with_rust_hdl() {
    agree_on_lines(&[Twin, Verilog, RustHdl], 1);
}
