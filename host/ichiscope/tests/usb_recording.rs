//! `record.sh` makes a recording of a USB session, and the recording replays: what a user does who contributes one of a real board.
//!
//! The session is recorded in a Linux in QEMU with the model of the FT2232H, behind which the twin of the gateware runs in real
//! time, by the script itself with its own tools (umockdev-record, usbmon, tcpdump). It is then replayed by `umockdev-run`, on a
//! machine without USB, to the program whole; what that records is held against what the twin had sent.
//!
//! `ICHISCOPE_KEEP_RECORDING=FOLDER` copies it there: this is how `emulated-ft2232h` in the link's `tests/recordings` was made.
//! Needs what the link's rig needs, and the packages umockdev and tcpdump.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../../link/tests/console/mod.rs"]
mod console;
#[path = "../../link/rig/ft2232h.rs"]
#[allow(dead_code, reason = "the link's tests use more of it")]
mod ft2232h;
#[path = "../../link/tests/guest/mod.rs"]
mod guest;
#[allow(dead_code, reason = "hotplug.rs uses more of it")]
mod instrument;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use guest::Guest;
use ichiscope_capture::{Item, Read, Reader};
use ichiscope_wire::FRAME_LEN;
use instrument::{BITSTREAM, Instrument, Life, SERIAL};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ichiscope");
/// In the machine that records.
const FOLDER: &str = "/tmp/session";

/// Where the system has a program; the packages that hold them are in `cargo task setup`.
fn tool(name: &str) -> String {
    let paths = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing. Remedy: cargo task setup")).display().to_string()
}

/// Records a session into `folder` on this machine, and gives what the board sent.
fn record(folder: &Path) -> Vec<Life> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../link/tests/recordings/record.sh");
    let tools = [
        tool("bash"),
        tool("umockdev-record"),
        tool("udevadm"),
        tool("tcpdump"),
        script.display().to_string(),
    ];
    let programs: Vec<&str> = [PROGRAM].into_iter().chain(tools.iter().map(String::as_str)).collect();
    let mut guest = Guest::boot(&["usb-redir,chardev=usb"], &programs);
    let mut instrument = Instrument::new(&guest.path("usb"));
    instrument.plug();
    guest.ask_until(&format!("grep -qx {SERIAL} /sys/bus/usb/devices/*/serial; echo \"> $?\""), "0");
    let code =
        guest.console.ask(&format!("bash /bin/record.sh {SERIAL} {FOLDER} >/tmp/said 2>&1; echo \"> $?\""));
    let said = String::from_utf8(guest.file("/tmp/said")).unwrap();
    assert_eq!(code, "0", "{said}");
    for name in ["device", "session.pcap", "about.md"] {
        fs::write(folder.join(name), guest.file(&format!("{FOLDER}/{name}"))).unwrap();
    }
    instrument.end()
}

/// Runs the program on a machine that has nothing but the recorded device.
fn replay(folder: &Path, args: &[&str]) -> Output {
    let description = fs::read_to_string(folder.join("device")).unwrap();
    let device = description.lines().find_map(|line| line.strip_prefix("P: ")).unwrap();
    let session = format!("/sys{device}={}", folder.join("session.pcap").display());
    let mut command = Command::new("umockdev-run");
    command.arg("-d").arg(folder.join("device")).args(["-p", &session, "--", PROGRAM]).args(args);
    command.output().unwrap()
}

/// The device's bytes of a capture.
fn received(path: &Path) -> Vec<u8> {
    let mut reader = Reader::open(path).unwrap();
    let bytes = reader.items().filter_map(|read| match read {
        Read::Item(Item::Bytes { bytes, .. }) => Some(bytes),
        Read::Item(_) => None,
        Read::Damage { what, .. } => panic!("{what}"),
    });
    bytes.flatten().collect()
}

#[test]
fn a_session_that_record_sh_records_replays_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let lives = record(folder.path());

    let doctor = replay(folder.path(), &["doctor", "--device", SERIAL, "--json"]);
    let report: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let gateware = &report["devices"][0]["gateware"];
    assert_eq!(gateware["bitstream_id"], format!("{BITSTREAM:08x}"), "{report}");

    let capture = folder.path().join("replayed.mcap");
    let out = capture.display().to_string();
    let recorded = replay(folder.path(), &["record", "--device", SERIAL, "--seconds", "4", "--out", &out]);
    let bytes = received(&capture);
    let said = String::from_utf8_lossy(&recorded.stderr).into_owned();
    assert!(bytes.len() >= 10 * FRAME_LEN, "{} bytes: {said}", bytes.len());
    // What was replayed is what the board sent, without a hole.
    assert!(lives[0].find(0, &bytes).missed.is_empty());
    keep(folder.path(), &bytes);
}

/// For the link's `tests/recordings`, if asked for.
fn keep(folder: &Path, bytes: &[u8]) {
    let Some(to) = std::env::var_os("ICHISCOPE_KEEP_RECORDING").map(PathBuf::from) else { return };
    fs::create_dir(&to).unwrap();
    for name in ["device", "session.pcap", "about.md"] {
        fs::copy(folder.join(name), to.join(name)).unwrap();
    }
    fs::write(to.join("bytes"), bytes).unwrap();
}
