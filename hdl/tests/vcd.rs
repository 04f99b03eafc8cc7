//! A stimulus in VCD, of anybody's making, becomes levels at the right clocks.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{WIRED, design, stimulus};
use ichiscope_hdl::stimulus::{PinMap, Stimulus};

fn read(text: &str, map: &[&str]) -> Result<(Stimulus, Vec<String>), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stimulus.vcd");
    std::fs::write(&path, text).unwrap();
    let map: Vec<PinMap> = map.iter().map(|entry| entry.parse().unwrap()).collect();
    Stimulus::read_vcd(&path, &design(3_000_000).config, &map).map_err(|error| error.to_string())
}

fn changes(text: &str, map: &[&str]) -> Vec<(u64, u16)> {
    let (stimulus, _) = read(text, map).unwrap();
    stimulus.changes.iter().map(|(clock, levels)| (*clock, levels.lines.bits())).collect()
}

/// One pin with changes at these times.
fn one_pin(timescale: &str, times: &[u64]) -> String {
    let mut text = format!("$timescale {timescale} $end\n$var wire 1 ! rail0 $end\n$enddefinitions $end\n");
    for (at, time) in times.iter().enumerate() {
        text += &format!("#{time}\n{}!\n", (at + 1) % 2);
    }
    text
}

#[test]
fn a_level_counts_from_the_first_clock_at_or_after_its_time() {
    // 36 MHz: clock k is at k * 27777.7... ps. Clock 36 is exactly at 1 us.
    // Before clock 1; then, before clock 2, two changes of which the last counts; then on and after clock 36.
    let text = one_pin("1ps", &[27_777, 27_778, 55_555, 55_556, 1_000_000, 1_000_001]);
    let (stimulus, _) = read(&text, &[]).unwrap();
    let changes: Vec<(u64, u16)> = stimulus.changes.iter().map(|c| (c.0, c.1.lines.bits())).collect();
    assert_eq!(changes, [(1, 1), (3, 0), (36, 1), (37, 0)]);
    assert_eq!(stimulus.end, 37);
}

#[test]
fn any_timescale() {
    for (timescale, time) in [
        ("1 s", 2),
        ("100 ms", 20),
        ("1us", 2_000_000),
        ("10 ns", 200_000_000),
        ("100fs", 20_000_000_000_000),
    ] {
        assert_eq!(changes(&one_pin(timescale, &[time]), &[]), [(72_000_000, 1)], "{timescale}");
    }
    let (stimulus, warnings) =
        read(&one_pin("1ns", &[1000]).replace("$timescale 1ns $end\n", ""), &[]).unwrap();
    assert_eq!(stimulus.changes[0].0, 36);
    assert!(warnings[0].contains("1 ns is assumed"), "{warnings:?}");
}

#[test]
fn vectors_hierarchy_and_case() {
    let text = "\
$timescale 1 us $end
$scope module bench $end $scope module board $end
$var reg 3 ! RAIL [2:0] $end
$var reg 4 \" Mark[0:3] $end
$var wire 1 # AC_LO $end
$var wire 1 $ clock $end
$upscope $end $upscope $end
$enddefinitions $end
$dumpvars b1 ! b1000 \" 0# $end
#1 b110 ! 1#
#2 b0 !
b1 \"
#3 1$";
    let (stimulus, warnings) = read(text, &[]).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    // mark[0:3]: the leftmost bit is mark0.
    assert_eq!(stimulus.pins.lines.bits(), 1 | 1 << 6);
    assert_eq!(changes(text, &[]), [(36, 0b1110 | 1 << 6), (72, 0b1000 | 1 << 9)]);
    assert_eq!(stimulus.end, 108);
}

#[test]
fn a_short_value_is_extended() {
    let header = "$timescale 1us $end $var reg 3 ! rail [2:0] $end $enddefinitions $end\n";
    assert_eq!(changes(&format!("{header}#1 b1 !"), &[]), [(36, 1)], "1 is extended with 0");
    let (stimulus, warnings) = read(&format!("{header}#1 b111 !\n#2 bx1 !"), &[]).unwrap();
    assert_eq!(stimulus.changes[1].1.lines.bits(), 1);
    assert_eq!(
        warnings,
        ["rail1 is x or z, first at time 2: taken as 0", "rail2 is x or z, first at time 2: taken as 0"]
    );
}

