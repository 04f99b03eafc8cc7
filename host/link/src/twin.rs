//! The twin: a behavioural model of the gateware that gives the same bytes.
//!
//! It is event-driven: clocks in which no register of the gateware's arbiter can change are skipped, so a quarter of
//! an hour of device time costs milliseconds. `docs/gateware.md` explains the pipeline whose delays are the constants
//! here; `hdl/tests` holds the twin against the gateware byte for byte.

mod commander;
mod config;
mod console;
mod deglitch;
mod envelope;
mod pins;
mod receiver;
mod report;
mod samples;
mod script;
mod sender;
mod windows;

use ichiscope_wire::{
    AdcLost, Command, Configuration, Edge, LINK_TEST_FIRST, Line, LineSet, OverrunEnd, Payload, Record,
    Register, Request, SAMPLE_INDEX_BITS, SamplePoint, Status, link_test_next,
};

use commander::{Answer, Commander};
use console::ConsoleSlot;
use deglitch::Deglitcher;
use envelope::Envelopes;
use receiver::Receiver;
use report::{Reporter, Snapshot};
use samples::Samples;
use sender::Sender;
use windows::Windows;

pub use config::{AdcConfig, Config};
pub use pins::Pins;
pub use script::{Pace, Script, TwinTransport};

/// Clocks from power-up to the first one in which the gateware runs: two flip-flops that synchronise the PLL's lock,
/// and one that takes over the pins' levels.
const SETTLE_CLOCKS: u64 = 3;
/// Clocks from a pin's sample to the arbiter's decision about it, apart from the deglitch time: two synchroniser
/// flip-flops, the deglitcher's output register, the arbiter's input register.
const PIPELINE_CLOCKS: u64 = 4;
/// Clocks from a pin's sample to the deglitcher's decision about it.
const SYNCHRONISER_CLOCKS: u64 = 2;
/// Clocks from a self-test's clock of effect to the pin's first sample of the output.
const TEST_CLOCKS: u64 = 2;
/// Clocks from one LINK_TEST record to the next, and from the command to the first.
const LINK_TEST_CLOCKS: u64 = 2;
const LAST_LOST_AGE_MAX: u64 = (1 << 24) - 1;
/// Records in the FIFO with which an envelope, a window or the link test may still add one.
const NEARLY_EMPTY: usize = 3;
/// The lines whose crossings get a window.
const CROSSINGS: LineSet = LineSet::from_bits(7).with(Line::Adc, true);

/// The model of one gateware. Clock n is the n-th rising edge of its clock, counted from 0.
#[derive(Clone, Debug)]
pub struct Twin {
    config: Config,
    set: Configuration,
    pins: Pins,
    lines: Deglitcher,
    reporter: Reporter,
    sender: Sender,
    /// The first clock that is not yet decided.
    clock: u64,
    lost: u32,
    glitches: u32,
    records: u32,
    overrun: Option<Overrun>,
    rxd: Receiver,
    commander: Commander,
    console_receiver: Receiver,
    console: ConsoleSlot,
    adc: Option<Adc>,
    link_test: Option<LinkTest>,
    /// The last clock in which the self-test's pulse runs.
    pulse_until: u64,
}

/// An overrun that has begun and not ended.
#[derive(Clone, Copy, Debug)]
struct Overrun {
    /// The clock of the decision about the last lost edge; before one is lost, about OVERRUN_BEGIN's edge.
    last_lost: u64,
    /// That edge's age then.
    age: u16,
}

/// The ADC and what is made of its samples.
#[derive(Clone, Debug)]
struct Adc {
    samples: Samples,
    envelopes: Envelopes,
    windows: Windows,
    /// Index of the sample that is counted as 0.
    first_index: u64,
}

/// A link test that runs.
#[derive(Clone, Copy, Debug)]
struct LinkTest {
    state: u64,
    left: u32,
    /// The first clock in which the next record is on offer.
    from: u64,
}

/// Who has something to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaker {
    Reporter,
    Answer,
    Console,
    Envelope,
    Window,
    LinkTest,
}

impl Twin {
    /// A gateware at power-up with `pins` at clock 0.
    pub fn new(config: Config, pins: impl Into<Pins>) -> Twin {
        Twin::with_test_wired(config, pins, LineSet::EMPTY)
    }

