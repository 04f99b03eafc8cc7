//! The uncertainty of a duration: a budget of named terms and the expanded uncertainty (k = 2).
//!
//! Each bound is taken as a rectangular distribution, so its standard uncertainty is bound / sqrt(3) (GUM 4.3.7);
//! terms are independent and add as squares; U = 2 u.

/// Coverage factor of the expanded uncertainty: about 95 %.
const COVERAGE: f64 = 2.0;

/// One term of the budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// What it is.
    pub name: &'static str,
    /// Its bound, ns.
    pub bound_ns: f64,
    /// Where the figure comes from.
    pub source: String,
}

/// All terms of one duration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budget {
    /// The terms.
    pub terms: Vec<Term>,
}

impl Budget {
    /// Adds a term.
    pub fn add(&mut self, name: &'static str, bound_ns: f64, source: impl Into<String>) {
        self.terms.push(Term { name, bound_ns, source: source.into() });
    }

    /// The expanded uncertainty, ns, rounded up.
    pub fn expanded_ns(&self) -> u64 {
        let squares: f64 = self.terms.iter().map(|t| t.bound_ns * t.bound_ns / 3.0).sum();
        (COVERAGE * squares.sqrt()).ceil() as u64
    }
}

/// The term of a threshold that is uncertain by `threshold_mv` on a rail that moves at `slope_mv_per_ns`.
pub(crate) fn slope_term(name: &'static str, threshold_mv: f64, slope_mv_per_ns: Option<f64>) -> Term {
    match slope_mv_per_ns {
        Some(slope) => Term {
            name,
            bound_ns: threshold_mv / slope,
            source: format!("{threshold_mv} mV over the slope between two comparators"),
        },
        None => Term { name, bound_ns: 0.0, source: "not known: needs a second threshold".to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 50 ppm of 180 s is 9 ms; 2 * 9 ms / sqrt(3) = 10.392304845... ms.
    #[test]
    fn the_clock_term_alone() {
        let mut b = Budget::default();
        b.add("clock", 9e6, "test");
        assert_eq!(b.expanded_ns(), 10_392_305);
    }

    /// 3, 4 -> 5: 2 * 5 / sqrt(3) = 5.77.
    #[test]
    fn terms_add_as_squares() {
        let mut b = Budget::default();
        b.add("a", 3.0, "test");
        b.add("b", 4.0, "test");
        assert_eq!(b.expanded_ns(), 6);
    }
}
