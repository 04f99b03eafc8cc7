//! An analysis that goes on from the one before says what one from the beginning says, whatever happened in between.

mod tape;

use ichiscope_timeline::{Builder, Timeline};
use ichiscope_verdict::{Memo, Settings, Told, Verdict, analyse, analyse_again, analyse_told};
use ichiscope_wire::{Edge, Heartbeat, Line, LineSet, Payload, Record, encode_frame};
use proptest::prelude::*;
use tape::{HZ, Tape, good};

const S: u64 = HZ as u64;

#[derive(Clone, Debug)]
enum Step {
    /// Comparators cross after a wait, in turn; the records come late.
    Edges { line: usize, count: usize, wait: u64, late: u16 },
    /// Comparators are seen at these levels, again and again the other way round.
    Seen { rails: u16, count: usize, wait: u64 },
    /// A record does not arrive.
    Lost,
    /// The deglitch time is set to so many us.
    Deglitch(u64),
    /// A threshold is put on another line.
    Threshold(usize, usize),
    /// The axis is changed for another one: the records from there on only.
    Replaced,
    /// An analysis.
    Analysed,
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![0u64..300, 0u64..3_000_000];
    prop_oneof![
        4 => (0usize..3, 1usize..60, 0u64..300, 0u16..2000)
            .prop_map(|(line, count, wait, late)| Step::Edges { line, count, wait, late }),
        2 => (0u16..8, 1usize..60, wait).prop_map(|(rails, count, wait)| Step::Seen { rails, count, wait }),
        1 => Just(Step::Lost),
        1 => prop_oneof![Just(0), Just(100), 0u64..1000].prop_map(Step::Deglitch),
        1 => (0usize..3, 0usize..3).prop_map(|(threshold, line)| Step::Threshold(threshold, line)),
        1 => Just(Step::Replaced),
        4 => Just(Step::Analysed),
    ]
}

/// A board's records, in order.
struct Board {
    builder: Builder,
    seq: u8,
    tick: u64,
    levels: LineSet,
}

impl Board {
    fn new() -> Board {
        let mut board = Board { builder: Builder::new(), seq: 0, tick: 100, levels: good() };
        board.replace();
        board
    }

    fn replace(&mut self) {
        let start = Tape::new(self.levels);
        self.builder = Builder::new();
        start.frames.iter().for_each(|frame| self.builder.bytes(0, frame));
        self.seq = start.frames.len() as u8;
        self.beat();
    }

    fn push(&mut self, payload: Payload) {
        self.builder.bytes(0, &encode_frame(self.seq, &Record::new(self.tick, 0, payload)));
        self.seq = self.seq.wrapping_add(1);
    }

    fn beat(&mut self) {
        self.push(Payload::Heartbeat(Heartbeat { tick: self.tick, levels: self.levels, flags: 1 }));
    }

    fn edge(&mut self, line: Line, wait: u64, late: u16) {
        self.tick += wait;
        self.levels = self.levels.with(line, !self.levels.contains(line));
        let changed = LineSet::EMPTY.with(line, true);
        let age = u64::from(late).min(self.tick - 100) as u16;
        self.push(Payload::Edge(Edge { levels: self.levels, changed, age }));
    }

    fn seen(&mut self, rails: u16, wait: u64) {
        self.tick += wait;
        for (n, line) in Line::RAILS.into_iter().enumerate() {
            self.levels = self.levels.with(line, rails >> n & 1 == 1);
        }
        self.beat();
    }
}

fn take(board: &mut Board, settings: &mut Settings, step: &Step) {
    match *step {
        Step::Edges { line, count, wait, late } => {
            (0..count).for_each(|_| board.edge(Line::RAILS[line], wait, late));
        }
        Step::Seen { rails, count, wait } => {
            (0..count).for_each(|n| board.seen(if n % 2 == 0 { rails } else { !rails }, wait));
        }
        Step::Lost => board.seq = board.seq.wrapping_add(1),
        Step::Deglitch(us) => settings.deglitch_ns = us * 1000,
        Step::Threshold(threshold, line) => settings.thresholds[threshold].line = Line::RAILS[line],
        Step::Replaced => board.replace(),
        Step::Analysed => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn in_pieces_is_at_once(steps in prop::collection::vec(step(), 1..60)) {
        let (mut board, mut settings, mut memo) = (Board::new(), Settings::default(), Memo::default());
        for step in steps.iter().chain([&Step::Analysed]) {
            take(&mut board, &mut settings, step);
            if matches!(step, Step::Analysed) {
                let (timeline, told) = (board.builder.timeline(), Told::default());
                let again = analyse_again(timeline, &settings, &told, &mut memo);
                prop_assert_eq!(again, analyse_told(timeline, &settings, &told));
            }
        }
    }
}

/// An outage between two rows of crossings that are too short to count.
fn recording(start: u64, end: u64) -> Timeline {
    let mut tape = Tape::new(good());
    let chatter = |tape: &mut Tape, from: u64| {
        for n in 0..200 {
            tape.edge(from + n * 50, Line::Rail0, n % 2 == 1);
        }
    };
    chatter(&mut tape, 10 * S);
    tape.rail(start, false, 10).rail(end, true, 10);
    chatter(&mut tape, 400 * S);
    tape.timeline(500 * S)
}

/// A deglitch time that takes every outage for chatter, and a highest threshold on a line that nothing is wired to.
fn deaf() -> [Settings; 2] {
    let slow = Settings { deglitch_ns: 300_000_000_000, ..Settings::default() };
    let mut elsewhere = Settings::default();
    for (threshold, line) in elsewhere.thresholds.iter_mut().zip([Line::Mark0, Line::Mark1, Line::Mark2]) {
        threshold.line = line;
    }
    [slow, elsewhere]
}

#[test]
fn no_memory_of_another_axis_or_of_other_settings_hides_a_fail() {
    let (short, long) = (recording(20 * S, 21 * S), recording(20 * S, 220 * S));
    let (settings, told) = (Settings::default(), Told::default());
    assert_eq!(analyse(&long, &settings, &[]).verdict, Verdict::Fail);
    let of_memory = |axis: &Timeline, with: &Settings| {
        let mut memo = Memo::default();
        let before = analyse_again(axis, with, &told, &mut memo);
        assert_eq!(before, analyse(axis, with, &[]));
        assert!(before.verdict != Verdict::Fail, "{}", before.verdict);
        assert_eq!(analyse_again(&long, &settings, &told, &mut memo), analyse(&long, &settings, &[]));
    };
    // As many entries, but another outage.
    let entries = |axis: &Timeline| axis.track(Line::Rail0).entries().len();
    assert_eq!(entries(&short), entries(&long));
    of_memory(&short, &settings);
    deaf().iter().for_each(|with| of_memory(&long, with));
}
