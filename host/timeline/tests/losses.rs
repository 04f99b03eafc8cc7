//! Every kind of loss becomes a gap with the right ends, and what is no loss does not.

use ichiscope_timeline::{Builder, Gap, GapCause, LinkBreak, Problem, Timeline};
use ichiscope_wire::{
    Counter, Edge, Heartbeat, Line, LineSet, OverrunEnd, Payload, Record, Start, encode_frame,
};

const HZ: u32 = 1_000_000;

#[derive(Default)]
struct Board {
    bytes: Vec<u8>,
    seq: u8,
    lost: u8,
}

impl Board {
    fn push(&mut self, tick: u64, payload: Payload) -> &mut Self {
        self.bytes.extend(encode_frame(self.seq, &Record::new(tick, self.lost, payload)));
        self.seq = self.seq.wrapping_add(1);
        self
    }

    /// A START block at `tick` that tells `levels`; heartbeats every 2^16 ticks.
    fn start(&mut self, tick: u64, levels: u32) -> &mut Self {
        let values = [1 | 1 << 8 | 8 << 16, HZ, 7, 3_000_000, 0x0FFF << 12 | levels, 2, 256 | 16 << 16, 0];
        for (page, value) in values.into_iter().enumerate() {
            self.push(tick + page as u64, Payload::Start(Start { page: page as u8, value }));
        }
        self
    }

    fn beat(&mut self, tick: u64, levels: u16) -> &mut Self {
        self.push(tick, Payload::Heartbeat(Heartbeat { tick, levels: LineSet::from_bits(levels), flags: 1 }))
    }

    fn edge(&mut self, tick: u64, levels: u16, changed: u16) -> &mut Self {
        self.push(tick, Payload::Edge(edge(levels, changed)))
    }

    fn timeline(&self) -> Timeline {
        let mut builder = Builder::new();
        builder.bytes(0, &self.bytes);
        builder.into_timeline()
    }
}

fn edge(levels: u16, changed: u16) -> Edge {
    Edge { levels: LineSet::from_bits(levels), changed: LineSet::from_bits(changed), age: 10 }
}

fn gap(start_tick: u64, end_tick: u64, cause: GapCause, lost: u64) -> Gap {
    Gap { start_tick, end_tick, cause, lost }
}

#[test]
fn a_clean_stream_has_no_gap_wherever_it_is_cut() {
    let mut board = Board::default();
    board.start(0, 1).beat(100, 1).edge(200, 0, 1).edge(300, 1, 1).beat(400, 1);
    for skipped in 0..19 {
        for left in 0..19 {
            let mut builder = Builder::new();
            builder.bytes(0, &board.bytes[skipped..board.bytes.len() - left]);
            let timeline = builder.into_timeline();
            assert_eq!(timeline.gaps(), [], "without the first {skipped} and the last {left} bytes");
        }
    }
    let timeline = board.timeline();
    assert_eq!(timeline.tick_hz(), Some(u64::from(HZ)));
    assert_eq!(timeline.track(Line::Rail0).level_at(189), Some(true));
    assert_eq!(timeline.track(Line::Rail0).level_at(190), Some(false));
    assert_eq!(timeline.track(Line::Rail0).level_at(290), Some(true));
    assert_eq!(timeline.problems(), []);
}

#[test]
fn missing_frames_reach_from_the_last_record_to_the_next_thing_known() {
    let mut board = Board::default();
    board.start(0, 1).beat(100, 1);
    board.seq = board.seq.wrapping_add(3);
    board.edge(500, 0, 1);
    assert_eq!(board.timeline().gaps(), [gap(100, 490, GapCause::Sequence, 3)]);
    assert_eq!(board.timeline().stats().lost_frames, 3);
}

#[test]
fn a_hit_frame_is_a_gap() {
    let mut board = Board::default();
    board.start(0, 1).beat(100, 1).edge(200, 0, 1).beat(300, 0);
    let hit = board.bytes.len() - 30;
    board.bytes[hit] ^= 0x40;
    assert_eq!(board.timeline().gaps(), [gap(100, 300, GapCause::Damage, 1)]);
}

#[test]
fn a_whole_turn_of_the_sequence_is_seen_by_the_records_counter() {
    let counter = |value| Payload::Counter(Counter { id: 2, value });
    let mut board = Board::default();
    board.start(0, 1).beat(100, 1).push(101, counter(9)).beat(200, 1);
    board.push(300, counter(11 + 256)).beat(400, 1);
    // The frames may be missing anywhere since the index was told before.
    assert_eq!(board.timeline().gaps(), [gap(101, 400, GapCause::Sequence, 256)]);
    assert_eq!(board.timeline().stats().lost_frames, 256);
}

