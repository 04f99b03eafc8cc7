//! Measuring: from the tracks to outages with durations, shares of phases and uncertainty.

use ichiscope_timeline::{Gap, Problem, Timeline};

use crate::decision::Duration;
use crate::interruption::{Interruption, interruptions, trains};
use crate::level::{Level, Train};
use crate::outage::{Outage, OutageKind, Share};
use crate::phase::{Phase, PhaseKind, PhaseSource};
use crate::uncertainty::{Budget, Term, TermSource, slope_term};
use crate::{Settings, Verdict};

/// What every step of the analysis needs.
pub(crate) struct Run<'a> {
    pub(crate) timeline: &'a Timeline,
    pub(crate) settings: &'a Settings,
    pub(crate) phases: &'a [Phase],
    pub(crate) tick_hz: u64,
    pub(crate) last_tick: u64,
    pub(crate) gaps: GapIndex,
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

    pub(crate) fn levels(&self) -> Vec<Level<'a>> {
        let deglitch_ticks = self.ticks(self.settings.deglitch_ns);
        let wired = self.timeline.wired();
        let thresholds = self.settings.thresholds.iter().filter(|t| wired.contains(t.line));
        thresholds
            .map(|threshold| {
                let found =
                    interruptions(self.timeline.track(threshold.line), self.last_tick, deglitch_ticks);
                let trains = self.trains(&found.list);
                Level { threshold, found, trains }
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

    pub(crate) fn outages(&self, levels: &[Level<'a>]) -> Vec<Outage> {
        let mut outages: Vec<Outage> = Vec::new();
        for (i, level) in levels.iter().enumerate() {
            let singles = level.found.list.iter().map(|whole| (OutageKind::Single, whole));
            let trains = level.trains.iter().map(|t| (t.kind, &t.whole));
            outages.extend(singles.chain(trains).map(|(kind, whole)| self.outage(kind, whole, i, levels)));
        }
        outages.sort_by_key(|o| (o.start_tick, -o.threshold.falling_mv));
        outages
    }

    fn outage(&self, kind: OutageKind, whole: &Interruption, level: usize, levels: &[Level<'a>]) -> Outage {
        let Interruption { start_tick, end_tick, .. } = *whole;
        let duration = Duration { ticks: end_tick - start_tick, tick_hz: self.tick_hz };
        let duration_ns = duration.ns();
        let budget = self.budget(whole, level, levels, duration_ns);
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
            ch_reboot_ns: self.settings.ch_reboot_allowance_ns,
            ch_reboot_measured: false,
            verdict: Verdict::Inconclusive,
            reasons: Vec::new(),
        };
        let reboot = self.ch_reboot(&outage, &levels[level]);
        if let Some(phase) = &reboot {
            outage.ch_reboot_ns = Some(Duration { ticks: phase.ticks(), tick_hz: self.tick_hz }.ns());
            outage.ch_reboot_measured = true;
        }
        (outage.verdict, outage.reasons) = self.judge(&outage, reboot.as_ref(), level, levels);
        outage
    }

    fn shares(&self, start: u64, end: u64) -> Vec<Share> {
        let mut shares: Vec<Share> = Vec::new();
        for phase in self.phases {
            let ticks = phase.overlap_ticks(start, end);
            match shares.iter_mut().find(|s| s.kind == phase.kind) {
                _ if ticks == 0 => {}
                Some(share) => share.ticks += ticks,
                None => shares.push(Share { kind: phase.kind, ticks }),
            }
        }
        shares.sort_by_key(|s| s.kind);
        shares
    }

    /// The longest boot of the hub that began after the outage did and before the next one at the same threshold.
    fn ch_reboot(&self, outage: &Outage, level: &Level<'_>) -> Option<Phase> {
        let list = &level.found.list;
        let next = list.get(list.partition_point(|i| i.start_tick <= outage.end_tick));
        let next = next.map_or(u64::MAX, |i| i.start_tick);
        self.phases
            .iter()
            .filter(|p| {
                p.kind == PhaseKind::ChBoot && p.start_tick >= outage.start_tick && p.start_tick < next
            })
            .max_by_key(|p| p.ticks())
            .copied()
    }

    fn budget(&self, own: &Interruption, level: usize, levels: &[Level<'a>], duration_ns: u64) -> Budget {
        let s = self.settings;
        let tick_ns = (1e9 / self.tick_hz as f64).max(s.edge_resolution_ns as f64);
        let sampled = s.edge_resolution_ns > 0;
        let tick_source = if sampled { TermSource::SampleDistance } else { TermSource::OneTick };
        let (falling, rising) = self.slopes_mv_per_ns(own, level, levels);
        let term = |name, bound_ns, source| Term { name, bound_ns, source };
        let clock_ns = duration_ns as f64 * f64::from(s.clock_ppb) / 1e9;
        let delay_ns = s.comparator_delay_ns;
        Budget {
            terms: [
                term("clock", clock_ns, TermSource::ClockPpb(s.clock_ppb)),
                term("tick at the start", tick_ns, tick_source),
                term("tick at the end", tick_ns, tick_source),
                term("comparator delay", f64::from(delay_ns), TermSource::DelayNs(delay_ns)),
                slope_term("threshold at the start", s.threshold_mv, falling),
                slope_term("threshold at the end", s.threshold_mv, rising),
            ],
        }
    }

    /// The rail's slopes at both edges, from the neighbouring comparator, mV/ns; `None` where there is none.
    fn slopes_mv_per_ns(
        &self,
        own: &Interruption,
        level: usize,
        levels: &[Level<'a>],
    ) -> (Option<f64>, Option<f64>) {
        let threshold = levels[level].threshold;
        let others = levels.iter().filter(|l| l.threshold.line != threshold.line);
        let neighbour = others
            .filter_map(|l| {
                let touching = l.touching(own.start_tick, own.end_tick);
                Some((l.threshold, touching.first()?, touching.last()?))
            })
            .min_by_key(|(t, ..)| (t.falling_mv - threshold.falling_mv).unsigned_abs());
        let Some((other, first, last)) = neighbour else { return (None, None) };
        let slope = |mv: i32, ticks: u64| {
            let ns = ticks.max(1) as f64 * 1e9 / self.tick_hz as f64;
            f64::from(mv.unsigned_abs()) / ns
        };
        let falling =
            slope(threshold.falling_mv - other.falling_mv, first.start_tick.abs_diff(own.start_tick));
        let rising = slope(threshold.rising_mv - other.rising_mv, last.end_tick.abs_diff(own.end_tick));
        let known = |open: bool, slope: f64| (!open).then_some(slope);
        (known(own.open_start || first.open_start, falling), known(own.open_end || last.open_end, rising))
    }

    /// RAIL_OFF and RAIL_RESTORED by the highest threshold.
    pub(crate) fn measured_phases(&self, levels: &[Level<'_>]) -> Vec<Phase> {
        let Some(highest) = levels.iter().max_by_key(|l| l.threshold.falling_mv) else { return Vec::new() };
        let restore_ticks = self.ticks(self.settings.restore_ns);
        let list = &highest.found.list;
        list.iter()
            .enumerate()
            .flat_map(|(i, off)| {
                let phase = |kind, start_tick, end_tick, open_start, open_end| Phase {
                    kind,
                    start_tick,
                    end_tick,
                    open_start,
                    open_end,
                    source: PhaseSource::Rail,
                };
                let rail_off =
                    phase(PhaseKind::RailOff, off.start_tick, off.end_tick, off.open_start, off.open_end);
                let good_until = list.get(i + 1).map_or(self.last_tick, |n| n.start_tick);
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
