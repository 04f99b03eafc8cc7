//! First reading: what there is, so that every error is found before a capture is made.

use ichiscope_capture::CaptureError;
use ichiscope_wire::LineSet;

use super::axis::Sink;

/// What the first reading found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Survey {
    /// The first tick.
    pub(crate) first_tick: Option<u64>,
    /// Changes between known levels.
    pub(crate) edges: u64,
    /// Stretches that are not known.
    pub(crate) gaps: u64,
    /// There is a time at which all lines are known.
    pub(crate) ever_known: bool,
    known: bool,
}

impl Sink for Survey {
    fn state(&mut self, tick: u64, levels: Option<LineSet>) -> Result<(), CaptureError> {
        self.first_tick.get_or_insert(tick);
        let known = levels.is_some();
        self.edges += u64::from(known && self.known);
        self.gaps += u64::from(!known);
        self.known = known;
        self.ever_known |= known;
        Ok(())
    }
}
