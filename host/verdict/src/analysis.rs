//! The whole analysis: from a timeline and settings to outages, phases and the run's verdict.

use ichiscope_timeline::{Gap, Timeline};
use ichiscope_wire::Line;

use crate::decision::Duration;
use crate::interruption::{Interruption, Interruptions, interruptions, trains};
use crate::outage::{Outage, OutageKind, Share};
use crate::phase::{Phase, PhaseKind, PhaseSource, from_marks};
use crate::uncertainty::{Budget, slope_term};
use crate::{Device, Reason, Settings, Threshold, Verdict, decide};

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
    pub tick_hz: Option<u64>,
    /// The data come from a model.
    pub simulated: bool,
    /// The data come from another tool's file.
    pub imported: bool,
    /// First and last tick of which something is known.
    pub span: Option<(u64, u64)>,
    /// Outages at every threshold, by start, then highest threshold first.
    pub outages: Vec<Outage>,
    /// Phases, by start; those measured on the rail among them.
    pub phases: Vec<Phase>,
    /// Gaps, by start.
    pub gaps: Vec<Gap>,
    /// Meter and hub together, for the outage that decides, or the longest one.
    pub combined: Option<CombinedTime>,
    /// The run's verdict: the worst one.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The outage that decided, as an index into `outages`.
    pub deciding: Option<usize>,
}

/// Analyses a timeline. `known` are phases from elsewhere than the mark inputs; measured ones among them are ignored.
pub fn analyse(timeline: &Timeline, settings: &Settings, known: &[Phase]) -> Analysis {
    let mut phases = from_marks(timeline, settings);
    phases.extend(known.iter().copied().filter(|p| !p.kind.is_measured()));
    let mut outages = Vec::new();
    let mut source = source_reasons(timeline);
    if let (Some(tick_hz), Some((_, last_tick))) = (timeline.tick_hz(), timeline.span()) {
        let run = Run { timeline, settings, phases: &phases, tick_hz, last_tick };
        let levels = run.levels();
        outages = run.outages(&levels);
        if run.chatters_too_long(&levels) {
            source.push(Reason::Chatter);
        }
        let measured = run.measured_phases(&levels);
        phases.extend(measured);
    }
    phases.sort_by_key(|p| (p.start_tick, p.kind));
    let imported = timeline.identity().is_some_and(|i| i.is_imported());
    let (verdict, mut reasons, deciding) = conclude(timeline, settings, &outages, source);
    if imported {
        // Told beside the verdict, not weighed in it: nothing in the file speaks for or against a loss.
        reasons.push(Reason::Imported);
    }
    Analysis {
        settings: settings.clone(),
        tick_hz: timeline.tick_hz(),
        simulated: timeline.identity().is_some_and(|i| i.is_simulated()),
        imported,
        span: timeline.span(),
        combined: combined(settings, &outages, deciding),
        outages,
        phases,
        gaps: timeline.gaps().to_vec(),
        verdict,
        reasons,
        deciding,
    }
}

/// What about the source forbids any verdict but INCONCLUSIVE.
fn source_reasons(timeline: &Timeline) -> Vec<Reason> {
    let mut reasons: Vec<Reason> =
        timeline.problems().iter().map(|p| Reason::Source(p.to_string())).collect();
    if timeline.span().is_none() {
        reasons.push(Reason::NothingRecorded);
    }
    reasons
}

/// The run's verdict: the worst of its outages, and never better than INCONCLUSIVE where anything was lost.
fn conclude(
    timeline: &Timeline,
    settings: &Settings,
    outages: &[Outage],
    source: Vec<Reason>,
) -> (Verdict, Vec<Reason>, Option<usize>) {
    let deciding = (0..outages.len()).max_by_key(|i| {
        let o = &outages[*i];
        (o.verdict, o.duration_ticks, std::cmp::Reverse(*i))
    });
    if !rail_is_measured(timeline, settings) {
        let verdict =
            if settings.device == Device::Gsme { Verdict::NotApplicable } else { Verdict::Inconclusive };
        return (verdict, vec![Reason::RailNotMeasured], deciding);
    }
    let worst = deciding.map_or(Verdict::Pass, |i| outages[i].verdict);
    let mut reasons = source;
    if timeline.has_loss() {
        reasons.push(Reason::GapElsewhere);
    }
    let verdict = if reasons.is_empty() { worst } else { worst.max(Verdict::Inconclusive) };
    if verdict != Verdict::Inconclusive || reasons.is_empty() {
        let own = deciding.map_or(&[][..], |i| &outages[i].reasons);
        reasons.extend(own.iter().cloned());
    }
    (verdict, reasons, deciding)
}

