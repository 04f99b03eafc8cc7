//! Which instruments are on the USB, and whether they can be opened.

use std::fmt;

use crate::LinkError;
use crate::ftdi::raw::{Bus, Descriptor, Handle, UsbDevice, UsbError};

/// The udev rule that lets a user open the boards (Linux).
pub const UDEV_RULE: &str = include_str!("../udev/60-ichiscope.rules");
/// Where the rule belongs.
pub const UDEV_RULE_PATH: &str = "/etc/udev/rules.d/60-ichiscope.rules";

const FTDI: u16 = 0x0403;

/// The interface chip, known by its USB product id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chip {
    /// 0403:6010. Channel A loads the FPGA, channel B is the UART.
    Ft2232h,
    /// 0403:6001, one channel.
    Ft232,
}

impl Chip {
    fn from_id(id: (u16, u16)) -> Option<Self> {
        match id {
            (FTDI, 0x6010) => Some(Self::Ft2232h),
            (FTDI, 0x6001) => Some(Self::Ft232),
            _ => None,
        }
    }

    /// The USB speed that it can do, Mbit/s.
    pub const fn speed_mbit(self) -> u32 {
        match self {
            Self::Ft2232h => 480,
            Self::Ft232 => 12,
        }
    }

    /// The interface of the UART.
    pub(crate) fn interface(self) -> u8 {
        match self {
            Self::Ft2232h => 1,
            Self::Ft232 => 0,
        }
    }
}

impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ft2232h => "FT2232H channel B",
            Self::Ft232 => "FT232",
        })
    }
}

/// Whether a device can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// It can.
    Ready,
    /// The system refuses: see [`UDEV_RULE`].
    NoPermission,
    /// Another program has it.
    InUse,
    /// It cannot, for another reason.
    Unusable(String),
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::NoPermission => f.write_str("no permission"),
            Self::InUse => f.write_str("in use by another program"),
            Self::Unusable(reason) => write!(f, "cannot be opened: {reason}"),
        }
    }
}

/// A device that may be an instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Serial number; `None` if the device has none, or nobody may read it.
    pub serial: Option<String>,
    /// The product name that the device gives itself; empty if it gives none.
    pub description: String,
    /// Bus and ports, as Linux writes them: `usb 1-2.4`.
    pub location: String,
    /// The interface chip.
    pub chip: Chip,
    /// Whether it can be opened now.
    pub access: Access,
    /// Bus number and address on it: what the device is opened by.
    pub(crate) address: (u8, u8),
}

impl Found {
    /// What messages call the device.
    pub(crate) fn name(&self) -> String {
        format!("{} ({})", self.serial.as_deref().unwrap_or("a device without serial number"), self.location)
    }
}

/// Lists the devices that may be instruments, by location.
///
/// Nothing is sent to a device that is open elsewhere. On Linux nothing is sent to any device.
///
/// # Errors
/// [`LinkError::Setup`] when the system's USB cannot be used at all.
pub fn list() -> Result<Vec<Found>, LinkError> {
    let unusable = |step| {
        move |error: UsbError| LinkError::Setup { device: "USB".into(), step, reason: error.to_string() }
    };
    let bus = Bus::new().map_err(unusable("starting libusb"))?;
    let devices = bus.devices().map_err(unusable("listing devices"))?;
    let mut found: Vec<Found> = devices.iter().filter_map(examine).collect();
    found.sort_by(|a, b| a.location.cmp(&b.location));
    Ok(found)
}

/// What is known of a device, or `None` if it has none of our chips.
fn examine(device: &UsbDevice<'_>) -> Option<Found> {
    let descriptor = device.descriptor().ok()?;
    let chip = Chip::from_id(descriptor.id)?;
    let address = device.address();
    let path = bus_path(address.0, &device.ports());
    let opened = device.open();
    let access = match opened.as_ref().map_err(|e| *e).and_then(|h| h.claimable(chip.interface())) {
        Ok(()) => Access::Ready,
        Err(UsbError::ACCESS) => Access::NoPermission,
        Err(UsbError::BUSY) => Access::InUse,
        Err(other) => Access::Unusable(other.to_string()),
    };
    let strings =
        system_strings(&path).or_else(|| opened.ok().map(|handle| own_strings(&handle, descriptor)));
    let (serial, product) = strings.unwrap_or_default();
    Some(Found {
        serial: serial.filter(|s| !s.is_empty()),
        description: product.unwrap_or_default(),
        location: format!("usb {path}"),
        chip,
        access,
        address,
    })
}

