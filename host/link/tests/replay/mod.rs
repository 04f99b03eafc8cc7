//! The rig under `umockdev-run`: a described device and a usbmon recording stand in for kernel and chip.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::console::Console;
use crate::rig::RIG;

/// Starts the rig. `device` is the device's path below `/sys`; what the rig receives goes to `received`.
pub(crate) fn start(description: &Path, device: &str, recording: &Path, received: &Path) -> Console {
    let mut command = Command::new("umockdev-run");
    command
        .arg("-d")
        .arg(description)
        .arg("-p")
        .arg(format!("/sys{device}={}", recording.display()))
        .arg("--")
        .args([Path::new(RIG), received]);
    let mut console = Console::start(command, "umockdev");
    assert_eq!(console.answer(Duration::from_secs(60)), "ready");
    console
}
