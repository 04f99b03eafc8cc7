//! Value Change Dump in (IEEE 1364-2005, 18): all scopes, bits of vectors, real variables, `$dumpoff`.

use std::io::Read;

use super::axis::{Axis, Value};
use super::decimal::Decimal;
use super::error::{Fault, Located, Wrong};
use super::lexer::{Lexer, Word};
use super::mapping::{Mapping, Target};
use super::scale::Scale;
use super::time::power_of;

/// Names listed in an error at most.
const MOST_NAMES: usize = 40;

/// A signal that is mapped to a line.
struct Signal {
    code: Vec<u8>,
    target: Target,
    name: String,
    /// For a bit of a vector: its place from the right.
    bit: Option<usize>,
    /// Another signal's code begins with this one, so a code that is cut off could be this one.
    is_prefix: bool,
}

/// A declared variable.
struct Variable {
    code: Vec<u8>,
    scope: String,
    /// Without scope; with the index for a single bit.
    name: String,
    bits: u32,
    is_real: bool,
    /// Bounds of a vector, as declared.
    range: Option<(i64, i64)>,
}

impl Variable {
    fn full_name(&self) -> String {
        if self.scope.is_empty() { self.name.clone() } else { format!("{}.{}", self.scope, self.name) }
    }

    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.full_name() == name
    }

    /// The place from the right of the bit with that index.
    fn place(&self, index: i64) -> Option<usize> {
        let (left, right) = self.range.unwrap_or((i64::from(self.bits) - 1, 0));
        let inside = (left.min(right)..=left.max(right)).contains(&index);
        inside.then(|| usize::try_from(index.abs_diff(right)).ok()).flatten()
    }
}

/// A VCD whose declarations have been read.
pub(crate) struct Vcd<R> {
    lexer: Lexer<R>,
    signals: Vec<Signal>,
    pub(crate) scale: Scale,
    nanovolts_power: u32,
}

impl<R: Read> Vcd<R> {
    /// Reads the declarations. Real variables are in units of 10^(`nanovolts_power` - 9) V, mV for 6.
    pub(crate) fn open(source: R, mapping: &Mapping, nanovolts_power: u32) -> Result<Vcd<R>, Located> {
        let mut lexer = Lexer::new(source);
        let mut variables = Vec::new();
        let mut scopes: Vec<String> = Vec::new();
        let mut scale: Option<(String, Scale)> = None;
        loop {
            let word = next_word(&mut lexer)?;
            let line = lexer.line();
            match word.as_deref() {
                None if variables.is_empty() && scale.is_none() => return Err(Wrong::Empty.at(0)),
                None => return Err(Wrong::Truncated("no $enddefinitions".to_owned()).at(line)),
                Some("$enddefinitions") => {
                    section(&mut lexer)?;
                    break;
                }
                Some("$timescale") => {
                    let text = section(&mut lexer)?.concat();
                    if let Some((first, _)) = scale {
                        return Err(Wrong::TwoScales { first, second: text }.at(line));
                    }
                    let parsed = Scale::vcd(&text).map_err(|wrong| wrong.at(line))?;
                    scale = Some((text, parsed));
                }
                Some("$scope") => scopes.push(section(&mut lexer)?.get(1).cloned().unwrap_or_default()),
                Some("$upscope") => {
                    section(&mut lexer)?;
                    scopes.pop();
                }
                Some("$var") => variables.push(variable(&section(&mut lexer)?, &scopes.join("."), line)?),
                Some(word) if word.starts_with('$') => {
                    section(&mut lexer)?;
                }
                Some(word) => return Err(Wrong::Unexpected(word.to_owned()).at(line)),
            }
        }
        let (_, scale) = scale.ok_or_else(|| Wrong::NoScale("add $timescale 1 ns $end").at(lexer.line()))?;
        let signals = mapping.entries().iter().map(|(target, name)| find(&variables, *target, name));
        let signals = signals.collect::<Result<_, _>>().map_err(|wrong| wrong.at(0))?;
        Ok(Vcd { lexer, signals, scale, nanovolts_power })
    }

