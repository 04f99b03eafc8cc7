//! A UART receiver: bytes and the clocks in which they are handed over.

use super::pins::Input;

/// Synchroniser flip-flops between a pin and what is decided about it.
const SYNCHRONISER_CLOCKS: u64 = 2;
const STOP_BIT: u64 = 9;

/// A byte that has been received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReceivedByte {
    pub(super) byte: u8,
    /// The stop bit was low.
    pub(super) framing_error: bool,
    /// The clock in which the pin's first low sample was taken.
    pub(super) start: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Until the line is high, from this clock on.
    Wait(u64),
    /// Until the line is low, from this clock on.
    Idle(u64),
    /// The start bit was seen in `seen`; bit `bit` comes next.
    Receiving { seen: u64, bit: u64, byte: u8 },
    /// The stop bit has been taken; the byte is handed over in the next clock.
    HandOver { at: u64, received: ReceivedByte },
}

/// Receives at one rate.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pin: Input<bool>,
    /// 0 = off.
    clocks_per_bit: u64,
    state: State,
}

impl Receiver {
    /// A receiver that runs from `clock` on.
    pub(super) fn new(clock: u64, clocks_per_bit: u16, pin: bool) -> Self {
        Receiver { pin: Input::new(pin), clocks_per_bit: clocks_per_bit.into(), state: State::Wait(clock) }
    }

    pub(super) fn set(&mut self, clock: u64, level: bool) {
        self.pin.set(clock, level);
    }

    /// A new rate takes effect in `clock`: a byte under way is dropped, one that is handed over in it was not.
    pub(super) fn set_rate(&mut self, clock: u64, clocks_per_bit: u16) {
        self.clocks_per_bit = clocks_per_bit.into();
        self.state = State::Wait(clock + 1);
    }

    /// The next clock at or after `clock` in which something happens, as far as the pin is known.
    pub(super) fn next_clock(&self, clock: u64) -> Option<u64> {
        if self.clocks_per_bit == 0 {
            return None;
        }
        match self.state {
            State::Wait(from) => self.first(from.max(clock), true),
            State::Idle(from) => self.first(from.max(clock), false),
            State::Receiving { seen, bit, .. } => Some(self.clock_of(seen, bit)),
            State::HandOver { at, .. } => Some(at),
        }
    }

    /// One rising edge; gives the byte that is handed over in it.
    pub(super) fn clock(&mut self, clock: u64) -> Option<ReceivedByte> {
        let mut handed_over = None;
        if let State::HandOver { at, received } = self.state
            && at == clock
        {
            handed_over = Some(received);
            self.state = if received.framing_error { State::Wait(clock) } else { State::Idle(clock) };
        }
        if self.clocks_per_bit == 0 {
            return handed_over;
        }
        let line = self.line(clock);
        match self.state {
            State::Wait(from) if from <= clock && line => self.state = State::Idle(clock + 1),
            State::Idle(from) if from <= clock && !line => {
                self.state = State::Receiving { seen: clock, bit: 0, byte: 0 };
            }
            State::Receiving { seen, bit, byte } if self.clock_of(seen, bit) == clock => {
                self.state = after_bit(clock, line, seen, bit, byte);
            }
            _ => {}
        }
        handed_over
    }

    /// The clock in which a bit of the byte whose start bit was seen in `seen` is taken.
    fn clock_of(&self, seen: u64, bit: u64) -> u64 {
        seen + self.clocks_per_bit / 2 + bit * self.clocks_per_bit
    }

    fn line(&mut self, clock: u64) -> bool {
        self.pin.at(clock.saturating_sub(SYNCHRONISER_CLOCKS))
    }

    fn first(&self, clock: u64, level: bool) -> Option<u64> {
        let pin = self.pin.first(clock.saturating_sub(SYNCHRONISER_CLOCKS), level)?;
        Some(clock.max(pin + SYNCHRONISER_CLOCKS))
    }
}

/// The state after bit `bit` of a byte was taken in `clock`.
fn after_bit(clock: u64, level: bool, seen: u64, bit: u64, byte: u8) -> State {
    match bit {
        0 if level => State::Idle(clock + 1),
        0 => State::Receiving { seen, bit: 1, byte },
        STOP_BIT => {
            let start = seen - SYNCHRONISER_CLOCKS;
            let received = ReceivedByte { byte, framing_error: !level, start };
            State::HandOver { at: clock + 1, received }
        }
        bit => {
            let byte = byte >> 1 | if level { 0x80 } else { 0 };
            State::Receiving { seen, bit: bit + 1, byte }
        }
    }
}
