//! iCEBreaker: iCE40 UP5K, 12 MHz shared with the FT2232H, three Pmods.

use ichiscope_link::twin::{AdcConfig, Config};
use ichiscope_wire::LineSet;

use super::{Board, on, pulled_up};
use crate::gateware::pll::PllSettings;

pub(super) const BOARD: Board = Board {
    name: "icebreaker",
    config: Config {
        wired: LineSet::ALL,
        commands: true,
        console: true,
        self_test: true,
        link_test: true,
        adc: Some(AdcConfig { ticks_per_sample: 36, sclk_clocks: 2, ring_log2: 13 }),
        ..Config::icebreaker(0, 12)
    },
    bauds: &[(3_000_000, 12), (12_000_000, 3)],
    clock_hz: 12_000_000,
    // The ADC (Pmod AD1) is on the upper row of Pmod 1B. Its lower row and three pins of Pmod 2 stay free.
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
        pulled_up("rxd", "6"),
        on("adc_cs", "43"),
        on("adc_data", "38"),
        on("adc_sclk", "31"),
        pulled_up("console", "46"),
        on("test", "44"),
    ],
    family: "u",
    // The UP5K is slow and this design is large for it: docs/gateware.md has the figures and why they are accepted.
    synthesis: "-abc9",
    seed: 41,
    timing_percent: 107,
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
