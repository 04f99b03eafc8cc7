//! The part of the axis that is on the screen, in integer ticks, and the arithmetic of zoom and pan.
//!
//! A view is its first tick and a rung of a fixed ladder of lengths. Zooming keeps the tick under the anchor where it is
//! and changes the rung, so zooming in and out again gives back the very same view: nothing is rounded twice.

/// 2^(i/16) in 1/2^32: the rungs of one octave.
const OCTAVE: [u64; 16] = [
    0x1_0000_0000,
    0x1_0b55_86cf,
    0x1_172b_83c7,
    0x1_2387_a6e7,
    0x1_306f_e0a3,
    0x1_3dea_64c1,
    0x1_4bfd_ad53,
    0x1_5ab0_7dd4,
    0x1_6a09_e667,
    0x1_7a11_473e,
    0x1_8ace_5422,
    0x1_9c49_182a,
    0x1_ae89_f995,
    0x1_c199_bdd8,
    0x1_d581_8dcf,
    0x1_ea4a_fa2a,
];
/// The shortest view, ticks.
const SHORTEST: u64 = 4;
/// From this length on the rungs are sixteenths of an octave; below, single ticks.
const FINE: u64 = 32;
const FINE_RUNG: u16 = (FINE - SHORTEST) as u16;
const TOP_OCTAVE: u16 = 60;

/// A length of the ladder. Neighbours differ by about 4 % (by one tick where that is more).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rung(u16);

impl Rung {
    /// Rungs in an octave: this many steps double the length.
    pub const PER_OCTAVE: i32 = 16;
    /// Four ticks.
    pub const SHORTEST: Rung = Rung(0);
    /// 2^60 ticks: a thousand years at 36 MHz.
    pub const LONGEST: Rung = Rung(FINE_RUNG + (TOP_OCTAVE - 5) * 16);

    /// The length in ticks.
    pub const fn ticks(self) -> u64 {
        if self.0 < FINE_RUNG {
            return SHORTEST + self.0 as u64;
        }
        let fine = self.0 - FINE_RUNG;
        ((OCTAVE[(fine % 16) as usize] as u128 * FINE as u128) << (fine / 16) >> 32) as u64
    }

    /// The shortest rung of at least `ticks`.
    pub fn at_least(ticks: u64) -> Rung {
        let (mut low, mut high) = (Self::SHORTEST.0, Self::LONGEST.0);
        while low < high {
            let middle = (low + high) / 2;
            if Rung(middle).ticks() < ticks {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Rung(low)
    }

    fn stepped(self, steps: i32) -> Rung {
        Rung((i32::from(self.0) + steps).clamp(0, i32::from(Self::LONGEST.0)) as u16)
    }
}

/// A place across the view, in 1/2^64 of its width from its left: finer than a tick in any view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor(u64);

impl Anchor {
    /// The middle.
    pub const CENTRE: Anchor = Anchor(1 << 63);

    /// From a fraction 0..=1 of the width; what lies outside is moved to the border.
    pub fn from_fraction(fraction: f64) -> Anchor {
        // A float beyond the largest number becomes that.
        Anchor((fraction.clamp(0.0, 1.0) * 2f64.powi(64)) as u64)
    }

    fn ticks_of(self, rung: Rung) -> i64 {
        ((u128::from(self.0) * u128::from(rung.ticks())) >> 64) as i64
    }
}

/// What is on the screen: `first_tick .. first_tick + ticks()`. It may reach beyond the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    first: i64,
    rung: Rung,
}

impl View {
    /// The smallest view with all of `start..end` and a little air at both sides.
    pub fn around(start: u64, end: u64) -> View {
        let length = end.saturating_sub(start).max(1);
        let rung = Rung::at_least(length.saturating_add(length / 50 + 2));
        let air = rung.ticks().saturating_sub(length) / 2;
        View { first: signed(start) - signed(air), rung }
    }

    /// A view that begins at `first_tick`.
    pub const fn new(first_tick: i64, rung: Rung) -> View {
        View { first: first_tick, rung }
    }

    /// Its first tick; negative where the view begins before the axis does.
    pub const fn first_tick(&self) -> i64 {
        self.first
    }

    /// The first tick after it.
    pub const fn end_tick(&self) -> i64 {
        self.first + self.ticks() as i64
    }

    /// Its length in ticks.
    pub const fn ticks(&self) -> u64 {
        self.rung.ticks()
    }

    /// The tick at the anchor.
    pub fn tick_at(&self, anchor: Anchor) -> i64 {
        self.first + anchor.ticks_of(self.rung)
    }

    /// The anchor at which exactly this tick is; none if it is not in the view.
    pub fn anchor_of(&self, tick: u64) -> Option<Anchor> {
        let into = u128::try_from(signed(tick).checked_sub(self.first)?).ok()?;
        let place = (into << 64).div_ceil(u128::from(self.ticks()));
        u64::try_from(place).ok().map(Anchor)
    }

