//! The whole of a long recording at a glance, from the index kept beside it, while the recording itself is being read.

use ichiscope_session::Index;
use ichiscope_wire::{Line, LineSet};

use crate::columns::{Cell, Cover, Grid};
use crate::view::signed;

/// Buckets of equal length with what each line did in them.
#[derive(Clone, Debug)]
pub struct FirstLook {
    start: i64,
    bucket_ticks: i64,
    lines: Vec<Vec<Cell>>,
    gaps: Vec<bool>,
    /// Ticks per second.
    pub tick_hz: Option<u64>,
    /// It was made from pieces of the recording: what happened between them is not in it.
    pub is_sampled: bool,
}

impl FirstLook {
    /// From an index; none if nothing is known of the recording's axis.
    pub fn of(index: &Index) -> Option<FirstLook> {
        let overview = index.overview.as_ref()?;
        let cell = |b: ichiscope_session::Bucket| Cell {
            low: b.min() == Some(false),
            high: b.max() == Some(true),
            gap: false,
        };
        Some(FirstLook {
            start: signed(overview.start_tick()),
            bucket_ticks: signed(overview.bucket_ticks()).max(1),
            lines: LineSet::ALL.iter().map(|line| overview.line(line).map(cell).collect()).collect(),
            gaps: overview.gaps().collect(),
            tick_hz: index.tick_hz,
            is_sampled: index.is_sampled,
        })
    }

    /// First and last tick of the recording.
    pub fn span(&self) -> (u64, u64) {
        let end = self.start + self.bucket_ticks * self.gaps.len() as i64;
        (u64::try_from(self.start).unwrap_or(0), u64::try_from(end - 1).unwrap_or(0))
    }

    /// The buckets that a column touches.
    fn buckets(&self, left: i64, right: i64) -> std::ops::Range<usize> {
        let count = self.gaps.len() as i64;
        let from = (left - self.start).div_euclid(self.bucket_ticks).clamp(0, count);
        let to = (-(self.start - right).div_euclid(self.bucket_ticks)).clamp(from, count);
        from as usize..to as usize
    }

    /// Puts into `cells` what a line does in the columns that begin after `last`, the last tick that was read so far.
    pub fn fill(&self, line: Line, grid: &Grid, last: u64, cells: &mut [Cell]) {
        let Some(buckets) = self.lines.get(line.index()) else { return };
        for (column, left, right) in grid.touching(signed(last) + 1, i64::MAX) {
            for bucket in &buckets[self.buckets(left, right)] {
                let cell = &mut cells[column as usize];
                cell.low |= bucket.low;
                cell.high |= bucket.high;
            }
        }
    }

    /// Marks in `covers` the columns after `last` in which something was lost.
    pub fn fill_gaps(&self, grid: &Grid, last: u64, covers: &mut [Cover]) {
        for (column, left, right) in grid.touching(signed(last) + 1, i64::MAX) {
            let cover = &mut covers[column as usize];
            if *cover == Cover::None && self.gaps[self.buckets(left, right)].contains(&true) {
                *cover = Cover::Part;
            }
        }
    }
}
