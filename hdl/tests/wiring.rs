//! The table of wires in docs/front-end/README.md is what the boards' files and the front end's connectors say.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use ichiscope_hdl::boards::{Board, BoardName};

/// A pin of the front end's connector, its label in `circuit.toml`, and the line that is on it.
const FRONT_END: [(&str, &str, &str); 11] = [
    ("J4 pin 1", "1 rail0", "rail0"),
    ("J4 pin 2", "2 rail1", "rail1"),
    ("J4 pin 3", "3 rail2", "rail2"),
    ("J4 pin 4", "4 ac_lo", "ac_lo"),
    ("J4 pin 7", "7 ch_pr", "ch_pr"),
    ("J4 pin 8", "8 mt_pr", "mt_pr"),
    ("J4 pin 9", "9 console", "console"),
    ("J4 pin 10", "10 test", "test"),
    ("J5 pin 1", "1 CS", "adc_cs"),
    ("J5 pin 2", "2 D0", "adc_data"),
    ("J5 pin 4", "4 SCLK", "adc_sclk"),
];
/// Lines from the PC's side, which do not pass the front end.
const BESIDE: [&str; 5] = ["mark0", "mark1", "mark2", "mark3", "pps"];

fn read(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/front-end");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// Where a wire for a line goes on a board: its connector, and the chip's pin.
fn place(board: &Board, line: &str) -> String {
    match board.pins.iter().find(|pin| pin.port == line) {
        Some(pin) => format!("{} ({})", pin.connector, pin.location),
        None => "-".to_owned(),
    }
}

fn row(from: &str, line: &str) -> String {
    let places: Vec<String> = BoardName::ALL.iter().map(|name| place(name.board(), line)).collect();
    format!("| {from} | `{line}` | {} |\n", places.join(" | "))
}

fn table() -> String {
    let through = FRONT_END.iter().map(|(pin, _, line)| row(pin, line));
    through.chain(BESIDE.iter().map(|line| row("-", line))).collect()
}

#[test]
fn the_wiring_is_what_the_boards_say() {
    let table = table();
    assert!(read("README.md").contains(&table), "docs/front-end/README.md, the wiring has to be:\n{table}");
}

#[test]
fn the_front_ends_connectors_have_these_labels() {
    let circuit = read("circuit.toml");
    for (connector, item) in [("J4", "[item.pmod-lines]"), ("J5", "[item.pmod-adc]")] {
        let (_, item) = circuit.split_once(item).unwrap();
        let labels = item.lines().find(|line| line.starts_with("left = ")).unwrap();
        for (pin, label, _) in FRONT_END.iter().filter(|(pin, ..)| pin.starts_with(connector)) {
            assert!(labels.contains(&format!("\"{label}\"")), "{pin}: no \"{label}\" in {labels}");
        }
    }
}

/// Whatever comes from outside has a place to put the wire; nothing else has.
#[test]
fn every_line_has_a_connector_of_its_own() {
    for board in BoardName::ALL.map(BoardName::board) {
        let from_outside = |port: &str| FRONT_END.iter().any(|f| f.2 == port) || BESIDE.contains(&port);
        for pin in board.pins {
            assert_eq!(from_outside(pin.port), !pin.connector.is_empty(), "{}: {}", board.name, pin.port);
        }
    }
}
