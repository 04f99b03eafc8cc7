//! What each pin of the board says: back from the connector through resistor, isolator and gate to what it measures.
//!
//! A gate too few turns an outage into a good supply, and an isolator of the other type calls a front end without supply good.
//! No operating point of one part shows that; the way through all of them does.

use super::{Finding, StudyError};
use crate::circuit::{Circuit, CircuitError, DefaultOutput, Item, Kind, Part, wrong};

/// The way of one line: the connector's label, where the line comes from, whether it is turned round, and what comes out
/// when the other side of the barrier has no supply.
struct Wanted {
    label: &'static str,
    at: &'static str,
    origin: &'static str,
    is_inverted: bool,
    without_supply: DefaultOutput,
}

/// Upwards a dead front end must look like an outage, and like a console and presence lines at rest; downwards chip select,
/// clock and self-test must be idle.
const WANTED: [Wanted; 11] = [
    up("rail0", "comparator0", false, DefaultOutput::Low),
    up("rail1", "comparator1", false, DefaultOutput::Low),
    up("rail2", "comparator2", false, DefaultOutput::Low),
    up("ac_lo", "AC_LO", false, DefaultOutput::Low),
    up("ch_pr", "CH_PR", false, DefaultOutput::Low),
    up("mt_pr", "MT_PR", false, DefaultOutput::Low),
    up("console", "CON_TX", false, DefaultOutput::High),
    Wanted {
        label: "D0",
        at: "J5",
        origin: "SDATA of the ADC",
        is_inverted: false,
        without_supply: DefaultOutput::High,
    },
    down("the ADC's chip select", "CS", "PC_CS", false),
    down("the ADC's clock", "SCLK", "PC_SCLK", false),
    down("the self-test's transistor", "TEST_N", "PC_TEST", true),
];

/// The jumpers' labels and nets.
const JUMPERS: [(&str, [&str; 3], [&str; 3]); 2] = [
    ("JP1", ["1 ICHI", "2 rail", "3 test"], ["RAIL_F", "RAIL_IN", "SELFTEST"]),
    ("JP2", ["1 1V65", "3 0V9", "2"], ["T165", "T09", "CREF"]),
];

const fn up(
    label: &'static str,
    origin: &'static str,
    is_inverted: bool,
    without_supply: DefaultOutput,
) -> Wanted {
    Wanted { label, at: "J4", origin, is_inverted, without_supply }
}

const fn down(label: &'static str, net: &'static str, origin: &'static str, is_inverted: bool) -> Wanted {
    Wanted { label, at: net, origin, is_inverted, without_supply: DefaultOutput::High }
}

/// What was found on the way back from a net.
#[derive(Default)]
struct Way {
    origin: Option<String>,
    is_inverted: bool,
    without_supply: Option<DefaultOutput>,
}

pub(crate) fn study(circuit: &Circuit) -> Result<Vec<Finding>, StudyError> {
    let mut findings = Vec::new();
    for wanted in &WANTED {
        let net = net_of(circuit, wanted)?;
        let way = way_back(circuit, &net)?;
        let is_right = way.origin.as_deref() == Some(wanted.origin)
            && way.is_inverted == wanted.is_inverted
            && way.without_supply == Some(wanted.without_supply);
        findings.push(Finding::at_least(
            told(wanted, &way, is_right),
            f64::from(u8::from(is_right)),
            1.0,
            "",
        ));
    }
    findings.push(straight_through(circuit)?);
    for (jumper, labels, pins) in JUMPERS {
        let part = circuit.part(jumper)?;
        let is_right = part.pins == pins && names(circuit.item(part)?).eq(labels);
        let what = format!("{jumper} joins what its labels say");
        findings.push(Finding::at_least(what, f64::from(u8::from(is_right)), 1.0, ""));
    }
    Ok(findings)
}

fn told(wanted: &Wanted, way: &Way, is_right: bool) -> String {
    let turned = |is_inverted: bool| if is_inverted { ", turned round" } else { "" };
    let mut what = format!(
        "{} comes from {}{}, and is {} without the other side's supply",
        wanted.label,
        wanted.origin,
        turned(wanted.is_inverted),
        wanted.without_supply.name()
    );
    if !is_right {
        what += &format!(
            " (found: {}{}, {})",
            way.origin.as_deref().unwrap_or("nothing"),
            turned(way.is_inverted),
            way.without_supply.map_or("no isolator", DefaultOutput::name)
        );
    }
    what
}

/// All 20 ways of the interposer.
fn straight_through(circuit: &Circuit) -> Result<Finding, CircuitError> {
    let is_right = circuit.part("J1")?.pins == circuit.part("J2")?.pins;
    Ok(Finding::at_least("all 20 ways go straight through", f64::from(u8::from(is_right)), 1.0, ""))
}

