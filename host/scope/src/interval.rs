//! Intervals on the axis, and which of them are drawn.

use std::ops::Range;

/// A place in the analysis, or of a band of phases, with its ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The place.
    pub index: usize,
    /// First tick.
    pub start: u64,
    /// First tick after it.
    pub end: u64,
}

/// Those of `sorted` (by start, without overlap) that touch `start..end`.
pub fn touching(sorted: &[Interval], start: i64, end: i64) -> &[Interval] {
    let range = range_of(sorted, start, end);
    &sorted[range]
}

fn range_of(sorted: &[Interval], start: i64, end: i64) -> Range<usize> {
    let start = u64::try_from(start).unwrap_or(0);
    let end = u64::try_from(end).unwrap_or(0);
    let from = sorted.partition_point(|i| i.end < start);
    let to = sorted.partition_point(|i| i.start < end);
    from..to.max(from)
}

/// At most one interval for each of `columns` columns: of those too narrow to be told apart the first one stands.
pub fn thinned(sorted: &[Interval], start: i64, ticks: u64, columns: u32) -> Vec<Interval> {
    let end = start.saturating_add_unsigned(ticks);
    let mut left = touching(sorted, start, end);
    let column = (ticks / u64::from(columns.max(1))).max(1);
    let mut kept = Vec::new();
    while let Some((first, rest)) = left.split_first() {
        kept.push(*first);
        let past = first.start + column;
        left = &rest[rest.partition_point(|i| i.end <= past)..];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(index: usize, start: u64, end: u64) -> Interval {
        Interval { index, start, end }
    }

    #[test]
    fn thinning_keeps_what_is_wide_and_never_empties_a_crowd() {
        let mut crowd: Vec<_> = (0..100_000).map(|i| interval(i, i as u64 * 10, i as u64 * 10 + 1)).collect();
        crowd.push(interval(100_000, 1_000_000, 1_500_000));
        let kept = thinned(&crowd, 0, 2_000_000, 100);
        assert!(kept.len() <= 101, "{}", kept.len());
        assert_eq!(kept.last().map(|i| i.index), Some(100_000));
        // 20 000 ticks to a column: every column of the crowd's half of the view still shows one.
        assert!(kept.windows(2).all(|w| w[1].start - w[0].start <= 20_010));
    }

    #[test]
    fn touching_holds_both_borders() {
        let all = [interval(0, 0, 10), interval(1, 20, 30), interval(2, 40, 50)];
        assert_eq!(touching(&all, 25, 40), &all[1..2]);
        assert_eq!(touching(&all, -100, 0), &all[..0]);
        assert_eq!(touching(&all, 5, 41), &all[..]);
    }
}
