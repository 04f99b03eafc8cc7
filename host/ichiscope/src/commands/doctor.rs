//! `doctor`: what is on this system, and what is in the way.

use std::path::Path;

use anyhow::Context;
use ichiscope_link::{Access, Found, UDEV_RULE, UDEV_RULE_PATH};
use serde_json::json;

use crate::exit::Outcome;
use crate::output::print;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write the udev rule that lets users open the board (needs root), and say what to do next
    #[arg(long)]
    install_udev_rule: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    if args.install_udev_rule {
        return install_udev_rule();
    }
    let found = ichiscope_link::list()?;
    let ready = found.iter().any(|f| f.access == Access::Ready);
    if args.json {
        let devices: Vec<_> = found.iter().map(device_json).collect();
        let report = json!({
            "version": env!("CARGO_PKG_VERSION"), "devices": devices, "display": super::has_display(),
            "udev_rule": has_udev_rule(),
        });
        print(&format!("{report:#}\n"))?;
    } else {
        print(&text(&found))?;
    }
    Ok(if ready { Outcome::Good } else { Outcome::Unclear })
}

fn text(found: &[Found]) -> String {
    let mut text = format!("ichiscope {}\n", env!("CARGO_PKG_VERSION"));
    let yes_no = |yes| if yes { "yes" } else { "no" };
    text += &format!("display for the app: {}\n", yes_no(super::has_display()));
    if cfg!(target_os = "linux") {
        text += &format!("udev rule installed: {}\n", yes_no(has_udev_rule()));
    }
    for f in found {
        let serial = f.serial.as_deref().unwrap_or("(no serial number)");
        text += &format!("board {serial}: {} {}, {}: {}\n", f.chip, f.description, f.location, f.access);
        text += remedy(&f.access);
    }
    if found.is_empty() {
        text += "no board found. Remedy: connect it with a data cable, not through a hub without its own supply; \
                 then run this again. Without a board: ichiscope demo --out DIR\n";
    }
    text
}

fn remedy(access: &Access) -> &'static str {
    match access {
        Access::NoPermission => {
            "  Remedy: sudo ichiscope doctor --install-udev-rule, then unplug the board and plug it in again\n"
        }
        Access::InUse => {
            "  Remedy: close the program that has it open (another ichiscope, a terminal, a programmer)\n"
        }
        _ => "",
    }
}

fn device_json(f: &Found) -> serde_json::Value {
    json!({
        "serial": f.serial, "description": f.description, "location": f.location,
        "chip": f.chip.to_string(), "ready": f.access == Access::Ready, "access": f.access.to_string(),
    })
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