#[test]
fn an_overrun_reaches_from_its_first_edge_to_its_end() {
    let end =
        |levels| Payload::OverrunEnd(OverrunEnd { levels: LineSet::from_bits(levels), last_lost_age: 5 });
    let mut board = Board::default();
    board.start(0, 1).beat(100, 1).push(210, Payload::OverrunBegin(edge(0, 1)));
    board.lost = 7;
    board.push(900, end(1)).beat(1000, 1);
    assert_eq!(board.timeline().gaps(), [gap(200, 900, GapCause::Overrun, 7)]);

    let mut board = Board::default();
    board
        .start(0, 1)
        .beat(100, 1)
        .push(210, Payload::OverrunBegin(edge(0, 1)))
        .push(900, Payload::OverrunEnd(OverrunEnd { levels: LineSet::EMPTY, last_lost_age: 700 }))
        .beat(1000, 0);
    assert_eq!(board.timeline().gaps(), [], "nothing was lost: the last edge is the one that began it");

    let mut board = Board::default();
    board.start(0, 1).beat(100, 1).push(210, Payload::OverrunBegin(edge(0, 1)));
    assert_eq!(board.timeline().gaps(), [gap(200, 210, GapCause::Overrun, 0)], "still running at the end");
}

/// 256 lost edges leave the count in the records and the levels as they were.
#[test]
fn a_whole_turn_of_the_loss_count_is_seen() {
    let lost = |value| Payload::Counter(Counter { id: 0, value });
    let end = |age| Payload::OverrunEnd(OverrunEnd { levels: LineSet::EMPTY, last_lost_age: age });
    let overrun = |told_before: Option<u32>, from: u64, to: u64, age, told_after: Option<u32>| {
        let mut board = Board::default();
        board.start(0, 1).beat(100, 1);
        if let Some(value) = told_before {
            board.push(101, lost(value));
        }
        board.push(from + 10, Payload::OverrunBegin(edge(0, 1)));
        // While it runs, heartbeats and counts come all the same; these say nothing yet.
        board.push(from + 11, lost(1000));
        board.push(to, end(age));
        if let Some(value) = told_after {
            board.push(to + 10, lost(value));
        }
        board.timeline().gaps().to_vec()
    };
    let open = ichiscope_wire::AGE_24_MAX;
    // The age of the last lost edge tells.
    assert_eq!(overrun(None, 200, 900, 5, None), [gap(200, 900, GapCause::Overrun, 0)]);
    assert_eq!(overrun(Some(7), 200, 900, 5, Some(7 + 256)), [gap(200, 900, GapCause::Overrun, 256)]);
    // The age is out of its range: the count tells, or its absence leaves it open.
    let (from, to) = (200, 200 + (1 << 17));
    assert_eq!(overrun(Some(7), from, to, open, Some(7)), []);
    assert_eq!(overrun(Some(7), from, to, open, Some(7 + 512)), [gap(from, to, GapCause::Overrun, 512)]);
    assert_eq!(overrun(Some(7), from, to, open, None), [gap(from, to, GapCause::Overrun, 0)]);
    assert_eq!(overrun(None, from, to, open, Some(7)), [gap(from, to, GapCause::Overrun, 0)]);
}

/// More than the records' eight bits hold: the count has the rest.
#[test]
fn the_count_has_what_the_records_cannot_hold() {
    let lost = |value| Payload::Counter(Counter { id: 0, value });
    let mut board = Board::default();
    board.start(0, 1).beat(100, 1).push(101, lost(u32::MAX)).push(210, Payload::OverrunBegin(edge(0, 1)));
    board.lost = 3;
    let end = OverrunEnd { levels: LineSet::EMPTY, last_lost_age: 5 };
    board.push(900, Payload::OverrunEnd(end)).beat(1000, 0).push(1001, lost(258)).push(1101, lost(258));
    assert_eq!(board.timeline().gaps(), [gap(200, 900, GapCause::Overrun, 259)]);

    let mut board = Board::default();
    board.start(0, 1).beat(100, 1).push(101, lost(5)).beat(200, 1).push(201, lost(5 + 256));
    assert_eq!(board.timeline().gaps(), [gap(101, 201, GapCause::Overrun, 256)], "without markers");
}

