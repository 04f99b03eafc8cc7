//! A record into the 19 bytes of a frame: sequence number, CRC-32, reverse COBS, delimiter.

use rust_hdl::prelude::*;

use super::record::RECORD_BITS;
use ichiscope_wire::BODY_LEN;

const BODY_BITS: usize = 8 + RECORD_BITS;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum FramerState {
    Empty,
    Check,
    Stuff,
    Code,
    Delimit,
}

/// Takes a record, then hands over its frame byte by byte.
///
/// A byte is checked bit by bit while the one before is on the line: eight clocks of the thirty or more that it takes.
/// Reflected CRC and UART both begin with the least significant bit, so one shift register serves.
#[derive(LogicBlock)]
pub(crate) struct Framer {
    pub(crate) clock: Signal<In, Clock>,
    /// `record` shows a record.
    pub(crate) valid: Signal<In, Bit>,
    pub(crate) record: Signal<In, Bits<RECORD_BITS>>,
    /// Takes it.
    pub(crate) read: Signal<Out, Bit>,
    /// The UART takes a byte in this clock, if there is one.
    pub(crate) ready: Signal<In, Bit>,
    /// `byte` is there.
    pub(crate) send: Signal<Out, Bit>,
    pub(crate) byte: Signal<Out, Bits<8>>,
    state: DFF<FramerState>,
    seq: DFF<Bits<8>>,
    body: DFF<Bits<BODY_BITS>>,
    crc: DFF<Bits<32>>,
    /// The byte that is being gathered.
    plain: DFF<Bits<8>>,
    bits_done: DFF<Bits<3>>,
    bytes_done: DFF<Bits<5>>,
    /// The body is through; the check follows.
    in_check: DFF<Bit>,
    run: DFF<Bits<8>>,
    next_bit: Signal<Local, Bit>,
    crc_shifted: Signal<Local, Bits<32>>,
    polynomial: Constant<Bits<32>>,
    crc_start: Constant<Bits<32>>,
    last_bit: Constant<Bits<3>>,
    last_of_body: Constant<Bits<5>>,
    last_of_check: Constant<Bits<5>>,
}

impl Framer {
    pub(crate) fn new() -> Self {
        Framer {
            clock: Default::default(),
            valid: Default::default(),
            record: Default::default(),
            read: Default::default(),
            ready: Default::default(),
            send: Default::default(),
            byte: Default::default(),
            state: Default::default(),
            seq: Default::default(),
            body: Default::default(),
            crc: Default::default(),
            plain: Default::default(),
            bits_done: Default::default(),
            bytes_done: Default::default(),
            in_check: Default::default(),
            run: Default::default(),
            next_bit: Default::default(),
            crc_shifted: Default::default(),
            polynomial: Constant::new(0xEDB8_8320_u32.to_bits()),
            crc_start: Constant::new(0xFFFF_FFFF_u32.to_bits()),
            last_bit: Constant::new(7_u8.to_bits()),
            last_of_body: Constant::new((BODY_LEN - 1).to_bits()),
            last_of_check: Constant::new((BODY_LEN + 3).to_bits()),
        }
    }
}

impl Logic for Framer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, seq, body, crc, plain, bits_done, bytes_done, in_check, run);
        self.read.next = false;
        self.send.next = false;
        self.byte.next = 0.into();
        self.next_bit.next = self.body.q.val().get_bit(0);
        if self.in_check.q.val() {
            self.next_bit.next = !self.crc.q.val().get_bit(0);
        }
        self.crc_shifted.next = self.crc.q.val() >> 1;
        match self.state.q.val() {
            FramerState::Empty => {
                self.bits_done.d.next = 0.into();
                self.bytes_done.d.next = 0.into();
                self.in_check.d.next = false;
                self.run.d.next = 1.into();
                self.crc.d.next = self.crc_start.val();
                self.body.d.next =
                    (bit_cast::<104, 96>(self.record.val()) << 8) | bit_cast::<104, 8>(self.seq.q.val());
                if self.valid.val() {
                    self.read.next = true;
                    self.seq.d.next = self.seq.q.val() + 1;
                    self.state.d.next = FramerState::Check;
                }
            }
            FramerState::Check => {
                self.plain.d.next =
                    (self.plain.q.val() >> 1) | (bit_cast::<8, 1>(self.next_bit.val().into()) << 7);
                self.body.d.next = self.body.q.val() >> 1;
                self.crc.d.next = self.crc_shifted.val();
                if !self.in_check.q.val() & (self.next_bit.val() ^ self.crc.q.val().get_bit(0)) {
                    self.crc.d.next = self.crc_shifted.val() ^ self.polynomial.val();
                }
                self.bits_done.d.next = self.bits_done.q.val() + 1;
                if self.bits_done.q.val() == self.last_bit.val() {
                    self.state.d.next = FramerState::Stuff;
                }
            }
            FramerState::Stuff => {
                self.send.next = true;
                self.byte.next = self.run.q.val();
                if self.plain.q.val().any() {
                    self.byte.next = self.plain.q.val();
                }
                if self.ready.val() {
                    self.run.d.next = 1.into();
                    if self.plain.q.val().any() {
                        self.run.d.next = self.run.q.val() + 1;
                    }
                    self.bytes_done.d.next = self.bytes_done.q.val() + 1;
                    self.state.d.next = FramerState::Check;
                    if self.bytes_done.q.val() == self.last_of_body.val() {
                        self.in_check.d.next = true;
                    }
                    if self.bytes_done.q.val() == self.last_of_check.val() {
                        self.state.d.next = FramerState::Code;
                    }
                }
            }
            FramerState::Code => {
                self.send.next = true;
                self.byte.next = self.run.q.val();
                if self.ready.val() {
                    self.state.d.next = FramerState::Delimit;
                }
            }
            FramerState::Delimit => {
                self.send.next = true;
                if self.ready.val() {
                    self.state.d.next = FramerState::Empty;
                }
            }
            _ => {
                self.state.d.next = FramerState::Empty;
            }
        }
    }
}
