//! Load, feeding back, and what single faults do.

use super::{Finding, StudyError};
use crate::circuit::{Circuit, Kind, Part};
use crate::limits::Limits;
use crate::netlist::{Changes, meter_side, node};
use crate::ngspice::{Waves, run};

/// The ICHI lines that are tapped besides the rail.
pub(super) const LINES: [&str; 3] = ["ac_lo", "ch_pr", "mt_pr"];
/// Nominal rail, V.
const RAIL_V: f64 = 12.0;
/// Mains at its upper limit of 253 V: effective value, for a sustained fault of the meter's supply.
const MAINS_V: f64 = 253.0;
/// Its peak.
const MAINS_PEAK_V: f64 = 357.8;
/// A line that is high, V: the highest logic level that we expect.
const LINE_V: f64 = 5.0;
/// The measuring position of the jumper, and the sources at the connectors.
pub(super) const MEASURING: &str = "r_jumper rail_f rail_in 10m\n";

/// What the meter puts on its connectors, V; nothing where a line is open.
#[derive(Clone, Copy)]
pub(super) struct Meter {
    pub(super) rail: f64,
    pub(super) lines: [Option<f64>; 3],
    pub(super) console: Option<f64>,
}

impl Meter {
    pub(super) const ALIVE: Meter = Meter { rail: RAIL_V, lines: [Some(LINE_V); 3], console: Some(LINE_V) };
    const DEAD: Meter = Meter { rail: 0.0, lines: [Some(0.0); 3], console: Some(0.0) };

    /// The rail and every line at one voltage.
    const fn all(volt: f64) -> Meter {
        Meter { rail: volt, lines: [Some(volt); 3], ..Meter::ALIVE }
    }
}

/// One operating point: the circuit with changes, at a meter.
pub(super) fn point(
    circuit: &Circuit,
    changes: &Changes,
    meter: Meter,
    extra: &str,
) -> Result<Waves, StudyError> {
    let mut netlist = meter_side(circuit, changes)?;
    netlist.push_str(extra);
    netlist.push_str(&format!("v_ichi ichi_12v 0 {}\n", meter.rail));
    if let Some(volt) = meter.console {
        netlist.push_str(&format!("v_con con_tx 0 {volt}\n"));
    }
    for (line, volt) in LINES.iter().zip(meter.lines) {
        if let Some(volt) = volt {
            netlist.push_str(&format!("v_{line} {line} 0 {volt}\n"));
        }
    }
    Ok(run(&netlist, "op", &[])?)
}

pub(crate) fn study(circuit: &Circuit, limits: &Limits) -> Result<Vec<Finding>, StudyError> {
    let mut findings = Vec::new();
    load(circuit, limits, &mut findings)?;
    dead_lines(circuit, limits, &mut findings)?;
    dead_front_end(circuit, limits, &mut findings)?;
    inputs(circuit, limits, &mut findings)?;
    mains(circuit, &mut findings)?;
    fuse(circuit, limits, &mut findings)?;
    self_test(circuit, limits, &mut findings)?;
    isolators(circuit, limits, &mut findings)?;
    Ok(findings)
}

/// Kilo-ohm that a source sees.
fn kohm(waves: &Waves, source: &str, volt: f64) -> Result<f64, StudyError> {
    let ampere = -waves.last(&format!("i({source})"))?;
    Ok(if ampere <= 0.0 { f64::INFINITY } else { volt / ampere / 1000.0 })
}

/// Every tapped line, whole and with each part of the divider shorted.
fn load(circuit: &Circuit, limits: &Limits, findings: &mut Vec<Finding>) -> Result<(), StudyError> {
    let limit = limits.load_kohm.value;
    let whole = point(circuit, &Changes::default(), Meter::ALIVE, MEASURING)?;
    findings.push(Finding::at_least("load on the rail", kohm(&whole, "v_ichi", RAIL_V)?, limit, "kohm"));
    for line in LINES {
        let what = format!("load on {}", line.to_uppercase());
        findings.push(Finding::at_least(what, kohm(&whole, &format!("v_{line}"), LINE_V)?, limit, "kohm"));
    }
    for part in divider(circuit)? {
        let waves = point(circuit, &Changes::short(&part.reference), Meter::ALIVE, MEASURING)?;
        let what = format!("load on the rail, {} shorted", part.reference);
        findings.push(Finding::at_least(what, kohm(&waves, "v_ichi", RAIL_V)?, limit, "kohm"));
    }
    Ok(())
}

