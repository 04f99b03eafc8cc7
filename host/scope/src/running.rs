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

#[cfg(test)]
mod tests {
    use ichiscope_timeline::Builder;
    use ichiscope_verdict::{Settings, analyse};
    use ichiscope_wire::{Edge, Heartbeat, Line, LineSet, Payload, Record, Start, StartPage, encode_frame};

    use super::*;

    const HZ: u64 = 1_000_000;

    /// The rail goes off at 10 s, is good again at `end` (if at all), and the recording ends at `last`, s.
    fn analysis(end: Option<u64>, last: u64) -> Analysis {
        let good = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
        let mut payloads: Vec<(u64, Payload)> = Vec::new();
        let lines = u32::from(good.bits()) | 0x3FF << 12;
        let values = [1 | 1 << 8 | 8 << 16, HZ as u32, 1, 3_000_000, lines, 100, 256 | 63 << 16, 0];
        for (page, value) in StartPage::ALL.into_iter().zip(values) {
            payloads.push((page as u64, Payload::Start(Start { page: page as u8, value })));
        }
        let mut level = |tick, levels| {
            payloads.push((tick, Payload::Edge(Edge { levels, changed: good, age: 0 })));
        };
        level(10 * HZ, LineSet::EMPTY);
        if let Some(end) = end {
            level(end * HZ, good);
        }
        let levels = if end.is_some() { good } else { LineSet::EMPTY };
        payloads.push((last * HZ, Payload::Heartbeat(Heartbeat { tick: last * HZ, levels, flags: 1 })));
        payloads.insert(8, (20, Payload::Heartbeat(Heartbeat { tick: 20, levels: good, flags: 1 })));
        let mut builder = Builder::new();
        for (seq, (tick, payload)) in payloads.into_iter().enumerate() {
            builder.bytes(0, &encode_frame(seq as u8, &Record::new(tick, 0, payload)));
        }
        analyse(&builder.into_timeline(), &Settings::default(), &[])
    }

    fn now(last: u64) -> Option<(u64, i64, Urgency)> {
        let analysis = analysis(None, last);
        let running = at_the_end(&analysis, &Digest::new(&analysis), 30)?;
        Some((running.elapsed_ns / 1_000_000_000, running.left_ns / 1_000_000_000, running.urgency))
    }

    #[test]
    fn the_alarm_comes_before_the_limit_and_the_guard_band_counts_as_reached() {
        assert_eq!(now(100), Some((90, 90, Urgency::Quiet)));
        assert_eq!(now(159), Some((149, 31, Urgency::Quiet)));
        assert_eq!(now(160), Some((150, 30, Urgency::Alarm)));
        assert_eq!(now(189), Some((179, 1, Urgency::Alarm)));
        assert_eq!(now(190), Some((180, 0, Urgency::Reached)));
        assert_eq!(now(300), Some((290, -110, Urgency::Reached)));
    }

    #[test]
    fn an_outage_that_has_ended_runs_only_at_a_playhead_within_it() {
        let analysis = analysis(Some(60), 100);
        let digest = Digest::new(&analysis);
        assert_eq!(at_the_end(&analysis, &digest, 30), None);
        let at = |s: u64| at(&analysis, &digest, s * HZ, 30).map(|r| r.elapsed_ns / 1_000_000_000);
        assert_eq!([at(9), at(10), at(59), at(60)], [None, Some(0), Some(49), None]);
    }
}
