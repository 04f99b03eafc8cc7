//! Bytes of the host into commands, and the one answer that waits.

use ichiscope_wire::{ACK_AGE_MAX, Ack, COMMAND_LEN, Command, DELIMITER, Status};

use super::receiver::ReceivedByte;

/// Clocks from a delimiter's hand-over to the clock of effect.
const EFFECT_CLOCKS: u64 = 2;
const STUFFED_LEN: usize = COMMAND_LEN - 1;
/// The place of the value's first byte: after a code, the number and the register.
const VALUE_AT: usize = 3;

/// What came between two delimiters, and when it takes effect or is refused.
#[derive(Clone, Copy, Debug)]
struct Due {
    clock: u64,
    /// `None` is damage.
    command: Option<Command>,
}

/// An answer that waits for its slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) effect: u64,
    seq: u8,
    pub(super) register: u8,
    pub(super) status: Status,
}

impl Answer {
    pub(super) fn new(effect: u64, command: Option<Command>, status: Status) -> Self {
        let (seq, register) = command.map_or((0, 0), |command| (command.seq, command.register));
        Answer { effect, seq, register, status }
    }

    /// The record if it is admitted in `clock`.
    pub(super) fn ack(&self, clock: u64) -> Ack {
        let age = (clock - self.effect).min(u64::from(ACK_AGE_MAX)) as u32;
        Ack { seq: self.seq, register: self.register & 15, status: self.status, age }
    }
}

/// Gathers bytes between delimiters.
#[derive(Clone, Debug, Default)]
pub(super) struct Commander {
    bytes: [u8; STUFFED_LEN],
    len: usize,
    is_damaged: bool,
    /// A pulse of the self-test ran when the value's first byte was handed over.
    pub(super) pulse_ran: bool,
    due: Option<Due>,
    pub(super) answer: Option<Answer>,
}

impl Commander {
    /// A byte was handed over in `clock`, in which a pulse of the self-test runs or not.
    pub(super) fn byte(&mut self, clock: u64, received: ReceivedByte, pulse_runs: bool) {
        if received.byte != DELIMITER || received.framing_error {
            self.is_damaged |= received.framing_error;
            if self.len == VALUE_AT {
                self.pulse_ran = pulse_runs;
            }
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = received.byte;
                self.len += 1;
            } else {
                self.is_damaged = true;
            }
            return;
        }
        if self.len > 0 {
            let is_whole = self.len == STUFFED_LEN && !self.is_damaged;
            let command = if is_whole { Command::decode(&self.bytes) } else { None };
            self.due = Some(Due { clock: clock + EFFECT_CLOCKS, command });
        }
        self.len = 0;
        self.is_damaged = false;
    }

    /// The clock in which something takes effect or is refused.
    pub(super) fn next_clock(&self) -> Option<u64> {
        self.due.map(|due| due.clock)
    }

    /// What takes effect or is refused in `clock`, if no answer is waiting then.
    pub(super) fn due(&mut self, clock: u64, answer_waited: bool) -> Option<Option<Command>> {
        let due = self.due.take_if(|due| due.clock == clock)?;
        (!answer_waited).then_some(due.command)
    }
}