/// The divider: the resistors on the way from the rail to COM.
fn divider(circuit: &Circuit) -> Result<Vec<&Part>, StudyError> {
    Ok(super::network::resistors_at(circuit, "SENSE", &["RAIL_IN"])?)
}

/// The front end runs, the meter is dead: every line is held at 0 V and what comes out is measured.
fn dead_lines(circuit: &Circuit, limits: &Limits, findings: &mut Vec<Finding>) -> Result<(), StudyError> {
    let waves = point(circuit, &Changes::default(), Meter::DEAD, MEASURING)?;
    for (line, limit) in [
        ("ichi", &limits.dead_line_ua),
        ("ac_lo", &limits.dead_line_ua),
        ("ch_pr", &limits.dead_line_ua),
        ("mt_pr", &limits.dead_line_ua),
        ("con", &limits.dead_console_ua),
    ] {
        let microampere = waves.last(&format!("i(v_{line})"))?.abs() * 1e6;
        let name = if line == "ichi" { "the rail".to_owned() } else { line.to_uppercase() };
        findings.push(Finding::at_most(
            format!("fed into {name} while it is dead"),
            microampere,
            limit.value,
            "uA",
        ));
    }
    Ok(())
}

/// The meter runs, the front end is off.
fn dead_front_end(circuit: &Circuit, limits: &Limits, findings: &mut Vec<Finding>) -> Result<(), StudyError> {
    let off = Changes { supplies_off: true, ..Changes::default() };
    let waves = point(circuit, &off, Meter::ALIVE, MEASURING)?;
    findings.push(Finding::at_least(
        "load on the rail, front end off",
        kohm(&waves, "v_ichi", RAIL_V)?,
        limits.load_kohm.value,
        "kohm",
    ));
    for net in circuit.supplies.keys() {
        // The console's pull-up is a load of the console, judged as such.
        let microampere = waves.last(&format!("i(v_{})", node(net)))?.max(0.0) * 1e6;
        let limit = if net == "VREF" { limits.dead_console_ua.value } else { limits.dead_supply_ua.value };
        findings.push(Finding::at_most(
            format!("fed into {net} while the front end is off"),
            microampere,
            limit,
            "uA",
        ));
    }
    Ok(())
}

/// Voltages at inputs and currents through clamps, with single faults.
fn inputs(circuit: &Circuit, limits: &Limits, findings: &mut Vec<Finding>) -> Result<(), StudyError> {
    let whole = Changes::default;
    let off = || Changes { supplies_off: true, ..Changes::default() };
    let mut faults: Vec<(String, Changes, Meter)> = vec![
        ("rail and lines at 30 V".into(), whole(), Meter::all(30.0)),
        ("rail and lines at -12 V".into(), whole(), Meter::all(-12.0)),
        ("front end off, rail and lines at 30 V".into(), off(), Meter::all(30.0)),
        ("peak of 253 V mains on the rail".into(), whole(), Meter { rail: MAINS_PEAK_V, ..Meter::ALIVE }),
    ];
    for (i, line) in LINES.iter().enumerate() {
        let mut meter = Meter::ALIVE;
        meter.lines[i] = Some(MAINS_PEAK_V);
        faults.push((format!("peak of 253 V mains on {}", line.to_uppercase()), whole(), meter));
    }
    for part in divider(circuit)? {
        let name = &part.reference;
        faults.push((format!("{name} shorted"), Changes::short(name), Meter::ALIVE));
        faults.push((format!("{name} open"), Changes::remove(name), Meter::ALIVE));
    }
    let (mut worst_v, mut worst_ma) =
        ((f64::NEG_INFINITY, String::new()), (f64::NEG_INFINITY, String::new()));
    for (name, changes, meter) in faults {
        let waves = point(circuit, &changes, meter, MEASURING)?;
        for input in input_nets(circuit)? {
            let volt = waves.last(&format!("v({})", node(input)))?;
            if volt > worst_v.0 {
                worst_v = (volt, format!("{input}: {name}"));
            }
        }
        for (line, milliampere) in line_currents(&waves)? {
            if milliampere > worst_ma.0 {
                worst_ma = (milliampere, format!("{line}: {name}"));
            }
        }
    }
    findings.push(Finding::at_most(
        format!("highest input voltage ({})", worst_v.1),
        worst_v.0,
        limits.input_v.value,
        "V",
    ));
    findings.push(Finding::at_most(
        format!("most current through a clamp ({})", worst_ma.1),
        worst_ma.0,
        limits.clamp_ma.value,
        "mA",
    ));
    Ok(())
}

