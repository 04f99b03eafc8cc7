//! What evidence rests on: the capture, its analysis, and what lies beside it.

use ichiscope_context::Context;
use ichiscope_replay::Recording;
use ichiscope_verdict::Analysis;

use crate::manifest::CaptureFile;

/// What evidence rests on.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    /// The capture.
    pub recording: &'a Recording,
    /// Its analysis, with everything that lies beside it.
    pub analysis: &'a Analysis,
    /// The capture's files.
    pub captures: &'a [CaptureFile],
    /// What lies beside it.
    pub context: &'a Context,
}