    /// The view made `steps` rungs shorter (longer, if negative); the tick at the anchor stays there.
    #[must_use]
    pub fn zoomed(&self, steps: i32, anchor: Anchor) -> View {
        let rung = self.rung.stepped(-steps);
        View { first: self.tick_at(anchor) - anchor.ticks_of(rung), rung }
    }

    /// The view moved so that it begins at `first_tick`, but never so far that nothing of `span` is left in it.
    #[must_use]
    pub fn moved_to(&self, first_tick: i64, span: (u64, u64)) -> View {
        let least = signed(span.0) - signed(self.ticks()) + 1;
        View { first: first_tick.clamp(least, signed(span.1).max(least)), rung: self.rung }
    }

    /// Whether `tick` is in it.
    pub fn contains(&self, tick: u64) -> bool {
        (self.first..self.end_tick()).contains(&signed(tick))
    }
}

/// A tick as a signed number: ticks of the axis are below 2^62.
pub(crate) fn signed(tick: u64) -> i64 {
    i64::try_from(tick).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 36_000_000 * 86_400;

    #[test]
    fn an_anchor_at_a_tick_keeps_that_tick_from_a_day_to_four_ticks_and_back() {
        let day = View::around(0, DAY);
        for tick in [0, 1, DAY / 3 + 1, DAY - 1] {
            let anchor = day.anchor_of(tick).unwrap();
            let mut view = day;
            while view.ticks() > SHORTEST {
                assert_eq!(view.tick_at(anchor), signed(tick));
                view = view.zoomed(3, anchor);
                assert!(view.contains(tick), "{tick} in {view:?}");
            }
            let back = view.zoomed(-10_000, anchor).zoomed(10_000, anchor);
            assert_eq!(back, view);
        }
        assert_eq!(day.anchor_of(3 * DAY), None);
    }

    #[test]
    fn the_ladder_rises_strictly_and_doubles_in_sixteen_steps() {
        let mut rung = Rung::SHORTEST;
        assert_eq!(rung.ticks(), 4);
        while rung < Rung::LONGEST {
            let next = rung.stepped(1);
            assert!(next.ticks() > rung.ticks(), "{rung:?}");
            rung = next;
        }
        assert_eq!(rung.ticks(), 1 << 60);
        let thousand = Rung::at_least(1024);
        assert_eq!(
            (thousand.ticks(), thousand.stepped(16).ticks(), thousand.stepped(-32).ticks()),
            (1024, 2048, 256)
        );
    }

    #[test]
    fn at_least_is_the_shortest_that_holds() {
        for ticks in [0, 4, 5, 31, 32, 33, 1000, 1025, DAY, DAY + 1] {
            let rung = Rung::at_least(ticks);
            assert!(rung.ticks() >= ticks);
            assert!(rung == Rung::SHORTEST || rung.stepped(-1).ticks() < ticks);
        }
    }

    #[test]
    fn forty_times_in_and_out_returns_exactly_and_keeps_the_anchor() {
        for fraction in [0.0, 0.123_456_789, 0.5, 0.987_654_321, 1.0] {
            let anchor = Anchor::from_fraction(fraction);
            for step in [1, 4, 8] {
                let start = View::around(17, DAY);
                let tick = start.tick_at(anchor);
                let mut view = start;
                for _ in 0..40 {
                    view = view.zoomed(step, anchor);
                    assert_eq!(view.tick_at(anchor), tick);
                }
                assert!(view.ticks() < start.ticks());
                for _ in 0..40 {
                    view = view.zoomed(-step, anchor);
                    assert_eq!(view.tick_at(anchor), tick);
                }
                assert_eq!(view, start);
            }
        }
    }

    #[test]
    fn from_a_day_to_a_few_ticks_the_anchor_is_never_lost() {
        let anchor = Anchor::from_fraction(0.333);
        let mut view = View::around(0, 30 * DAY);
        let tick = view.tick_at(anchor);
        for _ in 0..2000 {
            view = view.zoomed(1, anchor);
        }
        assert_eq!((view.ticks(), view.tick_at(anchor)), (4, tick));
    }

    #[test]
    fn around_holds_the_range_with_air() {
        for (start, end) in [(0, 0), (5, 6), (1000, 2000), (DAY, 3 * DAY)] {
            let view = View::around(start, end);
            assert!(view.first_tick() < start as i64 && view.end_tick() > end as i64, "{view:?}");
            assert!(view.ticks() < 2 * (end - start) + 10);
        }
    }

    #[test]
    fn a_pan_never_leaves_the_recording() {
        let view = View::new(0, Rung::at_least(1024));
        assert_eq!(view.moved_to(i64::MIN / 2, (500, 9000)).first_tick(), 500 - 1023);
        assert_eq!(view.moved_to(i64::MAX / 2, (500, 9000)).first_tick(), 9000);
        assert_eq!(view.moved_to(77, (500, 9000)).first_tick(), 77);
    }
}
