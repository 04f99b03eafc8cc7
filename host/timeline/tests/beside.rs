//! What travels beside the lines: console, voltage, answers to commands, link test, and what of it was lost.

use ichiscope_timeline::{
    Ack, Builder, Configuration, ConsoleByte, Extent, Gap, GapCause, Identity, LinkBreak, LinkTestRun,
    SideLoss, SideLossKind, Timeline,
};
use ichiscope_wire::{
    ACK_AGE_MAX, AGE_24_MAX, Console, Counter, CounterId, Edge, Envelope, Features, Heartbeat,
    LINK_TEST_FIRST, LineSet, OverrunEnd, Payload, Record, Register, SamplePoint, StartBlock, Status,
    encode_frame, link_test_next,
};
use proptest::prelude::*;

/// Ticks from one sample to the next.
const T: u64 = 36;
/// Samples in a window of the envelope: 16.
const LOG2: u8 = 4;
const WINDOW_TICKS: u64 = T << LOG2;

fn set() -> Configuration {
    Configuration {
        deglitch_ticks: 9,
        ticks_per_sample: T as u8,
        envelope_log2: LOG2,
        ring_log2: 10,
        window_before: 4,
        window_after: 4,
        ..Configuration::default()
    }
}

/// A board of version 2 that speaks by hand.
struct Board {
    bytes: Vec<u8>,
    seq: u8,
    tick: u64,
    levels: LineSet,
    lost: u8,
    /// The instant of sample 0.
    first_instant: u64,
}

impl Board {
    fn new(tick: u64) -> Self {
        Board { bytes: Vec::new(), seq: 0, tick, levels: LineSet::from_bits(1), lost: 0, first_instant: tick }
    }

    /// A record at `tick`, or one tick after the last if that is later.
    fn push(&mut self, tick: u64, payload: Payload) -> u64 {
        self.tick = tick.max(self.tick + 1);
        self.bytes.extend(encode_frame(self.seq, &Record::new(self.tick, self.lost, payload)));
        self.seq = self.seq.wrapping_add(1);
        self.tick
    }

    fn start(&mut self, tick: u64, is_first: bool, configuration: Configuration) {
        let identity = Identity {
            protocol: 2,
            board_code: 1,
            tick_hz: 1_000_000,
            bitstream_id: 7,
            baud: 3_000_000,
            wired: LineSet::ALL,
            fifo_depth: 256,
            heartbeat_log2: 20,
            deglitch_bits: 10,
            features: Features::from_bits(0x7F),
        };
        let block = StartBlock { is_first, identity, configuration, levels: self.levels };
        for page in block.pages() {
            self.push(tick, Payload::Start(page));
        }
    }

    fn beat(&mut self, tick: u64, console_lost: u32, adc_lost: u32) -> u64 {
        let tick = tick.max(self.tick + 1);
        self.push(tick, Payload::Heartbeat(Heartbeat { tick, levels: self.levels, flags: 1 }));
        let since = self.tick + 1 - self.first_instant;
        let point = SamplePoint::new(since / T, (since % T) as u8);
        for (id, value) in [(3, point.value()), (4, console_lost), (5, adc_lost)] {
            self.push(0, Payload::Counter(Counter { id, value }));
        }
        self.tick
    }

    fn envelope(&mut self, tick: u64, least: u16) {
        self.push(tick, Payload::Envelope(Envelope { least, greatest: least + 2, mean: least + 1 }));
    }

    /// FIRST, COUNT and the samples of a window that begins at index `first`.
    fn window(&mut self, tick: u64, first: u64, samples: &[u16]) {
        let first = first as u32 & ((1 << 26) - 1);
        self.push(tick, Payload::Window(ichiscope_wire::Window { page: 0, value: first }));
        self.push(tick, Payload::Window(ichiscope_wire::Window { page: 1, value: samples.len() as u32 }));
        for three in samples.chunks(3) {
            let at = |i: usize| three.get(i).copied().unwrap_or(0);
            self.push(tick, Payload::Samples([at(0), at(1), at(2)]));
        }
    }

    fn ack(&mut self, tick: u64, register: Register, status: Status, age: u32) {
        let register = register as u8;
        self.push(tick, Payload::Ack(ichiscope_wire::Ack { seq: 5, register, status, age }));
    }

