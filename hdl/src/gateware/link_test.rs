//! The link test: records whose every bit the host can foretell.

use rust_hdl::prelude::*;

use super::record::DATA_BITS;
use crate::Config;

/// A shift register with feedback from its bits 35 and 24, one step for each record.
#[derive(LogicBlock)]
pub(crate) struct LinkTest {
    pub(crate) clock: Signal<In, Clock>,
    /// The test begins anew in this clock, with this many records.
    pub(crate) set: Signal<In, Bit>,
    pub(crate) records: Signal<In, Bits<32>>,
    /// The record on offer is admitted in this clock.
    pub(crate) taken: Signal<In, Bit>,
    pub(crate) offer: Signal<Out, Bit>,
    pub(crate) data: Signal<Out, Bits<DATA_BITS>>,
    state: DFF<Bits<DATA_BITS>>,
    left: DFF<Bits<32>>,
    offered: DFF<Bit>,
    feedback: Signal<Local, Bit>,
    present: Constant<Bit>,
}

impl LinkTest {
    pub(crate) fn new(config: &Config) -> Self {
        LinkTest {
            clock: Default::default(),
            set: Default::default(),
            records: Default::default(),
            taken: Default::default(),
            offer: Default::default(),
            data: Default::default(),
            state: Default::default(),
            left: Default::default(),
            offered: Default::default(),
            feedback: Default::default(),
            present: Constant::new(config.link_test),
        }
    }
}

impl Logic for LinkTest {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, left, offered);
        self.feedback.next = self.state.q.val().get_bit(35) ^ self.state.q.val().get_bit(24);
        self.offered.d.next = self.left.q.val().any();
        if self.taken.val() {
            self.state.d.next = (self.state.q.val() << 1) | bit_cast::<36, 1>(self.feedback.val().into());
            self.left.d.next = self.left.q.val() - 1;
            self.offered.d.next = false;
        }
        if self.set.val() {
            self.state.d.next = 1.into();
            self.left.d.next = self.records.val();
            self.offered.d.next = false;
        }
        self.offer.next = self.offered.q.val() & self.present.val();
        self.data.next = self.state.q.val();
    }
}
