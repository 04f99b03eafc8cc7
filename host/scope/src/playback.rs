//! The playhead over a finished timeline: integer ticks, with the rest of each step carried to the next.

/// Speeds as fractions of real time, slowest first.
pub const SPEEDS: [(u64, u64); 22] = [
    (1, 1000),
    (1, 500),
    (1, 200),
    (1, 100),
    (1, 50),
    (1, 20),
    (1, 10),
    (1, 5),
    (1, 2),
    (1, 1),
    (2, 1),
    (5, 1),
    (10, 1),
    (20, 1),
    (50, 1),
    (100, 1),
    (200, 1),
    (500, 1),
    (1000, 1),
    (2000, 1),
    (5000, 1),
    (10_000, 1),
];

/// By default a capture plays in about this time, s.
const WHOLE_S: u64 = 30;
const NS_PER_S: u128 = 1_000_000_000;

/// Where the replay is, and whether it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playback {
    head: Option<u64>,
    playing: bool,
    speed: usize,
    /// What the last step left over, in 1/(10^9 * denominator) of a tick.
    rest: u128,
}

impl Default for Playback {
    fn default() -> Self {
        Playback { head: None, playing: false, speed: 13, rest: 0 }
    }
}

impl Playback {
    /// At rest, with the speed at which `span` plays in about half a minute.
    pub fn for_span(span: (u64, u64), tick_hz: u64) -> Playback {
        let target = (span.1 - span.0) / (tick_hz.max(1) * WHOLE_S);
        // Two thirds of the target are near enough: steps are 2 to 2.5 apart.
        let near = |(n, d): &(u64, u64)| *d == 1 && 3 * n >= 2 * target;
        let speed = SPEEDS.iter().position(near).unwrap_or(SPEEDS.len() - 1);
        Playback { speed, ..Playback::default() }
    }

    /// The playhead, once it was set.
    pub const fn head(&self) -> Option<u64> {
        self.head
    }

    /// Whether it runs.
    pub const fn is_playing(&self) -> bool {
        self.playing
    }

    /// The speed as a fraction of real time.
    pub fn speed(&self) -> (u64, u64) {
        SPEEDS.get(self.speed).copied().unwrap_or((1, 1))
    }

    /// The speed's place in [`SPEEDS`].
    pub const fn speed_index(&self) -> usize {
        self.speed
    }

    /// Chooses a speed by its place in [`SPEEDS`].
    pub fn set_speed(&mut self, index: usize) {
        self.speed = index.min(SPEEDS.len() - 1);
        self.rest = 0;
    }

    /// Starts, from the beginning if the playhead is nowhere or at the end; or pauses.
    pub fn toggle(&mut self, span: (u64, u64)) {
        self.playing = !self.playing;
        if self.playing && self.head.is_none_or(|h| h >= span.1) {
            self.scrub(span.0, span);
        }
    }

    /// Moves the playhead.
    pub fn scrub(&mut self, tick: u64, span: (u64, u64)) {
        self.head = Some(tick.clamp(span.0, span.1.max(span.0)));
        self.rest = 0;
    }

    /// Lets `elapsed_ns` of real time pass. Stops at the end of `span`.
    pub fn advance(&mut self, elapsed_ns: u64, tick_hz: u64, span: (u64, u64)) {
        let (true, Some(head)) = (self.playing, self.head) else { return };
        let (numerator, denominator) = self.speed();
        let per_tick = NS_PER_S * u128::from(denominator);
        let all = u128::from(elapsed_ns) * u128::from(tick_hz) * u128::from(numerator) + self.rest;
        self.rest = all % per_tick;
        let moved = u64::try_from(all / per_tick).unwrap_or(u64::MAX);
        let to = head.saturating_add(moved);
        self.head = Some(to.min(span.1));
        self.playing = to < span.1;
    }
}

/// A speed as it is shown.
pub fn speed_name((numerator, denominator): (u64, u64)) -> String {
    if denominator == 1 { format!("{numerator} x") } else { format!("{numerator}/{denominator} x") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HZ: u64 = 36_000_000;

    fn index(speed: (u64, u64)) -> usize {
        SPEEDS.iter().position(|s| *s == speed).unwrap()
    }

    #[test]
    fn twelve_minutes_play_in_about_half_a_minute() {
        let span = (0, 12 * 60 * HZ);
        let (n, d) = Playback::for_span(span, HZ).speed();
        assert_eq!((n, d), (20, 1));
    }

    /// 10^6 steps of 1 ns at 1/1000 and 36 MHz: 36 ticks exactly, though each step is far below one tick.
    #[test]
    fn small_steps_add_up_without_loss() {
        let mut p = Playback::default();
        p.set_speed(index((1, 1000)));
        p.toggle((100, 1_000_000));
        for _ in 0..1_000_000 {
            p.advance(1, HZ, (100, 1_000_000));
        }
        assert_eq!(p.head(), Some(136));
    }

    #[test]
    fn it_stops_at_the_end_and_starts_again_from_the_beginning() {
        let span = (1000, 2000);
        let mut p = Playback::default();
        p.toggle(span);
        assert_eq!((p.head(), p.is_playing()), (Some(1000), true));
        p.advance(NS_PER_S as u64, HZ, span);
        assert_eq!((p.head(), p.is_playing()), (Some(2000), false));
        p.toggle(span);
        assert_eq!((p.head(), p.is_playing()), (Some(1000), true));
    }

    #[test]
    fn a_paused_playhead_does_not_move() {
        let span = (0, 1000);
        let mut p = Playback::default();
        p.scrub(500, span);
        p.advance(1_000_000, HZ, span);
        assert_eq!(p.head(), Some(500));
        p.scrub(5000, span);
        assert_eq!(p.head(), Some(1000));
    }

    #[test]
    fn speeds_rise_from_a_thousandth_to_ten_thousand() {
        assert!(SPEEDS.windows(2).all(|w| w[0].0 * w[1].1 < w[1].0 * w[0].1));
        assert_eq!((SPEEDS[0], SPEEDS[SPEEDS.len() - 1]), ((1, 1000), (10_000, 1)));
    }
}
