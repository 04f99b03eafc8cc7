//! Tables in: a row for each edge (`time,line,level`) or a column for each line, and voltages. The columns are in
//! `docs/exchange.md`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};

use super::axis::{Axis, MAX_TICK, Value};
use super::decimal::Decimal;
use super::error::{Fault, Located, Wrong};
use super::mapping::{Mapping, Target};
use super::scale::Scale;
use super::time::{MOST_DECIMALS, TimeFault, power_of, tick_of, unit_of};

const LEVELS: &str = "0, 1, x, z or nothing";

/// Where the times are, and what they are.
#[derive(Clone, Copy, Debug)]
enum Times {
    /// A column of decimals in units of 10^-`unit` s.
    Decimal { column: usize, unit: u32 },
    /// A column of ticks, and one that says how many are in a second.
    Ticks { column: usize, rate: usize },
}

/// Where the values are.
enum Values {
    /// A column for each: target, column, power to nanovolts.
    Wide(Vec<(Target, usize, u32)>),
    /// A row for each: columns of name, level, and kind if there is one; targets by name.
    Long { line: usize, level: usize, kind: Option<usize>, targets: Vec<(Target, String)> },
}

/// A table whose times have been looked through.
pub(crate) struct Table {
    path: PathBuf,
    times: Times,
    values: Values,
    pub(crate) scale: Scale,
    pub(crate) zero_tick: u64,
    /// Levels before the first row of a line, where every row is an edge.
    before: Vec<(Target, bool)>,
    /// Shortest and longest distance of voltages, ticks.
    spacing: Option<(u64, u64)>,
}

type Reader = csv::Reader<BufReader<File>>;
type Record = csv::StringRecord;

impl Table {
    /// Reads the header and looks through all times. Voltages without a unit are in 10^(`power` - 9) V.
    pub(crate) fn open(path: &Path, mapping: &Mapping, power: u32) -> Result<Table, Located> {
        let mut reader = reader(path)?;
        let header = reader.headers().map_err(|error| table_error(&error))?.clone();
        if header.iter().all(|h| h.trim().is_empty()) {
            return Err(Wrong::Empty.at(0));
        }
        let wrong_header = |wrong: Wrong| wrong.at(1);
        let times = times(&header).map_err(wrong_header)?;
        let is_long = column(&header, "line").zip(column(&header, "level"));
        let values = match is_long {
            Some((line, level)) => long(mapping, line, level, column(&header, "kind")),
            None => wide(mapping, &header, times, power),
        }
        .map_err(wrong_header)?;
        let scale = Scale::rate(1).map_err(wrong_header)?;
        let (path, before) = (path.to_owned(), Vec::new());
        let mut table = Table { path, times, values, scale, zero_tick: 0, before, spacing: None };
        table.look_through(reader)?;
        Ok(table)
    }

    /// The distance of evenly spaced voltages, ns, rounded up. Uneven ones are taken as changes and not as samples.
    pub(crate) fn edge_resolution_ns(&self) -> u64 {
        let Some((shortest, longest)) = self.spacing else { return 0 };
        if longest > shortest.saturating_mul(2) {
            return 0;
        }
        let ns = (u128::from(longest) * 1_000_000_000).div_ceil(u128::from(self.scale.tick_hz));
        u64::try_from(ns).unwrap_or(u64::MAX)
    }

    /// Reads all rows.
    pub(crate) fn read(self, axis: &mut Axis<'_>) -> Result<(), Fault> {
        for (target, level) in &self.before {
            axis.set(*target, Value::Level(*level));
        }
        let mut reader = reader(&self.path)?;
        let mut record = Record::new();
        let mut before: Option<(u64, String)> = None;
        while next(&mut reader, &mut record)? {
            let line = line_of(&record);
            let (tick, text) = self.tick(&record).map_err(|wrong| wrong.at(line))?;
            if let Some((_, before)) = before.filter(|(last, _)| *last > tick) {
                return Err(Wrong::TimeGoesBack { before, now: text.to_owned() }.at(line).into());
            }
            before = Some((tick, text.to_owned()));
            axis.time(tick)?;
            self.apply(&record, axis).map_err(|wrong| wrong.at(line))?;
        }
        Ok(())
    }

