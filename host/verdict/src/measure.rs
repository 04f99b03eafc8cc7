//! Measuring: from the tracks to outages with durations, shares of phases and uncertainty.

use ichiscope_timeline::{Gap, Problem, Timeline};

use crate::decision::Duration;
use crate::interruption::{Interruption, Walk, trains};
use crate::level::{Level, Train};
use crate::memo::Memo;
use crate::outage::{Below, Outage, OutageKind, Share};
use crate::phase::{Phase, PhaseIndex, PhaseKind, PhaseSource};
use crate::self_test::Pulses;
use crate::voltage::Voltage;
use crate::{Settings, Verdict};

/// What every step of the analysis needs.
pub(crate) struct Run<'a> {
    pub(crate) timeline: &'a Timeline,
    pub(crate) settings: &'a Settings,
    pub(crate) phases: &'a PhaseIndex,
    /// The ADC's record, where its codes are known in volts.
    pub(crate) voltage: Option<Voltage<'a>>,
    pub(crate) tick_hz: u64,
    pub(crate) last_tick: u64,
    pub(crate) gaps: GapIndex,
    /// The self-test's pulses.
    pub(crate) pulses: Pulses,
    /// What about the source forbids a conclusion.
    pub(crate) problems: Vec<Problem>,
}

/// The gaps by start, each with the latest end so far: whether one touches a stretch is a binary search.
pub(crate) struct GapIndex(Vec<(u64, u64)>);

impl GapIndex {
    /// The index of `gaps`, in any order.
    pub(crate) fn new(gaps: &[Gap]) -> GapIndex {
        let mut spans: Vec<(u64, u64)> = gaps.iter().map(|g| (g.start_tick, g.end_tick)).collect();
        spans.sort_unstable();
        let mut latest = 0;
        for span in &mut spans {
            latest = latest.max(span.1);
            span.1 = latest;
        }
        GapIndex(spans)
    }

    /// Whether a gap has a tick in common with `start..=end`.
    pub(crate) fn touch(&self, start: u64, end: u64) -> bool {
        let begun = self.0.partition_point(|span| span.0 <= end);
        begun > 0 && self.0[begun - 1].1 >= start
    }
}

