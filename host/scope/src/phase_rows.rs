//! Phases in rows for drawing: what several sources tell of the same phase is one band, and bands that overlap go to different rows.

use std::collections::BTreeMap;

use ichiscope_verdict::{Phase, PhaseKind};

use crate::interval::Interval;

/// The phases of an analysis, without those measured on the rail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhaseRows {
    /// Bands by their place in `bands`, in rows without overlap.
    pub rows: Vec<Vec<Interval>>,
    /// The phases of each band, by their place in the analysis; never none, and no source twice.
    bands: Vec<Vec<usize>>,
}

impl PhaseRows {
    /// Of phases sorted by start.
    pub fn new(phases: &[Phase]) -> PhaseRows {
        let mut bands: Vec<Vec<usize>> = Vec::new();
        let mut all: Vec<Interval> = Vec::new();
        let mut latest: BTreeMap<PhaseKind, usize> = BTreeMap::new();
        for (index, phase) in phases.iter().enumerate().filter(|(_, p)| !p.kind.is_measured()) {
            let band = latest.get(&phase.kind).copied().filter(|band| {
                let is_new = bands[*band].iter().all(|other| phases[*other].source != phase.source);
                is_new && are_the_same(&all[*band], phase)
            });
            if let Some(band) = band {
                bands[band].push(index);
                all[band].end = all[band].end.max(phase.end_tick);
            } else {
                latest.insert(phase.kind, bands.len());
                all.push(Interval { index: bands.len(), start: phase.start_tick, end: phase.end_tick });
                bands.push(vec![index]);
            }
        }
        PhaseRows { rows: stacked(&all), bands }
    }

    /// The phases of a band, by their place in the analysis.
    pub fn members(&self, band: &Interval) -> &[usize] {
        &self.bands[band.index]
    }
}

/// Whether a phase that begins within a band or after it is the band's by another source: at least half of the shorter one is in both.
fn are_the_same(band: &Interval, phase: &Phase) -> bool {
    let both = band.end.min(phase.end_tick).checked_sub(phase.start_tick);
    let shorter = phase.ticks().min(band.end - band.start);
    both.is_some_and(|both| both >= shorter - shorter / 2)
}

/// Each band goes to the first row in which it overlaps nothing.
fn stacked(all: &[Interval]) -> Vec<Vec<Interval>> {
    let mut rows: Vec<Vec<Interval>> = Vec::new();
    for band in all {
        let free = rows.iter().position(|row| row.last().is_none_or(|last| last.end <= band.start));
        match free {
            Some(row) => rows[row].push(*band),
            None => rows.push(vec![*band]),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use ichiscope_verdict::PhaseSource;
    use ichiscope_wire::Line;

    use super::*;

    fn phase(kind: PhaseKind, source: PhaseSource, start_tick: u64, end_tick: u64) -> Phase {
        let (open_start, open_end, uncertainty_ticks) = (false, false, None);
        Phase { kind, start_tick, end_tick, open_start, open_end, source, uncertainty_ticks }
    }

    /// The rows as start and end of each band, with its members.
    fn rows(phases: &[Phase]) -> Vec<Vec<(u64, u64, Vec<usize>)>> {
        let all = PhaseRows::new(phases);
        let band = |b: &Interval| (b.start, b.end, all.members(b).to_vec());
        all.rows.iter().map(|row| row.iter().map(band).collect()).collect()
    }

    #[test]
    fn overlapping_phases_go_to_different_rows() {
        let of = |kind, start, end| phase(kind, PhaseSource::Hand, start, end);
        let rows = rows(&[
            of(PhaseKind::ImageDistribution, 0, 10),
            of(PhaseKind::MeterReboot, 5, 20),
            of(PhaseKind::RailOff, 6, 12),
            of(PhaseKind::ChBoot, 10, 30),
        ]);
        assert_eq!(rows, [vec![(0, 10, vec![0]), (10, 30, vec![3])], vec![(5, 20, vec![1])]]);
    }

    #[test]
    fn what_several_sources_tell_of_a_phase_is_one_band() {
        let kind = PhaseKind::ActivationCommand;
        let mark = PhaseSource::MarkInput(Line::Mark1);
        let told = [
            phase(kind, PhaseSource::Log, 0, 100),
            phase(PhaseKind::MeterReboot, mark, 1, 50),
            phase(kind, mark, 2, 3),
            phase(kind, PhaseSource::Console, 60, 180),
        ];
        // Of the console's only a third is within the band: it may be another one.
        let expected = [vec![(0, 100, vec![0, 2])], vec![(1, 50, vec![1]), (60, 180, vec![3])]];
        assert_eq!(rows(&told), expected);
    }

    #[test]
    fn one_source_never_tells_one_phase_twice() {
        let kind = PhaseKind::ChBoot;
        let told = [phase(kind, PhaseSource::Log, 0, 100), phase(kind, PhaseSource::Log, 10, 90)];
        assert_eq!(rows(&told), [vec![(0, 100, vec![0])], vec![(10, 90, vec![1])]]);
    }
}