    /// The same with a wire from the output `test` to these lines.
    pub fn with_test_wired(config: Config, pins: impl Into<Pins>, driven: LineSet) -> Twin {
        let pins = pins.into();
        let driven = if config.self_test { driven } else { LineSet::EMPTY };
        let count = config.start_count;
        let clocks_per_bit = if config.commands { config.clocks_per_bit } else { 0 };
        Twin {
            set: config.at_power_up(),
            lines: Deglitcher::new(u64::from(config.deglitch_ticks), config.wired, driven, pins.lines),
            reporter: Reporter::new(&config),
            sender: Sender::new(u64::from(config.clocks_per_bit), pins.cts),
            clock: SETTLE_CLOCKS,
            lost: count,
            glitches: count,
            records: count,
            overrun: None,
            rxd: Receiver::new(SETTLE_CLOCKS, clocks_per_bit, pins.rxd),
            commander: Commander::default(),
            console_receiver: Receiver::new(SETTLE_CLOCKS, 0, pins.console),
            console: ConsoleSlot::new(if config.console { count } else { 0 }),
            adc: config.adc.map(|adc| Adc::new(adc, &config, pins.adc)),
            link_test: None,
            pulse_until: 0,
            pins,
            config,
        }
    }

    /// The lines have these levels at rising edge `clock` and later.
    ///
    /// Clocks must not go back; a change for a clock whose sample has been decided takes effect with the next sample.
    pub fn set_levels(&mut self, clock: u64, levels: LineSet) {
        self.set_pins(clock, Pins { lines: levels, ..self.pins });
    }

    /// The pins are so at rising edge `clock` and later; as [`Twin::set_levels`].
    pub fn set_pins(&mut self, clock: u64, pins: Pins) {
        let before = std::mem::replace(&mut self.pins, pins);
        let undecided = |clocks: u64| clock.max(self.clock.saturating_sub(clocks));
        if before.lines != pins.lines {
            self.lines.set_levels(undecided(PIPELINE_CLOCKS), pins.lines);
        }
        if before.rxd != pins.rxd {
            self.rxd.set(undecided(SYNCHRONISER_CLOCKS), pins.rxd);
        }
        if before.console != pins.console {
            self.console_receiver.set(undecided(SYNCHRONISER_CLOCKS), pins.console);
        }
        if before.cts != pins.cts {
            self.sender.set_cts(undecided(SYNCHRONISER_CLOCKS), pins.cts);
        }
        if before.adc != pins.adc
            && let Some(adc) = &mut self.adc
        {
            adc.samples.set(undecided(0), pins.adc);
        }
    }

    /// What the pins were last set to.
    pub fn pins(&self) -> Pins {
        self.pins
    }

    /// Runs all rising edges before `clock` and appends every byte whose stop bit has been sampled by then.
    pub fn run_to(&mut self, clock: u64, bytes: &mut Vec<u8>) {
        while let Some(next) = self.next_clock().filter(|next| *next < clock) {
            self.clock = next;
            self.decide();
            self.clock += 1;
        }
        self.clock = self.clock.max(clock);
        self.sender.take_bytes(clock, bytes);
    }

    /// The next clock in which a register of the arbiter may change, at or after `self.clock`.
    fn next_clock(&mut self) -> Option<u64> {
        let now = self.clock;
        let lines = self.lines.next_sample().map(|sample| sample + PIPELINE_CLOCKS);
        let mut next = [lines, self.reporter.next_beat(now)].into_iter().flatten().min();
        let mut at = |clock: Option<u64>| next = [next, clock].into_iter().flatten().min();
        if self.reporter.wakes() {
            at(Some(now));
        }
        if self.overrun.is_some() {
            at(self.sender.room_at(now, self.config.half()));
        }
        for (speaker, from) in self.speakers(now).into_iter().flatten() {
            // How full the FIFO will be then is looked at then.
            at(if from > now { Some(from) } else { self.sender.room_at(now, self.config.limit(speaker)) });
        }
        if self.arms_itself() {
            at(self.sender.clear_at(now));
        }
        at(self.rxd.next_clock(now));
        at(self.commander.next_clock());
        at(self.console_receiver.next_clock(now));
        if let Some(adc) = &self.adc {
            at(adc.next_clock(now));
        }
        next
    }

