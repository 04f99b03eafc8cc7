//! Running programs: what is run is shown, and a failure ends the task.

use std::process::Command;

/// Why a task failed.
pub(crate) struct Failed(pub(crate) String);

/// Runs cargo.
pub(crate) fn cargo(args: &[&str]) -> Result<(), Failed> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    command(&cargo, args)
}

/// Runs a program and waits for it.
pub(crate) fn command(program: &str, args: &[&str]) -> Result<(), Failed> {
    eprintln!("+ {program} {}", args.join(" "));
    let status = Command::new(program)
        .args(args)
        .status()
        .map_err(|error| Failed(format!("cannot start {program}: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failed(format!("{program} {}: {status}", args.join(" ")))) }
}
