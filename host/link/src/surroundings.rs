//! What stands between a board and this program, as the system shows it: kernel driver, speed, hub.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Chip, Found};

/// What the system shows of a device's surroundings. Only Linux shows anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The kernel driver that has the UART's channel, `ftdi_sio` for example.
    pub driver: Option<String>,
    /// That driver's serial ports, `ttyUSB1` for example.
    pub serial_ports: Vec<String>,
    /// The speed at which the device is connected, Mbit/s.
    pub speed_mbit: Option<u32>,
    /// The hub that it is plugged into; `None` for a port of the computer.
    pub hub: Option<Hub>,
}

/// A hub between the device and the computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    /// Bus and ports: `usb 1-2`.
    pub location: String,
    /// Devices plugged into it, the instrument among them.
    pub devices: usize,
    /// It has a supply of its own.
    pub has_supply: bool,
}

impl Found {
    /// Looks at the surroundings. Nothing is sent to any device.
    pub fn surroundings(&self) -> Surroundings {
        let path = self.location.trim_start_matches("usb ");
        look(Path::new("/sys/bus/usb/devices"), path, self.chip)
    }
}

fn look(devices: &Path, path: &str, chip: Chip) -> Surroundings {
    let channel = devices.join(format!("{path}:1.{}", chip.interface()));
    let driver = fs::read_link(channel.join("driver")).ok();
    let name = |path: PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let speed = fs::read_to_string(devices.join(path).join("speed")).ok();
    Surroundings {
        driver: driver.and_then(name),
        serial_ports: names(&channel).filter(|name| name.starts_with("tty")).collect(),
        speed_mbit: speed.and_then(|speed| speed.trim().parse().ok()),
        hub: path.rsplit_once('.').map(|(hub, _)| look_at_hub(devices, hub)),
    }
}

fn look_at_hub(devices: &Path, hub: &str) -> Hub {
    const SELF_POWERED: u8 = 0x40;
    let attributes = fs::read_to_string(devices.join(hub).join("bmAttributes")).unwrap_or_default();
    let attributes = u8::from_str_radix(attributes.trim(), 16).unwrap_or(SELF_POWERED);
    let is_on_it = |name: &String| {
        let port = name.strip_prefix(hub).and_then(|rest| rest.strip_prefix('.'));
        port.is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
    };
    Hub {
        location: format!("usb {hub}"),
        devices: names(devices).filter(is_on_it).count(),
        has_supply: attributes & SELF_POWERED != 0,
    }
}

fn names(folder: &Path) -> impl Iterator<Item = String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.into_iter()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A board at port 4 of a hub that has no supply and two more devices, one of them a hub with a device of its own.
    #[test]
    fn driver_speed_and_hub_of_a_board() {
        let folder = tempfile::tempdir().unwrap();
        let devices = folder.path();
        for name in ["1-2", "1-2.1", "1-2.3", "1-2.3.1", "1-2.4", "1-2.4:1.0", "1-2.4:1.1", "1-3", "2-2.4"] {
            fs::create_dir(devices.join(name)).unwrap();
        }
        fs::write(devices.join("1-2.4/speed"), "12\n").unwrap();
        fs::write(devices.join("1-2/bmAttributes"), "a0\n").unwrap();
        fs::create_dir(devices.join("1-2.4:1.1/ttyUSB1")).unwrap();
        fs::create_dir(devices.join("1-2.4:1.0/ttyUSB0")).unwrap();
        symlink("../../../bus/usb/drivers/ftdi_sio", devices.join("1-2.4:1.1/driver")).unwrap();

        let seen = look(devices, "1-2.4", Chip::Ft2232h);
        assert_eq!(
            seen,
            Surroundings {
                driver: Some("ftdi_sio".into()),
                serial_ports: vec!["ttyUSB1".into()],
                speed_mbit: Some(12),
                hub: Some(Hub { location: "usb 1-2".into(), devices: 3, has_supply: false }),
            }
        );
        fs::write(devices.join("1-2/bmAttributes"), "e0\n").unwrap();
        assert!(look(devices, "1-2.4", Chip::Ft2232h).hub.is_some_and(|hub| hub.has_supply));
        assert_eq!(look(devices, "1-3", Chip::Ft2232h), Surroundings::default());
    }
}
