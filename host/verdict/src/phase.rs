//! The phases of a firmware upgrade as intervals on the axis. They may overlap and may be missing.

use ichiscope_timeline::{Note, Run, Timeline, Track, runs};
use ichiscope_wire::Line;

use crate::Settings;
use crate::decision::Duration;

/// A phase of the upgrade, in the order in which they are expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PhaseKind {
    /// Before anything happens.
    Baseline,
    /// The image is being sent to the meter.
    ImageDistribution,
    /// The meter checks the image.
    ImageVerification,
    /// Waiting for the activation.
    ActivationPending,
    /// The activation command.
    ActivationCommand,
    /// The meter reboots.
    MeterReboot,
    /// The rail is off; measured, never entered by hand.
    RailOff,
    /// The rail is good again; measured, never entered by hand.
    RailRestored,
    /// The metrology restarts.
    MetrologyRestart,
    /// The hub boots.
    ChBoot,
    /// Devices rejoin the home network.
    HanRejoin,
    /// The hub registers on the wide area network.
    WanRegistration,
    /// Checks afterwards.
    PostCheck,
}

impl PhaseKind {
    /// All phases in their order.
    pub const ALL: [PhaseKind; 13] = [
        PhaseKind::Baseline,
        PhaseKind::ImageDistribution,
        PhaseKind::ImageVerification,
        PhaseKind::ActivationPending,
        PhaseKind::ActivationCommand,
        PhaseKind::MeterReboot,
        PhaseKind::RailOff,
        PhaseKind::RailRestored,
        PhaseKind::MetrologyRestart,
        PhaseKind::ChBoot,
        PhaseKind::HanRejoin,
        PhaseKind::WanRegistration,
        PhaseKind::PostCheck,
    ];

    /// The word used in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            PhaseKind::Baseline => "BASELINE",
            PhaseKind::ImageDistribution => "IMAGE_DISTRIBUTION",
            PhaseKind::ImageVerification => "IMAGE_VERIFICATION",
            PhaseKind::ActivationPending => "ACTIVATION_PENDING",
            PhaseKind::ActivationCommand => "ACTIVATION_COMMAND",
            PhaseKind::MeterReboot => "METER_REBOOT",
            PhaseKind::RailOff => "RAIL_OFF",
            PhaseKind::RailRestored => "RAIL_RESTORED",
            PhaseKind::MetrologyRestart => "METROLOGY_RESTART",
            PhaseKind::ChBoot => "CH_BOOT",
            PhaseKind::HanRejoin => "HAN_REJOIN",
            PhaseKind::WanRegistration => "WAN_REGISTRATION",
            PhaseKind::PostCheck => "POST_CHECK",
        }
    }

    /// The phase of that name.
    pub fn from_name(name: &str) -> Option<PhaseKind> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }

    /// Whether it is measured on the rail and must not be entered by hand.
    pub const fn is_measured(self) -> bool {
        matches!(self, PhaseKind::RailOff | PhaseKind::RailRestored)
    }
}

/// Where a phase was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhaseSource {
    /// A mark input of the board.
    MarkInput(Line),
    /// Set by hand, tied to a tick.
    Hand,
    /// Measured on the rail.
    Rail,
    /// A line of the meter's console, by a rule of its profile.
    Console,
    /// A log of another system, laid beside the axis by UTC.
    Log,
}

impl PhaseSource {
    /// The word used in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            PhaseSource::MarkInput(line) => line.name(),
            PhaseSource::Hand => "hand",
            PhaseSource::Rail => "rail",
            PhaseSource::Console => "console",
            PhaseSource::Log => "log",
        }
    }
}

/// A phase as an interval, `start_tick..end_tick`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Which.
    pub kind: PhaseKind,
    /// First tick.
    pub start_tick: u64,
    /// First tick after it; the end of the recording if it was still running then.
    pub end_tick: u64,
    /// Its start was not seen: it began before the recording or in a gap.
    pub open_start: bool,
    /// Its end was not seen.
    pub open_end: bool,
    /// Where it was learned.
    pub source: PhaseSource,
    /// How far each of its ends may be off, ticks; `None` where nobody knows (set by hand).
    pub uncertainty_ticks: Option<u64>,
}

impl Phase {
    /// Its length in ticks.
    pub const fn ticks(&self) -> u64 {
        self.end_tick - self.start_tick
    }

    /// How many ticks it has in common with `start..end`.
    pub fn overlap_ticks(&self, start: u64, end: u64) -> u64 {
        self.end_tick.min(end).saturating_sub(self.start_tick.max(start))
    }
}

/// Phases by start, so that those of a stretch are found by binary search.
pub(crate) struct PhaseIndex {
    phases: Vec<Phase>,
    /// For each phase the latest end of it and all before it.
    latest: Vec<u64>,
    /// The hub's boots, by start.
    boots: Vec<Phase>,
    /// The greatest uncertainty of any of them, ticks.
    boots_uncertainty: u64,
}

impl PhaseIndex {
    /// The index of `phases`, in any order.
    pub(crate) fn new(mut phases: Vec<Phase>) -> PhaseIndex {
        phases.sort_by_key(|p| (p.start_tick, p.kind));
        let mut latest = 0;
        let ends = phases.iter().map(|p| {
            latest = latest.max(p.end_tick);
            latest
        });
        let latest = ends.collect();
        let boots: Vec<Phase> = phases.iter().filter(|p| p.kind == PhaseKind::ChBoot).copied().collect();
        let boots_uncertainty = boots.iter().filter_map(|p| p.uncertainty_ticks).max().unwrap_or(0);
        PhaseIndex { phases, latest, boots, boots_uncertainty }
    }

