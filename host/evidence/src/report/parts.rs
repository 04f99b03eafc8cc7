//! The parts of the report that tell of the measurement: pictures, outages, combined time, findings, budget, rule.

use std::fmt::Write as _;

use ichiscope_verdict::{Agreement, Analysis, ENGINEERING_DEFAULT, Outage, OutageKind};

use crate::basis::Basis;
use crate::cells::{escape, seconds};
use crate::picture::picture;
use crate::tables::RULE;

/// A nanosecond taken as the tick.
const NS_PER_S: u64 = 1_000_000_000;
/// Outages of the summary.
const SHOWN: usize = 12;
/// Findings printed; all are in findings.csv.
const FINDINGS: usize = 50;

/// Seconds of nanoseconds.
pub(crate) fn ms(ns: u64) -> String {
    seconds(ns, NS_PER_S)
}

/// A time in the unit that suits it.
fn readable(ns: f64) -> String {
    match ns {
        1e6.. => format!("{:.3} ms", ns / 1e6),
        1e3..1e6 => format!("{:.3} us", ns / 1e3),
        _ => format!("{ns:.0} ns"),
    }
}

/// The limit in whole seconds.
pub(crate) fn limit_s(analysis: &Analysis) -> u64 {
    analysis.settings.limit_ns / NS_PER_S
}

/// The phases that an outage fell into, with its time in each, and who told them.
pub(crate) fn phases_of(analysis: &Analysis, o: &Outage, tick_hz: u64) -> Vec<String> {
    let share = |s: &ichiscope_verdict::Share| {
        let percent = (u128::from(s.ticks) * 1000 / u128::from(o.duration_ticks.max(1))) as u64;
        let mut sources: Vec<&str> = analysis
            .phases
            .iter()
            .filter(|p| p.kind == s.kind && p.overlap_ticks(o.start_tick, o.end_tick) > 0)
            .map(|p| p.source.name())
            .collect();
        sources.sort_unstable();
        sources.dedup();
        format!(
            "{}: {} s of it ({}.{} %), told by {}.",
            s.kind.name(),
            seconds(s.ticks, tick_hz),
            percent / 10,
            percent % 10,
            sources.join(", ")
        )
    };
    o.phases.iter().map(share).collect()
}

pub(crate) fn pictures(html: &mut String, basis: &Basis<'_>) {
    let analysis = basis.analysis;
    let timeline = &basis.recording.timeline;
    let Some((first, last)) = analysis.span else { return };
    if let Some(o) = analysis.deciding.map(|i| &analysis.outages[i]) {
        // From a little before the outage to a little after it and after the limit.
        let limit = (u128::from(analysis.settings.limit_ns) * u128::from(analysis.tick_hz.unwrap_or(1))
            / 1_000_000_000) as u64;
        let length = o.duration_ticks.max(limit);
        let around = (length / 12).max(1);
        let start = o.start_tick.saturating_sub(around).max(first);
        let end = o.start_tick.saturating_add(length).saturating_add(around).min(last);
        *html += "<h2>The deciding outage</h2>\n";
        *html += &picture(timeline, analysis, start, end);
        *html += LEGEND;
    }
    *html += "<h2>The whole recording</h2>\n";
    *html += &picture(timeline, analysis, first, last);
    *html += LEGEND;
}

const LEGEND: &str = "<p class=\"legend\"><b>Blue bars</b> phases, <b>diamonds</b> events that other systems told and <b>triangles</b> the \
alert AD1 (a number: so many; the bar below: where it may be), <b>lines</b> the levels that the instrument saw (high above, low below; for rail0 to rail2 \
high means that the supply is good), <b>red area</b> supply below the highest threshold, <b>dashed</b> the limit, counted from the start of that outage, \
<b>solid red</b> data lost: nothing is known there.</p>\n";

/// Each outage at the highest threshold, with its time below the others.
pub(crate) fn outages(html: &mut String, analysis: &Analysis) {
    let Some(tick_hz) = analysis.tick_hz else { return };
    let highest = analysis.settings.thresholds.iter().map(|t| t.falling_mv).max();
    let mut listed: Vec<&Outage> =
        analysis.outages.iter().filter(|o| Some(o.threshold.falling_mv) == highest).collect();
    listed.sort_by_key(|o| std::cmp::Reverse((o.verdict, o.duration_ticks)));
    let all = listed.len();
    *html += "<h2>Outages</h2>\n";
    if listed.is_empty() {
        *html += "<p>None.</p>\n";
        return;
    }
    *html += "<table><tr><th>Verdict</th><th class=\"n\">Starts at</th><th class=\"n\">Duration</th><th class=\"n\">Below the limit by</th>\
              <th class=\"n\">Uncertainty (k = 2)</th><th>Time below each threshold</th><th class=\"n\">Least voltage</th></tr>\n";
    for o in listed.iter().take(SHOWN) {
        outage_row(html, o, analysis, tick_hz);
    }
    *html += "</table>\n";
    if all > SHOWN {
        let _ = writeln!(html, "<p>The worst {SHOWN} of {all}; all are in outages.csv.</p>");
    }
    if let Some(omitted) = &analysis.omitted {
        let _ = writeln!(
            html,
            "<p><b>{} more outages are counted and not listed.</b> None is longer than those listed; the longest lasted {} s.</p>",
            omitted.count,
            seconds(omitted.longest_ticks, tick_hz)
        );
    }
}

