//! Evidence out of a verdict, CSV and a report, and `verify` back again. The format is `docs/evidence.md`.

mod basis;
mod cells;
mod json;
mod manifest;
mod package;
mod picture;
mod report;
mod signature;
mod tables;
mod verify;

pub use basis::Basis;
pub use cells::{escape, nanoseconds, optional, seconds};
pub use ichiscope_context::{Context, ContextError, Paths};
pub use json::analysis_json;
pub use manifest::CaptureFile;
pub use package::{EvidenceError, Sheet, Written, put_tables, render, sha256, write, write_while};
pub use picture::svg;
pub use signature::{Signature, SignatureError, sign, signature};
pub use verify::{Difference, VerifyError, verify};

/// What a verdict may be said to mean.
pub fn statement(verdict: ichiscope_verdict::Verdict) -> &'static str {
    use ichiscope_verdict::Verdict as V;
    match verdict {
        V::Pass => "no POA expected under the 180 s rule",
        V::ConditionalPass => {
            "no POA expected under the 180 s rule, but the limit lies within the uncertainty"
        }
        V::ConditionalFail => {
            "a POA is expected under the 180 s rule, but the limit lies within the uncertainty"
        }
        V::Fail => "a POA is expected under the 180 s rule",
        V::AtRisk => "a POA is possible: with the hub's reboot the limit is reached",
        V::MainsLoss => "the mains was lost first: this says nothing about the firmware",
        V::ChRemoved => "the hub was removed: this says nothing about the firmware",
        V::NotApplicable => "no rail was measured on a device that does not power the hub",
        V::Inconclusive => "nothing can be concluded: see the reasons",
    }
}
