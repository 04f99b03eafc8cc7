//! What each pixel column of a lane shows, found by binary search: the cost depends on the width, not on the edges.
//!
//! Column `c` of `n` covers the ticks `c * length / n .. (c + 1) * length / n` of the view, as real numbers. Whatever
//! happens in that interval, however short, is in the column's cell; columns with a gap never join columns without.

use std::ops::Range;

use ichiscope_timeline::{Entry, Gap, Track};

use crate::view::{View, signed};

/// A view cut into pixel columns.
#[derive(Clone, Debug)]
pub struct Grid {
    view: View,
    /// For each column: the tick that covers its left border, and the first tick at or after its right border.
    bounds: Vec<(i64, i64)>,
}

impl Grid {
    /// `view` in `columns` columns (at least one).
    pub fn new(view: View, columns: u32) -> Grid {
        let columns = i64::from(columns.max(1));
        let at = |c: i64| i128::from(c) * i128::from(view.ticks());
        let n = i128::from(columns);
        let bounds = (0..columns)
            .map(|c| {
                let left = at(c).div_euclid(n) as i64;
                let right = -((-at(c + 1)).div_euclid(n)) as i64;
                (view.first_tick() + left, view.first_tick() + right)
            })
            .collect();
        Grid { view, bounds }
    }

    /// How many columns.
    pub fn columns(&self) -> u32 {
        self.bounds.len() as u32
    }

    /// The view.
    pub const fn view(&self) -> View {
        self.view
    }

    /// Where the start of `tick` is, as a fraction of the width; below 0 or above 1 outside the view.
    pub fn fraction(&self, tick: u64) -> f64 {
        self.signed_fraction(signed(tick))
    }

    /// As [`Grid::fraction`], for any place on the axis.
    pub fn signed_fraction(&self, tick: i64) -> f64 {
        (tick - self.view.first_tick()) as f64 / self.view.ticks() as f64
    }

    /// The columns that `start..end` touches, each with the ticks that it covers.
    pub fn touching(&self, start: i64, end: i64) -> impl Iterator<Item = (u32, i64, i64)> + '_ {
        let (from, to) = (start.max(self.view.first_tick()), end.min(self.view.end_tick()));
        let (columns, _) = if from < to { self.touched(from, to) } else { (0..0, 0..0) };
        columns.map(|c| (c, self.bounds[c as usize].0, self.bounds[c as usize].1))
    }

    /// The columns that `start..end` touches (always one or more, if it is in the view), and those it fills.
    fn touched(&self, start: i64, end: i64) -> (Range<u32>, Range<u32>) {
        let n = i128::from(self.columns());
        let length = i128::from(self.view.ticks());
        let place = |tick: i64| i128::from(tick - self.view.first_tick()) * n;
        let floor = |tick| place(tick).div_euclid(length).clamp(0, n) as u32;
        let ceil = |tick| (-(-place(tick)).div_euclid(length)).clamp(0, n) as u32;
        (floor(start)..ceil(end), ceil(start)..floor(end))
    }
}

/// Disjoint stretches of which nothing is known, oldest first, each at least one tick long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps(Vec<(i64, i64)>);

