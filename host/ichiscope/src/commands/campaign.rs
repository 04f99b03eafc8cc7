//! `campaign`: a folder of captures, judged by the worst one.

use std::path::PathBuf;

use ichiscope_campaign::{campaign_json, collect, write};
use ichiscope_verdict::Verdict;

use crate::commands::beside::Beside;
use crate::exit::Outcome;
use crate::output::{print, progress};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the captures (*.mcap)
    dir: PathBuf,
    /// The folder for the tables; it is made if missing
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    beside: Beside,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let bar = progress(0, "captures");
    let campaign = collect(&args.dir, &args.beside.read()?, |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    let files = write(&args.out, &campaign)?;
    let verdict = campaign.verdict();
    if args.json {
        print(&format!("{:#}\n", campaign_json(&campaign)))?;
    } else {
        let worst =
            campaign.worst_first().first().map_or(String::new(), |r| format!(" (worst: {})", r.capture));
        print(&format!("{} runs, verdict {verdict}{worst}\n", campaign.runs.len()))?;
        for (name, why) in &campaign.unreadable {
            print(&format!("{name}: cannot be read: {why}\n"))?;
        }
        print(&files.iter().map(|f| format!("{}\n", f.display())).collect::<String>())?;
    }
    Ok(match verdict {
        Verdict::Fail | Verdict::ConditionalFail => Outcome::Fail,
        Verdict::Pass | Verdict::NotApplicable => Outcome::Good,
        _ => Outcome::Unclear,
    })
}
