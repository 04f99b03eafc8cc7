//! The text file of `sim --commands`: what it puts onto the pins, what it refuses, and that every witness on every
//! board gives the same bytes for it. `docs/stimulus.md` is the specification.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use common::{decode, design, design_of, edges};
use ichiscope_hdl::Design;
use ichiscope_hdl::boards::BoardName;
use ichiscope_hdl::stimulus::{Pins, Stimulus, uart_levels};
use ichiscope_wire::{Frame, Line, LineSet, Payload, Status};
use proptest::prelude::*;

/// Made once: to make it takes a tenth of a second.
static DESIGN: LazyLock<Design> = LazyLock::new(|| design(3_000_000));

fn add(design: &Design, stimulus: &mut Stimulus, text: &[u8]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.commands");
    std::fs::write(&path, text).unwrap();
    stimulus.add_commands(&path, design).map_err(|error| error.to_string())
}

fn read(text: &str) -> Result<Stimulus, String> {
    let mut stimulus = Stimulus::default();
    add(&DESIGN, &mut stimulus, text.as_bytes()).map(|()| stimulus)
}

/// The changes of one part of the pins, without those that change nothing.
fn of<T: PartialEq + Copy>(stimulus: &Stimulus, part: fn(&Pins) -> T) -> Vec<(u64, T)> {
    let mut before = part(&stimulus.pins);
    let changes = stimulus.changes.iter().map(|(clock, pins)| (*clock, part(pins)));
    changes.filter(|(_, now)| std::mem::replace(&mut before, *now) != *now).collect()
}

#[test]
fn a_time_is_the_first_clock_at_or_after_it() {
    // 36 MHz: 1 us is clock 36; 27 ns is before clock 1 (27.8 ns), 28 ns before clock 2.
    for (time, clock) in [
        ("7", 7),
        ("27ns", 1),
        ("28ns", 2),
        ("1us", 36),
        ("1.000000001us", 37),
        ("0.5ms", 18_000),
        ("2s", 72_000_000),
        ("0", 0),
    ] {
        let stimulus = read(&format!("{time} adc 5")).unwrap();
        if clock == 0 {
            assert_eq!((stimulus.pins.adc, stimulus.changes.len()), (5, 0));
        } else {
            assert_eq!(of(&stimulus, |pins| pins.adc), [(clock, 5)], "{time}");
        }
        assert_eq!(stimulus.end, clock + 1, "{time}");
    }
}

#[test]
fn commands_are_the_bytes_of_the_wire() {
    let cases = [
        ("identify", (0, 0)),
        ("deglitch 1023", (1, 1023)),
        ("console 312", (2, 312)),
        ("envelope 4", (3, 4)),
        ("window 200 1000", (4, 200 + 1000 * 65_536)),
        ("threshold 100 0xFff", (5, 100 + 4095 * 4096)),
        ("sampling 2", (6, 2)),
        ("self-test 0xFFFFFFFFFF", (7, (1 << 40) - 1)),
        ("link-test 150", (8, 150)),
        ("flow 1", (9, 1)),
        ("register 200 77", (200, 77)),
    ];
    // Not in order, with comments and blank lines; the numbers go by the order of the file.
    let entry =
        |(at, (text, _)): (usize, &(&str, _))| format!(" {}\tcommand {text}# x\n\n", 2_000 * (20 - at));
    let stimulus = read(&cases.iter().enumerate().map(entry).collect::<String>()).unwrap();
    let mut expected = Vec::new();
    for (at, (_, (register, value))) in cases.iter().enumerate().rev() {
        let command = ichiscope_wire::Command { seq: at as u8, register: *register, value: *value };
        expected.extend(uart_levels(2_000 * (20 - at as u64), 12, &command.encode()));
    }
    let mut before = true;
    expected.retain(|(_, level)| std::mem::replace(&mut before, *level) != *level);
    assert_eq!(of(&stimulus, |pins| pins.rxd), expected);
    assert_eq!(stimulus.end, 40_000 + 130 * 12);
}

