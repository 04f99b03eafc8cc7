//! Exit codes. Scripts rely on them.

use std::process::ExitCode;

use ichiscope_replay::Recording;
use ichiscope_verdict::{Analysis, Verdict};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// All is well.
    Good,
    /// An error; a message was printed.
    Error,
    /// It finished, but something was lost, or there is no clear PASS.
    Unclear,
    /// The verdict is FAIL or CONDITIONAL FAIL.
    Fail,
}

impl Outcome {
    /// The outcome of an analysis.
    pub(crate) fn of(recording: &Recording, analysis: &Analysis) -> Outcome {
        let lost = recording.damage.iter().any(|d| d.loses_items) || !analysis.gaps.is_empty();
        match analysis.verdict {
            Verdict::Fail | Verdict::ConditionalFail => Outcome::Fail,
            Verdict::Pass | Verdict::NotApplicable if !lost => Outcome::Good,
            _ => Outcome::Unclear,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        ExitCode::from(match outcome {
            Outcome::Good => 0,
            Outcome::Error => 1,
            Outcome::Unclear => 3,
            Outcome::Fail => 4,
        })
    }
}
