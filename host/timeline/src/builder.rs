//! Bytes and link events in, a [`Timeline`] out, step by step. Every loss becomes a gap here.

mod adc;
mod losses;
mod overruns;

use std::path::Path;
use std::sync::Arc;

use ichiscope_wire::{
    ACK_AGE_MAX, AGE_24_MAX, Configuration, CounterId, Decoder, Edge, Event, FLAG_FRAMING_ERROR,
    FLAG_LOST_BEFORE, Frame, Heartbeat, LINK_TEST_FIRST, LineSet, OLDEST_PROTOCOL_VERSION, OverrunEnd,
    PROTOCOL_VERSION, Payload, Register, StartBlock, StartCollector, StartPage, Status, link_test_next,
    protocol_of,
};

use adc::{Adc, side_loss};
use losses::Told;
use overruns::{Lost, Overruns};

use crate::unwrap::{Unwrapped, Unwrapper};
use crate::{Ack, ConsoleByte, Gap, GapCause, LinkTestRun, Note, Problem, SideLossKind, Timeline, Track};

/// Frames held back until a heartbeat has told the upper bits of the tick: more than any board sends between two.
const MAX_HELD: usize = 1 << 16;

/// The longest deglitch time that any board can be set to, ticks.
const DEGLITCH_MAX: u64 = 1023;

/// Host receive times may be late by this much, ns.
const CLOCK_TOLERANCE_NS: u128 = 2_000_000_000;
/// The PC's clock and the board's may differ by one part in so many: 200 ppm.
const CLOCK_TOLERANCE_SHARE: u128 = 5_000;

/// A break of the link, told by the link itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkBreak {
    /// The USB chip lost bytes.
    ChipOverrun,
    /// The device was away.
    Lost,
    /// The device was there and said nothing.
    Silent,
    /// The file is damaged here.
    File,
    /// The live view was behind.
    NotShown,
}

impl LinkBreak {
    const fn cause(self) -> GapCause {
        match self {
            LinkBreak::ChipOverrun => GapCause::ChipOverrun,
            LinkBreak::Lost => GapCause::LinkLost,
            LinkBreak::Silent => GapCause::Silence,
            LinkBreak::File => GapCause::File,
            LinkBreak::NotShown => GapCause::NotShown,
        }
    }
}

/// What the last good record left behind.
#[derive(Clone, Copy, Debug)]
struct Last {
    seq: u8,
    lost: u8,
    /// On the axis.
    tick: u64,
}

/// Builds a [`Timeline`] from bytes as they arrive.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    decoder: Decoder,
    timeline: Timeline,
    collector: StartCollector,
    /// Frames before the first heartbeat, at the beginning and after a break, with their host receive times.
    held: Vec<(Frame, u64)>,
    /// None before the first heartbeat.
    unwrapper: Option<Unwrapper>,
    /// The board's tick before the break behind which frames are held.
    before_break: Option<u64>,
    /// Axis tick minus board tick; moves on at a restart.
    offset: i128,
    last: Option<Last>,
    /// The levels of all lines by the last record that told them: what the tracks end with.
    levels: Option<LineSet>,
    /// Why the next record cannot be joined to the last one.
    broken: Option<GapCause>,
    /// Board's index of the next record, once a RECORDS counter told it.
    next_index: Option<u32>,
    /// When a RECORDS counter told it last.
    indexed_tick: u64,
    /// A gap that lasts until a record tells the levels again.
    unsettled: Option<Gap>,
    /// Where it cannot end before: the deglitchers began anew with another time.
    settles_from: u64,
    /// When the deglitch time was set, until START tells to what.
    deglitch_set: Option<u64>,
    /// When the last command that changes the configuration took effect, until START tells it.
    set_at: Option<u64>,
    adc: Adc,
    console_told: Told,
    /// The link test's next state.
    link_test_next: Option<u64>,
    overruns: Overruns,
    /// Host receive time of the bytes in hand and of the last record, ns.
    host_ns: u64,
    last_host_ns: u64,
}

impl Builder {
    /// An empty axis.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty axis whose edges and envelope go into files without a name in `folder` once they are many; it is made then.
    pub fn overflowing_into(folder: &Path) -> Self {
        let folder: Arc<Path> = folder.into();
        let mut builder = Self::default();
        builder.timeline.tracks = std::array::from_fn(|_| Track::overflowing_into(Arc::clone(&folder)));
        builder.adc = Adc::overflowing_into(folder);
        builder
    }

