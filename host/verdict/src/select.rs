//! Which outages are listed one by one, and what is said of the others when there are too many.
//!
//! A rail that flaps for hours makes millions of interruptions. Up to [`MAX_OUTAGES`] rows are listed: those with an end that
//! was not seen, those beside which the supply was not seen good, the self-test's, those that a boot of the hub belongs to, and the
//! longest. The others are counted and judged together by the longest of them, which is exact: nothing but the duration tells them
//! apart once the other kinds are out, and a longer duration never has a better verdict. AC_LO and CH_PR are looked up for each.

use ichiscope_wire::Line;

use crate::Verdict;
use crate::interruption::Interruption;
use crate::level::Level;
use crate::measure::Run;
use crate::outage::{Omitted, Outage, OutageKind};

/// So many outages are listed one by one.
pub const MAX_OUTAGES: usize = 10_000;

/// An outage before it is measured.
#[derive(Clone, Copy)]
struct Candidate<'l> {
    level: usize,
    kind: OutageKind,
    whole: &'l Interruption,
}

impl Candidate<'_> {
    fn ticks(&self) -> u64 {
        self.whole.end_tick - self.whole.start_tick
    }
}

/// All candidates: at each level the single ones, then the trains.
fn candidates<'l>(levels: &'l [Level<'_>]) -> impl Iterator<Item = Candidate<'l>> {
    levels.iter().enumerate().flat_map(|(level, l)| {
        let singles =
            l.found.list.iter().map(move |whole| Candidate { level, kind: OutageKind::Single, whole });
        let trains = l.trains.iter().map(move |t| Candidate { level, kind: t.kind, whole: &t.whole });
        singles.chain(trains)
    })
}

impl<'a> Run<'a> {
    /// The outages by start, then highest threshold first, and what was left out.
    pub(crate) fn outages(&self, levels: &[Level<'a>]) -> (Vec<Outage>, Option<Omitted>) {
        let count: usize = levels.iter().map(|l| l.found.list.len() + l.trains.len()).sum();
        let (mut outages, omitted) = if count <= MAX_OUTAGES {
            (candidates(levels).map(|c| self.measured(&c, levels)).collect(), None)
        } else {
            self.selected(levels, count)
        };
        outages.sort_by_key(|o: &Outage| (o.start_tick, -o.threshold.falling_mv));
        (outages, omitted)
    }

    fn measured(&self, c: &Candidate<'_>, levels: &[Level<'a>]) -> Outage {
        self.outage(c.kind, c.whole, c.level, levels)
    }

    fn selected(&self, levels: &[Level<'a>], count: usize) -> (Vec<Outage>, Option<Omitted>) {
        let mut lengths = Vec::with_capacity(count);
        lengths.extend(candidates(levels).map(|c| c.ticks()));
        let (_, shortest_listed, longer) = lengths.select_nth_unstable(count - MAX_OUTAGES);
        let shortest_listed = *shortest_listed;
        // Of those as short as the shortest listed one, as many as there is room for.
        let mut room = MAX_OUTAGES - longer.iter().filter(|ticks| **ticks > shortest_listed).count();
        let mut listed = Vec::new();
        let mut left = Left::default();
        for candidate in candidates(levels) {
            let is_last_place = candidate.ticks() == shortest_listed && room > 0;
            if is_last_place {
                room -= 1;
            }
            if is_last_place || candidate.ticks() > shortest_listed || self.is_special(&candidate, levels) {
                listed.push(self.measured(&candidate, levels));
            } else {
                left.take(candidate);
            }
        }
        let omitted = left.longest.map(|longest| {
            let mut verdict = self.measured(&longest, levels).verdict;
            if let Some(worst) = self.not_the_firmware(levels, shortest_listed) {
                verdict = verdict.max(worst.verdict);
                // So that what decides can be shown.
                if listed.iter().all(|o| o.verdict < worst.verdict) {
                    listed.push(worst);
                }
            }
            // Chatter is no part of the duration: together with the most of it, the longest must still be clear.
            let ticks = longest.ticks().saturating_add(left.most_chatter);
            if self.decide(ticks, 0) != self.decide(longest.ticks(), 0) {
                verdict = verdict.max(Verdict::Inconclusive);
            }
            Omitted { count: left.count, longest_ticks: longest.ticks(), sum_ticks: left.sum_ticks, verdict }
        });
        (listed, omitted)
    }

    /// Whether more than its duration tells it apart.
    fn is_special(&self, c: &Candidate<'_>, levels: &[Level<'a>]) -> bool {
        let Interruption { start_tick, end_tick, open_start, open_end, .. } = *c.whole;
        let is_boot_its_own = || {
            self.phases.has_boots() && self.boots_of(start_tick, end_tick, &levels[c.level]).next().is_some()
        };
        let level = &levels[c.level];
        open_start
            || open_end
            || self.not_seen_good(start_tick, end_tick, level).is_some()
            || self.is_pulse(c, levels)
            || is_boot_its_own()
    }

    fn is_pulse(&self, c: &Candidate<'_>, levels: &[Level<'a>]) -> bool {
        self.is_self_test(c.whole.start_tick, c.whole.end_tick, &levels[c.level])
    }

    /// The first of the outages no longer than `longest` that the mains or a removed hub explain, if there is one.
    fn not_the_firmware(&self, levels: &[Level<'a>], longest: u64) -> Option<Outage> {
        let ever_high = |line: Line| {
            self.timeline.wired().contains(line)
                && self.timeline.track(line).entries().iter().any(|e| e.level())
        };
        if !ever_high(Line::AcLo) && !ever_high(Line::ChPr) {
            return None;
        }
        candidates(levels)
            .filter(|c| c.ticks() <= longest && !self.is_pulse(c, levels))
            .find(|c| self.explained(c.whole.start_tick, c.whole.end_tick, levels).is_some())
            .map(|c| self.measured(&c, levels))
    }
}

/// What is left out.
#[derive(Default)]
struct Left<'l> {
    count: u64,
    sum_ticks: u64,
    most_chatter: u64,
    longest: Option<Candidate<'l>>,
}

impl<'l> Left<'l> {
    fn take(&mut self, c: Candidate<'l>) {
        self.count += 1;
        self.sum_ticks = self.sum_ticks.saturating_add(c.ticks());
        self.most_chatter = self.most_chatter.max(c.whole.chatter_ticks);
        if self.longest.is_none_or(|l| c.ticks() > l.ticks()) {
            self.longest = Some(c);
        }
    }
}