fn rail_is_measured(timeline: &Timeline, settings: &Settings) -> bool {
    settings
        .thresholds
        .iter()
        .any(|t| timeline.wired().contains(t.line) && timeline.track(t.line).level().is_some())
}

fn combined(settings: &Settings, outages: &[Outage], deciding: Option<usize>) -> Option<CombinedTime> {
    let outage = &outages[deciding?];
    Some(CombinedTime {
        outage_ns: outage.duration_ns,
        ch_reboot_ns: outage.ch_reboot_ns,
        ch_reboot_measured: outage.ch_reboot_measured,
        total_ns: outage.duration_ns.saturating_add(outage.ch_reboot_ns.unwrap_or(0)),
        limit_ns: settings.limit_ns,
    })
}

/// One threshold and what was found at it.
struct Level<'a> {
    threshold: &'a Threshold,
    found: Interruptions,
    trains: Vec<Train>,
}

/// Interruptions nearer to each other than the restore time.
struct Train {
    whole: Interruption,
    kind: OutageKind,
}

impl Level<'_> {
    /// The single interruptions that have a tick in common with `start..=end`. They are sorted and apart.
    fn touching(&self, start: u64, end: u64) -> &[Interruption] {
        let list = &self.found.list;
        let from = list.partition_point(|i| i.end_tick < start);
        let to = list.partition_point(|i| i.start_tick <= end);
        &list[from..to.max(from)]
    }

    /// The longest interruption or train that overlaps `start..end`, ticks; 0 if there is none.
    fn longest_ticks(&self, start: u64, end: u64) -> u64 {
        let single = self.touching(start, end).iter();
        let from = self.trains.partition_point(|t| t.whole.end_tick < start);
        let trains = self.trains[from..].iter().map(|t| &t.whole).take_while(|t| t.start_tick <= end);
        single
            .chain(trains)
            .filter(|i| i.start_tick < end && start < i.end_tick)
            .map(|i| i.end_tick - i.start_tick)
            .max()
            .unwrap_or(0)
    }
}

/// What every step of the analysis needs.
struct Run<'a> {
    timeline: &'a Timeline,
    settings: &'a Settings,
    phases: &'a [Phase],
    tick_hz: u64,
    last_tick: u64,
}

