//! `analyse`: outages, phases and the verdict of a capture.

use std::path::{Path, PathBuf};

use ichiscope_context::Context;
use ichiscope_evidence::analysis_json;

use crate::commands::beside::Beside;
use crate::exit::Outcome;
use crate::output::{print, report};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The capture
    capture: PathBuf,
    #[command(flatten)]
    beside: Beside,
    /// Print one JSON object (keys: docs/evidence.md)
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    print_analysis(&args.capture, &args.beside.read()?, args.json)
}

/// Prints the analysis of a capture, as text or as JSON.
pub(crate) fn print_analysis(capture: &Path, context: &Context, as_json: bool) -> anyhow::Result<Outcome> {
    let mut recording = super::load(capture)?;
    let analysis = context.analyse(&mut recording)?;
    if as_json {
        print(&format!("{:#}\n", analysis_json(&recording, &analysis)))?;
    } else {
        print(&report(&analysis))?;
    }
    Ok(Outcome::of(&recording, &analysis))
}
