//! Pulses a whole second apart, told from the doubled ones and the noise among them.

const BILLION: u128 = 1_000_000_000;
/// A pulse is looked for among so many before it: more noise than that between two pulses ends a chain, and bounds the work.
const LOOK_BACK: usize = 100;

/// A pulse of a clock of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondPulse {
    /// When it came.
    pub tick: u64,
    /// Its second, from that of the first pulse on.
    pub second: u64,
}

/// How far a pulse may be off whole seconds after the pulse before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondBound {
    /// Ticks that the board's clock should count in a second.
    pub tick_hz: u64,
    /// How far that clock may be off, parts per billion.
    pub clock_ppb: u64,
    /// What the two pulses may be off, however far apart they are.
    pub ticks: u64,
}

impl SecondBound {
    /// The whole seconds that passed with these ticks; `None` if they are none, or could be another number of seconds as well.
    fn seconds(&self, ticks: u64) -> Option<u64> {
        let seconds = ticks.saturating_add(self.tick_hz / 2).checked_div(self.tick_hz).filter(|s| *s > 0)?;
        let nominal = seconds * self.tick_hz;
        let drift = (u128::from(nominal) * u128::from(self.clock_ppb)).div_ceil(BILLION);
        let allowed = drift + u128::from(self.ticks);
        let is_told = allowed < u128::from(self.tick_hz / 2);
        (is_told && u128::from(ticks.abs_diff(nominal)) <= allowed).then_some(seconds)
    }
}

/// The longest chain of `pulses` (their ticks, none before the one ahead of it) of which each follows the one before by a whole number
/// of seconds. Of a pulse and its double the first counts.
pub fn pulses_by_seconds(pulses: &[u64], bound: &SecondBound) -> Vec<SecondPulse> {
    let mut ends: Vec<End> = Vec::with_capacity(pulses.len());
    for tick in pulses {
        ends.push(End::next(&ends, *tick, bound));
    }
    let longest = ends.last().map_or(0, |end| end.longest);
    let mut chain = Vec::with_capacity(longest);
    let mut at = ends.iter().position(|end| end.length == longest);
    while let Some(place) = at {
        chain.push(SecondPulse { tick: ends[place].tick, second: ends[place].second });
        at = ends[place].before;
    }
    chain.reverse();
    chain
}

/// The longest chain that ends with a pulse.
struct End {
    tick: u64,
    /// Seconds from the chain's first pulse.
    second: u64,
    length: usize,
    /// The greatest length up to this pulse.
    longest: usize,
    /// Place of the pulse before it.
    before: Option<usize>,
}

