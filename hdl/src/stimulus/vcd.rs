//! A value change dump, of anybody's making, into levels by clock.

use std::collections::HashMap;
use std::io::BufRead;
use std::str::FromStr;

use vcd::{Command, Header, IdCode, ReferenceIndex, ScopeItem, SimulationCommand, Value, Var};

use super::input::{Input, names};
use super::{Pins, Stimulus};
use crate::Config;

/// Names listed in a message before it says how many more there are.
const NAMES_LISTED: usize = 20;
/// The clock of the design; it is made here and not taken from the file.
const CLOCK: &str = "clock";

/// `PIN=NAME`: the pin, or all pins of `rail` or `mark`, are called NAME in the file; NAME may have a path before it
/// (`bench.comp`) and a bit after it (`comp[1]`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinMap {
    pin: String,
    name: Name,
}

impl FromStr for PinMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (pin, name) = text.split_once('=').ok_or("write PIN=NAME")?;
        let pin = pin.to_ascii_lowercase();
        if !Input::all()
            .any(|input| input.name() == pin || input.indexed().is_some_and(|(base, _)| base == pin))
        {
            return Err(format!("no pin {pin}; there are {}", names()));
        }
        Ok(PinMap { pin, name: Name::parse(name) })
    }
}

/// A signal's name, or one bit of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    /// Lower case; with its path if there is a dot in it.
    text: String,
    bit: Option<i32>,
}

impl Name {
    fn parse(text: &str) -> Self {
        let text = text.trim_start_matches('\\').to_ascii_lowercase();
        let bit = text.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
        match bit.and_then(|(base, bit)| Some((base.to_owned(), bit.parse().ok()?))) {
            Some((base, bit)) => Name { text: base, bit: Some(bit) },
            None => Name { text, bit: None },
        }
    }
}

/// A signal of the file.
struct Signal {
    path: String,
    name: String,
    code: IdCode,
    /// Numbers of its leftmost and rightmost bit; none if it is a single bit without a number.
    bits: Option<(i32, i32)>,
    width: usize,
}

impl Signal {
    fn new(scopes: &[String], var: &Var) -> Self {
        let mut name = var.reference.trim_start_matches('\\').to_ascii_lowercase();
        let mut index = var.index;
        // Some writers leave no space before the range.
        let split = name.rfind('[').and_then(|at| Some((at, name[at..].parse().ok()?)));
        if let Some((at, found)) = split.filter(|_| index.is_none()) {
            index = Some(found);
            name.truncate(at);
        }
        let width = var.size as usize;
        let bits = match index {
            Some(ReferenceIndex::Range(left, right)) => Some((left, right)),
            Some(ReferenceIndex::BitSelect(bit)) => Some((bit, bit)),
            None if width > 1 => Some((var.size as i32 - 1, 0)),
            None => None,
        };
        let path = scopes.iter().map(String::as_str).chain([name.as_str()]).collect::<Vec<_>>().join(".");
        Signal { path, name, code: var.code, bits, width }
    }

    /// Where `wanted` is in the signal's value, counted from the right.
    fn place_of(&self, wanted: &Name) -> Option<usize> {
        if self.name != wanted.text && self.path != wanted.text {
            return None;
        }
        let place = match (wanted.bit, self.bits) {
            (None, _) => (self.width == 1).then_some(0)?,
            (Some(bit), Some((left, right))) if left >= right => usize::try_from(bit - right).ok()?,
            (Some(bit), Some((_, right))) => usize::try_from(right - bit).ok()?,
            (Some(_), None) => return None,
        };
        (place < self.width).then_some(place)
    }
}

/// What a pin may be called in the file.
fn names_of(input: Input, map: &[PinMap]) -> Vec<Name> {
    let mut mapped = Vec::new();
    for entry in map {
        if let Some((_, bit)) = input.indexed().filter(|(base, _)| *base == entry.pin) {
            mapped.push(Name { text: entry.name.text.clone(), bit: Some(bit) });
        } else if entry.pin == input.name() {
            mapped.push(entry.name.clone());
        }
    }
    if mapped.is_empty() {
        if !matches!(input, Input::Code(_)) {
            mapped.push(Name { text: input.name().into(), bit: None });
        }
        mapped.extend(input.indexed().map(|(base, bit)| Name { text: base.into(), bit: Some(bit) }));
    }
    mapped
}

