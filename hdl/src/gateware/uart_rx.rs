//! The UART receiver: 8 data bits, no parity, one stop bit, each bit looked at in its middle.

use rust_hdl::prelude::*;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum ReceiverState {
    /// Until the line is high.
    Wait,
    Idle,
    Receive,
}

/// Receives bytes from a pin. It finds its way back by itself: after noise, a break or a wrong rate it waits for a
/// high line.
#[derive(LogicBlock)]
pub(crate) struct UartReceiver {
    pub(crate) clock: Signal<In, Clock>,
    /// Asynchronous.
    pub(crate) pin: Signal<In, Bit>,
    /// While low, nothing is received.
    pub(crate) on: Signal<In, Bit>,
    /// A byte under way is dropped in this clock.
    pub(crate) restart: Signal<In, Bit>,
    pub(crate) clocks_per_bit: Signal<In, Bits<16>>,
    /// The bits of it that can be 1.
    pub(crate) divider_mask: Signal<In, Bits<16>>,
    /// A start bit begins in this clock, two after its first sample at the pin.
    pub(crate) begins: Signal<Out, Bit>,
    /// A data bit is taken in this clock: `line`.
    pub(crate) bit_taken: Signal<Out, Bit>,
    pub(crate) line: Signal<Out, Bit>,
    /// `byte` is complete.
    pub(crate) done: Signal<Out, Bit>,
    pub(crate) byte: Signal<Out, Bits<8>>,
    /// Its stop bit was low.
    pub(crate) framing_error: Signal<Out, Bit>,
    meta: DFF<Bit>,
    sample: DFF<Bit>,
    state: DFF<ReceiverState>,
    /// Clocks until a bit is taken.
    divider: DFF<Bits<16>>,
    /// The bit that is taken next, 0 is the start bit.
    bit: DFF<Bits<4>>,
    shift: DFF<Bits<8>>,
    done_now: DFF<Bit>,
    stop_was_low: DFF<Bit>,
    divider_next: Signal<Local, Bits<16>>,
    takes: Signal<Local, Bit>,
    is_start: Signal<Local, Bit>,
    is_stop: Signal<Local, Bit>,
    stop_bit: Constant<Bits<4>>,
    one: Constant<Bits<16>>,
}

impl UartReceiver {
    pub(crate) fn new() -> Self {
        UartReceiver {
            clock: Default::default(),
            pin: Default::default(),
            on: Default::default(),
            restart: Default::default(),
            clocks_per_bit: Default::default(),
            divider_mask: Default::default(),
            begins: Default::default(),
            bit_taken: Default::default(),
            line: Default::default(),
            done: Default::default(),
            byte: Default::default(),
            framing_error: Default::default(),
            meta: Default::default(),
            sample: Default::default(),
            state: Default::default(),
            divider: Default::default(),
            bit: Default::default(),
            shift: Default::default(),
            done_now: Default::default(),
            stop_was_low: Default::default(),
            divider_next: Default::default(),
            takes: Default::default(),
            is_start: Default::default(),
            is_stop: Default::default(),
            stop_bit: Constant::new(9_u8.to_bits()),
            one: Constant::new(1_u8.to_bits()),
        }
    }
}

impl Logic for UartReceiver {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, meta, sample, state, divider, bit, shift, done_now, stop_was_low);
        self.meta.d.next = self.pin.val();
        self.sample.d.next = self.meta.q.val();
        self.line.next = self.sample.q.val();
        self.is_start.next = !self.bit.q.val().any();
        self.is_stop.next = self.bit.q.val() == self.stop_bit.val();
        self.divider_next.next = self.divider.q.val() - 1;
        self.takes.next = false;
        self.begins.next = false;
        self.done_now.d.next = false;
        match self.state.q.val() {
            ReceiverState::Wait => {
                if self.sample.q.val() {
                    self.state.d.next = ReceiverState::Idle;
                }
            }
            ReceiverState::Idle => {
                self.divider.d.next = self.clocks_per_bit.val() >> 1;
                self.bit.d.next = 0.into();
                if !self.sample.q.val() {
                    self.begins.next = true;
                    self.state.d.next = ReceiverState::Receive;
                }
            }
            ReceiverState::Receive => {
                self.divider.d.next = self.divider_next.val() & self.divider_mask.val();
                self.takes.next = self.divider.q.val() == self.one.val();
                if self.takes.val() {
                    self.divider.d.next = self.clocks_per_bit.val();
                    self.bit.d.next = self.bit.q.val() + 1;
                    if self.is_start.val() {
                        if self.sample.q.val() {
                            self.state.d.next = ReceiverState::Idle;
                        }
                    } else if self.is_stop.val() {
                        self.done_now.d.next = true;
                        self.stop_was_low.d.next = !self.sample.q.val();
                        self.state.d.next = ReceiverState::Wait;
                        if self.sample.q.val() {
                            self.state.d.next = ReceiverState::Idle;
                        }
                    } else {
                        self.shift.d.next =
                            (self.shift.q.val() >> 1) | (bit_cast::<8, 1>(self.sample.q.val().into()) << 7);
                    }
                }
            }
            _ => {
                self.state.d.next = ReceiverState::Wait;
            }
        }
        if self.restart.val() | !self.on.val() {
            self.state.d.next = ReceiverState::Wait;
            self.done_now.d.next = false;
        }
        self.bit_taken.next = self.takes.val() & !self.is_start.val() & !self.is_stop.val();
        self.done.next = self.done_now.q.val();
        self.byte.next = self.shift.q.val();
        self.framing_error.next = self.stop_was_low.q.val();
    }
}
