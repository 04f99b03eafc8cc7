//! Cells: exact decimals from ticks, and text that no spreadsheet runs.

/// Seconds from ticks, by integer arithmetic, rounded to the nearest; `tick_hz` is not zero. Nine digits, twelve where a
/// tick is shorter than a nanosecond: a duration just below the limit must not be printed as the limit.
pub fn seconds(ticks: u64, tick_hz: u64) -> String {
    let digits: usize = if tick_hz > 1_000_000_000 { 12 } else { 9 };
    let (hz, unit) = (u128::from(tick_hz), 10u128.pow(digits as u32));
    let units = (u128::from(ticks) * unit + hz / 2) / hz;
    format!("{}.{:0digits$}", units / unit, units % unit)
}

/// Nanoseconds from ticks, rounded to the nearest; `tick_hz` is not zero.
pub fn nanoseconds(ticks: u64, tick_hz: u64) -> u128 {
    let hz = u128::from(tick_hz);
    (u128::from(ticks) * 1_000_000_000 + hz / 2) / hz
}

/// A text cell: what a spreadsheet would take for a formula gets an apostrophe in front.
pub(crate) fn text(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

/// Text for HTML and SVG: nothing in it is taken for markup.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Control characters are not allowed in HTML; they are shown as what they are.
            c if c.is_control() && c != '\n' => safe.push('\u{FFFD}'),
            c => safe.push(c),
        }
    }
    safe
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// An optional value; empty if not known.
pub fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact() {
        assert_eq!(seconds(180_000_000, 1_000_000), "180.000000000");
        assert_eq!(seconds(1, 36_000_000), "0.000000028");
        assert_eq!(seconds(u64::MAX, 1), "18446744073709551615.000000000");
        assert_eq!(seconds(6_479_999_999, 36_000_000), "179.999999972");
        assert_eq!(seconds(179_999_999_999_999, 1_000_000_000_000), "179.999999999999");
    }

    #[test]
    fn formulas_are_defused() {
        assert_eq!(text("=1+1"), "'=1+1");
        assert_eq!(text("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(text("meter 5"), "meter 5");
    }
}
