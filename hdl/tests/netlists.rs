//! The committed bitstreams, read back and simulated, give the bytes of the twin and of the generated Verilog.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use ichiscope_hdl::Design;
use ichiscope_hdl::boards::BoardName;
use ichiscope_hdl::stimulus::Stimulus;
use ichiscope_hdl::witness::WitnessName;
use ichiscope_wire::Kind;

/// A stimulus, and how long to run it.
fn stimuli(limit: u64) -> Vec<(Stimulus, u64)> {
    let outage = stimulus(7, &[(9_000, 3), (9_500, 1), (10_000, 0), (40_000, 1), (40_400, 3), (41_000, 7)]);
    let chatter =
        [(5_000, 1), (4_999 + limit, 0), (9_000, 1), (9_000 + limit, 0), (12_000, 0xFFF), (12_020, 0x555)];
    vec![(outage, 120_000), (stimulus(WIRED, &[]), 30_000), (stimulus(0, &chatter), 120_000)]
}

/// Clocks that rust-hdl's simulator does in a few seconds.
const FEW_CLOCKS: u64 = 30_000;

/// All four witnesses of a board with its default rate give the same bytes, and the edges are those of the stimulus.
fn agree(board: BoardName) {
    let board = board.board();
    let design = Design::new(board, board.config.baud()).unwrap();
    let names = [WitnessName::Bitstream, WitnessName::Twin, WitnessName::Verilog, WitnessName::RustHdl];
    let witnesses = ready(&names, &design);
    let fast = &witnesses[..3];
    let mut kinds = Vec::new();
    for (stimulus, clocks) in stimuli(design.config.deglitch_ticks.into()) {
        let witnesses = if clocks <= FEW_CLOCKS { &witnesses } else { fast };
        let bytes = compared(witnesses, &stimulus, clocks)
            .unwrap_or_else(|difference| panic!("{}: {stimulus:?}: {difference}", board.name));
        let frames = decode(&bytes);
        kinds.extend(frames.iter().map(|frame| frame.record.kind));
        let (all, seen) = (lasting_edges(&design.config, &stimulus).0, edges(&frames));
        let lost = usize::from(frames[frames.len() - 1].record.lost);
        assert!(seen.iter().all(|edge| all.contains(edge)), "{}: {stimulus:?}", board.name);
        assert_eq!((all.len() - seen.len()) % 256, lost, "{}: {stimulus:?}", board.name);
    }
    for kind in [Kind::Start, Kind::Edge] {
        assert!(kinds.contains(&(kind as u8)), "{kind:?} was not in the run");
    }
    rich::agree(&design, fast, 3);
}

#[test]
fn icebreaker() {
    agree(BoardName::IceBreaker);
}

#[test]
fn alchitry_cu() {
    agree(BoardName::AlchitryCu);
}

#[test]
fn icestick() {
    agree(BoardName::IceStick);
}

#[test]
fn a_bitstream_cannot_begin_at_another_tick_and_must_be_there() {
    let refused = |design: Design| WitnessName::Bitstream.prepare(&design).err().unwrap().to_string();
    assert!(refused(design(3_000_000).starting_at(7)).contains("--start-tick"));
    assert!(refused(design(12_000_000)).contains("Remedy: bitstream --board icebreaker --baud 12000000"));
}
