//! Least and greatest of any stretch of a long row of values in a handful of steps, also while the row grows.

use std::ops::Range;

use ichiscope_timeline::Extent;

/// Values of a level that make one of the next.
const FACTOR: usize = 16;

/// Something that has a least and a greatest value.
pub trait Extremes: Copy {
    /// Both.
    fn extremes(&self) -> (u16, u16);
}

impl Extremes for u16 {
    fn extremes(&self) -> (u16, u16) {
        (*self, *self)
    }
}

impl Extremes for (u16, u16) {
    fn extremes(&self) -> (u16, u16) {
        *self
    }
}

impl Extremes for Extent {
    fn extremes(&self) -> (u16, u16) {
        (self.least, self.greatest)
    }
}

/// The union of two ranges, either of which may be missing.
pub fn joined(a: Option<(u16, u16)>, b: Option<(u16, u16)>) -> Option<(u16, u16)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

/// Least and greatest of whole groups of 16, of 256, and so on. What is not yet a whole group is read from the row itself.
#[derive(Clone, Debug, Default)]
pub struct Pyramid {
    levels: Vec<Vec<(u16, u16)>>,
}

impl Pyramid {
    /// Takes what was appended to `row` since the last time. Nothing before may have changed.
    pub fn grow<T: Extremes>(&mut self, row: &[T]) {
        append(&mut self.levels, 0, row);
        for level in 0.. {
            let Some(below) = self.levels.get(level).map(Vec::len) else { return };
            if below < FACTOR {
                return;
            }
            let row = std::mem::take(&mut self.levels[level]);
            append(&mut self.levels, level + 1, &row);
            self.levels[level] = row;
        }
    }

    /// How many values of the row are in it.
    pub fn taken(&self) -> usize {
        self.levels.first().map_or(0, Vec::len) * FACTOR
    }

    /// Least and greatest of `row[range]`; none if that is empty.
    pub fn of<T: Extremes>(&self, row: &[T], range: Range<usize>) -> Option<(u16, u16)> {
        let range = range.start.min(row.len())..range.end.min(row.len());
        self.above(0, row, range)
    }

    fn above<T: Extremes>(&self, level: usize, row: &[T], range: Range<usize>) -> Option<(u16, u16)> {
        let inner = range.start.div_ceil(FACTOR)..range.end / FACTOR;
        let groups = self.levels.get(level).filter(|g| inner.start < inner.end && inner.end <= g.len());
        let Some(groups) = groups else { return plain(&row[range]) };
        let before = plain(&row[range.start..inner.start * FACTOR]);
        let after = plain(&row[inner.end * FACTOR..range.end]);
        joined(joined(before, after), self.above(level + 1, groups, inner))
    }
}

fn append<T: Extremes>(levels: &mut Vec<Vec<(u16, u16)>>, level: usize, row: &[T]) {
    if levels.len() == level {
        levels.push(Vec::new());
    }
    let groups = &mut levels[level];
    let new = row[groups.len() * FACTOR..].chunks_exact(FACTOR).filter_map(plain);
    groups.extend(new);
}

fn plain<T: Extremes>(row: &[T]) -> Option<(u16, u16)> {
    row.iter().map(|v| Some(v.extremes())).fold(None, joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that looks like noise, with a rare peak.
    fn row(count: u32) -> Vec<u16> {
        (0..count)
            .map(|i| {
                let noise = i.wrapping_mul(2_654_435_761) >> 22;
                if i % 3571 == 17 { 4000 } else { 1000 + noise as u16 }
            })
            .collect()
    }

    #[test]
    fn any_stretch_equals_the_plain_search() {
        let row = row(20_000);
        let mut pyramid = Pyramid::default();
        pyramid.grow(&row);
        let mut at = 7usize;
        for n in 0..2_000usize {
            at = (at * 7919 + 13) % row.len();
            let end = (at + n * n % 9_000).min(row.len());
            assert_eq!(pyramid.of(&row, at..end), plain(&row[at..end]), "{at}..{end}");
        }
        assert_eq!(pyramid.of(&row, 0..row.len()), plain(&row));
        assert_eq!(pyramid.of(&row, 5..5), None);
    }

    #[test]
    fn growing_piece_by_piece_gives_the_same() {
        let row = row(9_000);
        let mut grown = Pyramid::default();
        for end in (1..=row.len()).step_by(97).chain([row.len()]) {
            grown.grow(&row[..end]);
            assert_eq!(grown.of(&row[..end], 0..end), plain(&row[..end]));
        }
        let mut whole = Pyramid::default();
        whole.grow(&row);
        assert_eq!(grown.levels, whole.levels);
        assert!(grown.taken() <= row.len() && grown.taken() + FACTOR > row.len());
    }
}
