//! No board: a gateware that exists in simulations only and says so in START, with every pin that there is.
//!
//! The recordings in `captures/` are of it: nobody can take them for a measurement.

use ichiscope_link::twin::Config;

use super::{Board, on};
use crate::gateware::pll::PllSettings;

pub(super) const BOARD: Board = Board {
    name: "simulated",
    config: Config::twin(),
    bauds: &[(3_000_000, 12), (12_000_000, 3)],
    clock_hz: 36_000_000,
    pins: &[
        on("clock", "", ""),
        on("rail0", "", ""),
        on("rail1", "", ""),
        on("rail2", "", ""),
        on("ac_lo", "", ""),
        on("ch_pr", "", ""),
        on("mt_pr", "", ""),
        on("mark0", "", ""),
        on("mark1", "", ""),
        on("mark2", "", ""),
        on("mark3", "", ""),
        on("pps", "", ""),
        on("txd", "", ""),
        on("rxd", "", ""),
        on("cts", "", ""),
        on("adc_cs", "", ""),
        on("adc_data", "", ""),
        on("adc_sclk", "", ""),
        on("console", "", ""),
        on("test", "", ""),
    ],
    family: "",
    synthesis: "",
    seed: 0,
    timing_percent: 100,
    device: "",
    package: "",
    pll: PllSettings {
        cell: "SB_PLL40_CORE",
        input: "REFERENCECLK",
        divr: 0,
        divf: 0,
        divq: 0,
        filter_range: 0,
    },
};
