//! The meter's debug console: bytes, each with the tick of its start bit.

/// A byte from the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsoleByte {
    /// The first sample of its start bit.
    pub tick: u64,
    /// The byte.
    pub byte: u8,
    /// Its stop bit was low: wrong baud rate, or a break.
    pub framing_error: bool,
    /// Bytes were lost in the gateware directly before it.
    pub lost_before: bool,
    /// It waited longer than the record can tell: `tick` is the latest possible.
    pub is_late: bool,
}
