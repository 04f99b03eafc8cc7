//! Whose turn a clock is: an edge's or OVERRUN_END's, or of what is on offer.

use rust_hdl::prelude::*;

use super::preset::Preset;

/// Whether a clock is free of edges and of OVERRUN_END, known one clock ahead: much hangs on it.
#[derive(LogicBlock)]
pub(crate) struct Turn {
    pub(crate) clock: Signal<In, Clock>,
    /// Of the next clock: an edge is seen; an overrun is under way; the FIFO is half empty or more.
    pub(crate) edge_next: Signal<In, Bit>,
    pub(crate) overrun_next: Signal<In, Bit>,
    pub(crate) half_next: Signal<In, Bit>,
    pub(crate) free: Signal<Out, Bit>,
    kept: Preset<Bit>,
}

impl Turn {
    pub(crate) fn new() -> Self {
        Turn {
            clock: Default::default(),
            edge_next: Default::default(),
            overrun_next: Default::default(),
            half_next: Default::default(),
            free: Default::default(),
            kept: Preset::new("free", true),
        }
    }
}

impl Logic for Turn {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, kept);
        self.kept.d.next = !((self.edge_next.val() & !self.overrun_next.val())
            | (self.overrun_next.val() & !self.edge_next.val() & self.half_next.val()));
        self.free.next = self.kept.q.val();
    }
}
