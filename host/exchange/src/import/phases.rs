//! A log of phases on the file's axis: CSV, or a JSON object a line, with `time`, `phase` and `event` (begin, end).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ichiscope_verdict::{PHASE_BEGIN, PHASE_END, PhaseKind};
use serde_json::Value;

use super::decimal::Decimal;
use super::error::{Located, Wrong};
use super::scale::Scale;
use super::time::{TimeFault, tick_of, unit_of};

/// A phase begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) tick: u64,
    /// Kind of the note in the capture.
    pub(crate) kind: &'static str,
    pub(crate) phase: PhaseKind,
}

/// A row: time and its unit, phase, event, line.
struct Row {
    time: String,
    unit: u32,
    phase: String,
    event: String,
    line: u64,
}

/// Reads the log; `zero_tick` is the tick of the file's time 0.
pub(crate) fn read(path: &Path, scale: &Scale, zero_tick: u64) -> Result<Vec<Mark>, super::Fault> {
    let text = fs::read_to_string(path).map_err(|error| Wrong::Io(error).at(0))?;
    let is_json = text.trim_start().starts_with('{');
    let rows = if is_json { json_rows(&text) } else { csv_rows(&text) }?;
    let mut marks: Vec<Mark> = Vec::new();
    let mut running = BTreeSet::new();
    let mut before = String::new();
    for row in rows {
        let mark = mark(&row, scale, zero_tick).map_err(|wrong| wrong.at(row.line))?;
        if marks.last().is_some_and(|last| last.tick > mark.tick) {
            return Err(Wrong::TimeGoesBack { before, now: row.time }.at(row.line).into());
        }
        let is_in_order =
            if mark.kind == PHASE_BEGIN { running.insert(mark.phase) } else { running.remove(&mark.phase) };
        if !is_in_order {
            let what =
                if mark.kind == PHASE_BEGIN { "begins while it runs" } else { "ends without a beginning" };
            return Err(Wrong::PhaseOrder(format!("{} {what}", row.phase)).at(row.line).into());
        }
        before = row.time;
        marks.push(mark);
    }
    Ok(marks)
}

fn mark(row: &Row, scale: &Scale, zero_tick: u64) -> Result<Mark, Wrong> {
    let time = Decimal::parse(&row.time).ok_or(TimeFault::Range);
    let tick = time.and_then(|time| tick_of(time, row.unit, scale, zero_tick));
    let phase = PhaseKind::from_name(row.phase.trim()).filter(|p| !p.is_measured());
    let kind = match row.event.trim() {
        "begin" => PHASE_BEGIN,
        "end" => PHASE_END,
        other => return Err(Wrong::Event(other.to_owned())),
    };
    Ok(Mark {
        tick: tick.map_err(|fault| fault.of(&row.time, scale))?,
        kind,
        phase: phase.ok_or_else(|| Wrong::Phase(row.phase.clone()))?,
    })
}

fn csv_rows(text: &str) -> Result<Vec<Row>, Located> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| Wrong::Unexpected(error.to_string()).at(1))?.clone();
    let place = |name: &str| header.iter().position(|h| h.eq_ignore_ascii_case(name));
    let time = header.iter().enumerate().find_map(|(i, h)| Some((i, unit_of(h)?)));
    let (Some((time, unit)), Some(phase), Some(event)) = (time, place("phase"), place("event")) else {
        return Err(
            Wrong::Columns("a log of phases needs the columns time, phase and event".to_owned()).at(1)
        );
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            Wrong::Unexpected(error.to_string()).at(line)
        })?;
        rows.push(Row {
            time: record[time].to_owned(),
            unit,
            phase: record[phase].to_owned(),
            event: record[event].to_owned(),
            line: record.position().map_or(0, csv::Position::line),
        });
    }
    Ok(rows)
}

fn json_rows(text: &str) -> Result<Vec<Row>, Located> {
    let lines = text.lines().zip(1..).filter(|(text, _)| !text.trim().is_empty());
    lines.map(|(text, line)| json_row(text, line).map_err(|wrong| wrong.at(line))).collect()
}

fn json_row(text: &str, line: u64) -> Result<Row, Wrong> {
    let object: serde_json::Map<String, Value> =
        serde_json::from_str(text).map_err(|error| Wrong::Unexpected(format!("{text}: {error}")))?;
    let time = object.iter().find_map(|(key, value)| Some((plain(value)?, unit_of(key)?)));
    let field = |name: &str| object.get(name).and_then(plain);
    match (time, field("phase"), field("event")) {
        (Some((time, unit)), Some(phase), Some(event)) => Ok(Row { time, unit, phase, event, line }),
        _ => Err(Wrong::Columns("each line needs the keys time, phase and event".to_owned())),
    }
}

/// A string or number as text; a number's shortest decimal is exact for up to 15 digits.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
