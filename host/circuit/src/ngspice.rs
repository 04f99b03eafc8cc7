//! Running ngspice: a netlist in, node voltages and source currents out.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a simulation gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum SpiceError {
    /// The program cannot be started.
    #[error("cannot start ngspice: {0}. Remedy: install the package ngspice (`cargo task setup`)")]
    Start(std::io::Error),
    /// Files in the temporary folder.
    #[error("simulation files: {0}")]
    Files(std::io::Error),
    /// It ran and gave no result.
    #[error("ngspice gave no result; its last words:\n{0}")]
    NoResult(String),
    /// The result has no such signal.
    #[error("the simulation has no signal '{0}'")]
    Missing(String),
}

/// Signals over time, or at one point.
#[derive(Clone, Debug, Default)]
pub struct Waves {
    signals: HashMap<String, Vec<f64>>,
}

impl Waves {
    /// All points of a signal: `v(sense)`, `i(v_ichi)`, `time`.
    ///
    /// # Errors
    /// There is no such signal.
    pub fn points(&self, name: &str) -> Result<&[f64], SpiceError> {
        self.signals.get(name).map(Vec::as_slice).ok_or_else(|| SpiceError::Missing(name.to_owned()))
    }

    /// The last point of a signal; of an operating point the only one.
    ///
    /// # Errors
    /// As `points`.
    pub fn last(&self, name: &str) -> Result<f64, SpiceError> {
        self.points(name)?.last().copied().ok_or_else(|| SpiceError::Missing(name.to_owned()))
    }

    /// Moments at which a signal passes a level, with the direction (true = upwards), between points in a straight line.
    ///
    /// # Errors
    /// As `points`.
    pub fn crossings(&self, name: &str, level: f64) -> Result<Vec<(f64, bool)>, SpiceError> {
        let (time, points) = (self.points("time")?, self.points(name)?);
        let mut found = Vec::new();
        for i in 1..points.len().min(time.len()) {
            let (before, after) = (points[i - 1] - level, points[i] - level);
            if (before < 0.0) != (after < 0.0) {
                let share = before / (before - after);
                found.push((time[i - 1] + share * (time[i] - time[i - 1]), after >= 0.0));
            }
        }
        Ok(found)
    }
}

/// Simulates a netlist with an analysis command (`op`, `tran 1u 1m`) and returns the named signals, or all of them.
///
/// # Errors
/// ngspice is missing or does not come to a result.
pub fn run(netlist: &str, analysis: &str, signals: &[&str]) -> Result<Waves, SpiceError> {
    static RUN: AtomicU64 = AtomicU64::new(0);
    let number = RUN.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("ichiscope-circuit-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(SpiceError::Files)?;
    let result = run_in(&folder, netlist, analysis, signals);
    let _ = std::fs::remove_dir_all(&folder);
    result
}

fn run_in(folder: &Path, netlist: &str, analysis: &str, signals: &[&str]) -> Result<Waves, SpiceError> {
    let deck = format!(
        "* made by ichiscope-circuit\n{netlist}.options reltol=1e-4 abstol=1e-12 vntol=1e-7 rshunt=1e13\n.control\n\
         set filetype=ascii\n{analysis}\nwrite out.raw {}\nquit 0\n.endc\n.end\n",
        signals.join(" ")
    );
    std::fs::write(folder.join("deck.cir"), deck).map_err(SpiceError::Files)?;
    let output = Command::new("ngspice")
        .args(["-n", "-b", "deck.cir"])
        .current_dir(folder)
        .output()
        .map_err(SpiceError::Start)?;
    let raw = std::fs::read_to_string(folder.join("out.raw")).ok();
    raw.as_deref().and_then(parse).ok_or_else(|| {
        let words = [output.stdout, output.stderr].concat();
        let words = String::from_utf8_lossy(&words).into_owned();
        let lines: Vec<&str> = words.lines().collect();
        SpiceError::NoResult(lines[lines.len().saturating_sub(12)..].join("\n"))
    })
}

/// An ASCII raw file: a head with the names, then the numbers, each point led by its index.
fn parse(raw: &str) -> Option<Waves> {
    let (head, numbers) = raw.split_once("Values:\n")?;
    let (_, variables) = head.split_once("Variables:\n")?;
    let names: Vec<String> =
        variables.lines().filter_map(|line| line.split_whitespace().nth(1)).map(str::to_lowercase).collect();
    let mut columns = vec![Vec::new(); names.len()];
    let mut words = numbers.split_whitespace();
    'points: loop {
        if words.next().is_none() {
            break;
        }
        for column in &mut columns {
            let Some(number) = words.next() else { break 'points };
            column.push(number.parse::<f64>().ok()?);
        }
    }
    let signals: HashMap<String, Vec<f64>> = names.into_iter().zip(columns).collect();
    signals.values().all(|c| !c.is_empty()).then_some(Waves { signals })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half of a volt by hand, through the real program.
    #[test]
    fn a_divider() {
        let waves = run("v1 a 0 1\nr1 a b 1k\nr2 b 0 1k\n", "op", &[]).unwrap();
        assert!((waves.last("v(b)").unwrap() - 0.5).abs() < 1e-9);
        assert!((waves.last("i(v1)").unwrap() + 0.0005).abs() < 1e-9);
    }

    #[test]
    fn nonsense_is_an_error() {
        let error = run("this is no element\n", "op", &[]).unwrap_err();
        assert!(matches!(error, SpiceError::NoResult(_)), "{error}");
    }

    /// 1 V over 1 ms through 0.25 V: at 0.25 ms, upwards.
    #[test]
    fn a_crossing() {
        let waves = run("v1 a 0 pwl(0 0 1m 1)\nr1 a 0 1k\n", "tran 10u 1m", &["v(a)"]).unwrap();
        let found = waves.crossings("v(a)", 0.25).unwrap();
        assert_eq!(found.len(), 1);
        assert!((found[0].0 - 0.25e-3).abs() < 1e-9 && found[0].1);
    }
}
