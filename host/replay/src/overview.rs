//! The whole recording in a few thousand columns: what a first picture needs, however long it is.

use ichiscope_timeline::{Entry, Timeline};
use ichiscope_wire::Line;
use serde::{Deserialize, Serialize};

/// The axis is divided into at most this many buckets.
pub const MAX_BUCKETS: usize = 4096;

const LOW: u8 = 1;
const HIGH: u8 = 2;
const CROSSED: u8 = 4;

/// What one line did in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket(u8);

impl Bucket {
    /// Lowest level seen; `None` if nothing is known.
    pub fn min(self) -> Option<bool> {
        (self.0 & (LOW | HIGH) != 0).then_some(self.0 & LOW == 0)
    }

    /// Highest level seen; `None` if nothing is known.
    pub fn max(self) -> Option<bool> {
        (self.0 & (LOW | HIGH) != 0).then_some(self.0 & HIGH != 0)
    }

    /// Whether the line crossed in it.
    pub fn has_crossing(self) -> bool {
        self.0 & CROSSED != 0
    }
}

/// A recording in buckets of equal length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    start_tick: u64,
    bucket_ticks: u64,
    /// For each line one hexadecimal digit a bucket; easy on the eye and on JSON.
    lines: Vec<String>,
    /// `1` where a gap touches the bucket.
    gaps: String,
}

impl Overview {
    /// The overview of an axis; `None` while nothing is known of it.
    pub fn of(timeline: &Timeline) -> Option<Overview> {
        let grid = Grid::of(timeline.span()?);
        let line = |line: Line| {
            let mut flags = grid.blank();
            grid.mark_line(&mut flags, timeline.track(line).entries(), grid.end);
            digits(&flags)
        };
        let mut gaps = grid.blank();
        for gap in timeline.gaps() {
            grid.mark(&mut gaps, gap.start_tick, gap.end_tick, 1);
        }
        Some(grid.overview(Line::ALL.map(line).into(), &gaps))
    }

    /// The overview of an axis of which only pieces are known, in order; `None` without a piece, or if a tick goes back.
    ///
    /// Between two pieces a line is shown at both levels that it had at their ends: what happened there is not known.
    pub fn of_pieces(pieces: &[Timeline]) -> Option<Overview> {
        let spans: Vec<(u64, u64)> = pieces.iter().map(Timeline::span).collect::<Option<_>>()?;
        if !spans.is_sorted_by(|a, b| a.1 <= b.0) {
            return None;
        }
        let grid = Grid::of((spans.first()?.0, spans.last()?.1));
        let line = |line: Line| {
            let mut flags = grid.blank();
            let entries: Vec<&[Entry]> = pieces.iter().map(|piece| piece.track(line).entries()).collect();
            for (entries, span) in entries.iter().zip(&spans) {
                grid.mark_line(&mut flags, entries, span.1);
            }
            for (pair, ends) in entries.windows(2).zip(spans.windows(2)) {
                for entry in [pair[0].last(), pair[1].first()].into_iter().flatten() {
                    grid.mark(&mut flags, ends[0].1, ends[1].0, flag(entry.level()));
                }
            }
            digits(&flags)
        };
        Some(grid.overview(Line::ALL.map(line).into(), &grid.blank()))
    }

    /// First tick of the first bucket.
    pub fn start_tick(&self) -> u64 {
        self.start_tick
    }

    /// Ticks in a bucket.
    pub fn bucket_ticks(&self) -> u64 {
        self.bucket_ticks
    }

    /// What a line did, bucket by bucket.
    pub fn line(&self, line: Line) -> impl Iterator<Item = Bucket> {
        self.lines
            .get(line.index())
            .into_iter()
            .flat_map(|digits| digits.bytes())
            .map(|digit| Bucket(digit & 7))
    }

    /// Whether a gap touches it, bucket by bucket.
    pub fn gaps(&self) -> impl Iterator<Item = bool> {
        self.gaps.bytes().map(|digit| digit == b'1')
    }
}

/// The division of the axis.
struct Grid {
    start: u64,
    end: u64,
    bucket_ticks: u64,
    count: usize,
}

impl Grid {
    /// First and last tick.
    fn of((start, end): (u64, u64)) -> Grid {
        let ticks = (end - start).saturating_add(1);
        let bucket_ticks = ticks.div_ceil(MAX_BUCKETS as u64);
        Grid { start, end, bucket_ticks, count: ticks.div_ceil(bucket_ticks) as usize }
    }

    fn blank(&self) -> Vec<u8> {
        vec![0; self.count]
    }

    fn bucket(&self, tick: u64) -> usize {
        let ticks = tick.clamp(self.start, self.end) - self.start;
        (ticks / self.bucket_ticks) as usize
    }

    /// Sets `flag` in all buckets from `from` to `to`, both included.
    fn mark(&self, flags: &mut [u8], from: u64, to: u64, flag: u8) {
        for bucket in &mut flags[self.bucket(from)..=self.bucket(to.max(from))] {
            *bucket |= flag;
        }
    }

    /// What a line did until `end`.
    fn mark_line(&self, flags: &mut [u8], entries: &[Entry], end: u64) {
        let next = entries.iter().skip(1).map(|e| e.tick().saturating_sub(1)).chain([end]);
        for (entry, last) in entries.iter().zip(next) {
            self.mark(flags, entry.tick(), last, flag(entry.level()));
            if entry.is_crossing() {
                self.mark(flags, entry.tick(), entry.tick(), CROSSED);
            }
        }
    }

    fn overview(&self, lines: Vec<String>, gaps: &[u8]) -> Overview {
        Overview { start_tick: self.start, bucket_ticks: self.bucket_ticks, lines, gaps: digits(gaps) }
    }
}

const fn flag(level: bool) -> u8 {
    if level { HIGH } else { LOW }
}

fn digits(flags: &[u8]) -> String {
    flags.iter().map(|flag| char::from(b'0' + flag)).collect()
}
