//! Pulses per second that mark the seconds of UTC: points of the map that do not hang on the PC's clock.
//!
//! Only where the operator says that the pulses do so. The PC's clock then just tells which second a pulse is, and has to be right to
//! 0.4 s for that. Pulses that are not whole seconds after the ones before them are left out.

use ichiscope_timeline::{SecondBound, SecondPulse, pulses_by_seconds};

use super::{MAX_POINTS, NS, UtcMap, UtcPoint};

/// A stretch between restarts needs so many pulses that agree, and at least half of all in it.
const FEWEST: usize = 10;
/// The PC's clock must put the pulses so near to whole seconds, ns,
const NEAR_NS: u64 = 400_000_000;
/// as far as it can be read that exactly at all, ns.
const READABLE_NS: u64 = 100_000_000;

const SECOND_NS: u64 = NS as u64;

impl UtcMap {
    /// The map with the points of `pulses` (ticks of rising edges, by tick), each within `pulse_ns` of a whole second of UTC, in place of
    /// the PC's wherever they can be told apart. `clock_ppb`: how far the board's clock may be off.
    pub(crate) fn with_pulses(mut self, pulses: &[u64], pulse_ns: u64, clock_ppb: u32) -> UtcMap {
        if self.tick_hz == 0 {
            return self;
        }
        self.clock_ppb = clock_ppb.into();
        let placed: Vec<(u64, u64)> =
            pulses.iter().filter_map(|tick| Some((self.segment_of(*tick)?, *tick))).collect();
        let marks: Vec<UtcPoint> =
            placed.chunk_by(|a, b| a.0 == b.0).flat_map(|stretch| self.marks(stretch, pulse_ns)).collect();
        let step = marks.len().div_ceil(MAX_POINTS).max(1);
        let has_marks = |segment| marks.binary_search_by_key(&segment, |m| m.segment).is_ok();
        let mut points: Vec<UtcPoint> =
            self.points.iter().filter(|p| !has_marks(p.segment)).copied().collect();
        points.extend(marks.iter().step_by(step));
        points.sort_by_key(|p| p.tick);
        self.points = growing(points);
        self
    }

    /// Between which restarts a tick lies; `None` if a restart may lie on either side of it.
    fn segment_of(&self, tick: u64) -> Option<u64> {
        let after = self.points.partition_point(|p| p.tick <= tick);
        let before = after.checked_sub(1).map(|i| self.points[i].segment);
        let next = self.points.get(after).map(|p| p.segment);
        match (before, next) {
            (Some(a), Some(b)) => (a == b).then_some(a),
            (a, b) => a.or(b),
        }
    }

    /// The points of one stretch between restarts; none if its pulses are not those of a second's clock, or the PC cannot number them.
    fn marks(&self, stretch: &[(u64, u64)], pulse_ns: u64) -> Vec<UtcPoint> {
        let ticks: Vec<u64> = stretch.iter().map(|(_, tick)| *tick).collect();
        // Noise so dense that its seconds cannot hold half of it is not looked through at all.
        let span = ticks[ticks.len() - 1] - ticks[0];
        if ticks.len() as u64 / 2 > span / self.tick_hz + 2 {
            return Vec::new();
        }
        let bound = SecondBound {
            tick_hz: self.tick_hz,
            clock_ppb: self.clock_ppb,
            // Both pulses may be off, and so may the rounding of each to a tick.
            ticks: self.ticks(pulse_ns.saturating_mul(2)).saturating_add(2),
        };
        let chain = pulses_by_seconds(&ticks, &bound);
        if chain.len() < FEWEST || chain.len() * 2 < ticks.len() || self.may_be_doubles(&chain, &ticks) {
            return Vec::new();
        }
        let Some(first_s) = self.first_second(&chain) else { return Vec::new() };
        let uncertainty_ns = pulse_ns.saturating_add(self.ns(1)).saturating_add(1);
        let point = |pulse: &SecondPulse| UtcPoint {
            tick: pulse.tick,
            utc_ns: first_s.saturating_add(pulse.second).saturating_mul(SECOND_NS),
            uncertainty_ns,
            segment: stretch[0].0,
            is_pulse: true,
        };
        chain.iter().map(point).collect()
    }

