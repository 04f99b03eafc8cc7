//! How late a comparator's line changes after the rail has passed its level, for slopes from slow to fast.
//!
//! The whole circuit in time, the rail as a ramp down and up again. Later than what: than the same circuit's level at rest.
//! Each corner has the least or greatest capacitance and the fastest or slowest comparator; the gate and the isolator
//! behind it add their data sheets' limits.

use super::thresholds::{self, LevelFigures, WANTED};
use super::{Finding, Spread, StudyError};
use crate::circuit::{Circuit, Kind};
use crate::netlist::{Changes, meter_side, node};
use crate::ngspice::run;

/// Slopes, V/s. A hold-up capacitor gives the slow ones, a short circuit the fast ones.
pub const SLOPES: [f64; 6] = [10.0, 100.0, 1e3, 1e4, 1e5, 1e6];
/// From this slope on the delay is told as a time; below it as a shift of the level.
const TIMED_SLOPE: f64 = 1e3;
/// From this slope on one ramp goes from 12 V to 0 and back for all comparators.
const WHOLE_SWING_SLOPE: f64 = 1e5;
/// Before and behind a level, V, on a slow ramp.
const MARGIN_V: f64 = 0.3;
/// Points of a ramp at least.
const POINTS: f64 = 1500.0;
/// Time at the bottom, s.
const REST_S: f64 = 30e-6;
/// Capacitances of layout and inputs, as factors.
const STRAY: [f64; 2] = [0.5, 1.5];

/// One comparator's delays, ns.
#[derive(Clone, Debug, PartialEq)]
pub struct DelayFigures {
    /// The line.
    pub line: &'static str,
    /// By slope: V/s, falling least and greatest, rising least and greatest.
    pub by_slope: Vec<(f64, [f64; 2], [f64; 2])>,
}

impl DelayFigures {
    /// Least and greatest delay over the slopes that are told as a time; direction 0 falls, 1 rises.
    pub fn range_ns(&self, direction: usize) -> [f64; 2] {
        let timed = self.by_slope.iter().filter(|s| s.0 >= TIMED_SLOPE);
        timed
            .map(|(_, falling, rising)| if direction == 0 { falling } else { rising })
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[least, greatest], [low, high]| {
                [least.min(*low), greatest.max(*high)]
            })
    }

    /// The most that one direction is later than the other at one slope, ns: an error of a duration.
    pub fn difference_ns(&self) -> f64 {
        let differences =
            self.by_slope.iter().filter(|s| s.0 >= TIMED_SLOPE).map(|(_, falling, rising)| {
                (rising[1] - falling[0]).abs().max((falling[1] - rising[0]).abs())
            });
        differences.fold(0.0, f64::max)
    }

    /// Below the timed slopes: how far a level is shifted by the delay, less the middle of the timed delays, mV.
    pub fn slow_shift_mv(&self) -> f64 {
        let slow = self.by_slope.iter().filter(|s| s.0 < TIMED_SLOPE);
        let shifts = slow.flat_map(|(slope, falling, rising)| {
            let shift = |direction: usize, delay: f64| {
                let [least, greatest] = self.range_ns(direction);
                (delay - (least + greatest) / 2.0).abs() * 1e-9 * slope * 1000.0
            };
            [shift(0, falling[0]), shift(0, falling[1]), shift(1, rising[0]), shift(1, rising[1])]
        });
        shifts.fold(0.0, f64::max)
    }
}

/// Simulates all corners and slopes. `levels` only says that the comparators work.
pub(crate) fn study(circuit: &Circuit, levels: &[LevelFigures]) -> Result<Vec<DelayFigures>, StudyError> {
    let rest = thresholds::nominal(circuit)?;
    let (fixed_least, fixed_greatest) = behind(circuit)?;
    let corners = corners(circuit)?;
    let mut figures: Vec<DelayFigures> =
        levels.iter().map(|level| DelayFigures { line: level.line, by_slope: Vec::new() }).collect();
    for slope in SLOPES {
        let mut seen = vec![[[f64::INFINITY, f64::NEG_INFINITY]; 2]; WANTED.len()];
        for corner in &corners {
            for (i, delays) in delays(circuit, corner, slope, &rest)?.into_iter().enumerate() {
                for (direction, delay) in delays.into_iter().enumerate() {
                    let [least, greatest] = seen[i][direction];
                    seen[i][direction] = [least.min(delay), greatest.max(delay)];
                }
            }
        }
        for (figure, [falling, rising]) in figures.iter_mut().zip(seen) {
            let with =
                |[least, greatest]: [f64; 2]| [least * 1e9 + fixed_least, greatest * 1e9 + fixed_greatest];
            figure.by_slope.push((slope, with(falling), with(rising)));
        }
    }
    Ok(figures)
}

/// Least and greatest delay of what lies behind a comparator on its way to the board, ns.
fn behind(circuit: &Circuit) -> Result<(f64, f64), StudyError> {
    let mut sum = (0.0, 0.0);
    for (kind, pin) in [(Kind::Inverter, "N0"), (Kind::Block, "ISO_RAIL0")] {
        let has = |p: &&crate::circuit::Part| {
            p.pins.iter().any(|net| net == pin) && circuit.kind(p).is_ok_and(|k| k == kind)
        };
        let part =
            circuit.parts.iter().find(has).ok_or_else(|| {
                StudyError::NotWorking(format!("nothing of the kind {kind:?} is on net {pin}"))
            })?;
        let [least, greatest] = circuit.item(part)?.delay_ns;
        sum = (sum.0 + least, sum.1 + greatest);
    }
    Ok(sum)
}

