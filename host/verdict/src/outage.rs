//! Outages: where the rail was below a threshold, with both ends, losses and shares of phases.

use crate::{Budget, PhaseKind, Reason, Threshold, Verdict};

/// What a row speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutageKind {
    /// One interruption.
    Single,
    /// Several interruptions nearer to each other than the restore time, from the first start to the last end.
    Merged {
        /// How many.
        count: usize,
        /// Ticks below the threshold, added up.
        sum_ticks: u64,
    },
}

/// How much of an outage fell into a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The phase.
    pub kind: PhaseKind,
    /// Ticks in common.
    pub ticks: u64,
}

/// An outage at one threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// The threshold.
    pub threshold: Threshold,
    /// One interruption, or several taken together.
    pub kind: OutageKind,
    /// First tick below the threshold; the first tick known if `open_start`.
    pub start_tick: u64,
    /// First tick at or above threshold and hysteresis; the last tick known if `open_end`.
    pub end_tick: u64,
    /// Its start was not seen; the duration is a lower bound.
    pub open_start: bool,
    /// Its end was not seen; the duration is a lower bound.
    pub open_end: bool,
    /// Data were lost during it or at its ends.
    pub gap: bool,
    /// Ticks of chatter before its start and after its end: crossings too short to count.
    pub chatter_ticks: u64,
    /// `end_tick - start_tick`.
    pub duration_ticks: u64,
    /// The same, ns, rounded to the nearest.
    pub duration_ns: u64,
    /// The limit minus the duration, ns; negative when over.
    pub margin_ns: i64,
    /// Expanded uncertainty (k = 2) of the duration, ns; also the guard band.
    pub expanded_uncertainty_ns: u64,
    /// The terms of that uncertainty.
    pub budget: Budget,
    /// Shares of phases, by phase.
    pub phases: Vec<Share>,
    /// The hub's reboot that belongs to it, ns: measured, or the allowance.
    pub ch_reboot_ns: Option<u64>,
    /// Whether that reboot was measured.
    pub ch_reboot_measured: bool,
    /// The verdict on this outage.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Outage {
    /// Whether an end was not seen, so that the duration is a lower bound.
    pub const fn is_open(&self) -> bool {
        self.open_start || self.open_end
    }
}
