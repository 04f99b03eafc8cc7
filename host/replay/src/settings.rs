//! From a capture's facts to the settings of an analysis, and back for a new recording.

use ichiscope_capture::{ClockFacts, ENGINEERING_DEFAULT, Facts, MarkFacts, ThresholdFacts};
use ichiscope_verdict::{ChBand, CspRegion, Device, EsmeVariant, PhaseKind, Settings, Threshold};
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
    /// A kind of meter or hub that does not exist.
    #[error("the fact {name} is '{value}', which does not exist. Remedy: use {expected}")]
    Subject {
        /// Name of the fact.
        name: &'static str,
        /// What it says.
        value: String,
        /// What it may say.
        expected: &'static str,
    },
    /// A number that is none.
    #[error("the fact {name} is '{value}', which is no number. Remedy: use a whole number of nanoseconds")]
    Figure {
        /// Name of the fact.
        name: &'static str,
        /// What it says.
        value: String,
    },
    /// A gas meter with a variant of the electricity meter.
    #[error("a gas meter has no variant '{0}'. Remedy: leave the variant out, or say esme")]
    VariantOfGsme(String),
}

/// Name of the fact that says what is being upgraded: `esme` (also when missing) or `gsme`.
pub(crate) const DEVICE_FACT: &str = "device_type";
/// Names of the facts that say which variant of meter, which hub, for which region.
const VARIANT_FACT: &str = "esme_variant";
const BAND_FACT: &str = "ch_band";
const REGION_FACT: &str = "csp_region";
const VARIANTS: &str = "A, B, C, AD, BD, CD, ADE, BDE or CDE";

/// Name of the fact that gives the time allowed for the hub's reboot, ns.
pub(crate) const ALLOWANCE_FACT: &str = "ch_reboot_allowance_ns";

/// Name of the fact that says that the PPS input marks the seconds of UTC, and how far its edges may be off them, ns.
const PPS_FACT: &str = "pps_utc_ns";

/// The PPS input marks the seconds of UTC, by the operator's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PpsUtc {
    /// How far a rising edge may be off its second, ns.
    pub uncertainty_ns: u64,
}

impl PpsUtc {
    /// What the facts say of it.
    pub fn told(facts: &Facts) -> Option<PpsUtc> {
        let uncertainty_ns = facts.extra.get(PPS_FACT)?.trim().parse().ok()?;
        Some(PpsUtc { uncertainty_ns })
    }

    /// Writes it into the facts of a new recording.
    pub fn tell(self, facts: &mut Facts) {
        facts.extra.insert(PPS_FACT.to_owned(), self.uncertainty_ns.to_string());
    }
}

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
    let device = told(facts, DEVICE_FACT, "esme or gsme", device)?.unwrap_or_default();
    // Whoever uses it asks for it elsewhere; what cannot be read must not pass for something that was not told.
    nanoseconds(facts, PPS_FACT)?;
    let variant = told(facts, VARIANT_FACT, VARIANTS, EsmeVariant::from_name)?;
    if let Some(variant) = variant.filter(|_| device == Device::Gsme) {
        return Err(SettingsError::VariantOfGsme(variant.name().to_owned()));
    }
    Ok(Settings {
        thresholds: if thresholds.is_empty() { defaults.thresholds } else { thresholds },
        marks: if marks.is_empty() { defaults.marks } else { marks },
        clock_ppb: facts.clock.uncertainty_ppb,
        ch_reboot_allowance_ns: nanoseconds(facts, ALLOWANCE_FACT)?,
        edge_resolution_ns: nanoseconds(facts, EDGE_RESOLUTION_FACT)?.unwrap_or(0),
        device,
        variant,
        ch_band: told(facts, BAND_FACT, "single or dual", ChBand::from_name)?,
        csp_region: told(facts, REGION_FACT, "north, central or south", CspRegion::from_name)?,
        ..defaults
    })
}