#[test]
fn a_number_of_its_own_and_damage_on_the_way() {
    let stimulus = read("100 command seq=9 deglitch 5 flip=1 flip=103").unwrap();
    let mut bytes = ichiscope_wire::Command { seq: 9, register: 1, value: 5 }.encode();
    bytes[0] ^= 2;
    bytes[12] ^= 0x80;
    let mut expected = uart_levels(100, 12, &bytes);
    let mut before = true;
    expected.retain(|(_, level)| std::mem::replace(&mut before, *level) != *level);
    assert_eq!(of(&stimulus, |pins| pins.rxd), expected);
}

#[test]
fn data_are_bytes_and_texts() {
    let stimulus = read(r#"50 bytes 00 fF "a#\r\n\t\0\\\"\x7f é" 01"#).unwrap();
    let mut expected = uart_levels(50, 12, b"\x00\xffa#\r\n\t\0\\\"\x7f \xc3\xa9\x01");
    let mut before = true;
    expected.retain(|(_, level)| std::mem::replace(&mut before, *level) != *level);
    assert_eq!(of(&stimulus, |pins| pins.rxd), expected);
}

#[test]
fn the_console_has_its_own_rate() {
    // 36 000 000 / 115 200 = 312.5 clocks a bit: U is 0x55, every bit another level.
    let stimulus = read("1000 console 115200 \"U\"").unwrap();
    let expected: Vec<(u64, bool)> = (0..10).map(|bit| (1_000 + bit * 625 / 2, bit % 2 == 1)).collect();
    assert_eq!(of(&stimulus, |pins| pins.console), expected);
    assert_eq!(stimulus.end, 1_000 + 3_125);
}

#[test]
fn a_ramp_is_a_straight_line() {
    let stimulus = read("10 ramp 5 to 2 until 20").unwrap();
    // A third and two thirds of ten clocks, each at the next clock.
    assert_eq!(of(&stimulus, |pins| pins.adc), [(10, 5), (14, 4), (17, 3), (20, 2)]);
    let steep = read("10 ramp 0 to 100 until 12\n 13 adc 7").unwrap();
    assert_eq!(of(&steep, |pins| pins.adc), [(11, 50), (12, 100), (13, 7)]);
}

#[test]
fn cts_is_on_the_board_that_has_it() {
    let mut stimulus = Stimulus::default();
    add(&design_of(BoardName::IceStick, 3_000_000), &mut stimulus, b"0 cts 1\n9 cts 0\n20 cts 1").unwrap();
    assert!(stimulus.pins.cts);
    assert_eq!(of(&stimulus, |pins| pins.cts), [(9, false), (20, true)]);
}

#[test]
fn a_board_that_lacks_the_part_says_so() {
    for (board, entry, part) in [
        (BoardName::IceStick, "9 command identify", "the board icestick has no rxd"),
        (BoardName::IceStick, "9 bytes 00", "the board icestick has no rxd"),
        (BoardName::IceStick, "9 console 9600 00", "the board icestick has no console"),
        (BoardName::IceStick, "9 adc 1", "the board icestick has no adc"),
        (BoardName::IceStick, "9 ramp 1 to 2 until 20", "board that has it: icebreaker, alchitry-cu"),
        (BoardName::IceBreaker, "9 cts 1", "the board icebreaker has no cts"),
        (BoardName::AlchitryCu, "9 cts 1", "board that has it: icestick"),
    ] {
        let error =
            add(&design_of(board, 3_000_000), &mut Stimulus::default(), entry.as_bytes()).unwrap_err();
        assert!(error.contains(part) && error.contains("in.commands:1:"), "{error}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_its_line_and_a_remedy() {
    for (text, line, part) in [
        ("# fine\n\nx adc 1", 3, "x is no time"),
        ("1.5 adc 1", 1, "1.5 is no time"),
        ("1.us adc 1", 1, "no time"),
        (".5us adc 1", 1, "no time"),
        ("-1 adc 1", 1, "no time"),
        ("1h adc 1", 1, "no time"),
        ("\"1\" adc 1", 1, "no time"),
        ("99999999999999999999 adc 1", 1, "too far away"),
        ("9999999999999s adc 1", 1, "too far away"),
        ("5", 1, "this is no entry"),
        ("5 adc", 1, "this is no entry"),
        ("5 adc 1 2", 1, "this is no entry"),
        ("5 \"adc\" 1", 1, "this is no entry"),
        ("5 cts 2", 1, "this is no entry"),
        ("5 adc 4096", 1, "4096 is not a code of the ADC"),
        ("5 adc 1x", 1, "1x is not a code"),
        ("5 adc 0x", 1, "0x is not a code"),
        ("5 ramp 1 to 2 until 5", 1, "end it later"),
        ("5 ramp 1 to 2 for 9", 1, "this is no entry"),
        ("5 command", 1, "is no command"),
        ("5 command deglitch", 1, "`deglitch` is no command"),
        ("5 command deglitch 1 2", 1, "`deglitch 1 2` is no command"),
        ("5 command identify 0", 1, "is no command"),
        ("5 command window 1", 1, "window BEFORE AFTER"),
        ("5 command window 1 65536", 1, "65536 is not a number of samples"),
        ("5 command deglitch 0x10000000000", 1, "from 0 to 1099511627775"),
        ("5 command register 256 0", 1, "256 is not a register"),
        ("5 command identify flip=104", 1, "104 is not a bit of the command"),
        ("5 command identify seq=256", 1, "256 is not a command's number"),
        ("5 command \"identify\"", 1, "no text in it"),
        ("5 bytes", 1, "there are no bytes"),
        ("5 bytes 0", 1, "0 is no byte"),
        ("5 bytes +1", 1, "+1 is no byte"),
        ("5 bytes \"a", 1, "a text without an end"),
        ("5 bytes \"\\q\"", 1, "\\q is not known"),
        ("5 bytes \"\\x1\"", 1, "is no byte"),
        ("5 console 0 00", 1, "0 baud"),
        ("5 console 9000001 00", 1, "from 0 to 9000000"),
        ("5 console 9600", 1, "there are no bytes"),
        // Two bytes take 240 clocks.
        ("5 bytes 01 02\n244 bytes 03", 2, "line 1 has it until clock 245. Remedy: begin at clock 245"),
        ("9 adc 1\n8 adc 2\n9 adc 3", 3, "line 1 has it until clock 10"),
        ("9 ramp 1 to 5 until 40\n40 adc 3", 2, "line 1 has it until clock 41"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(part), "{text}: {error}");
        assert!(error.contains(&format!("in.commands:{line}: ")) && error.contains("Remedy: "), "{error}");
    }
    let error = add(&DESIGN, &mut Stimulus::default(), b"5 adc 1\n6 bytes \"\xFF\"").unwrap_err();
    assert!(error.contains("in.commands:2: this is no UTF-8"), "{error}");
    assert!(read("5 bytes 01 02\n245 bytes 03").is_ok(), "directly after the one before");
}

#[test]
fn two_that_drive_one_pin_are_refused() {
    let pins = Pins { rxd: false, ..Pins::default() };
    let changes = vec![(50, pins), (90, Pins::default()), (200, Pins { adc: 7, ..Pins::default() })];
    let vcd = Stimulus { changes, end: 200, ..Stimulus::default() };
    let design = &*DESIGN;
    let error = add(design, &mut vcd.clone(), b"# x\n80 bytes 00").unwrap_err();
    assert!(error.contains(
        "in.commands:2: rxd follows this file from clock 80 on, and the VCD changes it at clock 90"
    ));
    let mut taken_over = vcd.clone();
    add(design, &mut taken_over, b"91 bytes 00").unwrap();
    assert_eq!(of(&taken_over, |pins| pins.rxd)[..3], [(50, false), (90, true), (91, false)]);
    assert_eq!(of(&taken_over, |pins| pins.adc), [(200, 7)], "what the file does not tell stays");
}

proptest! {
    /// Whatever is in the file: entries or an error with its line, and the pins' changes in order.
    #[test]
    fn any_text_is_read_or_refused(lines in proptest::collection::vec(line(), 0..8), noise: Vec<u8>, noisy: bool) {
        let mut text = lines.join("\n").into_bytes();
        if noisy {
            text.extend(noise);
        }
        let mut stimulus = Stimulus::default();
        match add(&DESIGN, &mut stimulus, &text) {
            Ok(()) => {
                prop_assert!(stimulus.changes.windows(2).all(|pair| pair[0].0 < pair[1].0));
                prop_assert!(stimulus.changes.iter().all(|change| change.0 < stimulus.end));
            }
            Err(error) => prop_assert!(error.contains("in.commands:") && error.contains("Remedy: "), "{error}"),
        }
    }
}

/// Words of entries, in an order that sometimes is one.
fn line() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "0",
        "7",
        "4095",
        "0xFFFF",
        "72057594037927936",
        "18446744073709551615",
        "1.5us",
        "9s",
        "99999999s",
        "1.0ns",
        "command",
        "deglitch",
        "window",
        "register",
        "identify",
        "seq=3",
        "flip=9",
        "bytes",
        "00",
        "ff",
        "\"a\\x00\"",
        "\"",
        "console",
        "1",
        "9000000",
        "adc",
        "ramp",
        "to",
        "until",
        "cts",
        "#",
        "é",
    ]);
    let entry = prop::sample::select(vec![
        "5us bytes 01 02",
        "1ms console 1 00",
        "0 adc 4095",
        "2s ramp 0 to 4095 until 72057594037927936",
        "9 command identify",
        "40000 command window 1 2 flip=0",
        "",
    ]);
    let random = proptest::collection::vec(word, 0..7).prop_map(|words| words.join(" "));
    prop_oneof![random, entry.prop_map(str::to_owned)]
}