    /// Whether most of a chain's pulses come less than half a second after another one: these may be the pulses and the chain their
    /// doubles, of which there is one more if the recording began between a pulse and its double.
    fn may_be_doubles(&self, chain: &[SecondPulse], ticks: &[u64]) -> bool {
        let is_led = |pulse: &&SecondPulse| {
            let before = ticks.partition_point(|tick| *tick < pulse.tick).checked_sub(1);
            before.is_some_and(|at| pulse.tick - ticks[at] < self.tick_hz / 2)
        };
        chain.iter().filter(is_led).count() * 2 > chain.len()
    }

    /// Which second the first pulse is, by the PC's clock at all of them; `None` if they do not agree.
    fn first_second(&self, chain: &[SecondPulse]) -> Option<u64> {
        let mut first = None;
        for pulse in chain {
            let utc = self.utc_of_tick(pulse.tick);
            let Some(utc) = utc.filter(|utc| utc.uncertainty_ns <= READABLE_NS) else { continue };
            let nearest = utc.ns.saturating_add(SECOND_NS / 2) / SECOND_NS;
            if utc.ns.abs_diff(nearest.saturating_mul(SECOND_NS)) > NEAR_NS {
                return None;
            }
            let told = nearest.checked_sub(pulse.second)?;
            if *first.get_or_insert(told) != told {
                return None;
            }
        }
        first
    }
}

