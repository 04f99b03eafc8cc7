//! Every crossing and every sight of a level as CSV rows, in ticks: raw, before any deglitching by the analysis.

use std::io::Write;

use ichiscope_timeline::{Entry, Timeline};
use ichiscope_wire::Line;

use crate::{ExchangeError, Times};

/// Writes `tick,tick_hz,line,level,kind`: kind is `crossing`, or `seen` where only the level is known and not when it came.
/// Gaps are rows too: `gap-start` and `gap-end`, with the cause in the place of the line; `end` is the recording's last tick.
///
/// # Errors
/// The tick rate is unknown, or the output refuses.
pub fn write_edges(timeline: &Timeline, out: impl Write) -> Result<Times, ExchangeError> {
    let tick_hz = timeline.tick_hz().ok_or(ExchangeError::NoTickRate)?.to_string();
    let mut rows: Vec<(u64, &str, &str, &str)> = Vec::new();
    for line in timeline.wired().iter() {
        rows.extend(timeline.track(line).entries().iter().map(|e| row(line, *e)));
    }
    for g in timeline.gaps() {
        rows.push((g.start_tick, g.cause.name(), "", "gap-start"));
        rows.push((g.end_tick, g.cause.name(), "", "gap-end"));
    }
    rows.extend(timeline.span().map(|(_, last)| (last, "", "", "end")));
    rows.sort_by_key(|r| r.0);
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    csv.write_record(["tick", "tick_hz", "line", "level", "kind"])?;
    for (tick, line, level, kind) in rows {
        csv.write_record([&tick.to_string(), &tick_hz, line, level, kind])?;
    }
    csv.flush()?;
    Ok(Times::Exact)
}

fn row(line: Line, entry: Entry) -> (u64, &'static str, &'static str, &'static str) {
    let level = if entry.level() { "1" } else { "0" };
    (entry.tick(), line.name(), level, if entry.is_crossing() { "crossing" } else { "seen" })
}
