//! Where bytes come from: FTDI, the twin of the gateware, a recorded stream.
//!
//! A [`Transport`] is owned by one reader thread. It hands over bytes exactly as they arrived and says what it knows
//! of loss; it never interprets them.

#[cfg(feature = "ftdi")]
pub mod devices;
#[cfg(feature = "ftdi")]
mod ftdi;
#[cfg(feature = "ftdi")]
mod surroundings;
pub mod transport;
pub mod twin;

#[cfg(feature = "ftdi")]
pub use devices::{Access, Chip, Found, UDEV_RULE, UDEV_RULE_PATH, list};
#[cfg(feature = "ftdi")]
pub use ftdi::FtdiTransport;
#[cfg(feature = "ftdi")]
pub use surroundings::{Hub, Surroundings};
pub use transport::{LinkError, LinkEvent, LinkInfo, Received, Transport};
