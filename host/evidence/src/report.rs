//! The report: one HTML file that needs nothing else and says whether it passed, by how much, how sure, in which phase,
//! on what equipment. What the tool cannot know is a named blank.

use std::fmt::Write as _;

use ichiscope_replay::Recording;
use ichiscope_verdict::{Analysis, ENGINEERING_DEFAULT, Outage, Verdict};

use crate::cells::{escape, seconds};
use crate::manifest::CaptureFile;
use crate::picture::{STYLE as PICTURE, picture};
use crate::statement;
use crate::tables::{RULE, Table};

/// A nanosecond taken as the tick.
const NS_PER_S: u64 = 1_000_000_000;

const STYLE: &str = "body{font:15px/1.45 sans-serif;max-width:1140px;margin:24px auto;padding:0 16px;color:#111}\
h1{margin-bottom:0}h2{margin-top:1.6em;border-bottom:1px solid #999}\
table{border-collapse:collapse;font-size:13px;width:100%}td,th{border:1px solid #bbb;padding:3px 7px;text-align:left;\
overflow-wrap:anywhere}th{background:#eee}.wide{overflow-x:auto}\
.verdict{font-size:34px;font-weight:bold;padding:10px 16px;border:4px solid;display:inline-block;margin:10px 0}\
.good{border-color:#0072b2}.bad{border-color:#d55e00;background:#fff1e6}.unclear{border-color:#555;background:#f4f4f4}\
.simulated{background:#111;color:#fff;font-size:20px;padding:8px 16px;letter-spacing:.1em}\
svg{width:100%;height:auto;border:1px solid #bbb}.blank{min-width:14em;color:#777}\
@media print{body{margin:0;max-width:none}h2{break-after:avoid}table,svg{break-inside:avoid}}";

/// The report of a recording.
pub(crate) fn report(
    recording: &Recording,
    analysis: &Analysis,
    captures: &[CaptureFile],
    tables: &[(&'static str, Table)],
) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>ichiscope report {}</title>\
         <style>{STYLE}{PICTURE}</style></head><body>\n",
        escape(captures.first().map_or("", |first| &first.name))
    );
    if analysis.simulated {
        html += "<p class=\"simulated\">SIMULATED: these data come from a model, not from hardware</p>\n";
    }
    answer(&mut html, analysis);
    pictures(&mut html, recording, analysis);
    equipment(&mut html, recording, captures);
    combined(&mut html, analysis);
    budget(&mut html, analysis);
    rule(&mut html);
    for (name, table) in tables {
        table_of(&mut html, name, table);
    }
    blanks(&mut html, captures.first().map_or("", |first| &first.sha256));
    html += "</body></html>\n";
    html
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "good",
        Verdict::Fail | Verdict::ConditionalFail => "bad",
        _ => "unclear",
    }
}

fn answer(html: &mut String, analysis: &Analysis) {
    let verdict = analysis.verdict;
    let _ = writeln!(
        html,
        "<h1>Supply outage of the Communications Hub during a firmware upgrade</h1>\n\
         <p class=\"verdict {}\">{verdict}</p>\n<p><b>{}.</b></p>",
        class(verdict),
        escape(statement(verdict)),
    );
    if !analysis.reasons.is_empty() {
        *html += "<ul>\n";
        for reason in &analysis.reasons {
            let _ = writeln!(html, "<li>{}</li>", escape(&reason.to_string()));
        }
        *html += "</ul>\n";
    }
    if let (Some(outage), Some(tick_hz)) = (analysis.deciding.map(|i| &analysis.outages[i]), analysis.tick_hz)
    {
        deciding(html, outage, tick_hz);
    } else {
        *html += "<p>No outage was seen.</p>\n";
    }
}

fn deciding(html: &mut String, o: &Outage, tick_hz: u64) {
    let bound = if o.is_open() { "at least " } else { "" };
    let margin = seconds_of_ns(o.margin_ns.unsigned_abs());
    let side = if o.margin_ns > 0 { "below" } else { "at or over" };
    let phases: Vec<String> =
        o.phases.iter().map(|s| format!("{} ({} s)", s.kind.name(), seconds(s.ticks, tick_hz))).collect();
    let phases =
        if phases.is_empty() { "no phase was recorded at that time".to_owned() } else { phases.join(", ") };
    let _ = writeln!(
        html,
        "<table><tr><th>Deciding outage</th><td>{bound}{} s on {} (below {} mV)</td></tr>\n\
         <tr><th>Margin</th><td>{margin} s {side} the limit of 180 s</td></tr>\n\
         <tr><th>Expanded uncertainty</th><td>{} s (k = 2)</td></tr>\n\
         <tr><th>In phase</th><td>{}</td></tr></table>",
        seconds(o.duration_ticks, tick_hz),
        o.threshold.line.name(),
        o.threshold.falling_mv,
        seconds_of_ns(o.expanded_uncertainty_ns),
        escape(&phases),
    );
}

fn seconds_of_ns(ns: u64) -> String {
    seconds(ns, NS_PER_S)
}

fn pictures(html: &mut String, recording: &Recording, analysis: &Analysis) {
    let Some((first, last)) = analysis.span else { return };
    *html += "<h2>The recording</h2>\n";
    *html += &picture(&recording.timeline, analysis, first, last);
    if let Some(o) = analysis.deciding.map(|i| &analysis.outages[i]) {
        let around = (o.duration_ticks / 10).max(1);
        *html += "<h2>The deciding outage</h2>\n";
        let (start, end) = (o.start_tick.saturating_sub(around).max(first), (o.end_tick + around).min(last));
        *html += &picture(&recording.timeline, analysis, start, end);
    }
    *html += "<p>Orange: rail below the highest threshold. Dashed: 180 s from its start. Red: nothing is known.</p>\n";
}