/// Serial number and product name.
type Strings = (Option<String>, Option<String>);

/// Asks the device. Impossible without permission.
fn own_strings(handle: &Handle<'_>, descriptor: Descriptor) -> Strings {
    (handle.string(descriptor.serial), handle.string(descriptor.product))
}

/// Asks the system, which read the strings when the device was plugged in: needs no permission and disturbs nothing.
#[cfg(target_os = "linux")]
fn system_strings(path: &str) -> Option<Strings> {
    let directory = std::path::Path::new("/sys/bus/usb/devices").join(path);
    let read = |name| std::fs::read_to_string(directory.join(name)).ok().map(|s| s.trim_end().to_owned());
    directory.is_dir().then(|| (read("serial"), read("product")))
}

/// Only Linux shows the strings without opening the device.
#[cfg(not(target_os = "linux"))]
fn system_strings(_path: &str) -> Option<Strings> {
    None
}

/// `1-2.4`: bus 1, port 2, port 4 of the hub there.
fn bus_path(bus: u8, ports: &[u8]) -> String {
    let ports: Vec<String> = ports.iter().map(u8::to_string).collect();
    format!("{bus}-{}", ports.join("."))
}

/// The one device that was asked for: by serial number, or the only one.
///
/// # Errors
/// [`LinkError::NotFound`] names what is there instead, [`LinkError::Several`] what there is to choose from.
pub(crate) fn choose(found: &[Found], serial: Option<&str>) -> Result<Found, LinkError> {
    let wanted: Vec<&Found> =
        found.iter().filter(|f| serial.is_none() || f.serial.as_deref() == serial).collect();
    match wanted.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(not_found(found, serial)),
        several => Err(LinkError::Several { found: names(several.iter().copied()) }),
    }
}

/// The error for a device that is not there.
fn not_found(found: &[Found], serial: Option<&str>) -> LinkError {
    LinkError::NotFound {
        wanted: serial.map_or("on the USB".into(), |s| format!("with serial number {s}")),
        found: match found {
            [] => "no FTDI FT2232H or FT232 is connected".into(),
            some => format!("connected: {}", names(some)),
        },
    }
}

fn names<'a>(found: impl IntoIterator<Item = &'a Found>) -> String {
    found.into_iter().map(Found::name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(serial: Option<&str>, port: u8) -> Found {
        Found {
            serial: serial.map(Into::into),
            description: "Dual RS232-HS".into(),
            location: format!("usb {}", bus_path(1, &[2, port])),
            chip: Chip::Ft2232h,
            access: Access::Ready,
            address: (1, port),
        }
    }

    #[test]
    fn a_serial_number_picks_its_device() {
        let found = [device(Some("A"), 1), device(Some("B"), 2), device(None, 3)];
        assert_eq!(choose(&found, Some("B")).unwrap().address, (1, 2));
        assert_eq!(choose(&found[..1], None).unwrap().address, (1, 1));
    }

    #[test]
    fn an_absent_device_is_reported_with_what_is_there() {
        let found = [device(Some("A"), 1), device(None, 3)];
        let text = choose(&found, Some("B")).unwrap_err().to_string();
        assert!(text.contains("no instrument with serial number B"), "{text}");
        assert!(
            text.contains("connected: A (usb 1-2.1), a device without serial number (usb 1-2.3)"),
            "{text}"
        );
        let text = choose(&[], None).unwrap_err().to_string();
        assert!(text.contains("no FTDI FT2232H or FT232 is connected"), "{text}");
    }

    #[test]
    fn a_choice_is_never_made_by_chance() {
        let found = [device(Some("A"), 1), device(Some("A"), 2)];
        for serial in [None, Some("A")] {
            let error = choose(&found, serial).unwrap_err();
            assert!(matches!(error, LinkError::Several { .. }), "{error}");
        }
    }

    #[test]
    fn the_rule_names_every_chip() {
        for product in ["6010", "6001"] {
            let rule = UDEV_RULE.lines().find(|l| l.contains(product)).unwrap();
            assert!(
                rule.contains(r#"ATTR{idVendor}=="0403""#) && rule.contains(r#"TAG+="uaccess""#),
                "{rule}"
            );
        }
        assert!(UDEV_RULE_PATH.ends_with("/60-ichiscope.rules"));
    }
}