impl<'a> Run<'a> {
    /// Ticks of a setting, rounded to the nearest.
    fn ticks(&self, ns: u64) -> u64 {
        let ticks = (u128::from(ns) * u128::from(self.tick_hz) + 500_000_000) / 1_000_000_000;
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    fn levels(&self) -> Vec<Level<'a>> {
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

    fn outages(&self, levels: &[Level<'a>]) -> Vec<Outage> {
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
            gap: self.timeline.gaps().iter().any(|g| g.touches(start_tick, end_tick)),
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
        let tick_source =
            if s.edge_resolution_ns > 0 { "one tick, or the samples' distance" } else { "one tick" };
        let mut budget = Budget::default();
        budget.add(
            "clock",
            duration_ns as f64 * f64::from(s.clock_ppb) / 1e9,
            format!("{} ppb", s.clock_ppb),
        );
        budget.add("tick at the start", tick_ns, tick_source);
        budget.add("tick at the end", tick_ns, tick_source);
        let delay = f64::from(s.comparator_delay_ns);
        budget.add("comparator delay", delay, format!("{} ns between directions", s.comparator_delay_ns));
        let (falling, rising) = self.slopes_mv_per_ns(own, level, levels);
        let threshold_mv = f64::from(s.threshold_mv);
        budget.terms.push(slope_term("threshold at the start", threshold_mv, falling));
        budget.terms.push(slope_term("threshold at the end", threshold_mv, rising));
        budget
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

    fn judge(
        &self,
        outage: &Outage,
        reboot: Option<&Phase>,
        level: usize,
        levels: &[Level<'a>],
    ) -> (Verdict, Vec<Reason>) {
        let unsure = self.unsure(outage);
        if !unsure.is_empty() {
            return (Verdict::Inconclusive, unsure);
        }
        let start = first_start(outage, levels);
        if self.ch_was_removed(start, outage.end_tick) {
            return (Verdict::ChRemoved, vec![Reason::ChPrReleased]);
        }
        if self.ac_was_lost_before(start) {
            return (Verdict::MainsLoss, vec![Reason::AcLoFirst]);
        }
        if self.thresholds_disagree(outage, level, levels) {
            return (Verdict::Inconclusive, vec![Reason::ThresholdDependent]);
        }
        let by_rail = self.decide(outage.duration_ticks, outage.expanded_uncertainty_ns);
        if self.decide(outage.duration_ticks + outage.chatter_ticks, outage.expanded_uncertainty_ns)
            != by_rail
        {
            return (Verdict::Inconclusive, vec![Reason::Chatter]);
        }
        if by_rail >= Verdict::ConditionalFail {
            return (by_rail, Vec::new());
        }
        self.with_reboot(outage, reboot, by_rail)
    }

    fn decide(&self, ticks: u64, guard_ns: u64) -> Verdict {
        decide(ticks, self.tick_hz, self.settings.limit_ns, guard_ns)
    }

    fn unsure(&self, outage: &Outage) -> Vec<Reason> {
        let mut reasons: Vec<Reason> =
            self.timeline.problems().iter().map(|p| Reason::Source(p.to_string())).collect();
        if outage.gap {
            reasons.push(Reason::Gap);
        }
        if outage.open_start {
            reasons.push(Reason::OpenStart);
        }
        if outage.open_end {
            reasons.push(Reason::OpenEnd);
        }
        if outage.is_open() && !outage.gap && self.decide(outage.duration_ticks, 0) == Verdict::Fail {
            reasons.push(Reason::AlreadyOverLimit);
        }
        reasons
    }

    fn ac_was_lost_before(&self, start: u64) -> bool {
        self.is_high(Line::AcLo, start.saturating_sub(1))
    }

    fn ch_was_removed(&self, start: u64, end: u64) -> bool {
        let released = |e: &ichiscope_timeline::Entry| e.level();
        self.is_high(Line::ChPr, start.saturating_sub(1))
            || self.timeline.wired().contains(Line::ChPr)
                && self.timeline.track(Line::ChPr).between(start, end).iter().any(released)
    }

    fn is_high(&self, line: Line, tick: u64) -> bool {
        self.timeline.wired().contains(line) && self.timeline.track(line).level_at(tick) == Some(true)
    }

    /// Whether another threshold puts the same event on the other side of the limit.
    fn thresholds_disagree(&self, outage: &Outage, level: usize, levels: &[Level<'a>]) -> bool {
        let over = |ticks: u64| self.decide(ticks, 0) >= Verdict::ConditionalFail;
        let own = over(outage.duration_ticks);
        let others = levels.iter().enumerate().filter(|(i, _)| *i != level);
        others
            .map(|(_, other)| other.longest_ticks(outage.start_tick, outage.end_tick))
            .any(|longest| over(longest) != own)
    }

    /// A rail verdict better than FAIL, with the hub's reboot added.
    fn with_reboot(
        &self,
        outage: &Outage,
        reboot: Option<&Phase>,
        by_rail: Verdict,
    ) -> (Verdict, Vec<Reason>) {
        let guard_ns = outage.expanded_uncertainty_ns;
        let reboot_ticks = match (reboot, self.settings.ch_reboot_allowance_ns) {
            (Some(phase), _) => phase.ticks(),
            (None, Some(ns)) => self.ticks(ns),
            (None, None) => return (by_rail, vec![Reason::ChRebootUnknown]),
        };
        let together = self.decide(outage.duration_ticks + reboot_ticks, guard_ns);
        if together >= Verdict::ConditionalFail {
            return (Verdict::AtRisk, vec![Reason::CombinedTime]);
        }
        let unsure = reboot.is_some_and(|p| {
            p.open_end || self.timeline.gaps().iter().any(|g| g.touches(p.start_tick, p.end_tick))
        });
        if unsure {
            return (Verdict::Inconclusive, vec![Reason::ChRebootOpen]);
        }
        (by_rail.max(together), Vec::new())
    }

    /// Chatter without any interruption, longer than the limit less a second: an outage may hide in it.
    fn chatters_too_long(&self, levels: &[Level<'_>]) -> bool {
        let longest = levels.iter().map(|l| l.found.longest_chatter_ticks).max().unwrap_or(0);
        self.decide(longest, self.settings.restore_ns) > Verdict::Pass
    }

    /// RAIL_OFF and RAIL_RESTORED by the highest threshold.
    fn measured_phases(&self, levels: &[Level<'_>]) -> Vec<Phase> {
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

/// The earliest start of this event at any threshold: what happened before it came first.
fn first_start(outage: &Outage, levels: &[Level<'_>]) -> u64 {
    levels
        .iter()
        .filter_map(|l| l.touching(outage.start_tick, outage.end_tick).first())
        .map(|i| i.start_tick)
        .min()
        .unwrap_or(outage.start_tick)
}
