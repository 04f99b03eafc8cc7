//! The circuit as it is written in `docs/front-end/circuit.toml`: items to buy, parts with their nets, places in the drawing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::value;

/// Ground of the meter side: the ICHI's COM.
pub const COM: &str = "COM";
/// Ground of the PC side.
pub const GND_PC: &str = "GND_PC";
/// Nets that begin like this are pins left open on purpose.
const OPEN: &str = "nc_";

/// Why a circuit is not usable.
#[derive(Debug, thiserror::Error)]
pub enum CircuitError {
    /// The file cannot be read.
    #[error("{path}: {error}. Remedy: run from the project's folder, or name the file")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's word.
        error: std::io::Error,
    },
    /// It is no TOML, or not of this form.
    #[error("circuit: {0}")]
    Form(#[from] toml::de::Error),
    /// It contradicts itself.
    #[error("circuit: {place}: {what}")]
    Wrong {
        /// Part, item, net or sheet.
        place: String,
        /// What is wrong and what to do.
        what: String,
    },
}

/// Whether a part touches both grounds.
pub(crate) fn bridges(part: &Part) -> bool {
    part.pins.iter().any(|net| net == COM) && part.pins.iter().any(|net| net == GND_PC)
}

/// A block's pins at which it gives its voltage.
const OUTPUTS: [&str; 2] = ["OUT", "+VOUT"];

/// The types of the family ISO77 say how they are: the last digit is the number of channels that go back, F that outputs are low
/// without the other side's supply.
fn check_isolator(key: &str, item: &Item) -> Result<(), CircuitError> {
    let Some(default) = item.default_output else { return Ok(()) };
    let back = item.right.iter().filter(|name| name.starts_with("IN")).count();
    for name in item.left.iter().chain(&item.right).filter(|name| name.starts_with("IN")) {
        let output = name.replacen("IN", "OUT", 1);
        let across = if item.left.contains(name) { &item.right } else { &item.left };
        if !across.contains(&output) {
            return Err(wrong(key, format!("{name} has no {output} on the other side")));
        }
    }
    let Some(kind) = item.value.strip_prefix("ISO77") else { return Ok(()) };
    let (digits, is_low) = (kind.trim_end_matches('F'), kind.ends_with('F'));
    if is_low != (default == DefaultOutput::Low) {
        return Err(wrong(
            key,
            format!("{} is not {} without the other side's supply", item.value, default.name()),
        ));
    }
    match digits.chars().last().and_then(|digit| digit.to_digit(10)) {
        Some(digit) if digit as usize == back => Ok(()),
        _ => Err(wrong(key, format!("{} has not {back} channels that go back", item.value))),
    }
}

/// An error at a place in the circuit.
pub(crate) fn wrong(place: &str, what: impl Into<String>) -> CircuitError {
    CircuitError::Wrong { place: place.to_owned(), what: what.into() }
}

/// What a part is, electrically and on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Two pins.
    Resistor,
    /// Two pins.
    Capacitor,
    /// Two pins.
    Fuse,
    /// Anode, cathode.
    Diode,
    /// Anode, cathode.
    Zener,
    /// Lower anode, middle, upper cathode.
    DiodePair,
    /// Positive input, negative input, output.
    Comparator,
    /// An operational amplifier: positive input, negative input, output.
    Follower,
    /// Input, output; Schmitt trigger.
    Inverter,
    /// Input, output; Schmitt trigger.
    Buffer,
    /// Gate, drain, source.
    Nmos,
    /// The supply pins of a part with several units: plus, minus.
    Power,
    /// Anything else: left pins, then right pins.
    Block,
}

/// What an isolator's outputs do when the other side has no supply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DefaultOutput {
    /// They are 0.
    Low,
    /// They are 1.
    High,
}

impl DefaultOutput {
    /// The word used in files.
    pub const fn name(self) -> &'static str {
        match self {
            DefaultOutput::Low => "low",
            DefaultOutput::High => "high",
        }
    }
}

