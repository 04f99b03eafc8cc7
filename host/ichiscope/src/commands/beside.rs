//! Options that several commands share: what lies beside a capture, and what stands on the bench.

use std::path::PathBuf;

use ichiscope_capture::Facts;
use ichiscope_context::{CLOCK_FACT, Certificate, Context, ContextError, Paths};
use ichiscope_replay::{SubjectTold, tell_subject};

/// Files that lie beside a capture (docs/context.md).
#[derive(clap::Args)]
pub(crate) struct Beside {
    /// The meter model's profile: rules that find phases, versions and events on its console (TOML)
    #[arg(long)]
    profile: Option<PathBuf>,
    /// The phase log of another system: phases, service requests and alert codes by time (CSV or JSON lines)
    #[arg(long)]
    phases: Option<PathBuf>,
    /// The front end's profile: levels, delays and ADC scale with their uncertainties (TOML)
    #[arg(long)]
    front_end: Option<PathBuf>,
    /// The certificate that `ichiscope calibrate` wrote for this board (TOML)
    #[arg(long)]
    calibration: Option<PathBuf>,
    /// What was changed after the recording, as the app keeps it beside a capture (JSON)
    #[arg(long)]
    edits: Option<PathBuf>,
}

impl Beside {
    /// Reads the files.
    pub(crate) fn read(&self) -> Result<Context, ContextError> {
        Context::read(&Paths {
            profile: self.profile.clone(),
            phases: self.phases.clone(),
            front_end: self.front_end.clone(),
            calibration: self.calibration.clone(),
            edits: self.edits.clone(),
        })
    }
}

/// What is being upgraded.
#[derive(clap::Args)]
pub(crate) struct Subject {
    /// Variant of the electricity meter: A, B, C, AD, BD, CD, ADE, BDE or CDE; or gsme for a gas meter
    #[arg(long)]
    variant: Option<String>,
    /// The hub's bands: single or dual
    #[arg(long)]
    ch_band: Option<String>,
    /// The region that the hub is for: north, central or south
    #[arg(long)]
    region: Option<String>,
}

impl Subject {
    /// As it is told to a capture's facts.
    pub(crate) fn told(&self) -> SubjectTold {
        SubjectTold {
            variant: self.variant.clone(),
            ch_band: self.ch_band.clone(),
            csp_region: self.region.clone(),
        }
    }

    /// Writes it into the facts of a new recording.
    pub(crate) fn tell(&self, facts: &mut Facts) -> anyhow::Result<()> {
        Ok(tell_subject(&self.told(), facts)?)
    }
}

/// Writes a board's certificate into the facts of a new recording: with its text, so that it stays with the capture.
pub(crate) fn tell_calibration(path: &std::path::Path, facts: &mut Facts) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| anyhow::anyhow!("cannot read {}: {error}", path.display()))?;
    let certificate = Certificate::parse(&path.display().to_string(), &text)?;
    let now = jiff::Timestamp::now().as_nanosecond();
    facts.clock.uncertainty_ppb = certificate.bound_ppb(u64::try_from(now).unwrap_or(0));
    facts.clock.source = format!("calibration of {}", certificate.date);
    facts.extra.insert(CLOCK_FACT.to_owned(), text);
    Ok(())
}