/// The points without those that would make UTC stand still or go back; a pulse is believed before the PC.
fn growing(points: Vec<UtcPoint>) -> Vec<UtcPoint> {
    let mut kept: Vec<UtcPoint> = Vec::with_capacity(points.len());
    for point in points {
        while kept.last().is_some_and(|last| last.utc_ns >= point.utc_ns && point.is_pulse && !last.is_pulse)
        {
            kept.pop();
        }
        if kept.last().is_none_or(|last| last.utc_ns < point.utc_ns && last.tick < point.tick) {
            kept.push(point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::UtcBuilder;
    use super::*;

    const HZ: u64 = 36_000_000;
    /// A whole second.
    const START_S: u64 = 1_790_000_000;
    const PULSE_NS: u64 = 1_000;
    const CLOCK_PPB: u32 = 50_000;

    /// The board's tick at `ns` after `START_S`: its clock runs 40 ppm fast.
    fn tick_at(ns: u64) -> u64 {
        1_000 + (u128::from(ns) * u128::from(HZ) * 1_000_040 / 1_000_000 / 1_000_000_000) as u64
    }

    /// An hour by a PC that is `late_ns` behind UTC, with delays of 2 to 30 ms.
    fn by_pc(late_ns: u64) -> UtcMap {
        let mut builder = UtcBuilder::new(CLOCK_PPB);
        let mut noise = 1u64;
        for n in 0..36_000u64 {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = n * 100_000_000;
            let delay = 2_000_000 + (noise >> 33) % 28_000_000;
            builder.received(tick_at(at), START_S * SECOND_NS + at + delay - late_ns, HZ, 0);
        }
        builder.finish()
    }

    /// Pulses from the second second on, each up to 900 ns late.
    fn pulses() -> Vec<u64> {
        (2..3600).map(|second| tick_at(second * SECOND_NS + second * 37 % 900)).collect()
    }

    #[test]
    fn pulses_tell_utc_to_microseconds_although_the_pc_is_late() {
        let late = by_pc(300_000_000);
        let map = late.clone().with_pulses(&pulses(), PULSE_NS, CLOCK_PPB);
        assert!(map.points().len() <= MAX_POINTS);
        for at in (3 * SECOND_NS..3590 * SECOND_NS).step_by(7_654_321_987) {
            let true_ns = START_S * SECOND_NS + at;
            let utc = map.utc_of_tick(tick_at(at)).unwrap();
            assert!(utc.ns.abs_diff(true_ns) <= utc.uncertainty_ns, "{at}: {utc:?}");
            assert!(utc.uncertainty_ns < 30_000, "{at}: {utc:?}");
            let back = map.tick_of_utc(true_ns).unwrap();
            assert!(back.tick.abs_diff(tick_at(at)) <= back.uncertainty_ticks, "{at}: {back:?}");
        }
        let without = late.utc_of_tick(tick_at(600 * SECOND_NS)).unwrap();
        assert!(without.ns + 200_000_000 < (START_S + 600) * SECOND_NS, "the PC alone is late");
    }

    #[test]
    fn missing_doubled_and_stray_pulses_are_left_out() {
        let mut ticks = vec![tick_at(700_000_000)];
        for (n, tick) in pulses().into_iter().enumerate() {
            if n % 10 != 3 {
                ticks.push(tick);
            }
            if n % 7 == 0 {
                ticks.push(tick + 5_000);
            }
        }
        let map = by_pc(0).with_pulses(&ticks, PULSE_NS, CLOCK_PPB);
        for second in [5, 100, 3_000] {
            let utc = map.utc_of_tick(tick_at(second * SECOND_NS)).unwrap();
            assert!(utc.ns.abs_diff((START_S + second) * SECOND_NS) <= utc.uncertainty_ns);
            assert!(utc.uncertainty_ns < 60_000, "{second}: {utc:?}");
        }
    }

    /// Every pulse twice, as through a bouncing contact: the first of each two is the pulse.
    #[test]
    fn the_double_of_a_pulse_is_not_taken_for_it() {
        let ticks: Vec<u64> = pulses().into_iter().flat_map(|tick| [tick, tick + 5_000]).collect();
        let map = by_pc(0).with_pulses(&ticks, PULSE_NS, CLOCK_PPB);
        let utc = map.utc_of_tick(tick_at(100 * SECOND_NS)).unwrap();
        assert!(utc.ns.abs_diff((START_S + 100) * SECOND_NS) <= utc.uncertainty_ns, "{utc:?}");
        assert!(utc.uncertainty_ns < 30_000, "{utc:?}");
    }

    /// The recording begins between a pulse and its double: then there is one double more than pulses.
    #[test]
    fn doubles_that_outnumber_the_pulses_are_not_taken_for_them() {
        let map = by_pc(0);
        for after in [5_000, HZ / 10] {
            let doubled = pulses().into_iter().flat_map(|tick| [tick, tick + after]);
            let ticks: Vec<u64> = doubled.skip(1).collect();
            let with = map.clone().with_pulses(&ticks, PULSE_NS, CLOCK_PPB);
            let utc = with.utc_of_tick(tick_at(100 * SECOND_NS)).unwrap();
            assert!(utc.ns.abs_diff((START_S + 100) * SECOND_NS) <= utc.uncertainty_ns, "{after}: {utc:?}");
        }
    }

    /// What is no clock of seconds, or a PC that cannot number them, changes nothing.
    #[test]
    fn pulses_that_prove_nothing_are_not_used() {
        let map = by_pc(0);
        let unchanged = |ticks: &[u64], map: &UtcMap| {
            let with = map.clone().with_pulses(ticks, PULSE_NS, CLOCK_PPB);
            with.points() == map.points()
        };
        assert!(unchanged(&[], &map) && unchanged(&pulses()[..9], &map));
        assert!(!unchanged(&pulses()[..10], &map));
        let odd: Vec<u64> = (1..1000).map(|n| tick_at(n * 1_700_000_000)).collect();
        assert!(unchanged(&odd, &map), "every 1.7 s");
        // Half a second late: the second before, or the one after?
        assert!(unchanged(&pulses(), &by_pc(500_000_000)));
    }

    /// Behind a restart without pulses the PC's points stay, and UTC never goes back between the two.
    #[test]
    fn a_stretch_without_pulses_keeps_the_pcs_points() {
        let mut builder = UtcBuilder::new(CLOCK_PPB);
        for n in 0..600u64 {
            builder.received(
                tick_at(n * SECOND_NS),
                (START_S + n) * SECOND_NS - 300_000_000,
                HZ,
                u64::from(n >= 300),
            );
        }
        let pulses = &pulses()[..297];
        let map = builder.finish().with_pulses(pulses, PULSE_NS, CLOCK_PPB);
        assert!(map.utc_of_tick(tick_at(100 * SECOND_NS)).unwrap().uncertainty_ns < 30_000);
        let behind = map.utc_of_tick(tick_at(450 * SECOND_NS)).unwrap();
        assert!(behind.uncertainty_ns >= 5_000_000, "{behind:?}");
        assert!(map.points().windows(2).all(|p| p[0].utc_ns < p[1].utc_ns && p[0].tick < p[1].tick));
    }
}
