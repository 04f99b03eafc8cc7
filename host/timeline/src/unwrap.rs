//! 48-bit ticks of the wire into 64-bit ticks of the board.

use ichiscope_wire::{Payload, TICK_BITS};

/// What a record's tick says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwrapped {
    /// It follows the last one.
    Forward(u64),
    /// It goes back, or a heartbeat contradicts the count: another time base, starting with this tick.
    Restart(u64),
}

/// Carries the upper 16 bits from heartbeat to heartbeat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unwrapper {
    last: u64,
}

impl Unwrapper {
    /// Starts at a full tick.
    pub(crate) fn new(last: u64) -> Self {
        Unwrapper { last }
    }

    /// The last full tick.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// The full tick of a record with `payload` whose low bits are `low`.
    pub(crate) fn next(&mut self, low: u64, payload: &Payload) -> Unwrapped {
        let tick = match payload {
            Payload::Heartbeat(h) => h.tick,
            _ => self.extend(low),
        };
        let forward = tick >= self.last;
        self.last = tick;
        if forward { Unwrapped::Forward(tick) } else { Unwrapped::Restart(tick) }
    }

    /// The smallest full tick from half a turn before the last one on.
    fn extend(&self, low: u64) -> u64 {
        const TURN: u64 = 1 << TICK_BITS;
        let same = self.last & !(TURN - 1) | low;
        if self.last.saturating_sub(same) > TURN / 2 { same + TURN } else { same }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(unwrapper: &mut Unwrapper, tick: u64) -> Unwrapped {
        unwrapper.next(tick & ((1 << 48) - 1), &Payload::LinkTest(1))
    }

    #[test]
    fn passes_the_48_bit_boundary() {
        let mut u = Unwrapper::new((1 << 48) - 10);
        assert_eq!(next(&mut u, (1 << 48) - 1), Unwrapped::Forward((1 << 48) - 1));
        assert_eq!(next(&mut u, (1 << 48) + 5), Unwrapped::Forward((1 << 48) + 5));
    }

    #[test]
    fn a_small_step_back_is_a_restart() {
        let mut u = Unwrapper::new(1000);
        assert_eq!(next(&mut u, 5), Unwrapped::Restart(5));
        assert_eq!(next(&mut u, 6), Unwrapped::Forward(6));
    }
}