    /// Finds the tick (the finest decimals written), the first time, first levels, and the distance of voltages.
    fn look_through(&mut self, mut reader: Reader) -> Result<(), Located> {
        let mut record = Record::new();
        let mut decimals = 0;
        let mut first: Option<Decimal> = None;
        let mut rate: Option<String> = None;
        let mut lines_seen = BTreeSet::new();
        while next(&mut reader, &mut record)? {
            let line = line_of(&record);
            self.first_level(&record, &mut lines_seen);
            match self.times {
                Times::Decimal { column, unit } => {
                    let text = &record[column];
                    let time = Decimal::parse(text).ok_or_else(|| Wrong::Time(text.to_owned()).at(line))?;
                    let written = unit + time.written_decimals();
                    let needed = unit + time.needed_decimals();
                    decimals = decimals.max(if written > MOST_DECIMALS { needed } else { written });
                    if decimals > MOST_DECIMALS {
                        let tick = "1 ps".to_owned();
                        return Err(Wrong::NotWhole { time: text.to_owned(), tick }.at(line));
                    }
                    first.get_or_insert(time);
                }
                Times::Ticks { rate: column, .. } => {
                    let second = &record[column];
                    let first = rate.get_or_insert_with(|| second.to_owned());
                    if first != second {
                        let (first, second) = (format!("{first} Hz"), format!("{second} Hz"));
                        return Err(Wrong::TwoScales { first, second }.at(line));
                    }
                }
            }
        }
        let tick_hz = match (&rate, self.times) {
            (Some(rate), _) => rate.trim().parse().map_err(|_| Wrong::Scale(format!("{rate} Hz")).at(2))?,
            (None, Times::Decimal { .. }) if first.is_some() => 10u64.pow(decimals),
            _ => return Err(Wrong::Empty.at(0)),
        };
        self.scale = Scale::rate(tick_hz).map_err(|wrong| wrong.at(0))?;
        if let (Some(first), Times::Decimal { unit, .. }) = (first, self.times) {
            let tick = first.whole(decimals - unit.min(decimals)).unwrap_or(0);
            self.zero_tick = u64::try_from(-tick).unwrap_or(0);
        }
        self.measure_spacing()
    }

    /// In a table of edges a line had the other level before its first row, unless that row says otherwise.
    fn first_level(&mut self, record: &Record, seen: &mut BTreeSet<usize>) {
        let Values::Long { line, level, kind, targets } = &self.values else { return };
        let is_edge = kind.is_none_or(|column| record[column].trim() == "crossing");
        for (i, (target, name)) in targets.iter().enumerate() {
            if record[*line].trim() == name
                && seen.insert(i)
                && is_edge
                && let Some(Value::Level(level)) = level_of(&record[*level])
            {
                self.before.push((*target, !level));
            }
        }
    }

    fn measure_spacing(&mut self) -> Result<(), Located> {
        let Values::Wide(columns) = &self.values else { return Ok(()) };
        if !columns.iter().any(|(target, ..)| *target == Target::RailVoltage) {
            return Ok(());
        }
        let mut reader = reader(&self.path)?;
        let mut record = Record::new();
        let mut before = None;
        while next(&mut reader, &mut record)? {
            let (tick, _) = self.tick(&record).map_err(|wrong| wrong.at(line_of(&record)))?;
            if let Some(distance) = before.and_then(|before| tick.checked_sub(before)).filter(|d| *d > 0) {
                let (shortest, longest) = self.spacing.unwrap_or((distance, distance));
                self.spacing = Some((shortest.min(distance), longest.max(distance)));
            }
            before = Some(tick);
        }
        Ok(())
    }

    fn tick<'r>(&self, record: &'r Record) -> Result<(u64, &'r str), Wrong> {
        let (column, unit) = match self.times {
            Times::Decimal { column, unit } => (column, unit),
            Times::Ticks { column, .. } => {
                let text = &record[column];
                let tick = text.trim().parse().ok().filter(|tick| *tick < MAX_TICK);
                return Ok((tick.ok_or_else(|| Wrong::Time(text.to_owned()))?, text));
            }
        };
        let text = &record[column];
        let time = Decimal::parse(text).ok_or(TimeFault::Range);
        let tick = time.and_then(|time| tick_of(time, unit, &self.scale, self.zero_tick));
        Ok((tick.map_err(|fault| fault.of(text, &self.scale))?, text))
    }

    fn apply(&self, record: &Record, axis: &mut Axis<'_>) -> Result<(), Wrong> {
        match &self.values {
            Values::Wide(columns) => {
                for (target, column, power) in columns {
                    let text = &record[*column];
                    let value = match target {
                        Target::RailVoltage => volts_of(text, *power),
                        Target::Line(_) | Target::Gap => level_of(text),
                    };
                    let expected = if *target == Target::RailVoltage { "a decimal number" } else { LEVELS };
                    let name = || target.name().to_owned();
                    let wrong = || Wrong::Value { value: text.to_owned(), name: name(), expected };
                    axis.set(*target, value.ok_or_else(wrong)?);
                }
            }
            Values::Long { line, level, kind, targets } => {
                match kind.map(|column| record[column].trim()) {
                    Some("gap-start") => axis.set(Target::Gap, Value::Level(true)),
                    Some("gap-end") => axis.set(Target::Gap, Value::Level(false)),
                    _ => {}
                }
                let name = record[*line].trim();
                for (target, _) in targets.iter().filter(|(_, n)| n == name) {
                    let text = &record[*level];
                    let wrong =
                        || Wrong::Value { value: text.to_owned(), name: name.to_owned(), expected: LEVELS };
                    axis.set(*target, level_of(text).ok_or_else(wrong)?);
                }
            }
        }
        Ok(())
    }
}

