//! Alchitry Cu: iCE40 HX8K, 100 MHz, FT2232H, header A of its four.

use ichiscope_link::twin::{AdcConfig, Config};
use ichiscope_wire::{Board as Code, LineSet};

use super::{Board, on, pulled_up, within};
use crate::gateware::pll::PllSettings;

pub(super) const BOARD: Board = Board {
    name: "alchitry-cu",
    config: Config {
        board: Code::AlchitryCu,
        tick_hz: 60_000_000,
        clocks_per_bit: 20,
        // 250 ns, as on the boards with 36 MHz.
        deglitch_ticks: 15,
        // 2^22 ticks are 70 ms.
        heartbeat_log2: 22,
        wired: LineSet::ALL,
        commands: true,
        console: true,
        self_test: true,
        link_test: true,
        adc: Some(AdcConfig { ticks_per_sample: 60, sclk_clocks: 3, ring_log2: 13 }),
        ..Config::lines_only()
    },
    bauds: &[(3_000_000, 20), (12_000_000, 5)],
    clock_hz: 100_000_000,
    // Header A, pins A2 to A24 in order; the rest of it and headers B to D stay free.
    pins: &[
        within("clock", "P7"),
        on("rail0", "M1", "A2"),
        on("rail1", "L1", "A3"),
        on("rail2", "J1", "A5"),
        on("ac_lo", "J3", "A6"),
        on("ch_pr", "G1", "A8"),
        on("mt_pr", "G3", "A9"),
        pulled_up("mark0", "E1", "A11"),
        pulled_up("mark1", "D1", "A12"),
        pulled_up("mark2", "C1", "A14"),
        pulled_up("mark3", "B1", "A15"),
        pulled_up("pps", "D3", "A17"),
        within("txd", "M9"),
        pulled_up("rxd", "P14", ""),
        on("adc_cs", "C3", "A18"),
        on("adc_data", "A1", "A20"),
        on("adc_sclk", "A2", "A21"),
        pulled_up("console", "A3", "A23"),
        on("test", "A4", "A24"),
    ],
    family: "hx",
    synthesis: "",
    seed: 1,
    timing_percent: 110,
    device: "hx8k",
    package: "cb132",
    // 100 MHz / 5 * 48 / 16 = 60 MHz.
    pll: PllSettings {
        cell: "SB_PLL40_CORE",
        input: "REFERENCECLK",
        divr: 4,
        divf: 47,
        divq: 4,
        filter_range: 2,
    },
};
