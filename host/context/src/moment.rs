//! Times of a log: UTC, seconds on the recording's own axis, or ticks; exact, and with the resolution they are written with.

use jiff::Timestamp;

use crate::error::Wrong;

/// What a column of times means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// RFC 3339 with an offset.
    Utc,
    /// A decimal number of 10^-n seconds since 1970 UTC.
    Unix(u32),
    /// A decimal number of 10^-n seconds since the board's tick 0.
    Axis(u32),
    /// The board's ticks.
    Tick,
}

/// The columns of times by name.
const COLUMNS: [(&str, Scale); 12] = [
    ("utc", Scale::Utc),
    ("unix_s", Scale::Unix(0)),
    ("unix_ms", Scale::Unix(3)),
    ("unix_us", Scale::Unix(6)),
    ("unix_ns", Scale::Unix(9)),
    ("time", Scale::Axis(0)),
    ("time_s", Scale::Axis(0)),
    ("time_ms", Scale::Axis(3)),
    ("time_us", Scale::Axis(6)),
    ("time_ns", Scale::Axis(9)),
    ("tick", Scale::Tick),
    ("timestamp", Scale::Utc),
];

/// A moment, not yet on the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nanoseconds since 1970 UTC, and the worth of its last digit, ns.
    Utc { ns: u64, resolution_ns: u64 },
    /// Nanoseconds on the axis (rounded down), and the worth of its last digit, ns.
    Axis { ns: u64, resolution_ns: u64 },
    /// A tick.
    Tick(u64),
}

impl Scale {
    /// The scale of a column; `None` if it holds no times.
    pub(crate) fn of(column: &str) -> Option<Scale> {
        let column = column.trim().to_ascii_lowercase();
        COLUMNS.iter().find(|(name, _)| *name == column).map(|(_, scale)| *scale)
    }

    /// A time of this scale.
    pub(crate) fn moment(self, text: &str) -> Result<Moment, Wrong> {
        let text = text.trim();
        match self {
            Scale::Utc => utc(text),
            Scale::Unix(power) => {
                let (ns, resolution_ns) = decimal(text, power)?;
                Ok(Moment::Utc { ns, resolution_ns })
            }
            Scale::Axis(power) => {
                let (ns, resolution_ns) = decimal(text, power)?;
                Ok(Moment::Axis { ns, resolution_ns })
            }
            Scale::Tick => {
                let tick = text.parse().ok().filter(|tick| *tick < 1 << 62);
                tick.map(Moment::Tick)
                    .ok_or_else(|| Wrong::Time(text.to_owned(), "give a tick as a whole number"))
            }
        }
    }
}

impl Moment {
    /// For the order of a log.
    pub(crate) fn key(self) -> u64 {
        match self {
            Moment::Utc { ns, .. } | Moment::Axis { ns, .. } => ns,
            Moment::Tick(tick) => tick,
        }
    }
}

fn utc(text: &str) -> Result<Moment, Wrong> {
    let remedy = "write it as 2026-11-25T22:30:00.123Z, with Z or an offset such as +01:00";
    let wrong = || Wrong::Time(text.to_owned(), remedy);
    let time: Timestamp = text.parse().map_err(|_| wrong())?;
    let ns = u64::try_from(time.as_nanosecond()).map_err(|_| wrong())?;
    let digits = text
        .split_once(['.', ','])
        .map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    Ok(Moment::Utc { ns, resolution_ns: 10u64.pow(9 - digits.min(9) as u32) })
}

/// Nanoseconds of a decimal number of 10^-`power` s, and what its last digit is worth.
fn decimal(text: &str, power: u32) -> Result<(u64, u64), Wrong> {
    let wrong =
        || Wrong::Time(text.to_owned(), "give a decimal number that is not negative, without an exponent");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
        return Err(wrong());
    }
    let places = 9 - power as usize;
    let resolution_ns = 10u64.pow((places - fraction.len().min(places)) as u32);
    let digits: String =
        whole.chars().chain(fraction.chars().chain(std::iter::repeat('0')).take(places)).collect();
    Ok((digits.parse().map_err(|_| wrong())?, resolution_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        let utc = |ns, resolution_ns| Moment::Utc { ns, resolution_ns };
        let base = 1_764_109_800_000_000_000;
        let cases = [
            ("utc", "2025-11-25T22:30:00Z", utc(base, 1_000_000_000)),
            ("UTC", "2025-11-25T23:30:00.250+01:00", utc(base + 250_000_000, 1_000_000)),
            ("unix_s", "1764109800.000000001", utc(base + 1, 1)),
            ("unix_ms", "1764109800000", utc(base, 1_000_000)),
            ("unix_ns", "1764109800000000000", utc(base, 1)),
            ("time_s", "12.5", Moment::Axis { ns: 12_500_000_000, resolution_ns: 100_000_000 }),
            ("tick", "77", Moment::Tick(77)),
        ];
        for (column, text, expected) in cases {
            assert_eq!(Scale::of(column).unwrap().moment(text).unwrap(), expected, "{column} {text}");
        }
        for (column, text) in [
            ("utc", "2025-11-25T22:30:00"),
            ("utc", "yesterday"),
            ("unix_s", "-1"),
            ("unix_s", "1e9"),
            ("time_s", ""),
            ("tick", "1.5"),
            ("unix_s", "99999999999999999999"),
        ] {
            assert!(Scale::of(column).unwrap().moment(text).is_err(), "{column} {text}");
        }
        assert_eq!(Scale::of("when"), None);
    }
}