    /// Reads all changes.
    pub(crate) fn read(self, axis: &mut Axis<'_>) -> Result<(), Fault> {
        let Vcd { mut lexer, signals, scale, nanovolts_power } = self;
        let changes = Changes { signals, nanovolts_power };
        let mut vector: Vec<u8> = Vec::new();
        while let Some(word) = lexer.word()? {
            let line = word.line;
            match word.text[0] {
                b'#' => {
                    let Some(tick) = time(&word, &scale, axis.now())? else { break };
                    axis.time(tick)?;
                }
                b'0' | b'1' | b'x' | b'X' | b'z' | b'Z' => {
                    let (value, code) = word.text.split_at(1);
                    changes.apply(value, code, word.is_whole, axis, line)?;
                }
                b'b' | b'B' | b'r' | b'R' | b's' | b'S' => {
                    vector.clear();
                    vector.extend_from_slice(word.text);
                    // A value without its code was cut off at the end of the file.
                    let Some(code) = lexer.word()? else { break };
                    changes.apply(&vector, code.text, code.is_whole, axis, line)?;
                }
                _ => match String::from_utf8_lossy(word.text).as_ref() {
                    // Between this and $dumpon the file says nothing.
                    "$dumpoff" => axis.forget(),
                    // These hold value changes like any others.
                    "$dumpon" | "$dumpall" | "$dumpvars" | "$end" => {}
                    "$comment" => {
                        section(&mut lexer)?;
                    }
                    "$timescale" => {
                        let second = section(&mut lexer)?.concat();
                        return Err(Wrong::TwoScales { first: scale.tick, second }.at(line).into());
                    }
                    other => return Err(Wrong::Unexpected(other.to_owned()).at(line).into()),
                },
            }
        }
        Ok(())
    }
}

/// The tick of `#123`; `None` for a number at the very end that was cut off.
fn time(word: &Word<'_>, scale: &Scale, before: Option<u64>) -> Result<Option<u64>, Located> {
    let text = String::from_utf8_lossy(&word.text[1..]);
    let cut = |wrong: Wrong| if word.is_whole { Err(wrong.at(word.line)) } else { Ok(None) };
    let Ok(number) = text.parse() else { return cut(Wrong::Time(text.into_owned())) };
    let tick = match scale.tick_of(number) {
        Ok(tick) => tick,
        Err(wrong) => return cut(wrong),
    };
    match before.filter(|before| *before > tick) {
        Some(before) => {
            let before = u128::from(before) * u128::from(scale.over) / u128::from(scale.times);
            cut(Wrong::TimeGoesBack { before: before.to_string(), now: text.into_owned() })
        }
        None => Ok(Some(tick)),
    }
}

/// What is needed to apply value changes.
struct Changes {
    signals: Vec<Signal>,
    nanovolts_power: u32,
}

impl Changes {
    /// One value change. Those before the first time are at time 0.
    fn apply(
        &self,
        value: &[u8],
        code: &[u8],
        is_whole: bool,
        axis: &mut Axis<'_>,
        line: u64,
    ) -> Result<(), Fault> {
        if axis.now().is_none() {
            axis.time(0)?;
        }
        for signal in self.signals.iter().filter(|s| s.code == code) {
            if is_whole || !signal.is_prefix {
                axis.set(signal.target, self.value(signal, value).map_err(|wrong| wrong.at(line))?);
            }
        }
        Ok(())
    }

    fn value(&self, signal: &Signal, value: &[u8]) -> Result<Value, Wrong> {
        let wrong = |expected| Wrong::Value {
            value: String::from_utf8_lossy(value).into_owned(),
            name: signal.name.clone(),
            expected,
        };
        match (signal.target, value) {
            (Target::Line(_) | Target::Gap, [b'b' | b'B', bits @ ..]) => {
                Ok(bit(bits, signal.bit.unwrap_or(0)))
            }
            (Target::Line(_) | Target::Gap, [_]) => Ok(bit(value, signal.bit.unwrap_or(0))),
            (Target::Line(_) | Target::Gap, _) => Err(wrong("0, 1, x or z")),
            (Target::RailVoltage, [b'r' | b'R', number @ ..]) => {
                voltage(number, power_of(&signal.name, self.nanovolts_power))
                    .ok_or_else(|| wrong("a decimal number"))
            }
            // $dumpoff has x for real variables too, in some tools.
            (Target::RailVoltage, [b'x' | b'X' | b'z' | b'Z']) => Ok(Value::Unknown),
            (Target::RailVoltage, _) => Err(wrong("a real number such as r12.0")),
        }
    }
}

/// The bit at a place from the right; a short vector is filled to the left with 0, or with its x or z.
fn bit(bits: &[u8], place: usize) -> Value {
    let digit = match bits.len().checked_sub(place + 1) {
        Some(i) => bits[i],
        None => match bits.first() {
            Some(b'0' | b'1') => b'0',
            _ => b'x',
        },
    };
    match digit {
        b'0' => Value::Level(false),
        b'1' => Value::Level(true),
        _ => Value::Unknown,
    }
}

