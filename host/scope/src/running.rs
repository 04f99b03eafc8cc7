//! The outage that is running now: at the end of a recording, or at the playhead of a replay.

use ichiscope_verdict::Analysis;

use crate::digest::Digest;

/// An outage at the highest threshold that has not ended yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its place in the analysis.
    pub index: usize,
    /// Its start, or the first tick known of it.
    pub start: u64,
    /// Now.
    pub now: u64,
    /// How long it has lasted, ns.
    pub elapsed_ns: u64,
    /// The limit less that, ns; negative once it is over.
    pub left_ns: i64,
    /// How urgent it is.
    pub urgency: Urgency,
}

/// How near the limit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Far.
    Quiet,
    /// Nearer than the alarm's time.
    Alarm,
    /// Within the guard band, or over.
    Reached,
}

/// The outage that runs at the end of what was recorded.
pub fn at_the_end(analysis: &Analysis, digest: &Digest, alarm_s: u64) -> Option<Running> {
    let (_, now) = analysis.span?;
    let last = digest.highest().last()?;
    analysis.outages[last.index].open_end.then(|| running(analysis, last.index, now, alarm_s))?
}

/// The outage that runs at `tick`.
pub fn at(analysis: &Analysis, digest: &Digest, tick: u64, alarm_s: u64) -> Option<Running> {
    let outages = digest.highest();
    let begun = outages.partition_point(|o| o.start <= tick);
    let last = outages.get(begun.checked_sub(1)?).filter(|o| tick < o.end)?;
    running(analysis, last.index, tick, alarm_s)
}

fn running(analysis: &Analysis, index: usize, now: u64, alarm_s: u64) -> Option<Running> {
    let outage = &analysis.outages[index];
    let hz = u128::from(analysis.tick_hz?);
    let ticks = now.saturating_sub(outage.start_tick);
    let elapsed_ns = u64::try_from(u128::from(ticks) * 1_000_000_000 / hz).unwrap_or(u64::MAX);
    let signed = |ns: u64| i64::try_from(ns).unwrap_or(i64::MAX);
    let left_ns = signed(analysis.settings.limit_ns) - signed(elapsed_ns);
    let urgency = if left_ns <= signed(outage.expanded_uncertainty_ns) {
        Urgency::Reached
    } else if left_ns <= signed(alarm_s.saturating_mul(1_000_000_000)) {
        Urgency::Alarm
    } else {
        Urgency::Quiet
    };
    Some(Running { index, start: outage.start_tick, now, elapsed_ns, left_ns, urgency })
}
