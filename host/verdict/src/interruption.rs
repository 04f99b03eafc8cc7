//! Interruptions of one comparator: the algorithm of IEC 61000-4-30 with deglitching that dates back.

use ichiscope_timeline::{Track, runs};

/// The rail below one threshold, `start_tick..end_tick`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interruption {
    pub(crate) start_tick: u64,
    pub(crate) end_tick: u64,
    pub(crate) open_start: bool,
    pub(crate) open_end: bool,
    /// Ticks from the first crossing of a chatter to the edge that counted, at both ends together.
    pub(crate) chatter_ticks: u64,
}

/// The interruptions of a track and its longest chatter that led to none, ticks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interruptions {
    pub(crate) list: Vec<Interruption>,
    pub(crate) longest_chatter_ticks: u64,
}

/// Finds the interruptions of `track` up to `last_tick`.
///
/// A level counts once it has lasted `deglitch_ticks`; its edge is then dated back to the crossing. Runs whose length
/// is not known (at the ends of the recording and of gaps) always count.
pub(crate) fn interruptions(track: &Track, last_tick: u64, deglitch_ticks: u64) -> Interruptions {
    // Every second entry at most begins one; memory that is not used is not touched.
    let list = Vec::with_capacity(track.entries().len() / 2 + 1);
    let mut found = Interruptions { list, longest_chatter_ticks: 0 };
    let mut level = None;
    let mut chatter_from = None;
    for run in runs(track, last_tick) {
        let counts = !run.start_is_crossing || !run.end_is_crossing || run.ticks() >= deglitch_ticks;
        if !counts {
            chatter_from.get_or_insert(run.start_tick);
            continue;
        }
        let chatter = chatter_from.take().map_or(0, |from| run.start_tick - from);
        if level == Some(run.level) {
            found.longest_chatter_ticks = found.longest_chatter_ticks.max(chatter);
            continue;
        }
        if run.level {
            if let Some(last) = found.list.last_mut().filter(|i| i.open_end) {
                last.end_tick = run.start_tick;
                last.open_end = false;
                last.chatter_ticks += chatter;
            }
        } else {
            found.list.push(Interruption {
                start_tick: run.start_tick,
                end_tick: last_tick.max(run.start_tick),
                open_start: level.is_none() && !run.start_is_crossing,
                open_end: true,
                chatter_ticks: chatter,
            });
        }
        level = Some(run.level);
    }
    if let Some(from) = chatter_from {
        found.longest_chatter_ticks = found.longest_chatter_ticks.max(last_tick.saturating_sub(from));
    }
    found
}

/// Rows of neighbours that are nearer to each other than `restore_ticks`, as index ranges with two or more members.
pub(crate) fn trains(list: &[Interruption], restore_ticks: u64) -> Vec<std::ops::Range<usize>> {
    let mut trains = Vec::new();
    let mut start = 0;
    for end in 1..=list.len() {
        let joined = end < list.len() && list[end].start_tick - list[end - 1].end_tick < restore_ticks;
        if !joined {
            if end - start > 1 {
                trains.push(start..end);
            }
            start = end;
        }
    }
    trains
}
