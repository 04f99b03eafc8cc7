//! `record`: a board (or the twin) into a new capture file.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use clap::value_parser;
use ichiscope_capture::{DeviceFacts, Facts, Options, Rotation};
use ichiscope_evidence::analysis_json;
use ichiscope_replay::PpsUtc;
use ichiscope_session::{Pace, Plan, Session, SessionError, Source, State, scenario};
use indicatif::ProgressBar;

use super::selftest;
use super::setup::Setup;
use crate::commands::beside::{Subject, tell_calibration};
use crate::exit::Outcome;
use crate::output::{print, progress, report};

/// How often the time and the bytes are looked at.
const LOOK: Duration = Duration::from_millis(50);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Serial number of the board, or `twin` for the model; without it there must be just one board
    #[arg(long)]
    device: Option<String>,
    /// Wait for the board if it is not there yet; --device must name it, because the file does
    #[arg(long, requires = "device")]
    wait: bool,
    /// The capture file to make; it must not exist
    #[arg(long)]
    out: PathBuf,
    /// Begin a new file, chained to the one before, once a file has this many MB: NAME.0002.mcap and so on
    #[arg(long, value_parser = amount)]
    split_mb: Option<f64>,
    /// Begin a new file once a file covers this many minutes
    #[arg(long, value_parser = amount)]
    split_minutes: Option<f64>,
    /// Stop by itself when the disk has only this many MB left, and close the file
    #[arg(long, default_value_t = 16, value_parser = value_parser!(u64).range(0..=1_000_000))]
    reserve_mb: u64,
    /// Stop after this many seconds; without it, on Ctrl-C
    #[arg(long)]
    seconds: Option<u64>,
    /// Bits per second that the board's bitstream was built for
    #[arg(long, default_value_t = 3_000_000)]
    baud: u32,
    /// The record of a self-test of this bench (`ichiscope selftest --out`): it is stored with the recording
    #[arg(long)]
    selftest: Option<PathBuf>,
    #[command(flatten)]
    setup: Setup,
    /// Make, model and variant of the meter
    #[arg(long)]
    meter: Option<String>,
    /// Make and model of the hub
    #[arg(long)]
    hub: Option<String>,
    /// Firmware before the upgrade
    #[arg(long)]
    firmware_from: Option<String>,
    /// Firmware after the upgrade
    #[arg(long)]
    firmware_to: Option<String>,
    #[command(flatten)]
    subject: Subject,
    /// The certificate that `ichiscope calibrate` wrote for this board; it stays with the capture
    #[arg(long)]
    calibration: Option<PathBuf>,
    /// The PPS input marks the seconds of UTC (a GPS receiver's output), its rising edges at most so many ns off them: logs in UTC are
    /// then laid beside the recording by the pulses, and the PC's clock only tells which second is which
    #[arg(long, value_parser = value_parser!(u64).range(0..=100_000_000))]
    pps_utc_ns: Option<u64>,
    /// Anything else. No customer's identity: no MPxN, UPRN or address
    #[arg(long)]
    notes: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let stop = Arc::new(AtomicBool::new(false));
    let on_signal = Arc::clone(&stop);
    ctrlc::set_handler(move || on_signal.store(true, Ordering::Relaxed))
        .context("cannot watch for Ctrl-C")?;

    let selftest = args.selftest.as_deref().map(selftest::Record::read).transpose()?;
    let session = Session::start(plan(args, selftest.as_ref())?).map_err(refusal)?;
    if selftest.is_some_and(|selftest| !selftest.passed) {
        eprintln!("the self-test that is stored with this recording FAILED");
    }
    let not_set = || {
        format!(
            "the board is not set as asked, so nothing is recorded from here; {} has what came before",
            args.out.display()
        )
    };
    // A board that is waited for is set when it is there.
    if !args.wait {
        args.setup.apply(&session).with_context(not_set)?;
    }
    watch(&session, &stop, args.seconds, args.wait.then_some(&args.setup)).with_context(not_set)?;
    session.stop();
    session
        .wait()
        .with_context(|| format!("recording ended early; {} has what came before", args.out.display()))?;

    let recording = super::load(&args.out)?;
    let analysis = recording.analyse();
    if args.json {
        print(&format!("{:#}\n", analysis_json(&recording, &analysis)))?;
    } else {
        print(&report(&analysis))?;
        for file in &recording.files {
            print(&format!("{}\n", file.display()))?;
        }
    }
    let is_complete = analysis.gaps.is_empty() && analysis.tick_hz.is_some();
    Ok(if is_complete { Outcome::Good } else { Outcome::Unclear })
}

