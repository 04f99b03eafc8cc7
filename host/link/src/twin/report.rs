//! What the gateware says unasked: the START pages, HEARTBEAT and its COUNTERs, one after the other.

use ichiscope_wire::{
    COUNTER_IDS, Counter, Heartbeat, LineSet, PROTOCOL_VERSION, Payload, START_PAGES, Start, StartPage,
};

use super::{Config, SETTLE_CLOCKS};

const FIRST_BEAT_STEP: u8 = START_PAGES;
const LAST_STEP: u8 = START_PAGES + COUNTER_IDS;
/// START is repeated with every heartbeat whose number has this many zero bits.
const START_LOG2: u8 = 4;
const CLOCK_LOCKED: u8 = 1;

/// What a record says of the clock in which it is admitted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Snapshot {
    pub(super) tick: u64,
    pub(super) levels: LineSet,
    pub(super) lost: u32,
    pub(super) glitches: u32,
    pub(super) records: u32,
}

/// Offers one record at a time and waits until it is taken.
#[derive(Clone, Debug)]
pub(super) struct Reporter {
    config: Config,
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
        Reporter { config: *config, step: 0, idle: false, beat_due: false, start_due: false, started: false }
    }

    /// Whether a record is on offer.
    pub(super) fn offers(&self) -> bool {
        !self.idle
    }

    /// Whether the next clock puts one on offer.
    pub(super) fn wakes(&self) -> bool {
        self.idle && self.beat_due
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
        match self.step {
            page @ 0..FIRST_BEAT_STEP => Payload::Start(Start { page, value: self.page(page, at.levels) }),
            FIRST_BEAT_STEP => {
                Payload::Heartbeat(Heartbeat { tick: at.tick, levels: at.levels, flags: CLOCK_LOCKED })
            }
            step => {
                let id = step - FIRST_BEAT_STEP - 1;
                Payload::Counter(Counter { id, value: [at.lost, at.glitches, at.records][usize::from(id)] })
            }
        }
    }

    /// One rising edge, in which the record on offer was taken or not.
    pub(super) fn clock(&mut self, clock: u64, taken: bool) {
        if taken {
            self.started |= self.step + 1 == FIRST_BEAT_STEP;
            match self.step + 1 {
                FIRST_BEAT_STEP => self.idle = true,
                step if step <= LAST_STEP => self.step = step,
                _ if self.start_due => {
                    self.step = 0;
                    self.start_due = false;
                }
                _ => self.idle = true,
            }
        } else if self.wakes() {
            self.idle = false;
            self.beat_due = false;
            self.step = FIRST_BEAT_STEP;
        }
        self.beat_due |= self.is_multiple(clock, self.config.heartbeat_log2);
        self.start_due |= self.is_multiple(clock, self.config.heartbeat_log2 + START_LOG2);
    }

    /// Whether the tick before `clock` is a multiple of 2^`log2`.
    fn is_multiple(&self, clock: u64, log2: u8) -> bool {
        clock > SETTLE_CLOCKS && self.config.start_tick.wrapping_add(clock - 1) & low_bits(log2) == 0
    }

    fn page(&self, page: u8, levels: LineSet) -> u32 {
        let config = &self.config;
        const PAGES: [StartPage; START_PAGES as usize] = [
            StartPage::Protocol,
            StartPage::TickHz,
            StartPage::Bitstream,
            StartPage::Baud,
            StartPage::Lines,
            StartPage::Deglitch,
            StartPage::Capacity,
            StartPage::Features,
        ];
        match PAGES[usize::from(page)] {
            StartPage::Protocol => u32::from_le_bytes([
                PROTOCOL_VERSION,
                config.board as u8,
                START_PAGES,
                u8::from(!self.started),
            ]),
            StartPage::TickHz => config.tick_hz,
            StartPage::Bitstream => config.bitstream_id,
            StartPage::Baud => config.baud(),
            StartPage::Lines => u32::from(levels.bits()) | u32::from(config.wired.bits()) << 12,
            StartPage::Deglitch => u32::from(config.deglitch_ticks),
            StartPage::Capacity => u32::from(config.fifo_depth) | u32::from(config.heartbeat_log2) << 16,
            StartPage::Features => 0,
        }
    }
}

fn low_bits(log2: u8) -> u64 {
    (1 << log2) - 1
}
