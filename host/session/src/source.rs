//! Where a recording's bytes come from. The device is opened on the thread that reads it.

use std::sync::Arc;

use ichiscope_link::twin::{Pace, Script, TwinTransport};
use ichiscope_link::{LinkError, LinkInfo, Transport};

use crate::reader::Link;

/// Opens a link. It is called on the thread that reads it, again whenever the link was lost.
pub type Open = dyn Fn() -> Result<Box<dyn Transport>, LinkError> + Send + Sync;

/// Where a recording's bytes come from.
#[derive(Clone)]
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
    /// A link of another kind, with what is known of it before it is open.
    Other {
        /// Before it is open.
        planned: LinkInfo,
        /// Opens it.
        open: Arc<Open>,
    },
}

impl Source {
    /// Opens it, and from then on the same device every time. The link stays on the calling thread.
    ///
    /// # Errors
    /// The device is missing, in use or refused.
    pub(crate) fn open(&mut self) -> Result<Link, LinkError> {
        match self {
            Source::Twin { script, pace } => Ok(Box::new(TwinTransport::new(script.clone(), *pace))),
            Source::Other { open, .. } => open(),
            #[cfg(feature = "ftdi")]
            Source::Ftdi { serial, baud } => {
                let link = ichiscope_link::FtdiTransport::open(serial.as_deref(), *baud)?;
                let opened = link.info().serial;
                *serial = (!opened.is_empty()).then_some(opened);
                Ok(Box::new(link))
            }
            #[cfg(not(feature = "ftdi"))]
            Source::Ftdi { .. } => Err(LinkError::NotBuilt("ftdi")),
        }
    }

    /// What is known of a device that was not there when the recording began.
    pub(crate) fn planned(&self) -> LinkInfo {
        let (serial, baud, simulated) = match self {
            Source::Twin { script, .. } => ("twin".to_owned(), script.config.baud(), true),
            Source::Ftdi { serial, baud } => (serial.clone().unwrap_or_default(), *baud, false),
            Source::Other { planned, .. } => return planned.clone(),
        };
        LinkInfo { serial, description: "not connected when the recording began".to_owned(), baud, simulated }
    }
}
