//! A second opinion on what the Verilog means: a bitstream by the system's own Yosys and nextpnr, which are other
//! versions than the pinned ones. Only its behaviour counts; whether it meets the clock is told and no more.

use std::path::PathBuf;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::nextpnr::{self, Fmax, Report};
use crate::tools::{cache_folder, hex, run_tool, work_folder, write};
use crate::{Design, Error};

/// A bitstream that was made, and what its maker says of it.
pub(crate) struct Opinion {
    pub(crate) bin: PathBuf,
    /// Tools and timing, for people.
    pub(crate) words: String,
}

/// Builds `design`, or finds what was built of it before.
pub(crate) fn build(design: &Design) -> Result<Opinion, Error> {
    let board = design.board;
    let tools = [run_tool(Command::new("yosys").arg("-V"), "yosys")?, nextpnr_version()?];
    let (verilog, pcf) = (design.verilog()?, board.pcf());
    // With these two the older nextpnr has the best chance of legal places on a small chip.
    let synthesis = format!(
        "read_verilog top.v; synth_ice40 -no-rw-check -abc9 -dff -device {} -top top -json top.json",
        board.family
    );
    let place = nextpnr::arguments(board, &["--timing-allow-fail"]);
    let hash = Sha256::digest(
        [&tools[..], &[verilog.clone(), pcf.clone(), synthesis.clone(), place.join(" ")]].concat().join("\0"),
    );
    let cache = cache_folder("second-opinion")?;
    let folder = cache.join(format!("{}-{}", board.name, hex(&hash[..8])));
    let bin = folder.join("top.bin");
    if !bin.exists() {
        let work_folder = work_folder(&cache, board.name)?;
        let work = work_folder.path();
        write(&work.join("top.v"), verilog)?;
        write(&work.join("top.pcf"), pcf)?;
        run_tool(Command::new("yosys").current_dir(work).args(["-q", "-p", &synthesis]), "yosys")?;
        run_tool(Command::new("nextpnr-ice40").current_dir(work).args(place), "nextpnr-ice40")?;
        run_tool(Command::new("icepack").current_dir(work).args(["top.asc", "top.bin"]), "fpga-icestorm")?;
        // Another process may have been faster; its bitstream is the same.
        let moved = std::fs::rename(work, &folder);
        moved.or_else(
            |error| if bin.exists() { Ok(()) } else { Err(Error::Io { path: folder.clone(), error }) },
        )?;
    }
    let report = Report::read(&folder.join("report.json"))?;
    let slowest = report.fmax.values().map(|Fmax { achieved, .. }| *achieved).fold(f64::INFINITY, f64::min);
    let words = format!(
        "{}: {}; {}; {slowest:.1} MHz of {} MHz",
        board.name,
        tools[0].trim(),
        tools[1].trim(),
        nextpnr::megahertz(board)
    );
    Ok(Opinion { bin, words })
}

/// nextpnr tells its version on stderr.
fn nextpnr_version() -> Result<String, Error> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::Missing { tool: "nextpnr-ice40".into(), package: "nextpnr-ice40" }
        }
        _ => Error::Tool { tool: "nextpnr-ice40".into(), reason: error.to_string() },
    };
    let output = Command::new("nextpnr-ice40").arg("--version").output().map_err(failed)?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}
