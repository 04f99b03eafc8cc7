//! `doctor`: what is on this system, and what is in the way.

mod gateware;

use std::path::Path;

use anyhow::Context;
use ichiscope_link::{Access, Found, Surroundings, UDEV_RULE, UDEV_RULE_PATH};
use serde_json::{Value, json};

use crate::exit::Outcome;
use crate::output::print;
pub(super) use gateware::{Heard, listen};

/// More devices than this on one hub share its one way to the computer too narrowly.
const MANY_DEVICES: usize = 4;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Listen to the board with this serial number; without it, to the only one
    #[arg(long)]
    device: Option<String>,
    /// Bits per second that the board's bitstream was built for
    #[arg(long, default_value_t = 3_000_000)]
    baud: u32,
    /// Write the udev rule that lets users open the board (needs root), and say what to do next
    #[arg(long)]
    install_udev_rule: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A board, where it is, and what was heard from it if it was listened to.
struct Patient {
    found: Found,
    around: Surroundings,
    heard: Option<Heard>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    if args.install_udev_rule {
        return install_udev_rule();
    }
    let found = ichiscope_link::list()?;
    let several = found.len() > 1;
    let patients: Vec<Patient> = found.into_iter().map(|found| examine(found, several, args)).collect();
    if args.json {
        let devices: Vec<Value> = patients.iter().map(|p| p.json(args.baud)).collect();
        let report = json!({
            "version": env!("CARGO_PKG_VERSION"), "devices": devices, "display": super::has_display(),
            "udev_rule": has_udev_rule(),
        });
        print(&format!("{report:#}\n"))?;
    } else {
        print(&text(&patients, args))?;
    }
    let is_good = patients.iter().any(|p| p.heard.as_ref().is_some_and(Heard::is_good));
    Ok(if is_good { Outcome::Good } else { Outcome::Unclear })
}

/// Looks at a board. It is opened only if it is the only one or the one asked for, and free.
fn examine(found: Found, several: bool, args: &Args) -> Patient {
    let around = found.surroundings();
    let is_meant = match &args.device {
        Some(serial) => found.serial.as_ref() == Some(serial),
        None => !several,
    };
    let is_free = found.access == Access::Ready;
    let heard = (is_meant && is_free).then(|| listen(found.serial.as_deref(), args.baud));
    Patient { found, around, heard }
}

fn text(patients: &[Patient], args: &Args) -> String {
    let mut text = format!("ichiscope {}\n", env!("CARGO_PKG_VERSION"));
    let yes_no = |yes| if yes { "yes" } else { "no" };
    text += &format!("display for the app: {}\n", yes_no(super::has_display()));
    if cfg!(target_os = "linux") {
        text += &format!("udev rule installed: {}\n", yes_no(has_udev_rule()));
    }
    for patient in patients {
        text += &patient.text(args.baud);
    }
    if patients.is_empty() {
        text += "no board found. Remedy: connect it with a data cable, not through a hub without its own supply; \
                 then run this again. Without a board: ichiscope demo --out DIR\n";
    }
    if patients.len() > 1 && args.device.is_none() {
        text += "several boards: to listen to one, ichiscope doctor --device SERIAL\n";
    }
    text
}

impl Patient {
    fn text(&self, baud: u32) -> String {
        let f = &self.found;
        let serial = f.serial.as_deref().unwrap_or("(no serial number)");
        let mut text =
            format!("board {serial}: {} {}, {}: {}\n", f.chip, f.description, f.location, f.access);
        if let Some(heard) = &self.heard {
            text += &format!("  gateware: {}\n", heard.text(baud));
        }
        for remark in self.remarks() {
            text += &format!("  {remark}\n");
        }
        for remedy in self.remedies() {
            text += &format!("  Remedy: {remedy}\n");
        }
        text
    }

    /// What may look like trouble and is none.
    fn remarks(&self) -> Vec<String> {
        let driver = self.around.driver.as_deref().filter(|driver| *driver == "ftdi_sio");
        let ports = self.around.serial_ports.join(", ");
        let harmless = |driver| {
            format!(
                "the kernel's driver {driver} has the channel ({ports}): harmless, recording takes it over"
            )
        };
        driver.map(harmless).into_iter().collect()
    }

    fn remedies(&self) -> Vec<String> {
        let mut remedies = Vec::new();
        remedies.extend(access_remedy(&self.found.access).map(str::to_owned));
        remedies.extend(self.heard.iter().flat_map(Heard::remedies));
        let can = self.found.chip.speed_mbit();
        if let Some(speed) = self.around.speed_mbit.filter(|speed| *speed < can) {
            remedies.push(format!(
                "it is connected at {speed} Mbit/s and can do {can}: use another port, hub or cable"
            ));
        }
        if let Some(hub) = &self.around.hub {
            if hub.devices > MANY_DEVICES {
                remedies.push(format!(
                    "{} devices share the hub at {}: give the board a port of its own",
                    hub.devices, hub.location
                ));
            }
            if !hub.has_supply {
                remedies.push(format!(
                    "the hub at {} has no supply of its own: the board may lose power with it",
                    hub.location
                ));
            }
        }
        remedies
    }

    fn json(&self, baud: u32) -> Value {
        let (f, around) = (&self.found, &self.around);
        json!({
            "serial": f.serial, "description": f.description, "location": f.location,
            "chip": f.chip.to_string(), "ready": f.access == Access::Ready, "access": f.access.to_string(),
            "driver": around.driver, "serial_ports": around.serial_ports, "speed_mbit": around.speed_mbit,
            "hub": around.hub.as_ref().map(|hub| json!({
                "location": hub.location, "devices": hub.devices, "has_supply": hub.has_supply,
            })),
            "gateware": self.heard.as_ref().map(Heard::json),
            "gateware_text": self.heard.as_ref().map(|heard| heard.text(baud)),
            "remarks": self.remarks(), "remedies": self.remedies(),
        })
    }
}

fn access_remedy(access: &Access) -> Option<&'static str> {
    match access {
        Access::NoPermission => {
            Some("sudo ichiscope doctor --install-udev-rule, then unplug the board and plug it in again")
        }
        Access::InUse => {
            Some("close the program that has it open (another ichiscope, a terminal, a programmer)")
        }
        Access::Ready | Access::Unusable(_) => None,
    }
}

fn has_udev_rule() -> bool {
    Path::new(UDEV_RULE_PATH).exists()
}

fn install_udev_rule() -> anyhow::Result<Outcome> {
    if std::fs::read_to_string(UDEV_RULE_PATH).is_ok_and(|rule| rule == UDEV_RULE) {
        print(&format!("{UDEV_RULE_PATH} is already there\n"))?;
        return Ok(Outcome::Good);
    }
    std::fs::write(UDEV_RULE_PATH, UDEV_RULE)
        .with_context(|| format!("cannot write {UDEV_RULE_PATH}. Remedy: run this command with sudo"))?;
    print(&format!(
        "wrote {UDEV_RULE_PATH}\nnow: sudo udevadm control --reload; unplug the board and plug it in again\n"
    ))?;
    Ok(Outcome::Good)
}
