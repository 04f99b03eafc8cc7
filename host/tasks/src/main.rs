//! The project's chores, each one command on a fresh machine: `cargo task demo`, `cargo task test`, ...
//!
//! Standard library only, so that the first command starts within seconds and can install what the rest needs.

mod deb;
mod fuzz;
mod packages;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use packages::{Need, install};
use run::{Failed, cargo, cargo_with};

const HELP: &str = "cargo task NAME

  demo [--no-app]   set up, build, play the scripted upgrade, write capture and evidence, open the app
  test              set up, then everything that CI runs: format, lints, licences, tests, witnesses, bitstreams, app, docs
  bench             the benchmarks behind docs/performance.md
  fuzz [MINUTES]    libFuzzer on the wire decoder, the capture reader and every importer, so long each (default 10)
  soak [HOURS]      the twin at the full rate of the link through a whole session, memory and loss watched (default 1)
  full              the tests that take too long for CI: hundreds of kills, truncation at every byte, every part of the front end
                    changed, long runs of the gateware, ...
  deb [--dev]       the Debian package in target/deb, tried in a clean Debian root; --dev: not optimised, as in test
  captures          play every scenario of captures/ anew, into target/captures
  captures --gateware [NAME...]
                    play them, or those named, through the gateware's Verilog, and compare every byte with captures/
  long-outage [SECONDS]
                    an outage through the gateware's Verilog, cycle for cycle (default 200)
  noise [TIMES]     the gateware's witnesses on random stimuli, so many times as many as in test (default 20)
  second-opinion [BOARD]
                    the gateware built by the system's Yosys and nextpnr, read back, against the twin
  bitstreams        build the bitstreams again and compare them with those in bitstreams/
  setup             install the system packages that the tests need, and no more
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
    let result = match args.first().map(String::as_str) {
        Some("demo") => demo(&rest),
        Some("test") => test(),
        Some("bench") => bench(),
        Some("fuzz") => fuzz::fuzz(&rest),
        Some("soak") => soak(&rest),
        Some("full") => full(),
        Some("deb") => deb(&rest),
        Some("captures") if rest.first() == Some(&"--gateware") => {
            install(Need::Tests).and_then(|()| gateware_captures(&rest[1..]))
        }
        Some("captures") => install(Need::App).and_then(|()| captures()),
        Some("long-outage") => install(Need::Tests).and_then(|()| long_outage(rest.first().copied())),
        Some("noise") => install(Need::Tests).and_then(|()| noise(rest.first().copied())),
        Some("second-opinion") => install(Need::Tests).and_then(|()| second_opinion(rest.first().copied())),
        Some("bitstreams") => install(Need::Tests).and_then(|()| bitstreams()),
        Some("setup") => install(Need::Tests),
        _ => {
            print!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(message)) => {
            eprintln!("task failed: {message}");
            ExitCode::FAILURE
        }
    }
}

fn demo(rest: &[&str]) -> Result<(), Failed> {
    install(Need::App)?;
    let out = fresh_folder("demo-out").display().to_string();
    let mut args = vec!["run", "--locked", "--package", "ichiscope", "--", "demo", "--out", &out];
    args.extend(rest);
    cargo(&args)
}

/// A folder that does not exist yet: a capture is never overwritten.
fn fresh_folder(name: &str) -> PathBuf {
    let numbered = (2..).map(|n| PathBuf::from(format!("{name}-{n}")));
    let mut names = std::iter::once(PathBuf::from(name)).chain(numbered);
    names.find(|folder| !folder.exists()).unwrap_or_else(|| PathBuf::from(name))
}

fn test() -> Result<(), Failed> {
    install(Need::Tests)?;
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    // The bytes that the emulated USB chip sends in the link's tests come from the gateware's generated Verilog.
    let stream = generated_stream()?;
    cargo_with(&[("ICHISCOPE_STREAM", &stream)], &["test", "--locked", "--workspace"])?;
    cargo(&["check", "--locked", "--package", "ichiscope", "--no-default-features"])?;
    package(deb::Profile::Dev)?;
    bitstreams()
}

fn deb(rest: &[&str]) -> Result<(), Failed> {
    install(Need::Tests)?;
    package(if rest.contains(&"--dev") { deb::Profile::Dev } else { deb::Profile::Release })
}

fn package(profile: deb::Profile) -> Result<(), Failed> {
    deb::check(&deb::build(profile)?)
}

/// The scenarios of `captures/expected.csv`; a committed capture is never replaced.
fn captures() -> Result<(), Failed> {
    let table = std::fs::read_to_string("captures/expected.csv")
        .map_err(|error| Failed(format!("captures/expected.csv: {error}")))?;
    let out = fresh_folder("target/captures");
    for name in table.lines().skip(1).filter_map(|line| line.split(',').next()) {
        let folder = out.join(name).display().to_string();
        let demo = ["demo", "--scenario", name, "--no-app", "--out", &folder];
        cargo(&[&["run", "--locked", "--package", "ichiscope", "--"], demo.as_slice()].concat())?;
    }
    eprintln!("{}", out.display());
    Ok(())
}

