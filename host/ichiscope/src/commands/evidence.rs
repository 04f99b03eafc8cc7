//! `evidence`: the CSV files of a capture.

use std::path::PathBuf;

use ichiscope_evidence::{analysis_json, sign, write};
use serde_json::json;

use crate::commands::beside::Beside;
use crate::exit::Outcome;
use crate::output::{print, report};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The capture
    capture: PathBuf,
    /// The folder for the files; it is made if missing. Evidence that differs is never overwritten
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    beside: Beside,
    /// Sign the manifest with this secret key: of minisign, or of OpenSSH
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
    /// Print one JSON object: the files and the analysis
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut written = write(&args.out, &args.capture, &args.beside.read()?)?;
    if let Some(key) = &args.sign {
        written.files.push(sign(&args.out, key)?);
    }
    if args.json {
        let analysis = analysis_json(&written.recording, &written.analysis);
        print(&format!("{:#}\n", json!({"files": written.files, "analysis": analysis})))?;
    } else {
        let files: String = written.files.iter().map(|f| format!("{}\n", f.display())).collect();
        print(&(report(&written.analysis) + "\n" + &files))?;
    }
    Ok(Outcome::of(&written.recording, &written.analysis))
}
