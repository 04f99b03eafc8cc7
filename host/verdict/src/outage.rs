//! Outages: where the rail was below a threshold, with both ends, losses and shares of phases.

use ichiscope_wire::Line;

use crate::decision::decide;
use crate::uncertainty::SlopeFrom;
use crate::{Budget, PhaseKind, Reason, Settings, Threshold, Verdict};

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

/// How long the rail was below one threshold during an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Below {
    /// The comparator.
    pub line: Line,
    /// Ticks.
    pub ticks: u64,
}

/// What is known of the rail at an outage's edges.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Edges {
    /// Slope at the start, millivolts a nanosecond as a positive number, and what told it.
    pub falling: Option<(f64, SlopeFrom)>,
    /// The same at the end.
    pub rising: Option<(f64, SlopeFrom)>,
    /// The ADC's record was lost at an edge: the slope may be another one.
    pub is_voltage_lost: bool,
}

/// Outages that were too many to be listed one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Omitted {
    /// How many.
    pub count: u64,
    /// The longest of them, ticks; none is longer than any that is listed.
    pub longest_ticks: u64,
    /// Their durations at all thresholds added up, ticks.
    pub sum_ticks: u64,
    /// The worst verdict among them.
    pub verdict: Verdict,
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
    /// Ticks below each threshold during it.
    pub below: Vec<Below>,
    /// The least voltage during it by the ADC, mV, if that was recorded and its codes are known in volts.
    pub least_mv: Option<i32>,
    /// The rail at its edges.
    pub edges: Edges,
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

    /// Whether it is the board's own pulse over the self-test's jumper, and no meter's outage.
    pub fn is_self_test(&self) -> bool {
        self.reasons.contains(&Reason::SelfTest)
    }

    /// The rule on its duration alone: no loss, no hub, no other threshold is looked at.
    pub(crate) fn decide(&self, settings: &Settings, tick_hz: u64) -> Verdict {
        decide(self.duration_ticks, tick_hz, settings.limit_ns, self.expanded_uncertainty_ns)
    }
}
