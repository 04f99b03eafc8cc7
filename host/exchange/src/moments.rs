//! What every export needs: changes of lines and stretches without knowledge, by time.

use ichiscope_timeline::Timeline;
use ichiscope_wire::Line;

use crate::ExchangeError;

/// Whether the times of an export are those of the capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Times {
    /// To the tick.
    Exact,
    /// Rounded to the nearest of this unit, because the format cannot state the tick.
    Rounded(String),
}

/// Stretches of which nothing is known, `start..end` in ticks, apart and in order. None is empty.
pub(crate) fn gap_spans(timeline: &Timeline) -> Vec<(u64, u64)> {
    let mut all: Vec<(u64, u64)> =
        timeline.gaps().iter().map(|g| (g.start_tick, g.end_tick.max(g.start_tick + 1))).collect();
    all.sort_unstable();
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for (start, end) in all {
        match spans.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => spans.push((start, end)),
        }
    }
    spans
}

/// Levels by time: tick, index into `lines` (or `lines.len()` for the gap), level. Of those of a line at one tick the last
/// counts.
pub(crate) fn changes(timeline: &Timeline, lines: &[Line]) -> Vec<(u64, usize, bool)> {
    let mut changes = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        changes.extend(timeline.track(*line).entries().iter().map(|e| (e.tick(), i, e.level())));
    }
    changes.extend(timeline.span().map(|(first, _)| (first, lines.len(), false)));
    for (start, end) in gap_spans(timeline) {
        changes.extend([(start, lines.len(), true), (end, lines.len(), false)]);
    }
    changes.sort_by_key(|c| (c.0, c.1));
    changes
}

/// First and last tick, and ticks per second.
pub(crate) fn extent(timeline: &Timeline) -> Result<(u64, u64, u64), ExchangeError> {
    let tick_hz = timeline.tick_hz().ok_or(ExchangeError::NoTickRate)?;
    let (first, last) = timeline.span().ok_or(ExchangeError::NoTickRate)?;
    Ok((first, last, tick_hz))
}

/// A tick in units of 1/`per_second` s, rounded to the nearest.
pub(crate) fn units(tick: u64, tick_hz: u64, per_second: u64) -> u128 {
    let hz = u128::from(tick_hz);
    (u128::from(tick) * u128::from(per_second) + hz / 2) / hz
}

/// The greatest common divisor.
pub(crate) fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
