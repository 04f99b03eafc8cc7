//! Commands from the host: bytes into a register's number and value, and the ACK that answers.
//!
//! Bits go through the CRC while they arrive. A code byte stands for a zero, so what it decodes to is known before
//! it has come; the first one stands for nothing.

use rust_hdl::prelude::*;

use super::record::DATA_BITS;

/// Bytes of a command before its delimiter.
const COMMAND_BYTES: u8 = 12;
/// What is in the CRC's register when the check's own bytes have gone through it.
const CRC_RESIDUE: u32 = 0xDEBB_20E3;
/// Bits of ACK's age.
const AGE_BITS: usize = 20;

/// Decodes what the receiver gives; see `docs/gateware.md` for the clocks.
#[derive(LogicBlock)]
pub(crate) struct Command {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) bit_taken: Signal<In, Bit>,
    pub(crate) line: Signal<In, Bit>,
    pub(crate) done: Signal<In, Bit>,
    pub(crate) byte: Signal<In, Bits<8>>,
    pub(crate) framing_error: Signal<In, Bit>,
    /// The gateware has a register of this number.
    pub(crate) known: Signal<In, Bit>,
    /// The value is in the register's range.
    pub(crate) fits: Signal<In, Bit>,
    /// A pulse of the self-test runs in this clock.
    pub(crate) pulse_runs: Signal<In, Bit>,
    /// What ACK says is admitted in this clock.
    pub(crate) taken: Signal<In, Bit>,
    pub(crate) register: Signal<Out, Bits<8>>,
    /// The value's bytes, the lowest first.
    pub(crate) value: Signal<Out, Bits<40>>,
    /// Bit k: some byte of the value from k on is not 0.
    pub(crate) nonzero_from: Signal<Out, Bits<5>>,
    /// A byte of the value is decoded in this clock: bit k for byte k.
    pub(crate) value_byte: Signal<Out, Bits<5>>,
    pub(crate) decoded: Signal<Out, Bits<8>>,
    /// The register takes its value in this clock.
    pub(crate) set: Signal<Out, Bit>,
    /// An ACK is on offer.
    pub(crate) offer: Signal<Out, Bit>,
    pub(crate) data: Signal<Out, Bits<DATA_BITS>>,
    /// START is due.
    pub(crate) start: Signal<Out, Bit>,
    /// Bytes since the last delimiter, 13 for more than a command has.
    bytes: DFF<Bits<4>>,
    /// Bytes of the block until the next code.
    left: DFF<Bits<4>>,
    damaged: DFF<Bit>,
    crc: DFF<Bits<32>>,
    /// The check was right after the last byte.
    checked: DFF<Bit>,
    seq: DFF<Bits<8>>,
    number: DFF<Bits<8>>,
    value0: DFF<Bits<8>>,
    value1: DFF<Bits<8>>,
    value2: DFF<Bits<8>>,
    value3: DFF<Bits<8>>,
    value4: DFF<Bits<8>>,
    nonzero: DFF<Bits<5>>,
    /// In the clock after a delimiter with something before it; then, one later, what is done about it.
    ended: DFF<Bit>,
    whole: DFF<Bit>,
    accepted: DFF<Bit>,
    set_now: DFF<Bit>,
    busy: DFF<Bit>,
    status: DFF<Bits<3>>,
    /// A pulse ran when the first byte of the value came: the pulse's counter had no room for it.
    pulse_ran: DFF<Bit>,
    is_refused_test: DFF<Bit>,
    restarts: DFF<Bit>,
    waiting: DFF<Bit>,
    ack_seq: DFF<Bits<8>>,
    ack_register: DFF<Bits<4>>,
    ack_status: DFF<Bits<3>>,
    ack_age: DFF<Bits<AGE_BITS>>,
    ack_start: DFF<Bit>,
    /// The bit taken in the clock before: there is time until the next one.
    bit_taken_before: DFF<Bit>,
    line_before: DFF<Bit>,
    is_code: Signal<Local, Bit>,
    is_delimiter: Signal<Local, Bit>,
    code_too_big: Signal<Local, Bit>,
    now_checked: Signal<Local, Bit>,
    whole_now: Signal<Local, Bit>,
    plain: Signal<Local, Bits<8>>,
    next_bit: Signal<Local, Bit>,
    crc_shifted: Signal<Local, Bits<32>>,
    one_less: Signal<Local, Bits<4>>,
    code_less: Signal<Local, Bits<4>>,
    fresh: Signal<Local, Bits<5>>,
    is_free: Signal<Local, Bit>,
    is_done: Signal<Local, Bit>,
    is_busy: Signal<Local, Bit>,
    final_status: Signal<Local, Bits<3>>,
    polynomial: Constant<Bits<32>>,
    crc_start: Constant<Bits<32>>,
    residue: Constant<Bits<32>>,
    length: Constant<Bits<4>>,
    too_long: Constant<Bits<4>>,
    last_with_start: Constant<Bits<8>>,
    flow: Constant<Bits<8>>,
    self_test: Constant<Bits<8>>,
    status_unknown: Constant<Bits<3>>,
    status_range: Constant<Bits<3>>,
    status_busy: Constant<Bits<3>>,
    status_damaged: Constant<Bits<3>>,
}

