//! Commands, console, ADC, windows, link test and flow control: the witnesses give the same bytes on every board, and
//! the bytes say what the stimulus did.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use common::noise::noise;
use common::random::random;
use common::*;
use ichiscope_hdl::boards::BoardName;
use ichiscope_hdl::stimulus::{Pins, Stimulus};
use ichiscope_hdl::witness::WitnessName::{self, RustHdl, Twin, Verilog};
use ichiscope_hdl::{Config, Design};
use ichiscope_wire::{Ack, COMMAND_LEN, Command, Frame, Kind, Line, LineSet, Payload, Register, Status};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseError, TestRunner};

const FAST: u32 = 12_000_000;
const BOTH: [WitnessName; 2] = [Twin, Verilog];
/// Boards that take commands.
const FULL: [BoardName; 2] = [BoardName::IceBreaker, BoardName::AlchitryCu];

fn command(seq: u8, register: Register, value: u64) -> Command {
    Command { seq, register: register as u8, value }
}

/// The clock in which a command takes effect whose first start bit begins at `clock`.
fn effect(config: &Config, clock: u64) -> u64 {
    let bit = u64::from(config.clocks_per_bit);
    // Twelve bytes, two flip-flops, the middle of the stop bit, hand-over, decision.
    clock + 120 * bit + 2 + bit / 2 + 9 * bit + 3
}

fn run(witnesses: &[WitnessName], design: &Design, stimulus: &Stimulus, clocks: u64) -> Vec<Frame> {
    decode(&agreed(witnesses, design, stimulus, clocks))
}

/// Clocks that a command takes on `rxd`.
fn command_clocks(config: &Config) -> u64 {
    10 * COMMAND_LEN as u64 * u64::from(config.clocks_per_bit)
}

fn acks(frames: &[Frame]) -> Vec<(u64, Ack)> {
    let ack = |frame: &Frame| match frame.record.payload() {
        Payload::Ack(ack) => Some((frame.record.tick - u64::from(ack.age), ack)),
        _ => None,
    };
    frames.iter().filter_map(ack).collect()
}

/// Index and code of the samples of each window.
fn windows(frames: &[Frame]) -> Vec<(u32, Vec<u16>)> {
    let mut windows: Vec<(u32, Vec<u16>)> = Vec::new();
    let mut count = 0;
    for frame in frames {
        match frame.record.payload() {
            Payload::Window(window) if window.page == 0 => windows.push((window.value, Vec::new())),
            Payload::Window(window) => count = window.value as usize,
            Payload::Samples(samples) => {
                let last = &mut windows.last_mut().unwrap().1;
                last.extend(samples);
                last.truncate(count);
            }
            _ => {}
        }
    }
    windows
}

/// A code for each sample, and the stimulus that gives them.
fn codes(config: &Config, count: u64, code: impl Fn(u64) -> u16) -> Vec<(u64, u16)> {
    let ticks = u64::from(config.adc.unwrap().ticks_per_sample);
    (0..count).map(|sample| (3 + sample * ticks, code(sample))).collect()
}

fn saw(sample: u64) -> u16 {
    (sample * 37 % 4096) as u16
}