/// Something to buy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// Ohm or farad with prefix, or a type.
    pub value: String,
    /// Case.
    pub package: String,
    /// Maker and type.
    pub make: String,
    /// What does as well.
    pub alternatives: String,
    /// Why this one, and what is only assumed.
    #[serde(default)]
    pub note: String,
    /// Limits of the value, percent.
    #[serde(default)]
    pub tolerance_percent: f64,
    /// Limit of the drift, parts per million and kelvin.
    #[serde(default)]
    pub tempco_ppm: f64,
    /// Highest voltage, V.
    pub rated_v: Option<f64>,
    /// Highest power, mW.
    pub rated_mw: Option<f64>,
    /// Limit of the input offset, mV.
    #[serde(default)]
    pub offset_mv: f64,
    /// Limit of the input current, nA.
    #[serde(default)]
    pub bias_na: f64,
    /// Capacitance of an input, pF.
    #[serde(default)]
    pub input_pf: f64,
    /// Shortest and longest delay, ns; of a comparator at 100 mV of overdrive.
    #[serde(default)]
    pub delay_ns: [f64; 2],
    /// Limits of an ADC's errors, steps of its scale.
    #[serde(default)]
    pub offset_lsb: f64,
    /// See `offset_lsb`.
    #[serde(default)]
    pub gain_lsb: f64,
    /// See `offset_lsb`.
    #[serde(default)]
    pub linearity_lsb: f64,
    /// Has reinforced insulation between its two sides (check the data sheet).
    #[serde(default)]
    pub reinforced: bool,
    /// Of an isolator: its outputs while the other side has no supply. Its pins are then named IN and OUT, in pairs.
    pub default_output: Option<DefaultOutput>,
    /// Of a regulator, a reference, a converter: what it gives, V.
    pub output_v: Option<f64>,
    /// Names of a block's pins on the left, from the top.
    #[serde(default)]
    pub left: Vec<String>,
    /// And on the right.
    #[serde(default)]
    pub right: Vec<String>,
    /// A block's width in the drawing.
    #[serde(default)]
    pub width: i32,
}

/// A part on the board.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Reference, with a letter for a unit of several.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Key of its item.
    pub item: String,
    /// Its nets in the order of its kind's pins.
    pub pins: Vec<String>,
    /// The sheet that it is drawn on.
    pub sheet: String,
    /// Where, in grid steps.
    pub at: [i32; 2],
    /// Quarter turns clockwise.
    #[serde(default)]
    pub turn: u8,
    /// Upside down, before it is turned.
    #[serde(default)]
    pub flip: bool,
    /// Another kind than the item's: its supply pins.
    pub kind: Option<Kind>,
    /// What the proof calls it.
    pub group: Option<String>,
}

impl Part {
    /// The reference without the unit's letter.
    pub fn package_reference(&self) -> &str {
        self.reference.trim_end_matches(|c: char| c.is_ascii_uppercase())
    }
}

/// A drawn connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wire {
    /// Its net.
    pub net: String,
    /// Its sheet.
    pub sheet: String,
    /// Its corners.
    pub path: Vec<[i32; 2]>,
}

/// The side to which a net's name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Upwards.
    Up,
    /// Downwards.
    Down,
}

/// A net's name on a wire.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// The net.
    pub net: String,
    /// Its sheet.
    pub sheet: String,
    /// Where.
    pub at: [i32; 2],
    /// Where the name goes.
    pub side: Side,
}

/// A sheet of the drawing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// File name's last part.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// Width and height, grid steps.
    pub size: [i32; 2],
}

/// What the layout adds to a net.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stray {
    /// The net.
    pub net: String,
    /// Farad.
    pub value: String,
    /// Why so much.
    pub why: String,
}

/// The whole circuit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circuit {
    /// Voltages of the meter side's supplies by net.
    pub supplies: BTreeMap<String, f64>,
    /// Items by key.
    #[serde(rename = "item")]
    pub items: BTreeMap<String, Item>,
    /// Parts.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
    /// Drawn connections.
    #[serde(rename = "wire")]
    pub wires: Vec<Wire>,
    /// Names on them.
    #[serde(rename = "tag")]
    pub tags: Vec<Tag>,
    /// Sheets.
    #[serde(rename = "sheet")]
    pub sheets: Vec<Sheet>,
    /// Capacitances of the layout.
    #[serde(rename = "stray", default)]
    pub strays: Vec<Stray>,
}

