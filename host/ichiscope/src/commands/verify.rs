//! `verify`: makes evidence again from its capture and says what differs.

use std::path::PathBuf;

use serde_json::json;

use crate::exit::Outcome;
use crate::output::print;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The evidence folder
    dir: PathBuf,
    /// The capture, if it is neither in that folder nor beside it
    #[arg(long)]
    capture: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let differences = ichiscope_evidence::verify(&args.dir, args.capture.as_deref())?;
    if args.json {
        let list: Vec<_> = differences.iter().map(|d| json!({"file": d.file, "what": d.what})).collect();
        print(&format!("{:#}\n", json!({"agrees": list.is_empty(), "differences": list})))?;
    } else if differences.is_empty() {
        print("everything agrees\n")?;
    } else {
        let lines: String = differences.iter().map(|d| format!("{}: {}\n", d.file, d.what)).collect();
        print(&lines)?;
    }
    Ok(if differences.is_empty() { Outcome::Good } else { Outcome::Unclear })
}
