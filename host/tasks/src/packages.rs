//! System packages by name, installed where they are missing (Debian and its relatives).

use std::process::Command;

use crate::run::{Failed, command};

/// What the packages are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Building and running the program with its window.
    App,
    /// All tests.
    Tests,
}

/// To build the program, and what its window loads at run time.
const APP: &[&str] = &[
    "gcc",
    "libc6-dev",
    "pkg-config",
    "libftdi1-dev",
    "libxcursor1",
    "libxi6",
    "libxkbcommon-x11-0",
    "libgl1",
];

/// What the tests run beside it.
const TESTS: &[&str] = &[
    // gateware: simulation, second opinion, bitstream tools
    "g++",
    "make",
    "verilator",
    "yosys",
    "nextpnr-ice40",
    "fpga-icestorm",
    "fpga-icestorm-chipdb",
    "openfpgaloader",
    "python3",
    "python3-venv",
    // other tools' formats: sigrok and GTKWave read and write them
    "sigrok-cli",
    "gtkwave",
    // front end: the circuit's simulation
    "ngspice",
    // evidence: signatures by their own tools
    "minisign",
    "openssh-client",
    // link: emulated and replayed USB devices
    "qemu-system-x86",
    "busybox-static",
    "cpio",
    "umockdev",
    "tcpdump",
    "udev",
    // package: built, judged, installed in a clean root
    "binutils",
    "dpkg-dev",
    "lintian",
    "mmdebstrap",
    // app: a real window
    "xvfb",
    "xdotool",
    "imagemagick",
    "libgl1-mesa-dri",
];

/// Installs what is missing; elsewhere than on Debian it names what is needed and goes on.
pub(crate) fn install(need: Need) -> Result<(), Failed> {
    let wanted = APP.iter().chain(if need == Need::Tests { TESTS } else { &[] });
    if Command::new("dpkg-query").arg("--version").output().is_err() {
        let names: Vec<&str> = wanted.copied().collect();
        eprintln!(
            "this is no Debian: please see that you have what these packages hold: {}",
            names.join(" ")
        );
        return Ok(());
    }
    let missing: Vec<&str> = wanted.copied().filter(|name| !is_installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    apt(&["update", "--quiet"])?;
    apt(&[&["install", "--yes", "--quiet", "--no-install-recommends"], missing.as_slice()].concat())
}

fn is_installed(name: &str) -> bool {
    let query =
        Command::new("dpkg-query").args(["--show", "--showformat", "${db:Status-Status}", name]).output();
    query.is_ok_and(|out| out.stdout == b"installed")
}

fn apt(args: &[&str]) -> Result<(), Failed> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0");
    let prefix: &[&str] = if is_root { &[] } else { &["sudo"] };
    let line = [prefix, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], args].concat();
    command(line[0], &line[1..])
}
