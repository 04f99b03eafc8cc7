//! Which instruments can be recorded from.

use crate::SessionError;

/// A device that may be an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its serial number, if it tells one.
    pub serial: Option<String>,
    /// What it is and where, for people.
    pub description: String,
    /// Why it cannot be opened now; none if it can.
    pub obstacle: Option<String>,
}

/// The devices on the USB that may be instruments. Nothing is sent to them.
///
/// # Errors
/// The system's USB cannot be used at all.
#[cfg(feature = "ftdi")]
pub fn devices() -> Result<Vec<Device>, SessionError> {
    let device = |found: ichiscope_link::Found| Device {
        description: format!("{} {} ({})", found.chip, found.description, found.location),
        obstacle: (found.access != ichiscope_link::Access::Ready).then(|| found.access.to_string()),
        serial: found.serial,
    };
    Ok(ichiscope_link::list()?.into_iter().map(device).collect())
}

/// This program was built without a link to devices.
///
/// # Errors
/// Never; there are just none.
#[cfg(not(feature = "ftdi"))]
pub fn devices() -> Result<Vec<Device>, SessionError> {
    Ok(Vec::new())
}