impl Gaps {
    /// From gaps in any order; those that touch are joined.
    pub fn new(gaps: &[Gap]) -> Gaps {
        let mut all: Vec<(i64, i64)> =
            gaps.iter().map(|g| (signed(g.start_tick), signed(g.end_tick.max(g.start_tick + 1)))).collect();
        all.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::with_capacity(all.len());
        for (start, end) in all {
            match joined.last_mut() {
                Some(last) if last.1 >= start => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        Gaps(joined)
    }

    /// The end of the gap that `tick` is in.
    fn end_of(&self, tick: i64) -> Option<i64> {
        let after = self.0.partition_point(|g| g.0 <= tick);
        after.checked_sub(1).map(|i| self.0[i].1).filter(|end| tick < *end)
    }

    /// The border of a gap nearest to `tick`, if it is not further away than `within` ticks.
    pub fn nearest_border(&self, tick: i64, within: u64) -> Option<u64> {
        // The gaps do not overlap, so none but these two can be nearest.
        let after = self.0.partition_point(|g| g.0 <= tick);
        let near = self.0.get(after.saturating_sub(1)..(after + 1).min(self.0.len()))?;
        let borders = near.iter().flat_map(|g| [g.0, g.1]).filter(|border| border.abs_diff(tick) <= within);
        borders.min_by_key(|border| border.abs_diff(tick)).and_then(|border| u64::try_from(border).ok())
    }

    /// For each column of `grid`, how much of it is a gap.
    pub fn covers(&self, grid: &Grid) -> Vec<Cover> {
        let mut covers = vec![Cover::None; grid.bounds.len()];
        let (from, to) = (grid.view.first_tick(), grid.view.end_tick());
        let mut i = self.0.partition_point(|g| g.1 <= from);
        while let Some(&(start, end)) = self.0.get(i).filter(|g| g.0 < to) {
            let (touched, filled) = grid.touched(start.max(from), end.min(to));
            for c in touched.clone() {
                covers[c as usize] = if filled.contains(&c) { Cover::Full } else { Cover::Part };
            }
            // Further gaps within the columns just marked change nothing.
            let done = grid.bounds[touched.end.saturating_sub(1) as usize].1;
            i += 1 + self.0[i + 1..].partition_point(|g| g.1 <= done && g.1 < to);
        }
        covers
    }
}

/// How much of a column is a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// Nothing.
    None,
    /// A part.
    Part,
    /// All.
    Full,
}

/// What a column shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The line was low somewhere in it.
    pub low: bool,
    /// The line was high somewhere in it.
    pub high: bool,
    /// Something was lost in it.
    pub gap: bool,
}

impl Cell {
    fn add(&mut self, level: bool) {
        if level { self.high = true } else { self.low = true }
    }

    /// Whether the line changed its level in it.
    pub const fn changes(self) -> bool {
        self.low && self.high
    }
}

/// What each column of `grid` shows of `track`. `span` is the first and last tick of which something is known.
pub fn cells(track: &Track, grid: &Grid, gaps: &Gaps, covers: &[Cover], span: (u64, u64)) -> Vec<Cell> {
    let entries = track.entries();
    // Neighbouring columns have about as many entries: each search begins where the last one ended.
    let (mut before, mut step, mut inside) = (0, 0, 0);
    let last = signed(span.1);
    grid.bounds
        .iter()
        .zip(covers)
        .map(|(&(left, right), cover)| {
            let mut cell = Cell { gap: *cover != Cover::None, ..Cell::default() };
            step = count_from(&entries[before..], step, |e| signed(e.tick()) <= left);
            before += step;
            inside = count_from(&entries[before..], inside, |e| signed(e.tick()) < right);
            if *cover == Cover::Full || left > last {
                return cell;
            }
            // The first tick of the column at which the level is known.
            let known = if *cover == Cover::Part { gaps.end_of(left).unwrap_or(left) } else { left };
            if known < right && known <= last {
                let at =
                    before + entries[before..before + inside].partition_point(|e| signed(e.tick()) <= known);
                if let Some(entry) = at.checked_sub(1).map(|i| entries[i]) {
                    cell.add(entry.level());
                }
            }
            // Entries of a track alternate: two of them are both levels.
            for entry in &entries[before..before + inside.min(2)] {
                cell.add(entry.level());
            }
            cell
        })
        .collect()
}

/// How many entries at the front satisfy `is_before`: doubling steps away from `guess`, then a binary search. A probe far away is a
/// miss of the cache, so a good guess is worth more than a short search.
fn count_from(entries: &[Entry], guess: usize, is_before: impl Fn(&Entry) -> bool) -> usize {
    let guess = guess.min(entries.len());
    let (mut low, mut high) = (0, entries.len());
    let mut step = 1;
    if guess < high && is_before(&entries[guess]) {
        low = guess + 1;
        while guess + step < high {
            if !is_before(&entries[guess + step]) {
                high = guess + step;
                break;
            }
            low = guess + step + 1;
            step *= 2;
        }
    } else {
        high = guess;
        while step <= guess {
            if is_before(&entries[guess - step]) {
                low = guess - step + 1;
                break;
            }
            high = guess - step;
            step *= 2;
        }
    }
    low + entries[low..high].partition_point(is_before)
}