impl Command {
    pub(crate) fn new() -> Self {
        Command {
            clock: Default::default(),
            bit_taken: Default::default(),
            line: Default::default(),
            done: Default::default(),
            byte: Default::default(),
            framing_error: Default::default(),
            known: Default::default(),
            fits: Default::default(),
            pulse_runs: Default::default(),
            taken: Default::default(),
            register: Default::default(),
            value: Default::default(),
            nonzero_from: Default::default(),
            value_byte: Default::default(),
            decoded: Default::default(),
            set: Default::default(),
            offer: Default::default(),
            data: Default::default(),
            start: Default::default(),
            bytes: Default::default(),
            left: Default::default(),
            damaged: Default::default(),
            crc: Default::default(),
            checked: Default::default(),
            seq: Default::default(),
            number: Default::default(),
            value0: Default::default(),
            value1: Default::default(),
            value2: Default::default(),
            value3: Default::default(),
            value4: Default::default(),
            nonzero: Default::default(),
            ended: Default::default(),
            whole: Default::default(),
            accepted: Default::default(),
            set_now: Default::default(),
            busy: Default::default(),
            status: Default::default(),
            pulse_ran: Default::default(),
            is_refused_test: Default::default(),
            restarts: Default::default(),
            waiting: Default::default(),
            ack_seq: Default::default(),
            ack_register: Default::default(),
            ack_status: Default::default(),
            ack_age: Default::default(),
            ack_start: Default::default(),
            bit_taken_before: Default::default(),
            line_before: Default::default(),
            is_code: Default::default(),
            is_delimiter: Default::default(),
            code_too_big: Default::default(),
            now_checked: Default::default(),
            whole_now: Default::default(),
            plain: Default::default(),
            next_bit: Default::default(),
            crc_shifted: Default::default(),
            one_less: Default::default(),
            code_less: Default::default(),
            fresh: Default::default(),
            is_free: Default::default(),
            is_done: Default::default(),
            is_busy: Default::default(),
            final_status: Default::default(),
            polynomial: Constant::new(0xEDB8_8320_u32.to_bits()),
            crc_start: Constant::new(0xFFFF_FFFF_u32.to_bits()),
            residue: Constant::new(CRC_RESIDUE.to_bits()),
            length: Constant::new(COMMAND_BYTES.to_bits()),
            too_long: Constant::new((COMMAND_BYTES + 1).to_bits()),
            last_with_start: Constant::new(6_u8.to_bits()),
            flow: Constant::new(9_u8.to_bits()),
            self_test: Constant::new(7_u8.to_bits()),
            status_unknown: Constant::new(1_u8.to_bits()),
            status_range: Constant::new(2_u8.to_bits()),
            status_busy: Constant::new(3_u8.to_bits()),
            status_damaged: Constant::new(4_u8.to_bits()),
        }
    }
}