#[test]
fn every_command_is_answered_at_its_tick() {
    for board in FULL {
        let design = design_of(board, FAST);
        let config = design.config;
        let most = config.adc.map(|adc| (adc.ticks_per_sample - 15 * adc.sclk_clocks - 4).min(7)).unwrap();
        let ring = 1_u64 << config.adc.unwrap().ring_log2;
        let cases = [
            (Register::Identify, 0xFF_FFFF_FFFF, Status::Done),
            (Register::Deglitch, 0, Status::Range),
            (Register::Deglitch, 1024, Status::Range),
            (Register::Deglitch, 1023, Status::Done),
            (Register::Deglitch, 1, Status::Done),
            (Register::Deglitch, 0x1_0000_0001, Status::Range),
            (Register::Console, 15, Status::Range),
            (Register::Console, 16, Status::Done),
            (Register::Console, 65_535, Status::Done),
            (Register::Console, 65_536, Status::Range),
            (Register::Console, 0, Status::Done),
            (Register::Envelope, 3, Status::Range),
            (Register::Envelope, 4, Status::Done),
            (Register::Envelope, 16, Status::Done),
            (Register::Envelope, 17, Status::Range),
            (Register::Envelope, 0, Status::Done),
            (Register::Window, ring - 8, Status::Done),
            (Register::Window, 1 << 16 | (ring - 8), Status::Range),
            (Register::Window, (ring - 8) << 16, Status::Done),
            (Register::Window, 1 << 32, Status::Range),
            (Register::Threshold, 5 | 5 << 12, Status::Done),
            (Register::Threshold, 6 | 5 << 12, Status::Range),
            (Register::Threshold, 0, Status::Done),
            (Register::Sampling, u64::from(most), Status::Done),
            (Register::Sampling, u64::from(most) + 1, Status::Range),
            (Register::LinkTest, 2, Status::Done),
            (Register::LinkTest, 1 << 32, Status::Range),
            (Register::Flow, 1, Status::Unknown),
            (Register::SelfTest, 20_000, Status::Done),
            (Register::SelfTest, 1, Status::Busy),
            (Register::SelfTest, 0, Status::Done),
            (Register::SelfTest, 1, Status::Done),
        ];
        // Far enough apart for twelve START pages.
        let pace = command_clocks(&config) + 13 * 190 * u64::from(config.clocks_per_bit);
        let mut stimulus = stimulus(7, &[]);
        for ((register, value, _), at) in cases.iter().zip(0..) {
            stimulus.command(&config, 8_000 + at * pace, &command(at as u8 + 1, *register, *value));
        }
        let frames = run(&BOTH, &design, &stimulus, 8_000 + (cases.len() as u64 + 2) * pace);
        let seen = acks(&frames);
        assert_eq!(seen.len(), cases.len(), "{board:?}");
        for ((tick, ack), ((register, value, status), at)) in seen.iter().zip(cases.iter().zip(0..)) {
            assert_eq!(ack.status, *status, "{board:?} {register:?} {value}");
            assert_eq!((ack.seq, ack.register), (at as u8 + 1, *register as u8));
            assert_eq!(*tick, effect(&config, 8_000 + at * pace));
        }
        let starts =
            frames.iter().filter(|f| matches!(f.record.payload(), Payload::Start(s) if s.page == 11));
        let restarts = |case: &&(Register, u64, Status)| {
            case.2 == Status::Done && !matches!(case.0, Register::SelfTest | Register::LinkTest)
        };
        assert_eq!(starts.count(), 1 + cases.iter().filter(restarts).count());
    }
}

#[test]
fn what_is_no_command_is_damage_and_what_follows_is_heard() {
    let design = design(FAST);
    let config = design.config;
    let good = command(9, Register::Identify, 0).encode();
    let mut flipped = good;
    flipped[4] ^= 0x10;
    let mut long = good.to_vec();
    long.insert(3, 7);
    let bad_code = [&[0x1C_u8][..], &command(9, Register::Identify, 0x01_0101_0101).encode()[1..]].concat();
    for (bytes, answers) in [
        (vec![0, 0, 0], 0),
        (flipped.to_vec(), 1),
        (good[3..].to_vec(), 1),
        ([&good[..6], &[0]].concat(), 1),
        (long, 1),
        (bad_code, 1),
        (vec![1; 40], 0),
        ([vec![1; 40], vec![0]].concat(), 1),
        (vec![5, 0, 0, 0], 1),
    ] {
        let mut stimulus = stimulus(0, &[]);
        stimulus.send(&config, 4_000, &bytes);
        let again = 4_000 + 60 * 30 + 3_000;
        stimulus.send(&config, again, &[0]);
        stimulus.command(&config, again + 3_000, &command(77, Register::Identify, 0));
        let frames = run(&BOTH, &design, &stimulus, 30_000);
        let mut seen = acks(&frames);
        let (tick, last) = seen.pop().unwrap();
        assert_eq!((last.seq, last.status, tick), (77, Status::Done, effect(&config, again + 3_000)));
        let leftover = usize::from(bytes.last() != Some(&0));
        assert_eq!(seen.len(), answers + leftover, "{bytes:?}");
        assert!(seen.iter().all(|(_, ack)| ack.status == Status::Damaged && ack.seq == 0));
    }
}

/// Clocks for which the line was low, each time that it came back.
fn low_ticks(frames: &[Frame], line: Line) -> Vec<u64> {
    let of_line = edges(frames).into_iter().filter(|edge| edge.2 >> line.index() & 1 == 1);
    let ticks: Vec<u64> = of_line.map(|edge| edge.0).collect();
    ticks.as_chunks::<2>().0.iter().map(|[down, up]| up - down).collect()
}

