//! How long the CPU side of a frame takes with much data, how much memory a recording takes, and when the first picture is
//! there: `cargo run -p ichiscope-scope --example frame_time [EDGES [WINDOWS [SECONDS]]]`.
//!
//! Writes a capture with 10 million edges and 6.25 million windows of 16 samples of the ADC (100 million samples), opens it in a
//! window that only exists in memory, and measures whole frames (input, views, triangles) zoomed out, half-way and in, while
//! moving; then the same while recording the twin with its line full. In the same run egui_plot is given as many points directly.

#[path = "frame_time/stream.rs"]
mod stream;

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use egui::Key;
use egui_kittest::Harness;
use egui_plot::{Line as PlotLine, Plot, PlotPoint, PlotPoints};
use ichiscope_scope::ScopeApp;
use ichiscope_session::{Facts, Session, Source};

const FRAMES: usize = 200;
const SIZE: [f32; 2] = [1280.0, 800.0];
/// egui_plot keeps 16 bytes for a point: more than this and the machine's memory is the measurement.
const PLOT_POINTS: [usize; 3] = [100_000, 1_000_000, 10_000_000];

type Window<T> = Harness<'static, T>;

fn main() -> Result<(), Box<dyn Error>> {
    let argument = |n: usize, default: u64| std::env::args().nth(n).map_or(Ok(default), |a| a.parse());
    let (edges, windows, seconds) = (argument(1, 10_000_000)?, argument(2, 6_250_000)?, argument(3, 20)?);
    let folder = tempfile::tempdir()?;
    if edges + windows > 0 {
        replay(&folder.path().join("many.mcap"), edges, windows)?;
    }
    if seconds > 0 {
        record(&folder.path().join("live.mcap"), seconds)?;
        PLOT_POINTS.into_iter().for_each(plot);
    }
    Ok(())
}

fn replay(path: &Path, edges: u64, windows: u64) -> Result<(), Box<dyn Error>> {
    let device_s = stream::write(path, edges, windows)?;
    let megabytes = std::fs::metadata(path)?.len() / 1_000_000;
    println!(
        "{edges} edges, {windows} windows of 16 samples, {device_s:.0} s of the device, a file of {megabytes} MB"
    );
    for what in ["without an index", "with the index kept by then"] {
        let before = resident_mb();
        let began = Instant::now();
        let mut window = open(ScopeApp::new(Some(path)));
        while window.state().model().span.is_none() && !window.state().has_first_look() {
            window.step();
        }
        println!("{what}: first picture after {:?}", began.elapsed());
        while !window.state().is_settled() {
            window.step();
        }
        window.run_steps(3);
        let grown = resident_mb().saturating_sub(before);
        println!("{what}: all of it after {:?}, {grown} MB of memory", began.elapsed());
        if what.starts_with("with the") {
            zooms(&mut window);
        }
    }
    Ok(())
}

fn zooms(window: &mut Window<ScopeApp>) {
    let whole = window.state().model().view.ticks();
    for (name, steps) in [("zoomed out", 0), ("half-way", 20), ("zoomed in", 20)] {
        (0..steps).for_each(|_| window.key_press(Key::Plus));
        window.step();
        let share = whole / window.state().model().view.ticks();
        let times: Vec<Duration> = (0..FRAMES).map(|i| frame(window, i)).collect();
        report(&format!("{name} (1/{share} of it)"), times);
    }
}

fn record(path: &Path, seconds: u64) -> Result<(), Box<dyn Error>> {
    let source = Source::Twin {
        script: ichiscope_session::scenario::full_line(seconds + 5),
        pace: ichiscope_session::Pace::RealTime,
    };
    let session = Session::record(source, path, Facts::new("frame_time", 0, Default::default()))?;
    let mut window = open(ScopeApp::watching(session, path));
    let began = Instant::now();
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    while began.elapsed() < Duration::from_secs(seconds) {
        let due = began + Duration::from_micros(16_667) * (times.len() as u32 + 1);
        times.push(frame(&mut window, times.len()));
        if times.len().is_multiple_of(60) {
            memory.push(resident_mb());
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let (first, last) = (memory.first().copied().unwrap_or(0), memory.last().copied().unwrap_or(0));
    println!(
        "recording for {seconds} s with the line full: {first} MB of memory after 1 s, {last} MB at the end"
    );
    report("while recording with the line full", times);
    Ok(())
}

/// A window that only exists in memory.
fn open(app: ScopeApp) -> Window<ScopeApp> {
    let mut window =
        Harness::builder().with_size(SIZE).build_ui_state(|ui, app: &mut ScopeApp| app.show(ui), app);
    window.step();
    window
}

/// A frame in which the view moves.
fn frame(window: &mut Window<ScopeApp>, number: usize) -> Duration {
    window.key_press(if number.is_multiple_of(2) { Key::ArrowRight } else { Key::ArrowLeft });
    timed(window)
}

/// On a machine that others use too, the time on the CPU is what a frame takes; elsewhere it is the time on the clock.
fn timed<T>(window: &mut Window<T>) -> Duration {
    let began = (on_cpu(), Instant::now());
    window.step();
    // What the graphics card would be given; drawing it is not measured.
    let shapes = window.output().shapes.clone();
    std::hint::black_box(window.ctx.tessellate(shapes, 1.0));
    match (began.0, on_cpu()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => began.1.elapsed(),
    }
}

/// egui_plot given all points directly.
fn plot(count: usize) {
    let points: Vec<PlotPoint> = (0..count)
        .map(|i| PlotPoint::new(i as f64, f64::from((i as u32).wrapping_mul(2_654_435_761) >> 20)))
        .collect();
    let mut window = Harness::builder().with_size(SIZE).build_ui_state(
        |ui, points: &mut Vec<PlotPoint>| {
            Plot::new("all")
                .show(ui, |plot| plot.line(PlotLine::new("samples", PlotPoints::Borrowed(points))));
        },
        points,
    );
    window.run_steps(3);
    report(&format!("egui_plot, {count} points"), (0..FRAMES / 10).map(|_| timed(&mut window)).collect());
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
    let shown =
        |time: Option<&Duration>| format!("{:.2} ms", time.map_or(f64::NAN, |t| t.as_secs_f64() * 1000.0));
    println!("{what}: p50 {}, p99 {}, max {}", shown(at(50)), shown(at(99)), shown(times.last()));
}

/// How long this thread has been on a CPU, if the system tells (Linux). The count is brought up to date when the thread gives way;
/// else it is up to a timer's tick old.
fn on_cpu() -> Option<Duration> {
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// Memory of this process, MB; 0 where the system does not tell.
fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1000
}
