//! The UART transmitter: 8 data bits, no parity, one stop bit, no gap between bytes.

use rust_hdl::prelude::*;

use crate::Config;

/// Bits of the counter that divides the clock.
const DIVIDER_BITS: usize = 5;
/// The slowest bit in clocks.
pub(crate) const CLOCKS_PER_BIT_MAX: u16 = 1 << DIVIDER_BITS;

/// Sends bytes. The bits are kept inverted: flip-flops of the iCE40 power up as 0, and an idle line is 1.
#[derive(LogicBlock)]
pub(crate) struct Uart {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) send: Signal<In, Bit>,
    pub(crate) byte: Signal<In, Bits<8>>,
    /// The other side has room: a byte may begin.
    pub(crate) clear: Signal<In, Bit>,
    /// A byte is taken in this clock, if there is one: the line is idle or in the last clock of a stop bit.
    pub(crate) ready: Signal<Out, Bit>,
    pub(crate) txd: Signal<Out, Bit>,
    shift: DFF<Bits<9>>,
    bits_left: DFF<Bits<4>>,
    divider: DFF<Bits<DIVIDER_BITS>>,
    bit_ends: Signal<Local, Bit>,
    byte_ends: Signal<Local, Bit>,
    busy: Signal<Local, Bit>,
    takes: Signal<Local, Bit>,
    inverted: Signal<Local, Bits<8>>,
    last_clock: Constant<Bits<DIVIDER_BITS>>,
    bits_per_byte: Constant<Bits<4>>,
    stop_bit: Constant<Bits<4>>,
}

impl Uart {
    pub(crate) fn new(config: &Config) -> Self {
        Uart {
            clock: Default::default(),
            send: Default::default(),
            byte: Default::default(),
            clear: Default::default(),
            ready: Default::default(),
            txd: Signal::new_with_default(true),
            shift: Default::default(),
            bits_left: Default::default(),
            divider: Default::default(),
            bit_ends: Default::default(),
            byte_ends: Default::default(),
            busy: Default::default(),
            takes: Default::default(),
            inverted: Default::default(),
            last_clock: Constant::new((config.clocks_per_bit - 1).to_bits()),
            bits_per_byte: Constant::new(10_u8.to_bits()),
            stop_bit: Constant::new(1_u8.to_bits()),
        }
    }
}

impl Logic for Uart {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, shift, bits_left, divider);
        self.busy.next = self.bits_left.q.val().any();
        self.bit_ends.next = self.divider.q.val() == self.last_clock.val();
        self.byte_ends.next = (self.bits_left.q.val() == self.stop_bit.val()) & self.bit_ends.val();
        self.takes.next = (!self.busy.val() | self.byte_ends.val()) & self.clear.val();
        self.ready.next = self.takes.val();
        self.inverted.next = !self.byte.val();
        self.txd.next = !self.shift.q.val().get_bit(0);
        if self.busy.val() {
            self.divider.d.next = self.divider.q.val() + 1;
            if self.bit_ends.val() {
                self.divider.d.next = 0.into();
                self.shift.d.next = self.shift.q.val() >> 1;
                self.bits_left.d.next = self.bits_left.q.val() - 1;
            }
        }
        if self.takes.val() & self.send.val() {
            // The start bit, inverted, is the 1 at the end.
            self.shift.d.next = (bit_cast::<9, 8>(self.inverted.val()) << 1) | 1;
            self.bits_left.d.next = self.bits_per_byte.val();
            self.divider.d.next = 0.into();
        }
    }
}