/// A board that restarts while edges are being lost: what was lost before is lost.
#[test]
fn an_overrun_that_a_restart_cuts_off() {
    let mut board = Board::default();
    board.start(0, 1).beat(50_000, 1).push(50_210, Payload::OverrunBegin(edge(0, 1))).beat(60_000, 0);
    let mut builder = Builder::new();
    builder.bytes(10_000_000_000, &board.bytes);
    let mut again = Board::default();
    again.start(3, 0).beat(2000, 0);
    builder.bytes(12_000_000_000, &again.bytes);
    let timeline = builder.into_timeline();
    let expected = [gap(50_200, 60_000, GapCause::Overrun, 0), gap(60_000, 2_060_004, GapCause::Restart, 0)];
    assert_eq!(timeline.gaps(), expected);
}

#[test]
fn levels_that_changed_without_an_edge() {
    let mut board = Board::default();
    board.start(0, 1).beat(100, 1).beat(200, 0);
    assert_eq!(board.timeline().gaps(), [gap(100, 200, GapCause::Levels, 0)]);
    let mut board = Board::default();
    board.start(0, 1).beat(100, 1).edge(200, 3, 2).edge(300, 2, 2);
    assert_eq!(board.timeline().gaps(), [gap(200, 290, GapCause::Levels, 0)]);
}

#[test]
fn silence_is_a_gap() {
    let mut board = Board::default();
    board.start(0, 1).beat(1 << 16, 1).beat(4 << 16, 1);
    assert_eq!(board.timeline().gaps(), [gap(1 << 16, 4 << 16, GapCause::Silence, 0)]);
}

/// The PC saw 2 s pass: at 1 MHz the new time base begins 2 000 000 ticks later; its fifth page tells the levels.
#[test]
fn a_restart_continues_the_axis_and_is_a_gap() {
    let mut board = Board::default();
    board.start(0, 1).beat(50_000, 1).edge(60_000, 0, 1);
    let mut builder = Builder::new();
    builder.bytes(10_000_000_000, &board.bytes);
    let mut again = Board::default();
    again.start(3, 1).beat(2000, 1).edge(3000, 0, 1);
    builder.bytes(12_000_000_000, &again.bytes);
    let timeline = builder.into_timeline();
    assert_eq!(timeline.gaps(), [gap(60_000, 2_060_004, GapCause::Restart, 0)]);
    assert_eq!(timeline.stats().restarts, 1);
    assert_eq!(timeline.span(), Some((4, 2_060_000 + 2997)));
    assert_eq!(timeline.track(Line::Rail0).entries().last().map(|e| e.tick()), Some(2_060_000 + 2987));
}

#[test]
fn breaks_told_by_the_link_are_gaps() {
    for (what, cause) in [
        (LinkBreak::ChipOverrun, GapCause::ChipOverrun),
        (LinkBreak::Lost, GapCause::LinkLost),
        (LinkBreak::Silent, GapCause::Silence),
        (LinkBreak::File, GapCause::File),
    ] {
        let mut board = Board::default();
        board.start(0, 1).beat(100, 1);
        let mut builder = Builder::new();
        builder.bytes(0, &board.bytes);
        builder.link_break(0, what);
        let mut more = Board { seq: board.seq, ..Board::default() };
        more.beat(300, 1);
        builder.bytes(0, &more.bytes);
        builder.link_break(0, what);
        assert_eq!(
            builder.into_timeline().gaps(),
            [gap(100, 300, cause, 0)],
            "and one at the very end: {what:?}"
        );
    }
}

#[test]
fn ticks_pass_the_48_bit_boundary() {
    let turn = 1u64 << 48;
    let mut board = Board::default();
    board.start(turn - 3000, 1).beat(turn - 2000, 1).edge(turn + 60, 0, 1).beat(turn + 500, 0).edge(
        turn + 900,
        1,
        1,
    );
    let timeline = board.timeline();
    assert_eq!(timeline.gaps(), []);
    let ticks: Vec<u64> = timeline.track(Line::Rail0).entries().iter().map(|e| e.tick()).collect();
    assert_eq!(ticks, [turn - 2996, turn + 50, turn + 890]);
}

/// Attached to a board that has been running for years: the first heartbeat tells the upper bits.
#[test]
fn the_upper_bits_come_from_the_first_heartbeat() {
    let base = 5u64 << 48;
    let mut board = Board::default();
    board.start(base + 10, 1).edge(base + 100, 0, 1).beat(base + 200, 0);
    let timeline = board.timeline();
    assert_eq!(timeline.span(), Some((base + 14, base + 200)));
    assert_eq!(timeline.gaps(), []);
}

#[test]
fn unknown_records_and_versions_are_problems() {
    let mut board = Board::default();
    board.start(0, 1).beat(100, 1).push(200, Payload::Unknown { kind: 13, data: 1 });
    assert_eq!(board.timeline().problems(), [Problem::UnknownRecords(1)]);
    assert_eq!(Board::default().timeline().problems(), [Problem::NoIdentity]);
}

