//! iCEBreaker: iCE40 UP5K, 12 MHz shared with the FT2232H, three Pmods.

use ichiscope_link::twin::{AdcConfig, Config};
use ichiscope_wire::LineSet;

use super::{Board, on, pulled_up, within};
use crate::gateware::pll::PllSettings;

pub(super) const BOARD: Board = Board {
    name: "icebreaker",
    config: Config {
        wired: LineSet::ALL,
        commands: true,
        console: true,
        self_test: true,
        link_test: true,
        adc: Some(AdcConfig { ticks_per_sample: 36, sclk_clocks: 2, ring_log2: 16 }),
        ..Config::icebreaker(0, 12)
    },
    bauds: &[(3_000_000, 12), (12_000_000, 3)],
    clock_hz: 12_000_000,
    // The ADC (Pmod AD1) is on the upper row of Pmod 1B. Its lower row and three pins of Pmod 2 stay free.
    pins: &[
        within("clock", "35"),
        on("rail0", "4", "Pmod 1A pin 1"),
        on("rail1", "2", "Pmod 1A pin 2"),
        on("rail2", "47", "Pmod 1A pin 3"),
        on("ac_lo", "45", "Pmod 1A pin 4"),
        on("ch_pr", "3", "Pmod 1A pin 7"),
        on("mt_pr", "48", "Pmod 1A pin 8"),
        pulled_up("mark0", "27", "Pmod 2 pin 1"),
        pulled_up("mark1", "25", "Pmod 2 pin 2"),
        pulled_up("mark2", "21", "Pmod 2 pin 3"),
        pulled_up("mark3", "19", "Pmod 2 pin 4"),
        pulled_up("pps", "26", "Pmod 2 pin 7"),
        within("txd", "9"),
        pulled_up("rxd", "6", ""),
        on("adc_cs", "43", "Pmod 1B pin 1"),
        on("adc_data", "38", "Pmod 1B pin 2"),
        on("adc_sclk", "31", "Pmod 1B pin 4"),
        pulled_up("console", "46", "Pmod 1A pin 9"),
        on("test", "44", "Pmod 1A pin 10"),
    ],
    family: "u",
    // The UP5K is slow, so what a seed gives matters: docs/gateware.md has the figures.
    synthesis: "-abc9",
    seed: 2,
    timing_percent: 110,
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
