//! `export`: a capture's edges in another tool's format.

use std::fs::OpenOptions;
use std::io::BufWriter;
use std::path::PathBuf;

use anyhow::Context;
use ichiscope_exchange::{write_edges, write_vcd};
use serde_json::json;

use crate::exit::Outcome;
use crate::output::print;

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// Value Change Dump, for GTKWave, PulseView and Surfer; the wire `gap` is 1 where nothing is known
    Vcd,
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
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let recording = super::load(&args.capture)?;
    let file = OpenOptions::new().write(true).create_new(true).open(&args.out).with_context(|| {
        format!(
            "cannot make {}. Remedy: choose a new name in a folder that can be written",
            args.out.display()
        )
    })?;
    let out = BufWriter::new(file);
    match args.format {
        Format::Vcd => write_vcd(&recording.timeline, out),
        Format::Csv => write_edges(&recording.timeline, out),
    }
    .with_context(|| format!("exporting to {}", args.out.display()))?;
    if args.json {
        print(&format!("{}\n", json!({"file": args.out})))?;
    } else {
        print(&format!("{}\n", args.out.display()))?;
    }
    let lost = recording.timeline.has_loss();
    Ok(if lost { Outcome::Unclear } else { Outcome::Good })
}