#[test]
fn a_pulse_of_the_self_test_has_the_length_that_was_asked_for() {
    for board in FULL {
        let design = design_of(board, FAST);
        let config = design.config;
        let lengths = [16, 36, 255, 256, 257, 3_600, 0x01_0000, 0x01_0203, 150_000];
        let mut stimulus = Stimulus {
            jumper: LineSet::EMPTY.with(Line::Rail0, true).with(Line::Mark1, true),
            ..stimulus(2, &[])
        };
        let mut at = 4_000;
        for length in lengths {
            stimulus.command(&config, at, &command(1, Register::SelfTest, length));
            at = effect(&config, at) + length + 2_000;
        }
        // It is ended before its time.
        stimulus.command(&config, at, &command(1, Register::SelfTest, 90_000));
        stimulus.command(&config, at + 20_000, &command(1, Register::SelfTest, 0));
        stimulus.end = at + 30_000;
        let clocks = stimulus.clocks_to_drain(&config);
        let frames = run(&BOTH, &design, &stimulus, clocks);
        for line in [Line::Rail0, Line::Mark1] {
            let expected: Vec<u64> = lengths.into_iter().chain([20_000]).collect();
            assert_eq!(low_ticks(&frames, line), expected, "{board:?} {line:?}");
        }
    }
    let design = design(FAST);
    let mut stimulus = Stimulus { jumper: LineSet::EMPTY.with(Line::Rail2, true), ..stimulus(3, &[]) };
    stimulus.command(&design.config, 4_000, &command(1, Register::SelfTest, 1_000));
    let frames = run(&[Twin, Verilog, RustHdl], &design, &stimulus, 12_000);
    assert_eq!(low_ticks(&frames, Line::Rail2), [1_000]);
}

#[test]
fn a_self_test_that_comes_while_one_ends_is_busy_or_as_long_as_asked_for() {
    let design = design(FAST);
    let config = design.config;
    let (first_at, next_at, length) = (4_000, 5_000, 0x0201);
    let begin = effect(&config, first_at);
    let mut statuses = Vec::new();
    // The first pulse ends in each clock of the second command in turn.
    for ends in (next_at..effect(&config, next_at) + 4).step_by(7) {
        let first = ends - begin - 1;
        let jumper = LineSet::EMPTY.with(Line::Rail0, true);
        let mut stimulus = Stimulus { jumper, ..stimulus(0, &[]) };
        stimulus.command(&config, first_at, &command(1, Register::SelfTest, first));
        stimulus.command(&config, next_at, &command(2, Register::SelfTest, length));
        let frames = run(&BOTH, &design, &stimulus, 16_000);
        let seen = acks(&frames);
        assert_eq!(seen.len(), 2, "the first pulse ends in clock {ends}");
        let status = seen[1].1.status;
        let expected = if status == Status::Done { vec![first, length] } else { vec![first] };
        assert_eq!(low_ticks(&frames, Line::Rail0), expected, "the first pulse ends in clock {ends}");
        statuses.push(status);
    }
    statuses.dedup();
    assert_eq!(statuses, [Status::Done, Status::Busy]);
}

#[test]
fn a_command_while_its_forerunner_waits_is_ignored() {
    // The FIFO is more than half full of edges, so the answer waits.
    let design = design(3_000_000);
    let config = design.config;
    let edges: Vec<(u64, u16)> = (0..240).map(|i| (2_000 + 12 * i, 1 + (i as u16 & 1))).collect();
    let mut stimulus = stimulus(1, &edges);
    let gap = command_clocks(&config);
    for at in 0..4 {
        stimulus.command(&config, 6_000 + at * gap, &command(at as u8, Register::SelfTest, 3));
    }
    let frames = run(&BOTH, &design, &stimulus, 900_000);
    let seen = acks(&frames);
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].0, seen[0].1.seq), (effect(&config, 6_000), 0));
    assert!(seen[0].1.age > 100_000);
}