/// The nets at which a tapped line reaches an input of a semiconductor.
fn input_nets(circuit: &Circuit) -> Result<Vec<&str>, StudyError> {
    let mut nets = Vec::new();
    for part in circuit.parts.iter().filter(|p| p.kind.is_none()) {
        let inputs = match circuit.kind(part)? {
            Kind::Buffer | Kind::Follower => &part.pins[..1],
            // The inverting input of a rail comparator, the other one of the console's.
            Kind::Comparator => &part.pins[..2],
            _ => continue,
        };
        nets.extend(inputs.iter().map(String::as_str).filter(|net| !net.starts_with("ISO_")));
    }
    Ok(nets)
}

/// What flows in each tapped line, mA: no clamp carries more than its line brings.
fn line_currents(waves: &Waves) -> Result<Vec<(String, f64)>, StudyError> {
    let mut found = vec![("rail".to_owned(), waves.last("i(v_ichi)")?.abs() * 1000.0)];
    for line in LINES {
        found.push((line.to_uppercase(), waves.last(&format!("i(v_{line})"))?.abs() * 1000.0));
    }
    Ok(found)
}

/// Mains on every tapped line, sustained: no resistor above its power or voltage.
fn mains(circuit: &Circuit, findings: &mut Vec<Finding>) -> Result<(), StudyError> {
    let waves = point(circuit, &Changes::default(), Meter::all(MAINS_V), MEASURING)?;
    ratings(circuit, &waves, "253 V AC on every tapped line", findings)
}

/// What is in the way of the mains behind a short circuit.
fn fuse(circuit: &Circuit, limits: &Limits, findings: &mut Vec<Finding>) -> Result<(), StudyError> {
    let fuse = circuit.parts.iter().find(|p| {
        p.pins.iter().any(|net| net == "ICHI_12V") && circuit.kind(p).is_ok_and(|k| k == Kind::Fuse)
    });
    let rated = fuse.map_or(Ok(None), |part| circuit.item(part).map(|item| item.rated_v))?;
    findings.push(Finding::at_least(
        "voltage of the fuse in the tap",
        rated.unwrap_or(0.0),
        limits.fuse_v.value,
        "V",
    ));
    Ok(())
}

/// The resistor that is nearest to its power, and the one nearest to its voltage.
fn ratings(
    circuit: &Circuit,
    waves: &Waves,
    when: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), StudyError> {
    let (mut power, mut volts) = ((0.0, String::new()), (0.0, String::new()));
    for part in &circuit.parts {
        let item = circuit.item(part)?;
        let (Kind::Resistor, Some(rated_mw), Some(rated_v)) =
            (circuit.kind(part)?, item.rated_mw, item.rated_v)
        else {
            continue;
        };
        let at = |pin: usize| {
            let node = node(&part.pins[pin]);
            if node == "0" { Ok(0.0) } else { waves.last(&format!("v({node})")) }
        };
        // The PC side is not in this netlist.
        let (Ok(one), Ok(other)) = (at(0), at(1)) else { continue };
        let volt = (one - other).abs();
        let share = volt * volt / circuit.value(part)? * 1000.0 / rated_mw;
        if share > power.0 {
            power = (share, part.reference.clone());
        }
        if volt / rated_v > volts.0 {
            volts = (volt / rated_v, part.reference.clone());
        }
    }
    for (what, (share, name)) in [("power", power), ("voltage", volts)] {
        let what = format!("{when}: {what} of {name} by its rating");
        findings.push(Finding::at_most(what, share * 100.0, 100.0, "%"));
    }
    Ok(())
}

