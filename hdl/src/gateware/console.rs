//! The meter's debug console: bytes with the age of their start bit, one on offer at a time.

use rust_hdl::prelude::*;

use super::preset::Preset;
use super::record::DATA_BITS;
use super::uart_rx::UartReceiver;
use crate::Config;

/// Bits of a byte's age.
const AGE_BITS: usize = 24;
/// What the age is in the clock after the start bit was seen: two synchroniser flip-flops and that clock.
const AGE_AFTER_BEGIN: u8 = 3;

/// Receives and offers; a byte that is not admitted before the next one is complete is lost and counted.
#[derive(LogicBlock)]
pub(crate) struct Console {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) run: Signal<In, Bit>,
    /// Asynchronous.
    pub(crate) pin: Signal<In, Bit>,
    pub(crate) is_on: Signal<In, Bit>,
    pub(crate) clocks_per_bit: Signal<In, Bits<16>>,
    /// These change with this clock.
    pub(crate) set: Signal<In, Bit>,
    /// The byte on offer is admitted in this clock.
    pub(crate) taken: Signal<In, Bit>,
    pub(crate) offer: Signal<Out, Bit>,
    pub(crate) data: Signal<Out, Bits<DATA_BITS>>,
    /// Bytes lost since power-up.
    pub(crate) lost: Signal<Out, Bits<32>>,
    receiver: UartReceiver,
    on: Signal<Local, Bit>,
    /// Ticks since the start bit's first sample.
    since_start: DFF<Bits<AGE_BITS>>,
    waiting: DFF<Bit>,
    byte: DFF<Bits<8>>,
    framing_error: DFF<Bit>,
    lost_before: DFF<Bit>,
    age: DFF<Bits<AGE_BITS>>,
    lost_count: Preset<Bits<32>>,
    age_next: Signal<Local, Bits<AGE_BITS>>,
    replaced: Signal<Local, Bit>,
    age_after_begin: Constant<Bits<AGE_BITS>>,
    divider_mask: Constant<Bits<16>>,
    present: Constant<Bit>,
}

impl Console {
    pub(crate) fn new(config: &Config) -> Self {
        Console {
            clock: Default::default(),
            run: Default::default(),
            pin: Default::default(),
            is_on: Default::default(),
            clocks_per_bit: Default::default(),
            set: Default::default(),
            taken: Default::default(),
            offer: Default::default(),
            data: Default::default(),
            lost: Default::default(),
            receiver: UartReceiver::new(),
            on: Default::default(),
            since_start: Default::default(),
            waiting: Default::default(),
            byte: Default::default(),
            framing_error: Default::default(),
            lost_before: Default::default(),
            age: Default::default(),
            lost_count: Preset::new("count", config.start_count.to_bits()),
            age_next: Default::default(),
            replaced: Default::default(),
            age_after_begin: Constant::new(AGE_AFTER_BEGIN.to_bits()),
            divider_mask: Constant::new(0xFFFF_u16.to_bits()),
            present: Constant::new(config.console),
        }
    }
}

impl Logic for Console {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, since_start, waiting, byte, framing_error, lost_before, age, lost_count);
        self.receiver.clock.next = self.clock.val();
        self.receiver.pin.next = self.pin.val();
        self.on.next = self.run.val() & self.is_on.val();
        self.receiver.on.next = self.on.val();
        self.receiver.restart.next = self.set.val();
        self.receiver.clocks_per_bit.next = self.clocks_per_bit.val();
        self.receiver.divider_mask.next = self.divider_mask.val();

        self.age_next.next = self.since_start.q.val() + 1;
        self.since_start.d.next = self.age_next.val();
        if self.receiver.begins.val() {
            self.since_start.d.next = self.age_after_begin.val();
        }
        if !self.age.q.val().all() {
            self.age.d.next = self.age.q.val() + 1;
        }
        self.replaced.next = self.waiting.q.val() & !self.taken.val();
        if self.taken.val() {
            self.waiting.d.next = false;
        }
        if self.receiver.done.val() {
            self.waiting.d.next = true;
            self.byte.d.next = self.receiver.byte.val();
            self.framing_error.d.next = self.receiver.framing_error.val();
            self.lost_before.d.next = self.replaced.val();
            self.age.d.next = self.age_next.val();
            if self.replaced.val() {
                self.lost_count.d.next = self.lost_count.q.val() + 1;
            }
        }
        self.offer.next = self.waiting.q.val() & self.present.val();
        self.data.next = (bit_cast::<36, 24>(self.age.q.val()) << 12)
            | (bit_cast::<36, 1>(self.lost_before.q.val().into()) << 9)
            | (bit_cast::<36, 1>(self.framing_error.q.val().into()) << 8)
            | bit_cast::<36, 8>(self.byte.q.val());
        self.lost.next = 0.into();
        if self.present.val() {
            self.lost.next = self.lost_count.q.val();
        }
    }
}
