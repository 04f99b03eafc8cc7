//! iCEBreaker: iCE40 UP5K, 12 MHz shared with the FT2232H, three Pmods.

use ichiscope_link::twin::Config;

use super::{Board, on, pulled_up};
use crate::gateware::pll::PllSettings;

pub(super) const BOARD: Board = Board {
    name: "icebreaker",
    config: Config::icebreaker(0, 12),
    bauds: &[(3_000_000, 12), (12_000_000, 3)],
    clock_hz: 12_000_000,
    // Pmod 1A pins 7-10 lower half, Pmod 1B and three of Pmod 2 stay free: ADC (Pmod 1B), console, self-test, command.
    pins: &[
        on("clock", "35"),
        on("rail0", "4"),
        on("rail1", "2"),
        on("rail2", "47"),
        on("ac_lo", "45"),
        on("ch_pr", "3"),
        on("mt_pr", "48"),
        pulled_up("mark0", "27"),
        pulled_up("mark1", "25"),
        pulled_up("mark2", "21"),
        pulled_up("mark3", "19"),
        pulled_up("pps", "26"),
        on("txd", "9"),
    ],
    family: "u",
    device: "up5k",
    package: "sg48",
    // 12 MHz * 48 / 16 = 36 MHz. Pin 35 is the PLL's own pad.
    pll: PllSettings {
        cell: "SB_PLL40_PAD",
        input: "PACKAGEPIN",
        divr: 0,
        divf: 47,
        divq: 4,
        filter_range: 1,
    },
};