    /// All of them, by start.
    pub(crate) fn into_phases(self) -> Vec<Phase> {
        self.phases
    }

    /// Those that have a tick in common with `start..end`.
    pub(crate) fn overlapping(&self, start: u64, end: u64) -> Vec<Phase> {
        let begun = self.phases.partition_point(|p| p.start_tick < end);
        let reach = (0..begun).rev().take_while(|i| self.latest[*i] > start);
        reach.map(|i| self.phases[i]).filter(|p| p.end_tick > start).collect()
    }

    /// The hub's boots that begin in `start..end`, or may do so by the uncertainty of their source.
    pub(crate) fn boots_between(&self, start: u64, end: u64) -> impl Iterator<Item = &Phase> {
        let most = self.boots_uncertainty;
        let from = self.boots.partition_point(|p| p.start_tick.saturating_add(most) < start);
        let to = self.boots.partition_point(|p| p.start_tick.saturating_sub(most) < end);
        self.boots[from..to.max(from)].iter().filter(move |p| {
            let u = p.uncertainty_ticks.unwrap_or(0);
            p.start_tick.saturating_add(u) >= start && p.start_tick.saturating_sub(u) < end
        })
    }

    /// Whether any boot of the hub is known.
    pub(crate) fn has_boots(&self) -> bool {
        !self.boots.is_empty()
    }
}

/// The phases told by the mark inputs, by start.
pub(crate) fn from_marks(timeline: &Timeline, settings: &Settings) -> Vec<Phase> {
    let Some((_, last)) = timeline.span() else { return Vec::new() };
    let tick_hz = timeline.tick_hz().unwrap_or(0);
    let lasts = |run: &Run| Duration { ticks: run.ticks(), tick_hz }.cmp_ns(settings.deglitch_ns).is_ge();
    let mut phases: Vec<Phase> = settings
        .marks
        .iter()
        .flat_map(|(line, kind)| {
            let stretches = without_spikes(timeline.track(*line), last, lasts).into_iter();
            stretches.filter(|run| run.level).map(|run| Phase {
                kind: *kind,
                start_tick: run.start_tick,
                end_tick: run.end_tick,
                open_start: !run.start_is_crossing,
                open_end: !run.end_is_crossing,
                source: PhaseSource::MarkInput(*line),
                uncertainty_ticks: Some(1),
            })
        })
        .collect();
    phases.sort_by_key(|p| (p.start_tick, p.kind));
    phases
}

/// The runs of a track without those that do not last: a spike is no phase, and one within a phase does not cut it in two.
fn without_spikes(track: &Track, last_tick: u64, lasts: impl Fn(&Run) -> bool) -> Vec<Run> {
    let mut stretches: Vec<Run> = Vec::new();
    for run in
        runs(track, last_tick).filter(|run| !run.start_is_crossing || !run.end_is_crossing || lasts(run))
    {
        match stretches.last_mut() {
            Some(before) if before.level == run.level => {
                before.end_tick = run.end_tick;
                before.end_is_crossing = run.end_is_crossing;
            }
            before => {
                if let Some(before) = before {
                    before.end_tick = run.start_tick;
                    before.end_is_crossing = run.start_is_crossing;
                }
                stretches.push(run);
            }
        }
    }
    stretches
}

/// Kind of a note that begins a phase by hand; its text is the phase's name.
pub const PHASE_BEGIN: &str = "phase-begin";
/// Kind of a note that ends a phase by hand; its text is the phase's name.
pub const PHASE_END: &str = "phase-end";

/// The phases set by hand, from the timeline's notes. A phase without an end runs to the end of the recording.
pub fn hand_phases(timeline: &Timeline) -> Vec<Phase> {
    phases_of_notes(timeline.notes(), timeline)
}

/// As [`hand_phases`], from `notes` (by tick) instead of the timeline's own.
pub fn phases_of_notes(notes: &[Note], timeline: &Timeline) -> Vec<Phase> {
    let Some((_, last)) = timeline.span() else { return Vec::new() };
    let mut phases: Vec<Phase> = Vec::new();
    for note in notes {
        let Some(kind) = PhaseKind::from_name(&note.text).filter(|k| !k.is_measured()) else { continue };
        let running = phases.iter_mut().rev().find(|p| p.kind == kind && p.open_end);
        match (note.kind.as_str(), running) {
            (PHASE_BEGIN, None) => phases.push(Phase {
                kind,
                start_tick: note.tick,
                end_tick: last.max(note.tick),
                open_start: false,
                open_end: true,
                source: PhaseSource::Hand,
                uncertainty_ticks: None,
            }),
            (PHASE_END, Some(phase)) => {
                phase.end_tick = note.tick;
                phase.open_end = false;
            }
            _ => {}
        }
    }
    phases
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log in whole seconds may put the boot a little before the outage that it follows.
    #[test]
    fn a_boot_belongs_where_its_uncertainty_lets_it() {
        let boot = |start_tick, uncertainty_ticks| Phase {
            kind: PhaseKind::ChBoot,
            start_tick,
            end_tick: start_tick + 50,
            open_start: false,
            open_end: false,
            source: PhaseSource::Log,
            uncertainty_ticks,
        };
        let index =
            PhaseIndex::new(vec![boot(95, Some(10)), boot(80, Some(3)), boot(204, Some(5)), boot(205, None)]);
        let starts = |start, end| index.boots_between(start, end).map(|p| p.start_tick).collect::<Vec<_>>();
        assert_eq!(starts(100, 200), [95, 204]);
        assert_eq!(starts(106, 199), [0; 0]);
        assert_eq!(starts(0, 1000), [80, 95, 204, 205]);
        assert_eq!(starts(205, 206), [204, 205]);
    }
}