#[test]
fn the_rate_of_an_imported_file_may_be_told_in_khz() {
    let mut board = Board::default();
    let start = [1 | 4 << 8 | 8 << 16 | 2 << 24, 1_000_000_000, 7, 0, 1 << 12 | 1, 0, 63 << 16, 0];
    for (page, value) in start.into_iter().enumerate() {
        board.push(0, Payload::Start(Start { page: page as u8, value }));
    }
    // 600 s in picoseconds, past the 48 bits of a record's tick: silence is no loss here.
    board.beat(0, 1).push(1 << 40, Payload::Edge(Edge { age: 0, ..edge(0, 1) }));
    board.beat(600_000_000_000_000, 0);
    let timeline = board.timeline();
    assert_eq!(
        (timeline.tick_hz(), timeline.span()),
        (Some(1_000_000_000_000), Some((0, 600_000_000_000_000)))
    );
    assert_eq!((timeline.gaps(), timeline.problems()), (&[][..], vec![]));
    assert!(timeline.identity().is_some_and(|i| i.is_imported() && !i.is_simulated()));

    let mut builder = Builder::new();
    builder.bytes(0, &board.bytes[..9 * 19]);
    builder.link_break(0, LinkBreak::Lost);
    builder.bytes(0, &board.bytes[9 * 19..]);
    let timeline = builder.into_timeline();
    assert_eq!(timeline.gaps(), [gap(0, 1 << 40, GapCause::NotInFile, 0)]);
}

/// A board that was unplugged and started again may have counted beyond its last tick before it is opened again. It was
/// up for 50 ms, away for 20 s, and has been up for 1 s: its ticks go on and yet are another count.
#[test]
fn a_restart_behind_a_break_is_known_by_the_time_that_passed() {
    let mut board = Board::default();
    board.start(0, 1).beat(50_000, 1);
    let mut builder = Builder::new();
    builder.bytes(10_000_000_000, &board.bytes);
    builder.link_break(10_000_000_000, LinkBreak::Lost);
    let mut again = Board::default();
    again.edge(1_000_100, 0, 1).beat(1_002_000, 0).edge(1_003_000, 1, 1);
    builder.bytes(30_000_000_000, &again.bytes);
    let timeline = builder.into_timeline();
    assert_eq!(timeline.gaps(), [gap(50_000, 20_050_000 - 10, GapCause::Restart, 0)]);
    let ticks: Vec<u64> = timeline.track(Line::Rail0).entries().iter().map(|e| e.tick()).collect();
    assert_eq!(ticks, [4, 20_050_000 - 10, 20_050_000 + 2900 - 10]);
}

/// The same for a board that had been up for more than half of the 48 bits: 2^47 ticks.
#[test]
fn a_restart_behind_a_break_is_no_turn_of_the_48_bits() {
    let base = (1u64 << 47) + (1 << 20);
    let mut board = Board::default();
    board.start(base, 1).beat(base + 100, 1);
    let mut builder = Builder::new();
    builder.bytes(10_000_000_000, &board.bytes);
    builder.link_break(10_000_000_000, LinkBreak::Lost);
    let mut again = Board::default();
    again.start(3, 1).edge(500, 0, 1).beat(1000, 0);
    builder.bytes(12_000_000_000, &again.bytes);
    let timeline = builder.into_timeline();
    assert_eq!(timeline.gaps(), [gap(base + 100, base + 100 + 2_000_000 + 4, GapCause::Restart, 0)]);
    let last = timeline.track(Line::Rail0).entries().last().map(|e| e.tick());
    assert_eq!(last, Some(base + 100 + 2_000_000 + 487));
}

/// Days without a board, and a PC's clock that is 100 ppm off: no restart.
#[test]
fn a_long_break_without_a_restart_stays_one_count() {
    let mut board = Board::default();
    board.start(99_990_000, 1).beat(100_000_000, 1);
    let mut builder = Builder::new();
    builder.bytes(10_000_000_000, &board.bytes);
    builder.link_break(10_000_000_000, LinkBreak::Lost);
    let days = 3 * 86_400_000_000_u64;
    let mut more = Board { seq: 77, ..Board::default() };
    more.beat(100_000_000 + days, 1).beat(100_000_000 + days + 100, 1);
    builder.bytes(10_000_000_000 + days * 1000 + days / 10, &more.bytes);
    let timeline = builder.into_timeline();
    let [lost] = timeline.gaps() else { panic!("{:?}", timeline.gaps()) };
    assert_eq!(
        (lost.start_tick, lost.end_tick, lost.cause),
        (100_000_000, 100_000_000 + days, GapCause::LinkLost)
    );
}
