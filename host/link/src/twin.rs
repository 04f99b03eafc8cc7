//! The twin: a behavioural model of the gateware that gives the same bytes.
//!
//! It is event-driven: clocks in which no register of the gateware's arbiter can change are skipped, so a quarter of
//! an hour of device time costs milliseconds. `docs/gateware.md` explains the pipeline whose delays are the constants
//! here; `hdl/tests` holds the twin against the gateware byte for byte.

mod deglitch;
mod report;
mod script;
mod sender;

use ichiscope_wire::{
    Board, Configuration, Edge, Feature, Features, Identity, LineSet, OLDEST_PROTOCOL_VERSION, OverrunEnd,
    PROTOCOL_VERSION, Payload, Record,
};

use deglitch::Deglitcher;
use report::{Reporter, Snapshot};
use sender::Sender;

pub use script::{Pace, Script, TwinTransport};

/// Clocks from power-up to the first one in which the gateware runs: two flip-flops that synchronise the PLL's lock,
/// and one that takes over the pins' levels.
const SETTLE_CLOCKS: u64 = 3;
/// Clocks from a pin's sample to the arbiter's decision about it, apart from the deglitch time: two synchroniser
/// flip-flops, the deglitcher's output register, the arbiter's input register.
const PIPELINE_CLOCKS: u64 = 4;
const LAST_LOST_AGE_MAX: u64 = (1 << 24) - 1;

/// What the gateware was built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The board that START names.
    pub board: Board,
    /// Ticks per second.
    pub tick_hz: u32,
    /// The bitstream's id, 0 for the twin.
    pub bitstream_id: u32,
    /// Clocks of one UART bit, 3 or more.
    pub clocks_per_bit: u16,
    /// Clocks a new level must last, 1..=4092.
    pub deglitch_ticks: u16,
    /// The lines that have a pin; the others are 0.
    pub wired: LineSet,
    /// Records the FIFO holds, 4 or more.
    pub fifo_depth: u16,
    /// Base-2 logarithm of the heartbeat's period in ticks, 5..=28.
    pub heartbeat_log2: u8,
    /// Bits of the deglitch time: commands may set it to at most 2^`deglitch_bits` - 1.
    pub deglitch_bits: u8,
    /// The tick at clock 0.
    pub start_tick: u64,
    /// What the counters and the sample index have at power-up, cut to their width; 0 on a board.
    pub start_count: u32,
    /// It takes commands.
    pub commands: bool,
    /// It has a receiver for the debug console.
    pub console: bool,
    /// It has the output of the self-test.
    pub self_test: bool,
    /// It has the link test.
    pub link_test: bool,
    /// Its input CTS is wired.
    pub cts: bool,
    /// Its ADC, if it has one.
    pub adc: Option<AdcConfig>,
}

/// The ADC of a gateware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdcConfig {
    /// Ticks from one sample to the next, below 64.
    pub ticks_per_sample: u8,
    /// Clocks of one period of the ADC's serial clock.
    pub sclk_clocks: u8,
    /// Base-2 logarithm of the ring of samples; 0 = no windows.
    pub ring_log2: u8,
}

/// Base-2 logarithm of the envelope's window at power-up: 4096 samples.
const ENVELOPE_LOG2: u8 = 12;

impl Config {
    /// Every line but the reserved one.
    const WIRED: LineSet = LineSet::from_bits(0x07FF);

    /// A gateware for the lines and nothing else: 36 MHz, 3 Mbaud, id 0. It speaks version 1 of the protocol.
    pub const fn lines_only() -> Config {
        Config {
            board: Board::Twin,
            tick_hz: 36_000_000,
            bitstream_id: 0,
            clocks_per_bit: 12,
            deglitch_ticks: 9,
            wired: Config::WIRED,
            fifo_depth: 256,
            heartbeat_log2: 21,
            deglitch_bits: 10,
            start_tick: 0,
            start_count: 0,
            commands: false,
            console: false,
            self_test: false,
            link_test: false,
            cts: false,
            adc: None,
        }
    }

