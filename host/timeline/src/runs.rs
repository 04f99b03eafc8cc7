//! A track as a row of runs: stretches of one level, each with its two ends.

use std::ops::Range;

use crate::Track;

/// A stretch of one level, `start_tick..end_tick`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First tick at this level.
    pub start_tick: u64,
    /// First tick at another level, or the end of what was recorded.
    pub end_tick: u64,
    /// The level.
    pub level: bool,
    /// The start is a crossing, not the first sight of the level.
    pub start_is_crossing: bool,
    /// The end is a crossing, not the end of the recording or the first sight of another level.
    pub end_is_crossing: bool,
}

impl Run {
    /// Its length in ticks.
    pub const fn ticks(&self) -> u64 {
        self.end_tick - self.start_tick
    }
}

/// The runs of `track` up to `last_tick`, oldest first. Runs without a tick are left out.
pub fn runs(track: &Track, last_tick: u64) -> impl Iterator<Item = Run> {
    runs_at(track, 0..track.entries().len(), last_tick)
}

/// Those that begin at the entries of that range, which must not reach beyond the last one.
#[inline]
pub fn runs_at(track: &Track, range: Range<usize>, last_tick: u64) -> impl Iterator<Item = Run> {
    let entries = track.entries();
    let first = range.start;
    entries[range].iter().enumerate().filter_map(move |(i, entry)| {
        let next = entries.get(first + i + 1);
        let end_tick = next.map_or(last_tick.max(entry.tick()), |n| n.tick());
        let run = Run {
            start_tick: entry.tick(),
            end_tick,
            level: entry.level(),
            start_is_crossing: entry.is_crossing(),
            end_is_crossing: next.is_some_and(|n| n.is_crossing()),
        };
        (run.ticks() > 0 || next.is_none()).then_some(run)
    })
}
