//! Value Change Dump out (IEEE 1364-2005, 18): a wire for each line, and one that is high where nothing is known.
//!
//! A gap is not written as `x`: sigrok takes `x` for low, and a gap would read as an outage. The lines keep their last
//! value and `gap` is 1. The VCD's time is nanoseconds, rounded to the nearest: the format's time scales cannot state
//! the period of most tick rates. The ticks themselves are in the CSV of edges.

use std::io::Write;

use ichiscope_timeline::Timeline;
use ichiscope_wire::Line;

use crate::ExchangeError;

/// Identifier codes: one printable character each.
fn code(index: usize) -> char {
    char::from(b'!' + index as u8)
}

/// A change of a wire: time in ticks, wire, value.
type Change = (u64, usize, bool);

/// Writes the timeline as VCD.
///
/// # Errors
/// The tick rate is unknown, or the output refuses.
pub fn write_vcd(timeline: &Timeline, mut out: impl Write) -> Result<(), ExchangeError> {
    let tick_hz = u128::from(timeline.tick_hz().ok_or(ExchangeError::NoTickRate)?);
    let lines: Vec<Line> = timeline.wired().iter().collect();
    let gap = lines.len();
    writeln!(out, "$comment ichiscope: lines keep their level through a gap; see the wire gap $end")?;
    if timeline.identity().is_some_and(|i| i.is_simulated()) {
        writeln!(out, "$comment SIMULATED $end")?;
    }
    writeln!(out, "$timescale 1 ns $end\n$scope module ichi $end")?;
    for (i, line) in lines.iter().enumerate() {
        writeln!(out, "$var wire 1 {} {} $end", code(i), line.name())?;
    }
    writeln!(out, "$var wire 1 {} gap $end\n$upscope $end\n$enddefinitions $end", code(gap))?;

    let mut now = None;
    for (tick, wire, value) in changes(timeline, &lines, gap) {
        let ns = (u128::from(tick) * 1_000_000_000 + tick_hz / 2) / tick_hz;
        if now != Some(ns) {
            writeln!(out, "#{ns}")?;
            now = Some(ns);
        }
        writeln!(out, "{}{}", u8::from(value), code(wire))?;
    }
    if let Some((_, last)) = timeline.span() {
        let ns = (u128::from(last) * 1_000_000_000 + tick_hz / 2) / tick_hz;
        if now != Some(ns) {
            writeln!(out, "#{ns}")?;
        }
    }
    out.flush()?;
    Ok(())
}

/// All changes by time; of those at one tick, the last of a wire counts.
fn changes(timeline: &Timeline, lines: &[Line], gap: usize) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        changes.extend(timeline.track(*line).entries().iter().map(|e| (e.tick(), i, e.level())));
    }
    let first = timeline.span().map_or(0, |s| s.0);
    changes.push((first, gap, false));
    for g in timeline.gaps() {
        changes.push((g.start_tick, gap, true));
        changes.push((g.end_tick.max(g.start_tick + 1), gap, false));
    }
    changes.sort_by_key(|c| (c.0, c.1));
    changes
}
