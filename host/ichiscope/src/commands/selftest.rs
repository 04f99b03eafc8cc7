//! `selftest`: the whole chain on the user's bench, with pulses of known lengths over a jumper, before anything is measured.

mod adc;
mod bench;
mod check;
mod lines;
mod link;
mod pulses;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use ichiscope_capture::{DeviceFacts, Facts};
use ichiscope_session::{Pace, Session, Source, scenario};
use serde::{Deserialize, Serialize};

use super::temporary::Temporary;
use crate::exit::Outcome;
use crate::output::print;
use bench::Bench;
use check::Check;
pub(crate) use check::Found;

/// First word of a record of a self-test.
const FORMAT: &str = "ichiscope-selftest-1";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Serial number of the board, or `twin` for the model; without it there must be just one board
    #[arg(long)]
    device: Option<String>,
    /// Bits per second that the board's bitstream was built for
    #[arg(long, default_value_t = 3_000_000)]
    baud: u32,
    /// Pulses of 10 s and 181 s as well: more than three minutes
    #[arg(long)]
    full: bool,
    /// How far a pulse's length may be off, ns, where the jumper goes through the front end: its comparators switch at different speeds both
    /// ways. Without it the jumper goes straight to the pin and two ticks are allowed
    #[arg(long, value_name = "NS")]
    tolerance: Option<u64>,
    /// Microvolts of the rail for one code of the ADC: gain_uv_per_code of the front end's profile
    #[arg(long, default_value_t = 4814.0, value_name = "UV")]
    uv_per_code: f64,
    /// Write the record, for `ichiscope record --selftest`; it must not exist
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print one JSON object: the record
    #[arg(long)]
    json: bool,
}

/// What is measured against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) full: bool,
    pub(super) tolerance_ns: Option<u64>,
    pub(super) uv_per_code: f64,
}

/// A self-test as it is kept, and stored with later recordings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    format: String,
    program: String,
    /// By the PC's clock, ns since 1970.
    created_utc_ns: u64,
    /// Serial number of the board.
    pub(crate) device: String,
    /// The board is a model.
    pub(crate) simulated: bool,
    board: String,
    pub(crate) bitstream_id: String,
    tick_hz: u64,
    /// No check failed.
    pub(crate) passed: bool,
    /// The best sampling point of the ADC, clocks, if it was found.
    pub(crate) sampling_point: Option<u8>,
    checks: Vec<Check>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    if let Some(out) = &args.out {
        ensure!(!out.exists(), "{} exists already. Remedy: choose another name with --out", out.display());
    }
    let recording = Temporary::new(&std::env::temp_dir(), "selftest")?;
    let facts = Facts::new(concat!("ichiscope ", env!("CARGO_PKG_VERSION")), 0, DeviceFacts::default());
    let session = Session::record(source(args), recording.path(), facts)?;
    let terms = Terms { full: args.full, tolerance_ns: args.tolerance, uv_per_code: args.uv_per_code };
    let record = examine(&session, terms, |check| {
        if !args.json {
            // Whoever reads it went away: the record is made all the same.
            let _ = print(&check.line());
        }
    })?;
    session.stop();
    session.wait().context("the self-test's recording")?;
    let json = serde_json::to_string_pretty(&record)? + "\n";
    if let Some(out) = &args.out {
        std::fs::write(out, &json).with_context(|| format!("cannot write {}", out.display()))?;
    }
    print(&if args.json { json } else { conclusion(&record) })?;
    Ok(if record.passed { Outcome::Good } else { Outcome::Unclear })
}

fn source(args: &Args) -> Source {
    match args.device.as_deref() {
        Some("twin") => Source::Twin { script: scenario::jumper(), pace: Pace::RealTime },
        serial => Source::Ftdi { serial: serial.map(str::to_owned), baud: args.baud },
    }
}

/// Makes every check on a board that is being recorded; `tell` hears each as it is made.
pub(super) fn examine(
    session: &Session,
    terms: Terms,
    mut tell: impl FnMut(&Check),
) -> anyhow::Result<Record> {
    let bench = Bench::new(session)?;
    let mut checks = Vec::new();
    let mut take = |found: Vec<Check>| {
        found.iter().for_each(&mut tell);
        checks.extend(found);
    };
    take(vec![bench.gateware()]);
    take(vec![link::check(&bench)?]);
    take(lines::check(&bench));
    take(pulses::check(&bench, terms)?);
    let adc = adc::check(&bench, terms)?;
    take(adc.checks);
    let identity = bench.identity();
    Ok(Record {
        format: FORMAT.to_owned(),
        program: concat!("ichiscope ", env!("CARGO_PKG_VERSION")).to_owned(),
        created_utc_ns: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)),
        device: session.read().facts.device.serial.clone(),
        simulated: identity.is_simulated(),
        board: identity.board().map_or("unknown", |board| board.name()).to_owned(),
        bitstream_id: format!("{:08x}", identity.bitstream_id),
        tick_hz: identity.tick_hz,
        passed: checks.iter().all(|check| check.found != Found::Fail),
        sampling_point: adc.sampling_point,
        checks,
    })
}

fn conclusion(record: &Record) -> String {
    let simulated = if record.simulated { " SIMULATED: this was a model, not a board." } else { "" };
    if record.passed {
        return format!("no check failed.{simulated}\n");
    }
    let failed = record.checks.iter().filter(|check| check.found == Found::Fail).count();
    format!("{failed} checks FAILED: do not measure with this bench.{simulated}\n")
}

impl Record {
    /// Reads a kept record.
    ///
    /// # Errors
    /// The file cannot be read or is no record of a self-test.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Record> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}. Remedy: check the path", path.display()))?;
        let record: Option<Record> = serde_json::from_str(&text).ok();
        record.filter(|record| record.format == FORMAT).with_context(|| {
            format!(
                "{} is no record of a self-test. Remedy: give the file that `ichiscope selftest --out` wrote",
                path.display()
            )
        })
    }

    /// Puts it into the facts of a recording.
    pub(crate) fn store(&self, facts: &mut Facts) {
        let result = if self.passed { "passed" } else { "FAILED" };
        let mut tell = |name: &str, value: String| facts.extra.insert(format!("selftest_{name}"), value);
        tell("result", result.to_owned());
        tell("device", self.device.clone());
        tell("bitstream_id", self.bitstream_id.clone());
        tell("utc_ns", self.created_utc_ns.to_string());
        for (n, check) in (1..).zip(&self.checks) {
            tell(&format!("check_{n:02}"), check.line().trim_end().to_owned());
        }
    }
}