/// Neighbouring columns that show the same.
pub fn segments<T: Copy + PartialEq>(columns: &[T]) -> impl Iterator<Item = (Range<u32>, T)> {
    let mut from = 0;
    columns.chunk_by(|a, b| a == b).map(move |chunk| {
        let range = from..from + chunk.len() as u32;
        from = range.end;
        (range, chunk[0])
    })
}

#[cfg(test)]
mod tests {
    use ichiscope_timeline::{Builder, GapCause};
    use ichiscope_wire::{Edge, Heartbeat, Line, LineSet, Payload, Record, encode_frame};

    use super::*;
    use crate::view::{Anchor, Rung};

    const DAY: u64 = 36_000_000 * 86_400;
    const WIDTH: u32 = 1000;

    fn gap(start_tick: u64, end_tick: u64) -> Gap {
        Gap { start_tick, end_tick, cause: GapCause::Sequence, lost: 0 }
    }

    /// rail0 is low from tick 0, high in each of the pulses, and known until `end`.
    fn track(pulses: &[(u64, u64)], end: u64) -> Track {
        let mut records =
            vec![(0, Payload::Heartbeat(Heartbeat { tick: 0, levels: LineSet::EMPTY, flags: 1 }))];
        for pulse in pulses {
            for (tick, level) in [(pulse.0, true), (pulse.1, false)] {
                let changed = LineSet::EMPTY.with(Line::Rail0, true);
                let levels = LineSet::EMPTY.with(Line::Rail0, level);
                records.push((tick, Payload::Edge(Edge { levels, changed, age: 0 })));
            }
        }
        records.push((end, Payload::Heartbeat(Heartbeat { tick: end, levels: LineSet::EMPTY, flags: 1 })));
        let mut builder = Builder::new();
        for (seq, (tick, payload)) in records.into_iter().enumerate() {
            builder.bytes(0, &encode_frame(seq as u8, &Record::new(tick, 0, payload)));
        }
        let timeline = builder.into_timeline();
        assert!(timeline.gaps().is_empty());
        timeline.track(Line::Rail0).clone()
    }

    fn look(track: &Track, view: View, gaps: &Gaps, span: (u64, u64)) -> Vec<Cell> {
        let grid = Grid::new(view, WIDTH);
        let covers = gaps.covers(&grid);
        cells(track, &grid, gaps, &covers, span)
    }

    /// Every rung from a few ticks to a week, with `tick` at different places of the view.
    fn every_zoom(tick: i64) -> impl Iterator<Item = View> {
        let rungs = (2..45).flat_map(|octave| [0, 1, 7].map(|odd| (1u64 << octave) + odd));
        rungs.flat_map(move |ticks| {
            [0.0, 0.3, 0.999].map(|f| {
                let view = View::new(0, Rung::at_least(ticks));
                let place = view.tick_at(Anchor::from_fraction(f));
                View::new(tick - place, Rung::at_least(ticks))
            })
        })
    }

    #[test]
    fn a_pulse_of_one_tick_in_a_day_is_drawn_at_every_zoom() {
        let at = DAY / 3 + 1;
        let track = track(&[(at, at + 1)], DAY);
        for view in every_zoom(at as i64) {
            let cells = look(&track, view, &Gaps::default(), (0, DAY));
            assert!(cells.iter().any(|c| c.high), "lost at {view:?}");
            assert!(cells.iter().filter(|c| c.low).count() > 0, "{view:?}");
        }
    }

    #[test]
    fn a_gap_of_one_tick_is_drawn_at_every_zoom_and_never_joined_over() {
        let at = DAY / 3 + 1;
        let track = track(&[], DAY);
        for gaps in [Gaps::new(&[gap(at, at + 1)]), Gaps::new(&[gap(at, at)])] {
            for view in every_zoom(at as i64) {
                let cells = look(&track, view, &gaps, (0, DAY));
                let first = cells.iter().position(|c| c.gap);
                assert!(first.is_some(), "lost at {view:?}");
                for (range, cell) in segments(&cells) {
                    let inside =
                        cells[range.start as usize..range.end as usize].iter().all(|c| c.gap == cell.gap);
                    assert!(inside, "joined at {view:?}");
                }
            }
        }
    }

