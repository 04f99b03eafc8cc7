//! The uncertainty of a duration: a budget of named terms and the expanded uncertainty (k = 2).
//!
//! Each bound is taken as a rectangular distribution, so its standard uncertainty is bound / sqrt(3) (GUM 4.3.7);
//! terms are independent and add as squares; U = 2 u.

use std::fmt;

/// Coverage factor of the expanded uncertainty: about 95 %.
const COVERAGE: f64 = 2.0;

/// Where the figure of a term comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TermSource {
    /// A bound on the clock's rate, parts per billion.
    ClockPpb(u32),
    /// One tick of the board's clock.
    OneTick,
    /// One tick, or the distance of an imported file's samples.
    SampleDistance,
    /// A bound on the difference between a comparator's two directions, ns.
    DelayNs(u32),
    /// A bound on a level, mV, over the rail's slope between two comparators.
    Slope(u32),
    /// There is no second threshold that would tell the slope.
    Unknown,
}

impl fmt::Display for TermSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TermSource::ClockPpb(ppb) => write!(f, "{ppb} ppb"),
            TermSource::OneTick => f.write_str("one tick"),
            TermSource::SampleDistance => f.write_str("one tick, or the samples' distance"),
            TermSource::DelayNs(ns) => write!(f, "{ns} ns between directions"),
            TermSource::Slope(mv) => write!(f, "{mv} mV over the slope between two comparators"),
            TermSource::Unknown => f.write_str("not known: needs a second threshold"),
        }
    }
}

/// One term of the budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// What it is.
    pub name: &'static str,
    /// Its bound, ns.
    pub bound_ns: f64,
    /// Where the figure comes from.
    pub source: TermSource,
}

/// All terms of one duration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Clock, both ticks, comparator delay, both thresholds.
    pub terms: [Term; 6],
}

impl Budget {
    /// The expanded uncertainty, ns, rounded up.
    pub fn expanded_ns(&self) -> u64 {
        let squares: f64 = self.terms.iter().map(|t| t.bound_ns * t.bound_ns / 3.0).sum();
        (COVERAGE * squares.sqrt()).ceil() as u64
    }
}

/// The term of a threshold that is uncertain by `threshold_mv` on a rail that moves at `slope_mv_per_ns`.
pub(crate) fn slope_term(name: &'static str, threshold_mv: u32, slope_mv_per_ns: Option<f64>) -> Term {
    match slope_mv_per_ns {
        Some(slope) => {
            Term { name, bound_ns: f64::from(threshold_mv) / slope, source: TermSource::Slope(threshold_mv) }
        }
        None => Term { name, bound_ns: 0.0, source: TermSource::Unknown },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(bounds_ns: [f64; 6]) -> Budget {
        Budget {
            terms: bounds_ns.map(|bound_ns| Term { name: "test", bound_ns, source: TermSource::OneTick }),
        }
    }

    /// 50 ppm of 180 s is 9 ms; 2 * 9 ms / sqrt(3) = 10.392304845... ms.
    #[test]
    fn the_clock_term_alone() {
        assert_eq!(budget([9e6, 0.0, 0.0, 0.0, 0.0, 0.0]).expanded_ns(), 10_392_305);
    }

    /// 3, 4 -> 5: 2 * 5 / sqrt(3) = 5.77.
    #[test]
    fn terms_add_as_squares() {
        assert_eq!(budget([3.0, 0.0, 4.0, 0.0, 0.0, 0.0]).expanded_ns(), 6);
    }
}
