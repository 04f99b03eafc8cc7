//! Every time on the screen is written here: exact decimals from ticks, by integer arithmetic.

/// Nanoseconds in a second.
pub const NS_PER_S: i128 = 1_000_000_000;

/// Digits after the point of the finest time shown: nanoseconds.
pub const MOST_DIGITS: u32 = 9;

/// `ticks` in units of 10^-`digits` s, rounded to the nearest, halves away from zero.
fn units(ticks: i64, tick_hz: u64, digits: u32) -> i128 {
    divide(i128::from(ticks) * 10i128.pow(digits.min(MOST_DIGITS)), i128::from(tick_hz.max(1)))
}

fn divide(value: i128, by: i128) -> i128 {
    let half = by / 2;
    if value < 0 { -((-value + half) / by) } else { (value + half) / by }
}

fn decimal(units: i128, digits: u32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let scale = 10u128.pow(digits);
    let (whole, part) = (units.unsigned_abs() / scale, units.unsigned_abs() % scale);
    if digits == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{part:0width$}", width = digits as usize)
    }
}

/// A duration in seconds with `digits` (0..=9) after the point; in ticks where the tick rate is not known.
pub fn seconds(ticks: i64, tick_hz: Option<u64>, digits: u32) -> String {
    match tick_hz {
        Some(hz) => format!("{} s", decimal(units(ticks, hz, digits), digits.min(MOST_DIGITS))),
        None => format!("{ticks} ticks"),
    }
}

/// As [`seconds`], with more digits where rounding would put it on the limit, or on the other side of it, that is `margin_ns` away.
pub fn seconds_beside(ticks: i64, tick_hz: Option<u64>, digits: u32, margin_ns: i64) -> String {
    let Some(hz) = tick_hz else { return seconds(ticks, None, digits) };
    let limit_ns = units(ticks, hz, MOST_DIGITS) + i128::from(margin_ns);
    let is_told = |digits: &u32| {
        let shown_ns = units(ticks, hz, *digits) * 10i128.pow(MOST_DIGITS - digits);
        (shown_ns >= limit_ns) == (margin_ns <= 0)
    };
    seconds(ticks, tick_hz, (digits..MOST_DIGITS).find(is_told).unwrap_or(MOST_DIGITS))
}

/// As [`seconds_beside`], where the limit itself is told.
pub fn seconds_by_limit(ticks: i64, tick_hz: Option<u64>, digits: u32, limit_ns: u64) -> String {
    let ns = tick_hz.map_or(0, |hz| units(ticks, hz, MOST_DIGITS));
    let margin_ns = i64::try_from(i128::from(limit_ns) - ns).unwrap_or(i64::MIN);
    seconds_beside(ticks, tick_hz, digits, margin_ns)
}

/// A duration with the unit that suits its size (s, ms, us, ns), four digits or so.
pub fn brief(ticks: i64, tick_hz: Option<u64>) -> String {
    match tick_hz {
        Some(hz) => brief_ns(units(ticks, hz, MOST_DIGITS)),
        None => format!("{ticks} ticks"),
    }
}

/// As [`brief`], from ten minutes on in hours, minutes and seconds.
pub fn span(ticks: i64, tick_hz: Option<u64>) -> String {
    match tick_hz.map(|hz| units(ticks, hz, 0)) {
        Some(s @ 600..) => match (s / 3600, s / 60 % 60, s % 60) {
            (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
            (hours, minutes, _) => format!("{hours} h {minutes} min"),
        },
        _ => brief(ticks, tick_hz),
    }
}

/// As [`brief`], from nanoseconds.
pub fn brief_ns(ns: i128) -> String {
    match ns.unsigned_abs() {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{} us", decimal(divide(ns, 10), 2)),
        1_000_000..1_000_000_000 => format!("{} ms", decimal(divide(ns, 10_000), 2)),
        1_000_000_000..100_000_000_000 => format!("{} s", decimal(divide(ns, 1_000_000), 3)),
        _ => format!("{} s", decimal(divide(ns, 100_000_000), 1)),
    }
}

/// Nanoseconds as seconds with a sign that is always there, `digits` (0..=9) after the point.
pub fn signed_seconds(ns: i64, digits: u32) -> String {
    let value = divide(i128::from(ns), 10i128.pow(MOST_DIGITS - digits.min(MOST_DIGITS)));
    format!("{}{} s", if value < 0 { "" } else { "+" }, decimal(value, digits.min(MOST_DIGITS)))
}

/// A time since the start of the recording as h:mm:ss (m:ss below an hour) with `digits` after the point.
pub fn clock(ticks: i64, tick_hz: Option<u64>, digits: u32) -> String {
    match tick_hz {
        Some(hz) => clock_units(units(ticks, hz, digits), digits.min(MOST_DIGITS)),
        None => ticks.to_string(),
    }
}

/// As [`clock`], from nanoseconds since the start.
pub fn clock_ns(ns: i128, digits: u32) -> String {
    clock_units(divide(ns, 10i128.pow(MOST_DIGITS - digits.min(MOST_DIGITS))), digits.min(MOST_DIGITS))
}

fn clock_units(units: i128, digits: u32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let scale = 10u128.pow(digits);
    let (total, part) = (units.unsigned_abs() / scale, units.unsigned_abs() % scale);
    let (hours, minutes, secs) = (total / 3600, total / 60 % 60, total % 60);
    let whole = match hours {
        0 => format!("{sign}{minutes}:{secs:02}"),
        _ => format!("{sign}{hours}:{minutes:02}:{secs:02}"),
    };
    if digits == 0 { whole } else { format!("{whole}.{part:0width$}", width = digits as usize) }
}

/// The time of the day of a moment (ns since any midnight) as hh:mm:ss with `digits` (0..=9) after the point, cut off.
pub fn daytime(ns: i128, digits: u32) -> String {
    let digits = digits.min(MOST_DIGITS);
    let scale = 10i128.pow(digits);
    let units = ns.rem_euclid(86_400 * NS_PER_S) / 10i128.pow(MOST_DIGITS - digits);
    let (secs, part) = (units / scale, units % scale);
    let whole = format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60);
    if digits == 0 { whole } else { format!("{whole}.{part:0width$}", width = digits as usize) }
}

