//! One line's levels over time.

use std::path::Path;
use std::sync::Arc;

use bytemuck::{Pod, Zeroable};

use crate::Store;
use crate::store::Lineage;

/// A level from a tick on. Ticks are below 2^62.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct Entry(u64);

impl Entry {
    /// The line crossed to `level` exactly at `tick`.
    pub const fn crossing(tick: u64, level: bool) -> Self {
        Entry(tick << 2 | level as u64)
    }

    /// The line is known to have had `level` at `tick`; when it got there is not known.
    pub const fn observed(tick: u64, level: bool) -> Self {
        Entry(tick << 2 | 2 | level as u64)
    }

    /// The tick from which the level holds.
    pub const fn tick(self) -> u64 {
        self.0 >> 2
    }

    /// The level.
    pub const fn level(self) -> bool {
        self.0 & 1 == 1
    }

    /// Whether the tick is that of a crossing, and not just of the first sight of the level.
    pub const fn is_crossing(self) -> bool {
        self.0 & 2 == 0
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let how = if self.is_crossing() { "crosses" } else { "seen" };
        write!(f, "{} {how} {}", self.tick(), u8::from(self.level()))
    }
}

/// One line's levels, oldest first. Ticks never decrease.
#[derive(Clone, Debug, Default)]
pub struct Track {
    entries: Store<Entry>,
}

/// How many entries of a track were read, to go on from there later. It is of no use with another track, or once one of them changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    lineage: Lineage,
    count: usize,
    last: Option<Entry>,
}

impl Track {
    /// An empty one, whose entries overflow into a file in that folder once they are many.
    pub(crate) fn overflowing_into(folder: Arc<Path>) -> Track {
        Track { entries: Store::new(Some(folder)) }
    }

    /// All entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The level last known, if any.
    pub fn level(&self) -> Option<bool> {
        self.entries.last().map(|e| e.level())
    }

    /// The level at `tick`, if it was known by then.
    pub fn level_at(&self, tick: u64) -> Option<bool> {
        let after = self.entries.partition_point(|e| e.tick() <= tick);
        after.checked_sub(1).map(|i| self.entries[i].level())
    }

    /// The entries with ticks in `start..end`.
    pub fn between(&self, start: u64, end: u64) -> &[Entry] {
        let from = self.entries.partition_point(|e| e.tick() < start);
        let to = self.entries.partition_point(|e| e.tick() < end);
        &self.entries[from..to.max(from)]
    }

    /// The ticks at which the line was seen to rise.
    pub fn rises(&self) -> impl Iterator<Item = u64> {
        self.entries.iter().filter(|e| e.is_crossing() && e.level()).map(|e| e.tick())
    }

    /// Marks the first `count` entries as read.
    pub fn mark(&self, count: usize) -> Mark {
        let read = &self.entries[..count.min(self.entries.len())];
        Mark { lineage: self.entries.lineage(), count: read.len(), last: read.last().copied() }
    }

    /// How many entries were read, if the mark is of this track and they are as they were.
    ///
    /// Only the newest entries ever change, together, and only to earlier ticks: so the last one that was read tells of all.
    pub fn read(&self, mark: &Mark) -> Option<usize> {
        let last = self.entries.get(..mark.count)?.last().copied();
        (mark.lineage == self.entries.lineage() && mark.last == last).then_some(mark.count)
    }

    /// The line crossed to `level` at `tick`.
    ///
    /// A heartbeat may have shown the old level a few ticks after a crossing that the deglitcher had not confirmed yet;
    /// such sightings are moved back to the crossing.
    pub(crate) fn cross(&mut self, tick: u64, level: bool) {
        self.settle(tick);
        if self.level() != Some(!level) {
            self.entries.push(Entry::observed(tick, !level));
        }
        self.entries.push(Entry::crossing(tick, level));
    }

    /// The line was seen at `level`.
    pub(crate) fn observe(&mut self, tick: u64, level: bool) {
        if self.level() == Some(level) {
            return;
        }
        self.settle(tick);
        self.entries.push(Entry::observed(tick, level));
    }

    fn settle(&mut self, tick: u64) {
        for entry in self.entries.as_mut_slice().iter_mut().rev() {
            if entry.tick() <= tick {
                break;
            }
            *entry = Entry(tick << 2 | entry.0 & 3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_confirmed_crossing_moves_the_sighting_back() {
        let mut t = Track::default();
        t.observe(100, true);
        t.cross(91, false);
        assert_eq!(t.entries(), [Entry::observed(91, true), Entry::crossing(91, false)]);
    }

    #[test]
    fn a_crossing_to_the_level_it_already_has_shows_the_unseen_one() {
        let mut t = Track::default();
        t.observe(10, true);
        t.cross(50, true);
        assert_eq!(
            t.entries(),
            [Entry::observed(10, true), Entry::observed(50, false), Entry::crossing(50, true)]
        );
    }

    #[test]
    fn a_mark_holds_until_what_was_read_changes() {
        let mut t = Track::default();
        assert_eq!(t.read(&t.mark(0)), Some(0));
        t.observe(10, true);
        t.cross(50, false);
        let (one, two) = (t.mark(1), t.mark(2));
        t.cross(60, true);
        t.observe(100, false);
        assert_eq!((t.read(&one), t.read(&two)), (Some(1), Some(2)));
        // Moves the sightings at 100 and 60 back, not the one at 10.
        t.cross(40, true);
        assert_eq!((t.read(&one), t.read(&two)), (Some(1), None));
        assert_eq!((t.clone().read(&one), Track::default().read(&one)), (None, None));
    }

    #[test]
    fn levels_between_entries() {
        let mut t = Track::default();
        t.observe(10, true);
        t.cross(20, false);
        assert_eq!(
            [t.level_at(9), t.level_at(10), t.level_at(19), t.level_at(20)],
            [None, Some(true), Some(true), Some(false)]
        );
        assert_eq!(t.between(11, 21).len(), 1);
        assert_eq!(t.between(30, 20).len(), 0);
    }
}
