//! The lines that are no rail: whether their levels are told right, and how much later than the meter's.

use super::faults::{LINES, MEASURING, Meter, point};
use super::network::{LEAKAGE_NA, resistors_at};
use super::{Finding, StudyError};
use crate::circuit::{COM, Circuit, CircuitError, GND_PC, Kind, Part, wrong};
use crate::limits::Limits;
use crate::netlist::{Changes, node};

/// A line that is high, V: the lowest logic level that we expect.
const HIGH_V: f64 = 3.3;
/// A line that is low, V: the highest that an output of such logic has.
const LOW_V: f64 = 0.4;
/// What hangs on a pin of the isolator, F: its own, a cable, the board's (assumed).
const PIN_FARAD: f64 = 10e-12;
/// A sink's pull-down at each CC pin of USB-C.
const USB_OHM: f64 = 5100.0;
/// Consoles' levels that JP2 chooses, V: half of 3.3 and of 1.8.
const CONSOLE_V: [(&str, f64); 2] = [("T165", 1.65), ("T09", 0.9)];

pub(crate) fn study(circuit: &Circuit, limits: &Limits) -> Result<Vec<Finding>, StudyError> {
    let mut findings = levels(circuit, limits)?;
    findings.extend(console(circuit, limits)?);
    findings.push(usb(circuit, limits)?);
    findings.push(lateness(circuit, limits)?);
    findings.push(pins(circuit, limits)?);
    findings.push(adc_filter(circuit, limits)?);
    Ok(findings)
}

/// The buffer's input of each line: high, low, and open.
fn levels(circuit: &Circuit, limits: &Limits) -> Result<Vec<Finding>, StudyError> {
    let (high, low) = (limits.input_high_v.value, limits.input_low_v.value);
    let leaks: Vec<String> =
        LINES.iter().map(|line| format!("i_{line} {line}_n 0 -{LEAKAGE_NA:e}n\n")).collect();
    let open = format!("{MEASURING}{}", leaks.concat());
    let at = |volt: Option<f64>, extra: &str| {
        let meter = Meter { lines: [volt; 3], ..Meter::ALIVE };
        point(circuit, &Changes::default(), meter, extra)
    };
    let (is_high, is_low, is_open) =
        (at(Some(HIGH_V), MEASURING)?, at(Some(LOW_V), MEASURING)?, at(None, &open)?);
    let mut findings = Vec::new();
    for line in LINES {
        let input = format!("v({line}_n)");
        let name = line.to_uppercase();
        findings.push(Finding::at_least(
            format!("{name} high: at its buffer"),
            is_high.last(&input)?,
            high,
            "V",
        ));
        findings.push(Finding::at_most(format!("{name} low: at its buffer"), is_low.last(&input)?, low, "V"));
        findings.push(Finding::at_most(
            format!("{name} open: at its buffer"),
            is_open.last(&input)?,
            low,
            "V",
        ));
    }
    Ok(findings)
}

/// The console's thresholds, and that an open console is idle at both.
fn console(circuit: &Circuit, limits: &Limits) -> Result<Vec<Finding>, StudyError> {
    let alive = point(circuit, &Changes::default(), Meter::ALIVE, MEASURING)?;
    let microampere = alive.last("i(v_con)")?.abs() * 1e6;
    let mut findings =
        vec![Finding::at_most("drawn from a console of 5 V", microampere, limits.console_ua.value, "uA")];
    for (net, wanted) in CONSOLE_V {
        let jumper = format!("{MEASURING}r_jp2 {} cref 10m\n", net.to_lowercase());
        let waves = point(circuit, &Changes::default(), Meter::ALIVE, &jumper)?;
        let off_mv = (waves.last(&format!("v({})", node("CREF")))? - wanted).abs() * 1000.0;
        let what = format!("console's threshold of {wanted:.2} V");
        findings.push(Finding::at_most(what, off_mv, limits.console_mv.value, "mV"));
        let open = Meter { console: None, ..Meter::ALIVE };
        let leak = format!("{jumper}i_leak con_n 0 {LEAKAGE_NA:e}n\n");
        let waves = point(circuit, &Changes::default(), open, &leak)?;
        let above = waves.last("v(con_n)")? - waves.last("v(cref)")?;
        let what = format!("open console above its threshold of {wanted:.2} V");
        findings.push(Finding::at_least(what, above * 1000.0, limits.console_mv.value, "mV"));
    }
    Ok(findings)
}

