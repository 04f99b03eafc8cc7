//! `replay`: a capture in the app, or on the terminal.

use std::path::PathBuf;

use crate::exit::Outcome;
use crate::output::{print, report};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The capture
    capture: PathBuf,
    /// Print the report and do not open the app
    #[arg(long)]
    no_app: bool,
    /// Print one JSON object and do not open the app
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    if args.no_app || args.json {
        let recording = super::load(&args.capture)?;
        let analysis = recording.analyse();
        if args.json {
            print(&format!("{:#}\n", ichiscope_evidence::analysis_json(&recording, &analysis)))?;
        } else {
            print(&report(&analysis))?;
        }
        return Ok(Outcome::of(&recording, &analysis));
    }
    // A file that is no capture is an error here, not a notice in a window.
    ichiscope_capture::Reader::open(&args.capture)?;
    super::app(Some(args.capture.clone()))
}
