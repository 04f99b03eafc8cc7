//! The transport trait: bytes as they arrived, and what is known of loss.

use std::time::Duration;

/// What one call of [`Transport::poll`] brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// This many bytes were appended; at least one.
    Bytes(usize),
    /// Nothing arrived in time. The link is fine.
    Idle,
    /// The source has ended and will never bring more (a recorded stream, or a twin whose script is over).
    End,
}

/// Something that happened to the link itself. It is recorded beside the bytes and becomes a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// The chip's receive FIFO ran over: bytes are missing before the next ones.
    ChipOverrun,
    /// The device went away.
    Lost {
        /// What the system said.
        reason: String,
    },
    /// A device with this serial number is there (again).
    Attached {
        /// Its serial number.
        serial: String,
    },
}

/// What is known of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// Serial number, or `twin`.
    pub serial: String,
    /// For people: chip or model, and where it is.
    pub description: String,
    /// Bits per second on the UART.
    pub baud: u32,
    /// The data are not from hardware.
    pub simulated: bool,
}

/// Why a link cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No such device.
    #[error("no instrument {wanted}: {found}. Remedy: check the cable, then `ichiscope doctor`")]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// What is there instead.
        found: String,
    },
    /// More than one device fits.
    #[error(
        "more than one instrument fits: {found}. Remedy: give the serial number, or leave only one connected"
    )]
    Several {
        /// What there is to choose from.
        found: String,
    },
    /// The system refuses access.
    #[error(
        "no permission to open {device}. Remedy: install the udev rule with `sudo ichiscope doctor --install-udev-rule`, \
         unplug the board and plug it in again"
    )]
    Permission {
        /// The device.
        device: String,
    },
    /// Another program has it.
    #[error(
        "{device} is in use by another program. Remedy: close it (another ichiscope, a terminal, a programmer)"
    )]
    Busy {
        /// The device.
        device: String,
    },
    /// The device went away.
    #[error("the link to {device} is gone: {reason}")]
    Gone {
        /// The device.
        device: String,
        /// What the system said.
        reason: String,
    },
    /// A request was refused.
    #[error("{device}: {step} failed: {reason}")]
    Setup {
        /// The device.
        device: String,
        /// Which step of opening it.
        step: &'static str,
        /// What the system said.
        reason: String,
    },
    /// This source takes nothing.
    #[error("{device} takes no commands. Remedy: use a board whose gateware has commands (docs/wire.md)")]
    TakesNothing {
        /// The device.
        device: String,
    },
    /// This program was built without that transport.
    #[error("this ichiscope was built without {0}. Remedy: build with that feature")]
    NotBuilt(&'static str),
}

/// A source of device bytes, owned by one reader thread.
pub trait Transport {
    /// Appends what arrived within `wait`.
    ///
    /// Link events that belong before the appended bytes are pushed to `events`.
    ///
    /// # Errors
    /// Only when the link is gone for good; bytes that arrived before are appended all the same.
    fn poll(
        &mut self,
        bytes: &mut Vec<u8>,
        events: &mut Vec<LinkEvent>,
        wait: Duration,
    ) -> Result<Received, LinkError>;

    /// Sends bytes to the device, all of them or an error; the system has taken them when this returns.
    ///
    /// # Errors
    /// The source takes nothing, or the system refuses. Whether the link is gone is for [`Transport::poll`] to say.
    fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError>;

    /// Whether the chip tells the board by RTS when it has room. Only boards with CTS wired look at that, and only when told to
    /// (FLOW in `docs/wire.md`).
    ///
    /// # Errors
    /// As [`Transport::send`].
    fn set_flow_control(&mut self, on: bool) -> Result<(), LinkError>;

    /// What is known of the link.
    fn info(&self) -> LinkInfo;
}
