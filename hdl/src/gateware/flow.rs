//! Flow control: whether the host has room for another byte.

use rust_hdl::prelude::*;

use crate::Config;

/// CTS through two flip-flops. It is looked at when the host has asked for it; on a board that takes no commands, from
/// the first time on that the host has driven it low, so a host that does not care is never blocked.
#[derive(LogicBlock)]
pub(crate) struct Flow {
    pub(crate) clock: Signal<In, Clock>,
    /// Asynchronous; low is clear to send.
    pub(crate) cts: Signal<In, Bit>,
    pub(crate) on: Signal<In, Bit>,
    pub(crate) clear: Signal<Out, Bit>,
    /// It is looked at now.
    pub(crate) honoured: Signal<Out, Bit>,
    meta: DFF<Bit>,
    sample: DFF<Bit>,
    settled: DFF<Bit>,
    synchronised: DFF<Bit>,
    armed: DFF<Bit>,
    asked: Signal<Local, Bit>,
    present: Constant<Bit>,
    arms_itself: Constant<Bit>,
}

impl Flow {
    pub(crate) fn new(config: &Config) -> Self {
        Flow {
            clock: Default::default(),
            cts: Default::default(),
            on: Default::default(),
            clear: Default::default(),
            honoured: Default::default(),
            meta: Default::default(),
            sample: Default::default(),
            settled: Default::default(),
            synchronised: Default::default(),
            armed: Default::default(),
            asked: Default::default(),
            present: Constant::new(config.cts),
            arms_itself: Constant::new(!config.commands),
        }
    }
}

impl Logic for Flow {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, meta, sample, settled, synchronised, armed);
        self.meta.d.next = self.cts.val();
        self.sample.d.next = self.meta.q.val();
        // Before, the flip-flops are low by themselves.
        self.settled.d.next = true;
        self.synchronised.d.next = self.settled.q.val();
        self.armed.d.next = self.armed.q.val() | (self.synchronised.q.val() & !self.sample.q.val());
        self.asked.next = self.on.val();
        if self.arms_itself.val() {
            self.asked.next = self.armed.q.val();
        }
        self.honoured.next = self.asked.val() & self.present.val();
        self.clear.next = !self.asked.val() | !self.sample.q.val() | !self.present.val();
    }
}