    fn timeline(&self) -> Timeline {
        let mut builder = Builder::new();
        builder.bytes(0, &self.bytes);
        builder.into_timeline()
    }
}

fn runs(timeline: &Timeline) -> Vec<(u64, u64, Vec<u16>)> {
    let least = |windows: &[Extent]| windows.iter().map(|w| w.least).collect();
    let runs = timeline.waveform().envelopes().iter();
    runs.map(|r| (r.start_tick, r.ticks_per_window, least(&r.windows))).collect()
}

fn lost(kind: SideLossKind, start_tick: u64, end_tick: u64, count: u64) -> SideLoss {
    SideLoss { kind, start_tick, end_tick, count }
}

/// Envelopes that come before the first COUNTER SAMPLE are placed when it comes; every record somewhere in the window
/// after its own.
#[test]
fn envelopes_lie_where_their_samples_were() {
    let base = 1_000_000;
    let mut board = Board::new(base);
    board.start(base, true, set());
    board.envelope(base + WINDOW_TICKS + T, 100);
    board.envelope(base + 3 * WINDOW_TICKS - 1, 101);
    board.envelope(base + 3 * WINDOW_TICKS, 102);
    board.beat(base + 4 * WINDOW_TICKS - 30, 0, 0);
    board.envelope(base + 4 * WINDOW_TICKS + 100, 103);
    let timeline = board.timeline();
    assert_eq!(runs(&timeline), [(base, WINDOW_TICKS, vec![100, 101, 102, 103])]);
    assert_eq!((timeline.gaps(), timeline.side_losses()), (&[][..], &[][..]));
    assert_eq!(timeline.problems(), []);
    let waveform = timeline.waveform();
    assert_eq!(
        waveform.extent(base, base + 1),
        Some(Extent { least: 100, greatest: 102, mean: 101 }),
        "the first window"
    );
}

/// The index has 26 bits: it turns over every 67 s at 1 MS/s.
#[test]
fn indices_and_ticks_turn_over() {
    let turn = 1_u64 << 48;
    for base in [turn - 5 * WINDOW_TICKS, turn - 1, 3 * turn - 1000] {
        let mut board = Board::new(base);
        // The index turns over after 40 samples, within the third window.
        board.first_instant = base - (((1 << 26) - 40) * T);
        board.start(base, false, set());
        board.beat(base + 20, 0, 0);
        let begin = base + 40 * T - 2 * WINDOW_TICKS;
        for n in 0..6 {
            board.envelope(begin + (n + 1) * WINDOW_TICKS + T, n as u16);
        }
        board.window(base + 45 * T + 5, (1 << 26) - 2, &[1, 2, 3, 4, 5]);
        let timeline = board.timeline();
        assert_eq!(runs(&timeline), [(begin, WINDOW_TICKS, vec![0, 1, 2, 3, 4, 5])], "from {base}");
        let windows = timeline.waveform().windows();
        assert_eq!(windows.len(), 1);
        assert_eq!((windows[0].start_tick, windows[0].ticks_per_sample), (base + 38 * T, T));
        assert_eq!(windows[0].samples, [1, 2, 3, 4, 5]);
        assert_eq!(windows[0].end_tick(), base + 43 * T);
    }
}

