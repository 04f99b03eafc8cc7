//! What a PASS needs beside a short duration: a supply that was seen good around an outage, signs that the upgrade ran where no outage
//! shows a restart, and signs that the rail's inputs follow the rail where there is no outage.
//!
//! Without them a PASS could be wrong: a further interruption just outside of the recording belongs to the same outage; a recording that began
//! too late, was made without an upgrade, or with a probe that hung in the air shows no outage either, or a dip when something was plugged.

use ichiscope_timeline::{Timeline, Track};
use ichiscope_wire::Line;

use crate::event::{EventCode, ToldEvent};
use crate::level::Level;
use crate::measure::Run;
use crate::outage::Outage;
use crate::phase::Phase;
use crate::{PhaseKind, Reason, Settings};

impl Run<'_> {
    /// Why it is not known that the interruption was over, or only began, at its ends: the recording begins or ends within the restore time.
    pub(crate) fn not_seen_good(&self, start: u64, end: u64, level: &Level<'_>) -> Option<Reason> {
        let restore_ticks = self.ticks(self.settings.restore_ns);
        let good_before = level.known_from.map_or(0, |from| start.saturating_sub(from));
        let good_after = self.last_tick.saturating_sub(end);
        if good_after < restore_ticks {
            return Some(Reason::NotRestored);
        }
        (good_before < restore_ticks).then_some(Reason::BegunTooLate)
    }
}

/// What may show that a PASS is one.
pub(crate) struct Signs<'a> {
    pub(crate) timeline: &'a Timeline,
    pub(crate) settings: &'a Settings,
    /// All phases but those measured on the rail.
    pub(crate) phases: &'a [Phase],
    pub(crate) events: &'a [ToldEvent],
    pub(crate) outages: &'a [Outage],
    /// The ADC's record is there in volts, to be held against the comparators.
    pub(crate) has_voltage: bool,
}

impl Signs<'_> {
    /// What is missing.
    pub(crate) fn missing(&self) -> Vec<Reason> {
        let mut missing = Vec::new();
        if self.timeline.span().is_none() {
            return missing;
        }
        if !self.highest_is_measured() {
            missing.push(Reason::HighestNotMeasured);
        }
        if self.leaves_out_a_rail() {
            missing.push(Reason::RailLeftOut);
        }
        if !self.restarted() && !self.upgrade_ran() {
            missing.push(Reason::NoUpgradeSeen);
        }
        if self.outages.is_empty() && !self.has_voltage && !self.rail_moved() {
            missing.push(Reason::RailNeverMoved);
        }
        missing
    }

    /// Whether the comparator below which the rail is longest was measured.
    fn highest_is_measured(&self) -> bool {
        let highest = self.settings.thresholds.iter().max_by_key(|t| t.falling_mv);
        highest.is_none_or(|t| is_measured(self.timeline, t.line))
    }

    /// Whether a comparator moved and has no threshold: what it saw is in no outage.
    fn leaves_out_a_rail(&self) -> bool {
        let has_threshold = |line: Line| self.settings.thresholds.iter().any(|t| t.line == line);
        Line::RAILS.into_iter().filter(|line| !has_threshold(*line)).any(|line| {
            let moved = self.timeline.track(line).entries().iter().any(|entry| entry.is_crossing());
            moved && self.timeline.wired().contains(line)
        })
    }

    /// Whether an outage was long enough to be a restart's: a shorter one may be a plug that was touched.
    fn restarted(&self) -> bool {
        self.outages.iter().any(|o| o.duration_ns >= self.settings.restore_ns)
    }

    /// Whether something in the recording tells that the meter started its new firmware.
    fn upgrade_ran(&self) -> bool {
        let Some((first, last)) = self.timeline.span() else { return false };
        let is_inside = |tick: u64, uncertainty: u64| {
            tick >= first.saturating_add(uncertainty) && tick.saturating_add(uncertainty) <= last
        };
        let by_phase = self.phases.iter().filter(|p| follows_activation(p.kind) && !p.open_start);
        let by_event = self.events.iter().filter(|e| tells_new_firmware(e.code));
        by_phase.map(|p| (p.start_tick, p.uncertainty_ticks.unwrap_or(0))).any(|(t, u)| is_inside(t, u))
            || by_event.map(|e| (e.tick, e.uncertainty_ticks)).any(|(t, u)| is_inside(t, u))
    }

    /// Whether a comparator was seen to cross, be it too short to count.
    fn rail_moved(&self) -> bool {
        let tracks = self.settings.thresholds.iter().map(|t| self.timeline.track(t.line));
        tracks.flat_map(Track::entries).any(|entry| entry.is_crossing())
    }
}

/// Whether the board has the line and its level was seen.
pub(crate) fn is_measured(timeline: &Timeline, line: Line) -> bool {
    timeline.wired().contains(line) && timeline.track(line).level().is_some()
}

/// The phases that begin only once the activation took effect.
const fn follows_activation(kind: PhaseKind) -> bool {
    matches!(
        kind,
        PhaseKind::MeterReboot
            | PhaseKind::MetrologyRestart
            | PhaseKind::ChBoot
            | PhaseKind::HanRejoin
            | PhaseKind::WanRegistration
            | PhaseKind::PostCheck
    )
}

/// Executing firmware version changed; future-dated command succeeded.
const fn tells_new_firmware(code: EventCode) -> bool {
    matches!(code, EventCode::Alert(0x8F43 | 0x8F66))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_before_the_activation_took_effect_prove_nothing() {
        let proving: Vec<PhaseKind> =
            PhaseKind::ALL.into_iter().filter(|kind| follows_activation(*kind)).collect();
        assert!(proving.iter().all(|kind| *kind > PhaseKind::ActivationCommand && !kind.is_measured()));
        assert_eq!(proving.len(), 6);
    }
}
