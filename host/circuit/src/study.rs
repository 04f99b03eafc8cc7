//! The proof: what is simulated, and what of it must keep which limit.

mod adc;
mod delay;
mod faults;
mod lines;
mod network;
mod paths;
mod thresholds;

use crate::circuit::{Circuit, CircuitError};
use crate::limits::Limits;
use crate::ngspice::SpiceError;

pub use adc::AdcFigures;
pub use delay::{DelayFigures, SLOPES, levels_on_a_ramp};
pub use thresholds::{LevelFigures, Spread, WANTED, nominal};

/// Why a proof could not be made.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The circuit.
    #[error(transparent)]
    Circuit(#[from] CircuitError),
    /// The simulation.
    #[error(transparent)]
    Spice(#[from] SpiceError),
    /// A simulated circuit that does not do what it is for.
    #[error("{0}")]
    NotWorking(String),
}

/// A figure and the limit that it has to keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// The worst figure.
    pub figure: f64,
    /// The limit.
    pub limit: f64,
    /// Whether the limit is the least allowed and not the most.
    pub at_least: bool,
    /// Unit of both.
    pub unit: &'static str,
}

impl Finding {
    fn at_most(what: impl Into<String>, figure: f64, limit: f64, unit: &'static str) -> Finding {
        Finding { what: what.into(), figure, limit, at_least: false, unit }
    }

    fn at_least(what: impl Into<String>, figure: f64, limit: f64, unit: &'static str) -> Finding {
        Finding { what: what.into(), figure, limit, at_least: true, unit }
    }

    /// Whether the figure keeps the limit. A figure that is no number does not.
    pub fn is_kept(&self) -> bool {
        if self.at_least { self.figure >= self.limit } else { self.figure <= self.limit }
    }
}

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Proof {
    /// Trials of the Monte Carlo.
    pub trials: usize,
    /// The comparators' levels.
    pub levels: Vec<LevelFigures>,
    /// Their delays.
    pub delays: Vec<DelayFigures>,
    /// The ADC.
    pub adc: AdcFigures,
    /// Figures and limits.
    pub findings: Vec<Finding>,
}

impl Proof {
    /// The findings that break their limit.
    pub fn broken(&self) -> Vec<&Finding> {
        self.findings.iter().filter(|f| !f.is_kept()).collect()
    }
}

/// Simulates everything.
///
/// # Errors
/// The circuit or ngspice does not work; a broken limit is no error, it is in the proof.
pub fn prove(circuit: &Circuit, limits: &Limits, trials: usize) -> Result<Proof, StudyError> {
    let mut proof = prove_at_rest(circuit, limits, trials)?;
    if proof.broken().is_empty() {
        proof.findings.push(delay::model_error(circuit, limits.model_mv.value)?);
        proof.delays = delay::study(circuit, &proof.levels)?;
        for delay in &proof.delays {
            let figure = delay.difference_ns() / 1000.0;
            let what = format!("{}: one direction later than the other", delay.line);
            proof.findings.push(Finding::at_most(what, figure, limits.delay_difference_us.value, "us"));
        }
    }
    Ok(proof)
}

/// Everything but the delays, which take most of the time.
///
/// # Errors
/// As `prove`.
pub fn prove_at_rest(circuit: &Circuit, limits: &Limits, trials: usize) -> Result<Proof, StudyError> {
    let mut findings = paths::study(circuit)?;
    findings.extend(faults::study(circuit, limits)?);
    findings.extend(lines::study(circuit, limits)?);
    let levels = thresholds::study(circuit, trials)?;
    let adc = adc::study(circuit, trials)?;
    for level in &levels {
        findings.extend(level.findings(limits.threshold_mv.value));
    }
    findings.push(Finding::at_most(
        "ADC at 12 V, furthest off of all builds",
        adc.worst_mv,
        limits.adc_mv.value,
        "mV",
    ));
    Ok(Proof { trials, levels, delays: Vec::new(), adc, findings })
}
