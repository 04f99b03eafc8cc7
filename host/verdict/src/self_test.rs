//! Which interruptions are the board's own self-test and not a meter's: docs/evidence.md, "Self-test pulses".
//!
//! Only what agrees with an acknowledged pulse in start and length is one. Whatever else happens on the rail stays judged.

use ichiscope_timeline::SelfTest;

/// From the command's tick of effect to the first low sample through a wire (docs/gateware.md).
const READ_BACK_TICKS: u64 = 2;
/// What the pin's synchroniser may add or take away.
const SLACK_TICKS: u64 = 2;

/// The acknowledged pulses of a recording, by tick.
pub(crate) struct Pulses(Vec<SelfTest>);

/// What a comparator may add, in ticks.
pub(crate) struct Allowed {
    /// To the start.
    pub(crate) late: u64,
    /// To the length, or take away from it.
    pub(crate) differ: u64,
}

impl Pulses {
    pub(crate) fn new(mut pulses: Vec<SelfTest>) -> Pulses {
        pulses.sort_by_key(|p| p.tick);
        Pulses(pulses)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a stretch is the last pulse begun before it.
    pub(crate) fn made(&self, start: u64, end: u64, allowed: &Allowed) -> bool {
        let before = self.0.partition_point(|p| p.tick < start);
        let Some(pulse) = before.checked_sub(1).map(|i| self.0[i]) else { return false };
        let longest = READ_BACK_TICKS.saturating_add(SLACK_TICKS).saturating_add(allowed.late);
        start - pulse.tick <= longest
            && (end - start).abs_diff(pulse.low_ticks) <= SLACK_TICKS.saturating_add(allowed.differ)
    }
}