#[test]
fn console_bytes_have_the_tick_of_their_start_bit_also_during_a_crossing() {
    for board in FULL {
        let design = design_of(board, FAST);
        let config = design.config;
        let mut stimulus = stimulus(7, &[(20_000, 3), (20_200, 1), (20_201, 0), (21_000, 7), (21_400, 0)]);
        stimulus.command(&config, 4_000, &command(1, Register::Console, 100));
        let text = b"boot\r\n\x00\xFF\x55 rail lost";
        stimulus.console(100, 19_003, text);
        let frames = run(&[Twin, Verilog, RustHdl], &design, &stimulus, 50_000);
        let seen: Vec<(u64, u8, u8)> = frames
            .iter()
            .filter_map(|frame| match frame.record.payload() {
                Payload::Console(c) => Some((frame.record.tick - u64::from(c.age), c.byte, c.flags)),
                _ => None,
            })
            .collect();
        let expected: Vec<(u64, u8, u8)> =
            text.iter().zip(0..).map(|(byte, at)| (19_003 + 1_000 * at, *byte, 0)).collect();
        assert_eq!(seen, expected, "{board:?}");
        assert_eq!(edges(&frames).len(), 5);
    }
}

#[test]
fn a_console_at_the_wrong_rate_is_told_and_recovers() {
    let design = design(FAST);
    let config = design.config;
    let mut stimulus = stimulus(0, &[]);
    stimulus.command(&config, 4_000, &command(1, Register::Console, 100));
    stimulus.console(300, 10_000, b"wrong");
    // A break of many byte times, then the right rate.
    stimulus.overlay(&[(40_000, false), (80_000, true)], |pins, level| pins.console = level);
    stimulus.console(100, 90_000, b"right");
    let frames = run(&BOTH, &design, &stimulus, 120_000);
    let bytes: Vec<(u8, u8)> = frames
        .iter()
        .filter_map(|frame| match frame.record.payload() {
            Payload::Console(c) => Some((c.byte, c.flags)),
            _ => None,
        })
        .collect();
    assert!(bytes.iter().any(|(_, flags)| *flags & 1 == 1));
    assert_eq!(bytes[bytes.len() - 5..], b"right".map(|byte| (byte, 0)));
}

#[test]
fn a_console_faster_than_the_link_loses_bytes_with_a_count() {
    let design = design(3_000_000).starting_at(0);
    let design = Design { config: Config { start_count: 0xFFFF_FFF0, ..design.config }, ..design };
    let config = design.config;
    let mut stimulus = stimulus(7, &[(1_000_000, 0)]);
    stimulus.command(&config, 4_000, &command(1, Register::Console, 16));
    let sent: Vec<u8> = (0..9_000_u32).map(|i| (i * 7) as u8).collect();
    stimulus.console(16, 60_000, &sent);
    // The command that turns it off is heard although the FIFO is half full all the time.
    stimulus.command(&config, 1_400_000, &command(2, Register::Console, 0));
    let frames = run(&BOTH, &design, &stimulus, 2_600_000);
    let mut place = 0;
    for frame in &frames {
        let Payload::Console(c) = frame.record.payload() else { continue };
        let tick = frame.record.tick - u64::from(c.age);
        let at = ((tick - 60_000) / 160) as usize;
        assert_eq!((sent[at], (tick - 60_000) % 160), (c.byte, 0));
        assert_eq!(c.flags & 2 == 2, at > place, "lost bytes are told at the very byte");
        place = at + 1;
    }
    assert!(place > 8_000, "the end is heard");
    assert_eq!(acks(&frames).len(), 2);
    assert_eq!(edges(&frames).len(), 1, "an edge in between has a slot");
    let lost = counters(&frames, 4).last().unwrap().1;
    assert!(lost < 0x8000_0000, "rolled over: {lost:x}");
}

#[test]
fn an_envelope_is_of_the_window_before() {
    for board in FULL {
        let design = design_of(board, FAST);
        let config = design.config;
        let ticks = u64::from(config.adc.unwrap().ticks_per_sample);
        for (log2, sampling) in [(4, 0), (6, 0), (5, 1)] {
            let mut stimulus = stimulus(0, &[]);
            stimulus.command(&config, 3_000, &command(1, Register::Sampling, sampling));
            stimulus.command(&config, 8_000, &command(2, Register::Envelope, log2));
            stimulus.voltage(&codes(&config, 2_000, saw));
            let frames = run(&BOTH, &design, &stimulus, 1_500 * ticks);
            let length = 1_u64 << log2;
            let mut seen = 0;
            for frame in &frames {
                let Payload::Envelope(e) = frame.record.payload() else { continue };
                let window = (frame.record.tick - 3) / ticks / length - 1;
                let samples: Vec<u64> =
                    (window * length..(window + 1) * length).map(|i| saw(i).into()).collect();
                assert_eq!(u64::from(e.least), *samples.iter().min().unwrap());
                assert_eq!(u64::from(e.greatest), *samples.iter().max().unwrap());
                assert_eq!(u64::from(e.mean), samples.iter().sum::<u64>() / length);
                seen += 1;
            }
            assert!(seen as u64 > 800 / length, "{seen}");
        }
    }
}