/// Shows how far the recording is and says when its board goes and comes, until it ends or is to be ended. Sets the board, if there is
/// something to set, as soon as it says who it is.
fn watch(
    session: &Session,
    stop: &AtomicBool,
    seconds: Option<u64>,
    mut to_set: Option<&Setup>,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let bar = progress(0, "recording");
    let is_over = || seconds.is_some_and(|s| begun.elapsed() >= Duration::from_secs(s));
    let mut away = None;
    let mut noticed = 0;
    while session.is_running() && !stop.load(Ordering::Relaxed) && !is_over() {
        std::thread::sleep(LOOK);
        if let Some(setup) = to_set.take_if(|_| session.read().timeline().identity().is_some()) {
            setup.apply(session)?;
        }
        let (state, notices) = {
            let shared = session.read();
            (shared.state.clone(), shared.notices.get(noticed..).unwrap_or_default().to_vec())
        };
        noticed += notices.len();
        notices.iter().for_each(|notice| say(&bar, notice));
        match state {
            State::Recording { bytes } => {
                bar.set_position(bytes);
                if away.take().is_some() {
                    say(&bar, "the board is there; recording");
                }
            }
            State::Waiting { why, .. } if away.as_ref() != Some(&why) => {
                say(&bar, &format!("waiting for the board: {why}"));
                away = Some(why);
            }
            _ => {}
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// A line on standard error, above the bar.
fn say(bar: &ProgressBar, text: &str) {
    bar.suspend(|| eprintln!("{text}"));
}

/// A number from 0.01 to a million: so many MB, or minutes, a file.
fn amount(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.01..=1e6).contains(&value) => Ok(value),
        _ => Err("a number from 0.01 to 1000000 is needed".to_owned()),
    }
}

/// A plan names its board only for the sake of a self-test.
fn refusal(error: SessionError) -> anyhow::Error {
    match error {
        SessionError::OtherBoard { wanted, found } => anyhow!(
            "the self-test was made with the board {wanted}, this is {found}; no file was made. Remedy: ichiscope selftest \
             --device {found} --out FILE"
        ),
        error => error.into(),
    }
}

fn plan(args: &Args, selftest: Option<&selftest::Record>) -> anyhow::Result<Plan> {
    let rotation = Rotation {
        bytes: args.split_mb.map(|mb| (mb * 1e6) as u64),
        time: args.split_minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0)),
    };
    let mut facts = facts(args)?;
    if let Some(selftest) = selftest {
        selftest.store(&mut facts);
    }
    let options = Options { reserve: args.reserve_mb * 1_000_000 };
    let board = selftest.map(|selftest| selftest.device.clone());
    Ok(Plan { rotation, options, waits: args.wait, board, ..Plan::new(source(args), &args.out, facts) })
}

fn source(args: &Args) -> Source {
    match args.device.as_deref() {
        Some("twin") => Source::Twin { script: scenario::demo().script, pace: Pace::RealTime },
        serial => Source::Ftdi { serial: serial.map(str::to_owned), baud: args.baud },
    }
}

fn facts(args: &Args) -> anyhow::Result<Facts> {
    let mut facts = Facts::new(concat!("ichiscope ", env!("CARGO_PKG_VERSION")), 0, DeviceFacts::default());
    facts.bench.meter.clone_from(&args.meter);
    facts.bench.hub.clone_from(&args.hub);
    facts.bench.firmware_from.clone_from(&args.firmware_from);
    facts.bench.firmware_to.clone_from(&args.firmware_to);
    facts.bench.operator_notes.clone_from(&args.notes);
    if let Some(uncertainty_ns) = args.pps_utc_ns {
        PpsUtc { uncertainty_ns }.tell(&mut facts);
    }
    args.subject.tell(&mut facts)?;
    if let Some(path) = &args.calibration {
        tell_calibration(path, &mut facts)?;
    }
    Ok(facts)
}
