//! Frames that the gateware itself sent, decoded: `golden/instrument.bin` are the bytes of the generated Verilog of the
//! iCEBreaker for `hdl/stimuli/instrument.vcd`. What must be found is computed here from that stimulus' figures.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

use ichiscope_timeline::{Builder, Extent, SideLossKind, Status, Timeline};
use ichiscope_wire::{Board, Line};

/// The tick at clock 0: the 48 bits of a record's tick turn over at clock 350 000.
const START_TICK: u64 = (1 << 48) - 350_000;
/// Ticks from one sample to the next, and the clock of the first one.
const T: u64 = 36;
const FIRST: u64 = 3;

fn timeline() -> Timeline {
    let mut builder = Builder::new();
    builder.bytes(0, include_bytes!("golden/instrument.bin"));
    builder.into_timeline()
}

/// The code of a sample: it changes every 1000 clocks.
fn code(sample: u64) -> u16 {
    let step = ((FIRST + sample * T) / 1000).min(599);
    ((700 + 37 * step) % 4096) as u16
}

fn sample_at(tick: u64) -> u64 {
    let ticks = tick - START_TICK - FIRST;
    assert_eq!(ticks % T, 0, "no instant: {tick}");
    ticks / T
}

#[test]
fn who_it_is_and_what_was_asked_of_it() {
    let timeline = timeline();
    assert_eq!((timeline.gaps(), timeline.problems()), (&[][..], vec![]));
    let identity = timeline.identity().unwrap();
    assert_eq!(
        (identity.board(), identity.protocol, identity.tick_hz),
        (Some(Board::IceBreaker), 2, 36_000_000)
    );

    // A command's effect: 129 bits of 12 clocks, the middle of the stop bit, two flip-flops, three clocks to decide.
    let sent = [(1, 10_000), (2, 16_000), (3, 22_000), (4, 28_000), (5, 34_000), (6, 300_000)];
    let expected: Vec<(u8, u64)> =
        sent.iter().map(|(seq, clock)| (*seq, START_TICK + clock + 129 * 12 + 6 + 2 + 3)).collect();
    let answers: Vec<(u8, u64)> = timeline.acks().iter().map(|ack| (ack.seq, ack.tick)).collect();
    assert_eq!(answers, expected);
    let refused: Vec<u8> =
        timeline.acks().iter().filter(|ack| ack.status != Status::Done).map(|ack| ack.seq).collect();
    assert_eq!((refused, timeline.acks()[4].status), (vec![5], Status::Range), "sampling point 3 of 0..=2");

    let set = timeline.configuration().unwrap();
    assert_eq!((set.console_clocks_per_bit, set.window_before, set.window_after), (312, 50, 100));
    assert_eq!((set.envelope_log2, set.threshold_falling, set.threshold_rising), (8, 1000, 1500));
}

#[test]
fn lines_console_and_link_test() {
    let timeline = timeline();
    let crossings: Vec<(u64, bool)> = timeline
        .track(Line::Rail0)
        .entries()
        .iter()
        .filter(|entry| entry.is_crossing())
        .map(|entry| (entry.tick() - START_TICK, entry.level()))
        .collect();
    assert_eq!(crossings, [(200_000, false), (260_000, true)]);
    assert!(timeline.track(Line::Pps).entries().iter().any(|e| e.tick() == START_TICK + 620_000));

    let said: Vec<(u64, u8)> =
        timeline.console().iter().map(|byte| (byte.tick - START_TICK, byte.byte)).collect();
    let expected: Vec<(u64, u8)> = (0..).map(|n| 100_000 + 3125 * n).zip(*b"SIMULATED ok\n").collect();
    assert_eq!(said, expected);

    let [run] = timeline.link_tests() else { panic!("{:?}", timeline.link_tests()) };
    assert_eq!((run.records, run.errors), (20, 0));
}

#[test]
fn every_envelope_and_window_is_that_of_its_samples() {
    let timeline = timeline();
    let mut seen = 0;
    for run in timeline.waveform().envelopes() {
        let samples = run.ticks_per_window / T;
        assert_eq!(samples, 256, "the first length gave none before it was set");
        for (n, window) in (0..).zip(&run.windows) {
            let first = sample_at(run.start_tick + n * run.ticks_per_window);
            let codes: Vec<u16> = (first..first + samples).map(code).collect();
            let sum: u64 = codes.iter().map(|code| u64::from(*code)).sum();
            let expected = Extent {
                least: *codes.iter().min().unwrap(),
                greatest: *codes.iter().max().unwrap(),
                mean: (sum / samples) as u16,
            };
            assert_eq!(*window, expected, "from sample {first} on");
            seen += 1;
        }
    }
    let of_envelope = timeline.side_losses().iter().filter(|loss| loss.kind == SideLossKind::Envelope);
    let lost: u64 = of_envelope.map(|loss| loss.count).sum();
    // From the first window that begins after the length was set to the last one that came, each came or is counted.
    let window_ticks = 256 * T;
    let first = (timeline.acks()[2].tick - START_TICK - FIRST).div_ceil(window_ticks);
    let last = timeline.waveform().envelopes().last().unwrap();
    let begun = (last.end_tick() - START_TICK - FIRST) / window_ticks - first;
    assert!(seen > 100 && lost > 10, "{seen} came, {lost} lost");
    assert_eq!(seen + lost, begun);

    let windows = timeline.waveform().windows();
    for window in windows {
        let first = sample_at(window.start_tick);
        let expected: Vec<u16> = (first..first + window.samples.len() as u64).map(code).collect();
        assert_eq!((window.samples.len(), &window.samples), (150, &expected));
    }
    // Every crossing before the heartbeat is in a window, or is counted as one without.
    let heartbeat = START_TICK + 350_000;
    let of = |line| timeline.track(line).entries().iter().filter(|e| e.is_crossing());
    let crossings: Vec<u64> =
        of(Line::Rail0).chain(of(Line::Adc)).map(|entry| entry.tick()).filter(|t| *t < heartbeat).collect();
    let is_in_one = |tick: &&u64| windows.iter().any(|w| (w.start_tick..w.end_tick()).contains(tick));
    let without = crossings.iter().filter(|tick| !is_in_one(tick)).count() as u64;
    let counted: u64 =
        timeline.side_losses().iter().filter(|l| l.kind == SideLossKind::Window).map(|l| l.count).sum();
    assert!(windows.len() > 2, "{} windows", windows.len());
    assert_eq!(without, counted, "{crossings:?}");
}