impl<'a> Run<'a> {
    /// Ticks of a setting, rounded to the nearest.
    pub(crate) fn ticks(&self, ns: u64) -> u64 {
        let ticks = (u128::from(ns) * u128::from(self.tick_hz) + 500_000_000) / 1_000_000_000;
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    /// What is found at each threshold, going on from what `memo` has of it.
    pub(crate) fn levels(&self, memo: &'a mut Memo) -> Vec<Level<'a>> {
        let deglitch_ticks = self.ticks(self.settings.deglitch_ns);
        let wired = self.timeline.wired();
        let thresholds = self.settings.thresholds.iter().filter(|t| wired.contains(t.line));
        memo.walks.resize_with(self.settings.thresholds.len(), Walk::default);
        thresholds
            .zip(&mut memo.walks)
            .map(|(threshold, walk)| {
                walk.go_on(self.timeline.track(threshold.line), self.last_tick, deglitch_ticks);
                let found = walk.found();
                let trains = self.trains(&found.list);
                let known_from = self.timeline.track(threshold.line).entries().first().map(|e| e.tick());
                Level { threshold, known_from, found, trains }
            })
            .collect()
    }

    fn trains(&self, list: &[Interruption]) -> Vec<Train> {
        trains(list, self.ticks(self.settings.restore_ns))
            .into_iter()
            .map(|range| {
                let members = &list[range];
                let (first, last) = (members[0], members[members.len() - 1]);
                let whole = Interruption {
                    end_tick: last.end_tick,
                    open_end: last.open_end,
                    chatter_ticks: members.iter().map(|i| i.chatter_ticks).sum(),
                    ..first
                };
                let sum_ticks = members.iter().map(|i| i.end_tick - i.start_tick).sum();
                Train { whole, kind: OutageKind::Merged { count: members.len(), sum_ticks } }
            })
            .collect()
    }

    pub(crate) fn outage(
        &self,
        kind: OutageKind,
        whole: &Interruption,
        level: usize,
        levels: &[Level<'a>],
    ) -> Outage {
        let Interruption { start_tick, end_tick, .. } = *whole;
        let duration = Duration { ticks: end_tick - start_tick, tick_hz: self.tick_hz };
        let duration_ns = duration.ns();
        let edges = self.edges(whole, level, levels);
        let budget = self.budget(level, levels, duration_ns, &edges);
        let mut outage = Outage {
            threshold: levels[level].threshold.clone(),
            kind,
            start_tick,
            end_tick,
            open_start: whole.open_start,
            open_end: whole.open_end,
            gap: self.gaps.touch(start_tick, end_tick),
            chatter_ticks: whole.chatter_ticks,
            duration_ticks: duration.ticks,
            duration_ns,
            margin_ns: i64::try_from(i128::from(self.settings.limit_ns) - i128::from(duration_ns))
                .unwrap_or(i64::MIN),
            expanded_uncertainty_ns: budget.expanded_ns(),
            budget,
            phases: self.shares(start_tick, end_tick),
            below: self.below(start_tick, end_tick, levels),
            least_mv: self.voltage.as_ref().and_then(|v| v.least_mv(start_tick, end_tick)),
            edges,
            ch_reboot_ns: self.settings.ch_reboot_allowance_ns,
            ch_reboot_measured: false,
            verdict: Verdict::Inconclusive,
            reasons: Vec::new(),
        };
        let boots: Vec<&Phase> = self.boots_of(start_tick, end_tick, &levels[level]).collect();
        if let Some(phase) = boots.iter().max_by_key(|p| p.ticks()) {
            outage.ch_reboot_ns = Some(Duration { ticks: phase.ticks(), tick_hz: self.tick_hz }.ns());
            outage.ch_reboot_measured = true;
        }
        (outage.verdict, outage.reasons) = self.judge(&outage, &boots, level, levels);
        outage
    }

    /// Ticks of each phase in `start..end`; where two sources tell the same phase, their common ticks count once.
    fn shares(&self, start: u64, end: u64) -> Vec<Share> {
        let mut phases = self.phases.overlapping(start, end);
        phases.sort_by_key(|p| (p.kind, p.start_tick));
        let mut shares: Vec<Share> = Vec::new();
        let mut counted_to = start;
        for phase in phases {
            let is_new = shares.last().is_none_or(|s| s.kind != phase.kind);
            if is_new {
                counted_to = start;
                shares.push(Share { kind: phase.kind, ticks: 0 });
            }
            let ticks = phase.overlap_ticks(counted_to, end);
            if let Some(share) = shares.last_mut() {
                share.ticks += ticks;
            }
            counted_to = counted_to.max(phase.end_tick.min(end));
        }
        shares.retain(|s| s.ticks > 0);
        shares
    }

    /// The boots of the hub that began after the outage did and before the next one at the same threshold.
    pub(crate) fn boots_of(&self, start: u64, end: u64, level: &Level<'_>) -> impl Iterator<Item = &Phase> {
        let list = &level.found.list;
        let next = list.get(list.partition_point(|i| i.start_tick <= end));
        self.phases.boots_between(start, next.map_or(u64::MAX, |i| i.start_tick))
    }

    /// Ticks below each threshold during `start..end`.
    fn below(&self, start: u64, end: u64, levels: &[Level<'a>]) -> Vec<Below> {
        levels
            .iter()
            .map(|level| {
                let ticks = level.touching(start, end).iter();
                let ticks = ticks.map(|i| i.end_tick.min(end).saturating_sub(i.start_tick.max(start))).sum();
                Below { line: level.threshold.line, ticks }
            })
            .collect()
    }

    /// RAIL_OFF and RAIL_RESTORED by the outages listed at the highest threshold.
    pub(crate) fn measured_phases(&self, levels: &[Level<'_>], listed: &[Outage]) -> Vec<Phase> {
        let Some(highest) = levels.iter().max_by_key(|l| l.threshold.falling_mv) else { return Vec::new() };
        let restore_ticks = self.ticks(self.settings.restore_ns);
        let list = &highest.found.list;
        let off = listed
            .iter()
            .filter(|o| o.kind == OutageKind::Single && o.threshold.line == highest.threshold.line)
            .filter(|o| !o.is_self_test());
        off.flat_map(|off| {
            let phase = |kind, start_tick, end_tick, open_start, open_end| Phase {
                kind,
                start_tick,
                end_tick,
                open_start,
                open_end,
                source: PhaseSource::Rail,
                uncertainty_ticks: Some(1),
            };
            let rail_off =
                phase(PhaseKind::RailOff, off.start_tick, off.end_tick, off.open_start, off.open_end);
            let next = list.get(list.partition_point(|i| i.start_tick <= off.start_tick));
            let good_until = next.map_or(self.last_tick, |n| n.start_tick);
            let restored = !off.open_end && good_until.saturating_sub(off.end_tick) >= restore_ticks;
            let restored = restored.then(|| {
                phase(PhaseKind::RailRestored, off.end_tick, off.end_tick + restore_ticks, false, false)
            });
            std::iter::once(rail_off).chain(restored)
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use ichiscope_timeline::GapCause;

    use super::*;

    /// Gaps that overlap and come out of order, held against the plain walk.
    #[test]
    fn the_index_of_gaps_finds_what_a_walk_finds() {
        let gap = |(start_tick, end_tick)| Gap { start_tick, end_tick, cause: GapCause::Damage, lost: 0 };
        let gaps: Vec<Gap> = [(50, 60), (10, 90), (20, 30), (120, 120)].into_iter().map(gap).collect();
        let index = GapIndex::new(&gaps);
        for start in 0..130 {
            for end in start..130 {
                let walked = gaps.iter().any(|g| g.touches(start, end));
                assert_eq!(index.touch(start, end), walked, "{start}..={end}");
            }
        }
    }
}