fn reader(path: &Path) -> Result<Reader, Located> {
    let io = |error: std::io::Error| Wrong::Io(error.into()).at(0);
    let mut file = BufReader::new(File::open(path).map_err(io)?);
    let mut head = String::new();
    while head.is_empty() || head.starts_with('#') {
        head.clear();
        if file.read_line(&mut head).map_err(io)? == 0 {
            return Err(Wrong::Empty.at(0));
        }
    }
    file.rewind().map_err(io)?;
    let most = |c: &u8| head.bytes().filter(|b| b == c).count();
    let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(most).unwrap_or(b',');
    let mut builder = csv::ReaderBuilder::new();
    Ok(builder.delimiter(delimiter).comment(Some(b'#')).trim(csv::Trim::Headers).from_reader(file))
}

fn next(reader: &mut Reader, record: &mut Record) -> Result<bool, Located> {
    reader.read_record(record).map_err(|error| table_error(&error))
}

fn table_error(error: &csv::Error) -> Located {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            Wrong::Columns(format!("{len} cells where the header has {expected_len}")).at(line)
        }
        csv::ErrorKind::Utf8 { .. } => Wrong::Unexpected("text that is not UTF-8".to_owned()).at(line),
        _ => Wrong::Unexpected(error.to_string()).at(line),
    }
}

fn line_of(record: &Record) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

fn column(header: &Record, name: &str) -> Option<usize> {
    header.iter().position(|h| h.trim().eq_ignore_ascii_case(name))
}

fn times(header: &Record) -> Result<Times, Wrong> {
    let tick = column(header, "tick").or_else(|| column(header, "ticks"));
    match (tick, column(header, "tick_hz")) {
        (Some(column), Some(rate)) => return Ok(Times::Ticks { column, rate }),
        (Some(_), None) => return Err(Wrong::NoScale("add a column tick_hz with the ticks per second")),
        (None, _) => {}
    }
    let found = header.iter().enumerate().find_map(|(column, h)| Some((column, unit_of(h)?)));
    let missing = || {
        let names: Vec<&str> = header.iter().collect();
        Wrong::Columns(format!(
            "no column of times (time_s, time_ns, Time [s], tick) among: {}",
            names.join(", ")
        ))
    };
    found.map(|(column, unit)| Times::Decimal { column, unit }).ok_or_else(missing)
}

fn long(mapping: &Mapping, line: usize, level: usize, kind: Option<usize>) -> Result<Values, Wrong> {
    let targets = mapping.entries().to_vec();
    if let Some((_, name)) = targets.iter().find(|(target, _)| *target == Target::RailVoltage) {
        return Err(Wrong::Digital(name.clone()));
    }
    Ok(Values::Long { line, level, kind, targets })
}

fn wide(mapping: &Mapping, header: &Record, times: Times, power: u32) -> Result<Values, Wrong> {
    let (Times::Decimal { column: time, .. } | Times::Ticks { column: time, .. }) = times;
    let find = |(target, name): &(Target, String)| {
        let found = header.iter().enumerate().find(|(i, h)| *i != time && h.trim() == name);
        let Some((column, header)) = found else {
            let others = header.iter().enumerate().filter(|(i, _)| *i != time);
            let there = others.map(|(_, h)| h.to_owned()).collect();
            return Err(Wrong::UnknownName { name: name.clone(), there });
        };
        Ok((*target, column, power_of(header, power)))
    };
    Ok(Values::Wide(mapping.entries().iter().map(find).collect::<Result<_, _>>()?))
}

fn level_of(text: &str) -> Option<Value> {
    Some(match text.trim() {
        "0" => Value::Level(false),
        "1" => Value::Level(true),
        "" | "x" | "X" | "z" | "Z" => Value::Unknown,
        _ => return None,
    })
}

fn volts_of(text: &str, power: u32) -> Option<Value> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("nan") {
        return Some(Value::Unknown);
    }
    Decimal::parse(text)?.nearest(power).map(Value::Nanovolts)
}
