//! Logs of phases as other systems write them: rows of a CSV or of JSON lines, and phases that begin and then end.
//!
//! What the times of a row mean is its reader's: beside a recording they may be UTC, in an import they are the file's own.

use std::collections::BTreeSet;
use std::fmt;

use ichiscope_verdict::PhaseKind;
use serde_json::Value;

/// Where in a file something is wrong: nothing for line 0, which is the file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtLine(pub u64);

impl fmt::Display for AtLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 { Ok(()) } else { write!(f, ", line {}", self.0) }
    }
}

/// The system refuses a file.
#[derive(Debug, thiserror::Error)]
#[error("cannot be read: {0}. Remedy: check that the file exists and may be read")]
pub struct Unreadable(#[from] pub std::io::Error);

/// A row that is none, with its line; 0 where the file has no lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoRow {
    /// The line, from 1.
    pub line: u64,
    /// What its reader said.
    pub why: String,
}

/// The keys of a CSV's header, or nothing where each row brings its own, and the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhaseLog {
    /// The header; its line is 1.
    pub header: Option<Vec<String>>,
    /// The rows in the file's order.
    pub rows: Vec<LogRow>,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Its line, from 1.
    pub line: u64,
    /// Keys and values as they are written, without space around them.
    pub cells: Vec<(String, String)>,
}

impl LogRow {
    /// The keys in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().map(|(key, _)| key.as_str())
    }

    /// The value of a key in any case; nothing where it is empty.
    pub fn get(&self, key: &str) -> Option<&str> {
        let cell = self.cells.iter().find(|(k, _)| k.eq_ignore_ascii_case(key))?;
        Some(cell.1.as_str()).filter(|value| !value.is_empty())
    }
}

impl PhaseLog {
    /// Reads a log: JSON if it begins with a brace, else CSV with a header line, in which `#` begins a comment.
    ///
    /// # Errors
    /// A row is none.
    pub fn parse(text: &str) -> Result<PhaseLog, NoRow> {
        if text.trim_start().starts_with('{') { json(text) } else { csv(text) }
    }
}

fn csv(text: &str) -> Result<PhaseLog, NoRow> {
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| NoRow { line: 1, why: error.to_string() })?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            NoRow { line, why: error.to_string() }
        })?;
        let cells = header.iter().zip(&record).map(|(key, cell)| (key.to_owned(), cell.to_owned()));
        rows.push(LogRow { line: record.position().map_or(0, csv::Position::line), cells: cells.collect() });
    }
    Ok(PhaseLog { header: Some(header.iter().map(str::to_owned).collect()), rows })
}

fn json(text: &str) -> Result<PhaseLog, NoRow> {
    let lines = text.lines().zip(1..).filter(|(text, _)| !text.trim().is_empty());
    let row = |(text, line): (&str, u64)| {
        let object: serde_json::Map<String, Value> = serde_json::from_str(text)
            .map_err(|error| NoRow { line, why: format!("no JSON object: {error}") })?;
        let cells = object.iter().map(|(key, value)| (key.trim().to_owned(), plain(value)));
        Ok(LogRow { line, cells: cells.collect() })
    };
    Ok(PhaseLog { header: None, rows: lines.map(row).collect::<Result<_, _>>()? })
}

/// A string or number as text; a number's shortest decimal is exact for up to 15 digits.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// What is wrong with a row's phase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhaseFault {
    /// It does not exist or is measured.
    #[error(
        "'{0}' is no phase that can be told. Remedy: use a name of docs/evidence.md such as METER_REBOOT or CH_BOOT; RAIL_OFF and RAIL_RESTORED are measured"
    )]
    Unknown(String),
    /// Neither a beginning nor an end.
    #[error("'{0}' is no event of a phase. Remedy: begin or end")]
    Event(String),
    /// An end without a beginning, or a second beginning.
    #[error("{0}. Remedy: each phase begins and then ends; delete the row or add the one that is missing")]
    Order(String),
}

/// A phase by the name that a file gives it; measured ones cannot be told.
///
/// # Errors
/// There is none.
pub fn told_phase(name: &str) -> Result<PhaseKind, PhaseFault> {
    let kind = PhaseKind::from_name(name).filter(|kind| !kind.is_measured());
    kind.ok_or_else(|| PhaseFault::Unknown(name.to_owned()))
}

/// The phase of a row, and whether it begins.
///
/// # Errors
/// There is no such phase or event.
pub fn told_event(phase: &str, event: &str) -> Result<(PhaseKind, bool), PhaseFault> {
    let begins = match event {
        "begin" => true,
        "end" => false,
        other => return Err(PhaseFault::Event(other.to_owned())),
    };
    Ok((told_phase(phase)?, begins))
}

/// The phases that run while a log is gone through.
#[derive(Clone, Debug, Default)]
pub struct RunningPhases(BTreeSet<PhaseKind>);

impl RunningPhases {
    /// A phase begins or ends.
    ///
    /// # Errors
    /// It begins while it runs, or ends without a beginning.
    pub fn take(&mut self, kind: PhaseKind, begins: bool) -> Result<(), PhaseFault> {
        let is_in_order = if begins { self.0.insert(kind) } else { self.0.remove(&kind) };
        let what = if begins { "begins while it runs" } else { "ends without a beginning" };
        if is_in_order { Ok(()) } else { Err(PhaseFault::Order(format!("{} {what}", kind.name()))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_give_the_same_rows() {
        let csv = PhaseLog::parse("# a remark\nTime_s, Phase ,event\n1.5, CH_BOOT,begin\n").unwrap();
        let json =
            PhaseLog::parse("\n{\"Time_s\":1.5,\"Phase\":\" CH_BOOT\",\"event\":\"begin\"}\n").unwrap();
        for log in [&csv, &json] {
            let [row] = &log.rows[..] else { panic!("{log:?}") };
            assert_eq!((row.get("time_s"), row.get("phase")), (Some("1.5"), Some("CH_BOOT")));
            assert_eq!((row.get("event"), row.get("code")), (Some("begin"), None));
        }
        assert_eq!((csv.rows[0].line, json.rows[0].line), (3, 2));
        assert_eq!(csv.header.unwrap(), ["Time_s", "Phase", "event"]);
    }

    #[test]
    fn what_is_no_row_has_its_line() {
        assert_eq!(PhaseLog::parse("time,phase\n1,a\n2,b,c\n").unwrap_err().line, 3);
        let error = PhaseLog::parse("{\"time\":1}\n{\"time\":\n").unwrap_err();
        assert!(error.line == 2 && error.why.starts_with("no JSON object"), "{error:?}");
    }

    #[test]
    fn phases_begin_and_then_end() {
        let (kind, begins) = told_event("CH_BOOT", "begin").unwrap();
        let mut running = RunningPhases::default();
        assert_eq!(
            running.take(kind, false).unwrap_err().to_string().split('.').next(),
            Some("CH_BOOT ends without a beginning")
        );
        running.take(kind, begins).unwrap();
        assert!(matches!(running.take(kind, true), Err(PhaseFault::Order(_))));
        running.take(kind, false).unwrap();
        assert_eq!(told_event("RAIL_OFF", "end"), Err(PhaseFault::Unknown("RAIL_OFF".to_owned())));
        assert_eq!(told_event("CH_BOOT", "starts"), Err(PhaseFault::Event("starts".to_owned())));
    }

    #[test]
    fn a_place_is_named_where_there_is_one() {
        assert_eq!((AtLine(0).to_string(), AtLine(3).to_string()), (String::new(), ", line 3".to_owned()));
    }
}