fn run(folder: &Path, arguments: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_ichiscope-hdl");
    Command::new(program).current_dir(folder).args(arguments.split_whitespace()).output().unwrap()
}

const VCD: &str = "$timescale 1us $end $var wire 3 ! rail [2:0] $end $enddefinitions $end\n\
                   #0 b111 !\n#900 b0 !\n#1300 b111 !\n#1400\n";

/// A damaged command, one in mid-stream, a window and console bytes around the crossing at 900 us.
const COMMANDS: &str = "\
200us command console 40
260us command window 20 30
320us command envelope 8
380us command deglitch 40 flip=30 # damaged: the deglitch time stays
440us command register 77 1
0     adc 2492
890us ramp 2492 to 100 until 910us
880us console BAUD \"rail\"
895us bytes 01 02 03 00
";

/// A stall around the crossing.
const STALL: &str = "100us cts 0\n800us cts 1\n1.1ms cts 0\n";

/// Frames of one board. The witnesses' bytes are the same; rust-hdl's simulator, which is slow, gives the first of them.
fn sim(board: BoardName, commands: &str) -> Vec<Frame> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.vcd"), VCD).unwrap();
    std::fs::write(folder.path().join("in.commands"), commands).unwrap();
    let bytes = |witness: &str, clocks: u32| {
        let board = board.board().name;
        let files = format!("--stimulus in.vcd --commands in.commands --out {witness}.bin");
        let sim = format!("sim --board {board} {files} --witness {witness} --clocks {clocks}");
        let output = run(folder.path(), &sim);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read(folder.path().join(format!("{witness}.bin"))).unwrap()
    };
    let expected = bytes("twin", 400_000);
    for witness in ["verilog", "bitstream"] {
        assert!(bytes(witness, 400_000) == expected, "{board:?}: {witness} differs from the twin");
    }
    let first = bytes("rust-hdl", 30_000);
    assert!(
        first.len() > 5 * 19 && expected.starts_with(&first),
        "{board:?}: rust-hdl differs from the twin"
    );
    decode(&expected)
}