    /// Who has something to say or will have, by rank, and from which clock on.
    fn speakers(&self, now: u64) -> [Option<(Speaker, u64)>; 6] {
        let envelope = self.adc.as_ref().and_then(Adc::envelope_from);
        let window = self.adc.as_ref().and_then(|adc| adc.windows.offered_from());
        [
            self.reporter.offers().then_some((Speaker::Reporter, now)),
            self.commander.answer.map(|answer| (Speaker::Answer, answer.effect + 1)),
            self.console.offers().then_some((Speaker::Console, now)),
            envelope.map(|from| (Speaker::Envelope, from)),
            window.map(|from| (Speaker::Window, from)),
            self.link_test.map(|test| (Speaker::LinkTest, test.from)),
        ]
    }

    /// Whether the next CTS that is seen low switches flow control on: without commands nothing else can.
    fn arms_itself(&self) -> bool {
        self.config.cts && !self.config.commands && !self.set.honours_cts
    }

    /// Flow control is on from the clock after `clock` on.
    fn arm(&mut self, clock: u64) {
        self.sender.honour_cts(clock, true);
        self.set.honours_cts = true;
    }

    /// One rising edge: at most one record is admitted.
    fn decide(&mut self) {
        let now = self.clock;
        let count = self.sender.count(now);
        let depth = usize::from(self.config.fifo_depth);
        if self.arms_itself() && self.sender.was_clear_at_power_up() {
            self.arm(now - 1);
        }
        if let Some(adc) = &mut self.adc {
            adc.take(now);
        }
        let answer_waited = self.commander.answer.is_some();
        let edge = self.sample_lines();
        let mut spoke = None;
        // What the records of this clock carry; the counts of this clock's loss are seen from the next on.
        let before = self.snapshot();
        match (edge, self.overrun) {
            (Some(edge), None) if count + 2 <= depth => {
                self.admit(Payload::Edge(edge), &before);
            }
            (Some(edge), None) => {
                self.admit(Payload::OverrunBegin(edge), &before);
                self.overrun = Some(Overrun { last_lost: now, age: edge.age });
            }
            (None, Some(overrun)) if count <= depth / 2 => {
                let age = now - overrun.last_lost + u64::from(overrun.age);
                let last_lost_age = age.min(LAST_LOST_AGE_MAX) as u32;
                self.admit(Payload::OverrunEnd(OverrunEnd { levels: before.levels, last_lost_age }), &before);
                self.overrun = None;
            }
            _ => {
                spoke = self.let_speak(count, &before);
                if let (Some(edge), Some(overrun)) = (edge, &mut self.overrun) {
                    *overrun = Overrun { last_lost: now, age: edge.age };
                    self.lost = self.lost.wrapping_add(1);
                }
            }
        }
        self.finish_clock(edge, spoke, answer_waited);
    }

    /// The first by rank of those who have something to say is admitted, if there is room for it.
    fn let_speak(&mut self, count: usize, at: &Snapshot) -> Option<Speaker> {
        let now = self.clock;
        let speakers = self.speakers(now);
        let (speaker, _) = speakers.into_iter().flatten().find(|(_, from)| *from <= now)?;
        if count > self.config.limit(speaker) {
            return None;
        }
        let payload = match speaker {
            Speaker::Reporter => self.reporter.offer(at),
            Speaker::Answer => Payload::Ack(self.commander.answer?.ack(now)),
            Speaker::Console => Payload::Console(self.console.offer(now)?),
            Speaker::Envelope => Payload::Envelope(self.adc.as_ref()?.envelopes.offer()?.0),
            Speaker::Window => self.adc.as_ref().and_then(|adc| adc.windows.offer(&adc.samples))?,
            Speaker::LinkTest => Payload::LinkTest(self.link_test?.state),
        };
        self.admit(payload, at);
        Some(speaker)
    }

