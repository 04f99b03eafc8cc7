//! Where a recording's bytes come from. The device is opened on the thread that reads it.

use ichiscope_link::twin::{Pace, Script, TwinTransport};
use ichiscope_link::{LinkError, Transport};

/// Where a recording's bytes come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A twin of the gateware that plays a script.
    Twin {
        /// What its pins do.
        script: Script,
        /// How fast its time goes.
        pace: Pace,
    },
    /// A board on FTDI.
    Ftdi {
        /// Its serial number; without one there must be just one board.
        serial: Option<String>,
        /// Bits per second on its UART.
        baud: u32,
    },
}

impl Source {
    /// Opens it. The transport stays on the calling thread.
    ///
    /// # Errors
    /// The device is missing, in use or refused.
    pub(crate) fn open(self) -> Result<Box<dyn Transport>, LinkError> {
        match self {
            Source::Twin { script, pace } => Ok(Box::new(TwinTransport::new(script, pace))),
            #[cfg(feature = "ftdi")]
            Source::Ftdi { serial, baud } => {
                Ok(Box::new(ichiscope_link::FtdiTransport::open(serial.as_deref(), baud)?))
            }
            #[cfg(not(feature = "ftdi"))]
            Source::Ftdi { .. } => Err(LinkError::NotBuilt("ftdi")),
        }
    }
}
