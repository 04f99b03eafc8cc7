//! What was found at one threshold, and looking things up in it.

use crate::Threshold;
use crate::interruption::{Interruption, Interruptions};
use crate::outage::OutageKind;

/// One threshold and what was found at it.
pub(crate) struct Level<'a> {
    pub(crate) threshold: &'a Threshold,
    /// The first tick at which the comparator's level was known.
    pub(crate) known_from: Option<u64>,
    pub(crate) found: &'a Interruptions,
    pub(crate) trains: Vec<Train>,
}

/// Interruptions nearer to each other than the restore time.
pub(crate) struct Train {
    pub(crate) whole: Interruption,
    pub(crate) kind: OutageKind,
}

impl Level<'_> {
    /// The single interruptions that have a tick in common with `start..=end`. They are sorted and apart.
    pub(crate) fn touching(&self, start: u64, end: u64) -> &[Interruption] {
        let list = &self.found.list;
        let from = list.partition_point(|i| i.end_tick < start);
        let to = list.partition_point(|i| i.start_tick <= end);
        &list[from..to.max(from)]
    }

    /// The longest interruption or train that overlaps `start..end`, ticks; 0 if there is none.
    pub(crate) fn longest_ticks(&self, start: u64, end: u64) -> u64 {
        let single = self.touching(start, end).iter();
        let from = self.trains.partition_point(|t| t.whole.end_tick < start);
        let trains = self.trains[from..].iter().map(|t| &t.whole).take_while(|t| t.start_tick <= end);
        single
            .chain(trains)
            .filter(|i| i.start_tick < end && start < i.end_tick)
            .map(|i| i.end_tick - i.start_tick)
            .max()
            .unwrap_or(0)
    }
}

/// The earliest start of this event at any threshold: what happened before it came first.
pub(crate) fn first_start(start: u64, end: u64, levels: &[Level<'_>]) -> u64 {
    let starts = levels.iter().filter_map(|l| l.touching(start, end).first()).map(|i| i.start_tick);
    starts.min().unwrap_or(start)
}
