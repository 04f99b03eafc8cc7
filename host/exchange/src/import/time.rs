//! A time column: its unit by its header, and its decimals as ticks.

use super::axis::MAX_TICK;
use super::decimal::Decimal;
use super::error::Wrong;
use super::scale::Scale;

/// Units by the digits after the second's point that they are worth.
const UNITS: [(&str, u32); 7] =
    [("s", 0), ("sec", 0), ("ms", 3), ("us", 6), ("\u{b5}s", 6), ("ns", 9), ("ps", 12)];
/// Picoseconds are the finest tick.
pub(crate) const MOST_DECIMALS: u32 = 12;

/// A name and a unit from `name [unit]`, `name (unit)`, `name_unit`; both in small letters.
fn name_and_unit(header: &str) -> (String, Option<String>) {
    let header = header.trim().to_lowercase();
    let bracketed = [('[', ']'), ('(', ')')].into_iter().find_map(|(open, close)| {
        let (name, unit) = header.strip_suffix(close)?.rsplit_once(open)?;
        Some((name.trim().to_owned(), unit.trim().to_owned()))
    });
    match bracketed.or_else(|| header.rsplit_once('_').map(|(n, u)| (n.to_owned(), u.to_owned()))) {
        Some((name, unit)) => (name, Some(unit)),
        None => (header, None),
    }
}

/// The unit of a column of times, as digits after the second's point; `None` if it is not one. Without a unit: seconds.
pub(crate) fn unit_of(header: &str) -> Option<u32> {
    let (name, unit) = name_and_unit(header);
    if !["time", "t", "timestamp"].contains(&name.as_str()) {
        return None;
    }
    let Some(unit) = unit else { return Some(0) };
    UNITS.iter().find(|(known, _)| *known == unit).map(|(_, digits)| *digits)
}

/// The power of ten to nanovolts of a column or signal of voltages, by the unit in its name.
pub(crate) fn power_of(name: &str, without_unit: u32) -> u32 {
    match name_and_unit(name).1.as_deref() {
        Some("v") => 9,
        Some("mv") => 6,
        _ => without_unit,
    }
}

/// The tick of a time in a unit of 10^-`unit` s, where `zero_tick` is the tick of time 0.
pub(crate) fn tick_of(time: Decimal, unit: u32, scale: &Scale, zero_tick: u64) -> Result<u64, TimeFault> {
    let (tick, is_whole) = time.times(i128::from(scale.tick_hz), unit).ok_or(TimeFault::Range)?;
    if !is_whole {
        return Err(TimeFault::NotWhole);
    }
    let tick = tick.saturating_add(i128::from(zero_tick));
    u64::try_from(tick).ok().filter(|tick| *tick < MAX_TICK).ok_or(TimeFault::Range)
}

/// Why a time has no tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeFault {
    /// It lies between two ticks.
    NotWhole,
    /// It is outside of what can be counted.
    Range,
}

impl TimeFault {
    pub(crate) fn of(self, text: &str, scale: &Scale) -> Wrong {
        match self {
            TimeFault::NotWhole => Wrong::NotWhole { time: text.to_owned(), tick: scale.tick.clone() },
            TimeFault::Range => Wrong::Time(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        assert_eq!(unit_of("Time [s]"), Some(0));
        assert_eq!(unit_of("time_ns"), Some(9));
        assert_eq!(unit_of("t (ms)"), Some(3));
        assert_eq!(unit_of("Time[us]"), Some(6));
        assert_eq!(unit_of("time"), Some(0));
        assert_eq!((unit_of("time_h"), unit_of("line")), (None, None));
    }

    #[test]
    fn units_of_voltages() {
        assert_eq!((power_of("rail [V]", 6), power_of("rail_mv", 9), power_of("A0", 9)), (9, 6, 9));
    }

    #[test]
    fn ticks_are_exact() {
        let tick =
            |text: &str, unit, hz| tick_of(Decimal::parse(text).unwrap(), unit, &Scale::rate(hz).unwrap(), 0);
        assert_eq!(tick("179.999999", 0, 1_000_000), Ok(179_999_999));
        assert_eq!(tick("1500", 9, 1_000_000), Err(TimeFault::NotWhole));
        assert_eq!(tick("0.5", 0, 36_000_000), Ok(18_000_000));
        assert_eq!(tick("-1", 0, 1000), Err(TimeFault::Range));
        assert_eq!(tick("180", 0, 1_000_000_000_000), Ok(180_000_000_000_000));
        assert_eq!(tick("100000000000", 9, 1_000_000_000_000), Ok(100_000_000_000_000));
        assert_eq!(tick("1e15", 12, 1_000), Ok(1_000_000));
    }
}
