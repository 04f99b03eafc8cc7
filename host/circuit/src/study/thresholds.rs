//! The comparators' levels over many builds.
//!
//! Each build has its own resistors, reference, offsets and leakage. A level is found in one operating point: the
//! comparator's output is held at one side, and an ideal amplifier moves the rail until its inputs are equal. That is the
//! rail at which the comparator is about to switch. All builds of a batch are copies side by side in one netlist.
//! `tests/proof.rs` holds some of them against a slow ramp through the whole circuit.

use std::fmt::Write as _;

use super::network::{LEAKAGE_NA, drawn_ohm, drawn_vref, resistors_at};
use super::{Finding, StudyError};
use crate::circuit::{Circuit, CircuitError, Part, wrong};
use crate::netlist::node;
use crate::ngspice::run;
use crate::random::Random;

/// Copies in one netlist; more are slower for each copy.
const BATCH: usize = 500;
/// The output's high level is up to this much below its supply, V (assumed).
const OUTPUT_DROP_V: f64 = 0.01;
/// The amplifier that moves the rail.
const GAIN: f64 = 1e7;

/// The levels of `docs/wire.md`, mV: name of the comparator, line, falling, rising.
pub const WANTED: [(&str, &str, f64, f64); 3] = [
    ("comparator0", "rail0", 10_200.0, 10_800.0),
    ("comparator1", "rail1", 9_000.0, 9_600.0),
    ("comparator2", "rail2", 2_000.0, 2_600.0),
];

/// What one level does over all builds, mV.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub deviation: f64,
    /// Lowest build.
    pub least: f64,
    /// Highest build.
    pub greatest: f64,
}

impl Spread {
    pub(crate) fn of(values: &[f64]) -> Spread {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (count - 1.0);
        Spread {
            mean,
            deviation: square.sqrt(),
            least: values.iter().copied().fold(f64::INFINITY, f64::min),
            greatest: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    /// How far the furthest build is from a value.
    pub fn furthest_from(&self, value: f64) -> f64 {
        (self.greatest - value).abs().max((self.least - value).abs())
    }
}

/// One comparator's levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelFigures {
    /// The line that it drives.
    pub line: &'static str,
    /// Its part.
    pub group: &'static str,
    /// Falling level.
    pub falling: Spread,
    /// Rising level.
    pub rising: Spread,
}

impl LevelFigures {
    pub(crate) fn findings(&self, limit_mv: f64) -> Vec<Finding> {
        let wanted = WANTED.iter().find(|w| w.1 == self.line);
        let (falling, rising) = wanted.map_or((0.0, 0.0), |w| (w.2, w.3));
        let finding = |what: &str, spread: Spread, level: f64| {
            Finding::at_most(
                format!("{} {what} {:.1} V, furthest off of all builds", self.line, level / 1000.0),
                spread.furthest_from(level),
                limit_mv,
                "mV",
            )
        };
        vec![finding("falling", self.falling, falling), finding("rising", self.rising, rising)]
    }
}

/// Simulates the builds.
pub(crate) fn study(circuit: &Circuit, trials: usize) -> Result<Vec<LevelFigures>, StudyError> {
    let mut random = Random::new(0x1C41_5C09E);
    let mut found: [[Vec<f64>; 2]; 3] = Default::default();
    let mut left = trials;
    while left > 0 {
        let batch = left.min(BATCH);
        let mut netlist = String::new();
        for build in 0..batch {
            write_build(circuit, build, &mut random, &mut netlist)?;
        }
        let waves = run(&netlist, "op", &[])?;
        for build in 0..batch {
            for (i, levels) in found.iter_mut().enumerate() {
                for (direction, values) in levels.iter_mut().enumerate() {
                    values.push(waves.last(&format!("v(rail_{build}_{i}_{direction})"))? * 1000.0);
                }
            }
        }
        left -= batch;
    }
    let figures = WANTED.iter().zip(&found).map(|((group, line, ..), [falling, rising])| LevelFigures {
        line,
        group,
        falling: Spread::of(falling),
        rising: Spread::of(rising),
    });
    Ok(figures.collect())
}

/// The nominal levels in volts, falling and rising, of each comparator: no tolerance, no offset.
///
/// # Errors
/// The circuit or ngspice does not work.
pub fn nominal(circuit: &Circuit) -> Result<Vec<[f64; 2]>, StudyError> {
    let mut netlist = String::new();
    for (i, (group, ..)) in WANTED.iter().enumerate() {
        let comparator = comparator(circuit, group)?;
        for direction in 0..2 {
            let vref = circuit.supplies.get("VREF").copied().unwrap_or(0.0);
            let copy =
                Copy { name: format!("0_{i}_{direction}"), vref, offset_v: 0.0, leak_na: 0.0, drop_v: 0.0 };
            let ohm = |part: &Part| circuit.value(part);
            write_copy(circuit, comparator, &copy, direction == 1, &ohm, &mut netlist)?;
        }
    }
    let waves = run(&netlist, "op", &[])?;
    let level = |i: usize, direction: usize| waves.last(&format!("v(rail_0_{i}_{direction})"));
    (0..WANTED.len()).map(|i| Ok([level(i, 0)?, level(i, 1)?])).collect()
}

pub(crate) fn comparator<'a>(circuit: &'a Circuit, group: &str) -> Result<&'a Part, CircuitError> {
    let found = circuit.parts.iter().find(|p| p.group.as_deref() == Some(group));
    found.ok_or_else(|| wrong(group, "no part has this group"))
}