    /// The twin as a device of its own.
    pub const fn twin() -> Config {
        Config::lines_only()
    }

    /// The gateware of the iCEBreaker; `clocks_per_bit` is 12 for 3 Mbaud and 3 for 12 Mbaud.
    pub const fn icebreaker(bitstream_id: u32, clocks_per_bit: u16) -> Config {
        Config { board: Board::IceBreaker, bitstream_id, clocks_per_bit, ..Config::lines_only() }
    }

    /// Bits per second on the UART.
    pub const fn baud(&self) -> u32 {
        self.tick_hz / self.clocks_per_bit as u32
    }

    /// What START says that it has.
    pub const fn features(&self) -> Features {
        let has_window = matches!(self.adc, Some(adc) if adc.ring_log2 > 0);
        Features::NONE
            .with(Feature::Adc, self.adc.is_some())
            .with(Feature::Window, has_window)
            .with(Feature::Console, self.console)
            .with(Feature::Commands, self.commands)
            .with(Feature::SelfTest, self.self_test)
            .with(Feature::LinkTest, self.link_test)
            .with(Feature::Cts, self.cts)
    }

    /// The version of the protocol that it speaks: a gateware without any feature is one of version 1.
    pub const fn protocol(&self) -> u8 {
        if self.features().bits() == 0 { OLDEST_PROTOCOL_VERSION } else { PROTOCOL_VERSION }
    }

    /// Who it says that it is.
    pub const fn identity(&self) -> Identity {
        Identity {
            protocol: self.protocol(),
            board_code: self.board as u8,
            tick_hz: self.tick_hz as u64,
            bitstream_id: self.bitstream_id,
            baud: self.baud(),
            wired: self.wired,
            fifo_depth: self.fifo_depth,
            heartbeat_log2: self.heartbeat_log2,
            deglitch_bits: if self.commands { self.deglitch_bits } else { 0 },
            features: self.features(),
        }
    }

    /// How it is set at power-up.
    pub const fn at_power_up(&self) -> Configuration {
        let (ticks_per_sample, envelope_log2, ring_log2) = match self.adc {
            Some(adc) => (adc.ticks_per_sample, ENVELOPE_LOG2, adc.ring_log2),
            None => (0, 0, 0),
        };
        Configuration {
            deglitch_ticks: self.deglitch_ticks,
            console_clocks_per_bit: 0,
            ticks_per_sample,
            sampling_point: 0,
            envelope_log2,
            ring_log2,
            window_before: 0,
            window_after: 0,
            threshold_falling: 0,
            threshold_rising: 0,
            honours_cts: false,
        }
    }

    /// Ticks from an edge at the pin to the earliest record of it.
    pub const fn edge_age(&self) -> u16 {
        self.deglitch_ticks - 1 + PIPELINE_CLOCKS as u16
    }
}

/// The model of one gateware. Clock n is the n-th rising edge of its clock, counted from 0.
#[derive(Clone, Debug)]
pub struct Twin {
    config: Config,
    lines: Deglitcher,
    reporter: Reporter,
    sender: Sender,
    /// The first clock that is not yet decided.
    clock: u64,
    lost: u32,
    glitches: u32,
    records: u32,
    overrun: Option<Overrun>,
}

/// An overrun that has begun and not ended.
#[derive(Clone, Copy, Debug)]
struct Overrun {
    /// The clock of the decision about the last lost edge; before one is lost, about OVERRUN_BEGIN's edge.
    last_lost: u64,
}

