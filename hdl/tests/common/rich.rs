//! Stimuli that use everything a board has, for the witnesses that are too slow for many: few and rich.

use std::cell::Cell;

use ichiscope_hdl::stimulus::Stimulus;
use ichiscope_hdl::witness::{Witness, WitnessName};
use ichiscope_hdl::{Config, Design};
use ichiscope_wire::{COMMAND_LEN, Command, FRAME_LEN, Kind, Line, LineSet, Register};
use proptest::test_runner::TestCaseError;

use super::noise::noise;
use super::random::random;
use super::{compared, decode, stimulus};

/// A stimulus, and how long to run it.
struct Rich {
    name: &'static str,
    stimulus: Stimulus,
    clocks: u64,
    /// Kinds of records that must be in the bytes.
    kinds: &'static [Kind],
}

/// Longest run of noise.
const NOISE_CLOCKS: u64 = 150_000;

/// The witnesses of a board agree on all that it has, and on `noises` runs of noise. How many clocks that were.
pub fn agree(design: &Design, witnesses: &[(WitnessName, Box<dyn Witness>)], noises: u64) -> u64 {
    let (board, config) = (design.board.name, &design.config);
    let all = all(config);
    for Rich { name, stimulus, clocks, kinds } in &all {
        let bytes = compared(witnesses, stimulus, *clocks)
            .unwrap_or_else(|difference| panic!("{board}, {name}: {difference}"));
        let frames = decode(&bytes);
        for kind in *kinds {
            let is_there = frames.iter().any(|frame| frame.record.kind == *kind as u8);
            assert!(is_there, "{board}, {name}: no {kind:?} in {} frames", frames.len());
        }
    }
    let noisy = Cell::new(0);
    random(noises, &noise(), |noise| {
        let stimulus = noise.stimulus(config);
        let clocks = stimulus.clocks_to_drain(config).min(NOISE_CLOCKS);
        noisy.set(noisy.get() + clocks);
        compared(witnesses, &stimulus, clocks).map(drop).map_err(TestCaseError::fail)
    });
    all.iter().map(|rich| rich.clocks).sum::<u64>() + noisy.get()
}

/// What a board has.
fn all(config: &Config) -> Vec<Rich> {
    let mut all = vec![overrun(config)];
    if config.commands {
        all.push(instrument(config));
    }
    if config.cts {
        all.push(stalled(config));
    }
    all
}

/// Commands in mid-stream, one of them damaged, one unknown, one out of range; then a crossing with console bytes, a
/// window, and the ADC's threshold.
fn instrument(config: &Config) -> Rich {
    let clocks_per_bit = u64::from(config.clocks_per_bit);
    let frame = FRAME_LEN as u64 * 10 * clocks_per_bit;
    // The answer and twelve START pages leave meanwhile; the first command comes while those of power-up leave.
    let pace = 16 * frame;
    let cases = [
        (Register::Console as u8, 40),
        (Register::Window as u8, 20 | 30 << 16),
        (Register::Envelope as u8, 8),
        (Register::Threshold as u8, 1_000 | 2_000 << 12),
        (Register::Identify as u8, 0),
        (Register::Deglitch as u8, 0),
        (Register::Deglitch as u8, 5),
        (Register::Sampling as u8, 1),
        (77, 1),
        (Register::LinkTest as u8, 12),
        (Register::SelfTest as u8, 3_000),
        (Register::SelfTest as u8, 0),
    ];
    const DAMAGED: usize = 4;
    let mut stimulus = Stimulus { jumper: LineSet::EMPTY.with(Line::Mark3, true), ..stimulus(7, &[]) };
    for ((place, (register, value)), seq) in cases.into_iter().enumerate().zip(0..) {
        let mut bytes = Command { seq, register, value }.encode();
        if place == DAMAGED {
            bytes[COMMAND_LEN / 2] ^= 0x10;
        }
        stimulus.send(config, 4_000 + place as u64 * pace, &bytes);
    }
    let crossing = 4_000 + cases.len() as u64 * pace;
    let fall = [
        (crossing, 3),
        (crossing + 200, 1),
        (crossing + 201, 0),
        (crossing + 900, 0x8),
        (crossing + 9_000, 7),
    ];
    stimulus.overlay(&fall, |pins, levels| pins.lines = super::lines(levels).lines);
    stimulus.console(40, crossing - 207, b"rail lost\r\n\x00\xFF");
    // Through both thresholds, with a step at every other sample.
    let code = |at: u64| {
        if at < crossing { 2_492 - (at / 97 % 9) as u16 } else { ((at - crossing) / 7 % 4_096) as u16 }
    };
    let codes: Vec<(u64, u16)> =
        (0..(crossing + 40_000) / 72).map(|step| (step * 72, code(step * 72))).collect();
    stimulus.voltage(&codes);
    let kinds = &[
        Kind::Start,
        Kind::Edge,
        Kind::Ack,
        Kind::Console,
        Kind::Envelope,
        Kind::Window,
        Kind::Samples,
        Kind::LinkTest,
    ];
    Rich { name: "instrument", stimulus, clocks: crossing + 70 * frame, kinds }
}

/// CTS is not looked at until it was low once; then the host stops reading for longer than the FIFO lasts.
fn stalled(config: &Config) -> Rich {
    let edges: Vec<(u64, u16)> = (0..600).map(|i| (20_000 + 300 * i, (i as u16 * 3) & 7)).collect();
    let mut stimulus = stimulus(0, &edges);
    stimulus.overlay(
        &[(0, true), (30_000, false), (40_000, true), (240_000, false), (250_001, true), (260_000, false)],
        |pins, level| pins.cts = level,
    );
    let clocks = stimulus.clocks_to_drain(config) + 400_000;
    Rich {
        name: "stalled CTS",
        stimulus,
        clocks,
        kinds: &[Kind::Start, Kind::Edge, Kind::OverrunBegin, Kind::OverrunEnd],
    }
}

/// More edges than the FIFO holds: `seq` and `lost` go once around their 8 bits.
fn overrun(config: &Config) -> Rich {
    let edges: Vec<(u64, u16)> = (0..700).map(|i| (2_000 + 40 * i, 1 << (i % 11))).collect();
    let stimulus = stimulus(0, &edges);
    let clocks = stimulus.clocks_to_drain(config) + 60_000;
    Rich {
        name: "overrun",
        stimulus,
        clocks,
        kinds: &[Kind::Start, Kind::Edge, Kind::OverrunBegin, Kind::OverrunEnd],
    }
}