/// The jumper for the self-test forgotten beside the measuring one.
fn self_test(circuit: &Circuit, limits: &Limits, findings: &mut Vec<Finding>) -> Result<(), StudyError> {
    let both = format!("{MEASURING}r_forgotten selftest rail_in 10m\n");
    let limit = limits.forgotten_jumper_ma.value;
    let dead = point(circuit, &Changes::default(), Meter::DEAD, &both)?;
    let feeds = dead.last("i(v_ichi)")?.abs() * 1000.0;
    findings.push(Finding::at_most("forgotten self-test jumper: fed into a dead rail", feeds, limit, "mA"));
    let low = Changes { test_low: true, ..Changes::default() };
    let drawn = point(circuit, &low, Meter::ALIVE, &both)?.last("i(v_ichi)")?.abs() * 1000.0;
    findings.push(Finding::at_most("forgotten self-test jumper: drawn from the rail", drawn, limit, "mA"));
    let alone = |changes: &Changes| -> Result<Waves, StudyError> {
        let netlist =
            format!("{}r_test selftest rail_in 10m\nr_open ichi_12v 0 1meg\n", meter_side(circuit, changes)?);
        Ok(run(&netlist, "op", &[])?)
    };
    let (idle, pulse) = (alone(&Changes::default())?, alone(&low)?);
    findings.push(Finding::at_least("self-test idle: a good supply", idle.last("v(rail_in)")?, 10.9, "V"));
    findings.push(Finding::at_most("self-test pulse: no supply", pulse.last("v(rail_in)")?, 1.9, "V"));
    ratings(circuit, &pulse, "self-test pulse", findings)
}

/// The nets of the isolators' pins at which another output may be.
pub(super) fn isolator_nets(circuit: &Circuit) -> impl Iterator<Item = &String> {
    let isolators = circuit.parts.iter().filter(|p| p.reference == "U11" || p.reference == "U12");
    isolators.flat_map(|p| p.pins.iter().filter(|n| n.starts_with("ISO_") || n.starts_with("O_")))
}

/// Two outputs against each other over the resistor at every pin of an isolator.
fn isolators(circuit: &Circuit, limits: &Limits, findings: &mut Vec<Finding>) -> Result<(), StudyError> {
    let supply = circuit.supplies.get("+3V3").copied().unwrap_or(0.0);
    let mut netlist = String::new();
    let mut pins = 0;
    for net in isolator_nets(circuit) {
        let mut ohm = 0.0;
        for part in circuit.parts.iter().filter(|p| p.pins.contains(net)) {
            if circuit.kind(part)? == Kind::Resistor {
                ohm = circuit.value(part)?;
            }
        }
        netlist.push_str(&format!(
            "v_high{pins} a{pins} 0 {supply}\nr_pin{pins} a{pins} b{pins} {ohm:e}\nv_low{pins} b{pins} 0 0\n"
        ));
        pins += 1;
    }
    let waves = run(&netlist, "op", &[])?;
    let mut worst = (0.0, String::from("no resistor found"));
    for (pin, net) in isolator_nets(circuit).enumerate() {
        let milliampere = waves.last(&format!("i(v_low{pin})"))?.abs() * 1000.0;
        if milliampere > worst.0 {
            worst = (milliampere, net.clone());
        }
    }
    let what = format!("contention at any of {pins} isolator pins ({})", worst.1);
    findings.push(Finding::at_most(what, worst.0, limits.isolator_ma.value, "mA"));
    Ok(())
}
