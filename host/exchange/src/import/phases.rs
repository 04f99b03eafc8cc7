//! A log of phases on the file's axis: CSV, or a JSON object a line, with `time`, `phase` and `event` (begin, end).

use std::fs;
use std::path::Path;

use ichiscope_replay::{LogRow, PhaseLog, RunningPhases, told_event};
use ichiscope_verdict::{PHASE_BEGIN, PHASE_END, PhaseKind};

use super::decimal::Decimal;
use super::error::Wrong;
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

/// Reads the log; `zero_tick` is the tick of the file's time 0.
pub(crate) fn read(path: &Path, scale: &Scale, zero_tick: u64) -> Result<Vec<Mark>, super::Fault> {
    let text = fs::read_to_string(path).map_err(|error| Wrong::Io(error.into()).at(0))?;
    let log = PhaseLog::parse(&text).map_err(|error| Wrong::Unexpected(error.why).at(error.line))?;
    if let Some(header) = &log.header {
        let has = |name: &str| header.iter().any(|key| key.eq_ignore_ascii_case(name));
        if !header.iter().any(|key| unit_of(key).is_some()) || !has("phase") || !has("event") {
            let what = "a log of phases needs the columns time, phase and event".to_owned();
            return Err(Wrong::Columns(what).at(1).into());
        }
    }
    let mut marks: Vec<Mark> = Vec::new();
    let mut running = RunningPhases::default();
    let mut before = String::new();
    for row in &log.rows {
        let (mark, time) = mark(row, scale, zero_tick).map_err(|wrong| wrong.at(row.line))?;
        if marks.last().is_some_and(|last| last.tick > mark.tick) {
            return Err(Wrong::TimeGoesBack { before, now: time.to_owned() }.at(row.line).into());
        }
        running
            .take(mark.phase, mark.kind == PHASE_BEGIN)
            .map_err(|fault| Wrong::from(fault).at(row.line))?;
        before = time.to_owned();
        marks.push(mark);
    }
    Ok(marks)
}

/// What a row says, and its time as it is written.
fn mark<'r>(row: &'r LogRow, scale: &Scale, zero_tick: u64) -> Result<(Mark, &'r str), Wrong> {
    let time = row.keys().find_map(|key| Some((row.get(key)?, unit_of(key)?)));
    let (Some((text, unit)), Some(phase), Some(event)) = (time, row.get("phase"), row.get("event")) else {
        return Err(Wrong::Columns("each row needs time, phase and event".to_owned()));
    };
    let (phase, begins) = told_event(phase, event)?;
    let time = Decimal::parse(text).ok_or(TimeFault::Range);
    let tick = time.and_then(|time| tick_of(time, unit, scale, zero_tick));
    let tick = tick.map_err(|fault| fault.of(text, scale))?;
    Ok((Mark { tick, kind: if begins { PHASE_BEGIN } else { PHASE_END }, phase }, text))
}
