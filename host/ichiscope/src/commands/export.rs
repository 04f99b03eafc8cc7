//! `export`: a capture's edges in another tool's format.

use std::fs::{File, OpenOptions};
use std::io::BufWriter;
use std::path::PathBuf;

use anyhow::Context;
use ichiscope_exchange::{
    ExchangeError, Times, write_edges, write_parquet, write_perfetto, write_sr, write_vcd,
};
use ichiscope_replay::Recording;
use ichiscope_verdict::Analysis;
use serde_json::json;

use crate::commands::beside::Beside;
use crate::exit::Outcome;
use crate::output::print;

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// Value Change Dump, for GTKWave, PulseView and Surfer; the wire `gap` is 1 where nothing is known
    Vcd,
    /// sigrok session, for PulseView; the channel `gap` is 1 where nothing is known
    Sr,
    /// Perfetto trace: phases, outages and gaps as slices, lines as counters
    Perfetto,
    /// Parquet: crossings, phases and gaps in ticks
    Parquet,
    /// One row for each crossing, in ticks
    Csv,
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The capture
    capture: PathBuf,
    /// The format
    #[arg(long)]
    format: Format,
    /// The file to write; it must not exist
    #[arg(long)]
    out: PathBuf,
    /// Samples per second of a sigrok session; without it the lowest at which every edge falls on a sample
    #[arg(long)]
    sample_rate: Option<u64>,
    #[command(flatten)]
    beside: Beside,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut recording = super::load(&args.capture)?;
    let analysis = args.beside.read()?.analyse(&mut recording)?;
    let file = OpenOptions::new().write(true).create_new(true).open(&args.out).with_context(|| {
        format!(
            "cannot make {}. Remedy: choose a new name in a folder that can be written",
            args.out.display()
        )
    })?;
    let written = write(args, &recording, &analysis, BufWriter::new(file)).inspect_err(|_| {
        // What is there is half an export, made by this very call.
        let _ = std::fs::remove_file(&args.out);
    });
    let rounded = match written.with_context(|| format!("exporting to {}", args.out.display()))? {
        Times::Exact => None,
        Times::Rounded(unit) => Some(unit),
    };
    if args.json {
        print(&format!("{}\n", json!({"file": args.out, "rounded_to": rounded})))?;
    } else {
        print(&format!("{}\n", args.out.display()))?;
        if let Some(unit) = rounded {
            eprintln!(
                "times are rounded to the nearest {unit}; the exact ticks are in --format csv and parquet"
            );
        }
    }
    let lost = recording.timeline.has_loss();
    Ok(if lost { Outcome::Unclear } else { Outcome::Good })
}

fn write(
    args: &Args,
    recording: &Recording,
    analysis: &Analysis,
    out: BufWriter<File>,
) -> Result<Times, ExchangeError> {
    let timeline = &recording.timeline;
    match args.format {
        Format::Vcd => write_vcd(timeline, out),
        Format::Sr => write_sr(timeline, args.sample_rate.filter(|hz| *hz > 0), out),
        Format::Perfetto => write_perfetto(timeline, analysis, out),
        Format::Parquet => write_parquet(timeline, analysis, out),
        Format::Csv => write_edges(timeline, out),
    }
}