impl End {
    /// That of the pulse behind `ends`.
    fn next(ends: &[End], tick: u64, bound: &SecondBound) -> End {
        let mut best = End { tick, second: 0, length: 1, longest: 1, before: None };
        for (place, end) in ends.iter().enumerate().rev().take(LOOK_BACK) {
            if end.longest + 1 < best.length {
                break;
            }
            // Of equals the earlier: that is the pulse, the other one its double.
            if end.length + 1 >= best.length
                && let Some(seconds) = bound.seconds(tick - end.tick)
            {
                best.length = end.length + 1;
                best.second = end.second + seconds;
                best.before = Some(place);
            }
        }
        best.longest = ends.last().map_or(best.length, |last| last.longest.max(best.length));
        best
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HZ: u64 = 36_000_000;
    const PPB: u64 = 300_000;
    /// Ticks a pulse comes late, at most.
    const LATE: u64 = 4;
    /// Two pulses, and the rounding of each to a tick.
    const BOUND: SecondBound = SecondBound { tick_hz: HZ, clock_ppb: PPB, ticks: 2 * LATE + 2 };
    /// So few seconds that the bound stays far below the distance of the noise from the pulses.
    const SECONDS: usize = 200;

    /// What a second of a PPS line may hold beside its pulse.
    #[derive(Clone, Debug)]
    struct Second {
        is_missing: bool,
        late: u64,
        /// Ticks from the pulse to its double.
        double: Option<u64>,
        /// Ticks from the second to noise.
        noise: Option<u64>,
    }

    fn second() -> impl Strategy<Value = Second> {
        let double = proptest::option::weighted(0.3, 1..HZ / 50);
        let noise = proptest::option::weighted(0.2, HZ / 5..HZ * 4 / 5);
        (proptest::bool::weighted(0.2), 0..=LATE, double, noise)
            .prop_map(|(is_missing, late, double, noise)| Second { is_missing, late, double, noise })
    }

    /// All ticks on the line, and the pulses among them, of a clock that is off by `ppb`.
    fn line(seconds: &[Second], ppb: i64) -> (Vec<u64>, Vec<SecondPulse>) {
        let begin = |n: u64| {
            let hz = i128::from(HZ) * (1_000_000_000 + i128::from(ppb));
            1_000 + (i128::from(n) * hz / 1_000_000_000) as u64
        };
        let (mut ticks, mut pulses) = (Vec::new(), Vec::new());
        for (second, n) in seconds.iter().zip(0..) {
            if !second.is_missing {
                let tick = begin(n) + second.late;
                pulses.push(SecondPulse { tick, second: n });
                ticks.push(tick);
                ticks.extend(second.double.map(|after| tick + after));
            }
            ticks.extend(second.noise.map(|after| begin(n) + after));
        }
        let first = pulses.first().map_or(0, |pulse| pulse.second);
        for pulse in &mut pulses {
            pulse.second -= first;
        }
        (ticks, pulses)
    }

    /// The longest chain's length by its definition, pulse by pulse and pair by pair.
    fn length_by_pairs(pulses: &[u64], bound: &SecondBound) -> usize {
        let mut lengths: Vec<usize> = Vec::new();
        for (at, tick) in pulses.iter().enumerate() {
            let ahead = (0..at).filter(|before| seconds_between(pulses[*before], *tick, bound).is_some());
            lengths.push(1 + ahead.map(|before| lengths[before]).max().unwrap_or(0));
        }
        lengths.into_iter().max().unwrap_or(0)
    }

    fn seconds_between(before: u64, tick: u64, bound: &SecondBound) -> Option<u64> {
        let passed = (tick - before) as f64;
        let hz = bound.tick_hz as f64;
        let seconds = (passed / hz).round();
        let allowed = (seconds * hz * bound.clock_ppb as f64 / 1e9).ceil() + bound.ticks as f64;
        let is_one = seconds >= 1.0 && (passed - seconds * hz).abs() <= allowed;
        (is_one && allowed < (bound.tick_hz / 2) as f64).then_some(seconds as u64)
    }

    proptest! {
        /// Missing and doubled pulses, noise, and a clock that is off by up to the bound: every pulse is found, and nothing else.
        #[test]
        fn the_pulses_are_found(
            seconds in proptest::collection::vec(second(), 0..SECONDS),
            ppb in prop_oneof![Just(-(PPB as i64)), Just(PPB as i64), -(PPB as i64)..=PPB as i64],
        ) {
            let (ticks, pulses) = line(&seconds, ppb);
            let noise = ticks.len() - pulses.len();
            // Noise that outnumbers them may be a chain of its own.
            prop_assume!(pulses.len() > noise || seconds.iter().all(|second| second.noise.is_none()));
            prop_assert_eq!(pulses_by_seconds(&ticks, &BOUND), pulses);
        }

        /// No pulses that agree are passed over, and none that do not agree are taken.
        #[test]
        fn no_chain_is_longer(
            mut pulses in proptest::collection::vec(0_u64..6_000, 0..80),
            clock_ppb in 0_u64..50_000_000,
            ticks in 0_u64..4,
        ) {
            pulses.sort_unstable();
            let bound = SecondBound { tick_hz: 100, clock_ppb, ticks };
            let chain = pulses_by_seconds(&pulses, &bound);
            prop_assert_eq!(chain.len(), length_by_pairs(&pulses, &bound));
            for pair in chain.windows(2) {
                let passed = seconds_between(pair[0].tick, pair[1].tick, &bound);
                prop_assert_eq!(passed, Some(pair[1].second - pair[0].second));
            }
        }
    }

    #[test]
    fn a_clock_further_off_gives_no_pulses_that_agree() {
        let seconds = vec![Second { is_missing: false, late: 0, double: None, noise: None }; SECONDS];
        let (ticks, _) = line(&seconds, 2 * PPB as i64);
        assert_eq!(pulses_by_seconds(&ticks, &BOUND).len(), 1);
    }

    /// Where half a second passed unseen, nobody can tell how many seconds did.
    #[test]
    fn seconds_that_cannot_be_counted_end_the_chain() {
        let far = 1_000_000_000 / PPB / 2;
        let chain = |distance: u64| pulses_by_seconds(&[0, distance * HZ], &BOUND);
        assert_eq!(chain(far - 1)[1].second, far - 1);
        assert_eq!(chain(far + 1).len(), 1);
    }

    #[test]
    fn no_pulses_and_no_rate() {
        assert_eq!(pulses_by_seconds(&[], &BOUND), []);
        let bound = SecondBound { tick_hz: 0, ..BOUND };
        assert_eq!(pulses_by_seconds(&[5, 9], &bound), [SecondPulse { tick: 5, second: 0 }]);
    }

    /// Ticks of a damaged file.
    #[test]
    fn pulses_years_apart() {
        let bound = SecondBound { tick_hz: 3, clock_ppb: 0, ticks: 0 };
        let last = 3 << 59;
        assert_eq!(pulses_by_seconds(&[0, 1, last], &bound)[1], SecondPulse { tick: last, second: 1 << 59 });
    }

    /// Noise as dense as hum ends the chain; the pulses behind it make another one.
    #[test]
    fn more_noise_than_is_looked_back_at() {
        let pulses = |from: u64, count: u64| (from..from + count).map(|n| n * HZ);
        let noise = |count: usize| (0..count as u64).map(|n| 10 * HZ + HZ / 3 + n * 1_000);
        let line =
            |hum: usize| -> Vec<u64> { pulses(0, 11).chain(noise(hum)).chain(pulses(11, 20)).collect() };
        assert_eq!(pulses_by_seconds(&line(LOOK_BACK - 1), &BOUND).len(), 31);
        assert_eq!(pulses_by_seconds(&line(LOOK_BACK), &BOUND).len(), 20);
    }
}
