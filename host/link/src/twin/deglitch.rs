//! The lines' deglitcher, by samples: which new levels lasted, and which were glitches.

use std::collections::VecDeque;

use ichiscope_wire::{LINE_COUNT, LineSet};

/// What one sample of the pins brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sampled {
    /// Lines whose new level has lasted with it.
    pub(super) changed: LineSet,
    /// Whether a change that had not lasted ended with it.
    pub(super) glitch: bool,
}

/// Waits until a new level has lasted.
#[derive(Clone, Debug)]
pub(super) struct Deglitcher {
    /// Samples a new level must last.
    ticks: u64,
    /// Changes at the pins that are not yet sampled, in order.
    changes: VecDeque<(u64, LineSet)>,
    pins: LineSet,
    levels: LineSet,
    /// For each line whose pin differs from its level: the first sample that did.
    since: [Option<u64>; LINE_COUNT],
    /// The first sample that is not yet taken; sample 0 is taken over without an edge.
    next: u64,
}

impl Deglitcher {
    pub(super) fn new(ticks: u64, levels: LineSet) -> Self {
        Deglitcher {
            ticks,
            changes: VecDeque::new(),
            pins: levels,
            levels,
            since: [None; LINE_COUNT],
            next: 1,
        }
    }

    /// The deglitched levels.
    pub(super) fn levels(&self) -> LineSet {
        self.levels
    }

    pub(super) fn set_levels(&mut self, clock: u64, pins: LineSet) {
        if clock == 0 && self.next == 1 && self.changes.is_empty() {
            self.pins = pins;
            self.levels = pins;
            return;
        }
        let clock = clock.max(self.changes.back().map_or(self.next, |change| change.0));
        match self.changes.back_mut() {
            Some(change) if change.0 == clock => change.1 = pins,
            _ => self.changes.push_back((clock, pins)),
        }
    }

    /// The next sample with which something may happen, as far as the pins are known.
    pub(super) fn next_sample(&self) -> Option<u64> {
        let change = self.changes.front().map(|change| change.0);
        let lasted = self.since.iter().flatten().min().map(|since| since + self.ticks - 1);
        change.into_iter().chain(lasted).min()
    }

    /// Takes that sample.
    pub(super) fn take(&mut self, sample: u64) -> Sampled {
        if let Some((_, pins)) = self.changes.pop_front_if(|change| change.0 == sample) {
            self.pins = pins;
        }
        self.next = sample + 1;
        let mut taken = Sampled { changed: LineSet::EMPTY, glitch: false };
        let away = self.pins.difference(self.levels);
        for line in LineSet::ALL.iter() {
            let since = &mut self.since[line.index()];
            if !away.contains(line) {
                taken.glitch |= since.take().is_some();
            } else if sample + 1 - *since.get_or_insert(sample) == self.ticks {
                *since = None;
                taken.changed = taken.changed.with(line, true);
            }
        }
        self.levels = self.levels.difference(taken.changed);
        taken
    }
}
