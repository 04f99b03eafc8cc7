//! The pins of a gateware, and what is at them.

use std::collections::VecDeque;

use ichiscope_wire::LineSet;

/// What is at the pins in one clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pins {
    /// The lines. Bit `adc` has no pin.
    pub lines: LineSet,
    /// The meter's debug console; 1 is idle.
    pub console: bool,
    /// What the host sends; 1 is idle.
    pub rxd: bool,
    /// The host's "clear to send", active low: 0 lets the board send.
    pub cts: bool,
    /// The code that the ADC would make of its input if its chip select fell now, 12 bits.
    pub adc: u16,
}

impl Pins {
    /// Lines at `lines`, everything else at rest.
    pub const fn idle(lines: LineSet) -> Pins {
        Pins { lines, console: true, rxd: true, cts: false, adc: 0 }
    }
}

impl Default for Pins {
    fn default() -> Pins {
        Pins::idle(LineSet::EMPTY)
    }
}

impl From<LineSet> for Pins {
    fn from(lines: LineSet) -> Pins {
        Pins::idle(lines)
    }
}

/// One input over time: what it is now, and what is known of its future.
#[derive(Clone, Debug)]
pub(super) struct Input<T> {
    now: T,
    changes: VecDeque<(u64, T)>,
}

impl<T: Copy + PartialEq> Input<T> {
    pub(super) fn new(now: T) -> Self {
        Input { now, changes: VecDeque::new() }
    }

    /// From `clock` on it is `value`; clocks must not go back.
    pub(super) fn set(&mut self, clock: u64, value: T) {
        let last = self.changes.back_mut();
        if value == last.as_deref().map_or(self.now, |change| change.1) {
            return;
        }
        match last {
            Some(change) if change.0 >= clock => change.1 = value,
            _ => self.changes.push_back((clock, value)),
        }
    }

    /// What it is at `clock`. Nothing is asked about clocks before it any more.
    pub(super) fn at(&mut self, clock: u64) -> T {
        while let Some((_, value)) = self.changes.pop_front_if(|change| change.0 <= clock) {
            self.now = value;
        }
        self.now
    }

    /// The next change that is known.
    pub(super) fn next_change(&self) -> Option<(u64, T)> {
        self.changes.front().copied()
    }

    /// The first clock at or after `clock` at which it is `value`, as far as it is known.
    pub(super) fn first(&self, clock: u64, value: T) -> Option<u64> {
        let later = self.changes.partition_point(|change| change.0 <= clock);
        let then =
            later.checked_sub(1).and_then(|at| self.changes.get(at)).map_or(self.now, |change| change.1);
        if then == value {
            return Some(clock);
        }
        self.changes.iter().skip(later).find(|change| change.1 == value).map(|change| change.0)
    }

    /// Forgets every change at or after `clock`.
    pub(super) fn forget_from(&mut self, clock: u64) {
        self.changes.retain(|change| change.0 < clock);
    }
}
