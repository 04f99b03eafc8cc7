//! What the gateware says unasked: the START pages, HEARTBEAT and its COUNTERs, one after the other.

use ichiscope_wire::{
    COUNTER_IDS, COUNTER_IDS_VERSION_1, Configuration, Counter, Heartbeat, LineSet, OLDEST_PROTOCOL_VERSION,
    Payload, Start, StartBlock, StartPage, start_pages,
};

use super::{Config, SETTLE_CLOCKS};

/// START is repeated with every heartbeat whose number has this many zero bits.
const START_LOG2: u8 = 4;
const CLOCK_LOCKED: u8 = 1;

/// What a record says of the clock in which it is admitted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Snapshot {
    pub(super) tick: u64,
    pub(super) levels: LineSet,
    pub(super) configuration: Configuration,
    /// By id.
    pub(super) counters: [u32; COUNTER_IDS as usize],
}

/// Offers one record at a time and waits until it is taken.
#[derive(Clone, Debug)]
pub(super) struct Reporter {
    config: Config,
    /// Steps before it are START's pages.
    beat_step: u8,
    last_step: u8,
    /// The record on offer: START pages, then HEARTBEAT, then COUNTERs.
    step: u8,
    idle: bool,
    beat_due: bool,
    start_due: bool,
    /// The START pages since power-up are out.
    started: bool,
}

impl Reporter {
    pub(super) fn new(config: &Config) -> Self {
        let version = config.protocol();
        let beat_step = start_pages(version);
        let counters = if version == OLDEST_PROTOCOL_VERSION { COUNTER_IDS_VERSION_1 } else { COUNTER_IDS };
        Reporter {
            config: *config,
            beat_step,
            last_step: beat_step + counters,
            step: 0,
            idle: false,
            beat_due: false,
            start_due: false,
            started: false,
        }
    }

    /// Whether a record is on offer.
    pub(super) fn offers(&self) -> bool {
        !self.idle
    }

    /// Whether the next clock puts one on offer.
    pub(super) fn wakes(&self) -> bool {
        self.idle && (self.beat_due || self.start_due)
    }

    /// The first clock at or after `clock` in which a heartbeat becomes due: the one after its tick.
    pub(super) fn next_beat(&self, clock: u64) -> Option<u64> {
        let from = clock.saturating_sub(1).max(SETTLE_CLOCKS);
        let tick = self.config.start_tick.wrapping_add(from);
        let wait = tick.wrapping_neg() & low_bits(self.config.heartbeat_log2);
        from.checked_add(wait)?.checked_add(1)
    }

    /// The record on offer.
    pub(super) fn offer(&self, at: &Snapshot) -> Payload {
        if let Some(page) = StartPage::ALL.get(usize::from(self.step)).filter(|_| self.step < self.beat_step)
        {
            let block = StartBlock {
                is_first: !self.started,
                identity: self.config.identity(),
                configuration: at.configuration,
                levels: at.levels,
            };
            return Payload::Start(Start { page: self.step, value: block.page(*page) });
        }
        match self.step - self.beat_step {
            0 => Payload::Heartbeat(Heartbeat { tick: at.tick, levels: at.levels, flags: CLOCK_LOCKED }),
            after => Payload::Counter(Counter { id: after - 1, value: at.counters[usize::from(after - 1)] }),
        }
    }

    /// One rising edge, in which the record on offer was taken or not.
    pub(super) fn clock(&mut self, clock: u64, taken: bool) {
        if taken {
            self.started |= self.step + 1 == self.beat_step;
            match self.step + 1 {
                step if step == self.beat_step => self.idle = true,
                step if step <= self.last_step => self.step = step,
                _ if self.start_due => {
                    self.step = 0;
                    self.start_due = false;
                }
                _ => self.idle = true,
            }
        } else if self.wakes() {
            self.idle = false;
            if self.beat_due {
                self.beat_due = false;
                self.step = self.beat_step;
            } else {
                self.start_due = false;
                self.step = 0;
            }
        }
        self.beat_due |= self.is_multiple(clock, self.config.heartbeat_log2);
        self.start_due |= self.is_multiple(clock, self.config.heartbeat_log2 + START_LOG2);
    }

    /// START is asked for in the clock just over.
    pub(super) fn ask_for_start(&mut self) {
        self.start_due = true;
    }

    /// Whether the tick before `clock` is a multiple of 2^`log2`.
    fn is_multiple(&self, clock: u64, log2: u8) -> bool {
        clock > SETTLE_CLOCKS && self.config.start_tick.wrapping_add(clock - 1) & low_bits(log2) == 0
    }
}

fn low_bits(log2: u8) -> u64 {
    (1 << log2) - 1
}