/// Other records may come between a window's; one with a frame missing in it is dropped and counted.
#[test]
fn a_window_is_whole_or_lost() {
    let build = |lose: Option<usize>| {
        let mut board = Board::new(0);
        board.start(0, true, set());
        board.beat(40, 0, 0);
        board.window(50 * T, 40, &[1, 2, 3, 4]);
        board.envelope(0, 7);
        board.window(60 * T, 50, &[5, 6, 7, 8, 9, 10, 11]);
        board.beat(70 * T, 0, 0);
        if let Some(frame) = lose {
            board.bytes.drain(frame * 19..(frame + 1) * 19);
        }
        board.timeline()
    };
    let whole = build(None);
    let windows = |timeline: &Timeline| -> Vec<(u64, Vec<u16>)> {
        timeline.waveform().windows().iter().map(|w| (w.start_tick, w.samples.clone())).collect()
    };
    let (first, second) = ((40 * T, vec![1, 2, 3, 4]), (50 * T, vec![5, 6, 7, 8, 9, 10, 11]));
    assert_eq!(windows(&whole), [first.clone(), second.clone()]);
    assert_eq!(whole.side_losses(), []);
    // 12 pages, a heartbeat and three counters are before the first window's FIRST.
    for frame in 17..20 {
        let timeline = build(Some(frame));
        assert_eq!(windows(&timeline), std::slice::from_ref(&second), "without frame {frame}");
        let losses = timeline.side_losses();
        assert_eq!((losses.len(), losses[0].kind, losses[0].count), (1, SideLossKind::Window, 1));
        assert!(!timeline.gaps().is_empty());
    }
    let without_first = build(Some(16));
    assert_eq!(windows(&without_first), [second], "its gap speaks for it");
    let without_envelope = build(Some(20));
    assert_eq!(windows(&without_envelope).len(), 2, "a window that was whole before the loss stays");
}

#[test]
fn a_window_that_is_broken_off_is_counted() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    board.beat(40, 0, 0);
    let first = ichiscope_wire::Window { page: 0, value: 40 };
    let begun = board.push(50 * T, Payload::Window(first));
    board.push(0, Payload::Window(ichiscope_wire::Window { page: 1, value: 100 }));
    board.push(0, Payload::Samples([1, 2, 3]));
    board.window(60 * T, 50, &[5]);
    let broken = 60 * T;
    let last = board.push(70 * T, Payload::Window(first));
    let timeline = board.timeline();
    assert_eq!(timeline.waveform().windows().len(), 1);
    let expected = [lost(SideLossKind::Window, begun, broken, 1), lost(SideLossKind::Window, last, last, 1)];
    assert_eq!(timeline.side_losses(), expected, "and one that the recording's end broke off");
}

/// What the board counts as lost is seen once, whether the next envelope or the next heartbeat comes first.
#[test]
fn a_lost_envelope_is_counted_once() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    let first_beat = board.beat(40, 0, 0);
    board.envelope(WINDOW_TICKS + T, 0);
    // Two are missing before the next; then the board tells that it lost them.
    board.envelope(4 * WINDOW_TICKS + T, 3);
    let second_beat = board.beat(4 * WINDOW_TICKS + 100, 0, 2);
    // The board tells that it lost one and two crossings, then the next envelope shows the hole.
    let third_beat = board.beat(6 * WINDOW_TICKS + 10, 0, 3 | 2 << 16);
    board.envelope(6 * WINDOW_TICKS + T, 5);
    let timeline = board.timeline();
    let expected = [
        lost(SideLossKind::Envelope, WINDOW_TICKS, 3 * WINDOW_TICKS, 2),
        lost(SideLossKind::Envelope, second_beat, third_beat, 1),
        lost(SideLossKind::Window, second_beat, third_beat, 2),
    ];
    assert_eq!(timeline.side_losses(), expected, "first beat at {first_beat}");
    assert_eq!(timeline.gaps(), [], "the lines are known all the time");
    let starts: Vec<u64> = runs(&timeline).iter().map(|run| run.0).collect();
    assert_eq!(starts, [0, 3 * WINDOW_TICKS, 5 * WINDOW_TICKS]);
}

#[test]
fn counts_from_before_the_recording_are_no_loss_of_it() {
    let mut board = Board::new(1 << 30);
    board.start(0, false, set());
    let first = board.beat(0, 77, 5 | 6 << 16);
    let second = board.beat(0, 79, 4 | 5 << 16);
    let losses = board.timeline().side_losses().to_vec();
    let expected = [
        lost(SideLossKind::Console, first - 1, second - 1, 2),
        lost(SideLossKind::Envelope, first, second, 0xFFFF),
        lost(SideLossKind::Window, first, second, 0xFFFF),
    ];
    assert_eq!(losses, expected, "both halves count modulo 2^16");
}

#[test]
fn what_was_lost_between_power_up_and_the_first_heartbeat_is_counted() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    board.beat(0, 3, 0);
    let losses = board.timeline().side_losses().to_vec();
    assert_eq!(losses.iter().map(|l| (l.kind, l.count)).collect::<Vec<_>>(), [(SideLossKind::Console, 3)]);
}

