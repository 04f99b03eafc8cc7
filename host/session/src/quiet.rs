//! A board that has fallen silent while its USB chip is still there: nothing is lost that could be counted, and nothing is known.
//!
//! A gateware speaks at least every 100 ms. Silence is told by polls that brought nothing and by the clock, both, so that a program that
//! was stopped or starved for a while does not take its own absence for the board's.

use std::time::{Duration, Instant};

/// So long a silence is told while recording; it is far above heartbeat, chip and USB together (docs/link.md).
const SILENCE: Duration = Duration::from_secs(2);
/// When a recording ends, so long a one.
const SILENCE_AT_END: Duration = Duration::from_secs(1);
/// And so many polls in a row that brought nothing.
const EMPTY_POLLS: u32 = 20;

/// Since when nothing was heard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quiet {
    since: Instant,
    empty_polls: u32,
    is_told: bool,
}

impl Quiet {
    /// A link that was opened at `now`.
    pub(crate) fn from(now: Instant) -> Quiet {
        Quiet { since: now, empty_polls: 0, is_told: false }
    }

    /// A poll ended at `now` and brought bytes or not: for how long the board has been silent, once for each silence.
    pub(crate) fn polled(&mut self, now: Instant, brought_bytes: bool) -> Option<Duration> {
        if brought_bytes {
            *self = Quiet::from(now);
            return None;
        }
        self.empty_polls = self.empty_polls.saturating_add(1);
        self.told_if_over(now, SILENCE)
    }

    /// The recording ends at `now`: the same, for a shorter silence.
    pub(crate) fn ended(&mut self, now: Instant) -> Option<Duration> {
        self.told_if_over(now, SILENCE_AT_END)
    }

    fn told_if_over(&mut self, now: Instant, limit: Duration) -> Option<Duration> {
        let silence = now.saturating_duration_since(self.since);
        let is_new = !self.is_told && self.empty_polls >= EMPTY_POLLS && silence >= limit;
        self.is_told |= is_new;
        is_new.then_some(silence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Polls of 20 ms from `now` on; when a silence was told.
    fn polls(quiet: &mut Quiet, now: &mut Instant, count: u32) -> Option<Duration> {
        (0..count).find_map(|_| {
            *now += Duration::from_millis(20);
            quiet.polled(*now, false)
        })
    }

    #[test]
    fn a_silence_is_told_once_and_again_after_a_word() {
        let mut now = Instant::now();
        let mut quiet = Quiet::from(now);
        assert_eq!(polls(&mut quiet, &mut now, 99), None);
        assert_eq!(polls(&mut quiet, &mut now, 1), Some(SILENCE));
        assert_eq!(polls(&mut quiet, &mut now, 1000), None);
        assert_eq!(quiet.ended(now), None, "told before");
        assert_eq!(quiet.polled(now, true), None);
        assert_eq!(polls(&mut quiet, &mut now, 100), Some(SILENCE));
    }

    #[test]
    fn the_end_needs_less() {
        let mut now = Instant::now();
        let mut quiet = Quiet::from(now);
        assert_eq!(polls(&mut quiet, &mut now, 49), None);
        assert_eq!(quiet.ended(now), None);
        assert_eq!(polls(&mut quiet, &mut now, 1), None);
        assert_eq!(quiet.ended(now), Some(SILENCE_AT_END));
    }

    /// The computer was asleep, or the program was stopped: the first poll after it may be empty, and the board is not to blame.
    #[test]
    fn a_program_that_was_away_blames_nobody() {
        let now = Instant::now();
        let mut quiet = Quiet::from(now);
        assert_eq!(quiet.polled(now + Duration::from_secs(60), false), None);
        assert_eq!(quiet.polled(now + Duration::from_secs(60), true), None);
    }
}
