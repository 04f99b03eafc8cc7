//! The committed circuit keeps its limits, the committed files are what it gives, and a circuit that is broken on purpose is caught.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::{Path, PathBuf};

use ichiscope_circuit::study::{Proof, levels_on_a_ramp, nominal, prove};
use ichiscope_circuit::{Circuit, Limits, bom, drawing, profile};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/front-end")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

fn circuit() -> Circuit {
    Circuit::parse(&read("circuit.toml")).unwrap()
}

fn limits() -> Limits {
    Limits::parse(&read("limits.toml")).unwrap()
}

/// Few builds: these circuits are far off, or not at all.
fn quick(circuit: &Circuit) -> Proof {
    prove(circuit, &limits(), 20).unwrap()
}

fn item_of<'a>(
    circuit: &'a mut Circuit,
    reference: &str,
    item: &str,
) -> &'a mut ichiscope_circuit::circuit::Part {
    let part = circuit.parts.iter_mut().find(|p| p.reference == reference).unwrap();
    part.item = item.to_owned();
    part
}

fn without(mut circuit: Circuit, reference: &str) -> Circuit {
    circuit.parts.retain(|p| p.reference != reference);
    circuit
}

fn is_broken(circuit: &Circuit, words: &str) {
    let proof = quick(circuit);
    let broken: Vec<&str> = proof.broken().iter().map(|f| f.what.as_str()).collect();
    assert!(broken.iter().any(|what| what.contains(words)), "{words}: {broken:?}");
}

/// 4000 builds, every fault, every slope: the limits are kept and profile, table, drawing and parts list are up to date.
#[test]
fn the_committed_files_are_what_the_circuit_gives() {
    let circuit = circuit();
    let proof = prove(&circuit, &limits(), 4000).unwrap();
    assert_eq!(proof.broken(), Vec::<&ichiscope_circuit::study::Finding>::new());
    assert_eq!(proof.delays.len(), 3);
    let remedy = "`cargo run -p ichiscope-circuit -- write`";
    assert!(
        read("profile.toml") == profile::profile(&proof, &read("circuit.toml")),
        "profile.toml: {remedy}"
    );
    assert!(read("proof.md") == profile::table(&proof), "proof.md: {remedy}");
    assert!(read("bom.csv") == bom::csv(&circuit).unwrap(), "bom.csv: {remedy}");
    for sheet in &circuit.sheets {
        let name = format!("sheet-{}.svg", sheet.name);
        assert!(read(&name) == drawing::svg(&circuit, sheet).unwrap(), "{name}: {remedy}");
    }
}

/// The operating points of the Monte Carlo against a slow ramp through the whole circuit, clamps and all.
#[test]
fn the_levels_are_those_of_a_slow_ramp() {
    let circuit = circuit();
    let ramp = levels_on_a_ramp(&circuit, 10.0).unwrap();
    for (still, moving) in nominal(&circuit).unwrap().into_iter().zip(ramp) {
        for (still, moving) in still.into_iter().zip(moving) {
            assert!((still - moving).abs() < 0.003, "{still} V at rest, {moving} V on the ramp");
        }
    }
}

#[test]
fn a_shorted_divider_resistor_is_caught() {
    let mut circuit = circuit();
    item_of(&mut circuit, "R2", "r100");
    is_broken(&circuit, "rail0 falling");
}

#[test]
fn a_wrong_reference_resistor_is_caught() {
    let mut circuit = circuit();
    item_of(&mut circuit, "R9", "r41k2");
    is_broken(&circuit, "rail1 falling");
}

#[test]
fn missing_hysteresis_is_caught() {
    is_broken(&without(circuit(), "R13"), "rail2 rising");
}

#[test]
fn a_missing_clamp_is_caught() {
    is_broken(&without(circuit(), "D1"), "highest input voltage");
    is_broken(&without(circuit(), "D5"), "highest input voltage");
}

/// Without the diode in front of it the clamp's level feeds the supply of a front end that is off.
#[test]
fn a_clamp_that_feeds_a_dead_supply_is_caught() {
    let mut circuit = circuit();
    item_of(&mut circuit, "D3", "r100");
    is_broken(&circuit, "fed into +5V");
}

/// A pull-up on a presence line feeds a meter that is dead.
#[test]
fn feeding_a_dead_line_is_caught() {
    let mut circuit = circuit();
    let part = item_of(&mut circuit, "R22", "r22k");
    part.pins = vec!["+5V".into(), "AC_LO".into()];
    is_broken(&circuit, "fed into AC_LO");
}

