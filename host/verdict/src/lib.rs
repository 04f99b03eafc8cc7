//! Outages, phases, uncertainty, decision. Pure functions from a timeline and settings: no file, no screen, no clock.
//!
//! [`analyse`] is the one way from a [`Timeline`](ichiscope_timeline::Timeline) to a verdict; the app, the command line
//! and the tests all call it.

mod analysis;
mod decision;
mod interruption;
mod judge;
mod level;
mod measure;
mod outage;
mod phase;
mod settings;
mod uncertainty;

pub use analysis::{Analysis, CombinedTime, analyse};
pub use decision::{Reason, Verdict, decide};
pub use outage::{Outage, OutageKind, Share};
pub use phase::{PHASE_BEGIN, PHASE_END, Phase, PhaseKind, PhaseSource, hand_phases, phases_of_notes};
pub use settings::{Device, ENGINEERING_DEFAULT, Settings, Threshold};
pub use uncertainty::{Budget, Term, TermSource};