fn voltage(number: &[u8], power: u32) -> Option<Value> {
    let text = std::str::from_utf8(number).ok()?;
    if ["nan", "inf", "+inf", "-inf"].contains(&text.to_ascii_lowercase().as_str()) {
        return Some(Value::Unknown);
    }
    Decimal::parse(text)?.nearest(power).map(Value::Nanovolts)
}

fn next_word<R: Read>(lexer: &mut Lexer<R>) -> Result<Option<String>, Located> {
    let word = lexer.word()?;
    Ok(word.map(|word| String::from_utf8_lossy(word.text).into_owned()))
}

/// The words up to `$end`.
fn section<R: Read>(lexer: &mut Lexer<R>) -> Result<Vec<String>, Located> {
    let begun = lexer.line();
    let mut words = Vec::new();
    loop {
        match next_word(lexer)? {
            None => return Err(Wrong::Truncated("no $end".to_owned()).at(begun)),
            Some(word) if word == "$end" => return Ok(words),
            Some(word) => words.push(word),
        }
    }
}

/// From `wire 8 ! bus [7:0]`.
fn variable(words: &[String], scope: &str, line: u64) -> Result<Variable, Located> {
    let [kind, bits, code, reference @ ..] = words else {
        return Err(Wrong::Unexpected(format!("$var {}", words.join(" "))).at(line));
    };
    let reference = reference.concat();
    let bits = bits.parse().map_err(|_| Wrong::Unexpected(format!("$var {}", words.join(" "))).at(line))?;
    let is_real = kind == "real" || kind == "realtime";
    let range = reference.strip_suffix(']').and_then(|r| r.rsplit_once('[')).and_then(|(_, range)| {
        let (left, right) = range.split_once(':')?;
        Some((left.trim().parse().ok()?, right.trim().parse().ok()?))
    });
    let name = match range {
        Some(_) => reference.rsplit_once('[').map_or(reference.as_str(), |(name, _)| name).to_owned(),
        None => reference,
    };
    Ok(Variable { code: code.clone().into_bytes(), scope: scope.to_owned(), name, bits, is_real, range })
}

/// The signal of that name: `name`, `scope.name`, `name[3]`.
fn find(variables: &[Variable], target: Target, name: &str) -> Result<Signal, Wrong> {
    let index = name.strip_suffix(']').and_then(|n| n.rsplit_once('['));
    let index = index.and_then(|(bus, index)| Some((bus, index.parse::<i64>().ok()?)));
    let whole = variables.iter().filter(|v| v.is_called(name)).map(|v| (v, None));
    let bits = variables.iter().filter_map(|v| {
        let (_, index) = index.filter(|(bus, _)| v.bits > 1 && v.is_called(bus))?;
        Some((v, Some(v.place(index)?)))
    });
    let mut found: Vec<(&Variable, Option<usize>)> = whole.chain(bits).collect();
    found.sort_by(|a, b| (&a.0.code, a.1).cmp(&(&b.0.code, b.1)));
    found.dedup_by(|a, b| a.0.code == b.0.code && a.1 == b.1);
    let (variable, bit) = match found.as_slice() {
        [] => return Err(unknown(variables, name)),
        [one] => *one,
        several => {
            let there = several.iter().take(MOST_NAMES).map(|(v, _)| v.full_name()).collect();
            return Err(Wrong::Ambiguous { name: name.to_owned(), there });
        }
    };
    match target {
        Target::Line(_) | Target::Gap if variable.is_real => return Err(Wrong::Analogue(name.to_owned())),
        Target::RailVoltage if !variable.is_real => return Err(Wrong::Digital(name.to_owned())),
        Target::Line(_) | Target::Gap if variable.bits > 1 && bit.is_none() => {
            return Err(Wrong::Bus { name: name.to_owned(), bits: variable.bits });
        }
        _ => {}
    }
    let code = &variable.code;
    let is_prefix = variables.iter().any(|v| v.code.len() > code.len() && v.code.starts_with(code));
    Ok(Signal { code: code.clone(), target, name: name.to_owned(), bit, is_prefix })
}

fn unknown(variables: &[Variable], name: &str) -> Wrong {
    let mut there: Vec<String> = variables.iter().take(MOST_NAMES).map(Variable::full_name).collect();
    if variables.len() > MOST_NAMES {
        there.push(format!("and {} more", variables.len() - MOST_NAMES));
    }
    Wrong::UnknownName { name: name.to_owned(), there }
}