#[test]
fn a_window_shows_what_came_before_the_crossing() {
    for board in FULL {
        let design = design_of(board, FAST);
        let config = design.config;
        let ticks = u64::from(config.adc.unwrap().ticks_per_sample);
        let crossing = 600 * ticks;
        for (before, after) in [(100_u64, 50_u64), (7, 0), (0, 9), (1, 1)] {
            let mut stimulus =
                stimulus(7, &[(crossing, 3), (crossing + 30, 7), (crossing + 2_000 * ticks, 6)]);
            stimulus.command(&config, 4_000, &command(1, Register::Window, before | after << 16));
            stimulus.voltage(&codes(&config, 3_000, saw));
            let frames = run(&BOTH, &design, &stimulus, 2_900 * ticks + 150_000);
            let seen = windows(&frames);
            assert_eq!(seen.len(), 2, "{board:?} {before} {after}");
            for ((first, samples), at) in seen.iter().zip([crossing, crossing + 2_000 * ticks]) {
                let confirmed = at + u64::from(config.deglitch_ticks) + 3;
                let last_begun = (confirmed - 3) / ticks;
                // The ring was not full of 2000 samples yet.
                if before < 400 {
                    assert_eq!(u64::from(*first), last_begun - before);
                    assert_eq!(samples.len() as u64, before + after);
                }
                let codes: Vec<u16> = (u64::from(*first)..).map(saw).take(samples.len()).collect();
                assert_eq!(*samples, codes, "{board:?} {before} {after}");
                assert_eq!(u64::from(*first) + samples.len() as u64, last_begun + after);
            }
        }
    }
}

#[test]
fn windows_broken_off_and_crossings_without_one() {
    let design = design(FAST);
    let config = design.config;
    let mut changes = Vec::new();
    for at in 0..40_u64 {
        changes.push((20_000 + at * 1_777, (at as u16 * 5) & 7));
    }
    let mut stimulus = stimulus(0, &changes);
    stimulus.command(&config, 4_000, &command(1, Register::Window, 30 | 40 << 16));
    stimulus.command(&config, 26_000, &command(2, Register::Window, 3 | 2 << 16));
    stimulus.command(&config, 40_000, &command(3, Register::Window, 0));
    stimulus.command(&config, 60_000, &command(4, Register::Window, 300 << 16));
    stimulus.command(&config, 67_000, &command(5, Register::Threshold, 100 | 3_000 << 12));
    stimulus.voltage(&codes(&config, 3_000, |sample| (sample * 171 % 4096) as u16));
    let frames = run(&BOTH, &design.starting_at((1 << 21) - 100_000), &stimulus, 160_000);
    assert!(windows(&frames).len() >= 2);
    assert!(counters(&frames, 5).last().unwrap().1 >> 16 > 0);
}

#[test]
fn the_line_adc_follows_the_threshold() {
    for board in FULL {
        let design = design_of(board, FAST);
        let config = design.config;
        let adc = config.adc.unwrap();
        let ticks = u64::from(adc.ticks_per_sample);
        let level = |sample: u64| if (500..900).contains(&sample) { 3_000 } else { 500 };
        for sampling in [0, 1] {
            let mut stimulus = stimulus(0, &[]);
            stimulus.command(&config, 2_000, &command(1, Register::Sampling, sampling));
            stimulus.command(&config, 8_000, &command(2, Register::Threshold, 1_000 | 2_000 << 12));
            stimulus.voltage(&codes(&config, 2_000, level));
            let frames = run(&BOTH, &design, &stimulus, 1_500 * ticks);
            let known = |sample: u64| 3 + sample * ticks + 15 * u64::from(adc.sclk_clocks) + 4 + sampling;
            assert_eq!(edges(&frames), [(known(500), 0x800, 0x800), (known(900), 0, 0x800)], "{board:?}");
        }
    }
}

