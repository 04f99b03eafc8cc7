//! Judging one outage: what forbids a conclusion, what was not the firmware, then the rule and the hub's reboot.

use ichiscope_wire::Line;

use crate::decision::Duration;
use crate::interruption::Interruption;
use crate::level::{Level, first_start};
use crate::measure::Run;
use crate::outage::Outage;
use crate::phase::Phase;
use crate::self_test::Allowed;
use crate::{Reason, Verdict, decide};

impl<'a> Run<'a> {
    pub(crate) fn judge(
        &self,
        outage: &Outage,
        boots: &[&Phase],
        level: usize,
        levels: &[Level<'a>],
    ) -> (Verdict, Vec<Reason>) {
        let unsure = self.unsure(outage);
        if !unsure.is_empty() {
            return (Verdict::Inconclusive, unsure);
        }
        if self.is_self_test(outage.start_tick, outage.end_tick, &levels[level]) {
            return (Verdict::NotApplicable, vec![Reason::SelfTest]);
        }
        if let Some((verdict, reason)) = self.explained(outage.start_tick, outage.end_tick, levels) {
            return (verdict, vec![reason]);
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
        // A file of another tool is often a cut around the event: what lies outside of it is said beside the verdict.
        let missing = self.not_seen_good(outage.start_tick, outage.end_tick, &levels[level]);
        match missing {
            Some(reason) if !self.timeline.is_imported() => (Verdict::Inconclusive, vec![reason]),
            _ => {
                let (verdict, mut reasons) = self.with_reboot(outage, boots, by_rail);
                reasons.extend(missing);
                (verdict, reasons)
            }
        }
    }

    /// Whether everything below the threshold from `start` to `end` is self-test.
    pub(crate) fn is_self_test(&self, start: u64, end: u64, level: &Level<'_>) -> bool {
        if self.pulses.is_empty() {
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

    /// What else than the firmware explains an outage from `start` to `end`.
    pub(crate) fn explained(&self, start: u64, end: u64, levels: &[Level<'a>]) -> Option<(Verdict, Reason)> {
        let start = first_start(start, end, levels);
        if self.ch_was_removed(start, end) {
            return Some((Verdict::ChRemoved, Reason::ChPrReleased));
        }
        self.ac_was_lost_before(start).then_some((Verdict::MainsLoss, Reason::AcLoFirst))
    }

    pub(crate) fn decide(&self, ticks: u64, guard_ns: u64) -> Verdict {
        decide(ticks, self.tick_hz, self.settings.limit_ns, guard_ns)
    }

    fn unsure(&self, outage: &Outage) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = self.problems.iter().map(|p| Reason::Source(*p)).collect();
        if outage.gap {
            reasons.push(Reason::Gap);
        }
        if outage.open_start {
            reasons.push(Reason::OpenStart);
        }
        if outage.open_end {
            reasons.push(Reason::OpenEnd);
        }
        if outage.edges.is_voltage_lost {
            reasons.push(Reason::VoltageLost);
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

    /// A rail verdict better than FAIL, with the longest of the hub's reboots added.
    fn with_reboot(&self, outage: &Outage, boots: &[&Phase], by_rail: Verdict) -> (Verdict, Vec<Reason>) {
        // Both ends of the boot may be off by as much as its source says; taken as they are, which is more than as squares.
        let of_boot = boots.iter().filter_map(|p| p.uncertainty_ticks).max().unwrap_or(0);
        let of_boot_ns = Duration { ticks: of_boot.saturating_mul(2), tick_hz: self.tick_hz }.ns();
        let guard_ns = outage.expanded_uncertainty_ns.saturating_add(of_boot_ns);
        let longest = boots.iter().map(|p| p.ticks()).max();
        let reboot_ticks = match (longest, self.settings.ch_reboot_allowance_ns) {
            (Some(ticks), _) => ticks,
            (None, Some(ns)) => self.ticks(ns),
            (None, None) => return (by_rail, vec![Reason::ChRebootUnknown]),
        };
        let together = self.decide(outage.duration_ticks + reboot_ticks, guard_ns);
        if together >= Verdict::ConditionalFail {
            return (Verdict::AtRisk, vec![Reason::CombinedTime]);
        }
        // One whose end was not seen may be the longest.
        let unsure = boots.iter().any(|p| p.open_end || self.gaps.touch(p.start_tick, p.end_tick));
        if unsure {
            return (Verdict::Inconclusive, vec![Reason::ChRebootOpen]);
        }
        (by_rail.max(together), Vec::new())
    }

    /// Chatter without any interruption, longer than the limit less a second: an outage may hide in it.
    pub(crate) fn chatters_too_long(&self, levels: &[Level<'_>]) -> bool {
        let longest = levels.iter().map(|l| l.found.longest_chatter_ticks).max().unwrap_or(0);
        self.decide(longest, self.settings.restore_ns) > Verdict::Pass
    }
}