/// The net at a connector's pin by its label ("1 rail0"), or the net itself.
fn net_of(circuit: &Circuit, wanted: &Wanted) -> Result<String, CircuitError> {
    let Ok(connector) = circuit.part(wanted.at) else { return Ok(wanted.at.to_owned()) };
    let item = circuit.item(connector)?;
    let is_it = |name: &str| name.split_once(' ').is_some_and(|(_, label)| label == wanted.label);
    let pin = names(item).position(is_it);
    let net = pin.and_then(|pin| connector.pins.get(pin));
    net.cloned().ok_or_else(|| wrong(wanted.at, format!("no pin has the label '{}'", wanted.label)))
}

fn names(item: &Item) -> impl Iterator<Item = &str> {
    item.left.iter().chain(&item.right).map(String::as_str)
}

/// Follows a net back to where it comes from.
fn way_back(circuit: &Circuit, start: &str) -> Result<Way, CircuitError> {
    let mut way = Way::default();
    let mut net = start.to_owned();
    let mut seen: Vec<String> = Vec::new();
    while !seen.contains(&net) {
        seen.push(net.clone());
        if let Some((origin, is_inverted)) = origin(circuit, &net, net == start)? {
            way.origin = Some(origin);
            way.is_inverted ^= is_inverted;
            return Ok(way);
        }
        let Some(step) = step(circuit, &net, &seen)? else { return Ok(way) };
        way.is_inverted ^= step.is_inverted;
        way.without_supply = step.without_supply.or(way.without_supply);
        net = step.net;
    }
    Ok(way)
}

/// Where a line begins: a comparator of the rail, the ADC, a connector; and whether it begins turned round.
fn origin(circuit: &Circuit, net: &str, is_start: bool) -> Result<Option<(String, bool)>, CircuitError> {
    for part in circuit.parts.iter().filter(|p| p.kind.is_none()) {
        let item = circuit.item(part)?;
        if let (Kind::Comparator, Some(group)) = (item.kind, &part.group)
            && part.pins[2] == net
        {
            return Ok(Some((group.clone(), part.pins[1] == "SENSE")));
        }
        let is_adc_data = item.linearity_lsb > 0.0 && pin_named(item, part, "SDATA") == Some(net);
        if is_adc_data {
            return Ok(Some(("SDATA of the ADC".to_owned(), false)));
        }
        let is_connector = part.reference.starts_with('J') && !part.reference.starts_with("JP");
        if is_connector && !is_start && part.pins.iter().any(|n| n == net) {
            return Ok(Some((net.to_owned(), false)));
        }
    }
    Ok(None)
}

fn pin_named<'a>(item: &Item, part: &'a Part, name: &str) -> Option<&'a str> {
    part.pins.get(names(item).position(|n| n == name)?).map(String::as_str)
}

/// One part back.
struct Step {
    net: String,
    is_inverted: bool,
    without_supply: Option<DefaultOutput>,
}

/// What drives a net; else the one resistor that leads on from it, not to a supply.
fn step(circuit: &Circuit, net: &str, seen: &[String]) -> Result<Option<Step>, CircuitError> {
    let plain = |net: &str, is_inverted| Step { net: net.to_owned(), is_inverted, without_supply: None };
    for part in circuit.parts.iter().filter(|p| p.kind.is_none()) {
        let item = circuit.item(part)?;
        match item.kind {
            Kind::Inverter | Kind::Buffer if part.pins[1] == net => {
                return Ok(Some(plain(&part.pins[0], item.kind == Kind::Inverter)));
            }
            Kind::Comparator if part.pins[2] == net => return Ok(Some(plain(&part.pins[0], false))),
            Kind::Block => {
                if let Some(input) = input_of(item, part, net) {
                    return Ok(Some(Step { without_supply: item.default_output, ..plain(input, false) }));
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for part in circuit.parts.iter().filter(|p| p.pins.iter().any(|n| n == net)) {
        if circuit.kind(part)? == Kind::Resistor {
            let other = &part.pins[usize::from(part.pins[0] == net)];
            let leads_on = !circuit.is_supply(other) && !seen.contains(other);
            found.extend(leads_on.then(|| plain(other, false)));
        }
    }
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// The input of an isolator's channel whose output is on a net.
fn input_of<'a>(item: &Item, part: &'a Part, net: &str) -> Option<&'a str> {
    item.default_output?;
    let output = names(item).zip(&part.pins).find(|(name, n)| *n == net && name.starts_with("OUT"))?.0;
    pin_named(item, part, &output.replacen("OUT", "IN", 1))
}
