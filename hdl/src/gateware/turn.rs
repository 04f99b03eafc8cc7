//! Whose turn a clock is: an edge's or OVERRUN_END's, or of what is on offer and finds the FIFO empty enough.

use rust_hdl::prelude::*;

use super::preset::Preset;

/// Whether a clock is free of edges and of OVERRUN_END, and what the FIFO has room for then. It is known one clock
/// ahead: much hangs on it.
#[derive(LogicBlock)]
pub(crate) struct Turn {
    pub(crate) clock: Signal<In, Clock>,
    /// Of the next clock: the gateware runs; an edge is seen; an overrun is under way.
    pub(crate) run_next: Signal<In, Bit>,
    pub(crate) edge_next: Signal<In, Bit>,
    pub(crate) overrun_next: Signal<In, Bit>,
    /// The same: the FIFO has two free slots or more; is half empty or more; has fewer than four records.
    pub(crate) room_next: Signal<In, Bit>,
    pub(crate) half_next: Signal<In, Bit>,
    pub(crate) few_next: Signal<In, Bit>,
    pub(crate) free: Signal<Out, Bit>,
    /// The clock is free, the gateware runs, and the FIFO is so.
    pub(crate) free_with_room: Signal<Out, Bit>,
    pub(crate) free_and_half: Signal<Out, Bit>,
    pub(crate) free_and_few: Signal<Out, Bit>,
    kept: Preset<Bit>,
    with_room: DFF<Bit>,
    and_half: DFF<Bit>,
    and_few: DFF<Bit>,
    free_next: Signal<Local, Bit>,
}

impl Turn {
    pub(crate) fn new() -> Self {
        Turn {
            clock: Default::default(),
            run_next: Default::default(),
            edge_next: Default::default(),
            overrun_next: Default::default(),
            room_next: Default::default(),
            half_next: Default::default(),
            few_next: Default::default(),
            free: Default::default(),
            free_with_room: Default::default(),
            free_and_half: Default::default(),
            free_and_few: Default::default(),
            kept: Preset::new("free", true),
            with_room: Default::default(),
            and_half: Default::default(),
            and_few: Default::default(),
            free_next: Default::default(),
        }
    }
}

impl Logic for Turn {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, kept, with_room, and_half, and_few);
        self.free_next.next = !((self.edge_next.val() & !self.overrun_next.val())
            | (self.overrun_next.val() & !self.edge_next.val() & self.half_next.val()));
        self.kept.d.next = self.free_next.val();
        self.with_room.d.next = self.free_next.val() & self.run_next.val() & self.room_next.val();
        self.and_half.d.next = self.free_next.val() & self.run_next.val() & self.half_next.val();
        self.and_few.d.next = self.free_next.val() & self.run_next.val() & self.few_next.val();
        self.free.next = self.kept.q.val();
        self.free_with_room.next = self.with_room.q.val();
        self.free_and_half.next = self.and_half.q.val();
        self.free_and_few.next = self.and_few.q.val();
    }
}
