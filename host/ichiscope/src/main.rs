//! The command line of ichiscope. With no argument it opens the app.

mod commands;
mod exit;
mod output;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::exit::Outcome;

/// Measures how long a meter leaves its Communications Hub without supply during a firmware upgrade.
///
/// Exit codes: 0 good, 1 error, 2 usage, 3 finished with loss or without a clear PASS, 4 verdict FAIL.
#[derive(Parser)]
#[command(version, about, long_about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Plays a scripted upgrade through the twin of the gateware: capture, evidence, verdict. No hardware needed
    Demo(commands::demo::Args),
    /// Records a board (or the twin) into a new capture file
    Record(commands::record::Args),
    /// Opens a capture in the app, or follows it on the terminal
    Replay(commands::replay::Args),
    /// Prints outages, phases and the verdict of a capture
    Analyse(commands::analyse::Args),
    /// Writes the CSV evidence of a capture
    Evidence(commands::evidence::Args),
    /// Judges a folder of captures by the worst of them
    Campaign(commands::campaign::Args),
    /// Makes evidence again from its capture and says what differs
    Verify(commands::verify::Args),
    /// Measures a board's clock against pulses per second and writes a certificate
    Calibrate(commands::calibrate::Args),
    /// Makes a capture of another tool's file
    Import(commands::import::Args),
    /// Writes a capture's edges in another tool's format
    Export(commands::export::Args),
    /// Prints the records of a raw byte stream, one a line
    Decode(commands::decode::Args),
    /// Makes a whole capture of what a crash or damage left of one, and says what is lost
    Recover(commands::recover::Args),
    /// Looks at the system and its devices and says what is in the way
    Doctor(commands::doctor::Args),
    /// Writes the gateware into a board and reads back what it runs
    Flash(commands::flash::Args),
    /// Checks a bench before it measures: link, lines, pulses of known lengths over a jumper, ADC
    Selftest(commands::selftest::Args),
    /// Writes manual pages, completions, udev rule, menu entry and icon below a prefix
    Files(commands::files::Args),
    /// Tests the link: checks every frame, and measures rate, gaps and latency
    Bench(commands::bench::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        None => commands::app(None),
        Some(Command::Demo(args)) => commands::demo::run(args),
        Some(Command::Record(args)) => commands::record::run(args),
        Some(Command::Replay(args)) => commands::replay::run(args),
        Some(Command::Analyse(args)) => commands::analyse::run(args),
        Some(Command::Evidence(args)) => commands::evidence::run(args),
        Some(Command::Campaign(args)) => commands::campaign::run(args),
        Some(Command::Verify(args)) => commands::verify::run(args),
        Some(Command::Calibrate(args)) => commands::calibrate::run(args),
        Some(Command::Import(args)) => commands::import::run(args),
        Some(Command::Export(args)) => commands::export::run(args),
        Some(Command::Decode(args)) => commands::decode::run(args),
        Some(Command::Recover(args)) => commands::recover::run(args),
        Some(Command::Doctor(args)) => commands::doctor::run(args),
        Some(Command::Flash(args)) => commands::flash::run(args),
        Some(Command::Selftest(args)) => commands::selftest::run(args),
        Some(Command::Files(args)) => commands::files::run(args, Cli::command()),
        Some(Command::Bench(args)) => commands::bench::run(args),
    };
    match result {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            eprintln!("ichiscope: {}", output::with_causes(&error));
            Outcome::Error.into()
        }
    }
}
