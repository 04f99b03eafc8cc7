//! Verilog compiled by Verilator at run time, kept in a cache folder under the hash of everything that went in.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ichiscope_wire::Line;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::stimulus::{Pins, Stimulus};
use crate::tools::{cache_folder, hex, run_tool, work_folder, write};

const BENCH: &str = include_str!("bench.cpp");
const FLAGS: [&str; 18] = [
    "--cc",
    "--exe",
    "--build",
    "-O3",
    "--x-assign",
    "0",
    "--x-initial",
    "0",
    "--language",
    "1364-2005",
    "-DSIMULATION",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
    "--top-module",
    "top",
    "-MAKEFLAGS",
    "OPT_FAST=-O3 OPT_GLOBAL=-O3",
];

/// One file of a model.
#[derive(Clone, Debug)]
pub struct ModelSource {
    name: &'static str,
    text: String,
}

impl ModelSource {
    /// A Verilog file of that name.
    pub fn new(name: &'static str, text: String) -> Self {
        ModelSource { name, text }
    }
}

/// A compiled model of a design whose top module `top` has the lines' ports, `clock` and `txd`.
#[derive(Clone, Debug)]
pub struct Model {
    program: PathBuf,
}

impl Model {
    /// Compiles the sources, or finds what was compiled of them before.
    ///
    /// # Errors
    /// When Verilator is missing or refuses the Verilog.
    pub fn build(sources: &[ModelSource]) -> Result<Model, Error> {
        let version = run_tool(Command::new("verilator").arg("--version"), "verilator")?;
        let mut hash = Sha256::new();
        for text in [version.as_str(), BENCH].into_iter().chain(FLAGS) {
            hash.update(text);
            hash.update([0]);
        }
        for source in sources {
            hash.update(source.name);
            hash.update([0]);
            hash.update(&source.text);
            hash.update([0]);
        }
        let cache = cache_folder("verilated")?;
        let folder = cache.join(hex(&hash.finalize()[..16]));
        let program = folder.join("bench");
        if !program.exists() {
            compile(sources, &cache, &folder)?;
        }
        Ok(Model { program })
    }

    /// Runs the model from power-up; `plusargs` set registers that it presets.
    ///
    /// # Errors
    /// When the bench fails.
    pub fn run(
        &self,
        stimulus: &Stimulus,
        clocks: u64,
        clocks_per_bit: u16,
        plusargs: &[String],
    ) -> Result<Vec<u8>, Error> {
        let failed = |reason: String| Error::Tool { tool: self.program.display().to_string(), reason };
        let mut bench = Command::new(&self.program)
            .args([clocks.to_string(), clocks_per_bit.to_string(), jumper(stimulus).to_string()])
            .args(plusargs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let mut input = Vec::new();
        for (clock, pins) in [(0, stimulus.pins)].iter().chain(&stimulus.changes) {
            input.extend_from_slice(&clock.to_ne_bytes());
            input.extend_from_slice(&packed(pins).to_ne_bytes());
        }
        // The bench reads all of its input before it writes: no deadlock.
        if let Some(mut stdin) = bench.stdin.take() {
            stdin.write_all(&input).map_err(|error| failed(error.to_string()))?;
        }
        let output = bench.wait_with_output().map_err(|error| failed(error.to_string()))?;
        if output.status.success() { Ok(output.stdout) } else { Err(failed(output.status.to_string())) }
    }
}

/// The lines that hang on the output `test`, as the bench wants them. The line `adc` has no pin.
fn jumper(stimulus: &Stimulus) -> u16 {
    stimulus.jumper.with(Line::Adc, false).bits()
}

/// The pins as the bench wants them: lines, console, rxd, cts, then the ADC's code.
fn packed(pins: &Pins) -> u64 {
    u64::from(pins.lines.bits())
        | u64::from(pins.console) << 12
        | u64::from(pins.rxd) << 13
        | u64::from(pins.cts) << 14
        | u64::from(pins.adc) << 16
}

/// Compiles in a folder of its own, then moves the program to its name: several processes may want the same model at once.
fn compile(sources: &[ModelSource], cache: &Path, folder: &Path) -> Result<(), Error> {
    let work_folder = work_folder(cache, "building")?;
    let work = work_folder.path();
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| Error::Io { path, error }
    };
    let mut verilator = Command::new("verilator");
    verilator.current_dir(work).args(FLAGS).args(["--Mdir", "obj", "-o", "bench"]);
    let bench = ModelSource::new("bench.cpp", BENCH.into());
    for source in sources.iter().chain([&bench]) {
        write(&work.join(source.name), &source.text)?;
        verilator.arg(source.name);
    }
    run_tool(&mut verilator, "verilator")?;
    let built = work.join("obj").join("bench");
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    std::fs::rename(&built, folder.join("bench")).map_err(io(&built))
}