/// Which inputs hang on a signal, and at which place of its value.
type Bindings = HashMap<IdCode, Vec<(usize, Input)>>;

fn bind(
    signals: &[Signal],
    config: &Config,
    map: &[PinMap],
    warnings: &mut Vec<String>,
) -> Result<Bindings, String> {
    let mut bindings = Bindings::new();
    let mut used = vec![false; signals.len()];
    let mut not_wired = Vec::new();
    for input in Input::all() {
        let names = names_of(input, map);
        let found: Vec<(usize, usize)> = signals
            .iter()
            .enumerate()
            .filter_map(|(at, signal)| Some((at, names.iter().find_map(|name| signal.place_of(name))?)))
            .collect();
        let Some(&(first, place)) = found.first() else {
            check_mapped(input, map, signals)?;
            continue;
        };
        for (at, _) in &found {
            used[*at] = true;
        }
        if !input.is_wired(config) {
            if !not_wired.contains(&input.name()) {
                not_wired.push(input.name());
                warnings.push(format!("{} is not wired on this board and is not looked at", input.name()));
            }
            continue;
        }
        if let Some((other, _)) = found.iter().find(|(at, _)| signals[*at].code != signals[first].code) {
            let (taken, other) = (&signals[first].path, &signals[*other].path);
            warnings.push(format!(
                "{} is in the file more than once: {taken} is taken, {other} is not. Choose with --map {}={other}",
                input.name(),
                input.name()
            ));
        }
        bindings.entry(signals[first].code).or_default().push((place, input));
    }
    let unknown = signals.iter().zip(used).filter(|(signal, used)| !used && signal.name != CLOCK);
    let unknown: Vec<&str> = unknown.map(|(signal, _)| signal.path.as_str()).collect();
    if bindings.is_empty() {
        return Err(format!(
            "no pin is in this file. Pins are {}; the file has {}. Remedy: rename with --map PIN=NAME",
            names(),
            listed(&unknown)
        ));
    }
    if !unknown.is_empty() {
        warnings.push(format!("no pins, ignored: {}", listed(&unknown)));
    }
    Ok(bindings)
}

/// A name that the user gave has to be there; of a vector, not every bit.
fn check_mapped(input: Input, map: &[PinMap], signals: &[Signal]) -> Result<(), String> {
    let named = |entry: &&PinMap| {
        let whole = input.indexed().is_some_and(|(base, _)| base == entry.pin);
        let there = whole && signals.iter().any(|s| s.name == entry.name.text || s.path == entry.name.text);
        entry.pin == input.name() && !matches!(input, Input::Code(_)) || whole && !there
    };
    let Some(entry) = map.iter().find(named) else { return Ok(()) };
    let all: Vec<&str> = signals.iter().map(|signal| signal.path.as_str()).collect();
    let bit = entry.name.bit.map(|bit| format!("[{bit}]")).unwrap_or_default();
    Err(format!(
        "--map {}={}{bit}: no such bit in the file, which has {}",
        entry.pin,
        entry.name.text,
        listed(&all)
    ))
}

fn listed(names: &[&str]) -> String {
    match names.len() {
        0 => "no signals".into(),
        count if count > NAMES_LISTED => {
            format!("{} and {} more", names[..NAMES_LISTED].join(", "), count - NAMES_LISTED)
        }
        _ => names.join(", "),
    }
}

fn signals(header: &Header) -> Vec<Signal> {
    fn collect(items: &[ScopeItem], scopes: &mut Vec<String>, into: &mut Vec<Signal>) {
        for item in items {
            match item {
                ScopeItem::Var(var) => into.push(Signal::new(scopes, var)),
                ScopeItem::Scope(scope) => {
                    scopes.push(scope.identifier.to_ascii_lowercase());
                    collect(&scope.items, scopes, into);
                    scopes.pop();
                }
                _ => {}
            }
        }
    }
    let mut all = Vec::new();
    collect(&header.items, &mut Vec::new(), &mut all);
    all
}

/// From times of the file to clocks.
struct Clocks {
    /// Clocks for one unit of time, as a fraction.
    numerator: u128,
    denominator: u128,
}

impl Clocks {
    fn new(header: &Header, config: &Config, warnings: &mut Vec<String>) -> Self {
        let (count, units_per_second) = match header.timescale {
            Some((count, unit)) => (count, unit.divisor()),
            None => {
                warnings.push("no $timescale: 1 ns is assumed".into());
                (1, 1_000_000_000)
            }
        };
        Clocks {
            numerator: u128::from(count) * u128::from(config.tick_hz),
            denominator: u128::from(units_per_second),
        }
    }

