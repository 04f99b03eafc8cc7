//! What travels beside the lines: answers to commands, the link test, and losses that leave the lines known.

use ichiscope_wire::Status;

/// The answer to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// When it took effect or was refused.
    pub tick: u64,
    /// It waited longer than the record can tell: `tick` is the latest possible.
    pub is_late: bool,
    /// The command's number.
    pub seq: u8,
    /// The low four bits of its register.
    pub register: u8,
    /// What became of it.
    pub status: Status,
}

/// LINK_TEST records from the shift register's first state on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkTestRun {
    /// The first record.
    pub start_tick: u64,
    /// The last one.
    pub end_tick: u64,
    /// How many came.
    pub records: u64,
    /// How many were not the state after the one before.
    pub errors: u64,
}

/// What was lost beside the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SideLossKind {
    /// Bytes of the console.
    Console,
    /// Windows of the envelope.
    Envelope,
    /// Crossings without samples at full rate.
    Window,
}

impl SideLossKind {
    /// The word used in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            SideLossKind::Console => "console",
            SideLossKind::Envelope => "envelope",
            SideLossKind::Window => "window",
        }
    }
}

/// A loss that leaves the lines known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideLoss {
    /// Of what.
    pub kind: SideLossKind,
    /// It happened at this tick or later.
    pub start_tick: u64,
    /// It happened at this tick or before.
    pub end_tick: u64,
    /// How many.
    pub count: u64,
}
