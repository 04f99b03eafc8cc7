//! From a capture's facts to the settings of an analysis, and back for a new recording.

use ichiscope_capture::{ClockFacts, ENGINEERING_DEFAULT, Facts, MarkFacts, ThresholdFacts};
use ichiscope_verdict::{Device, PhaseKind, Settings, Threshold};
use ichiscope_wire::Line;

/// A fact that is not understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// A line's name.
    #[error(
        "the facts name a line '{0}', which does not exist. Remedy: use the names of docs/wire.md (rail0, mark0, ...)"
    )]
    Line(String),
    /// A phase's name.
    #[error(
        "the facts name a phase '{0}', which does not exist. Remedy: use a name of docs/evidence.md (CH_BOOT, ...)"
    )]
    Phase(String),
    /// Levels the wrong way round.
    #[error("{line}: the rising level ({rising_mv} mV) is below the falling one ({falling_mv} mV)")]
    Hysteresis {
        /// The line.
        line: String,
        /// Falling level.
        falling_mv: i32,
        /// Rising level.
        rising_mv: i32,
    },
}

/// Name of the fact that says what is being upgraded: `esme` (also when missing) or `gsme`.
pub(crate) const DEVICE_FACT: &str = "device_type";
/// Name of the fact that gives the time allowed for the hub's reboot, ns.
pub(crate) const ALLOWANCE_FACT: &str = "ch_reboot_allowance_ns";

/// Name of the fact that gives the run a name.
pub(crate) const NAME_FACT: &str = "name";

/// Name of the fact that gives the distance of the samples at the rail's edges in an imported file, ns.
pub const EDGE_RESOLUTION_FACT: &str = "edge_resolution_ns";

/// The settings that the facts ask for.
///
/// # Errors
/// Names the fact that is not understood.
pub fn settings_of(facts: &Facts) -> Result<Settings, SettingsError> {
    let defaults = Settings::default();
    let thresholds = facts.thresholds.iter().map(threshold).collect::<Result<Vec<_>, _>>()?;
    let marks = facts.marks.iter().map(mark).collect::<Result<Vec<_>, _>>()?;
    let is_gsme = facts.extra.get(DEVICE_FACT).is_some_and(|d| d.eq_ignore_ascii_case("gsme"));
    Ok(Settings {
        thresholds: if thresholds.is_empty() { defaults.thresholds } else { thresholds },
        marks: if marks.is_empty() { defaults.marks } else { marks },
        clock_ppb: facts.clock.uncertainty_ppb,
        ch_reboot_allowance_ns: facts.extra.get(ALLOWANCE_FACT).and_then(|ns| ns.parse().ok()),
        edge_resolution_ns: facts.extra.get(EDGE_RESOLUTION_FACT).and_then(|ns| ns.parse().ok()).unwrap_or(0),
        device: if is_gsme { Device::Gsme } else { Device::Esme },
        ..defaults
    })
}

/// Writes the settings into the facts of a new recording.
pub fn facts_of(settings: &Settings, facts: &mut Facts) {
    let source = ENGINEERING_DEFAULT;
    facts.thresholds = settings
        .thresholds
        .iter()
        .map(|t| ThresholdFacts {
            line: t.line.name().to_owned(),
            falling_mv: t.falling_mv,
            rising_mv: t.rising_mv,
            source: source.to_owned(),
        })
        .collect();
    facts.marks = settings
        .marks
        .iter()
        .map(|(line, phase)| MarkFacts { line: line.name().to_owned(), phase: phase.name().to_owned() })
        .collect();
    facts.clock = ClockFacts { uncertainty_ppb: settings.clock_ppb, source: source.to_owned() };
    if settings.device == Device::Gsme {
        facts.extra.insert(DEVICE_FACT.to_owned(), "gsme".to_owned());
    }
    if let Some(ns) = settings.ch_reboot_allowance_ns {
        facts.extra.insert(ALLOWANCE_FACT.to_owned(), ns.to_string());
    }
}

fn line(name: &str) -> Result<Line, SettingsError> {
    Line::from_name(name).ok_or_else(|| SettingsError::Line(name.to_owned()))
}

fn threshold(facts: &ThresholdFacts) -> Result<Threshold, SettingsError> {
    let ThresholdFacts { falling_mv, rising_mv, .. } = *facts;
    if rising_mv < falling_mv {
        return Err(SettingsError::Hysteresis { line: facts.line.clone(), falling_mv, rising_mv });
    }
    Ok(Threshold { line: line(&facts.line)?, falling_mv, rising_mv })
}

fn mark(facts: &MarkFacts) -> Result<(Line, PhaseKind), SettingsError> {
    let phase = PhaseKind::from_name(&facts.phase).filter(|p| !p.is_measured());
    Ok((line(&facts.line)?, phase.ok_or_else(|| SettingsError::Phase(facts.phase.clone()))?))
}