#[test]
fn every_witness_gives_the_same_bytes_for_a_file_of_commands() {
    for board in [BoardName::IceBreaker, BoardName::AlchitryCu] {
        let config = board.board().config;
        let baud = u64::from(config.tick_hz) / 40;
        let frames = sim(board, &COMMANDS.replace("BAUD", &baud.to_string()));
        let us = u64::from(config.tick_hz / 1_000_000);
        let seen: Vec<u64> = edges(&frames).iter().map(|edge| edge.0).collect();
        assert_eq!(seen, [900 * us, 1_300 * us], "{board:?}");
        let answers: Vec<(u8, Status)> = frames
            .iter()
            .filter_map(|frame| match frame.record.payload() {
                Payload::Ack(ack) => Some((ack.seq, ack.status)),
                _ => None,
            })
            .collect();
        let expected = [
            (0, Status::Done),
            (1, Status::Done),
            (2, Status::Done),
            (0, Status::Damaged),
            (4, Status::Unknown),
            (0, Status::Damaged),
        ];
        assert_eq!(answers, expected, "{board:?}");
        let console: Vec<(u64, u8)> = frames
            .iter()
            .filter_map(|frame| match frame.record.payload() {
                Payload::Console(c) => Some((frame.record.tick - u64::from(c.age), c.byte)),
                _ => None,
            })
            .collect();
        let bits = |count: u64| 880 * us + count * 40;
        assert_eq!(
            console,
            [(bits(0), b'r'), (bits(10), b'a'), (bits(20), b'i'), (bits(30), b'l')],
            "{board:?}"
        );
        let samples = frames.iter().any(|frame| matches!(frame.record.payload(), Payload::Samples(_)));
        let envelopes = frames.iter().any(|frame| matches!(frame.record.payload(), Payload::Envelope(_)));
        assert!(samples && envelopes, "{board:?}");
    }
    let frames = sim(BoardName::IceStick, STALL);
    let seen: Vec<u64> = edges(&frames).iter().map(|edge| edge.0).collect();
    assert_eq!(seen, [900 * 36, 1_300 * 36]);
}