#[test]
fn an_adc_that_is_not_plugged_in() {
    for level in [0, 0xFFF] {
        let design = design(FAST);
        let mut stimulus = stimulus(7, &[(90_000, 0)]);
        stimulus.pins.adc = level;
        for change in &mut stimulus.changes {
            change.1.adc = level;
        }
        stimulus.command(&design.config, 4_000, &command(1, Register::Envelope, 5));
        stimulus.command(&design.config, 9_000, &command(2, Register::Window, 9 | 9 << 16));
        let frames = run(&BOTH, &design, &stimulus, 130_000);
        let ends = |frame: &Frame| match frame.record.payload() {
            Payload::Envelope(e) => Some((e.least, e.greatest, e.mean)),
            _ => None,
        };
        assert!(frames.iter().filter_map(ends).all(|e| e == (level, level, level)));
        assert_eq!(windows(&frames).len(), 1);
    }
}

#[test]
fn a_deglitch_time_that_changes_while_edges_are_on_their_way() {
    let design = design(FAST);
    let config = design.config;
    let set = 4_000;
    let e = effect(&config, set);
    for shift in 0..30 {
        for (old, new) in [(9, 1), (9, 40), (9, 9)] {
            let edge = e - 22 + shift;
            let mut stimulus = stimulus(0, &[(edge, 1), (edge + 12, 5), (edge + 300, 4)]);
            stimulus.command(&config, set, &command(1, Register::Deglitch, new));
            let frames = run(&BOTH, &design, &stimulus, 20_000);
            let seen = edges(&frames);
            assert_eq!(seen.len(), 3, "{shift} {old} {new}");
            // Either in flight before the change, or dated at the tick before it at the earliest.
            assert!(seen[0].0 == edge || seen[0].0 == e - 1, "{shift}: {seen:?} {e}");
            assert_eq!(seen[2].0, edge + 300);
        }
    }
}

#[test]
fn the_link_test_is_whole() {
    let design = design(FAST);
    let mut stimulus = stimulus(0, &[(50_000, 1)]);
    stimulus.command(&design.config, 4_000, &command(1, Register::LinkTest, 150));
    let frames = run(&BOTH, &design, &stimulus, 200_000);
    let states: Vec<u64> = frames
        .iter()
        .filter(|frame| frame.record.kind == Kind::LinkTest as u8)
        .map(|frame| frame.record.data)
        .collect();
    assert_eq!(states.len(), 150);
    assert_eq!(states[0], 1);
    for pair in states.windows(2) {
        assert_eq!(pair[1], (pair[0] << 1 | (pair[0] >> 35 ^ pair[0] >> 24) & 1) & ((1 << 36) - 1));
    }
}

#[test]
fn a_stalled_link_on_the_board_with_cts() {
    let design = design_of(BoardName::IceStick, FAST);
    let edges_at: Vec<(u64, u16)> = (0..600).map(|i| (20_000 + 300 * i, (i as u16 * 3) & 7)).collect();
    let mut stimulus = stimulus(0, &edges_at);
    stimulus.pins.cts = true;
    for change in &mut stimulus.changes {
        change.1.cts = true;
    }
    // Not looked at until it was low once; then the host stops reading for a while, twice.
    stimulus.overlay(
        &[(30_000, false), (40_000, true), (240_000, false), (250_001, true), (260_000, false)],
        |pins, level| {
            pins.cts = level;
        },
    );
    let frames = run(&BOTH, &design, &stimulus, 600_000);
    let all = lasting_edges(&design.config, &stimulus).0;
    let seen = edges(&frames);
    assert!(seen.iter().all(|edge| all.contains(edge)));
    let lost = usize::from(frames.last().unwrap().record.lost);
    assert_eq!((all.len() - seen.len()) % 256, lost);
    assert!(lost > 0, "the stall was long enough to overrun");
    let kinds = |kind: Kind| frames.iter().filter(|f| f.record.kind == kind as u8).count();
    assert_eq!(kinds(Kind::OverrunBegin), kinds(Kind::OverrunEnd));
}

