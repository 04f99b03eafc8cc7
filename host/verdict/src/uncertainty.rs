//! The uncertainty of a duration: a budget of named terms and the expanded uncertainty (k = 2).
//!
//! A bound is taken as a rectangular distribution, so its standard uncertainty is bound / sqrt(3) (GUM 4.3.7); an expanded
//! uncertainty that somebody else states is divided by its coverage factor 2. Terms are independent and add as squares; U = 2 u.

use std::fmt;

/// Coverage factor of the expanded uncertainty: about 95 %.
const COVERAGE: f64 = 2.0;

/// How a term's figure is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A bound; anything within it is as likely as anything else.
    Rectangular,
    /// An expanded uncertainty with k = 2.
    Normal,
}

impl Shape {
    /// The word used in files.
    pub const fn name(self) -> &'static str {
        match self {
            Shape::Rectangular => "rectangular",
            Shape::Normal => "normal, k = 2",
        }
    }

    fn divisor(self) -> f64 {
        match self {
            Shape::Rectangular => 3f64.sqrt(),
            Shape::Normal => COVERAGE,
        }
    }
}

/// What told the rail's slope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlopeFrom {
    /// The times at which two comparators crossed.
    Comparators,
    /// The ADC's samples or envelope.
    Adc,
}

/// Where the figure of a term comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermSource {
    /// A bound on the clock's rate, parts per billion.
    ClockPpb(u32),
    /// The calibrated deviation of the clock, which is not taken out, ppb.
    ClockDeviation(i32),
    /// The uncertainty of that calibration, ppb.
    ClockFit(u32),
    /// What the clock may have moved since, ppb.
    ClockDrift(u32),
    /// One tick of the board's clock.
    OneTick,
    /// One tick, or the distance of an imported file's samples.
    SampleDistance,
    /// A bound on the difference between a comparator's two directions, ns.
    DelayNs(u32),
    /// The difference between the two directions by the front end's profile, which is not taken out, ns.
    FrontEndDelay(u32),
    /// The uncertainty of each delay by the front end's profile, ns.
    FrontEndSpread(u32),
    /// The uncertainty of a level, mV, over the rail's slope.
    Slope(u32, SlopeFrom),
    /// Nothing tells the slope.
    Unknown,
}

impl fmt::Display for TermSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TermSource::ClockPpb(ppb) => write!(f, "{ppb} ppb"),
            TermSource::ClockDeviation(ppb) => write!(f, "calibration: {ppb} ppb, not taken out"),
            TermSource::ClockFit(ppb) => write!(f, "calibration: {ppb} ppb of the fit"),
            TermSource::ClockDrift(ppb) => write!(f, "{ppb} ppb since the calibration"),
            TermSource::OneTick => f.write_str("one tick"),
            TermSource::SampleDistance => f.write_str("one tick, or the samples' distance"),
            TermSource::DelayNs(ns) => write!(f, "{ns} ns between directions"),
            TermSource::FrontEndDelay(ns) => {
                write!(f, "front end: {ns} ns between directions, not taken out")
            }
            TermSource::FrontEndSpread(ns) => write!(f, "front end: {ns} ns at each edge"),
            TermSource::Slope(mv, SlopeFrom::Comparators) => {
                write!(f, "{mv} mV over the slope between two comparators")
            }
            TermSource::Slope(mv, SlopeFrom::Adc) => write!(f, "{mv} mV over the slope by the ADC"),
            TermSource::Unknown => f.write_str("not known: needs a second threshold"),
        }
    }
}

/// One term of the budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// What it is.
    pub name: &'static str,
    /// Its bound or expanded uncertainty, ns.
    pub bound_ns: f64,
    /// Which of the two.
    pub shape: Shape,
    /// Where the figure comes from.
    pub source: TermSource,
}

impl Term {
    /// Its standard uncertainty, ns.
    pub fn standard_ns(&self) -> f64 {
        self.bound_ns / self.shape.divisor()
    }
}

/// All terms of one duration: clock, both ticks, comparator delay, both thresholds.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// The terms.
    pub terms: Vec<Term>,
}

impl Budget {
    /// The expanded uncertainty, ns, rounded up.
    pub fn expanded_ns(&self) -> u64 {
        let squares: f64 = self.terms.iter().map(variance).sum();
        (COVERAGE * squares.sqrt()).ceil() as u64
    }
}

/// Square of the standard uncertainty; of a bound without a root, so that whole numbers stay exact.
fn variance(term: &Term) -> f64 {
    let square = term.bound_ns * term.bound_ns;
    match term.shape {
        Shape::Rectangular => square / 3.0,
        Shape::Normal => square / (COVERAGE * COVERAGE),
    }
}

/// A rail's slope, mV/ns, and what told it.
pub(crate) type Slope = Option<(f64, SlopeFrom)>;

/// The term of a threshold that is uncertain by `threshold_mv` on a rail with that slope.
pub(crate) fn slope_term(name: &'static str, threshold_mv: u32, shape: Shape, slope: Slope) -> Term {
    match slope {
        Some((slope, from)) => Term {
            name,
            bound_ns: f64::from(threshold_mv) / slope,
            shape,
            source: TermSource::Slope(threshold_mv, from),
        },
        None => Term { name, bound_ns: 0.0, shape, source: TermSource::Unknown },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(terms: &[(f64, Shape)]) -> Budget {
        let term = |(bound_ns, shape): &(f64, Shape)| Term {
            name: "test",
            bound_ns: *bound_ns,
            shape: *shape,
            source: TermSource::OneTick,
        };
        Budget { terms: terms.iter().map(term).collect() }
    }

    /// 50 ppm of 180 s is 9 ms; 2 * 9 ms / sqrt(3) = 10.392304845... ms.
    #[test]
    fn the_clock_term_alone() {
        assert_eq!(budget(&[(9e6, Shape::Rectangular)]).expanded_ns(), 10_392_305);
    }

    /// 3, 4 -> 5: 2 * 5 / sqrt(3) = 5.77.
    #[test]
    fn terms_add_as_squares() {
        assert_eq!(budget(&[(3.0, Shape::Rectangular), (4.0, Shape::Rectangular)]).expanded_ns(), 6);
    }

    /// An expanded uncertainty alone comes out as it went in.
    #[test]
    fn an_expanded_uncertainty_is_not_a_bound() {
        assert_eq!(budget(&[(30.0, Shape::Normal), (40.0, Shape::Normal)]).expanded_ns(), 50);
    }
}
