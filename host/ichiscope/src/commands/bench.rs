//! `bench`: the link under test. Everything that arrives is checked, recorded into a temporary file and timed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::value_parser;
use ichiscope_capture::{DeviceFacts, Facts};
use ichiscope_link::twin::{Config, Script};
use ichiscope_session::{Pace, Session, Shared, Source};
use ichiscope_wire::{FRAME_LEN, Line, LineSet};
use serde_json::{Value, json};

use super::temporary::Temporary;
use crate::exit::Outcome;
use crate::output::print;

/// How often the time is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// The twin's script is kept in memory: about 1 MB a second.
const TWIN_SECONDS: u64 = 120;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Serial number of the board, or `twin` for the model at 12 Mbaud with its line full
    #[arg(long)]
    device: String,
    /// How long to test
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Bits per second that the board's bitstream was built for
    #[arg(long, default_value_t = 3_000_000)]
    baud: u32,
    /// Where the recording is made, and removed at the end; without it, where the system keeps temporary files
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let recording = Temporary::new(&args.folder.clone().unwrap_or_else(std::env::temp_dir), "bench")?;
    let facts = Facts::new(concat!("ichiscope ", env!("CARGO_PKG_VERSION")), 0, DeviceFacts::default());
    let session = Session::record(source(args)?, recording.path(), facts)?;
    let (begun, cpu_before) = (Instant::now(), cpu_ns());
    while session.is_running() && begun.elapsed() < Duration::from_secs(args.seconds) {
        std::thread::sleep(LOOK);
    }
    let (elapsed, cpu_after) = (begun.elapsed(), cpu_ns());
    session.stop();
    let shared = session.wait().context("the test ended early")?;
    let shared = shared.read().unwrap_or_else(PoisonError::into_inner);
    let result = result(&shared, elapsed, &shares(&cpu_before, &cpu_after, elapsed));
    if args.json {
        print(&format!("{result:#}\n"))?;
    } else {
        print(&text(&result))?;
    }
    Ok(if is_clean(&shared) { Outcome::Good } else { Outcome::Unclear })
}

fn source(args: &Args) -> anyhow::Result<Source> {
    if args.device != "twin" {
        return Ok(Source::Ftdi { serial: Some(args.device.clone()), baud: args.baud });
    }
    ensure!(
        args.seconds <= TWIN_SECONDS,
        "the twin can be tested for {TWIN_SECONDS} s at most. Remedy: a smaller --seconds"
    );
    Ok(Source::Twin { script: full_line(args.seconds + 1), pace: Pace::RealTime })
}

/// A line that changes a little less often than frames fit through 12 Mbaud: 98 % with the heartbeats. It is one that
/// nothing is concluded from.
fn full_line(seconds: u64) -> Script {
    let wired = Config::lines_only().wired;
    let config = Config { clocks_per_bit: 3, adc: None, wired, ..Config::twin() };
    let frame_ticks = 10 * FRAME_LEN as u64 * u64::from(config.clocks_per_bit);
    let edge_ticks = frame_ticks + 10;
    let end = seconds * u64::from(config.tick_hz);
    let levels = |edge: u64| LineSet::EMPTY.with(Line::Pps, edge % 2 == 1);
    let changes = (1..end / edge_ticks).map(|edge| (edge * edge_ticks, levels(edge))).collect();
    Script { changes, ..Script::quiet(config, LineSet::EMPTY, end) }
}

fn is_clean(shared: &Shared) -> bool {
    let timeline = shared.timeline();
    timeline.stats().frames > 0 && !timeline.has_loss() && timeline.problems().is_empty()
}

fn result(shared: &Shared, elapsed: Duration, cpu: &BTreeMap<String, f64>) -> Value {
    let timeline = shared.timeline();
    let stats = timeline.stats();
    let mut gaps: BTreeMap<&str, u64> = BTreeMap::new();
    for gap in timeline.gaps() {
        *gaps.entry(gap.cause.name()).or_default() += 1;
    }
    let per_second = (stats.bytes as f64 / elapsed.as_secs_f64()).round();
    let percentile = |percent| shared.latency.percentile_ns(percent);
    json!({
        "device": shared.facts.device.serial, "simulated": shared.facts.device.simulated,
        "seconds": elapsed.as_secs_f64(),
        "bytes": stats.bytes, "bytes_per_second": per_second,
        "line_load": per_second * 10.0 / f64::from(shared.facts.device.baud.max(1)),
        "frames": stats.frames, "damaged_bytes": stats.damaged_bytes, "lost_frames": stats.lost_frames,
        "lost_edges": stats.lost_edges, "chip_overruns": stats.chip_overruns, "gaps": gaps,
        "latency_ns": {
            "p50": percentile(50), "p99": percentile(99), "max": shared.latency.max_ns(),
            "batches": shared.latency.batches(),
        },
        "cpu_share": cpu,
    })
}

/// The result for people; what is not known is shown as it stands in the JSON.
fn text(result: &Value) -> String {
    let number = |key: &str| result[key].as_f64().unwrap_or_default();
    let milliseconds = |key: &str| result["latency_ns"][key].as_f64().unwrap_or_default() / 1e6;
    let mut text = format!(
        "device:   {}{}\n",
        result["device"].as_str().unwrap_or_default(),
        if result["simulated"] == true { " (SIMULATED)" } else { "" }
    );
    text += &format!(
        "checked:  {} bytes in {:.1} s, {:.3} MB/s, {:.0} % of the line\n",
        result["bytes"],
        number("seconds"),
        number("bytes_per_second") / 1e6,
        number("line_load") * 100.0
    );
    text += &format!(
        "frames:   {} good by CRC and sequence; damaged bytes {}, lost frames {}, lost edges {}, chip overruns {}\n",
        result["frames"],
        result["damaged_bytes"],
        result["lost_frames"],
        result["lost_edges"],
        result["chip_overruns"]
    );
    text += &format!("gaps:     {}\n", result["gaps"]);
    text += &format!(
        "latency:  p50 {:.3} ms, p99 {:.3} ms, max {:.3} ms from bytes received to events decoded\n",
        milliseconds("p50"),
        milliseconds("p99"),
        milliseconds("max")
    );
    for (thread, share) in result["cpu_share"].as_object().into_iter().flatten() {
        text +=
            &format!("CPU:      {thread} {:.1} % of a core\n", share.as_f64().unwrap_or_default() * 100.0);
    }
    text
}

/// CPU time of this process's threads by name, ns. Only Linux shows it.
fn cpu_ns() -> BTreeMap<String, u64> {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    threads.filter_map(|thread| thread_cpu_ns(&thread.path())).collect()
}

fn thread_cpu_ns(thread: &Path) -> Option<(String, u64)> {
    let name = std::fs::read_to_string(thread.join("comm")).ok()?.trim_end().to_owned();
    let times = std::fs::read_to_string(thread.join("schedstat")).ok()?;
    Some((name, times.split(' ').next()?.parse().ok()?))
}

/// Of one core. A thread that was not there at first has begun since.
fn shares(
    before: &BTreeMap<String, u64>,
    after: &BTreeMap<String, u64>,
    elapsed: Duration,
) -> BTreeMap<String, f64> {
    let share = |(name, ns): (&String, &u64)| {
        let used = ns.saturating_sub(before.get(name).copied().unwrap_or(0));
        (name.clone(), used as f64 / elapsed.as_nanos() as f64)
    };
    after.iter().map(share).collect()
}
