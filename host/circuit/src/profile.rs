//! What the simulation hands on: the profile that the verdict's uncertainty uses, and the table of the proof.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::study::Proof;

/// The profile as TOML: the same bytes for the same circuit. `source` is the circuit file's text.
pub fn profile(proof: &Proof, source: &str) -> String {
    let hash = Sha256::digest(source.as_bytes());
    let id: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let mut out = String::from(
        "# Made by `cargo run -p ichiscope-circuit -- write`; levels in mV at the ICHI connector. docs/front-end/README.md explains the figures.\n",
    );
    let _ = writeln!(out, "format = \"ichiscope-front-end-1\"");
    let _ = writeln!(out, "name = \"ichiscope front end, simulated\"");
    let _ = writeln!(out, "source = \"ngspice, {} builds of circuit {id}\"", proof.trials);
    for (level, delay) in proof.levels.iter().zip(&proof.delays) {
        let shift = delay.slow_shift_mv();
        let u = level.falling.expanded_with(shift).max(level.rising.expanded_with(shift));
        let middle = |direction: usize| {
            let [least, greatest] = delay.range_ns(direction);
            (least + greatest) / 2.0
        };
        let half = (0..2).map(|d| delay.range_ns(d)).map(|[least, greatest]| (greatest - least) / 2.0);
        let _ = writeln!(out, "\n[[comparator]]");
        let _ = writeln!(out, "line = \"{}\"", level.line);
        let _ = writeln!(out, "falling_mv = {:.0}", level.falling.mean);
        let _ = writeln!(out, "rising_mv = {:.0}", level.rising.mean);
        let _ = writeln!(out, "threshold_u_mv = {:.0}", u.ceil());
        let _ = writeln!(out, "delay_falling_ns = {:.0}", tens(middle(0)));
        let _ = writeln!(out, "delay_rising_ns = {:.0}", tens(middle(1)));
        let _ = writeln!(out, "delay_u_ns = {:.0}", tens(half.fold(0.0, f64::max)));
    }
    let adc = proof.adc;
    let _ = writeln!(out, "\n[adc]");
    let _ = writeln!(out, "gain_uv_per_code = {:.1}", adc.gain_uv_per_code);
    let _ = writeln!(out, "offset_uv = {:.0}", adc.offset_uv);
    let _ = writeln!(out, "gain_u_ppm = {:.0}", tens(adc.gain_u_ppm));
    let _ = writeln!(out, "offset_u_uv = {:.0}", (adc.offset_u_uv / 1000.0).ceil() * 1000.0);
    out
}

/// The next ten: finer figures would claim more than the models know.
fn tens(value: f64) -> f64 {
    (value / 10.0).ceil() * 10.0
}

/// The proof as a table in Markdown.
pub fn table(proof: &Proof) -> String {
    let mut out = String::from(
        "# What the simulation found\n\nMade by `cargo run -p ichiscope-circuit -- write`; not edited by hand. The limits and their reasons are in [limits.toml](limits.toml).\n\n",
    );
    let _ = writeln!(out, "| what | worst | limit | kept |\n|---|---|---|---|");
    for finding in &proof.findings {
        let side = if finding.at_least { "at least" } else { "at most" };
        let kept = if finding.is_kept() { "yes" } else { "**no**" };
        let _ = writeln!(
            out,
            "| {} | {}{unit} | {side} {}{unit} | {kept} |",
            finding.what,
            figure(finding.figure),
            finding.limit,
            unit = if finding.unit.is_empty() { String::new() } else { format!(" {}", finding.unit) }
        );
    }
    let _ = writeln!(
        out,
        "\n## Levels of {} builds\n\n| line | direction | mean, mV | standard deviation, mV | least, mV | greatest, mV |\n|---|---|---|---|---|---|",
        proof.trials
    );
    for level in &proof.levels {
        for (direction, s) in [("falling", level.falling), ("rising", level.rising)] {
            let _ = writeln!(
                out,
                "| {} | {direction} | {:.0} | {:.1} | {:.0} | {:.0} |",
                level.line, s.mean, s.deviation, s.least, s.greatest
            );
        }
    }
    let _ = writeln!(
        out,
        "\n## Delay by slope\n\nFrom the rail's passing of the level to the board's pin, least to greatest of all corners.\n\n| line | slope, V/s | falling, us | rising, us |\n|---|---|---|---|"
    );
    for delay in &proof.delays {
        for (slope, falling, rising) in &delay.by_slope {
            let range = |[least, greatest]: &[f64; 2]| {
                format!("{} to {}", figure(least / 1000.0), figure(greatest / 1000.0))
            };
            let _ = writeln!(out, "| {} | {slope:.0} | {} | {} |", delay.line, range(falling), range(rising));
        }
    }
    out
}

/// Three significant digits: the models are not better.
fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "none".to_owned();
    }
    if value.abs() < 1e-6 {
        return "0".to_owned();
    }
    let digits = 2 - value.abs().log10().floor() as i32;
    if digits > 0 {
        format!("{value:.*}", digits.min(6) as usize)
    } else {
        let unit = 10f64.powi(-digits);
        format!("{:.0}", (value / unit).round() * unit)
    }
}