impl Circuit {
    /// Reads a circuit file.
    ///
    /// # Errors
    /// The file cannot be read, or the circuit contradicts itself.
    pub fn load(path: &Path) -> Result<Circuit, CircuitError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| CircuitError::Read { path: path.to_owned(), error })?;
        Circuit::parse(&text)
    }

    /// Reads a circuit.
    ///
    /// # Errors
    /// As `load`.
    pub fn parse(text: &str) -> Result<Circuit, CircuitError> {
        let circuit: Circuit = toml::from_str(text)?;
        circuit.check()?;
        Ok(circuit)
    }

    /// The item of a part.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn item(&self, part: &Part) -> Result<&Item, CircuitError> {
        self.items
            .get(&part.item)
            .ok_or_else(|| wrong(&part.reference, format!("there is no item '{}'", part.item)))
    }

    /// What a part is.
    ///
    /// # Errors
    /// Its item is missing.
    pub fn kind(&self, part: &Part) -> Result<Kind, CircuitError> {
        Ok(part.kind.unwrap_or(self.item(part)?.kind))
    }

    /// A resistor's or capacitor's value.
    ///
    /// # Errors
    /// It is no number.
    pub fn value(&self, part: &Part) -> Result<f64, CircuitError> {
        let text = &self.item(part)?.value;
        value::parse(text)
            .filter(|v| *v > 0.0)
            .ok_or_else(|| wrong(&part.reference, format!("'{text}' is no value above zero")))
    }

    /// A part by its reference.
    ///
    /// # Errors
    /// There is none.
    pub fn part(&self, reference: &str) -> Result<&Part, CircuitError> {
        self.parts
            .iter()
            .find(|part| part.reference == reference)
            .ok_or_else(|| wrong(reference, "there is no such part"))
    }

    /// Whether a net is held by a supply of the meter side or by its ground.
    pub fn is_supply(&self, net: &str) -> bool {
        net == COM || self.supplies.contains_key(net)
    }

    /// Whether it contradicts itself.
    ///
    /// # Errors
    /// It does: where, and what to do.
    pub fn check(&self) -> Result<(), CircuitError> {
        let mut seen = BTreeSet::new();
        let mut pins: BTreeMap<&str, usize> = BTreeMap::new();
        for part in &self.parts {
            if !seen.insert(&part.reference) {
                return Err(wrong(&part.reference, "there are two parts of this reference"));
            }
            let wanted = self.pin_count(part)?;
            if part.pins.len() != wanted {
                return Err(wrong(
                    &part.reference,
                    format!("has {} nets, its kind has {wanted} pins", part.pins.len()),
                ));
            }
            if matches!(self.kind(part)?, Kind::Resistor | Kind::Capacitor) {
                self.value(part)?;
            }
            for net in &part.pins {
                *pins.entry(net).or_default() += 1;
            }
        }
        let unused = self.items.keys().find(|key| !self.parts.iter().any(|part| part.item == **key));
        if let Some(item) = unused {
            return Err(wrong(item, "no part uses this item"));
        }
        let lonely = pins.iter().find(|(net, count)| **count < 2 && !net.starts_with(OPEN));
        if let Some((net, _)) = lonely {
            return Err(wrong(net, "only one pin is on this net"));
        }
        for (key, item) in &self.items {
            check_isolator(key, item)?;
        }
        self.check_supplies()?;
        self.check_barrier()
    }

    /// Each supply has the voltage of the one part that gives it.
    fn check_supplies(&self) -> Result<(), CircuitError> {
        for (net, volt) in &self.supplies {
            let mut given = Vec::new();
            for part in &self.parts {
                let item = self.item(part)?;
                let output =
                    item.left.iter().chain(&item.right).position(|name| OUTPUTS.contains(&name.as_str()));
                let gives = item.output_v.zip(output).filter(|(_, pin)| part.pins.get(*pin) == Some(net));
                given.extend(gives.map(|(volt, _)| volt));
            }
            match given[..] {
                [given] if (given - volt).abs() < 1e-9 => {}
                [given] => {
                    return Err(wrong(
                        net,
                        format!("is {volt} V among the supplies, and its part gives {given} V"),
                    ));
                }
                _ => return Err(wrong(net, format!("{} parts give this supply: one has to", given.len()))),
            }
        }
        Ok(())
    }

    /// Only parts with reinforced insulation may touch both sides.
    fn check_barrier(&self) -> Result<(), CircuitError> {
        for part in self.parts.iter().filter(|p| bridges(p)) {
            if !self.item(part)?.reinforced {
                return Err(wrong(
                    &part.reference,
                    "joins the meter side and the PC side without reinforced insulation",
                ));
            }
        }
        match self.meter_nets().contains(GND_PC) {
            true => Err(wrong(GND_PC, "can be reached from COM past the insulation")),
            false => Ok(()),
        }
    }

    /// The nets of the meter side: what hangs together with COM, not through an isolator.
    pub fn meter_nets(&self) -> BTreeSet<&str> {
        let mut nets = BTreeSet::from([COM]);
        loop {
            let before = nets.len();
            for part in self.parts.iter().filter(|p| !bridges(p)) {
                if part.pins.iter().any(|net| nets.contains(net.as_str())) {
                    nets.extend(part.pins.iter().map(String::as_str));
                }
            }
            if nets.len() == before {
                return nets;
            }
        }
    }

    fn pin_count(&self, part: &Part) -> Result<usize, CircuitError> {
        let item = self.item(part)?;
        Ok(match self.kind(part)? {
            Kind::Comparator | Kind::Follower | Kind::Nmos | Kind::DiodePair => 3,
            Kind::Block => item.left.len() + item.right.len(),
            _ => 2,
        })
    }
}
