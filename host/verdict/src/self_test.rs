//! Which interruptions are the board's own self-test and not a meter's: docs/evidence.md, "Self-test pulses".
//!
//! Only what agrees with an acknowledged pulse in start and length is one. Whatever else happens on the rail stays judged.

use ichiscope_timeline::SelfTest;
use ichiscope_wire::Line;

use crate::interruption::Interruption;
use crate::level::Level;
use crate::measure::Run;

/// From the command's tick of effect to the first low sample through a wire (docs/gateware.md).
const READ_BACK_TICKS: u64 = 2;
/// What the pin's synchroniser may add or take away.
const SLACK_TICKS: u64 = 2;

/// The acknowledged pulses of a recording, by tick.
pub(crate) struct Pulses(Vec<SelfTest>);

/// What a comparator may add, in ticks.
struct Allowed {
    /// To the start.
    late: u64,
    /// To the length, or take away from it.
    differ: u64,
}

impl Pulses {
    pub(crate) fn new(mut pulses: Vec<SelfTest>) -> Pulses {
        pulses.sort_by_key(|p| p.tick);
        Pulses(pulses)
    }

    /// Whether a stretch is the last pulse begun before it.
    fn made(&self, start: u64, end: u64, allowed: &Allowed) -> bool {
        let before = self.0.partition_point(|p| p.tick < start);
        let Some(pulse) = before.checked_sub(1).map(|i| self.0[i]) else { return false };
        let longest = READ_BACK_TICKS.saturating_add(SLACK_TICKS).saturating_add(allowed.late);
        start - pulse.tick <= longest
            && (end - start).abs_diff(pulse.low_ticks) <= SLACK_TICKS.saturating_add(allowed.differ)
    }
}

impl Run<'_> {
    /// Whether everything below the threshold from `start` to `end` is self-test.
    pub(crate) fn is_self_test(&self, start: u64, end: u64, level: &Level<'_>) -> bool {
        if self.pulses.0.is_empty() {
            return false;
        }
        let allowed = self.allowed(level.threshold.line);
        let all = level.touching(start, end);
        !all.is_empty()
            && all.iter().all(|i| self.is_whole(i) && self.pulses.made(i.start_tick, i.end_tick, &allowed))
    }

    /// Both ends were seen, clean, and nothing was lost in between.
    fn is_whole(&self, i: &Interruption) -> bool {
        !i.open_start && !i.open_end && i.chatter_ticks == 0 && !self.gaps.touch(i.start_tick, i.end_tick)
    }

    fn allowed(&self, line: Line) -> Allowed {
        let ticks = |ns: u32| self.ticks(u64::from(ns));
        let known = self.settings.front_end.as_ref().and_then(|f| f.comparator(line));
        match known {
            Some(c) => Allowed {
                late: ticks(c.delay_falling_ns.saturating_add(c.delay_u_ns)),
                differ: ticks(c.delay_falling_ns.abs_diff(c.delay_rising_ns).saturating_add(c.delay_u_ns)),
            },
            None => {
                let bound = ticks(self.settings.comparator_delay_ns);
                Allowed { late: bound, differ: bound }
            }
        }
    }
}
