//! Edges near a tick, over all wired lines but the pulse per second: for stepping from edge to edge and for cursors that snap.

use ichiscope_timeline::{Entry, Timeline};
use ichiscope_wire::Line;

/// A pulse each second would be in the way of everything else.
fn lines(timeline: &Timeline) -> impl Iterator<Item = Line> {
    timeline.wired().iter().filter(|line| *line != Line::Pps)
}

/// The first crossing of any wired line after `tick`.
pub fn next(timeline: &Timeline, tick: u64) -> Option<u64> {
    let after = |entries: &[Entry]| {
        let from = entries.partition_point(|e| e.tick() <= tick);
        entries[from..].iter().find(|e| e.is_crossing()).map(|e| e.tick())
    };
    lines(timeline).filter_map(|line| after(timeline.track(line).entries())).min()
}

/// The last crossing of any wired line before `tick`.
pub fn previous(timeline: &Timeline, tick: u64) -> Option<u64> {
    let before = |entries: &[Entry]| {
        let to = entries.partition_point(|e| e.tick() < tick);
        entries[..to].iter().rev().find(|e| e.is_crossing()).map(|e| e.tick())
    };
    lines(timeline).filter_map(|line| before(timeline.track(line).entries())).max()
}

/// The crossing nearest to `tick`, if it is not further away than `within` ticks; of two as near the earlier one.
pub fn nearest(timeline: &Timeline, tick: u64, within: u64) -> Option<u64> {
    let candidates = [previous(timeline, tick.saturating_add(1)), next(timeline, tick)];
    candidates.into_iter().flatten().filter(|t| t.abs_diff(tick) <= within).min_by_key(|t| t.abs_diff(tick))
}

#[cfg(test)]
mod tests {
    use ichiscope_timeline::Builder;
    use ichiscope_wire::{Edge, Heartbeat, LineSet, Payload, Record, encode_frame};

    use super::*;

    /// Crossings of rail0 at 100 and 300 and of ch_pr at 200.
    fn timeline() -> Timeline {
        let mut builder = Builder::new();
        let mut levels = LineSet::EMPTY;
        let beat = Payload::Heartbeat(Heartbeat { tick: 0, levels, flags: 1 });
        builder.bytes(0, &encode_frame(0, &Record::new(0, 0, beat)));
        for (seq, (tick, line)) in
            [(100, Line::Rail0), (200, Line::ChPr), (300, Line::Rail0)].into_iter().enumerate()
        {
            levels = levels.with(line, !levels.contains(line));
            let edge = Edge { levels, changed: LineSet::EMPTY.with(line, true), age: 0 };
            builder.bytes(0, &encode_frame(seq as u8 + 1, &Record::new(tick, 0, Payload::Edge(edge))));
        }
        builder.into_timeline()
    }

    #[test]
    fn steps_visit_the_edges_of_all_lines_in_order() {
        let t = timeline();
        assert_eq!(
            [next(&t, 0), next(&t, 100), next(&t, 200), next(&t, 300)],
            [Some(100), Some(200), Some(300), None]
        );
        assert_eq!([previous(&t, 1000), previous(&t, 300), previous(&t, 100)], [Some(300), Some(200), None]);
    }

    #[test]
    fn a_cursor_snaps_only_to_what_is_near() {
        let t = timeline();
        assert_eq!(
            [nearest(&t, 205, 5), nearest(&t, 200, 0), nearest(&t, 206, 5)],
            [Some(200), Some(200), None]
        );
        assert_eq!(nearest(&t, 260, 100), Some(300));
        assert_eq!(nearest(&t, 150, 100), Some(100));
    }
}
