//! Stretches of the time axis of which nothing is known.

/// Why nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GapCause {
    /// Bytes that were no frame.
    Damage,
    /// Frames are missing.
    Sequence,
    /// The gateware's FIFO ran over.
    Overrun,
    /// The USB chip's receive FIFO ran over.
    ChipOverrun,
    /// The lines' levels changed without an edge.
    Levels,
    /// No record for more than two heartbeat periods, or none until the end.
    Silence,
    /// The board started again; how long it was away is only known from the PC's clock.
    Restart,
    /// The deglitch time was set: an edge that was being waited for then is dated wrong.
    Reconfigured,
    /// The device was away.
    LinkLost,
    /// A part of the capture file is damaged.
    File,
    /// The imported file does not tell the levels here: `x`, `z`, or a stretch that its tool did not dump.
    NotInFile,
    /// The live view could not keep up; the recording has it.
    NotShown,
}

impl GapCause {
    /// The word used in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            GapCause::Damage => "damage",
            GapCause::Sequence => "sequence",
            GapCause::Overrun => "overrun",
            GapCause::ChipOverrun => "chip-overrun",
            GapCause::Levels => "levels",
            GapCause::Silence => "silence",
            GapCause::Restart => "restart",
            GapCause::Reconfigured => "reconfigured",
            GapCause::LinkLost => "link-lost",
            GapCause::File => "file-damage",
            GapCause::NotInFile => "not-in-file",
            GapCause::NotShown => "not-shown-live",
        }
    }
}

/// A stretch of which nothing is known, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Last tick that is known before it.
    pub start_tick: u64,
    /// First tick that is known after it.
    pub end_tick: u64,
    /// Why.
    pub cause: GapCause,
    /// Records known to be missing; 0 where the number is not known.
    pub lost: u64,
}

impl Gap {
    /// Whether it has a tick in common with `start..=end`.
    pub const fn touches(&self, start: u64, end: u64) -> bool {
        self.start_tick <= end && start <= self.end_tick
    }
}
