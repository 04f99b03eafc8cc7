//! The parts list as CSV.

use std::collections::{BTreeMap, BTreeSet};

use crate::circuit::{Circuit, CircuitError, wrong};

/// A row for each item that is bought, with the references that need it.
///
/// # Errors
/// A part's item is missing.
pub fn csv(circuit: &Circuit) -> Result<String, CircuitError> {
    let mut by_item: BTreeMap<&str, BTreeSet<(String, u32)>> = BTreeMap::new();
    for part in &circuit.parts {
        circuit.item(part)?;
        by_item.entry(&part.item).or_default().insert(in_order(part.package_reference()));
    }
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let fail = |error: &dyn std::fmt::Display| wrong("parts list", error.to_string());
    writer
        .write_record([
            "quantity",
            "references",
            "value",
            "package",
            "make",
            "alternatives",
            "tolerance_percent",
            "rated_v",
            "rated_mw",
            "note",
        ])
        .map_err(|e| fail(&e))?;
    for (key, references) in by_item {
        let item = &circuit.items[key];
        let names: Vec<String> = references.iter().map(|(letters, n)| format!("{letters}{n}")).collect();
        let number = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
        let tolerance = Some(item.tolerance_percent).filter(|t| *t > 0.0);
        writer
            .write_record([
                names.len().to_string(),
                names.join(" "),
                item.value.clone(),
                item.package.clone(),
                item.make.clone(),
                item.alternatives.clone(),
                number(tolerance),
                number(item.rated_v),
                number(item.rated_mw),
                item.note.clone(),
            ])
            .map_err(|e| fail(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| fail(&e))?;
    String::from_utf8(bytes).map_err(|e| fail(&e))
}

/// `R10` after `R9`.
fn in_order(reference: &str) -> (String, u32) {
    let letters: String = reference.chars().take_while(char::is_ascii_alphabetic).collect();
    let number = reference[letters.len()..].parse().unwrap_or(0);
    (letters, number)
}