fn equipment(html: &mut String, recording: &Recording, captures: &[CaptureFile]) {
    let facts = &recording.facts;
    let bench = &facts.bench;
    let board = recording.timeline.identity().map_or_else(
        || "not known".to_owned(),
        |i| {
            let name = i.board().map_or("unknown board", |b| b.name());
            format!(
                "{name}, bitstream {:08x}, protocol {}, {} ticks/s",
                i.bitstream_id, i.protocol, i.tick_hz
            )
        },
    );
    *html += "<h2>Equipment</h2>\n<table>\n";
    let mut row = |name: &str, value: Option<&str>| {
        let cell = value.map_or_else(
            || "<td class=\"blank\">not stated</td>".to_owned(),
            |v| format!("<td>{}</td>", escape(v)),
        );
        let _ = writeln!(html, "<tr><th>{name}</th>{cell}</tr>");
    };
    row("Meter", bench.meter.as_deref());
    row("Hub", bench.hub.as_deref());
    row("Firmware before", bench.firmware_from.as_deref());
    row("Firmware after", bench.firmware_to.as_deref());
    row("Notes", bench.operator_notes.as_deref());
    row("Instrument", Some(&format!("{} {}", facts.device.serial, facts.device.description)));
    row("Gateware", Some(&board));
    row("Recorded with", Some(&facts.program));
    row("Recorded at (PC clock, ns since 1970 UTC)", Some(&facts.created_utc_ns.to_string()));
    for file in captures {
        row("Capture", Some(&file.name));
        row("SHA-256 of the capture", Some(&file.sha256));
    }
    *html += "</table>\n";
}

fn combined(html: &mut String, analysis: &Analysis) {
    let Some(c) = analysis.combined else { return };
    let reboot = match (c.ch_reboot_ns, c.ch_reboot_measured) {
        (None, _) => "neither measured nor allowed for".to_owned(),
        (Some(ns), true) => format!("{} s (measured)", seconds_of_ns(ns)),
        (Some(ns), false) => format!("{} s (allowance)", seconds_of_ns(ns)),
    };
    let total = match c.ch_reboot_ns {
        Some(_) => format!("{} s", seconds_of_ns(c.total_ns)),
        None => "not known".to_owned(),
    };
    let _ = writeln!(
        html,
        "<h2>Meter and hub together</h2>\n<table><tr><th>Rail outage by the meter</th><td>{} s</td></tr>\n\
         <tr><th>Reboot of the hub</th><td>{reboot}</td></tr>\n<tr><th>Together</th><td>{total}, against {} s</td></tr></table>\n\
         <p>When the hub starts, stops and re-arms its timer, and whether its own boot counts, is not known.</p>",
        seconds_of_ns(c.outage_ns),
        c.limit_ns / NS_PER_S,
    );
}

fn budget(html: &mut String, analysis: &Analysis) {
    let Some(o) = analysis.deciding.map(|i| &analysis.outages[i]) else { return };
    *html += "<h2>Uncertainty of the deciding outage</h2>\n\
              <table><tr><th>Term</th><th>Bound</th><th>Standard uncertainty</th><th>From</th></tr>\n";
    for t in &o.budget.terms {
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td>{:.0} ns</td><td>{:.0} ns</td><td>{}</td></tr>",
            t.name,
            t.bound_ns,
            t.bound_ns / 3f64.sqrt(),
            escape(&t.source.to_string())
        );
    }
    let _ = writeln!(
        html,
        "<tr><th>Expanded, k = 2</th><td colspan=\"3\">{} ns: twice the root of the sum of squares</td></tr></table>",
        o.expanded_uncertainty_ns
    );
}

fn rule(html: &mut String) {
    let _ = writeln!(
        html,
        "<h2>Decision rule</h2>\n<p>{} ({ENGINEERING_DEFAULT}; guard band as in ILAC-G8:09/2019 4.2). An outage starts at the first tick \
         below the threshold and ends at the first tick at or above threshold and hysteresis (the algorithm of IEC 61000-4-30). \
         Whatever was lost makes the run INCONCLUSIVE or worse. The worst outage decides.</p>",
        escape(RULE)
    );
}

fn table_of(html: &mut String, name: &str, table: &Table) {
    let _ = write!(html, "<h2>{name}</h2>\n<div class=\"wide\"><table><tr>");
    for cell in table.header {
        let _ = write!(html, "<th>{cell}</th>");
    }
    *html += "</tr>\n";
    for row in &table.rows {
        *html += "<tr>";
        for cell in row {
            let _ = write!(html, "<td>{}</td>", escape(cell));
        }
        *html += "</tr>\n";
    }
    *html += "</table></div>\n";
}

/// What a report needs and this tool cannot know (ISO/IEC 17025:2017, 7.8.2.1).
fn blanks(html: &mut String, sha256: &str) {
    *html += "<h2>To be filled in</h2>\n<table>\n";
    let named = [
        "Laboratory, and where the measurement was made",
        "Customer of the report (no consumer's identity)",
        "Identification and condition of the meter and the hub",
        "Date of the measurement by the laboratory's records",
        "Date of issue",
        "Deviations from the method; opinions, marked as such",
        "Authorised by",
    ];
    for name in named {
        let _ = writeln!(html, "<tr><th>{name}</th><td class=\"blank\">&nbsp;</td></tr>");
    }
    let _ = writeln!(
        html,
        "<tr><th>Identification of this report</th><td>{}</td></tr></table>\n\
         <p>The results relate only to the items measured. End of report.</p>",
        sha256.get(..16).unwrap_or(sha256)
    );
}
