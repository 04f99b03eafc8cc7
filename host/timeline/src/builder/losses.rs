//! Running counts of losses beside the lines: how much was lost since the count was told last.

/// A running count that the board tells again and again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    last: Option<(u64, u64)>,
}

impl Told {
    /// The board has just been switched on: the count was 0 at `tick`.
    pub(super) fn power_up(&mut self, tick: u64) {
        self.last = Some((tick, 0));
    }

    /// Takes the count, modulo 2^`bits`; gives when it was told before, and by how much it has moved since. The first
    /// one heard of a board that was running before tells no loss of this recording.
    pub(super) fn next(&mut self, tick: u64, value: u64, bits: u32) -> (u64, u64) {
        let (since, before) = self.last.replace((tick, value)).unwrap_or((tick, value));
        (since, value.wrapping_sub(before) & ((1 << bits) - 1))
    }
}

/// Losses of envelopes are known twice: by the board's count, and by the windows that are missing. What is missing
/// may also have been lost on the link; what was counted is missed with the next envelope, if no command came between.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EnvelopeLosses {
    told: Told,
    /// Reported because the board counted them; not yet missed.
    counted: u64,
    /// Reported because they were missed; not yet counted.
    missed: u64,
}

impl EnvelopeLosses {
    pub(super) fn power_up(&mut self, tick: u64) {
        self.told.power_up(tick);
    }

    /// The board's count, of which at most `to_be_missed` can be missing before the next envelope: since when, and how
    /// many are to be reported.
    pub(super) fn told(&mut self, tick: u64, value: u16, to_be_missed: u64) -> (u64, u64) {
        let (since, lost) = self.told.next(tick, u64::from(value), 16);
        let new = lost.saturating_sub(self.missed);
        self.counted = (self.counted + new).min(to_be_missed);
        // The count has all that was lost before it: what is still missed was lost elsewhere.
        self.missed = 0;
        (since, new)
    }

    /// An envelope came, and so many windows before it are missing: how many are to be reported.
    pub(super) fn seen(&mut self, missing: u64) -> u64 {
        let new = missing.saturating_sub(self.counted);
        self.missed += new;
        self.counted = 0;
        new
    }
}
