//! Interruptions of one comparator: the algorithm of IEC 61000-4-30 with deglitching that dates back.

use ichiscope_timeline::{Mark, Run, Track, runs_at};

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

/// So many of the newest entries are taken anew each time: these may still change.
const NEWEST: usize = 16;

/// Where the walk over the runs stands between two of them.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    level: Option<bool>,
    chatter_from: Option<u64>,
    longest_chatter_ticks: u64,
}

/// How far the walk went over runs that nothing can change any more, and how its list was then.
#[derive(Debug)]
struct Settled {
    deglitch_ticks: u64,
    mark: Mark,
    state: State,
    listed: usize,
    last: Option<Interruption>,
}

/// The walk over a track that finds its interruptions; over one that has grown since, it goes on from where it stood.
///
/// What it stands on is part of it: with another track, another deglitch time, or entries that changed, it begins anew.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    found: Interruptions,
    settled: Option<Settled>,
}

impl Walk {
    /// What was found.
    pub(crate) fn found(&self) -> &Interruptions {
        &self.found
    }

    /// Finds the interruptions of `track` up to `last_tick`.
    ///
    /// A level counts once it has lasted `deglitch_ticks`; its edge is then dated back to the crossing. Runs whose length
    /// is not known (at the ends of the recording and of gaps) always count.
    pub(crate) fn go_on(&mut self, track: &Track, last_tick: u64, deglitch_ticks: u64) {
        let (state, from) = self.resume(track, deglitch_ticks);
        let count = track.entries().len();
        let to = count.saturating_sub(NEWEST).max(from);
        let state = self.over(runs_at(track, from..to, last_tick), state, deglitch_ticks);
        // The last of those runs ended at the entry after it, so that one was read too.
        let mark = track.mark(if to > 0 { to + 1 } else { 0 });
        let (listed, last) = (self.found.list.len(), self.found.list.last().copied());
        self.settled = Some(Settled { deglitch_ticks, mark, state, listed, last });
        let state = self.over(runs_at(track, to..count, last_tick), state, deglitch_ticks);
        self.end(&state, last_tick);
    }

    /// The state at the last run that was settled, and the entry that the next one begins at.
    fn resume(&mut self, track: &Track, deglitch_ticks: u64) -> (State, usize) {
        let settled = self.settled.take().filter(|s| s.deglitch_ticks == deglitch_ticks);
        let known = settled.and_then(|s| Some((track.read(&s.mark)?.saturating_sub(1), s)));
        let Some((from, settled)) = known else {
            self.found = Interruptions::default();
            return (State::default(), 0);
        };
        self.found.list.truncate(settled.listed);
        if let (Some(place), Some(last)) = (self.found.list.last_mut(), settled.last) {
            *place = last;
        }
        (settled.state, from)
    }

    /// Walks over runs, and says where it stands then.
    fn over(&mut self, runs: impl Iterator<Item = Run>, mut state: State, deglitch_ticks: u64) -> State {
        let list = &mut self.found.list;
        for run in runs {
            let counts = !run.start_is_crossing || !run.end_is_crossing || run.ticks() >= deglitch_ticks;
            if !counts {
                state.chatter_from.get_or_insert(run.start_tick);
                continue;
            }
            let chatter = state.chatter_from.take().map_or(0, |from| run.start_tick - from);
            if state.level == Some(run.level) {
                state.longest_chatter_ticks = state.longest_chatter_ticks.max(chatter);
                continue;
            }
            if run.level {
                if let Some(last) = list.last_mut().filter(|i| i.open_end) {
                    last.end_tick = run.start_tick;
                    last.open_end = false;
                    last.chatter_ticks += chatter;
                }
            } else {
                list.push(Interruption {
                    start_tick: run.start_tick,
                    end_tick: run.start_tick,
                    open_start: state.level.is_none() && !run.start_is_crossing,
                    open_end: true,
                    chatter_ticks: chatter,
                });
            }
            state.level = Some(run.level);
        }
        state
    }

    /// What the end of the recording leaves open. Only the last interruption can be.
    fn end(&mut self, state: &State, last_tick: u64) {
        if let Some(open) = self.found.list.last_mut().filter(|i| i.open_end) {
            open.end_tick = last_tick.max(open.start_tick);
        }
        let running = state.chatter_from.map_or(0, |from| last_tick.saturating_sub(from));
        self.found.longest_chatter_ticks = state.longest_chatter_ticks.max(running);
    }
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
