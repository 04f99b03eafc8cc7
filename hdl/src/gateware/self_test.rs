//! The self-test: a pulse of exactly known length on an output pin.

use rust_hdl::prelude::*;

use crate::Config;

/// Counts up to all ones from the complement of the length: they are seen sooner than the adder's carry comes.
#[derive(LogicBlock)]
pub(crate) struct SelfTest {
    pub(crate) clock: Signal<In, Clock>,
    /// A byte of a command's value is decoded: bit k for byte k. It is kept at once, unless the pulse runs.
    pub(crate) value_byte: Signal<In, Bits<5>>,
    pub(crate) decoded: Signal<In, Bits<8>>,
    /// The pulse begins in this clock, or ends if the value is 0.
    pub(crate) set: Signal<In, Bit>,
    pub(crate) value_is_zero: Signal<In, Bit>,
    /// The pulse runs in this clock: the count has no room for a value.
    pub(crate) runs: Signal<Out, Bit>,
    /// The output pin; idles high.
    pub(crate) test: Signal<Out, Bit>,
    running: DFF<Bit>,
    low: DFF<Bit>,
    count: DFF<Bits<40>>,
    inverted: Signal<Local, Bits<8>>,
    ends: Signal<Local, Bit>,
    keep0: Constant<Bits<40>>,
    keep1: Constant<Bits<40>>,
    keep2: Constant<Bits<40>>,
    keep3: Constant<Bits<40>>,
    keep4: Constant<Bits<40>>,
    present: Constant<Bit>,
}

impl SelfTest {
    pub(crate) fn new(config: &Config) -> Self {
        SelfTest {
            clock: Default::default(),
            value_byte: Default::default(),
            decoded: Default::default(),
            set: Default::default(),
            value_is_zero: Default::default(),
            runs: Default::default(),
            test: Signal::new_with_default(true),
            running: Default::default(),
            low: Default::default(),
            count: Default::default(),
            inverted: Default::default(),
            ends: Default::default(),
            keep0: Constant::new(all_but(0)),
            keep1: Constant::new(all_but(1)),
            keep2: Constant::new(all_but(2)),
            keep3: Constant::new(all_but(3)),
            keep4: Constant::new(all_but(4)),
            present: Constant::new(config.self_test),
        }
    }
}

/// All bits but those of a byte.
fn all_but(byte: u32) -> Bits<40> {
    let all: u64 = (1 << 40) - 1;
    (all & !(0xFF << (8 * byte))).into()
}

impl Logic for SelfTest {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, running, low, count);
        self.ends.next = self.count.q.val().all();
        self.inverted.next = !self.decoded.val();
        if self.running.q.val() {
            self.count.d.next = self.count.q.val() + 1;
        } else if self.value_byte.val().get_bit(0) {
            self.count.d.next =
                (self.count.q.val() & self.keep0.val()) | bit_cast::<40, 8>(self.inverted.val());
        } else if self.value_byte.val().get_bit(1) {
            self.count.d.next =
                (self.count.q.val() & self.keep1.val()) | (bit_cast::<40, 8>(self.inverted.val()) << 8);
        } else if self.value_byte.val().get_bit(2) {
            self.count.d.next =
                (self.count.q.val() & self.keep2.val()) | (bit_cast::<40, 8>(self.inverted.val()) << 16);
        } else if self.value_byte.val().get_bit(3) {
            self.count.d.next =
                (self.count.q.val() & self.keep3.val()) | (bit_cast::<40, 8>(self.inverted.val()) << 24);
        } else if self.value_byte.val().get_bit(4) {
            self.count.d.next =
                (self.count.q.val() & self.keep4.val()) | (bit_cast::<40, 8>(self.inverted.val()) << 32);
        }
        self.low.d.next = self.running.q.val() & !self.ends.val();
        if self.ends.val() {
            self.running.d.next = false;
        }
        if self.set.val() {
            self.running.d.next = !self.value_is_zero.val();
        }
        self.runs.next = self.running.q.val() & self.present.val();
        self.test.next = !self.low.q.val() | !self.present.val();
    }
}
