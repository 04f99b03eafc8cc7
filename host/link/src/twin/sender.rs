//! The way out: FIFO, framer and UART, by the clocks in which they act.

use std::collections::VecDeque;

use ichiscope_wire::{FRAME_LEN, Record, encode_frame};

use super::pins::Input;

/// Clocks from a record's admission to the first in which the framer can take it: FIFO input register, memory, output.
const FIFO_CLOCKS: u64 = 3;
/// Clocks from there to the first in which the UART can take the frame's first byte: eight bits of check, one to load.
const FRAMER_CLOCKS: u64 = 9;
/// Start bit, eight data bits, stop bit.
const BITS_PER_BYTE: u64 = 10;
const STOP_BIT: u64 = 9;
/// Synchroniser flip-flops between the pin CTS and what is decided about it.
const CTS_CLOCKS: u64 = 2;

/// A frame that the framer has taken.
#[derive(Clone, Copy, Debug)]
struct Sending {
    bytes: [u8; FRAME_LEN],
    /// Bytes handed to the UART.
    handed: usize,
    /// The first clock in which the next one can be.
    ready: u64,
}

/// Everything behind the arbiter. It is run up to a clock when that clock is looked at.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    clocks_per_bit: u64,
    seq: u8,
    /// Records in the FIFO, with the first clock in which the framer can take each.
    waiting: VecDeque<(u64, Record)>,
    sending: Option<Sending>,
    /// The framer can take the next record from this clock on.
    framer_free: u64,
    /// The UART can take the next byte from this clock on.
    uart_free: u64,
    /// Bytes handed to the UART whose stop bits have not been sampled, with the clock of hand-over.
    out: VecDeque<(u64, u8)>,
    cts: Input<bool>,
    honours_cts: bool,
    /// CTS was low at clock 0, which is seen before the first decision.
    was_clear_at_power_up: bool,
    /// Clocks before it are over.
    clock: u64,
}

impl Sender {
    pub(super) fn new(clocks_per_bit: u64, cts: bool) -> Self {
        Sender {
            clocks_per_bit,
            seq: 0,
            waiting: VecDeque::new(),
            sending: None,
            framer_free: 0,
            uart_free: 0,
            out: VecDeque::new(),
            cts: Input::new(cts),
            honours_cts: false,
            was_clear_at_power_up: false,
            clock: 0,
        }
    }

    /// The level of the pin CTS from `clock` on.
    pub(super) fn set_cts(&mut self, clock: u64, level: bool) {
        self.cts.set(clock, level);
    }

    /// Whether CTS is looked at, from the clock after `clock` on.
    pub(super) fn honour_cts(&mut self, clock: u64, honours: bool) {
        self.run_to(clock + 1);
        self.honours_cts = honours;
    }

    /// Whether CTS was low at clock 0; known in the first clock that is decided.
    pub(super) fn was_clear_at_power_up(&self) -> bool {
        self.was_clear_at_power_up
    }

    /// Admits a record at `clock`.
    pub(super) fn push(&mut self, clock: u64, record: &Record) {
        self.waiting.push_back((clock + FIFO_CLOCKS, *record));
    }

    /// Records in the FIFO at `clock`. Clocks must not go back, so nothing later may be asked than is decided next.
    pub(super) fn count(&mut self, clock: u64) -> usize {
        self.run_to(clock);
        self.waiting.len()
    }

    /// The first clock at or after `clock` with at most `limit` records in the FIFO, if no more are admitted and CTS,
    /// where it is looked at, stays low; `None` while it is high and nothing else is known.
    pub(super) fn room_at(&mut self, clock: u64, limit: usize) -> Option<u64> {
        let Some(excess) = self.count(clock).checked_sub(limit).filter(|excess| *excess > 0) else {
            return Some(clock);
        };
        let frame = FRAME_LEN as u64 * self.clocks_per_byte();
        let first_take = match self.sending {
            Some(sending) => {
                let next = self.hand_over(sending.ready.max(self.uart_free).max(clock))?;
                next + (FRAME_LEN - 1 - sending.handed) as u64 * self.clocks_per_byte() + 1
            }
            None => self.waiting.front()?.0.max(self.framer_free).max(clock),
        };
        Some(first_take + (excess as u64 - 1) * frame + 1)
    }

    /// Appends the bytes whose stop bit has been sampled before `clock`.
    pub(super) fn take_bytes(&mut self, clock: u64, bytes: &mut Vec<u8>) {
        self.run_to(clock);
        let sampled = STOP_BIT * self.clocks_per_bit + self.clocks_per_bit / 2;
        let out = self.out.partition_point(|(handed, _)| handed + sampled < clock);
        bytes.extend(self.out.drain(..out).map(|(_, byte)| byte));
    }

    /// All clocks before `clock`.
    fn run_to(&mut self, clock: u64) {
        self.hand_over_until(clock);
        if self.clock <= CTS_CLOCKS && clock > CTS_CLOCKS {
            self.was_clear_at_power_up = self.cts.first(0, false) == Some(0);
        }
        self.clock = self.clock.max(clock);
        self.cts.at(self.clock.saturating_sub(CTS_CLOCKS));
    }

    fn hand_over_until(&mut self, clock: u64) {
        loop {
            let Some(mut sending) = self.sending.take() else {
                let Some((ready, record)) = self.waiting.front().copied() else { return };
                let take = ready.max(self.framer_free);
                if take >= clock {
                    return;
                }
                self.waiting.pop_front();
                let bytes = encode_frame(self.seq, &record);
                self.seq = self.seq.wrapping_add(1);
                self.sending = Some(Sending { bytes, handed: 0, ready: take + FRAMER_CLOCKS });
                continue;
            };
            while let Some(byte) = sending.bytes.get(sending.handed).copied() {
                let from = sending.ready.max(self.uart_free);
                let Some(handed) = self.hand_over(from).filter(|handed| *handed < clock) else {
                    self.sending = Some(sending);
                    return;
                };
                self.out.push_back((handed, byte));
                self.uart_free = handed + self.clocks_per_byte();
                sending.handed += 1;
                self.framer_free = handed + 1;
            }
        }
    }

    /// The first clock at or after `clock` in which CTS is seen low, as far as it is known.
    pub(super) fn clear_at(&self, clock: u64) -> Option<u64> {
        let pin = self.cts.first(clock.saturating_sub(CTS_CLOCKS), false)?;
        Some(clock.max(pin + CTS_CLOCKS))
    }

    /// The first clock at or after `from` in which a byte can be handed over, as far as CTS is known.
    fn hand_over(&self, from: u64) -> Option<u64> {
        if self.honours_cts { self.clear_at(from.max(self.clock)) } else { Some(from) }
    }

    fn clocks_per_byte(&self) -> u64 {
        BITS_PER_BYTE * self.clocks_per_bit
    }
}
