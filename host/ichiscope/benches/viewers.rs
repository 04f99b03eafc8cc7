//! The same edges in this program's window and in the viewers that a user would take instead, each started as a user starts it, on a
//! screen of its own (Xvfb): `cargo bench -p ichiscope --bench viewers [-- MILLIONS OF EDGES]`.
//!
//! A picture is there when its pixels have changed for the last time: then everything that the program draws by itself is drawn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

#[path = "../tests/window/screen.rs"]
#[allow(dead_code, reason = "the window's test uses more of it")]
mod screen;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use screen::{Running, Screen};

/// From one look at the screen to the next.
const LOOK: Duration = Duration::from_millis(100);
/// A picture that has not changed for so long will not change any more.
const STILL: Duration = Duration::from_secs(4);
const PATIENCE: Duration = Duration::from_secs(600);

fn main() {
    // cargo adds arguments of its own.
    let millions = std::env::args().skip(1).find_map(|a| a.parse::<u64>().ok()).unwrap_or(2);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("edges.vcd"), edges(millions * 1_000_000)).unwrap();
    std::fs::write(at("edges.gtkw"), "[timestart] 0\n*-30.0 0\nb.supply\n").unwrap();
    let size = |name: &str| std::fs::metadata(at(name)).unwrap().len() / 1_000_000;
    println!("{millions} million edges on one line, ticks of 1 us; VCD of {} MB", size("edges.vcd"));
    let program = env!("CARGO_BIN_EXE_ichiscope");
    let import = ["import", &at("edges.vcd"), "--map", "rail=supply", "--out", &at("edges.mcap")];
    let begun = Instant::now();
    assert!(Command::new(program).args(import).stdout(Stdio::null()).status().unwrap().code().is_some());
    let seconds = begun.elapsed().as_secs_f64();
    println!("ichiscope import of the VCD, once: {seconds:.1} s; capture of {} MB", size("edges.mcap"));
    let _ = std::fs::remove_file(at("edges.mcap.ichi-index"));
    let home = folder.path();
    for (what, command) in [
        ("ichiscope, a capture it never saw", vec![program, "replay", &at("edges.mcap")]),
        ("ichiscope, the second time", vec![program, "replay", &at("edges.mcap")]),
        ("gtkwave, VCD", vec!["gtkwave", &at("edges.vcd"), &at("edges.gtkw")]),
        ("pulseview, VCD", vec!["pulseview", "-I", "vcd", "-i", &at("edges.vcd")]),
    ] {
        watch(what, &command, home);
    }
}

/// A square wave with uneven steps.
fn edges(count: u64) -> String {
    let mut text = "$timescale 1 us $end\n$scope module b $end\n$var wire 1 ! supply $end\n$upscope $end\n\
                    $enddefinitions $end\n#0\n1!\n"
        .to_owned();
    for n in 0..count {
        let _ = writeln!(text, "#{}\n{}!", (n + 1) * 300 + n % 7, n % 2);
    }
    text
}

/// Starts a program on a screen of its own and says when it shows something, when that is complete, and what it took.
fn watch(what: &str, command: &[&str], home: &Path) {
    let screen = Screen::new();
    let begun = Instant::now();
    let child = screen
        .command(command[0])
        .args(&command[1..])
        .env("HOME", home)
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(child) = child else {
        println!("{what}: {} is not installed", command[0]);
        return;
    };
    let mut child = Running(child);
    let empty = screen.pixels();
    let (mut last, mut first, mut changed) = (empty.clone(), None, begun.elapsed());
    while begun.elapsed() < PATIENCE && (first.is_none() || begun.elapsed() - changed < STILL) {
        assert!(child.0.try_wait().unwrap().is_none(), "{what} has ended by itself");
        std::thread::sleep(LOOK);
        let taken = begun.elapsed();
        let now = screen.pixels();
        if now != last {
            (last, changed) = (now, taken);
            first = first.or(Some(taken));
        }
    }
    let seconds = |time: Option<Duration>| time.map_or(f64::NAN, |t| t.as_secs_f64());
    let (cpu, memory) = taken(child.0.id());
    println!(
        "{what}: something after {:.1} s, complete after {:.1} s; {cpu:.1} s of computing, {memory} MB",
        seconds(first),
        seconds(first.map(|_| changed))
    );
}

/// Seconds of processor time and megabytes of memory that a process has taken.
fn taken(id: u32) -> (f64, u64) {
    /// Clock ticks of Linux in a second.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = [11, 12].iter().map(|i| fields[*i].parse::<f64>().unwrap()).sum();
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    (ticks / TICKS, peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1000)
}