    /// Everything that this clock's edge writes, apart from the record.
    fn finish_clock(&mut self, edge: Option<Edge>, spoke: Option<Speaker>, answer_waited: bool) {
        let now = self.clock;
        self.reporter.clock(now, spoke == Some(Speaker::Reporter));
        match (spoke, &mut self.adc) {
            (Some(Speaker::Answer), _) => self.answered(),
            (Some(Speaker::Console), _) => self.console.admitted(),
            (Some(Speaker::Envelope), Some(adc)) => adc.envelopes.admitted(),
            (Some(Speaker::Window), Some(adc)) => adc.windows.admitted(now),
            (Some(Speaker::LinkTest), _) => self.link_test = self.link_test.and_then(|test| test.after(now)),
            _ => {}
        }
        if self.arms_itself() && self.sender.clear_at(now) == Some(now) {
            self.arm(now);
        }
        if let Some(received) = self.console_receiver.clock(now) {
            self.console.push(received);
        }
        if let Some(received) = self.rxd.clock(now) {
            self.commander.byte(now, received, now <= self.pulse_until);
        }
        if let Some(adc) = &mut self.adc {
            if edge.is_some_and(|edge| !edge.changed.intersection(CROSSINGS).is_empty()) {
                adc.windows.crossing(now, &adc.samples);
            }
            if let Some(level) = adc.finish_clock(now) {
                self.lines.set_adc(now + 1, level);
            }
        }
        if let Some(command) = self.commander.due(now, answer_waited) {
            let status = command.map_or(Status::Damaged, |command| self.obey(command));
            self.commander.answer = Some(Answer::new(now, command, status));
        }
    }

    /// The answer was admitted: START follows what it says was set.
    fn answered(&mut self) {
        let Some(answer) = self.commander.answer.take() else { return };
        let register = Register::from_code(answer.register);
        if answer.status == Status::Done && register.is_some_and(Register::is_followed_by_start) {
            self.reporter.ask_for_start();
        }
    }

    /// A command takes effect in this clock, or is refused.
    fn obey(&mut self, command: Command) -> Status {
        let identity = self.config.identity();
        let known = |register: &Register| identity.features.has(register.feature());
        if Register::from_code(command.register).filter(known).is_none() {
            return Status::Unknown;
        }
        let request = match Request::parse(command.register, command.value) {
            Ok(request) => request,
            Err(status) => return status,
        };
        let status = request.status(&identity, &self.set);
        if status != Status::Done {
            return status;
        }
        let now = self.clock;
        match request {
            Request::Sampling { clocks } if !self.config.can_sample_at(clocks) => return Status::Range,
            Request::SelfTest { low_ticks } if low_ticks > 0 && self.commander.pulse_ran => {
                return Status::Busy;
            }
            Request::SelfTest { low_ticks } => {
                let low_from = now + TEST_CLOCKS;
                self.lines.set_test(low_from, low_from + low_ticks);
                self.pulse_until = if low_ticks > 0 { now + 1 + low_ticks } else { 0 };
            }
            Request::Deglitch { ticks } => {
                self.lines.begin_anew(now - SYNCHRONISER_CLOCKS, u64::from(ticks));
            }
            Request::Console { clocks_per_bit } => self.console_receiver.set_rate(now, clocks_per_bit),
            Request::LinkTest { records } => {
                let from = now + LINK_TEST_CLOCKS;
                let test = LinkTest { state: LINK_TEST_FIRST, left: records, from };
                self.link_test = (records > 0).then_some(test);
            }
            Request::Flow { honours_cts } => self.sender.honour_cts(now, honours_cts),
            _ => {}
        }
        if let Some(adc) = &mut self.adc {
            adc.obey(now, request);
        }
        self.set = request.applied_to(self.set);
        Status::Done
    }

    /// Takes the sample whose decision is due in this clock, if anything happens with it, and returns its edge.
    fn sample_lines(&mut self) -> Option<Edge> {
        let sample = self.lines.next_sample().filter(|sample| sample + PIPELINE_CLOCKS == self.clock)?;
        let taken = self.lines.take(sample);
        self.glitches = self.glitches.wrapping_add(u32::from(taken.glitch));
        let age = (taken.ticks - 1 + PIPELINE_CLOCKS) as u16;
        let edge = Edge { levels: self.lines.levels(), changed: taken.changed, age };
        (!taken.changed.is_empty()).then_some(edge)
    }