#[test]
fn counters_roll_over() {
    for board in BoardName::ALL {
        for (count, start) in [
            (0xFFFF_FFFD, (1 << 25) - 60_000),
            (0x03FF_FFF0, (1 << 32) - 60_000),
            (0xFFFF, (1 << 48) - 60_000),
        ] {
            let design = design_of(board, FAST).starting_at(start);
            let design = Design { config: Config { start_count: count, ..design.config }, ..design };
            // Glitches, and an overrun that loses edges.
            let mut changes = vec![(3_000, 1), (3_004, 0), (3_100, 1), (3_104, 0), (3_200, 2), (3_205, 0)];
            changes.extend((0..500).map(|i| (6_000 + 20 * i, 1 + (i as u16 & 1))));
            let mut stimulus = stimulus(0, &changes);
            if design.config.commands {
                stimulus.command(&design.config, 1_000, &command(1, Register::Envelope, 4));
                stimulus.command(&design.config, 3_500, &command(2, Register::Window, 5 | 5 << 16));
                stimulus.voltage(&codes(&design.config, 3_000, saw));
            }
            let frames = run(&BOTH, &design, &stimulus, 280_000);
            assert!(!counters(&frames, 2).is_empty());
        }
    }
}

/// The witnesses agree on `cases` of noise on any board, from ticks and counts near a roll-over.
fn agree_on_noise(witnesses: &[WitnessName], cases: u64, longest: u64) {
    const STARTS: [u64; 5] =
        [0, (1 << 21) - 50_000, (1 << 25) - 70_000, (1 << 32) - 9_000, (1 << 48) - 40_000];
    let inputs = (noise(), select(&BoardName::ALL), select(&STARTS), select(&[0, 0xFFFF_FF00, 0x03FF_FF80]));
    // Making a case smaller takes hundreds of runs of one design.
    let ready_before: RefCell<HashMap<_, _>> = RefCell::default();
    random(cases, &inputs, |(noise, board, start, count)| {
        let mut ready_before = ready_before.borrow_mut();
        let (design, witnesses) =
            ready_before.entry((board.board().name, start, count)).or_insert_with(|| {
                let design = design_of(board, FAST).starting_at(start);
                let design = Design { config: Config { start_count: count, ..design.config }, ..design };
                (design, ready(witnesses, &design))
            });
        let stimulus = noise.stimulus(&design.config);
        let clocks = stimulus.clocks_to_drain(&design.config).min(longest);
        // A line that stays stalled by noise on CTS gives fewer frames; all that come are whole.
        let frames = decode(&compared(witnesses, &stimulus, clocks).map_err(TestCaseError::fail)?);
        prop_assert!(frames.windows(2).all(|pair| pair[1].record.tick != pair[0].record.tick));
        Ok(())
    });
}

#[test]
fn noise_on_every_pin() {
    agree_on_noise(&BOTH, 150, u64::MAX);
}

#[test]
fn noise_on_every_pin_with_rust_hdl() {
    agree_on_noise(&[Twin, Verilog, RustHdl], 2, 40_000);
}

/// The same in every run: what the noise is made of does not fade away unnoticed.
#[test]
fn noise_is_of_everything() {
    let design = design(FAST).starting_at((1 << 21) - 50_000);
    let twin = ready(&[Twin], &design);
    let (mut kinds, mut answers) = (BTreeSet::new(), BTreeSet::new());
    let mut runner = TestRunner::deterministic();
    for _ in 0..20 {
        let stimulus = noise().new_tree(&mut runner).unwrap().current().stimulus(&design.config);
        let clocks = stimulus.clocks_to_drain(&design.config);
        let frames = decode(&compared(&twin, &stimulus, clocks).unwrap());
        kinds.extend(frames.iter().map(|frame| frame.record.kind));
        answers.extend(acks(&frames).iter().map(|(_, ack)| (ack.status.code(), ack.register)));
    }
    for kind in Kind::Start as u8..=Kind::LinkTest as u8 {
        assert!(kinds.contains(&kind), "no record of kind {kind}");
    }
    let answered = |status: Status, register: u8| answers.contains(&(status.code(), register));
    for register in Register::Identify as u8..=Register::LinkTest as u8 {
        assert!(answered(Status::Done, register), "register {register} never took a value");
    }
    assert!(answered(Status::Busy, Register::SelfTest as u8));
    assert!(answered(Status::Range, Register::Window as u8));
    assert!(answered(Status::Unknown, Register::Flow as u8) && answered(Status::Damaged, 0));
}

#[test]
fn idle_pins_are_idle() {
    assert_eq!(Pins::default(), lines(0));
}
