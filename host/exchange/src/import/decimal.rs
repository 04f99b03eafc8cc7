//! Decimal numbers as they are written, exact: no binary fraction stands between a file's time and a tick.

/// Digits that a number may have, and the largest exponent: more than any time or voltage needs.
const MOST_DIGITS: usize = 30;

/// `mantissa` times 10^-`decimals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    mantissa: i128,
    decimals: i32,
}

impl Decimal {
    /// From text such as `-12.50` or `1.5e-6`; blanks around it are ignored.
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim();
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, number) = match number.strip_prefix(['-', '+']) {
            Some(rest) => (number.starts_with('-'), rest),
            None => (false, number),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = || whole.bytes().chain(fraction.bytes());
        let count = digits().count();
        if count == 0 || count > MOST_DIGITS || exponent.unsigned_abs() as usize > MOST_DIGITS {
            return None;
        }
        if !digits().all(|d| d.is_ascii_digit()) {
            return None;
        }
        let magnitude = digits().fold(0, |value: i128, d| value * 10 + i128::from(d - b'0'));
        let decimals = fraction.len() as i32 - exponent;
        Some(Decimal { mantissa: if negative { -magnitude } else { magnitude }, decimals })
    }

    /// How many digits after the point it was written with, at least 0.
    pub(crate) fn written_decimals(self) -> u32 {
        self.decimals.max(0).unsigned_abs()
    }

    /// How many digits after the point it needs.
    pub(crate) fn needed_decimals(self) -> u32 {
        self.short().written_decimals()
    }

    /// Without zeros at the end of its digits after the point.
    fn short(mut self) -> Decimal {
        while self.decimals > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.decimals -= 1;
        }
        self
    }

    /// `factor` over 10^`unit` times it: quotient and whether it is exact. `None` if that is too large.
    pub(crate) fn times(self, factor: i128, unit: u32) -> Option<(i128, bool)> {
        let short = self.short();
        let product = short.mantissa.checked_mul(factor)?;
        let shift = short.decimals + i32::try_from(unit).ok()?;
        let power = 10i128.checked_pow(shift.unsigned_abs())?;
        if shift <= 0 {
            return Some((product.checked_mul(power)?, true));
        }
        Some((product / power, product % power == 0))
    }

    /// 10^`power` times it, if that is a whole number (and below 2^127).
    pub(crate) fn whole(self, power: u32) -> Option<i128> {
        let shift = i32::try_from(power).ok()? - self.decimals;
        let factor = 10i128.checked_pow(shift.unsigned_abs())?;
        if shift >= 0 {
            self.mantissa.checked_mul(factor)
        } else {
            (self.mantissa % factor == 0).then(|| self.mantissa / factor)
        }
    }

    /// 10^`power` times it, to the nearest, halves away from zero.
    pub(crate) fn nearest(self, power: u32) -> Option<i128> {
        let shift = i32::try_from(power).ok()? - self.decimals;
        let factor = 10i128.checked_pow(shift.unsigned_abs());
        if shift >= 0 {
            return self.mantissa.checked_mul(factor?);
        }
        let Some(factor) = factor else { return Some(0) };
        Some((self.mantissa + self.mantissa.signum() * (factor / 2)) / factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str, power: u32) -> Option<i128> {
        Decimal::parse(text).and_then(|d| d.whole(power))
    }

    #[test]
    fn times_are_exact() {
        assert_eq!(whole("179.999999999", 9), Some(179_999_999_999));
        assert_eq!(whole("0.1", 12), Some(100_000_000_000));
        assert_eq!(whole("-1.5e-6", 9), Some(-1500));
        assert_eq!(whole("2E3", 0), Some(2000));
        assert_eq!(whole("0.0000001000", 7), Some(1));
        assert_eq!(whole("0.25", 1), None, "no whole tick");
        assert_eq!(whole(" 7 ", 0), Some(7));
    }

    #[test]
    fn nonsense_is_no_number() {
        for text in
            ["", "-", ".", "1.2.3", "0x10", "1e", "nan", "1,5", "1e99", "1234567890123456789012345678901"]
        {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn voltages_go_to_the_nearest_nanovolt() {
        let nanovolts = |text: &str| Decimal::parse(text).and_then(|d| d.nearest(9));
        assert_eq!(nanovolts("10.199999999999999"), Some(10_200_000_000));
        assert_eq!(nanovolts("-0.0000000006"), Some(-1));
        assert_eq!(nanovolts("1e-30"), Some(0));
    }

    #[test]
    fn decimals_written_and_needed() {
        let d = Decimal::parse("1.500").unwrap();
        assert_eq!((d.written_decimals(), d.needed_decimals()), (3, 1));
        assert_eq!(Decimal::parse("15e1").unwrap().needed_decimals(), 0);
    }
}