/// CI does it for 20 s (`host/ichiscope/tests/bench.rs`).
fn soak(rest: &[&str]) -> Result<(), Failed> {
    let hours: f64 = rest.first().unwrap_or(&"1").parse().unwrap_or(f64::NAN);
    if !(0.01..=200.0).contains(&hours) {
        return Err(Failed("soak: a number of hours from 0.01 to 200 is needed".to_owned()));
    }
    let seconds = format!("{:.0}", hours * 3600.0);
    let program = ["run", "--locked", "--package", "ichiscope", "--no-default-features", "--"];
    let bench = ["bench", "--device", "twin", "--seconds", &seconds, "--most-growth", "8"];
    cargo(&[program.as_slice(), bench.as_slice()].concat())
}

/// What CI runs a sample of.
fn full() -> Result<(), Failed> {
    install(Need::Tests)?;
    let long = [("ICHISCOPE_FULL_TESTS", "1"), ("ICHISCOPE_FUZZ_SECONDS", "60")];
    cargo_with(
        &long,
        &[
            "test",
            "--locked",
            "--package",
            "ichiscope-capture",
            "--package",
            "ichiscope-exchange",
            "--package",
            "ichiscope-circuit",
        ],
    )?;
    noise(None)?;
    second_opinion(None)?;
    long_outage(None)?;
    gateware_captures(&[])
}

/// A long run of the gateware, with what it says on its way.
fn gateware_test(file: &str, test: &str, environment: (&str, &str)) -> Result<(), Failed> {
    let run = [
        "test",
        "--locked",
        "--package",
        "ichiscope-hdl",
        "--test",
        file,
        "--",
        "--include-ignored",
        "--nocapture",
        test,
    ];
    cargo_with(&[environment], &run)
}

/// A scenario takes minutes to half an hour, all of them hours.
fn gateware_captures(names: &[&str]) -> Result<(), Failed> {
    let wanted = if names.is_empty() { "all".to_owned() } else { names.join(" ") };
    gateware_test("captures", "the_verilog", ("ICHISCOPE_CAPTURES", &wanted))
}

fn long_outage(seconds: Option<&str>) -> Result<(), Failed> {
    let seconds = seconds.unwrap_or("200");
    if seconds.parse::<u32>().is_err() {
        return Err(Failed(format!("long-outage: {seconds} is no number of seconds")));
    }
    gateware_test("long_outage", "an_outage", ("ICHISCOPE_OUTAGE_SECONDS", seconds))
}

/// A case that fails is told with the seed that it begins with.
fn noise(times: Option<&str>) -> Result<(), Failed> {
    let times = times.unwrap_or("20");
    if times.parse::<u32>().is_err() {
        return Err(Failed(format!("noise: {times} is no number of times")));
    }
    let files = [("instrument", "noise_on_every_pin"), ("witnesses", "random_stimuli"), ("netlists", "")];
    let run = |(file, test)| gateware_test(file, test, ("ICHISCOPE_CASES_TIMES", times));
    files.into_iter().try_for_each(run)
}

fn second_opinion(board: Option<&str>) -> Result<(), Failed> {
    gateware_test("second_opinion", "other_tools", ("ICHISCOPE_SECOND_OPINION", board.unwrap_or("all")))
}

/// What the Verilog sends for the committed stimulus; gives the file's absolute path.
fn generated_stream() -> Result<String, Failed> {
    let out = std::env::current_dir()
        .map_err(|error| Failed(format!("where am I? {error}")))?
        .join("target/verilog-stream.bin")
        .display()
        .to_string();
    let sim = ["run", "--locked", "--package", "ichiscope-hdl", "--", "sim", "--board", "icebreaker"];
    let what = [
        "--witness",
        "verilog",
        "--stimulus",
        "hdl/stimuli/outage.vcd",
        "--clocks",
        "40000000",
        "--out",
        &out,
    ];
    cargo(&[sim.as_slice(), what.as_slice()].concat())?;
    Ok(out)
}

fn bitstreams() -> Result<(), Failed> {
    cargo(&["run", "--locked", "--package", "ichiscope-hdl", "--", "bitstream", "--board", "all", "--check"])
}

/// Without the window, which no benchmark here needs and which takes minutes to build.
fn bench() -> Result<(), Failed> {
    install(Need::Tests)?;
    cargo(&[
        "bench",
        "--locked",
        "--package",
        "ichiscope-wire",
        "--package",
        "ichiscope-capture",
        "--package",
        "ichiscope-verdict",
        "--package",
        "ichiscope-replay",
        "--package",
        "ichiscope-timeline",
    ])?;
    let program = ["bench", "--locked", "--package", "ichiscope", "--no-default-features"];
    cargo(&[program.as_slice(), &["--bench", "demo", "--bench", "tools"]].concat())?;
    let run = ["run", "--release", "--locked", "--package", "ichiscope", "--no-default-features", "--"];
    cargo(&[run.as_slice(), &["bench", "--device", "twin", "--seconds", "20"]].concat())?;
    // The read path beside crate `ftdi`'s own read in a loop. It needs no optimiser: what it measures is how many bytes a chip drops.
    cargo(&["test", "--locked", "--package", "ichiscope-link", "--test", "ft2232h", "--", "--nocapture"])
}
