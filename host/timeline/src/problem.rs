//! What forbids a conclusion about the source.

use ichiscope_wire::{OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION};

/// Something about the source that forbids a conclusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No complete START block was seen.
    #[error("no START block: which gateware sent this, and its tick rate, are not known")]
    NoIdentity,
    /// The gateware speaks another protocol.
    #[error(
        "gateware of protocol version {0}, this program knows versions {OLDEST_PROTOCOL_VERSION} to {PROTOCOL_VERSION}: use a matching ichiscope, or flash the board again"
    )]
    Protocol(u8),
    /// A board code that is not known.
    #[error("unknown board code {0}: use a newer ichiscope, or flash the board again")]
    Board(u8),
    /// The tick rate is zero.
    #[error("the gateware states a tick rate of zero")]
    NoTickRate,
    /// Two START blocks contradict each other.
    #[error("the gateware changed during the recording")]
    Changed,
    /// Records of kinds that this program does not know.
    #[error("{0} records of a kind that this program does not know: use a newer ichiscope")]
    UnknownRecords(u64),
}
