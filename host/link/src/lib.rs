//! Where bytes come from: FTDI, the twin of the gateware, a recorded stream.
//!
//! A [`Transport`] is owned by one reader thread. It hands over bytes exactly as they arrived and says what it knows
//! of loss; it never interprets them.

pub mod transport;
pub mod twin;

pub use transport::{LinkError, LinkEvent, LinkInfo, Received, Transport};
