//! Samples at full rate around crossings: from the crossing to the last record of its window.

use ichiscope_wire::{Payload, SAMPLE_INDEX_BITS, SAMPLES_PER_RECORD, Window, WindowPage};

use super::samples::Samples;

/// Clocks from one record's admission to the first in which the next one is on offer.
const READ_CLOCKS: u64 = 8;

#[derive(Clone, Copy, Debug)]
enum State {
    /// Waits for a sample from this clock on; then records.
    Waiting(u64),
    /// Fills up to clock `full`, then is read out.
    Taken { first: u64, count: u64, full: u64, sent: u64, from: u64 },
}

/// Watches for crossings.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    ring: u64,
    first_index: u64,
    before: u64,
    after: u64,
    state: State,
    pub(super) lost: u16,
}

impl Windows {
    pub(super) fn new(ring_log2: u8, first_index: u64, clock: u64, lost: u16) -> Self {
        let state = State::Waiting(clock);
        Windows { ring: 1 << ring_log2, first_index, before: 0, after: 0, state, lost }
    }

    fn is_on(&self) -> bool {
        (self.before, self.after) != (0, 0)
    }

    /// A crossing in `clock`.
    pub(super) fn crossing(&mut self, clock: u64, samples: &Samples) {
        if !self.is_on() {
            return;
        }
        let since = match self.state {
            State::Waiting(since) => since,
            // Its samples are in the window that is filling.
            State::Taken { full, .. } if clock <= full => return,
            State::Taken { .. } => return self.miss(),
        };
        let records_after = samples.first_from(since);
        if clock <= samples.instant(records_after) {
            return self.miss();
        }
        let begun_before = samples.last_begun(clock - 1);
        let available = (begun_before - records_after).min(self.ring - 1);
        let crossing = samples.last_begun(clock);
        let before = self.before.min(available);
        let full = if self.after == 0 { clock } else { samples.instant(crossing + self.after) };
        self.state = State::Taken {
            first: crossing - before,
            count: before + self.after,
            full,
            sent: 0,
            from: full + READ_CLOCKS,
        };
    }

    fn miss(&mut self) {
        self.lost = self.lost.wrapping_add(1);
    }

    /// The first clock in which the next record is on offer.
    pub(super) fn offered_from(&self) -> Option<u64> {
        match self.state {
            State::Taken { from, .. } => Some(from),
            State::Waiting(_) => None,
        }
    }

    /// The next record.
    pub(super) fn offer(&self, samples: &Samples) -> Option<Payload> {
        let State::Taken { first, count, sent, .. } = self.state else { return None };
        let index = (self.first_index + first) as u32 & ((1 << SAMPLE_INDEX_BITS) - 1);
        Some(match sent {
            0 => Payload::Window(Window { page: WindowPage::First as u8, value: index }),
            1 => Payload::Window(Window { page: WindowPage::Count as u8, value: count as u32 }),
            sent => {
                let at = (sent - 2) * SAMPLES_PER_RECORD as u64;
                let code = |n: u64| if at + n < count { samples.code(first + at + n) } else { 0 };
                Payload::Samples([code(0), code(1), code(2)])
            }
        })
    }

    /// The record on offer was admitted in `clock`.
    pub(super) fn admitted(&mut self, clock: u64) {
        let State::Taken { count, sent, from, .. } = &mut self.state else { return };
        *sent += 1;
        *from = clock + READ_CLOCKS;
        if *sent >= 2 + count.div_ceil(SAMPLES_PER_RECORD as u64) {
            self.state = State::Waiting(clock + 1);
        }
    }

    /// Other numbers of samples, from the clock after `clock` on: what is under way is broken off.
    pub(super) fn set(&mut self, clock: u64, before: u16, after: u16) {
        self.before = before.into();
        self.after = after.into();
        self.state = State::Waiting(clock + 1);
    }

    /// The oldest sample that may still be asked for when `next` is the first that has not been taken.
    pub(super) fn oldest(&self, next: u64) -> u64 {
        let oldest = next.saturating_sub(self.ring);
        match self.state {
            State::Taken { first, .. } => first.min(oldest),
            State::Waiting(_) => oldest,
        }
    }
}
