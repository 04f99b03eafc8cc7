//! `replay`: a capture in the app, or on the terminal.

use std::path::PathBuf;

use ichiscope_context::Context;

use crate::exit::Outcome;

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
        return super::analyse::print_analysis(&args.capture, &Context::default(), args.json);
    }
    // A file that is no capture is an error here, not a notice in a window.
    ichiscope_capture::Reader::open(&args.capture)?;
    super::app(Some(args.capture.clone()))
}
