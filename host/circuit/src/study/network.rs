//! Draws of the Monte Carlo, and the resistors that decide a level.

use std::collections::{BTreeMap, BTreeSet};

use crate::circuit::{COM, Circuit, CircuitError, Kind, Part};
use crate::random::Random;

/// Temperature is within this many kelvin of the one at which the parts were made: 0 to 50 C.
const KELVIN: f64 = 25.0;
/// Leakage of the clamp at the divider, nA: the data sheet's limits at 75 V are 5 at 25 C and 80 at 150 C, which is 9 at 50 C.
pub(crate) const LEAKAGE_NA: f64 = 10.0;

/// A resistor of one build, in ohm: anywhere within its tolerance and drift.
pub(crate) fn drawn_ohm(circuit: &Circuit, part: &Part, random: &mut Random) -> Result<f64, CircuitError> {
    let item = circuit.item(part)?;
    let tolerance = item.tolerance_percent / 100.0 * random.symmetric();
    let drift = item.tempco_ppm * 1e-6 * KELVIN * random.symmetric();
    Ok(circuit.value(part)? * (1.0 + tolerance + drift))
}

/// The reference voltage of one build.
pub(crate) fn drawn_vref(circuit: &Circuit, random: &mut Random) -> Result<f64, CircuitError> {
    let is_reference = |p: &&Part| {
        let item = circuit.items.get(&p.item);
        p.pins.iter().any(|net| net == "VREF")
            && item.is_some_and(|i| i.kind == Kind::Block && i.tolerance_percent > 0.0)
    };
    let reference = circuit.parts.iter().find(is_reference);
    let (tolerance, drift) = match reference {
        Some(part) => {
            let item = circuit.item(part)?;
            (item.tolerance_percent / 100.0, item.tempco_ppm * 1e-6 * KELVIN)
        }
        None => (0.0, 0.0),
    };
    let nominal = circuit.supplies.get("VREF").copied().unwrap_or(0.0);
    Ok(nominal * (1.0 + tolerance * random.symmetric() + drift * random.symmetric()))
}

/// The resistors that a net's voltage hangs on: through resistors up to supplies, COM, the rail and `ends`.
pub(crate) fn resistors_at<'a>(
    circuit: &'a Circuit,
    net: &str,
    ends: &[&str],
) -> Result<Vec<&'a Part>, CircuitError> {
    let is_end = |net: &str| net == COM || circuit.supplies.contains_key(net) || ends.contains(&net);
    let mut nets = BTreeSet::from([net.to_owned()]);
    let mut found: BTreeMap<&str, &Part> = BTreeMap::new();
    loop {
        let before = found.len();
        for part in &circuit.parts {
            let touches = part.pins.iter().any(|net| nets.contains(net) && !is_end(net));
            if circuit.kind(part)? == Kind::Resistor && touches {
                found.insert(&part.reference, part);
                nets.extend(part.pins.iter().cloned());
            }
        }
        if found.len() == before {
            return Ok(found.into_values().collect());
        }
    }
}
