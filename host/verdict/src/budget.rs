//! The slopes of the rail at an outage's edges, and the budget of its duration's uncertainty.

use crate::interruption::Interruption;
use crate::level::Level;
use crate::measure::Run;
use crate::outage::Edges;
use crate::uncertainty::{Budget, Shape, Slope, SlopeFrom, Term, TermSource, slope_term};

impl<'a> Run<'a> {
    /// The terms of a duration at a threshold.
    pub(crate) fn budget(
        &self,
        level: usize,
        levels: &[Level<'a>],
        duration_ns: u64,
        edges: &Edges,
    ) -> Budget {
        let s = self.settings;
        let tick_ns = (1e9 / self.tick_hz as f64).max(s.edge_resolution_ns as f64);
        let sampled = s.edge_resolution_ns > 0;
        let tick_source = if sampled { TermSource::SampleDistance } else { TermSource::OneTick };
        let bound = |name, bound_ns, source| Term { name, bound_ns, shape: Shape::Rectangular, source };
        let mut terms = self.clock_terms(duration_ns);
        terms.push(bound("tick at the start", tick_ns, tick_source));
        terms.push(bound("tick at the end", tick_ns, tick_source));
        let comparator = s.front_end.as_ref().and_then(|f| f.comparator(levels[level].threshold.line));
        let (threshold_mv, shape) = match comparator {
            None => {
                let ns = s.comparator_delay_ns;
                terms.push(bound("comparator delay", f64::from(ns), TermSource::DelayNs(ns)));
                (s.threshold_mv, Shape::Rectangular)
            }
            Some(c) => {
                let ns = c.delay_falling_ns.abs_diff(c.delay_rising_ns);
                terms.push(bound("comparator delay", f64::from(ns), TermSource::FrontEndDelay(ns)));
                // The spreads of both edges, independent.
                terms.push(Term {
                    name: "comparator delay's spread",
                    bound_ns: f64::from(c.delay_u_ns) * 2f64.sqrt(),
                    shape: Shape::Normal,
                    source: TermSource::FrontEndSpread(c.delay_u_ns),
                });
                (c.threshold_u_mv, Shape::Normal)
            }
        };
        terms.push(slope_term("threshold at the start", threshold_mv, shape, edges.falling));
        terms.push(slope_term("threshold at the end", threshold_mv, shape, edges.rising));
        Budget { terms }
    }

    fn clock_terms(&self, duration_ns: u64) -> Vec<Term> {
        let of = |ppb: u32| duration_ns as f64 * f64::from(ppb) / 1e9;
        let term = |name, ppb, shape, source| Term { name, bound_ns: of(ppb), shape, source };
        match &self.settings.clock {
            None => {
                let ppb = self.settings.clock_ppb;
                vec![term("clock", ppb, Shape::Rectangular, TermSource::ClockPpb(ppb))]
            }
            Some(c) => {
                let deviation = c.deviation_ppb.unsigned_abs();
                vec![
                    term("clock", deviation, Shape::Rectangular, TermSource::ClockDeviation(c.deviation_ppb)),
                    term("clock calibration", c.u_ppb, Shape::Normal, TermSource::ClockFit(c.u_ppb)),
                    term(
                        "clock since then",
                        c.drift_ppb,
                        Shape::Rectangular,
                        TermSource::ClockDrift(c.drift_ppb),
                    ),
                ]
            }
        }
    }

    /// The rail's slopes at both edges. Where both the ADC and a second comparator tell, the slower one counts: it makes the
    /// uncertainty larger.
    pub(crate) fn edges(&self, own: &Interruption, level: usize, levels: &[Level<'a>]) -> Edges {
        let (falling, rising) = self.comparator_slopes(own, level, levels);
        let threshold = levels[level].threshold;
        let voltage = self.voltage.as_ref();
        let by_adc = |open: bool, tick, mv, is_rise| {
            let voltage = voltage.filter(|_| !open)?;
            Some((voltage.slope_mv_per_ns(tick, f64::from(mv), is_rise)?, SlopeFrom::Adc))
        };
        let adc_falling = by_adc(own.open_start, own.start_tick, threshold.falling_mv, false);
        let adc_rising = by_adc(own.open_end, own.end_tick, threshold.rising_mv, true);
        let is_lost = |open: bool, tick| !open && voltage.is_some_and(|v| v.is_lost_at(tick));
        Edges {
            falling: slower(falling, adc_falling),
            rising: slower(rising, adc_rising),
            is_voltage_lost: is_lost(own.open_start, own.start_tick) || is_lost(own.open_end, own.end_tick),
        }
    }

    /// The slopes from the neighbouring comparator; `None` where there is none.
    fn comparator_slopes(&self, own: &Interruption, level: usize, levels: &[Level<'a>]) -> (Slope, Slope) {
        let threshold = levels[level].threshold;
        let others = levels.iter().filter(|l| l.threshold.line != threshold.line);
        let neighbour = others
            .filter_map(|l| {
                let touching = l.touching(own.start_tick, own.end_tick);
                Some((l.threshold, touching.first()?, touching.last()?))
            })
            .min_by_key(|(t, ..)| (t.falling_mv - threshold.falling_mv).unsigned_abs());
        let Some((other, first, last)) = neighbour else { return (None, None) };
        let slope = |mv: i32, ticks: u64| {
            let ns = ticks.max(1) as f64 * 1e9 / self.tick_hz as f64;
            f64::from(mv.unsigned_abs()) / ns
        };
        let falling =
            slope(threshold.falling_mv - other.falling_mv, first.start_tick.abs_diff(own.start_tick));
        let rising = slope(threshold.rising_mv - other.rising_mv, last.end_tick.abs_diff(own.end_tick));
        let known = |open: bool, slope: f64| (!open).then_some((slope, SlopeFrom::Comparators));
        (known(own.open_start || first.open_start, falling), known(own.open_end || last.open_end, rising))
    }
}

fn slower(a: Slope, b: Slope) -> Slope {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 < a.0 { b } else { a }),
        (a, b) => a.or(b),
    }
}