/// A fact by its name, if it is there and understood.
fn told<T>(
    facts: &Facts,
    name: &'static str,
    expected: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, SettingsError> {
    let Some(value) = facts.extra.get(name) else { return Ok(None) };
    let read = read(value.trim());
    read.map(Some).ok_or_else(|| SettingsError::Subject { name, value: value.clone(), expected })
}

/// A fact in nanoseconds, if it is there.
fn nanoseconds(facts: &Facts, name: &'static str) -> Result<Option<u64>, SettingsError> {
    let Some(value) = facts.extra.get(name) else { return Ok(None) };
    let ns = value.trim().parse();
    ns.map(Some).map_err(|_| SettingsError::Figure { name, value: value.clone() })
}

fn device(name: &str) -> Option<Device> {
    if name.eq_ignore_ascii_case("esme") {
        return Some(Device::Esme);
    }
    name.eq_ignore_ascii_case("gsme").then_some(Device::Gsme)
}

/// What is being upgraded, as an operator tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectTold {
    /// A variant of the electricity meter, or `gsme`.
    pub variant: Option<String>,
    /// `single` or `dual`.
    pub ch_band: Option<String>,
    /// `north`, `central` or `south`.
    pub csp_region: Option<String>,
}

/// Writes the subject into the facts of a new recording, in the spelling of `docs/capture.md`.
///
/// # Errors
/// Names what does not exist.
pub fn tell_subject(told: &SubjectTold, facts: &mut Facts) -> Result<(), SettingsError> {
    let mut put = |name: &str, value: &str| facts.extra.insert(name.to_owned(), value.to_owned());
    match told.variant.as_deref() {
        Some(gsme) if gsme.eq_ignore_ascii_case("gsme") => drop(put(DEVICE_FACT, "gsme")),
        Some(variant) => drop(put(VARIANT_FACT, &variant.to_uppercase())),
        None => {}
    }
    if let Some(band) = &told.ch_band {
        put(BAND_FACT, &band.to_lowercase());
    }
    if let Some(region) = &told.csp_region {
        put(REGION_FACT, &region.to_lowercase());
    }
    settings_of(facts).map(drop)
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

#[cfg(test)]
mod tests {
    use ichiscope_capture::DeviceFacts;

    use super::*;

    fn facts(told: &SubjectTold) -> Result<Facts, SettingsError> {
        let mut facts = Facts::new("test", 0, DeviceFacts::default());
        tell_subject(told, &mut facts).map(|()| facts)
    }

    #[test]
    fn the_nine_variants_and_the_gas_meter() {
        for variant in EsmeVariant::ALL {
            let told = SubjectTold { variant: Some(variant.name().to_lowercase()), ..SubjectTold::default() };
            let settings = settings_of(&facts(&told).unwrap()).unwrap();
            assert_eq!((settings.device, settings.variant), (Device::Esme, Some(variant)));
        }
        let told = SubjectTold {
            variant: Some("GSME".to_owned()),
            ch_band: Some("Dual".to_owned()),
            csp_region: Some("NORTH".to_owned()),
        };
        let settings = settings_of(&facts(&told).unwrap()).unwrap();
        assert_eq!((settings.device, settings.variant), (Device::Gsme, None));
        assert_eq!((settings.ch_band, settings.csp_region), (Some(ChBand::Dual), Some(CspRegion::North)));
    }

    /// A figure that cannot be read is not one that was not told.
    #[test]
    fn a_figure_that_is_none_is_named() {
        for name in [ALLOWANCE_FACT, EDGE_RESOLUTION_FACT, PPS_FACT] {
            let mut told = Facts::new("test", 0, DeviceFacts::default());
            told.extra.insert(name.to_owned(), " 1000 ".to_owned());
            assert!(settings_of(&told).is_ok(), "{name}");
            for bad in ["60 s", "6e10", "-1", ""] {
                told.extra.insert(name.to_owned(), bad.to_owned());
                let error = settings_of(&told).unwrap_err().to_string();
                assert!(error.contains(name) && error.contains("Remedy"), "{error}");
            }
        }
    }

    #[test]
    fn what_does_not_exist_is_named() {
        let some = |s: &str| Some(s.to_owned());
        let cases = [
            (SubjectTold { variant: some("AE"), ..SubjectTold::default() }, "esme_variant is 'AE'"),
            (SubjectTold { ch_band: some("triple"), ..SubjectTold::default() }, "ch_band is 'triple'"),
            (SubjectTold { csp_region: some("west"), ..SubjectTold::default() }, "csp_region is 'west'"),
        ];
        for (told, said) in cases {
            let error = facts(&told).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("Remedy"), "{error}");
        }
        let mut both = Facts::new("test", 0, DeviceFacts::default());
        both.extra.insert(DEVICE_FACT.to_owned(), "gsme".to_owned());
        both.extra.insert(VARIANT_FACT.to_owned(), "B".to_owned());
        assert_eq!(settings_of(&both), Err(SettingsError::VariantOfGsme("B".to_owned())));
    }
}
