//! The unit of time of a file as a tick rate.

use super::axis::MAX_TICK;
use super::error::Wrong;

/// Ticks per second, and how the file's numbers become ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scale {
    /// Ticks per second, not zero.
    pub(crate) tick_hz: u64,
    /// A number of the file times `times` over `over` is its tick.
    pub(crate) times: u64,
    pub(crate) over: u64,
    /// The length of a tick, for people.
    pub(crate) tick: String,
}

impl Scale {
    /// One tick for each of `tick_hz` parts of a second, and numbers that are ticks.
    pub(crate) fn rate(tick_hz: u64) -> Result<Scale, Wrong> {
        let tick = match tick_hz {
            0 => return Err(Wrong::NoScale("the tick rate must not be zero")),
            hz if 1_000_000_000_000 % hz == 0 => picoseconds(1_000_000_000_000 / hz),
            hz => format!("1/{hz} s"),
        };
        let scale = Scale { tick_hz, times: 1, over: 1, tick };
        scale.told_hz()?;
        Ok(scale)
    }

    /// A VCD's `$timescale`: 1, 10 or 100 of s, ms, us, ns, ps, fs. Ticks are never shorter than 1 ps or longer than 1 s.
    pub(crate) fn vcd(text: &str) -> Result<Scale, Wrong> {
        let wrong = || Wrong::Scale(text.to_owned());
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, unit) = text.split_at(unit_at);
        let number: u64 = number.parse().ok().filter(|n| [1, 10, 100].contains(n)).ok_or_else(wrong)?;
        let per_second: u64 = match unit.trim() {
            "s" => 1,
            "ms" => 1_000,
            "us" => 1_000_000,
            "ns" => 1_000_000_000,
            "ps" => 1_000_000_000_000,
            "fs" => 1_000_000_000_000_000,
            _ => return Err(wrong()),
        };
        Ok(match (per_second, number) {
            (1, seconds) => Scale { times: seconds, ..Scale::rate(1)? },
            (1_000_000_000_000_000, femtoseconds) => {
                Scale { over: 1000 / femtoseconds, ..Scale::rate(1_000_000_000_000)? }
            }
            (hz, units) => Scale::rate(hz / units)?,
        })
    }

    /// The tick of a number of the file.
    pub(crate) fn tick_of(&self, number: u64) -> Result<u64, Wrong> {
        let product = u128::from(number) * u128::from(self.times);
        if product % u128::from(self.over) != 0 {
            return Err(Wrong::NotWhole { time: number.to_string(), tick: self.tick.clone() });
        }
        u64::try_from(product / u128::from(self.over))
            .ok()
            .filter(|tick| *tick < MAX_TICK)
            .ok_or_else(|| Wrong::Time(number.to_string()))
    }

    /// Ticks per second, if page TICK_HZ can tell them: in Hz, or in whole kHz.
    pub(crate) fn told_hz(&self) -> Result<u64, Wrong> {
        let (hz, most) = (self.tick_hz, u64::from(u32::MAX));
        let can_be_told = hz <= most || (hz.is_multiple_of(1000) && hz / 1000 <= most);
        if can_be_told { Ok(hz) } else { Err(Wrong::Rate(hz)) }
    }
}

fn picoseconds(ps: u64) -> String {
    let units = [(1_000_000_000_000, "s"), (1_000_000_000, "ms"), (1_000_000, "us"), (1000, "ns"), (1, "ps")];
    let (size, unit) = units.into_iter().find(|(size, _)| ps.is_multiple_of(*size)).unwrap_or((1, "ps"));
    format!("{} {unit}", ps / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_scale_of_the_standard() {
        let hz = |text| Scale::vcd(text).map(|s| (s.tick_hz, s.times, s.over)).ok();
        assert_eq!(hz("1ps"), Some((1_000_000_000_000, 1, 1)));
        assert_eq!(hz("100 ps"), Some((10_000_000_000, 1, 1)));
        assert_eq!(hz("10ns"), Some((100_000_000, 1, 1)));
        assert_eq!(hz("100 s"), Some((1, 100, 1)));
        assert_eq!(hz("10fs"), Some((1_000_000_000_000, 1, 100)));
        assert_eq!((hz("2ns"), hz("1xs"), hz("ns"), hz("1")), (None, None, None, None));
        assert_eq!(Scale::vcd("100us").unwrap().tick, "100 us");
    }

    #[test]
    fn times_that_are_no_tick() {
        let fs = Scale::vcd("1 fs").unwrap();
        assert_eq!(fs.tick_of(5000).unwrap(), 5);
        assert!(matches!(fs.tick_of(5001), Err(Wrong::NotWhole { .. })));
        assert!(matches!(Scale::vcd("1ns").unwrap().tick_of(1 << 62), Err(Wrong::Time(_))));
    }

    #[test]
    fn rates_on_the_wire() {
        assert_eq!(Scale::rate(u64::from(u32::MAX)).unwrap().told_hz().unwrap(), u64::from(u32::MAX));
        assert_eq!(Scale::rate(5_000_000_000).unwrap().told_hz().unwrap(), 5_000_000_000);
        assert!(matches!(Scale::rate(5_000_000_001), Err(Wrong::Rate(_))));
        assert!(matches!(Scale::rate(0), Err(Wrong::NoScale(_))));
    }
}
