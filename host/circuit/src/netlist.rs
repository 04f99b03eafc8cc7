//! The circuit as a SPICE netlist, with values changed and faults put in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::circuit::{COM, Circuit, CircuitError, Kind, Part};
use crate::value;

/// What a run changes in the circuit.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Other values, by reference.
    pub values: BTreeMap<String, f64>,
    /// Parts that are not there.
    pub removed: BTreeSet<String>,
    /// Parts whose first two pins are joined.
    pub shorted: BTreeSet<String>,
    /// Supplies that are off: no volt between them and COM, and what flows into them is measured.
    pub supplies_off: bool,
    /// The self-test's transistor conducts: the output is low.
    pub test_low: bool,
    /// The comparators' delay at 100 mV of overdrive, ns; the middle of its limits if not given.
    pub comparator_delay_ns: Option<f64>,
    /// Factor on all capacitances of layout and inputs; 1 if not given.
    pub stray_factor: Option<f64>,
}

impl Changes {
    /// One part shorted.
    pub fn short(reference: &str) -> Changes {
        Changes { shorted: [reference.to_owned()].into(), ..Changes::default() }
    }

    /// One part missing.
    pub fn remove(reference: &str) -> Changes {
        Changes { removed: [reference.to_owned()].into(), ..Changes::default() }
    }
}

/// Diodes from their data sheets' forward and reverse figures; the comparator as an integrator of its overdrive, since
/// the delay of a real one shrinks with the overdrive too.
const MODELS: &str = "\
.model bav199 d(is=1e-14 n=1.1 rs=2 cjo=2p bv=85 ibv=100u)
.model d1n4148 d(is=2.5n n=1.75 rs=0.6 cjo=2p bv=100 ibv=5u)
.model bzx84c2v7 d(is=1e-14 n=1.1 rs=10 bv=2.7 ibv=5m nbv=10.8)
.subckt comparator inp inn out vdd td=100n
cx x 0 1n
rx x 0 10meg
bx 0 x i = 0.5n/td*tanh((v(inp)-v(inn))/0.1)/0.7616 - (v(x) > 1 ? (v(x)-1)*10 : 0) - (v(x) < 0 ? v(x)*10 : 0)
bo o 0 v = v(vdd)*0.5*(1+tanh((v(x)-0.5)*20))
ro o out 50
.ends
";

/// A net's name as a SPICE node.
pub fn node(net: &str) -> String {
    if net == COM { "0".to_owned() } else { net.replace('+', "p").to_lowercase() }
}

/// The meter side's netlist without sources at the connectors.
///
/// # Errors
/// A part's item or value is missing.
pub fn meter_side(circuit: &Circuit, changes: &Changes) -> Result<String, CircuitError> {
    let mut out = String::from(MODELS);
    let here = circuit.meter_nets();
    for part in &circuit.parts {
        let is_here = part.pins.iter().all(|net| here.contains(net.as_str()));
        if !is_here || changes.removed.contains(&part.reference) {
            continue;
        }
        if changes.shorted.contains(&part.reference) {
            let _ = writeln!(
                out,
                "r_short_{} {} {} 1m",
                part.reference,
                node(&part.pins[0]),
                node(&part.pins[1])
            );
            continue;
        }
        element(circuit, part, changes, &mut out)?;
    }
    let factor = changes.stray_factor.unwrap_or(1.0);
    for (i, stray) in circuit.strays.iter().enumerate() {
        let farad = value::parse(&stray.value).unwrap_or(0.0) * factor;
        let _ = writeln!(out, "c_stray{i} {} 0 {farad:e}", node(&stray.net));
    }
    for (net, volt) in &circuit.supplies {
        let volt = if changes.supplies_off { 0.0 } else { *volt };
        let _ = writeln!(out, "v_{0} {0} 0 {volt}", node(net));
    }
    Ok(out)
}

fn element(circuit: &Circuit, part: &Part, changes: &Changes, out: &mut String) -> Result<(), CircuitError> {
    let item = circuit.item(part)?;
    let name = &part.reference;
    let pins: Vec<String> = part.pins.iter().map(|net| node(net)).collect();
    let given = changes.values.get(name).copied();
    let factor = changes.stray_factor.unwrap_or(1.0);
    let input = |pin: &str, out: &mut String| {
        if item.input_pf > 0.0 {
            let _ = writeln!(out, "c_{name}_{pin} {pin} 0 {:e}", item.input_pf * 1e-12 * factor);
        }
    };
    match circuit.kind(part)? {
        Kind::Resistor => {
            let ohm = given.unwrap_or(circuit.value(part)?);
            let _ = writeln!(out, "r_{name} {} {} {ohm:e}", pins[0], pins[1]);
        }
        Kind::Fuse => {
            let _ = writeln!(out, "r_{name} {} {} 1", pins[0], pins[1]);
        }
        Kind::Capacitor => {
            let farad = given.unwrap_or(circuit.value(part)?);
            let _ = writeln!(out, "c_{name} {} {} {farad:e}", pins[0], pins[1]);
        }
        Kind::Diode => {
            let _ = writeln!(out, "d_{name} {} {} d1n4148", pins[0], pins[1]);
        }
        Kind::Zener => {
            let _ = writeln!(out, "d_{name} {} {} bzx84c2v7", pins[0], pins[1]);
        }
        Kind::DiodePair => {
            let _ = writeln!(out, "d_{name}_low {} {} bav199", pins[0], pins[1]);
            let _ = writeln!(out, "d_{name}_high {} {} bav199", pins[1], pins[2]);
        }
        Kind::Comparator => {
            let middle = (item.delay_ns[0] + item.delay_ns[1]) / 2.0;
            let delay_ns = changes.comparator_delay_ns.unwrap_or(middle);
            let _ = writeln!(out, "x_{name} {} vref comparator td={delay_ns}n", pins.join(" "));
            input(&pins[0], out);
            input(&pins[1], out);
        }
        Kind::Follower => {
            let _ = writeln!(out, "e_{name} {} 0 {} {} 1e5", pins[2], pins[0], pins[1]);
            input(&pins[0], out);
        }
        kind @ (Kind::Inverter | Kind::Buffer) => {
            let sign = if kind == Kind::Inverter { -1.0 } else { 1.0 };
            let _ = writeln!(out, "b_{name} {} 0 v = 1.65*(1+tanh({sign}*(v({})-1.4)*20))", pins[1], pins[0]);
            input(&pins[0], out);
        }
        Kind::Nmos => {
            let ohm = if changes.test_low { 5.0 } else { 1e9 };
            let _ = writeln!(out, "r_{name} {} {} {ohm}", pins[1], pins[2]);
        }
        Kind::Power | Kind::Block => {}
    }
    Ok(())
}
