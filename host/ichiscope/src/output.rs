//! What is printed: the table of outages, progress, and output that may be closed early (`| head`).

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;

use anyhow::Context;
use ichiscope_evidence::{seconds, statement};
use ichiscope_verdict::{Agreement, Analysis, Finding, Outage, OutageKind};
use indicatif::{ProgressBar, ProgressStyle};

/// An error with its causes. A cause that what stands before it tells already is not told again.
pub(crate) fn with_causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| match &text[..] {
        "" => cause,
        before if before.contains(&cause) => text,
        _ => format!("{text}: {cause}"),
    })
}

/// Prints to standard output. A reader that went away (`| head`) is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// A progress bar on a terminal's standard error; nothing otherwise.
pub(crate) fn progress(length: u64, what: &'static str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length).with_message(what);
    let template = "{msg} [{bar:30}] {bytes}/{total_bytes} {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// The analysis as text for people.
pub(crate) fn report(analysis: &Analysis) -> String {
    let mut text = String::new();
    if analysis.simulated {
        text.push_str("SIMULATED: these data come from a model, not from hardware\n\n");
    }
    if let Some(tick_hz) = analysis.tick_hz {
        outage_table(&mut text, analysis, tick_hz);
        gap_list(&mut text, analysis, tick_hz);
    }
    let _ = writeln!(text, "verdict: {} - {}", analysis.verdict, statement(analysis.verdict));
    for reason in &analysis.reasons {
        let _ = writeln!(text, "  {reason}");
    }
    findings(&mut text, analysis);
    text
}

/// What other sources say; contradictions first.
fn findings(text: &mut String, analysis: &Analysis) {
    const SHOWN: usize = 20;
    let contradicts = |f: &&Finding| f.agreement == Agreement::Contradicts;
    let ordered = analysis.findings.iter().filter(contradicts);
    let ordered = ordered.chain(analysis.findings.iter().filter(|f| !contradicts(f)));
    for finding in ordered.take(SHOWN) {
        let _ = writeln!(text, "{finding}");
    }
    if analysis.findings.len() > SHOWN {
        let _ = writeln!(text, "and {} more findings", analysis.findings.len() - SHOWN);
    }
}

fn outage_table(text: &mut String, analysis: &Analysis, tick_hz: u64) {
    let _ = writeln!(
        text,
        "{:<6} {:>8} {:>16} {:>18} {:>18} {:>14}  {:<17} phases",
        "line", "below", "start s", "duration s", "margin s", "U (k=2) s", "verdict"
    );
    for outage in &analysis.outages {
        let _ = writeln!(text, "{}", outage_row(outage, tick_hz));
    }
    if let Some(omitted) = &analysis.omitted {
        let _ = writeln!(
            text,
            "(and {} more, none longer than {} s: {})",
            omitted.count,
            seconds(omitted.longest_ticks, tick_hz),
            omitted.verdict
        );
    }
    if analysis.outages.is_empty() {
        let _ = writeln!(text, "(no outage)");
    }
    let _ = writeln!(text);
}

fn outage_row(o: &Outage, tick_hz: u64) -> String {
    let bound = if o.is_open() { ">=" } else { "" };
    let merged = match o.kind {
        OutageKind::Single => String::new(),
        OutageKind::Merged { count, .. } => format!(" [{count} together]"),
    };
    let shares: Vec<String> =
        o.phases.iter().map(|s| format!("{} {} s", s.kind.name(), seconds(s.ticks, tick_hz))).collect();
    format!(
        "{:<6} {:>6.1} V {:>16} {:>18} {:>18} {:>14}  {:<17} {}{merged}",
        o.threshold.line.name(),
        f64::from(o.threshold.falling_mv) / 1000.0,
        seconds(o.start_tick, tick_hz),
        format!("{bound}{}", seconds(o.duration_ticks, tick_hz)),
        signed_seconds(o.margin_ns),
        signed_seconds(i64::try_from(o.expanded_uncertainty_ns).unwrap_or(i64::MAX)),
        o.verdict.name(),
        shares.join(", "),
    )
}

fn gap_list(text: &mut String, analysis: &Analysis, tick_hz: u64) {
    const SHOWN: usize = 20;
    for g in analysis.gaps.iter().take(SHOWN) {
        let _ = writeln!(
            text,
            "LOSS: {} from {} s to {} s{}",
            g.cause.name(),
            seconds(g.start_tick, tick_hz),
            seconds(g.end_tick, tick_hz),
            if g.lost > 0 { format!(", {} records", g.lost) } else { String::new() },
        );
    }
    if analysis.gaps.len() > SHOWN {
        let _ = writeln!(text, "LOSS: and {} more", analysis.gaps.len() - SHOWN);
    }
}

fn signed_seconds(ns: i64) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    format!("{sign}{}", seconds(ns.unsigned_abs(), 1_000_000_000))
}