    #[test]
    fn within_a_gap_no_level_is_drawn() {
        let track = track(&[(100, 900)], 2000);
        let view = View::new(0, Rung::at_least(1024));
        let cells = look(&track, view, &Gaps::new(&[gap(200, 400)]), (0, 2000));
        let shown = |tick: u64| cells[(tick * u64::from(WIDTH) / view.ticks()) as usize];
        assert_eq!(shown(150), Cell { high: true, ..Cell::default() });
        assert_eq!(shown(300), Cell { gap: true, ..Cell::default() });
        assert_eq!(shown(500), Cell { high: true, ..Cell::default() });
    }

    #[test]
    fn nothing_is_drawn_before_and_after_what_is_known() {
        let track = track(&[(100, 200)], 500);
        let cells = look(&track, View::new(-500, Rung::at_least(2048)), &Gaps::default(), (0, 500));
        let known: Vec<usize> =
            cells.iter().enumerate().filter(|(_, c)| c.low || c.high).map(|(i, _)| i).collect();
        // 2048 ticks in 1000 columns: tick 0 is in column 244, tick 500 in 488.
        assert_eq!((known.first(), known.last()), (Some(&244), Some(&488)));
    }

    /// Against the plain definition: a level is in a cell if one of its ticks overlaps the column.
    #[test]
    fn cells_equal_a_walk_over_every_tick() {
        let gaps = Gaps::new(&[gap(300, 333), gap(1000, 1001), gap(1001, 1500), gap(20, 20)]);
        let mut pulses: Vec<(u64, u64)> = (0..60).map(|i| (i * 37 + 5, i * 37 + 6 + i % 5 * 7)).collect();
        // Within a gap no edge is seen.
        pulses.retain(|p| gaps.end_of(p.0 as i64).is_none() && gaps.end_of(p.1 as i64).is_none());
        let track = track(&pulses, 4000);
        for (first, ticks) in [(0, 4096), (-100, 700), (290, 50), (995, 12), (0, 1024), (17, 1001)] {
            let view = View::new(first, Rung::at_least(ticks));
            let cells = look(&track, view, &gaps, (0, 4000));
            let mut plain = vec![Cell::default(); WIDTH as usize];
            for tick in view.first_tick()..view.end_tick() {
                if !(0..=4000).contains(&tick) {
                    continue;
                }
                let place = (tick - view.first_tick()) as u64 * u64::from(WIDTH);
                let columns = place / view.ticks()..(place + u64::from(WIDTH)).div_ceil(view.ticks());
                for c in columns {
                    let cell = &mut plain[c as usize];
                    if gaps.end_of(tick).is_some() {
                        cell.gap = true;
                    } else {
                        cell.add(pulses.iter().any(|p| (p.0..p.1).contains(&(tick as u64))));
                    }
                }
            }
            let differs = (0..WIDTH as usize).find(|c| cells[*c] != plain[*c]);
            assert_eq!(differs, None, "{view:?}");
        }
    }

    #[test]
    fn counting_gives_the_same_from_any_guess() {
        let ticks: Vec<u64> = (0..200).map(|i| i * i / 7 + i / 50 * 900).collect();
        let entries: Vec<Entry> = ticks.iter().map(|t| Entry::crossing(*t, t % 2 == 0)).collect();
        for bound in [0, 1, 5, 899, 900, 2000, 4000, 9000, 100_000] {
            let plain = ticks.iter().filter(|t| **t < bound).count();
            for guess in 0..=230 {
                assert_eq!(count_from(&entries, guess, |e| e.tick() < bound), plain, "{bound} {guess}");
            }
        }
        assert_eq!(count_from(&[], 3, |_| true), 0);
    }

    #[test]
    fn gaps_that_touch_are_one() {
        let gaps = Gaps::new(&[gap(50, 60), gap(10, 20), gap(20, 30), gap(15, 18)]);
        assert_eq!(gaps.0, [(10, 30), (50, 60)]);
        let near = |tick| gaps.nearest_border(tick, 6);
        assert_eq!(
            [4, 3, 33, 44, 57, 66, 67].map(near),
            [10, 0, 30, 50, 60, 60, 0].map(|b| (b > 0).then_some(b))
        );
        assert_eq!(Gaps::default().nearest_border(5, 100), None);
    }

    #[test]
    fn segments_join_equal_neighbours() {
        let all: Vec<_> = segments(&[1, 1, 2, 1]).collect();
        assert_eq!(all, [(0..2, 1), (2..3, 2), (3..4, 1)]);
    }
}