/// Frames missing on the link: the windows of the envelope that went with them are counted exactly.
#[test]
fn envelopes_missing_with_a_gap() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    board.beat(40, 0, 0);
    board.envelope(WINDOW_TICKS + T, 0);
    board.seq = board.seq.wrapping_add(3);
    board.envelope(5 * WINDOW_TICKS + T, 4);
    board.beat(5 * WINDOW_TICKS + 100, 0, 0);
    let timeline = board.timeline();
    assert_eq!(timeline.side_losses(), [lost(SideLossKind::Envelope, WINDOW_TICKS, 4 * WINDOW_TICKS, 3)]);
    assert_eq!(timeline.gaps().len(), 1);
}

/// A command may have been among missing frames: what was read since with the old length goes when START tells another.
#[test]
fn a_length_that_changed_unseen_spoils_what_was_read_with_the_old_one() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    board.beat(40, 0, 0);
    board.envelope(WINDOW_TICKS + T, 0);
    board.seq = board.seq.wrapping_add(9);
    let hole = board.push(4 * WINDOW_TICKS, Payload::Samples([0; 3]));
    board.envelope(4 * WINDOW_TICKS + T, 50);
    board.window(0, 60, &[1]);
    let longer = Configuration { envelope_log2: LOG2 + 1, ..set() };
    board.start(7 * WINDOW_TICKS, false, longer);
    let told = board.tick;
    board.envelope(8 * WINDOW_TICKS + T, 60);
    let timeline = board.timeline();
    assert_eq!(runs(&timeline), [(0, WINDOW_TICKS, vec![0]), (6 * WINDOW_TICKS, 2 * WINDOW_TICKS, vec![60])]);
    assert_eq!(timeline.waveform().windows().len(), 0);
    let dropped: Vec<_> = timeline.side_losses().iter().filter(|l| l.start_tick == hole).collect();
    let expected = [lost(SideLossKind::Envelope, hole, told, 1), lost(SideLossKind::Window, hole, told, 1)];
    assert_eq!(dropped, expected.iter().collect::<Vec<_>>());
}

#[test]
fn a_command_changes_the_length_and_nothing_is_lost() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    board.beat(40, 0, 0);
    board.envelope(WINDOW_TICKS + T, 0);
    board.ack(2 * WINDOW_TICKS + 10, Register::Envelope, Status::Done, 4);
    board.start(0, false, Configuration { envelope_log2: LOG2 + 1, ..set() });
    board.envelope(8 * WINDOW_TICKS + T, 9);
    board.ack(8 * WINDOW_TICKS + 200, Register::Sampling, Status::Range, ACK_AGE_MAX);
    let timeline = board.timeline();
    assert_eq!(runs(&timeline), [(0, WINDOW_TICKS, vec![0]), (6 * WINDOW_TICKS, 2 * WINDOW_TICKS, vec![9])]);
    assert_eq!((timeline.side_losses(), timeline.gaps()), (&[][..], &[][..]));
    assert_eq!(timeline.problems(), [], "a command is no other gateware");
    let effect = 2 * WINDOW_TICKS + 6;
    let told: Vec<(u64, u8)> =
        timeline.configurations().iter().map(|(tick, set)| (*tick, set.envelope_log2)).collect();
    assert_eq!(told, [(12, LOG2), (effect, LOG2 + 1)]);
    let done = Ack { tick: effect, is_late: false, seq: 5, register: 3, status: Status::Done };
    assert_eq!(timeline.acks()[0], done);
    assert_eq!((timeline.acks()[1].is_late, timeline.acks()[1].status), (true, Status::Range));
}

