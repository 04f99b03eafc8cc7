//! The whole ring of the window: samples from all of it come out as they went in, also out of the committed bitstream
//! of the board whose ring is in single-port RAM.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use ichiscope_hdl::boards::BoardName;
use ichiscope_hdl::stimulus::Stimulus;
use ichiscope_hdl::witness::WitnessName;
use ichiscope_hdl::{Config, Design};
use ichiscope_wire::{Command, Frame, Payload, Register};

/// A window's first sample, how many there are, and their codes.
#[derive(Debug, Default, PartialEq)]
struct Picture {
    first: u64,
    count: u64,
    codes: Vec<u16>,
}

fn pictures(frames: &[Frame]) -> Vec<Picture> {
    let mut pictures: Vec<Picture> = Vec::new();
    for frame in frames {
        match (frame.record.payload(), pictures.last_mut()) {
            (Payload::Window(window), _) if window.page == 0 => {
                pictures.push(Picture { first: window.value.into(), ..Picture::default() });
            }
            (Payload::Window(window), Some(last)) => last.count = window.value.into(),
            (Payload::Samples(codes), Some(last)) => last.codes.extend(codes),
            _ => {}
        }
    }
    for picture in &mut pictures {
        picture.codes.truncate(usize::try_from(picture.count).unwrap());
    }
    pictures
}

/// No two samples of the ring that a mistaken address could swap have one code.
fn code(sample: u64) -> u16 {
    (((sample * 0x9E37) >> 4 ^ (sample >> 12) ^ sample) & 0xFFF) as u16
}

fn ticks(config: &Config) -> u64 {
    config.adc.unwrap().ticks_per_sample.into()
}

/// Windows of `before` and `after` samples around a crossing soon after each of these samples.
fn stimulus_of(config: &Config, before: u64, after: u64, crossings: &[u64]) -> Stimulus {
    let ticks = ticks(config);
    let changes: Vec<(u64, u16)> = crossings
        .iter()
        .zip([0, 1].into_iter().cycle())
        .map(|(sample, rail)| (sample * ticks, rail))
        .collect();
    let mut stimulus = stimulus(1, &changes);
    let set = Command { seq: 1, register: Register::Window as u8, value: before | after << 16 };
    stimulus.command(config, 4_000, &set);
    let samples = crossings.last().unwrap() + after + 10;
    let codes: Vec<(u64, u16)> = (0..samples).map(|sample| (3 + sample * ticks, code(sample))).collect();
    stimulus.voltage(&codes);
    stimulus
}

fn expect(design: &Design, frames: &[Frame], before: u64, after: u64, crossings: &[u64]) {
    let config = &design.config;
    let expected: Vec<Picture> = crossings
        .iter()
        .map(|sample| {
            let decided = sample * ticks(config) + u64::from(config.deglitch_ticks) + 3;
            let first = (decided - 3) / ticks(config) - before;
            let count = before + after;
            Picture { first, count, codes: (first..first + count).map(code).collect() }
        })
        .collect();
    assert_eq!(pictures(frames), expected);
}

/// One window of all that the ring holds, over its end.
#[test]
fn a_window_as_large_as_the_ring() {
    for board in [BoardName::IceBreaker, BoardName::AlchitryCu] {
        let design = design_of(board, 12_000_000);
        let ring = 1 << design.config.adc.unwrap().ring_log2;
        let (before, after, crossings) = (ring - 18, 10, [ring + ring / 4]);
        let stimulus = stimulus_of(&design.config, before, after, &crossings);
        // 190 bits a record, three samples in each; envelopes and heartbeats between them.
        let reading = ring / 3 * 190 * u64::from(design.config.clocks_per_bit);
        let clocks = crossings[0] * ticks(&design.config) + reading + reading / 50 + 200_000;
        let bytes = agreed(&[WitnessName::Twin, WitnessName::Verilog], &design, &stimulus, clocks);
        expect(&design, &decode(&bytes), before, after, &crossings);
    }
}

/// Windows over the border of each RAM: 16384 samples on the iCEBreaker.
#[test]
fn every_ram_of_the_committed_bitstream() {
    let board = BoardName::IceBreaker.board();
    let design = Design::new(board, board.config.baud()).unwrap();
    let (before, after, crossings) = (60, 33, [16_384, 32_768, 49_152, 65_536]);
    let stimulus = stimulus_of(&design.config, before, after, &crossings);
    let clocks = (crossings[3] + 4_000) * ticks(&design.config);
    let witnesses = [WitnessName::Twin, WitnessName::Verilog, WitnessName::Bitstream];
    let bytes = agreed(&witnesses, &design, &stimulus, clocks);
    expect(&design, &decode(&bytes), before, after, &crossings);
}