fn corners(circuit: &Circuit) -> Result<Vec<Changes>, StudyError> {
    let comparator = thresholds::comparator(circuit, WANTED[0].0)?;
    let [fast, slow] = circuit.item(comparator)?.delay_ns;
    let mut corners = Vec::new();
    for (stray, towards) in [(STRAY[0], -1.0), (STRAY[1], 1.0)] {
        for delay_ns in [fast, slow] {
            let mut changes = Changes {
                comparator_delay_ns: Some(delay_ns),
                stray_factor: Some(stray),
                ..Changes::default()
            };
            for part in &circuit.parts {
                if circuit.kind(part)? == Kind::Capacitor {
                    let share = 1.0 + towards * circuit.item(part)?.tolerance_percent / 100.0;
                    changes.values.insert(part.reference.clone(), circuit.value(part)? * share);
                }
            }
            corners.push(changes);
        }
    }
    Ok(corners)
}

/// Delays of each comparator in seconds: falling, rising.
pub(crate) fn delays(
    circuit: &Circuit,
    changes: &Changes,
    slope: f64,
    rest: &[[f64; 2]],
) -> Result<Vec<[f64; 2]>, StudyError> {
    if slope >= WHOLE_SWING_SLOPE {
        let waves = ramp(circuit, changes, slope, 12.0, 0.0)?;
        return (0..WANTED.len()).map(|i| both(circuit, &waves, i, rest[i])).collect();
    }
    let one = |i: usize| {
        let [falling, rising] = rest[i];
        let waves = ramp(circuit, changes, slope, rising + MARGIN_V, falling - MARGIN_V)?;
        both(circuit, &waves, i, rest[i])
    };
    (0..WANTED.len()).map(one).collect()
}

/// The whole circuit while the rail goes from `high` to `low` and back.
fn ramp(
    circuit: &Circuit,
    changes: &Changes,
    slope: f64,
    high: f64,
    low: f64,
) -> Result<crate::ngspice::Waves, StudyError> {
    let ramp = (high - low) / slope;
    let (down, up) = (REST_S + ramp, 2.0 * REST_S + ramp);
    let end = up + ramp + REST_S;
    let mut netlist = meter_side(circuit, changes)?;
    netlist.push_str(&format!(
        "v_ichi ichi_12v 0 pwl(0 {high} {REST_S:e} {high} {down:e} {low} {up:e} {low} {:e} {high})\nr_jumper rail_f rail_in 10m\n",
        up + ramp
    ));
    let outputs: Vec<String> = WANTED
        .iter()
        .map(|(group, ..)| Ok(format!("v({})", node(&thresholds::comparator(circuit, group)?.pins[2]))))
        .collect::<Result<_, StudyError>>()?;
    let mut signals: Vec<&str> = outputs.iter().map(String::as_str).collect();
    signals.push("v(ichi_12v)");
    let step = (ramp / POINTS).min(REST_S);
    Ok(run(&netlist, &format!("tran {step:e} {end:e} 0 {step:e}"), &signals)?)
}

/// From the rail's passing of the levels at rest to the output's passing of the middle.
fn both(
    circuit: &Circuit,
    waves: &crate::ngspice::Waves,
    i: usize,
    rest: [f64; 2],
) -> Result<[f64; 2], StudyError> {
    let comparator = thresholds::comparator(circuit, WANTED[i].0)?;
    let output = format!("v({})", node(&comparator.pins[2]));
    let half = circuit.supplies.get("VREF").copied().unwrap_or(0.0) / 2.0;
    let switched = waves.crossings(&output, half)?;
    let [falling, rising] = rest;
    let when = |level: f64, up: bool| {
        waves.crossings("v(ichi_12v)", level).map(|all| all.into_iter().find(|c| c.1 == up).map(|c| c.0))
    };
    // The output is high while the rail is below the level.
    match (when(falling, false)?, when(rising, true)?, switched.as_slice()) {
        (Some(falls), Some(rises), [(first, true), (second, false)]) => Ok([first - falls, second - rises]),
        _ => Err(StudyError::NotWorking(format!(
            "{} does not switch once down and once up on a ramp: {switched:?}",
            WANTED[i].1
        ))),
    }
}

/// The levels of the Monte Carlo come from resistors alone: how far they are off those of the whole circuit on a slow ramp.
pub(crate) fn model_error(circuit: &Circuit, limit_mv: f64) -> Result<Finding, StudyError> {
    let (still, ramp) = (thresholds::nominal(circuit)?, levels_on_a_ramp(circuit, SLOPES[0])?);
    let off = still.iter().flatten().zip(ramp.iter().flatten()).map(|(still, ramp)| (still - ramp).abs());
    let what = "levels at rest, from resistors alone, off those of the whole circuit on a slow ramp";
    Ok(Finding::at_most(what, off.fold(0.0, f64::max) * 1000.0, limit_mv, "mV"))
}

/// The levels at which the whole circuit switches on a ramp of `slope` V/s, V: falling, rising of each comparator.
///
/// # Errors
/// The circuit or ngspice does not work.
pub fn levels_on_a_ramp(circuit: &Circuit, slope: f64) -> Result<Vec<[f64; 2]>, StudyError> {
    let rest = thresholds::nominal(circuit)?;
    let delays = delays(circuit, &Changes::default(), slope, &rest)?;
    let levels = rest.iter().zip(delays);
    Ok(levels.map(|([falling, rising], [down, up])| [falling - slope * down, rising + slope * up]).collect())
}

impl Spread {
    /// Expanded uncertainty (k = 2), with a further even error of this half-width.
    pub fn expanded_with(&self, half_width: f64) -> f64 {
        2.0 * (self.deviation * self.deviation + half_width * half_width / 3.0).sqrt()
    }
}
