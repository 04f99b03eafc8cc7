//! Values with the prefixes of electronics: `40.2k`, `15p`, `1M`.

/// The number, in the base unit; `None` if it is none.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => 1.0,
        "p" => 1e-12,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        _ => return None,
    };
    digits.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        assert_eq!(parse("40.2k"), Some(40_200.0));
        assert_eq!(parse("1M"), Some(1e6));
        assert_eq!(parse("100"), Some(100.0));
        assert_eq!(parse("63 mA"), None);
        assert_eq!(parse("x"), None);
    }
}