    /// A builder that holds a finished axis.
    pub fn of(timeline: Timeline) -> Self {
        Builder { timeline, ..Self::default() }
    }

    /// The axis so far.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Takes device bytes that the host received at `host_ns`.
    ///
    /// The host's time is used only behind a break: whether the board started again, and how long it was away then.
    pub fn bytes(&mut self, host_ns: u64, bytes: &[u8]) {
        self.host_ns = host_ns;
        self.timeline.stats.bytes += bytes.len() as u64;
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.push(bytes, |event| self.event(event));
        self.decoder = decoder;
    }

    /// The link broke before the next bytes.
    pub fn link_break(&mut self, host_ns: u64, what: LinkBreak) {
        self.host_ns = host_ns;
        self.timeline.stats.chip_overruns += u64::from(what == LinkBreak::ChipOverrun);
        let imported = self.timeline.is_imported();
        let cause = if imported && what == LinkBreak::Lost { GapCause::NotInFile } else { what.cause() };
        self.broken.get_or_insert(cause);
        if what != LinkBreak::ChipOverrun
            && !imported
            && let Some(unwrapper) = self.unwrapper.take()
        {
            self.before_break = Some(unwrapper.last());
        }
    }

    /// A remark at a tick of the axis; without one, at the last tick known.
    pub fn note(&mut self, tick: Option<u64>, kind: &str, text: &str) {
        let tick = tick.or(self.last.map(|l| l.tick)).unwrap_or(0);
        let at = self.timeline.notes.partition_point(|n| n.tick <= tick);
        self.timeline.notes.insert(at, Note { tick, kind: kind.to_owned(), text: text.to_owned() });
    }

    /// No more bytes will come: frames still held back are taken as they are, and a break at the end becomes a gap.
    pub fn finish(&mut self) {
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.finish(|event| self.cut_off(event));
        self.decoder = decoder;
        self.release(None);
        if let (Some(cause), Some(last)) = (self.broken.take(), self.last) {
            self.break_off(last.tick, cause, 0);
        }
        if let Some(last) = self.last {
            self.settles_from = 0;
            self.settle(last.tick);
            self.adc.finish(&mut self.timeline, last.tick);
        }
        if let Some(last) = self.last {
            self.finish_overruns(last.tick);
        }
    }