    fn snapshot(&self) -> Snapshot {
        let (sample, adc_lost) = match &self.adc {
            Some(adc) => (adc.sample_point(self.clock).value(), adc.lost().value()),
            None => (0, 0),
        };
        Snapshot {
            tick: self.config.start_tick.wrapping_add(self.clock),
            levels: self.lines.levels(),
            configuration: self.set,
            counters: [self.lost, self.glitches, self.records, sample, self.console.lost, adc_lost],
        }
    }

    fn admit(&mut self, payload: Payload, at: &Snapshot) {
        self.sender.push(self.clock, &Record::new(at.tick, at.counters[0] as u8, payload));
        self.records = self.records.wrapping_add(1);
    }
}

impl Config {
    const fn half(&self) -> usize {
        self.fifo_depth as usize / 2
    }

    /// With how many records in the FIFO a speaker may add one.
    const fn limit(&self, speaker: Speaker) -> usize {
        match speaker {
            Speaker::Reporter => self.fifo_depth as usize - 2,
            Speaker::Answer | Speaker::Console => self.half(),
            Speaker::Envelope | Speaker::Window | Speaker::LinkTest => NEARLY_EMPTY,
        }
    }

    fn can_sample_at(&self, clocks: u8) -> bool {
        self.adc.is_some_and(|adc| clocks <= adc.sampling_point_max())
    }
}

impl LinkTest {
    /// What is left after a record was admitted in `clock`.
    fn after(self, clock: u64) -> Option<LinkTest> {
        let left = self.left - 1;
        let next = LinkTest { state: link_test_next(self.state), left, from: clock + LINK_TEST_CLOCKS };
        (left > 0).then_some(next)
    }
}

impl Adc {
    fn new(adc: AdcConfig, config: &Config, code: u16) -> Adc {
        let count = config.start_count;
        let first_index = u64::from(count) & ((1 << SAMPLE_INDEX_BITS) - 1);
        let log2 = config.at_power_up().envelope_log2;
        let windows_lost = if adc.ring_log2 > 0 { count as u16 } else { 0 };
        Adc {
            samples: Samples::new(adc, SETTLE_CLOCKS, code),
            envelopes: Envelopes::new(log2, first_index, count as u16),
            windows: Windows::new(adc.ring_log2, first_index, SETTLE_CLOCKS, windows_lost),
            first_index,
        }
    }

    /// The samples whose instants are in `clock` or before.
    fn take(&mut self, clock: u64) {
        let Adc { samples, envelopes, windows, .. } = self;
        samples.take(clock, |sample, count, code| envelopes.take(sample, count, code));
        samples.forget_before(windows.oldest(samples.next()));
    }

    fn next_clock(&self, now: u64) -> Option<u64> {
        let begins = self.envelopes.next_look(self.samples.next()).map(|sample| self.samples.instant(sample));
        let counts = self.envelopes.counts_at();
        [self.samples.next_clock(now), begins, self.expires(), counts].into_iter().flatten().min()
    }

    /// The first clock in which the envelope is on offer.
    fn envelope_from(&self) -> Option<u64> {
        self.envelopes.offer().map(|(_, from, _)| self.samples.instant(from))
    }

    /// The last clock in which it is.
    fn expires(&self) -> Option<u64> {
        self.envelopes.offer().map(|(_, _, until)| self.samples.instant(until) - 1)
    }

    /// Gives the level behind the threshold when it changes with this clock's edge.
    fn finish_clock(&mut self, now: u64) -> Option<bool> {
        if self.envelopes.counts_at() == Some(now) {
            self.envelopes.count();
        }
        if self.expires() == Some(now) {
            self.envelopes.expire(now);
        }
        self.samples.clock(now)
    }

    fn obey(&mut self, now: u64, request: Request) {
        match request {
            Request::Envelope { log2 } => self.envelopes.set(log2),
            Request::Window { before, after } => self.windows.set(now, before, after),
            Request::Threshold { falling, rising } => self.samples.set_threshold(now, falling, rising),
            Request::Sampling { clocks } => self.samples.set_sampling_point(clocks),
            _ => {}
        }
    }

    fn sample_point(&self, clock: u64) -> SamplePoint {
        let sample = self.samples.last_begun(clock);
        SamplePoint::new(self.first_index + sample, (clock - self.samples.instant(sample)) as u8)
    }

    fn lost(&self) -> AdcLost {
        AdcLost { envelopes: self.envelopes.lost, windows: self.windows.lost }
    }
}