#[test]
fn what_is_not_a_level_is_said_and_taken_as_0() {
    let text = "\
$timescale 1us $end $var wire 1 ! pps $end $enddefinitions $end
$dumpvars x! $end
#1 1!
#2 $dumpoff x! $end
#3 $dumpon 1! $end
#4 z!";
    let (_, warnings) = read(text, &[]).unwrap();
    assert_eq!(changes(text, &[]), [(36, 1 << 10), (72, 0), (108, 1 << 10), (144, 0)]);
    assert_eq!(warnings.len(), 2);
    assert!(warnings[0].contains("pps is x or z, first at time 0"), "{warnings:?}");
    assert!(warnings[1].contains("dump was off, first at time 2"), "{warnings:?}");
}

#[test]
fn other_signals_are_listed_and_ignored() {
    let text = "$timescale 1us $end $scope module tb $end $var real 64 r volts $end $var wire 1 ! rail0 $end \
                $var wire 1 a adc $end $upscope $end $enddefinitions $end\n#1 r1.5 r 1! 1a";
    let (stimulus, warnings) = read(text, &[]).unwrap();
    assert_eq!(stimulus.changes.len(), 1);
    assert_eq!(warnings, ["no pins, ignored: tb.volts, tb.adc"]);
}

#[test]
fn names_can_be_mapped() {
    let text = "$timescale 1us $end $scope module tb $end $var wire 3 ! comp [2:0] $end $var wire 1 p present $end \
                $upscope $end $enddefinitions $end\n#1 b101 !\n1p\n#2 b10 !\n0p";
    assert_eq!(changes(text, &["rail=comp", "ch_pr=TB.present"]), [(36, 0b1_0101), (72, 0b10)]);
    assert_eq!(changes(text, &["rail0=comp[2]", "pps=comp[1]"]), [(36, 1), (72, 1 << 10)]);
    let error = read(text, &["rail0=comp[3]"]).unwrap_err();
    assert!(error.contains("--map rail0=comp[3]: no such bit"), "{error}");
    let error = read(text, &["rail=komp"]).unwrap_err();
    assert!(error.contains("--map rail=komp: no such bit"), "{error}");
    assert!("rail7=x".parse::<PinMap>().unwrap_err().contains("rail0, rail1, rail2, ac_lo"));
}

#[test]
fn a_pin_that_is_there_twice_is_said() {
    let text = "$timescale 1us $end $var wire 1 ! rail0 $end $scope module dut $end $var wire 1 \" rail0 $end $upscope $end \
                $enddefinitions $end\n#1 1!\n#2 1\"\n#3 0!";
    assert_eq!(changes(text, &[]), [(36, 1), (108, 0)]);
    assert!(read(text, &[]).unwrap().1[0].contains("--map rail0=dut.rail0"));
    assert_eq!(changes(text, &["rail0=dut.rail0"]), [(72, 1)]);
}

#[test]
fn errors_name_the_file_and_the_remedy() {
    let no_pin = "$timescale 1us $end $var wire 1 ! x $end $enddefinitions $end\n#1 1!";
    let error = read(no_pin, &[]).unwrap_err();
    for part in ["stimulus.vcd", "rail0, rail1", "the file has x", "--map PIN=NAME"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let error = read("PNG and nothing else", &[]).unwrap_err();
    assert!(
        error.contains("stimulus.vcd") && error.contains("line: 1") || error.contains("line 1"),
        "{error}"
    );
    let error = read(&one_pin("1us", &[5, 3]), &[]).unwrap_err();
    assert!(error.contains("time goes back from 5 to 3"), "{error}");
    let error = read("$var real 64 r rail0 $end $enddefinitions $end\n#1 r1.5 r", &[]).unwrap_err();
    assert!(error.contains("rail0"), "{error}");
}

#[test]
fn a_run_waits_for_a_full_fifo() {
    let config = design(3_000_000).config;
    let end = 1000;
    let stimulus = Stimulus { end, ..stimulus(WIRED, &[]) };
    assert_eq!(stimulus.clocks_to_drain(&config), end + (256 + 32) * 190 * 12);
}