/// A count with its thousands apart: 36 000 000.
pub fn grouped(count: u64) -> String {
    let plain = count.to_string();
    let mut text = String::with_capacity(plain.len() + plain.len() / 3);
    for (i, digit) in plain.chars().enumerate() {
        if i > 0 && (plain.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const HZ: Option<u64> = Some(36_000_000);

    #[test]
    fn long_views_are_told_in_minutes_and_hours() {
        let spans = [599, 600, 3_599, 3_600, 89_118].map(|s| span(s * 1000, Some(1000)));
        assert_eq!(spans, ["599.0 s", "10 min 0 s", "59 min 59 s", "1 h 0 min", "24 h 45 min"]);
        assert_eq!(span(7_200_000, None), "7200000 ticks");
    }

    #[test]
    fn a_duration_is_not_rounded_to_the_limit() {
        let beside = |ticks, digits, margin| seconds_beside(ticks, Some(1_000_000), digits, margin);
        assert_eq!(beside(179_999_900, 3, 100_000), "179.9999 s");
        assert_eq!(beside(179_999_900, 1, 100_000), "179.9999 s");
        assert_eq!(beside(179_998_000, 3, 2_000_000), "179.998 s");
        assert_eq!(beside(180_000_000, 3, 0), "180.000 s");
        assert_eq!(beside(180_000_100, 3, -100_000), "180.000 s");
        assert_eq!(beside(92_123_457, 1, 87_876_543_000), "92.1 s");
    }

    #[test]
    fn nor_is_any_other_length() {
        let by_limit = |ticks| seconds_by_limit(ticks, Some(1_000_000), 3, 180_000_000_000);
        assert_eq!(by_limit(179_999_900), "179.9999 s");
        assert_eq!(by_limit(180_000_000), "180.000 s");
        assert_eq!(by_limit(12_345_678), "12.346 s");
        assert_eq!(seconds_by_limit(7, None, 3, 180), "7 ticks");
    }

    #[test]
    fn seconds_are_exact_to_nine_digits() {
        // 1 / 36 MHz = 27.777... ns; 2 / 36 MHz = 55.555... ns.
        assert_eq!(seconds(1, HZ, 9), "0.000000028 s");
        assert_eq!(seconds(2, HZ, 9), "0.000000056 s");
        assert_eq!(seconds(180 * 36_000_000, HZ, 9), "180.000000000 s");
        assert_eq!(seconds(180 * 36_000_000 - 1, HZ, 9), "179.999999972 s");
        assert_eq!(seconds(-36_000_000 / 2, HZ, 3), "-0.500 s");
        // A whole century in ticks, with its last digit: no float could hold it.
        assert_eq!(
            seconds(3_155_760_000 * 1_000_000_000 + 7, Some(1_000_000_000), 9),
            "3155760000.000000007 s"
        );
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(
            (seconds(5, Some(10_000), 3), seconds(-5, Some(10_000), 3)),
            ("0.001 s".into(), "-0.001 s".into())
        );
        assert_eq!(seconds(4, Some(10_000), 3), "0.000 s");
    }

    #[test]
    fn an_unknown_tick_rate_is_never_turned_into_seconds() {
        assert_eq!(seconds(77, None, 6), "77 ticks");
        assert_eq!(clock(77, None, 3), "77");
        assert_eq!(brief(77, None), "77 ticks");
    }

    #[test]
    fn clocks_carry_over() {
        assert_eq!(clock(36_000_000 * 59 + 35_999_999, HZ, 3), "1:00.000");
        assert_eq!(clock(36_000_000 * 3725, HZ, 0), "1:02:05");
        assert_eq!(clock(-36_000_000 * 5 / 2, HZ, 1), "-0:02.5");
        assert_eq!(clock_ns(86_400_000_000_001, 9), "24:00:00.000000001");
    }

    #[test]
    fn brief_units() {
        assert_eq!(brief_ns(999), "999 ns");
        assert_eq!(brief_ns(1_500), "1.50 us");
        assert_eq!(brief_ns(20_784_000), "20.78 ms");
        assert_eq!(brief_ns(1_000_000_000), "1.000 s");
        assert_eq!(brief_ns(180_000_000_000), "180.0 s");
    }

    #[test]
    fn margins_always_have_a_sign() {
        assert_eq!(signed_seconds(0, 3), "+0.000 s");
        assert_eq!(signed_seconds(-4_250_000_000, 6), "-4.250000 s");
        assert_eq!(signed_seconds(27, 9), "+0.000000027 s");
    }

    #[test]
    fn thousands_are_apart() {
        assert_eq!(
            (grouped(0), grouped(999), grouped(36_000_000)),
            ("0".into(), "999".into(), "36 000 000".into())
        );
    }
}
