//! The front end's files: write them, or check that they are what the circuit gives and that it keeps its limits.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use ichiscope_circuit::study::{Proof, prove};
use ichiscope_circuit::{Circuit, Limits, bom, drawing, profile};

/// Builds in the Monte Carlo behind the committed profile.
const TRIALS: usize = 4000;

/// The front end: from circuit.toml to drawing, parts list, proof and profile.
#[derive(Parser)]
struct Arguments {
    /// The folder of circuit.toml and limits.toml.
    #[arg(long, default_value = "docs/front-end")]
    folder: PathBuf,
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write drawing and parts list only, without simulating.
    Draw,
    /// Simulate and write everything.
    Write,
    /// Simulate, write nothing; fail if a limit is broken or a file is not what the circuit gives.
    Check,
}

fn main() -> anyhow::Result<()> {
    let Arguments { folder, command } = Arguments::parse();
    let read = |name: &str| {
        std::fs::read_to_string(folder.join(name)).with_context(|| format!("cannot read {name}"))
    };
    let source = read("circuit.toml")?;
    let circuit = Circuit::parse(&source)?;
    let mut files = drawn(&circuit)?;
    if !matches!(command, Task::Draw) {
        let limits = Limits::parse(&read("limits.toml")?).context("limits.toml")?;
        let proof = prove(&circuit, &limits, TRIALS)?;
        refuse_broken(&proof)?;
        files.push(("proof.md".to_owned(), profile::table(&proof)));
        files.push(("profile.toml".to_owned(), profile::profile(&proof, &source)));
    }
    match command {
        Task::Check => compare(&folder, &files),
        Task::Draw | Task::Write => {
            for (name, text) in &files {
                let path = folder.join(name);
                std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
                eprintln!("{}", path.display());
            }
            Ok(())
        }
    }
}

fn drawn(circuit: &Circuit) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = vec![("bom.csv".to_owned(), bom::csv(circuit)?)];
    for sheet in &circuit.sheets {
        files.push((format!("sheet-{}.svg", sheet.name), drawing::svg(circuit, sheet)?));
    }
    Ok(files)
}

fn refuse_broken(proof: &Proof) -> anyhow::Result<()> {
    for finding in &proof.findings {
        let word = if finding.is_kept() { "kept  " } else { "BROKEN" };
        eprintln!(
            "{word} {}: {:.4} {unit} (limit {} {unit})",
            finding.what,
            finding.figure,
            finding.limit,
            unit = finding.unit
        );
    }
    let broken = proof.broken().len();
    if broken > 0 {
        bail!("{broken} limits are broken; nothing was written");
    }
    Ok(())
}

fn compare(folder: &Path, files: &[(String, String)]) -> anyhow::Result<()> {
    let differs = |(name, text): &&(String, String)| {
        std::fs::read_to_string(folder.join(name)).is_ok_and(|found| found == *text)
    };
    let wrong: Vec<&str> = files.iter().filter(|f| !differs(f)).map(|f| f.0.as_str()).collect();
    if wrong.is_empty() {
        eprintln!("all files are what the circuit gives");
        return Ok(());
    }
    bail!(
        "{} not what the circuit gives. Remedy: `cargo run -p ichiscope-circuit -- write`, and commit",
        wrong.join(", ")
    )
}
