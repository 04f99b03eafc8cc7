//! The way out: FIFO, framer and UART, by the clocks in which they act.

use std::collections::VecDeque;

use ichiscope_wire::{FRAME_LEN, Record, encode_frame};

/// Clocks from a record's admission to the first in which the framer can take it: FIFO input register, memory, output.
const FIFO_CLOCKS: u64 = 3;
/// Clocks from there to the first in which the UART can take the frame's first byte: eight bits of check, one to load.
const FRAMER_CLOCKS: u64 = 9;
/// Start bit, eight data bits, stop bit.
const BITS_PER_BYTE: u64 = 10;
const STOP_BIT: u64 = 9;

/// Everything behind the arbiter. When a record is admitted, its whole future is known.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    clocks_per_bit: u64,
    seq: u8,
    /// For each record that the framer has not taken: the clock in which it will.
    takes: VecDeque<u64>,
    /// Frames that are not yet out, with the clock of their first byte's start bit.
    frames: VecDeque<(u64, [u8; FRAME_LEN])>,
    /// Bytes of the first of them that are out.
    bytes_out: usize,
    /// The clock of the last frame's first byte.
    last_start: Option<u64>,
}

impl Sender {
    pub(super) fn new(clocks_per_bit: u64) -> Self {
        Sender {
            clocks_per_bit,
            seq: 0,
            takes: VecDeque::new(),
            frames: VecDeque::new(),
            bytes_out: 0,
            last_start: None,
        }
    }

    /// Admits a record at `clock`.
    pub(super) fn push(&mut self, clock: u64, record: &Record) {
        let byte = self.clocks_per_byte();
        let last = FRAME_LEN as u64 - 1;
        let mut take = clock + FIFO_CLOCKS;
        let mut start = take + FRAMER_CLOCKS;
        if let Some(previous) = self.last_start {
            take = take.max(previous + last * byte + 1);
            start = (take + FRAMER_CLOCKS).max(previous + (last + 1) * byte);
        }
        self.takes.push_back(take);
        self.frames.push_back((start, encode_frame(self.seq, record)));
        self.seq = self.seq.wrapping_add(1);
        self.last_start = Some(start);
    }

    /// Records in the FIFO at `clock`; clocks must not go back.
    pub(super) fn count(&mut self, clock: u64) -> usize {
        while self.takes.front().is_some_and(|take| *take < clock) {
            self.takes.pop_front();
        }
        self.takes.len()
    }

    /// The first clock at or after `clock` with at most `limit` records in the FIFO, if no more are admitted.
    pub(super) fn room_at(&mut self, clock: u64, limit: usize) -> Option<u64> {
        match self.count(clock).checked_sub(limit) {
            None | Some(0) => Some(clock),
            Some(excess) => self.takes.get(excess - 1).map(|take| take + 1),
        }
    }

    /// Appends the bytes whose stop bit has been sampled before `clock`.
    pub(super) fn take_bytes(&mut self, clock: u64, bytes: &mut Vec<u8>) {
        let byte = self.clocks_per_byte();
        let sampled = STOP_BIT * self.clocks_per_bit + self.clocks_per_bit / 2;
        while let Some((start, frame)) = self.frames.front() {
            let Some(since) = clock.checked_sub(start + sampled + 1) else { return };
            let out = FRAME_LEN.min((since / byte + 1) as usize);
            bytes.extend_from_slice(&frame[self.bytes_out..out]);
            self.bytes_out = out;
            if out < FRAME_LEN {
                return;
            }
            self.frames.pop_front();
            self.bytes_out = 0;
        }
    }

    fn clocks_per_byte(&self) -> u64 {
        BITS_PER_BYTE * self.clocks_per_bit
    }
}
