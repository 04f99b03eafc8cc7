//! What is worked out once for each revision of a recording, so that a frame costs no more than its pixels.

use ichiscope_verdict::{Analysis, Outage, OutageKind};
use ichiscope_wire::Line;

use crate::columns::Gaps;
use crate::events::Events;
use crate::interval::Interval;
use crate::phase_rows::PhaseRows;

/// Intervals of an analysis, sorted and stacked for drawing.
#[derive(Clone, Debug, Default)]
pub struct Digest {
    /// Where nothing is known.
    pub gaps: Gaps,
    /// The single outages of each threshold, by start; highest threshold first. They do not overlap.
    pub outages: Vec<(Line, Vec<Interval>)>,
    /// Outages that are several interruptions taken together, at the highest threshold.
    pub merged: Vec<Interval>,
    /// Phases in rows.
    pub phases: PhaseRows,
    /// Events that other systems told.
    pub events: Events,
}

impl Digest {
    /// The digest of an analysis.
    pub fn new(analysis: &Analysis) -> Digest {
        let single = |o: &Outage| o.kind == OutageKind::Single;
        let lines = analysis.settings.thresholds.iter().map(|t| t.line);
        let outages: Vec<(Line, Vec<Interval>)> = lines
            .map(|line| (line, intervals(analysis, |o| o.threshold.line == line && single(o))))
            .collect();
        let highest = outages.first().map(|(line, _)| *line);
        let merged = intervals(analysis, |o| Some(o.threshold.line) == highest && !single(o));
        Digest {
            gaps: Gaps::new(&analysis.gaps),
            outages,
            merged,
            phases: PhaseRows::new(&analysis.phases),
            events: Events::new(analysis),
        }
    }

    /// Of a capture of which only a part was read: what was lost, and nothing that is concluded.
    pub fn of_a_part(analysis: &Analysis) -> Digest {
        Digest { gaps: Gaps::new(&analysis.gaps), ..Digest::default() }
    }

    /// The outages at the highest threshold.
    pub fn highest(&self) -> &[Interval] {
        self.outages.first().map_or(&[], |(_, all)| all)
    }

    /// The outages of one comparator.
    pub fn of_line(&self, line: Line) -> &[Interval] {
        self.outages.iter().find(|(l, _)| *l == line).map_or(&[], |(_, all)| all)
    }
}

fn intervals(analysis: &Analysis, wanted: impl Fn(&Outage) -> bool) -> Vec<Interval> {
    let all = analysis.outages.iter().enumerate().filter(|(_, o)| wanted(o));
    all.map(|(index, o)| Interval { index, start: o.start_tick, end: o.end_tick }).collect()
}