    /// The finished axis.
    pub fn into_timeline(mut self) -> Timeline {
        self.finish();
        self.timeline
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Frame(frame) => self.frame(frame),
            Event::Damage { bytes, .. } => self.damage(bytes),
        }
    }

    /// Bytes after the last delimiter. Recording stops in the middle of a frame as a rule: that is no loss.
    fn cut_off(&mut self, event: Event) {
        match event {
            Event::Damage { bytes, .. } if bytes < ichiscope_wire::FRAME_LEN as u64 => {}
            event => self.event(event),
        }
    }

    fn damage(&mut self, bytes: u64) {
        let joined_mid_frame =
            self.last.is_none() && self.held.is_empty() && self.timeline.stats.damaged_bytes == 0;
        if !joined_mid_frame || bytes > ichiscope_wire::FRAME_LEN as u64 {
            self.timeline.stats.damaged_bytes += bytes;
            self.broken.get_or_insert(GapCause::Damage);
        }
    }

    fn frame(&mut self, frame: Frame) {
        self.timeline.stats.frames += 1;
        if self.unwrapper.is_some() {
            self.record(frame);
            return;
        }
        self.held.push((frame, self.host_ns));
        match frame.record.payload() {
            Payload::Heartbeat(h) => self.release(Some(h.tick)),
            _ if self.held.len() >= MAX_HELD => self.release(None),
            _ => {}
        }
    }

    /// Takes the frames held back, whose upper tick bits are those of `full_tick` (or one turn less); without it, those
    /// of the tick before the break.
    fn release(&mut self, full_tick: Option<u64>) {
        let held = std::mem::take(&mut self.held);
        let Some((first, first_ns)) = held.first().copied() else { return };
        let before = self.before_break.take();
        let start = match (full_tick, before) {
            (Some(full), _) => first_tick(full, first.record.tick),
            (None, Some(before)) => before,
            (None, None) => first.record.tick,
        };
        let now_ns = std::mem::replace(&mut self.host_ns, first_ns);
        self.unwrapper = Some(Unwrapper::new(start));
        if before.is_some_and(|before| full_tick.is_some() && self.has_restarted(before, start)) {
            self.restart(start);
        }
        for (frame, host_ns) in held {
            self.host_ns = host_ns;
            self.record(frame);
        }
        self.host_ns = now_ns;
    }

    /// Whether a board whose tick was `before` when the link broke started again before it was `start`: its ticks went
    /// back, or went on by much less than the time that the host saw pass.
    fn has_restarted(&self, before: u64, start: u64) -> bool {
        let (Some(passed), Some(hz)) = (start.checked_sub(before), self.timeline.tick_hz()) else {
            return start < before;
        };
        let passed_ns = u128::from(passed) * 1_000_000_000 / u128::from(hz);
        let seen_ns = u128::from(self.host_ns.saturating_sub(self.last_host_ns));
        seen_ns > passed_ns + CLOCK_TOLERANCE_NS + seen_ns / CLOCK_TOLERANCE_SHARE
    }

    fn record(&mut self, frame: Frame) {
        let Some(unwrapper) = &mut self.unwrapper else { return };
        let payload = frame.record.payload();
        let unwrapped = unwrapper.next(frame.record.tick, &payload);
        let tick = self.place(unwrapped);
        let turned = self.turns_lost(&frame, tick, payload);
        if let Some(cause) = self.join(&frame, tick, payload).or(turned.map(|_| GapCause::Sequence)) {
            let lost = self.missing(&frame, cause);
            // Where a file lacks its beginning, nobody knows how long that was.
            self.break_off(self.last.map_or(tick, |last| last.tick), cause, lost);
            if let Some((since, frames)) = turned {
                self.timeline.stats.lost_frames += frames;
                self.break_off(since, cause, frames);
            }
            if !matches!(cause, GapCause::Overrun | GapCause::Levels | GapCause::Silence) {
                self.adc.lose_frames(&mut self.timeline, tick);
                let open = self.overruns.forget();
                self.edges_lost(open);
            }
        }
        if let Some(levels_from) = levels_known_from(tick, payload) {
            self.settle(levels_from);
        }
        self.last = Some(Last { seq: frame.seq, lost: frame.record.lost, tick });
        self.last_host_ns = self.host_ns;
        self.payload(tick, frame.record.lost, payload);
    }

    /// The tick on the axis. A restart continues the axis by the time the host saw pass, and at least by one tick.
    fn place(&mut self, unwrapped: Unwrapped) -> u64 {
        let board_tick = match unwrapped {
            Unwrapped::Forward(tick) => tick,
            Unwrapped::Restart(tick) => {
                self.restart(tick);
                tick
            }
        };
        (i128::from(board_tick) + self.offset).clamp(0, 1 << 62) as u64
    }

    /// A new time base begins with `tick`.
    fn restart(&mut self, tick: u64) {
        let last = self.last.map_or(0, |l| l.tick);
        let away_ns = u128::from(self.host_ns.saturating_sub(self.last_host_ns));
        let hz = u128::from(self.timeline.tick_hz().unwrap_or(1));
        let away = (away_ns * hz / 1_000_000_000).max(1);
        self.offset = i128::from(last) + away as i128 - i128::from(tick);
        self.timeline.stats.restarts += 1;
        self.broken = Some(GapCause::Restart);
        self.next_index = None;
        self.finish_overruns(last);
        self.settles_from = 0;
        self.deglitch_set = None;
        self.set_at = None;
        self.console_told = Told::default();
        self.link_test_next = None;
        self.adc.restart(&mut self.timeline, last);
    }

    /// Why this record cannot be joined to the last one, if so; of the first record, to what a damaged file lacks before it.
    fn join(&mut self, frame: &Frame, tick: u64, payload: Payload) -> Option<GapCause> {
        let broken = self.broken.take();
        let Some(last) = self.last else { return broken.filter(|cause| *cause == GapCause::File) };
        let mut cause = broken;
        if frame.seq != last.seq.wrapping_add(1) {
            cause = cause.or(Some(GapCause::Sequence));
        }
        let lost = frame.record.lost.wrapping_sub(last.lost);
        if !self.overruns.is_running() && lost != 0 && cause.is_none() {
            self.overruns.moved(lost);
            cause = Some(GapCause::Overrun);
        }
        if self.is_silence(tick - last.tick) {
            cause = cause.or(Some(GapCause::Silence));
        }
        if cause.is_none() && self.levels_disagree(payload) {
            cause = Some(GapCause::Levels);
        }
        cause
    }

    /// The records' numbers are their index modulo 256: what a RECORDS counter knows of that they do not show, since when, and how many.
    fn turns_lost(&mut self, frame: &Frame, tick: u64, payload: Payload) -> Option<(u64, u64)> {
        if self.last.is_some_and(|last| frame.seq != last.seq.wrapping_add(1)) {
            self.next_index = None;
        }
        let expected = self.next_index;
        let told = match payload {
            Payload::Counter(c) if c.id == CounterId::Records as u8 => Some(c.value),
            _ => None,
        };
        self.next_index = told.or(expected).map(|i| i.wrapping_add(1));
        let frames = told?.wrapping_sub(expected.unwrap_or(told?));
        let since = std::mem::replace(&mut self.indexed_tick, tick);
        (frames != 0).then_some((since, frames.into()))
    }

    fn is_silence(&self, ticks: u64) -> bool {
        let Some(identity) = self.timeline.identity else { return false };
        let period = 1u64.checked_shl(u32::from(identity.heartbeat_log2)).unwrap_or(u64::MAX);
        ticks > period.saturating_mul(2)
    }

    fn levels_disagree(&self, payload: Payload) -> bool {
        let before = match payload {
            Payload::Heartbeat(h) => h.levels,
            Payload::Edge(e) | Payload::OverrunBegin(e) => e.levels.symmetric_difference(e.changed),
            Payload::Start(s) if s.page == StartPage::Lines as u8 => LineSet::from_bits(s.value as u16),
            _ => return false,
        };
        self.unsettled.is_none() && self.levels.is_some_and(|levels| levels != before)
    }

    /// Frames missing by their number; after a restart the numbers begin anew.
    fn missing(&mut self, frame: &Frame, cause: GapCause) -> u64 {
        let Some(last) = self.last.filter(|_| cause != GapCause::Restart) else { return 0 };
        let frames = u64::from(frame.seq.wrapping_sub(last.seq).wrapping_sub(1));
        self.timeline.stats.lost_frames += frames;
        frames
    }

    fn payload(&mut self, tick: u64, lost: u8, payload: Payload) {
        match payload {
            Payload::Start(start) => self.start(tick, start),
            Payload::Heartbeat(h) => self.heartbeat(tick, h),
            Payload::Counter(c) => self.counter(tick, c),
            Payload::Edge(e) => self.edge(tick, e),
            Payload::OverrunBegin(e) => {
                self.edge(tick, e);
                self.overruns.begin(tick.saturating_sub(u64::from(e.age)), lost);
            }
            Payload::OverrunEnd(end) => self.overrun_end(tick, lost, end),
            Payload::Ack(ack) => self.ack(tick, ack),
            Payload::Console(console) => self.console(tick, console),
            Payload::Envelope(envelope) => {
                self.adc.envelope(&mut self.timeline, tick, envelope);
                self.known(tick);
            }
            Payload::Window(page) => {
                self.adc.window(&mut self.timeline, tick, page);
                self.known(tick);
            }
            Payload::Samples(samples) => {
                self.adc.samples(&mut self.timeline, samples);
                self.known(tick);
            }
            Payload::LinkTest(state) => self.link_test(tick, state),
            Payload::Unknown { .. } => {
                self.timeline.stats.unknown_records += 1;
                self.known(tick);
            }
        }
    }

    fn start(&mut self, tick: u64, start: ichiscope_wire::Start) {
        if start.page == StartPage::Lines as u8 {
            self.observe(tick, LineSet::from_bits(start.value as u16));
        }
        let known = OLDEST_PROTOCOL_VERSION..=PROTOCOL_VERSION;
        if let Some(version) = protocol_of(start).filter(|v| !known.contains(v)) {
            self.problem(Problem::Protocol(version));
        }
        if let Some(block) = self.collector.push(start) {
            self.start_block(tick, &block);
        }
    }

    fn start_block(&mut self, tick: u64, block: &StartBlock) {
        let StartBlock { is_first, identity, configuration, .. } = *block;
        match self.timeline.identity {
            Some(old) if old != identity => self.problem(Problem::Changed),
            Some(_) => {}
            None => self.timeline.identity = Some(identity),
        }
        if is_first {
            self.console_told.power_up(tick);
            self.overruns.power_up(tick);
            self.adc.power_up(tick);
        }
        let effect = self.set_at.take();
        let before = self.timeline.configuration().copied();
        let deglitch_before = before.map(|set| set.deglitch_ticks).filter(|_| !is_first);
        self.deglitch_is(tick, configuration.deglitch_ticks, deglitch_before);
        // A command that is known took effect where its ACK says; one that is not known may have come any time.
        let as_before = effect.is_some() || before.is_none_or(|set| read_alike(&set, &configuration));
        self.adc.start(&mut self.timeline, tick, as_before);
        if before != Some(configuration) {
            self.timeline.configurations.push((effect.unwrap_or(tick), configuration));
        }
        self.adc.release(&mut self.timeline);
    }

    /// START tells the deglitch time. If it changed, the lines are known again one such time after the effect.
    fn deglitch_is(&mut self, tick: u64, ticks: u16, before: Option<u16>) {
        if let Some(effect) = self.deglitch_set.take() {
            self.settles_from = effect + u64::from(ticks);
        } else if before.is_some_and(|before| before != ticks) {
            // The ACK was lost: it took effect in a gap, or right after it.
            let start = self.timeline.gaps.last().map_or(0, |gap| gap.start_tick);
            self.break_off(start, GapCause::Reconfigured, 0);
            self.settles_from = tick + u64::from(ticks);
        }
    }

    fn counter(&mut self, tick: u64, counter: ichiscope_wire::Counter) {
        let stats = &mut self.timeline.stats;
        match counter.id {
            0 => {
                stats.lost_edges = u64::from(counter.value);
                let found = self.overruns.counter(tick, counter.value);
                self.edges_lost(found);
            }
            1 => stats.glitches = u64::from(counter.value),
            id if id == CounterId::ConsoleLost as u8 => {
                let (since, count) = self.console_told.next(tick, u64::from(counter.value), 32);
                side_loss(&mut self.timeline, SideLossKind::Console, since, tick, count);
            }
            _ => self.adc.counter(&mut self.timeline, tick, counter),
        }
        self.known(tick);
    }

    fn ack(&mut self, tick: u64, ack: ichiscope_wire::Ack) {
        let ichiscope_wire::Ack { seq, register, status, age } = ack;
        let effect = tick.saturating_sub(u64::from(age));
        let is_late = age == ACK_AGE_MAX;
        self.timeline.acks.push(Ack { tick: effect, is_late, seq, register, status });
        self.known(tick);
        let Some(done) = Register::from_code(register).filter(|_| status == Status::Done) else { return };
        if done.is_followed_by_start() {
            self.set_at = Some(effect);
        }
        if done == Register::Envelope {
            self.adc.envelope_was_set();
        }
        if done == Register::Deglitch {
            let before = self.timeline.configuration().map_or(DEGLITCH_MAX, |set| set.deglitch_ticks.into());
            // An age that was cut off leaves open how long ago it took effect.
            let earliest = if is_late { 0 } else { effect.saturating_sub(before) };
            self.break_off(earliest, GapCause::Reconfigured, 0);
            self.settles_from = effect + DEGLITCH_MAX;
            self.deglitch_set = Some(effect);
        }
    }

    fn console(&mut self, tick: u64, console: ichiscope_wire::Console) {
        self.timeline.console.push(ConsoleByte {
            tick: tick.saturating_sub(u64::from(console.age)),
            byte: console.byte,
            framing_error: console.flags & FLAG_FRAMING_ERROR != 0,
            lost_before: console.flags & FLAG_LOST_BEFORE != 0,
            is_late: console.age == AGE_24_MAX,
        });
        self.known(tick);
    }

    fn link_test(&mut self, tick: u64, state: u64) {
        let expected = self.link_test_next.replace(link_test_next(state));
        let runs = &mut self.timeline.link_tests;
        match runs.last_mut() {
            Some(run) if expected.is_some() && state != LINK_TEST_FIRST => {
                run.end_tick = tick;
                run.records += 1;
                run.errors += u64::from(expected != Some(state));
            }
            _ => runs.push(LinkTestRun { start_tick: tick, end_tick: tick, records: 1, errors: 0 }),
        }
        self.known(tick);
    }

    fn problem(&mut self, problem: Problem) {
        if !self.timeline.problems.contains(&problem) {
            self.timeline.problems.push(problem);
        }
    }

    fn heartbeat(&mut self, tick: u64, h: Heartbeat) {
        self.observe(tick, h.levels);
    }

    fn edge(&mut self, tick: u64, e: Edge) {
        let at = tick.saturating_sub(u64::from(e.age));
        self.observe(at, e.levels.symmetric_difference(e.changed));
        for line in e.changed.iter() {
            self.timeline.tracks[line.index()].cross(at, e.levels.contains(line));
        }
        self.levels = Some(e.levels);
        self.known(tick);
    }

    fn overrun_end(&mut self, tick: u64, lost: u8, end: OverrunEnd) {
        let found = self.overruns.end(tick, lost, end.last_lost_age);
        self.edges_lost(found);
        self.observe(tick, end.levels);
    }

    fn finish_overruns(&mut self, last_tick: u64) {
        for lost in std::mem::take(&mut self.overruns).finish(last_tick) {
            self.edges_lost(Some(lost));
        }
    }

    fn edges_lost(&mut self, found: Option<Lost>) {
        if let Some(Lost { start_tick, end_tick, edges }) = found {
            self.gap(start_tick, end_tick, GapCause::Overrun, edges);
        }
    }

    fn observe(&mut self, tick: u64, levels: LineSet) {
        // The lines rarely change from one record to the next; then no track has to be looked at.
        let other = self.levels.map_or(LineSet::ALL, |known| known.symmetric_difference(levels));
        for line in other.iter() {
            self.timeline.tracks[line.index()].observe(tick, levels.contains(line));
        }
        self.levels = Some(levels);
        self.known(tick);
    }

    fn known(&mut self, tick: u64) {
        let span = self.timeline.span.get_or_insert((tick, tick));
        span.1 = span.1.max(tick);
    }

    /// From `start_tick` on nothing is known.
    fn break_off(&mut self, start_tick: u64, cause: GapCause, lost: u64) {
        match &mut self.unsettled {
            Some(gap) => {
                gap.lost += lost;
                gap.start_tick = gap.start_tick.min(start_tick);
                if gap.cause == GapCause::Reconfigured {
                    gap.cause = cause;
                }
            }
            None => self.unsettled = Some(Gap { start_tick, end_tick: start_tick, cause, lost }),
        }
    }

    /// At `tick` the levels are known again.
    fn settle(&mut self, tick: u64) {
        if let Some(gap) = self.unsettled.take_if(|_| tick >= self.settles_from) {
            self.gap(gap.start_tick, tick.max(gap.start_tick), gap.cause, gap.lost);
        }
    }

    fn gap(&mut self, start_tick: u64, end_tick: u64, cause: GapCause, lost: u64) {
        let gaps = &mut self.timeline.gaps;
        match gaps.last_mut() {
            Some(g) if g.cause == cause && (g.start_tick..=g.end_tick).contains(&start_tick) => {
                g.end_tick = g.end_tick.max(end_tick);
                g.lost += lost;
            }
            // One that is settled late may have begun before others.
            _ => {
                let at = gaps.partition_point(|g| g.start_tick <= start_tick);
                gaps.insert(at, Gap { start_tick, end_tick, cause, lost });
            }
        }
        self.known(end_tick);
    }
}

/// The full tick of the first frame held back, whose low bits are `low`, when a later heartbeat told `full`.
fn first_tick(full: u64, low: u64) -> u64 {
    let turn = 1 << ichiscope_wire::TICK_BITS;
    let start = full & !(turn - 1) | low;
    if start > full && full >= turn { start - turn } else { start }
}

/// Whether envelopes and windows are read in the same way with both.
fn read_alike(a: &Configuration, b: &Configuration) -> bool {
    (a.ticks_per_sample, a.envelope_log2) == (b.ticks_per_sample, b.envelope_log2)
}

/// From which tick on a record tells all levels, if it does.
fn levels_known_from(tick: u64, payload: Payload) -> Option<u64> {
    match payload {
        Payload::Edge(e) | Payload::OverrunBegin(e) => Some(tick.saturating_sub(u64::from(e.age))),
        Payload::Heartbeat(_) | Payload::OverrunEnd(_) => Some(tick),
        Payload::Start(s) => (s.page == StartPage::Lines as u8).then_some(tick),
        _ => None,
    }
}