#[test]
fn a_pulse_comes_back_over_the_jumper() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.commands"), "200us command self-test 1234\n").unwrap();
    std::fs::write(folder.path().join("in.vcd"), VCD).unwrap();
    let sim = |board: &str, witness: &str, jumper: &str| {
        let files = format!("--commands in.commands --out {witness}.bin --jumper {jumper}");
        run(folder.path(), &format!("sim --board {board} {files} --witness {witness} --clocks 80000"))
    };
    for board in ["icebreaker", "alchitry-cu"] {
        for witness in ["twin", "verilog", "bitstream"] {
            let output = sim(board, witness, "rail1,pps");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let bytes = std::fs::read(folder.path().join(format!("{witness}.bin"))).unwrap();
            let seen = edges(&decode(&bytes));
            let changed = LineSet::EMPTY.with(Line::Rail1, true).with(Line::Pps, true).bits();
            assert_eq!(seen.iter().map(|edge| edge.2).collect::<Vec<_>>(), [changed; 2], "{board} {witness}");
            assert_eq!(seen[1].0 - seen[0].0, 1_234, "{board} {witness}");
        }
    }
    for (board, jumper, words) in [
        ("icestick", "rail0", "the board icestick has no output `test`. Remedy: leave out --jumper"),
        ("icebreaker", "adc", "there is no such pin. Remedy: take some of rail0, "),
    ] {
        let sim =
            format!("sim --board {board} --witness twin --stimulus in.vcd --out o.bin --jumper {jumper}");
        let output = run(folder.path(), &sim);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(words), "{error}");
    }
}

#[test]
fn a_bad_entry_ends_with_a_non_zero_exit_and_no_bytes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("in.commands"), "5 adc 1\n7 cts 1\n").unwrap();
    let sim = "sim --board icebreaker --witness twin --out o.bin";
    let output = run(folder.path(), &format!("{sim} --commands in.commands"));
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("in.commands:2: the board icebreaker has no cts. Remedy: "), "{error}");
    let output = run(folder.path(), &format!("{sim} --commands missing.commands"));
    assert!(
        !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("missing.commands: ")
    );
    assert!(!run(folder.path(), sim).status.success(), "neither a VCD nor commands");
    assert!(!folder.path().join("o.bin").exists());
}