/// One build's three comparators in both directions: the parts that they share have the same value in all six copies.
fn write_build(
    circuit: &Circuit,
    build: usize,
    random: &mut Random,
    netlist: &mut String,
) -> Result<(), StudyError> {
    let vref = drawn_vref(circuit, random)?;
    let leak_na = LEAKAGE_NA * random.symmetric();
    let mut ohms: std::collections::BTreeMap<String, f64> = std::collections::BTreeMap::new();
    for (i, (group, ..)) in WANTED.iter().enumerate() {
        let comparator = comparator(circuit, group)?;
        let item = circuit.item(comparator)?;
        let offset_v = item.offset_mv / 1000.0 * random.symmetric();
        let bias_na = item.bias_na * random.symmetric();
        let drop_v = OUTPUT_DROP_V * (1.0 + random.symmetric()) / 2.0;
        for part in network(circuit, comparator)? {
            if !ohms.contains_key(&part.reference) {
                ohms.insert(part.reference.clone(), drawn_ohm(circuit, part, random)?);
            }
        }
        for direction in 0..2 {
            let name = format!("{build}_{i}_{direction}");
            let copy = Copy { name, vref, offset_v, leak_na: leak_na + bias_na, drop_v };
            let ohm = |part: &Part| Ok(ohms[&part.reference]);
            write_copy(circuit, comparator, &copy, direction == 1, &ohm, netlist)?;
        }
    }
    Ok(())
}

fn network<'a>(circuit: &'a Circuit, comparator: &Part) -> Result<Vec<&'a Part>, CircuitError> {
    let [reference, sense, output] = [0, 1, 2].map(|pin| comparator.pins[pin].as_str());
    let ends = ["RAIL_IN", output];
    let mut parts = resistors_at(circuit, reference, &ends)?;
    parts.extend(resistors_at(circuit, sense, &ends)?);
    Ok(parts)
}

/// What a copy has beside its resistors.
struct Copy {
    name: String,
    vref: f64,
    offset_v: f64,
    leak_na: f64,
    drop_v: f64,
}

fn write_copy(
    circuit: &Circuit,
    comparator: &Part,
    copy: &Copy,
    output_high: bool,
    ohm: &dyn Fn(&Part) -> Result<f64, CircuitError>,
    netlist: &mut String,
) -> Result<(), CircuitError> {
    let Copy { name, vref, offset_v, leak_na, drop_v } = copy;
    let local = |net: &str| match (net, node(net)) {
        (_, zero) if zero == "0" => zero,
        ("RAIL_IN", _) => format!("rail_{name}"),
        (_, net) => format!("{net}_{name}"),
    };
    let [reference, sense, output] = [0, 1, 2].map(|pin| local(&comparator.pins[pin]));
    for part in network(circuit, comparator)? {
        let _ = writeln!(
            netlist,
            "r_{}_{name} {} {} {:e}",
            part.reference,
            local(&part.pins[0]),
            local(&part.pins[1]),
            ohm(part)?
        );
    }
    let high = if output_high { vref - drop_v } else { 0.0 };
    let _ = writeln!(netlist, "v_ref_{name} {} 0 {vref:e}", local("VREF"));
    let _ = writeln!(netlist, "v_out_{name} {output} 0 {high:e}");
    let _ = writeln!(netlist, "i_leak_{name} {sense} 0 {leak_na:e}n");
    let _ = writeln!(netlist, "v_off_{name} plus_{name} {reference} {offset_v:e}");
    let _ = writeln!(netlist, "e_rail_{name} rail_{name} 0 plus_{name} {sense} {GAIN:e}");
    Ok(())
}