#[test]
fn a_load_on_the_rail_is_caught() {
    let mut circuit = circuit();
    let part = item_of(&mut circuit, "R17", "r49k9");
    part.pins = vec!["RAIL_F".into(), "COM".into()];
    is_broken(&circuit, "load on the rail");
}

#[test]
fn resistors_too_small_for_mains_are_caught() {
    let mut circuit = circuit();
    item_of(&mut circuit, "R24", "r22k");
    is_broken(&circuit, "power of R");
}

#[test]
fn a_pin_without_its_resistor_is_caught() {
    let mut circuit = circuit();
    item_of(&mut circuit, "R57", "r100");
    is_broken(&circuit, "contention");
}

#[test]
fn a_slow_filter_is_caught() {
    let mut circuit = circuit();
    circuit.items.get_mut("c15p").unwrap().value = "330p".to_owned();
    is_broken(&circuit, "one direction later");
}

/// Without its inverter a line says the opposite, and an outage would look like a supply.
#[test]
fn a_gate_too_few_is_caught() {
    let mut circuit = circuit();
    item_of(&mut circuit, "U2C", "buffer");
    is_broken(&circuit, "rail2 comes from comparator2");
}

/// Both isolators have as many pins: in each other's place no line gets through.
#[test]
fn swapped_isolators_are_caught() {
    let mut circuit = circuit();
    item_of(&mut circuit, "U11", "iso-both");
    item_of(&mut circuit, "U12", "iso-up");
    is_broken(&circuit, "rail0 comes from comparator0");
}

/// With outputs that are high without the meter side's supply, a front end that is off would look like a good supply.
#[test]
fn an_isolator_of_the_other_type_is_refused() {
    is_refused(r#"value = "ISO7760F""#, r#"value = "ISO7760""#, "not low without");
    is_refused(r#"value = "ISO7763""#, r#"value = "ISO7762""#, "3 channels that go back");
    is_refused(r#"default_output = "low""#, r#"default_output = "high""#, "not high without");
}

#[test]
fn a_reference_that_is_off_is_caught() {
    is_refused("VREF = 3.3,", "VREF = 3.135,", "its part gives 3.3 V");
    let source = read("circuit.toml").replace("VREF = 3.3,", "VREF = 3.135,");
    let reference = source.find("[item.reference]").unwrap();
    let (before, after) = source.split_at(reference);
    let circuit =
        Circuit::parse(&(before.to_owned() + &after.replacen("output_v = 3.3", "output_v = 3.135", 1)));
    is_broken(&circuit.unwrap(), "rail0 falling");
}

/// The text of the circuit, changed, is refused with these words.
fn is_refused(from: &str, to: &str, words: &str) {
    let source = read("circuit.toml");
    assert!(source.contains(from), "{from}");
    let error = Circuit::parse(&source.replacen(from, to, 1)).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_bridge_without_insulation_is_refused() {
    is_refused("reinforced = true\n", "", "without reinforced insulation");
    let link = r#"pins = ["VBUS", "5V_PC"]"#;
    is_refused(link, r#"pins = ["VBUS", "COM"]"#, "past the insulation");
}

#[test]
fn a_part_twice_or_without_item_is_refused() {
    is_refused(r#"ref = "R2","#, r#"ref = "R1","#, "two parts");
    is_refused(r#"item = "divider-bottom""#, r#"item = "divider-middle""#, "no item");
    is_refused(r#"value = "40.2k""#, r#"value = "40.2 k""#, "no value");
}

/// What is drawn together must be one net, and a piece of a net must have its name.
#[test]
fn a_drawing_that_contradicts_the_nets_is_refused() {
    let draw = |from: &str, to: &str| {
        let source = read("circuit.toml");
        assert!(source.contains(from), "{from}");
        let circuit = Circuit::parse(&source.replacen(from, to, 1)).unwrap();
        let rail = circuit.sheets.iter().find(|s| s.name == "rail").unwrap();
        drawing::svg(&circuit, rail).unwrap_err().to_string()
    };
    let touching = draw("path = [[78, 16], [78, 18]]", "path = [[78, 16], [78, 24]]");
    assert!(touching.contains("touches net"), "{touching}");
    let nameless = draw("path = [[71, 26], [78, 26]]", "path = [[71, 26], [74, 26]]");
    assert!(nameless.contains("has no label"), "{nameless}");
    let crooked = draw("path = [[71, 26], [78, 26]]", "path = [[71, 26], [78, 27]]");
    assert!(crooked.contains("not straight"), "{crooked}");
}
