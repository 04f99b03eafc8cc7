//! The table of boards in docs/gateware.md is what the boards' files and their bitstreams' reports say.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use ichiscope_hdl::Design;
use ichiscope_hdl::bitstream::committed;
use ichiscope_hdl::boards::{Board, BoardName};
use serde_json::Value;

fn row(title: &str, cell: impl Fn(&Board) -> String) -> String {
    let cells: Vec<String> = BoardName::ALL.iter().map(|name| cell(name.board())).collect();
    format!("| {title} | {} |\n", cells.join(" | "))
}

/// What a board that lacks it has in its cell.
fn or_none(cell: Option<String>) -> String {
    cell.unwrap_or_else(|| "-".to_owned())
}

fn location(board: &Board, port: &str) -> String {
    or_none(board.pins.iter().find(|pin| pin.port == port).map(|pin| pin.location.to_owned()))
}

fn ns(board: &Board, ticks: u64) -> f64 {
    ticks as f64 * 1e9 / f64::from(board.config.tick_hz)
}

fn board_rows() -> String {
    let mhz = |hz: u32| f64::from(hz) / 1e6;
    [
        row("chip", |board| format!("iCE40 {} {}", board.device.to_uppercase(), board.package)),
        row("clock pin", |board| {
            format!("{} ({} MHz)", location(board, "clock"), board.clock_hz / 1_000_000)
        }),
        row("tick", |board| format!("{} MHz, {:.1} ns", mhz(board.config.tick_hz), ns(board, 1))),
        row("deglitch time, `age`", |board| {
            let ticks = u64::from(board.config.deglitch_ticks);
            format!("{ticks} ticks = {} ns, {} ticks", ns(board, ticks), ticks + 3)
        }),
        row("heartbeat", |board| {
            let log2 = board.config.heartbeat_log2;
            format!("2^{log2} ticks = {:.0} ms", ns(board, 1 << log2) / 1e6)
        }),
        row("clocks a bit at 3 and 12 Mbaud", |board| {
            let bits: Vec<String> = board.bauds.iter().map(|rate| rate.1.to_string()).collect();
            bits.join(", ")
        }),
        row("`txd`, `rxd`, `cts`", |board| {
            ["txd", "rxd", "cts"].map(|port| location(board, port)).join(", ")
        }),
        row("ADC", |board| {
            or_none(board.config.adc.map(|adc| {
                let sclk = board.config.tick_hz / u32::from(adc.sclk_clocks);
                let samples = board.config.tick_hz / u32::from(adc.ticks_per_sample);
                let (ms, ticks) = (mhz(samples), adc.ticks_per_sample);
                format!("{ms} MS/s: {ticks} ticks, SCLK {} MHz", mhz(sclk))
            }))
        }),
    ]
    .concat()
}

/// Numbers below 2^53 in a report.
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn report_rows() -> String {
    let report = |board: &Board| -> Value {
        let name = BoardName::ALL.into_iter().find(|name| name.board().name == board.name).unwrap();
        let design = Design::new(name.board(), board.config.baud()).unwrap();
        serde_json::from_slice(&std::fs::read(committed(&design).join("report.json")).unwrap()).unwrap()
    };
    let used = |board: &Board, cells: &str| {
        let report = report(board);
        let cells = report["utilisation"].get(cells)?;
        Some((number(&cells["used"]), number(&cells["available"])))
    };
    let of = |board: &Board, cells: &str| {
        or_none(used(board, cells).map(|(used, available)| format!("{used} of {available}")))
    };
    [
        row("logic cells", |board| {
            let (used, available) = used(board, "ICESTORM_LC").unwrap();
            format!("{used} of {available} ({:.0} %)", used / available * 100.0)
        }),
        row("block RAM", |board| of(board, "ICESTORM_RAM")),
        row("single-port RAM", |board| of(board, "ICESTORM_SPRAM")),
        row("slowest path allows", |board| {
            let report = report(board);
            let clocks = report["timing"].as_object().unwrap().values();
            let khz = clocks.map(|clock| number(&clock["achieved_khz"])).fold(f64::INFINITY, f64::min);
            let to_spare = khz * 1e5 / f64::from(board.config.tick_hz) - 100.0;
            format!("{:.1} MHz ({to_spare:.0} % to spare)", khz / 1000.0)
        }),
    ]
    .concat()
}

#[test]
fn the_table_of_boards_is_what_the_boards_and_reports_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/gateware.md");
    let text = std::fs::read_to_string(path).unwrap();
    for rows in [board_rows(), report_rows()] {
        assert!(text.contains(&rows), "docs/gateware.md, the table of boards has to have:\n{rows}");
    }
}