#[test]
fn another_gateware_is_a_problem() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    board.beat(100, 0, 0);
    let mut other = Board::new(1000);
    other.seq = board.seq;
    other.start(1000, false, set());
    assert_eq!(board.timeline().problems(), []);
    // The bitstream's id is page 2: told anew with another one.
    let block: Vec<u8> = {
        let mut changed = Board::new(1000);
        changed.seq = board.seq;
        for page in 0..12 {
            let value =
                [2 | 1 << 8 | 12 << 16, 1_000_000, 8, 3_000_000, 0xFFF << 12 | 1, 9, 0x0A14_0100, 0x7F];
            let value = value.get(page).copied().unwrap_or(0);
            changed.push(0, Payload::Start(ichiscope_wire::Start { page: page as u8, value }));
        }
        changed.bytes
    };
    board.bytes.extend(block);
    assert_eq!(board.timeline().problems(), [ichiscope_timeline::Problem::Changed]);
}

/// From one old deglitch time before the effect to the first record that tells all levels one new one after it.
#[test]
fn a_deglitch_time_that_is_set_is_a_gap() {
    let edge = Edge { levels: LineSet::EMPTY, changed: LineSet::from_bits(1), age: 12 };
    let build = |deglitch_ticks, beats: &[u64]| {
        let mut board = Board::new(0);
        board.start(0, true, set());
        board.beat(100, 0, 0);
        board.ack(1004, Register::Deglitch, Status::Done, 4);
        board.start(0, false, Configuration { deglitch_ticks, ..set() });
        for tick in beats {
            board.beat(*tick, 0, 0);
        }
        board.push(2000, Payload::Edge(edge));
        board.timeline()
    };
    let gap = |end_tick| [Gap { start_tick: 991, end_tick, cause: GapCause::Reconfigured, lost: 0 }];
    assert_eq!(build(100, &[1099, 1200]).gaps(), gap(1200), "99 ticks are not enough");
    assert_eq!(build(100, &[1100]).gaps(), gap(1100));
    assert_eq!(build(9, &[]).gaps(), gap(1988), "the edge's own tick");
    assert_eq!(build(1023, &[1500]).gaps(), gap(2000), "still open at the end");
    assert_eq!(build(9, &[1100]).problems(), []);
}

/// A gap that ends within it takes nothing from it.
#[test]
fn an_overrun_while_the_deglitch_time_is_set() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    board.beat(100, 0, 0);
    board.ack(1004, Register::Deglitch, Status::Done, 4);
    let edge = Edge { levels: LineSet::EMPTY, changed: LineSet::from_bits(1), age: 12 };
    board.push(1062, Payload::OverrunBegin(edge));
    board.lost = 7;
    let end = OverrunEnd { levels: LineSet::EMPTY, last_lost_age: 30 };
    board.push(1300, Payload::OverrunEnd(end));
    board.levels = LineSet::EMPTY;
    board.start(0, false, Configuration { deglitch_ticks: 600, ..set() });
    board.beat(2000, 0, 0);
    let gap = |start_tick, end_tick, cause, lost| Gap { start_tick, end_tick, cause, lost };
    let expected = [gap(991, 2000, GapCause::Reconfigured, 0), gap(1050, 1300, GapCause::Overrun, 7)];
    assert_eq!(board.timeline().gaps(), expected);
}

#[test]
fn console_bytes_have_the_tick_of_their_start_bit() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    board.beat(40, 0, 0);
    for (tick, byte, flags, age) in
        [(5000, b'O', 0, 3125), (9000, b'K', 2, 3200), (1 << 25, 0, 1, AGE_24_MAX)]
    {
        board.push(tick, Payload::Console(Console { byte, flags, age }));
    }
    let byte =
        |tick, byte| ConsoleByte { tick, byte, framing_error: false, lost_before: false, is_late: false };
    let expected = [
        byte(1875, b'O'),
        ConsoleByte { lost_before: true, ..byte(5800, b'K') },
        ConsoleByte { framing_error: true, is_late: true, ..byte((1 << 25) - (1 << 24) + 1, 0) },
    ];
    assert_eq!(board.timeline().console(), expected);
}

#[test]
fn every_state_of_the_link_test_is_checked() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    board.beat(0, 0, 0);
    let mut state = LINK_TEST_FIRST;
    let from = board.tick + 1;
    for n in 0..100 {
        // The 40th is wrong in one bit, and what follows it is right again.
        board.push(0, Payload::LinkTest(state ^ u64::from(n == 40) << 7));
        state = link_test_next(state);
    }
    let until = board.tick;
    board.push(0, Payload::LinkTest(LINK_TEST_FIRST));
    let again = board.tick;
    let run = |start_tick, end_tick, records, errors| LinkTestRun { start_tick, end_tick, records, errors };
    assert_eq!(
        board.timeline().link_tests(),
        [run(from, until, 100, 2), run(again, again, 1, 0)],
        "the wrong one and the step from it to the next"
    );
}

