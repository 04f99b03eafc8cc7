//! `demo`: a scripted upgrade through the twin: capture, evidence, verdict, app.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::builder::{PossibleValue, PossibleValuesParser};
use ichiscope_capture::{DeviceFacts, Facts};
use ichiscope_context::Context;
use ichiscope_evidence::{analysis_json, write};
use ichiscope_replay::facts_of;
use ichiscope_session::{Pace, Session, Source, scenario};
use ichiscope_verdict::{Analysis, Device, OutageKind, Settings};
use ichiscope_wire::Line;

use crate::exit::Outcome;
use crate::output::{print, report};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder for NAME.mcap and evidence/; it is made if missing
    #[arg(long)]
    out: PathBuf,
    /// A short script for one verdict, instead of the long demonstration
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(scenario::CATALOGUE.iter().map(possible)))]
    scenario: Option<String>,
    /// Do not open the app
    #[arg(long)]
    no_app: bool,
    /// Print one JSON object (and do not open the app)
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let out = &args.out;
    std::fs::create_dir_all(out).with_context(|| {
        format!("cannot make the folder {}. Remedy: choose one that can be written with --out", out.display())
    })?;
    let entry = args.scenario.as_deref().and_then(scenario::by_name);
    let capture = out.join(format!("{}.mcap", entry.map_or("demo", |e| e.name)));
    let played = entry.map_or_else(scenario::demo, scenario::Entry::scenario);
    let source = Source::Twin { script: played.script, pace: Pace::AsRead };
    Session::record(source, &capture, facts(entry))?.wait().context("playing the demonstration")?;

    let written = write(&out.join("evidence"), &capture, &Context::default())?;
    check_against_script(&written.analysis, &played.outages)?;
    if args.json {
        print(&format!("{:#}\n", analysis_json(&written.recording, &written.analysis)))?;
        return Ok(Outcome::Good);
    }
    print(&report(&written.analysis))?;
    print(&format!("\ncapture:  {}\n", capture.display()))?;
    for file in &written.files {
        print(&format!("evidence: {}\n", file.display()))?;
    }
    if args.no_app {
        return Ok(Outcome::Good);
    }
    if !super::has_display() {
        print("no display here: the app was not opened. On a desktop: ichiscope replay CAPTURE\n")?;
        return Ok(Outcome::Good);
    }
    super::app(Some(capture))
}

fn possible(entry: &scenario::Entry) -> PossibleValue {
    PossibleValue::new(entry.name).help(entry.what)
}

/// The instrument must find exactly what the script did, wherever nothing was lost on purpose.
fn check_against_script(analysis: &Analysis, scripted: &[scenario::ScriptedOutage]) -> anyhow::Result<()> {
    if !analysis.gaps.is_empty() {
        return Ok(());
    }
    let found: Vec<_> = analysis
        .outages
        .iter()
        .filter(|o| o.threshold.line == Line::Rail0 && o.kind == OutageKind::Single && !o.is_open())
        .map(|o| scenario::ScriptedOutage { start_tick: o.start_tick, end_tick: o.end_tick })
        .collect();
    ensure!(found == scripted, "the outages found ({found:?}) are not the scripted ones ({scripted:?})");
    Ok(())
}

fn facts(entry: Option<&scenario::Entry>) -> Facts {
    let mut facts = Facts::new(concat!("ichiscope ", env!("CARGO_PKG_VERSION")), 0, DeviceFacts::default());
    let device = if entry.is_some_and(|e| e.is_gsme) { Device::Gsme } else { Device::Esme };
    facts_of(&Settings { device, ..Settings::default() }, &mut facts);
    facts.bench.meter = Some("scripted meter (SIMULATED)".to_owned());
    facts.bench.hub = Some("scripted hub (SIMULATED)".to_owned());
    let what = entry.map_or(String::new(), |e| format!("{}: {}. ", e.name, e.what));
    facts.bench.operator_notes = Some(format!("{what}demonstration: durations are scripted, not typical"));
    facts
}
