//! Outages, phases, uncertainty, decision. Pure functions from a timeline and settings: no file, no screen, no clock.
//!
//! [`analyse`] is the one way from a [`Timeline`](ichiscope_timeline::Timeline) to a verdict; the app, the command line
//! and the tests all call it.

mod analysis;
mod budget;
mod decision;
mod event;
mod finding;
mod front_end;
mod interruption;
mod judge;
mod level;
mod measure;
mod memo;
mod outage;
mod phase;
mod proof;
mod select;
mod self_test;
mod settings;
mod uncertainty;
mod variant;
mod voltage;

pub use analysis::{Analysis, CombinedTime, Told, analyse, analyse_again, analyse_told};
pub use decision::{Reason, Verdict, decide};
pub use event::{EventCode, ToldEvent, ToldVersion};
pub use finding::{Agreement, Finding};
pub use front_end::{Adc, ClockCalibration, Comparator, FrontEnd};
pub use memo::Memo;
pub use outage::{Below, Edges, Omitted, Outage, OutageKind, Share};
pub use phase::{PHASE_BEGIN, PHASE_END, Phase, PhaseKind, PhaseSource, hand_phases, phases_of_notes};
pub use select::MAX_OUTAGES;
pub use settings::{ENGINEERING_DEFAULT, Settings, Threshold};
pub use uncertainty::{Budget, Shape, SlopeFrom, Term, TermSource};
pub use variant::{ChBand, CspRegion, Device, EsmeVariant};
