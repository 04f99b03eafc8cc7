//! The rail's voltage in a script, as codes of the ADC: at rest with ripple, falling and rising through the thresholds
//! of the comparators at the very times at which the script's lines change. All figures are chosen for the
//! demonstration.

use super::Edges;

/// Millivolts at the connector for 1000 codes: the divider of `docs/front-end`.
const MV_PER_1000_CODES: i64 = 4814;
/// Millivolts at rest.
const GOOD_MV: i64 = 12_000;
/// Falling and rising thresholds of the comparators, millivolts: the engineering defaults.
const FALLING_MV: [i64; 3] = [10_200, 9_000, 2_000];
const RISING_MV: [i64; 3] = [10_800, 9_600, 2_600];
/// Ripple, millivolts, and from one of its steps to the next, us.
const RIPPLE_MV: i64 = 12;
const RIPPLE_US: u64 = 5000;
/// Steps of a stretch that falls or rises.
const STEPS: u64 = 500;

/// A supply that does not move.
pub(super) fn at_rest() -> Vec<(u64, u16)> {
    vec![(0, (GOOD_MV * 1000 / MV_PER_1000_CODES) as u16)]
}

/// Codes by microseconds of the device's time.
#[derive(Clone, Debug, Default)]
pub(super) struct Voltage {
    codes: Vec<(u64, u16)>,
    now_us: u64,
    noise: u32,
}

impl Voltage {
    /// Falls through rail0's threshold at `start_us`, and on until it is empty.
    pub(super) fn fall(&mut self, start_us: u64, edges: Edges) {
        let [_, second, third] = edges.decay_us;
        let slope_us = |mv: i64, us: u64, by_mv: i64| us * mv as u64 / by_mv as u64;
        let before_us = slope_us(GOOD_MV - FALLING_MV[0], second, FALLING_MV[0] - FALLING_MV[1]);
        let after_us = slope_us(FALLING_MV[2], third - second, FALLING_MV[1] - FALLING_MV[2]);
        self.rest(start_us.saturating_sub(before_us));
        self.line(start_us, GOOD_MV, FALLING_MV[0]);
        self.line(start_us + second, FALLING_MV[0], FALLING_MV[1]);
        self.line(start_us + third, FALLING_MV[1], FALLING_MV[2]);
        self.line(start_us + third + after_us, FALLING_MV[2], 0);
    }

    /// Rises through rail0's threshold at `end_us`.
    pub(super) fn rise(&mut self, end_us: u64, edges: Edges) {
        let [_, second, third] = edges.rise_us;
        self.now_us = self.now_us.max(end_us - third - (third - second) * 2 / 5);
        self.line(end_us - third, 0, RISING_MV[2]);
        self.line(end_us - second, RISING_MV[2], RISING_MV[1]);
        self.line(end_us, RISING_MV[1], RISING_MV[0]);
        self.line(end_us + second, RISING_MV[0], GOOD_MV);
    }

    /// Until `end_us`; by ticks.
    pub(super) fn finish(mut self, end_us: u64, tick_of: impl Fn(u64) -> u64) -> Vec<(u64, u16)> {
        self.rest(end_us);
        self.codes.into_iter().map(|(us, code)| (tick_of(us), code)).collect()
    }

    /// At rest until `until_us`.
    fn rest(&mut self, until_us: u64) {
        while self.now_us < until_us {
            let is_up = (self.now_us / RIPPLE_US).is_multiple_of(2);
            self.push(GOOD_MV + if is_up { RIPPLE_MV } else { -RIPPLE_MV });
            self.now_us += RIPPLE_US;
        }
        self.now_us = until_us;
    }

    /// From one voltage to another until `until_us`.
    fn line(&mut self, until_us: u64, from_mv: i64, to_mv: i64) {
        let from_us = self.now_us.min(until_us);
        for step in 0..STEPS {
            self.now_us = from_us + (until_us - from_us) * step / STEPS;
            self.push(from_mv + (to_mv - from_mv) * step as i64 / STEPS as i64);
        }
        self.now_us = until_us;
    }

    /// A code with the noise of an ADC, the same in every run.
    fn push(&mut self, mv: i64) {
        self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = i64::from(self.noise >> 30) - 1;
        let code = (mv * 1000 / MV_PER_1000_CODES + noise).clamp(0, 4095) as u16;
        match self.codes.last_mut() {
            Some(last) if last.0 == self.now_us => last.1 = code,
            Some(last) if last.1 == code => {}
            _ => self.codes.push((self.now_us, code)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code at a time: the last one pushed by then.
    fn mv_at(voltage: &Voltage, us: u64) -> i64 {
        let after = voltage.codes.partition_point(|code| code.0 <= us);
        i64::from(voltage.codes[after - 1].1) * MV_PER_1000_CODES / 1000
    }

    #[test]
    fn the_voltage_crosses_when_the_comparators_do() {
        let mut voltage = Voltage::default();
        let (start, end) = (2_000_000, 9_000_000);
        voltage.fall(start, Edges::HOLD_UP);
        voltage.rise(end, Edges::HOLD_UP);
        let near = |us: u64, mv: i64| (mv_at(&voltage, us) - mv).abs() <= 40;
        for at in 0..3 {
            assert!(near(start + Edges::HOLD_UP.decay_us[at], FALLING_MV[at]), "falling {at}");
            assert!(near(end - Edges::HOLD_UP.rise_us[at], RISING_MV[at]), "rising {at}");
        }
        assert!(near(start / 2, GOOD_MV) && near(5_000_000, 0) && near(end + 10_000, GOOD_MV));
        assert!(voltage.codes.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