impl Twin {
    /// A gateware at power-up whose pins have `levels` at clock 0.
    pub fn new(config: Config, levels: LineSet) -> Twin {
        let levels = wired(&config, levels);
        Twin {
            lines: Deglitcher::new(u64::from(config.deglitch_ticks), levels),
            reporter: Reporter::new(&config),
            sender: Sender::new(u64::from(config.clocks_per_bit)),
            clock: SETTLE_CLOCKS,
            lost: 0,
            glitches: 0,
            records: 0,
            overrun: None,
            config,
        }
    }

    /// The pins have these levels at rising edge `clock` and later.
    ///
    /// Clocks must not go back; a change for a clock whose sample has been decided takes effect with the next sample.
    pub fn set_levels(&mut self, clock: u64, levels: LineSet) {
        let undecided = self.clock.saturating_sub(PIPELINE_CLOCKS);
        self.lines.set_levels(clock.max(undecided), wired(&self.config, levels));
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
        let lines = self.lines.next_sample().map(|sample| sample + PIPELINE_CLOCKS);
        let beat = self.reporter.next_beat(self.clock);
        let report = if self.reporter.offers() {
            self.sender.room_at(self.clock, usize::from(self.config.fifo_depth) - 2)
        } else {
            self.reporter.wakes().then_some(self.clock)
        };
        let end = self
            .overrun
            .and_then(|_| self.sender.room_at(self.clock, usize::from(self.config.fifo_depth) / 2));
        [lines, beat, report, end].into_iter().flatten().min()
    }

    /// One rising edge: at most one record is admitted.
    fn decide(&mut self) {
        let now = self.clock;
        let count = self.sender.count(now);
        let depth = usize::from(self.config.fifo_depth);
        let edge = self.sample_lines();
        let mut offer_taken = false;
        // What the records of this clock carry; the counts of this clock's loss are seen from the next on.
        let before = self.snapshot();
        match (edge, self.overrun) {
            (Some(edge), None) if count + 2 <= depth => {
                self.admit(Payload::Edge(edge), &before);
            }
            (Some(edge), None) => {
                self.admit(Payload::OverrunBegin(edge), &before);
                self.overrun = Some(Overrun { last_lost: now });
            }
            (None, Some(overrun)) if count <= depth / 2 => {
                let age = now - overrun.last_lost + u64::from(self.config.edge_age());
                let last_lost_age = age.min(LAST_LOST_AGE_MAX) as u32;
                self.admit(Payload::OverrunEnd(OverrunEnd { levels: before.levels, last_lost_age }), &before);
                self.overrun = None;
            }
            _ => {
                if self.reporter.offers() && count + 2 <= depth {
                    self.admit(self.reporter.offer(&before), &before);
                    offer_taken = true;
                }
                if let (Some(_), Some(overrun)) = (edge, &mut self.overrun) {
                    overrun.last_lost = now;
                    self.lost = self.lost.wrapping_add(1);
                }
            }
        }
        self.reporter.clock(now, offer_taken);
    }

    /// Takes the sample whose decision is due in this clock, if anything happens with it, and returns its edge.
    fn sample_lines(&mut self) -> Option<Edge> {
        let sample = self.lines.next_sample().filter(|sample| sample + PIPELINE_CLOCKS == self.clock)?;
        let taken = self.lines.take(sample);
        self.glitches = self.glitches.wrapping_add(u32::from(taken.glitch));
        let edge = Edge { levels: self.lines.levels(), changed: taken.changed, age: self.config.edge_age() };
        (!taken.changed.is_empty()).then_some(edge)
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            tick: self.config.start_tick.wrapping_add(self.clock),
            levels: self.lines.levels(),
            lost: self.lost,
            glitches: self.glitches,
            records: self.records,
        }
    }

    fn admit(&mut self, payload: Payload, at: &Snapshot) {
        self.sender.push(self.clock, &Record::new(at.tick, at.lost as u8, payload));
        self.records = self.records.wrapping_add(1);
    }
}

fn wired(config: &Config, levels: LineSet) -> LineSet {
    LineSet::from_bits(levels.bits() & config.wired.bits())
}
