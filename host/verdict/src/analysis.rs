//! The whole analysis: from a timeline and settings to outages, phases and the run's verdict.

use ichiscope_timeline::{Gap, Timeline};

use crate::{Outage, Phase, Reason, Settings, Verdict};

/// Meter and hub together, for the outage that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CombinedTime {
    /// The rail outage by the meter, ns.
    pub outage_ns: u64,
    /// The hub's reboot, ns; `None` where it was neither measured nor allowed for.
    pub ch_reboot_ns: Option<u64>,
    /// Whether the hub's reboot was measured (and not just allowed for).
    pub ch_reboot_measured: bool,
    /// Both, ns.
    pub total_ns: u64,
    /// The limit, ns.
    pub limit_ns: u64,
}

/// Everything that follows from a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// What the analysis was told.
    pub settings: Settings,
    /// Ticks per second, if known.
    pub tick_hz: Option<u32>,
    /// The data come from a model.
    pub simulated: bool,
    /// First and last tick of which something is known.
    pub span: Option<(u64, u64)>,
    /// Outages at every threshold, by start, then highest threshold first.
    pub outages: Vec<Outage>,
    /// Phases, by start; those measured on the rail among them.
    pub phases: Vec<Phase>,
    /// Gaps, by start.
    pub gaps: Vec<Gap>,
    /// Meter and hub together, for the longest outage at the highest threshold.
    pub combined: Option<CombinedTime>,
    /// The run's verdict: the worst one.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The outage that decided, as an index into `outages`.
    pub deciding: Option<usize>,
}

/// Analyses a timeline. `hand` are phases set by hand.
pub fn analyse(timeline: &Timeline, settings: &Settings, hand: &[Phase]) -> Analysis {
    let _ = (timeline, settings, hand);
    unimplemented!()
}
