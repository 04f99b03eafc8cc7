//! A value change dump, of anybody's making, into levels by clock.

use std::collections::HashMap;
use std::io::BufRead;
use std::str::FromStr;

use ichiscope_wire::{Line, LineSet};
use vcd::{Command, Header, IdCode, ReferenceIndex, ScopeItem, SimulationCommand, Value, Var};

use super::Stimulus;
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
        if !Line::ALL
            .iter()
            .any(|line| line.name() == pin || indexed(*line).is_some_and(|(base, _)| base == pin))
        {
            return Err(format!("no pin {pin}; there are {}", pins()));
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

/// `rail0` is bit 0 of `rail`.
fn indexed(line: Line) -> Option<(&'static str, i32)> {
    let name = line.name();
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
    Some((base, name[base.len()..].parse().ok()?))
}

fn pins() -> String {
    Line::ALL.map(Line::name).join(", ")
}

/// What a pin may be called in the file.
fn names_of(line: Line, map: &[PinMap]) -> Vec<Name> {
    let mut mapped = Vec::new();
    for entry in map {
        if entry.pin == line.name() {
            mapped.push(entry.name.clone());
        } else if let Some((_, bit)) = indexed(line).filter(|(base, _)| *base == entry.pin) {
            mapped.push(Name { text: entry.name.text.clone(), bit: Some(bit) });
        }
    }
    if mapped.is_empty() {
        mapped.push(Name { text: line.name().into(), bit: None });
        mapped.extend(indexed(line).map(|(base, bit)| Name { text: base.into(), bit: Some(bit) }));
    }
    mapped
}

/// Which lines hang on a signal, and at which place of its value.
type Bindings = HashMap<IdCode, Vec<(usize, Line)>>;

fn bind(
    signals: &[Signal],
    config: &Config,
    map: &[PinMap],
    warnings: &mut Vec<String>,
) -> Result<Bindings, String> {
    let mut bindings = Bindings::new();
    let mut used = vec![false; signals.len()];
    for line in Line::ALL {
        let names = names_of(line, map);
        let found: Vec<(usize, usize)> = signals
            .iter()
            .enumerate()
            .filter_map(|(at, signal)| Some((at, names.iter().find_map(|name| signal.place_of(name))?)))
            .collect();
        let Some(&(first, place)) = found.first() else {
            check_mapped(line, map, signals)?;
            continue;
        };
        for (at, _) in &found {
            used[*at] = true;
        }
        if !config.wired.contains(line) {
            warnings.push(format!("{} is not wired on this board and stays 0", line.name()));
            continue;
        }
        if let Some((other, _)) = found.iter().find(|(at, _)| signals[*at].code != signals[first].code) {
            let (taken, other) = (&signals[first].path, &signals[*other].path);
            warnings.push(format!(
                "{} is in the file more than once: {taken} is taken, {other} is not. Choose with --map {}={other}",
                line.name(),
                line.name()
            ));
        }
        bindings.entry(signals[first].code).or_default().push((place, line));
    }
    let unknown = signals.iter().zip(used).filter(|(signal, used)| !used && signal.name != CLOCK);
    let unknown: Vec<&str> = unknown.map(|(signal, _)| signal.path.as_str()).collect();
    if bindings.is_empty() {
        return Err(format!(
            "no pin is in this file. Pins are {}; the file has {}. Remedy: rename with --map PIN=NAME",
            pins(),
            listed(&unknown)
        ));
    }
    if !unknown.is_empty() {
        warnings.push(format!("no pins, ignored: {}", listed(&unknown)));
    }
    Ok(bindings)
}

/// A name that the user gave has to be there; of a vector, not every bit.
fn check_mapped(line: Line, map: &[PinMap], signals: &[Signal]) -> Result<(), String> {
    let named = |entry: &&PinMap| {
        let whole = indexed(line).is_some_and(|(base, _)| base == entry.pin);
        let there = whole && signals.iter().any(|s| s.name == entry.name.text || s.path == entry.name.text);
        entry.pin == line.name() || whole && !there
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
    levels: LineSet,
    /// Pins that had a value other than 0 and 1, with the time of the first.
    undefined: HashMap<Line, u64>,
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
        let Some(lines) = self.bindings.get(&code) else { return };
        for (place, line) in lines {
            let value = value_at(*place);
            if matches!(value, Value::X | Value::Z) {
                self.undefined.entry(*line).or_insert(self.time);
            }
            self.levels = self.levels.with(*line, value == Value::V1);
        }
        match self.stimulus.changes.last_mut() {
            _ if self.clock == 0 => self.stimulus.levels = self.levels,
            Some(change) if change.0 == self.clock => change.1 = self.levels,
            _ => self.stimulus.changes.push((self.clock, self.levels)),
        }
    }

    fn finish(mut self, warnings: &mut Vec<String>) -> Stimulus {
        for line in Line::ALL {
            if let Some(time) = self.undefined.get(&line) {
                warnings.push(format!("{} is x or z, first at time {time}: taken as 0", line.name()));
            }
        }
        if let Some(time) = self.dump_off.first() {
            warnings.push(format!("the dump was off, first at time {time}: what it has as x is taken as 0"));
        }
        let mut before = self.stimulus.levels;
        self.stimulus.changes.retain(|(_, levels)| std::mem::replace(&mut before, *levels) != *levels);
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
        levels: LineSet::EMPTY,
        undefined: HashMap::new(),
        dump_off: Vec::new(),
    };
    for command in parser {
        reader.take(command.map_err(no_vcd)?)?;
    }
    let stimulus = reader.finish(&mut warnings);
    Ok((stimulus, warnings))
}
