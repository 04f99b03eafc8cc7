//! Bytes and commands as levels of a serial input.

use ichiscope_wire::Command;

use super::{Pins, Stimulus};
use crate::Config;

/// Start bit, eight data bits, stop bit.
const BITS_PER_BYTE: u64 = 10;

/// The level of an idle-high line from each of these clocks on, for bytes without a gap whose first start bit begins
/// at `clock`.
pub fn uart_levels(clock: u64, clocks_per_bit: u64, bytes: &[u8]) -> Vec<(u64, bool)> {
    levels_at(|bit| clock + bit * clocks_per_bit, bytes)
}

/// The same where `at` says in which clock a bit begins.
pub(super) fn levels_at(at: impl Fn(u64) -> u64, bytes: &[u8]) -> Vec<(u64, bool)> {
    let bits = bytes.iter().flat_map(|byte| {
        let frame = u16::from(*byte) << 1 | 1 << 9;
        (0..BITS_PER_BYTE).map(move |bit| frame >> bit & 1 == 1)
    });
    (0..).map(at).zip(bits).collect()
}

impl Stimulus {
    /// Gives one input other levels from these clocks on; clocks rise. At clock 0 they are those of power-up.
    pub fn overlay<T: Copy>(&mut self, levels: &[(u64, T)], set: impl Fn(&mut Pins, T)) {
        let mut next = levels.iter().peekable();
        let mut level = None;
        let mut pins = self.pins;
        let mut changes = Vec::with_capacity(self.changes.len() + levels.len());
        let mut old = std::mem::take(&mut self.changes).into_iter().peekable();
        loop {
            let clocks = [next.peek().map(|change| change.0), old.peek().map(|change| change.0)];
            let Some(clock) = clocks.into_iter().flatten().min() else { break };
            if let Some((_, new)) = old.next_if(|change| change.0 == clock) {
                pins = new;
            }
            while let Some((_, new)) = next.next_if(|change| change.0 == clock) {
                level = Some(*new);
            }
            // What was there before goes on until the first of the new levels.
            if let Some(level) = level {
                set(&mut pins, level);
            }
            if clock == 0 {
                self.pins = pins;
            } else {
                changes.push((clock, pins));
            }
        }
        self.changes = changes;
        self.end = self.end.max(levels.last().map_or(0, |change| change.0));
    }

    /// Sends bytes on `rxd` at the board's rate, from that clock on, without a gap.
    pub fn send(&mut self, config: &Config, clock: u64, bytes: &[u8]) {
        self.overlay(&uart_levels(clock, config.clocks_per_bit.into(), bytes), |pins, level| {
            pins.rxd = level
        });
    }

    /// Puts a voltage on the ADC: the code that it would convert, from these clocks on.
    pub fn voltage(&mut self, codes: &[(u64, u16)]) {
        self.overlay(codes, |pins, code| pins.adc = code);
    }

    /// Sends a command on `rxd`.
    pub fn command(&mut self, config: &Config, clock: u64, command: &Command) {
        self.send(config, clock, &command.encode());
    }

    /// Sends bytes on `console` without a gap.
    pub fn console(&mut self, clocks_per_bit: u16, clock: u64, bytes: &[u8]) {
        self.overlay(&uart_levels(clock, clocks_per_bit.into(), bytes), |pins, level| pins.console = level);
    }
}
