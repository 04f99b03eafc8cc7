//! The command line: a VCD in, bytes out, Verilog and constraints in a folder, errors with a non-zero exit.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::{decode, edges};

const VCD: &str = "$timescale 1us $end $var wire 3 ! rail [2:0] $end $var wire 1 n noise $end $enddefinitions $end\n\
                   #0 b111 ! 0n\n#200 b0 ! 1n\n#700 b111 !\n#1000 0n\n";

fn run(folder: &Path, arguments: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_ichiscope-hdl");
    Command::new(program).current_dir(folder).args(arguments.split_whitespace()).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn sim_gives_the_same_bytes_with_every_fast_witness() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.vcd"), VCD).unwrap();
    let sim = "sim --board icebreaker --stimulus in.vcd --start-tick 1000000 --baud 12000000";
    let bytes = ["twin", "verilog"].map(|witness| {
        let output = run(folder.path(), &format!("{sim} --witness {witness} --out {witness}.bin"));
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(stderr(&output).contains("in.vcd: no pins, ignored: noise"), "{}", stderr(&output));
        // 1000 us at 36 MHz, and 288 frames of 190 bits with 3 clocks each.
        let clocks = "200160 clocks: 36000 of stimulus and 164160 in which a full FIFO leaves the UART";
        assert!(stderr(&output).contains(clocks), "{}", stderr(&output));
        std::fs::read(folder.path().join(format!("{witness}.bin"))).unwrap()
    });
    assert_eq!(bytes[0], bytes[1]);
    assert_eq!(edges(&decode(&bytes[0])), [(1_007_200, 0, 7), (1_025_200, 7, 7)]);

    let output = run(folder.path(), &format!("{sim} --witness twin --clocks 1000 --out short.bin"));
    assert!(output.status.success());
    let short = std::fs::read(folder.path().join("short.bin")).unwrap();
    // The first byte begins at clock 15; a byte takes 30 clocks and its stop bit is sampled with the 29th.
    assert_eq!(short, bytes[1][..(1000 - 15 - 29) / 30 + 1]);
}

#[test]
fn a_stimulus_is_in_the_ticks_of_the_board() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.vcd"), VCD).unwrap();
    // 200 us and 700 us at 36 and at 60 MHz.
    for (board, down, up) in
        [("icebreaker", 7_200, 25_200), ("icestick", 7_200, 25_200), ("alchitry-cu", 12_000, 42_000)]
    {
        let sim = format!("sim --board {board} --stimulus in.vcd --witness twin --out out.bin");
        let output = run(folder.path(), &sim);
        assert!(output.status.success(), "{}", stderr(&output));
        let bytes = std::fs::read(folder.path().join("out.bin")).unwrap();
        assert_eq!(edges(&decode(&bytes)), [(down, 0, 7), (up, 7, 7)], "{board}");
    }
}

#[test]
fn verilog_writes_the_design_and_its_pins() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), "verilog --board icebreaker --out made");
    assert!(output.status.success(), "{}", stderr(&output));
    let read = |name: &str| std::fs::read_to_string(folder.path().join("made").join(name)).unwrap();
    assert!(read("top.v").contains("module top("));
    let pcf = read("top.pcf");
    assert!(pcf.contains("set_io clock 35\n") && pcf.contains("set_io -pullup yes pps 26\n"), "{pcf}");
    let locations: std::collections::HashSet<&str> =
        pcf.lines().map(|l| l.rsplit(' ').next().unwrap()).collect();
    assert_eq!(locations.len(), pcf.lines().count(), "two ports on one pin: {pcf}");
}

#[test]
fn errors_end_with_a_remedy_and_a_non_zero_exit() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("none.vcd"), "$var wire 1 ! x $end $enddefinitions $end\n").unwrap();
    for (arguments, part) in [
        ("--stimulus none.vcd", "Remedy: rename with --map"),
        ("--stimulus missing.vcd", "missing.vcd: "),
        ("--stimulus none.vcd --baud 115200", "choose one of 3000000, 12000000"),
        ("--stimulus none.vcd --map nothing=x", "no pin nothing"),
    ] {
        let output =
            run(folder.path(), &format!("sim --board icebreaker --witness twin --out o.bin {arguments}"));
        assert!(!output.status.success(), "{arguments}");
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
        assert!(!folder.path().join("o.bin").exists());
    }
}
