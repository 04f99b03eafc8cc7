//! `import`: another tool's file as an ordinary capture.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use ichiscope_capture::Bench;
use ichiscope_evidence::analysis_json;
use ichiscope_exchange::{Format as Foreign, Mapping, Request, import};
use serde_json::json;

use crate::commands::beside::Subject;
use crate::exit::Outcome;
use crate::output::{print, report};

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// Value Change Dump
    Vcd,
    /// sigrok session
    Sr,
    /// CSV as Saleae's Logic exports it
    SaleaeCsv,
    /// Plain CSV: a row for each edge, or a column for each line
    Csv,
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file
    file: PathBuf,
    /// Its format; by its name if not given
    #[arg(long)]
    format: Option<Format>,
    /// Which name of the file is which line: rail=NAME[,rail1=NAME][,rail2=NAME][,rail_mv=NAME][,ac_lo=NAME][,ch_pr=NAME]
    /// [,mt_pr=NAME][,mark0=NAME...]. A digital rail is 1 when the supply is good
    #[arg(long)]
    map: String,
    /// Phases on the same time axis: CSV or JSON lines with time, phase and event (begin, end)
    #[arg(long)]
    phases: Option<PathBuf>,
    /// How far the file's clock may be off, parts per million; without it the engineering default of 50
    #[arg(long)]
    clock_ppm: Option<f64>,
    #[command(flatten)]
    subject: Subject,
    /// Make, model and variant of the meter
    #[arg(long)]
    meter: Option<String>,
    /// Firmware before the upgrade
    #[arg(long)]
    firmware_from: Option<String>,
    /// Firmware after the upgrade
    #[arg(long)]
    firmware_to: Option<String>,
    /// The voltage of rail_mv is in volts
    #[arg(long)]
    volts: bool,
    /// The capture to make; it must not exist
    #[arg(long)]
    out: PathBuf,
    /// Print one JSON object: the analysis, and what was imported
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let request = Request {
        file: args.file.clone(),
        format: args.format.map(foreign),
        mapping: Mapping::parse(&args.map).context("--map")?,
        phases: args.phases.clone(),
        clock_ppb: args.clock_ppm.map(ppb).transpose()?,
        volts: args.volts,
        subject: args.subject.told(),
        bench: bench(args),
        program: concat!("ichiscope ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let imported = import(&request, &args.out)?;
    let recording = super::load(&args.out)?;
    let analysis = recording.analyse();
    if args.json {
        let mut value = analysis_json(&recording, &analysis);
        value["capture"] = json!(args.out);
        value["edges"] = json!(imported.edges);
        print(&format!("{value:#}\n"))?;
    } else {
        print(&format!("{}{}\n", report(&analysis), args.out.display()))?;
    }
    Ok(if imported.gaps == 0 { Outcome::Good } else { Outcome::Unclear })
}

fn bench(args: &Args) -> Bench {
    Bench {
        meter: args.meter.clone(),
        firmware_from: args.firmware_from.clone(),
        firmware_to: args.firmware_to.clone(),
        ..Bench::default()
    }
}

const fn foreign(format: Format) -> Foreign {
    match format {
        Format::Vcd => Foreign::Vcd,
        Format::Sr => Foreign::Sr,
        Format::SaleaeCsv => Foreign::SaleaeCsv,
        Format::Csv => Foreign::Csv,
    }
}

/// Parts per billion from parts per million, rounded up: an uncertainty must not become smaller.
fn ppb(ppm: f64) -> anyhow::Result<u32> {
    let ppb = (ppm * 1000.0).ceil();
    ensure!(
        ppb.is_finite() && (0.0..=1e9).contains(&ppb),
        "--clock-ppm {ppm}: out of range. Remedy: 0 to 1000000, such as 2.5"
    );
    Ok(ppb as u32)
}
