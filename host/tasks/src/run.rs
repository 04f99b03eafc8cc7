//! Running programs: what is run is shown, and a failure ends the task.

use std::process::Command;

/// Why a task failed.
pub(crate) struct Failed(pub(crate) String);

/// Runs cargo.
pub(crate) fn cargo(args: &[&str]) -> Result<(), Failed> {
    cargo_with(&[], args)
}

/// Runs cargo with environment variables.
pub(crate) fn cargo_with(environment: &[(&str, &str)], args: &[&str]) -> Result<(), Failed> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    run(&cargo, environment, args)
}

/// Runs a program and waits for it.
pub(crate) fn command(program: &str, args: &[&str]) -> Result<(), Failed> {
    run(program, &[], args)
}

/// Runs a program and gives what it printed.
pub(crate) fn output(program: &str, args: &[&str]) -> Result<String, Failed> {
    let output = Command::new(program)
        .args(args)
        .output()
        .map_err(|error| Failed(format!("cannot start {program}: {error}")))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Failed(format!("{program} {}: {}", args.join(" "), output.status)))
    }
}

fn run(program: &str, environment: &[(&str, &str)], args: &[&str]) -> Result<(), Failed> {
    eprintln!("+ {program} {}", args.join(" "));
    let status = Command::new(program)
        .args(args)
        .envs(environment.iter().copied())
        .status()
        .map_err(|error| Failed(format!("cannot start {program}: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failed(format!("{program} {}: {status}", args.join(" ")))) }
}