fn outage_row(html: &mut String, o: &Outage, analysis: &Analysis, tick_hz: u64) {
    let level =
        |line| analysis.settings.thresholds.iter().find(|t| t.line == line).map_or(0, |t| t.falling_mv);
    let below: Vec<String> = o
        .below
        .iter()
        .map(|b| format!("{:.1} V: {} s", f64::from(level(b.line)) / 1000.0, seconds(b.ticks, tick_hz)))
        .collect();
    let together = match o.kind {
        OutageKind::Single => String::new(),
        OutageKind::Merged { count, .. } => format!(" ({count} interruptions together)"),
    };
    let sign = if o.margin_ns < 0 { "-" } else { "" };
    let _ = writeln!(
        html,
        "<tr><td>{}{together}</td><td class=\"n\">{} s</td><td class=\"n\">{}{} s</td><td class=\"n\">{sign}{} s</td><td class=\"n\">{} s</td>\
         <td class=\"w\">{}</td><td class=\"n\">{}</td></tr>",
        o.verdict,
        seconds(o.start_tick, tick_hz),
        if o.is_open() { "at least " } else { "" },
        seconds(o.duration_ticks, tick_hz),
        ms(o.margin_ns.unsigned_abs()),
        ms(o.expanded_uncertainty_ns),
        below.join("<br>"),
        o.least_mv.map_or_else(|| "not recorded".to_owned(), |mv| format!("{:.2} V", f64::from(mv) / 1000.0)),
    );
}

pub(crate) fn combined(html: &mut String, analysis: &Analysis) {
    let Some(c) = analysis.combined else { return };
    let reboot = match (c.ch_reboot_ns, c.ch_reboot_measured) {
        (None, _) => "neither measured nor allowed for".to_owned(),
        (Some(ns), true) => format!("{} s (measured)", ms(ns)),
        (Some(ns), false) => format!("{} s (allowance)", ms(ns)),
    };
    let total = match c.ch_reboot_ns {
        Some(_) => format!("{} s", ms(c.total_ns)),
        None => "not known".to_owned(),
    };
    let _ = writeln!(
        html,
        "<h2>Meter and hub together</h2>\n<table class=\"kv\"><tr><th>Supply taken away by the meter</th><td>{} s</td></tr>\n\
         <tr><th>Reboot of the hub</th><td>{reboot}</td></tr>\n<tr><th>Together</th><td>{total}, against a limit of {} s</td></tr></table>\n\
         <p class=\"legend\">When the hub starts, stops and re-arms its timer, and whether its own boot counts, is not known; so both are shown and the sum is held \
         against the same limit.</p>",
        ms(c.outage_ns),
        c.limit_ns / NS_PER_S,
    );
}

pub(crate) fn findings(html: &mut String, analysis: &Analysis) {
    if analysis.findings.is_empty() {
        return;
    }
    *html +=
        "<h2>What other sources say</h2>\n<table><tr><th>Against the measurement</th><th>Finding</th></tr>\n";
    for f in analysis.findings.iter().take(FINDINGS) {
        let class = if f.agreement == Agreement::Contradicts { " class=\"contradicts\"" } else { "" };
        let _ = writeln!(html, "<tr><td{class}>{}</td><td>{}</td></tr>", f.agreement.name(), escape(&f.text));
    }
    *html += "</table>\n<p class=\"legend\">A finding never changes a measured duration.</p>\n";
    if analysis.findings.len() > FINDINGS {
        let _ = writeln!(
            html,
            "<p>The first {FINDINGS} of {}; all are in findings.csv.</p>",
            analysis.findings.len()
        );
    }
}

pub(crate) fn budget(html: &mut String, analysis: &Analysis) {
    let Some(o) = analysis.deciding.map(|i| &analysis.outages[i]) else { return };
    *html += "<h2>Uncertainty of the deciding outage</h2>\n\
              <table><tr><th>Term</th><th class=\"n\">Figure</th><th>Distribution</th><th class=\"n\">Standard uncertainty</th><th>From</th></tr>\n";
    for t in &o.budget.terms {
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
            t.name,
            readable(t.bound_ns),
            t.shape.name(),
            readable(t.standard_ns()),
            escape(&t.source.to_string())
        );
    }
    let _ = writeln!(
        html,
        "<tr><th>Expanded uncertainty U (k = 2)</th><td class=\"n\"><b>{}</b></td><td colspan=\"3\">twice the root of the sum of the squares of the standard \
         uncertainties; also the guard band w</td></tr></table>",
        readable(o.expanded_uncertainty_ns as f64)
    );
    if let Some(clock) = &analysis.settings.clock {
        let _ = writeln!(html, "<p class=\"legend\">Clock: {}.</p>", escape(&clock.told));
    }
    if let Some(f) = &analysis.settings.front_end {
        let _ =
            writeln!(html, "<p class=\"legend\">Front end: {} ({}).</p>", escape(&f.name), escape(&f.source));
    }
}

pub(crate) fn rule(html: &mut String, analysis: &Analysis) {
    let _ = writeln!(
        html,
        "<h2>Decision rule and method</h2>\n<p>{} ({ENGINEERING_DEFAULT}; guard band as in ILAC-G8:09/2019 4.2). An outage starts at the first tick \
         below the threshold and ends at the first tick at or above threshold and hysteresis (the algorithm of IEC 61000-4-30). \
         Whatever was lost makes the run INCONCLUSIVE or worse. The worst outage decides. Outages nearer to each other than {} ms are reported singly and \
         as one. A PASS needs the supply seen good for so long before and after an outage, and a recording without an outage needs signs that the upgrade \
         ran and that the inputs follow the rail (of an imported file this is told and not judged).</p>",
        escape(RULE),
        analysis.settings.restore_ns / 1_000_000,
    );
}