/// The resistors by which a USB-C source knows that it may give 5 V.
fn usb(circuit: &Circuit, limits: &Limits) -> Result<Finding, StudyError> {
    let mut worst: f64 = 0.0;
    for net in ["CC1", "CC2"] {
        let is_it = |p: &&Part| p.pins == [net, GND_PC] && circuit.kind(p).is_ok_and(|k| k == Kind::Resistor);
        let ohm = circuit.parts.iter().find(is_it).map_or(Ok(f64::INFINITY), |part| circuit.value(part))?;
        worst = worst.max((ohm / USB_OHM - 1.0).abs() * 100.0);
    }
    Ok(Finding::at_most("USB-C's pull-downs off 5.1 kohm", worst, limits.usb_percent.value, "%"))
}

/// Time constants at the buffers' inputs and at the console's comparator.
fn lateness(circuit: &Circuit, limits: &Limits) -> Result<Finding, StudyError> {
    let mut worst = (0.0, String::new());
    for net in ["AC_LO_N", "CH_PR_N", "MT_PR_N", "CON_N"] {
        let us = ohm(circuit, net)? * farad(circuit, net)? * 1e6;
        if us > worst.0 {
            worst = (us, net.to_owned());
        }
    }
    let what = format!("time constant of a line ({})", worst.1);
    Ok(Finding::at_most(what, worst.0, limits.line_us.value, "us"))
}

/// The resistor at each pin of an isolator with what hangs on it.
fn pins(circuit: &Circuit, limits: &Limits) -> Result<Finding, StudyError> {
    let mut worst = (0.0, String::new());
    for net in super::faults::isolator_nets(circuit) {
        let found = circuit.parts.iter().filter(|p| p.pins.contains(net));
        for part in found {
            if circuit.kind(part)? == Kind::Resistor {
                let ns = circuit.value(part)? * PIN_FARAD * 1e9;
                if ns > worst.0 {
                    worst = (ns, part.reference.clone());
                }
            }
        }
    }
    let what = format!("time constant at an isolator's pin ({})", worst.1);
    Ok(Finding::at_most(what, worst.0, limits.pin_ns.value, "ns"))
}

/// From the follower to the ADC.
fn adc_filter(circuit: &Circuit, limits: &Limits) -> Result<Finding, StudyError> {
    let follower =
        circuit.parts.iter().find(|p| p.kind.is_none() && circuit.kind(p).is_ok_and(|k| k == Kind::Follower));
    let output = &follower.ok_or_else(|| wrong("ADC", "there is no buffer"))?.pins[2];
    let is_it = |p: &&Part| p.pins.contains(output) && circuit.kind(p).is_ok_and(|k| k == Kind::Resistor);
    let us = match circuit.parts.iter().find(is_it) {
        Some(resistor) => {
            let input = &resistor.pins[usize::from(resistor.pins[0] == *output)];
            circuit.value(resistor)? * farad(circuit, input)? * 1e6
        }
        // Nothing gets to the ADC.
        None => f64::INFINITY,
    };
    Ok(Finding::at_most("time constant in front of the ADC", us, limits.adc_us.value, "us"))
}

/// What a net sees: its resistors to lines, supplies and COM side by side.
fn ohm(circuit: &Circuit, net: &str) -> Result<f64, CircuitError> {
    let ends = ["AC_LO", "CH_PR", "MT_PR", "CON_TX"];
    let all = resistors_at(circuit, net, &ends)?;
    let at_net = |p: &&&Part| p.pins.iter().any(|n| n == net);
    let mut conductance = 0.0;
    for part in all.iter().filter(at_net) {
        // Two in series towards the line.
        let other = &part.pins[usize::from(part.pins[0] == net)];
        let mut ohm = circuit.value(part)?;
        if !circuit.is_supply(other) && !ends.contains(&other.as_str()) {
            let on = all.iter().filter(|p| p.reference != part.reference && p.pins.contains(other));
            for next in on {
                ohm += circuit.value(next)?;
            }
        }
        conductance += 1.0 / ohm;
    }
    Ok(1.0 / conductance)
}

/// Capacitors from a net to COM, the inputs on it, and a clamp's two junctions.
fn farad(circuit: &Circuit, net: &str) -> Result<f64, CircuitError> {
    let mut farad = 0.0;
    for part in circuit.parts.iter().filter(|p| p.kind.is_none() && p.pins.iter().any(|n| n == net)) {
        let item = circuit.item(part)?;
        farad += match item.kind {
            Kind::Capacitor if part.pins.iter().any(|n| n == COM) => circuit.value(part)?,
            Kind::DiodePair => 4e-12,
            _ => item.input_pf * 1e-12,
        };
    }
    Ok(farad)
}
