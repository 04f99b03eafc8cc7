//! Edges that the gateware lost: overruns between their markers, and the running count behind them.
//!
//! Every record carries the count modulo 256 only, so a loss of 256 edges leaves it as it was. Two things tell of it all the same: the
//! age of the last lost edge in OVERRUN_END, and the count modulo 2^32 that the board tells after every heartbeat.

use ichiscope_wire::AGE_24_MAX;

/// A stretch in which edges were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) start_tick: u64,
    pub(super) end_tick: u64,
    /// How many are known of; 0 where the number is not known.
    pub(super) edges: u64,
}

/// What is known of the edges that the gateware lost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Overruns {
    /// Where the one that is running began, and the count modulo 256 by then.
    begun: Option<(u64, u8)>,
    /// When the count modulo 2^32 was told last, and what it was.
    told: Option<(u64, u32)>,
    /// Edges that were reported as lost since then.
    reported: u32,
    /// From the first to the last overrun since then.
    ended: Option<(u64, u64)>,
    /// One of them may have lost a multiple of 256 that nothing tells but the count.
    doubtful: Option<Lost>,
}

impl Overruns {
    pub(super) fn is_running(&self) -> bool {
        self.begun.is_some()
    }

    /// The board has just been switched on: the count was 0, before anything that was reported.
    pub(super) fn power_up(&mut self, tick: u64) {
        self.told.get_or_insert((tick, 0));
    }

    pub(super) fn begin(&mut self, tick: u64, lost: u8) {
        self.begun = Some((tick, lost));
    }

    /// The count modulo 256 moved by `edges` without markers.
    pub(super) fn moved(&mut self, edges: u8) {
        self.reported = self.reported.wrapping_add(edges.into());
    }

    /// An overrun ended at `tick`; the last edge was lost `age` ticks before.
    pub(super) fn end(&mut self, tick: u64, lost: u8, age: u32) -> Option<Lost> {
        let (begin, lost_before) = self.begun.take()?;
        let moved = lost.wrapping_sub(lost_before);
        self.moved(moved);
        self.ended = Some((self.ended.map_or(begin, |(first, _)| first), tick));
        let found = Lost { start_tick: begin, end_tick: tick, edges: moved.into() };
        // If none was lost, the age is that of the edge that began it.
        let is_open = age == AGE_24_MAX;
        let none_was_lost = tick.checked_sub(age.into()) == Some(begin);
        if moved != 0 || !is_open && !none_was_lost {
            return Some(found);
        }
        if is_open {
            self.doubtful = Some(self.doubtful.map_or(found, |first| Lost { end_tick: tick, ..first }));
        }
        None
    }

    /// The board told the count modulo 2^32: what was lost and not reported before. While an overrun runs it says nothing yet.
    pub(super) fn counter(&mut self, tick: u64, value: u32) -> Option<Lost> {
        if self.is_running() {
            return None;
        }
        let before = self.told.replace((tick, value));
        let reported = std::mem::take(&mut self.reported);
        let (ended, doubtful) = (self.ended.take(), self.doubtful.take());
        let Some((since, told)) = before else { return doubtful };
        let unreported = value.wrapping_sub(told).wrapping_sub(reported);
        let (start_tick, end_tick) = ended.unwrap_or((since, tick));
        (unreported != 0).then_some(Lost { start_tick, end_tick, edges: unreported.into() })
    }

    /// Records were lost, and with them what they told: the next count begins anew. What it might have cleared up stays open.
    pub(super) fn forget(&mut self) -> Option<Lost> {
        *self = Overruns { begun: self.begun, doubtful: self.doubtful, ..Overruns::default() };
        self.doubtful.take()
    }

    /// Nothing more will come: an overrun that still runs, up to `last_tick`, and what was not cleared up.
    pub(super) fn finish(self, last_tick: u64) -> impl Iterator<Item = Lost> {
        let running = self.begun.map(|(start_tick, _)| Lost { start_tick, end_tick: last_tick, edges: 0 });
        self.doubtful.into_iter().chain(running)
    }
}
