//! The system's own Yosys and nextpnr make another bitstream of the same Verilog; read back, it gives the twin's bytes.
//!
//! `cargo task second-opinion [BOARD]` does it for the boards that these tools can place or for one, also with every counter near its
//! roll-over. A build takes minutes, so CI leaves it out.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::time::Instant;

use clap::ValueEnum;
use common::{design_of, ready, rich};
use ichiscope_hdl::boards::BoardName;
use ichiscope_hdl::witness::WitnessName;
use ichiscope_hdl::{Config, Design};

/// A board, or `all`, for the long run.
const WANTED: &str = "ICHISCOPE_SECOND_OPINION";
/// Before the tick's 32nd bit changes: then there are a heartbeat and START again, a little after START of power-up.
const NEAR: u64 = (1 << 32) - 60_000;
/// Every counter of 16, 26 or 32 bits is about to roll over.
const COUNTS: u32 = 0xFFFF_FFE0;

/// Runs of noise for each build.
const NOISES: u64 = 10;

fn second_opinion(design: &Design) {
    let begun = Instant::now();
    let witnesses = ready(&[WitnessName::SecondOpinion, WitnessName::Twin], design);
    let built = begun.elapsed().as_secs_f64();
    let clocks = rich::agree(design, &witnesses, NOISES);
    println!(
        "{} from tick {:x}, count {:x}: the twin's bytes in {clocks} clocks; {built:.0} s to build, {:.0} s in all",
        design.board.name,
        design.config.start_tick,
        design.config.start_count,
        begun.elapsed().as_secs_f64()
    );
}

#[test]
#[ignore = "minutes for each board: cargo task second-opinion"]
fn other_tools_make_the_same_gateware() {
    let wanted = std::env::var(WANTED).unwrap_or_else(|_| "all".to_owned());
    let boards = if wanted == "all" {
        // The older nextpnr finds no legal places for the whole of it on the HX1K (docs/gateware.md).
        BoardName::ALL.into_iter().filter(|board| *board != BoardName::IceStick).collect()
    } else {
        vec![BoardName::from_str(&wanted, false).unwrap_or_else(|why| panic!("{WANTED}: {why}"))]
    };
    for board in boards {
        let design = design_of(board, 3_000_000);
        second_opinion(&design);
        let config = Config { start_count: COUNTS, ..design.config };
        second_opinion(&Design { config, ..design }.starting_at(NEAR));
    }
}
