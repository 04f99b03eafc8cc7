//! iCEstick: iCE40 HX1K, 12 MHz shared with the FT2232H, a Pmod and two rows of holes.

use ichiscope_link::twin::Config;
use ichiscope_wire::Board as Code;

use super::{Board, on, pulled_up, within};
use crate::gateware::pll::PllSettings;

pub(super) const BOARD: Board = Board {
    name: "icestick",
    config: Config { board: Code::IceStick, deglitch_bits: 4, cts: true, ..Config::lines_only() },
    bauds: &[(3_000_000, 12), (12_000_000, 3)],
    clock_hz: 12_000_000,
    // Rails, presence and AC on the Pmod J2, marks and PPS on the holes of J1; J3 and the rest stay free.
    pins: &[
        within("clock", "21"),
        on("rail0", "78", "Pmod J2 pin 1"),
        on("rail1", "79", "Pmod J2 pin 2"),
        on("rail2", "80", "Pmod J2 pin 3"),
        on("ac_lo", "81", "Pmod J2 pin 4"),
        on("ch_pr", "87", "Pmod J2 pin 7"),
        on("mt_pr", "88", "Pmod J2 pin 8"),
        pulled_up("mark0", "112", "holes J1"),
        pulled_up("mark1", "113", "holes J1"),
        pulled_up("mark2", "114", "holes J1"),
        pulled_up("mark3", "115", "holes J1"),
        pulled_up("pps", "116", "holes J1"),
        within("txd", "8"),
        within("cts", "7"),
    ],
    family: "hx",
    synthesis: "",
    seed: 1,
    timing_percent: 110,
    device: "hx1k",
    package: "tq144",
    // 12 MHz * 48 / 16 = 36 MHz.
    pll: PllSettings {
        cell: "SB_PLL40_CORE",
        input: "REFERENCECLK",
        divr: 0,
        divf: 47,
        divq: 4,
        filter_range: 1,
    },
};