/// A board that was switched off and on: indices begin anew, and nothing is placed with the old ones.
#[test]
fn a_restart_begins_anew() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    board.beat(40, 9, 9);
    board.envelope(WINDOW_TICKS + T, 0);
    let mut builder = Builder::new();
    builder.bytes(1_000_000_000, &board.bytes);
    builder.link_break(1_000_000_000, LinkBreak::Lost);
    let mut again = Board::new(0);
    again.first_instant = 3;
    again.start(3, true, set());
    again.envelope(WINDOW_TICKS + T + 3, 5);
    again.beat(WINDOW_TICKS + 100, 0, 0);
    builder.bytes(2_000_000_000, &again.bytes);
    let timeline = builder.into_timeline();
    let [first, second] = &runs(&timeline)[..] else { panic!("{:?}", timeline.waveform()) };
    assert_eq!((first.0, first.2.clone()), (0, vec![0]));
    // The PC saw a second pass: 1 000 000 ticks.
    let restart = timeline.gaps()[0].start_tick + 1_000_000;
    assert_eq!((second.0, second.2.clone()), (restart, vec![5]));
    let kinds: Vec<(SideLossKind, u64)> = timeline.side_losses().iter().map(|l| (l.kind, l.count)).collect();
    assert_eq!(kinds, [(SideLossKind::Console, 9), (SideLossKind::Envelope, 9)], "those of the first life");
}

#[test]
fn a_board_that_never_tells_where_its_samples_are_loses_them_in_the_open() {
    let mut board = Board::new(0);
    board.start(0, true, set());
    board.envelope(2000, 1);
    board.window(3000, 1, &[1, 2]);
    let timeline = board.timeline();
    assert!(timeline.waveform().is_empty());
    let kinds: Vec<(SideLossKind, u64)> = timeline.side_losses().iter().map(|l| (l.kind, l.count)).collect();
    assert_eq!(kinds, [(SideLossKind::Envelope, 1), (SideLossKind::Window, 1)]);
    let counter = CounterId::Sample as u8;
    board.push(0, Payload::Counter(Counter { id: counter, value: 0 }));
    assert!(!board.timeline().waveform().is_empty(), "one counter is enough");
}

fn any_payload() -> impl Strategy<Value = Payload> {
    (1_u8..=13, any::<u64>())
        .prop_map(|(kind, data)| Record { tick: 0, lost: 0, data: data & ((1 << 36) - 1), kind }.payload())
}

proptest! {
    /// Whatever a board sends, nothing panics, runs do not overlap, and cutting the bytes makes no difference.
    #[test]
    fn any_records_make_an_ordered_waveform(
        records in proptest::collection::vec((0_u64..5000, any_payload()), 0..200),
        base in prop_oneof![Just(0_u64), Just((1 << 48) - 2000), 0_u64..1 << 62],
        cut in 0_usize..4000,
    ) {
        let mut board = Board::new(base);
        board.start(0, true, set());
        board.beat(0, 0, 0);
        for (wait, payload) in records {
            let tick = board.tick + wait;
            board.push(tick, payload);
        }
        let whole = board.timeline();
        let mut builder = Builder::new();
        let (first, second) = board.bytes.split_at(cut.min(board.bytes.len()));
        builder.bytes(0, first);
        builder.bytes(0, second);
        let parts = builder.into_timeline();
        prop_assert_eq!(whole.waveform(), parts.waveform());
        prop_assert_eq!(whole.side_losses(), parts.side_losses());
        prop_assert_eq!(whole.console(), parts.console());
        let runs = whole.waveform().envelopes();
        prop_assert!(runs.windows(2).all(|pair| pair[0].end_tick() <= pair[1].start_tick));
        prop_assert!(whole.gaps().windows(2).all(|pair| pair[0].start_tick <= pair[1].start_tick));
    }
}