    /// The first clock at or after `time`.
    fn at(&self, time: u64) -> Result<u64, String> {
        let clock = (u128::from(time) * self.numerator).div_ceil(self.denominator);
        u64::try_from(clock).map_err(|_| format!("time {time} is too far away"))
    }
}

/// The pins while the file is read.
struct Reader {
    bindings: Bindings,
    clocks: Clocks,
    stimulus: Stimulus,
    clock: u64,
    time: u64,
    pins: Pins,
    /// Pins that had a value other than 0 and 1, with the time of the first.
    undefined: HashMap<&'static str, u64>,
    dump_off: Vec<u64>,
}

impl Reader {
    fn take(&mut self, command: Command) -> Result<(), String> {
        match command {
            Command::Timestamp(time) => {
                if time < self.time {
                    return Err(format!("time goes back from {} to {time}", self.time));
                }
                self.time = time;
                self.clock = self.clocks.at(time)?;
                self.stimulus.end = self.clock;
            }
            Command::ChangeScalar(code, value) => self.change(code, |_| value),
            Command::ChangeVector(code, vector) => {
                let width = vector.len();
                // A short value is extended to the left: with x or z by itself, else with 0.
                let fill = vector.get(0).filter(|left| *left != Value::V1).unwrap_or(Value::V0);
                self.change(code, |place| {
                    width.checked_sub(place + 1).and_then(|at| vector.get(at)).unwrap_or(fill)
                });
            }
            Command::ChangeReal(code, _) | Command::ChangeString(code, _)
                if self.bindings.contains_key(&code) =>
            {
                return Err(format!("a pin has a value that is no logic level at time {}", self.time));
            }
            Command::Begin(SimulationCommand::Dumpoff) => self.dump_off.push(self.time),
            _ => {}
        }
        Ok(())
    }

    fn change(&mut self, code: IdCode, value_at: impl Fn(usize) -> Value) {
        let Some(inputs) = self.bindings.get(&code) else { return };
        for (place, input) in inputs {
            let value = value_at(*place);
            if matches!(value, Value::X | Value::Z) {
                self.undefined.entry(input.name()).or_insert(self.time);
            }
            input.set(&mut self.pins, value == Value::V1);
        }
        match self.stimulus.changes.last_mut() {
            _ if self.clock == 0 => self.stimulus.pins = self.pins,
            Some(change) if change.0 == self.clock => change.1 = self.pins,
            _ => self.stimulus.changes.push((self.clock, self.pins)),
        }
    }

    fn finish(mut self, warnings: &mut Vec<String>) -> Stimulus {
        for input in Input::all() {
            if let Some(time) = self.undefined.remove(input.name()) {
                warnings.push(format!("{} is x or z, first at time {time}: taken as 0", input.name()));
            }
        }
        if let Some(time) = self.dump_off.first() {
            warnings.push(format!("the dump was off, first at time {time}: what it has as x is taken as 0"));
        }
        let mut before = self.stimulus.pins;
        self.stimulus.changes.retain(|(_, pins)| std::mem::replace(&mut before, *pins) != *pins);
        self.stimulus
    }
}

pub(super) fn read(
    input: impl BufRead,
    config: &Config,
    map: &[PinMap],
) -> Result<(Stimulus, Vec<String>), String> {
    let mut warnings = Vec::new();
    // The parser wants white space after the last token.
    let mut parser = vcd::Parser::new(input.chain(&b"\n"[..]));
    let no_vcd = |error: std::io::Error| format!("no VCD that can be read: {error}");
    let header = parser.parse_header().map_err(no_vcd)?;
    let bindings = bind(&signals(&header), config, map, &mut warnings)?;
    let mut reader = Reader {
        bindings,
        clocks: Clocks::new(&header, config, &mut warnings),
        stimulus: Stimulus::default(),
        clock: 0,
        time: 0,
        pins: Pins::default(),
        undefined: HashMap::new(),
        dump_off: Vec::new(),
    };
    for command in parser {
        reader.take(command.map_err(no_vcd)?)?;
    }
    let stimulus = reader.finish(&mut warnings);
    Ok((stimulus, warnings))
}
