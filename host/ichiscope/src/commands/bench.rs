//! `bench`: the link under test. Everything that arrives is checked, recorded into a temporary file and timed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::value_parser;
use ichiscope_capture::{DeviceFacts, Facts};
use ichiscope_session::{Pace, Plan, Rotation, Session, Shared, Source, scenario};
use ichiscope_wire::{Feature, Request};
use serde_json::{Value, json};

use super::setup::wait_for_identity;
use super::temporary::Temporary;
use crate::exit::Outcome;
use crate::output::print;

/// How often the time is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// The recording of a long test is made in files of this size, of which the last ones are kept.
const FILE_BYTES: u64 = 64_000_000;
const FILES_KEPT: usize = 3;
/// Memory is compared with what it was when so much of the test was over, per cent.
const WARM_PERCENT: u32 = 20;
/// The edges go on for so long after the test.
const MORE_EDGES_S: u64 = 5;
/// What was under way when the pattern was ended is in by then.
const LAST_BYTES: Duration = Duration::from_millis(300);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Serial number of the board, or `twin` for the model at 12 Mbaud
    #[arg(long)]
    device: String,
    /// How long to test
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u64).range(1..=1_000_000))]
    seconds: u64,
    /// Fill the line with edges of a rail that chatters, and not with the pattern: the axis and the verdict are under test as well. Only with the
    /// twin
    #[arg(long)]
    edges: bool,
    /// Bits per second that the board's bitstream was built for
    #[arg(long, default_value_t = 3_000_000)]
    baud: u32,
    /// Where the recording is made, and removed as it grows and at the end; without it, where the system keeps temporary files
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Fail if the memory that only this program can use grows by more than so many MB (Linux shows it)
    #[arg(long, value_name = "MB")]
    most_growth: Option<u64>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What was measured outside the session.
struct Measured {
    elapsed: Duration,
    /// Device bytes that came meanwhile.
    bytes: u64,
    /// Of one core, by thread.
    cpu: BTreeMap<String, f64>,
    /// When the test was warm, and at its end; not every system shows it.
    memory: Option<(Memory, Memory)>,
    /// How far the verdict was behind the axis, ns, whenever that was looked at; from the least on.
    verdict_ages_ns: Vec<u64>,
    has_pattern: bool,
}

impl Measured {
    fn growth(&self) -> Option<u64> {
        self.memory.map(|(warm, end)| end.own.saturating_sub(warm.own))
    }
}

/// Bytes of this process in memory.
#[derive(Clone, Copy)]
struct Memory {
    all: u64,
    /// Without what is a file's: that the system can have back at any time.
    own: u64,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    ensure!(
        !args.edges || args.device == "twin",
        "--edges is for the twin only: a board's edges come from its pins"
    );
    let recording = Temporary::new(&args.folder.clone().unwrap_or_else(std::env::temp_dir), "bench")?;
    let facts = Facts::new(concat!("ichiscope ", env!("CARGO_PKG_VERSION")), 0, DeviceFacts::default());
    let rotation = Rotation { bytes: Some(FILE_BYTES), time: None };
    let session = Session::start(Plan { rotation, ..Plan::new(source(args), recording.path(), facts) })?;
    let measured = measure(&session, args, recording.folder())?;
    session.stop();
    let shared = session.wait().context("the test ended early")?;
    let shared = shared.read().unwrap_or_else(PoisonError::into_inner);
    let result = result(&shared, &measured);
    if args.json {
        print(&format!("{result:#}\n"))?;
    } else {
        print(&text(&result))?;
    }
    if let (Some(most), Some(growth)) = (args.most_growth, measured.growth()) {
        ensure!(
            growth <= most * 1_000_000,
            "the memory grew by {growth} bytes; --most-growth allows {most} MB"
        );
    }
    Ok(if is_clean(&shared, &measured) { Outcome::Good } else { Outcome::Unclear })
}

/// Keeps the line full with the board's own pattern, if it has one, for as long as was asked.
fn measure(session: &Session, args: &Args, folder: &Path) -> anyhow::Result<Measured> {
    let identity = wait_for_identity(session)?;
    let has_pattern = identity.features.has(Feature::LinkTest);
    if has_pattern {
        session.command(Request::LinkTest { records: u32::MAX })?;
    }
    let bytes = || session.read().timeline().stats().bytes;
    let (begun, cpu_before, bytes_before) = (Instant::now(), cpu_ns(), bytes());
    let all = Duration::from_secs(args.seconds);
    let mut warm = None;
    let mut looked = 0;
    let mut verdict_ages_ns = Vec::new();
    while session.is_running() && begun.elapsed() < all {
        std::thread::sleep(LOOK);
        if begun.elapsed() >= all * WARM_PERCENT / 100 {
            warm = warm.or_else(memory);
        }
        verdict_ages_ns.extend(verdict_age_ns(&session.read()));
        if begun.elapsed().as_secs() > looked {
            looked = begun.elapsed().as_secs();
            remove_old(folder);
        }
    }
    let (elapsed, cpu_after, bytes_after) = (begun.elapsed(), cpu_ns(), bytes());
    let memory = warm.zip(memory());
    if has_pattern && session.is_running() {
        session.command(Request::LinkTest { records: 0 })?;
        std::thread::sleep(LAST_BYTES);
    }
    let cpu = shares(&cpu_before, &cpu_after, elapsed);
    verdict_ages_ns.sort_unstable();
    Ok(Measured { elapsed, bytes: bytes_after - bytes_before, cpu, memory, verdict_ages_ns, has_pattern })
}

