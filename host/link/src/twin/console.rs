//! The console's one slot.

use ichiscope_wire::{AGE_24_MAX, Console, FLAG_FRAMING_ERROR, FLAG_LOST_BEFORE};

use super::receiver::ReceivedByte;

/// Room for one byte.
#[derive(Clone, Debug)]
pub(super) struct ConsoleSlot {
    waiting: Option<(ReceivedByte, bool)>,
    pub(super) lost: u32,
}

impl ConsoleSlot {
    pub(super) fn new(lost: u32) -> Self {
        ConsoleSlot { waiting: None, lost }
    }

    /// A byte was handed over; one that still waits is lost.
    pub(super) fn push(&mut self, received: ReceivedByte) {
        let loses = self.waiting.is_some();
        self.lost = self.lost.wrapping_add(u32::from(loses));
        self.waiting = Some((received, loses));
    }

    pub(super) fn offers(&self) -> bool {
        self.waiting.is_some()
    }

    /// The record if it is admitted in `clock`.
    pub(super) fn offer(&self, clock: u64) -> Option<Console> {
        let (received, lost_before) = self.waiting?;
        let flags = if received.framing_error { FLAG_FRAMING_ERROR } else { 0 }
            | if lost_before { FLAG_LOST_BEFORE } else { 0 };
        let age = (clock - received.start).min(u64::from(AGE_24_MAX)) as u32;
        Some(Console { byte: received.byte, flags, age })
    }

    pub(super) fn admitted(&mut self) {
        self.waiting = None;
    }
}