impl Logic for Command {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, bytes, left, damaged, crc, checked, seq, number, value0, value1, value2, value3
        );
        dff_setup!(
            self,
            clock,
            value4,
            nonzero,
            ended,
            whole,
            accepted,
            set_now,
            busy,
            status,
            pulse_ran,
            is_refused_test,
            restarts,
            waiting,
            ack_seq
        );
        dff_setup!(self, clock, ack_register, ack_status, ack_age, ack_start, bit_taken_before, line_before);
        self.is_code.next = !self.left.q.val().any();

        // Bits.
        self.bit_taken_before.d.next = self.bit_taken.val();
        self.line_before.d.next = self.line.val();
        self.next_bit.next = self.line_before.q.val() & !self.is_code.val();
        self.crc_shifted.next = self.crc.q.val() >> 1;
        if self.bit_taken_before.q.val() {
            self.crc.d.next = self.crc_shifted.val();
            if self.next_bit.val() ^ self.crc.q.val().get_bit(0) {
                self.crc.d.next = self.crc_shifted.val() ^ self.polynomial.val();
            }
        }
        if !self.bytes.q.val().any() {
            self.crc.d.next = self.crc_start.val();
        }

        // Bytes.
        self.plain.next = self.byte.val();
        if self.is_code.val() {
            self.plain.next = 0.into();
        }
        self.code_too_big.next = self.is_code.val() & self.byte.val().get_bits::<4>(4).any();
        self.is_delimiter.next = !self.byte.val().any() & !self.framing_error.val();
        self.one_less.next = self.left.q.val() - 1;
        self.code_less.next = self.byte.val().get_bits::<4>(0) - 1;
        self.now_checked.next = self.crc.q.val() == self.residue.val();
        self.whole_now.next = (self.bytes.q.val() == self.length.val())
            & self.is_code.val()
            & self.checked.q.val()
            & !self.damaged.q.val();
        self.ended.d.next = false;
        self.value_byte.next = 0.into();
        self.fresh.next = 0.into();
        if self.done.val() {
            self.checked.d.next = self.now_checked.val();
            if self.is_delimiter.val() {
                self.ended.d.next = self.bytes.q.val().any();
                self.whole.d.next = self.whole_now.val();
                self.bytes.d.next = 0.into();
                self.left.d.next = 0.into();
                self.damaged.d.next = false;
            } else {
                if self.bytes.q.val() != self.too_long.val() {
                    self.bytes.d.next = self.bytes.q.val() + 1;
                }
                self.left.d.next = self.one_less.val();
                if self.is_code.val() {
                    self.left.d.next = self.code_less.val();
                }
                self.damaged.d.next =
                    self.damaged.q.val() | self.framing_error.val() | self.code_too_big.val();
                match self.bytes.q.val().index() {
                    0 => {
                        self.nonzero.d.next = 0.into();
                    }
                    1 => {
                        self.seq.d.next = self.plain.val();
                    }
                    2 => {
                        self.number.d.next = self.plain.val();
                    }
                    3 => {
                        self.value0.d.next = self.plain.val();
                        self.pulse_ran.d.next = self.pulse_runs.val();
                        self.value_byte.next = 0x01.into();
                        self.fresh.next = 0x01.into();
                    }
                    4 => {
                        self.value1.d.next = self.plain.val();
                        self.value_byte.next = 0x02.into();
                        self.fresh.next = 0x03.into();
                    }
                    5 => {
                        self.value2.d.next = self.plain.val();
                        self.value_byte.next = 0x04.into();
                        self.fresh.next = 0x07.into();
                    }
                    6 => {
                        self.value3.d.next = self.plain.val();
                        self.value_byte.next = 0x08.into();
                        self.fresh.next = 0x0F.into();
                    }
                    7 => {
                        self.value4.d.next = self.plain.val();
                        self.value_byte.next = 0x10.into();
                        self.fresh.next = 0x1F.into();
                    }
                    _ => {}
                }
                if self.plain.val().any() & self.bytes.q.val().any() {
                    self.nonzero.d.next = self.nonzero.q.val() | self.fresh.val();
                }
            }
        }
        self.decoded.next = self.plain.val();
        self.register.next = self.number.q.val();
        self.nonzero_from.next = self.nonzero.q.val();
        self.value.next = (bit_cast::<40, 8>(self.value4.q.val()) << 32)
            | (bit_cast::<40, 8>(self.value3.q.val()) << 24)
            | (bit_cast::<40, 8>(self.value2.q.val()) << 16)
            | (bit_cast::<40, 8>(self.value1.q.val()) << 8)
            | bit_cast::<40, 8>(self.value0.q.val());

        // What it comes to.
        self.status.d.next = 0.into();
        if !self.fits.val() {
            self.status.d.next = self.status_range.val();
        }
        if !self.known.val() {
            self.status.d.next = self.status_unknown.val();
        }
        if !self.whole.q.val() {
            self.status.d.next = self.status_damaged.val();
        }
        self.restarts.d.next =
            (self.number.q.val() <= self.last_with_start.val()) | (self.number.q.val() == self.flow.val());
        self.is_refused_test.d.next = (self.number.q.val() == self.self_test.val())
            & self.nonzero.q.val().get_bit(0)
            & self.pulse_ran.q.val();
        self.is_done.next = self.whole.q.val() & self.known.val() & self.fits.val();
        self.is_busy.next = self.is_refused_test.q.val() & self.is_done.val();
        self.is_free.next = self.ended.q.val() & (!self.waiting.q.val() | self.taken.val());
        self.accepted.d.next = self.is_free.val();
        self.busy.d.next = self.is_busy.val();
        self.set_now.d.next = self.is_free.val() & self.is_done.val() & !self.is_busy.val();
        self.set.next = self.set_now.q.val();
        self.final_status.next = self.status.q.val();
        if self.busy.q.val() {
            self.final_status.next = self.status_busy.val();
        }

        // The answer.
        if !self.ack_age.q.val().all() {
            self.ack_age.d.next = self.ack_age.q.val() + 1;
        }
        if self.taken.val() {
            self.waiting.d.next = false;
        }
        if self.accepted.q.val() {
            self.waiting.d.next = true;
            self.ack_seq.d.next = self.seq.q.val();
            self.ack_register.d.next = self.number.q.val().get_bits::<4>(0);
            self.ack_status.d.next = self.final_status.val();
            self.ack_age.d.next = 1.into();
            self.ack_start.d.next = self.restarts.q.val() & self.set_now.q.val();
            if self.status.q.val() == self.status_damaged.val() {
                self.ack_seq.d.next = 0.into();
                self.ack_register.d.next = 0.into();
            }
        }
        self.offer.next = self.waiting.q.val();
        self.data.next = (bit_cast::<36, 20>(self.ack_age.q.val()) << 16)
            | (bit_cast::<36, 3>(self.ack_status.q.val()) << 12)
            | (bit_cast::<36, 4>(self.ack_register.q.val()) << 8)
            | bit_cast::<36, 8>(self.ack_seq.q.val());
        self.start.next = self.taken.val() & self.ack_start.q.val();
    }
}