/// How much of the axis the analysis has not seen.
fn verdict_age_ns(shared: &Shared) -> Option<u64> {
    let ((_, last), (_, analysed)) = (shared.timeline().span()?, shared.analysis().span?);
    let hz = u128::from(shared.timeline().tick_hz()?);
    u64::try_from(u128::from(last.saturating_sub(analysed)) * 1_000_000_000 / hz).ok()
}

/// The recording is only there to be written.
fn remove_old(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(std::time::SystemTime, PathBuf)> =
        entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    files.sort();
    for (_, old) in files.iter().rev().skip(FILES_KEPT) {
        // It goes with the folder at the latest.
        let _ = std::fs::remove_file(old);
    }
}

fn source(args: &Args) -> Source {
    match args.device.as_str() {
        "twin" if args.edges => {
            Source::Twin { script: scenario::full_line(args.seconds + MORE_EDGES_S), pace: Pace::RealTime }
        }
        "twin" => Source::Twin { script: scenario::fast_link(), pace: Pace::RealTime },
        serial => Source::Ftdi { serial: Some(serial.to_owned()), baud: args.baud },
    }
}

fn is_clean(shared: &Shared, measured: &Measured) -> bool {
    let timeline = shared.timeline();
    let pattern = timeline.link_tests();
    timeline.stats().frames > 0
        && !timeline.has_loss()
        && timeline.problems().is_empty()
        && pattern.iter().all(|run| run.errors == 0)
        && (!measured.has_pattern || !pattern.is_empty())
}

fn result(shared: &Shared, measured: &Measured) -> Value {
    let Measured { elapsed, bytes, cpu, memory, verdict_ages_ns, has_pattern } = measured;
    let timeline = shared.timeline();
    let stats = timeline.stats();
    let mut gaps: BTreeMap<&str, u64> = BTreeMap::new();
    for gap in timeline.gaps() {
        *gaps.entry(gap.cause.name()).or_default() += 1;
    }
    let per_second = (*bytes as f64 / elapsed.as_secs_f64()).round();
    let runs = timeline.link_tests().iter();
    let (records, wrong) =
        runs.fold((0, 0), |(records, wrong), run| (records + run.records, wrong + run.errors));
    let percentile = |percent| shared.latency.percentile_ns(percent);
    let age =
        |part: usize, of: usize| verdict_ages_ns.get((verdict_ages_ns.len() * part / of).saturating_sub(1));
    json!({
        "device": shared.facts.device.serial, "simulated": shared.facts.device.simulated,
        "seconds": elapsed.as_secs_f64(),
        "bytes": bytes, "bytes_per_second": per_second,
        "pattern": has_pattern.then(|| json!({ "records": records, "wrong": wrong })),
        "line_load": per_second * 10.0 / f64::from(shared.facts.device.baud.max(1)),
        "frames": stats.frames, "damaged_bytes": stats.damaged_bytes, "lost_frames": stats.lost_frames,
        "lost_edges": stats.lost_edges, "chip_overruns": stats.chip_overruns, "gaps": gaps,
        "latency_ns": {
            "p50": percentile(50), "p99": percentile(99), "max": shared.latency.max_ns(),
            "batches": shared.latency.batches(),
        },
        "cpu_share": cpu,
        "verdict_age_ns": { "p50": age(1, 2), "p99": age(99, 100), "max": age(1, 1) },
        "memory_bytes": memory.map(|(warm, end)| {
            json!({ "warm": warm.all, "end": end.all, "own": { "warm": warm.own, "end": end.own } })
        }),
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
    text += &match &result["pattern"] {
        Value::Null => "pattern:  this board has none; what it sends by itself was checked\n".to_owned(),
        pattern => format!("pattern:  {} records, {} wrong\n", pattern["records"], pattern["wrong"]),
    };
    text += &format!("gaps:     {}\n", result["gaps"]);
    text += &format!(
        "latency:  p50 {:.3} ms, p99 {:.3} ms, max {:.3} ms from bytes received to events decoded\n",
        milliseconds("p50"),
        milliseconds("p99"),
        milliseconds("max")
    );
    let age = |key: &str| result["verdict_age_ns"][key].as_f64().unwrap_or_default() / 1e6;
    text += &format!(
        "verdict:  p50 {:.0} ms, p99 {:.0} ms, max {:.0} ms behind the axis\n",
        age("p50"),
        age("p99"),
        age("max")
    );
    let memory = &result["memory_bytes"];
    if memory.is_object() {
        let mb = |of: &Value, key: &str| of[key].as_f64().unwrap_or_default() / 1e6;
        text += &format!(
            "memory:   {:.1} MB when warm, {:.1} MB at the end; without mapped files {:.1} MB, {:.1} MB\n",
            mb(memory, "warm"),
            mb(memory, "end"),
            mb(&memory["own"], "warm"),
            mb(&memory["own"], "end")
        );
    }
    for (thread, share) in result["cpu_share"].as_object().into_iter().flatten() {
        text +=
            &format!("CPU:      {thread} {:.1} % of a core\n", share.as_f64().unwrap_or_default() * 100.0);
    }
    text
}

/// Only Linux shows it.
fn memory() -> Option<Memory> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    };
    Some(Memory { all: bytes("VmRSS:")?, own: bytes("RssAnon:")? })
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
