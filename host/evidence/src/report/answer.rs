//! The first page's answer: the verdict in a word and a sentence, and five questions.

use std::fmt::Write as _;

use ichiscope_verdict::{Agreement, Analysis, Outage, OutageKind, Verdict};

use crate::basis::Basis;
use crate::cells::{escape, seconds};
use crate::report::parts::{limit_s, ms, phases_of};
use crate::statement;
use crate::tables::subject;

pub(crate) fn answer(html: &mut String, basis: &Basis<'_>) {
    let analysis = basis.analysis;
    if analysis.simulated {
        *html += "<p class=\"simulated\">SIMULATED: these data come from a model, not from hardware</p>\n";
    }
    if analysis.imported {
        *html += "<p class=\"simulated\">IMPORTED: these data come from another tool's file, which cannot prove that nothing was lost, nor its clock</p>\n";
    }
    let verdict = analysis.verdict;
    let _ = writeln!(
        html,
        "<div class=\"answer {}\"><div class=\"word\">{verdict}</div><p>{}.</p></div>",
        class(verdict),
        escape(&capital(statement(verdict))),
    );
    *html += "<p class=\"legend\">POA: the Power Outage Alert (AD1) that a hub sends when it is without supply for three minutes or more. A hub cannot tell a firmware upgrade \
              from a real outage.</p>\n";
    *html += "<table class=\"five\">\n";
    question(html, "Did it pass?", &passed(analysis));
    question(html, "By how much?", &by_how_much(analysis));
    question(html, "How sure is that?", &how_sure(basis));
    question(html, "In which phase?", &in_which_phase(analysis));
    question(html, "On what equipment?", &equipment(basis));
    *html += "</table>\n";
}

const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "good",
        Verdict::Fail | Verdict::ConditionalFail => "bad",
        _ => "unclear",
    }
}

fn question(html: &mut String, name: &str, lines: &[String]) {
    let lines: Vec<String> = lines.iter().map(|line| escape(line)).collect();
    let _ = writeln!(html, "<tr><th>{name}</th><td>{}</td></tr>", lines.join("<br>"));
}

fn passed(analysis: &Analysis) -> Vec<String> {
    let word = match analysis.verdict {
        Verdict::Pass => "Yes.",
        Verdict::ConditionalPass => {
            "Yes, but so close to the limit that the measurement's uncertainty reaches it."
        }
        Verdict::Fail => "No.",
        Verdict::ConditionalFail => {
            "No, but so close to the limit that the measurement's uncertainty reaches it."
        }
        Verdict::AtRisk => {
            "Not clearly: the supply came back in time, but with the hub's own reboot the limit is reached."
        }
        Verdict::MainsLoss | Verdict::ChRemoved => {
            "This recording does not answer it: something else than the firmware took the supply away."
        }
        Verdict::NotApplicable => "The question does not arise: no supply was measured.",
        Verdict::Inconclusive => "This recording does not answer it.",
    };
    let mut lines = vec![word.to_owned()];
    lines.extend(analysis.reasons.iter().map(|reason| format!("{}.", capital(&reason.to_string()))));
    lines
}

fn deciding(analysis: &Analysis) -> Option<(&Outage, u64)> {
    Some((analysis.outages.get(analysis.deciding?)?, analysis.tick_hz?))
}

fn by_how_much(analysis: &Analysis) -> Vec<String> {
    let Some((o, tick_hz)) = deciding(analysis) else {
        return vec![if analysis.verdict == Verdict::Pass {
            "No outage was seen in the whole recording.".to_owned()
        } else {
            "No outage was seen; see the reasons above.".to_owned()
        }];
    };
    let least = if o.is_open() { "at least " } else { "" };
    let what = match o.kind {
        OutageKind::Single => "The deciding outage".to_owned(),
        OutageKind::Merged { count, .. } => {
            format!("The deciding outage ({count} interruptions taken together)")
        }
    };
    let side = match o.margin_ns {
        0 => "from",
        1.. => "below",
        _ => "over",
    };
    let mut lines = vec![
        format!(
            "{what} lasted {least}{} s: {} s {side} the limit of {} s.",
            seconds(o.duration_ticks, tick_hz),
            ms(o.margin_ns.unsigned_abs()),
            limit_s(analysis)
        ),
        format!("Measured below {} V on {}.", volts(o.threshold.falling_mv), o.threshold.line.name()),
    ];
    if let Some(mv) = o.least_mv {
        lines.push(format!("The supply fell to {} V.", volts(mv)));
    }
    if let Some(c) = analysis.combined.filter(|c| c.ch_reboot_ns.is_some()) {
        let how = if c.ch_reboot_measured { "measured" } else { "allowed for" };
        lines.push(format!("Together with the hub's reboot ({how}): {} s.", ms(c.total_ns)));
    }
    lines
}

fn how_sure(basis: &Basis<'_>) -> Vec<String> {
    let analysis = basis.analysis;
    let mut lines = Vec::new();
    if let Some((o, _)) = deciding(analysis) {
        lines.push(format!(
            "The duration is uncertain by {} s (expanded, k = 2, about 95 %).",
            ms(o.expanded_uncertainty_ns)
        ));
    }
    let beside = basis.recording.timeline.side_losses().len();
    if beside > 0 {
        lines.push(format!(
            "Beside the lines (console, voltage) records were lost in {beside} places; no duration depends on them."
        ));
    }
    lines.push(match analysis.gaps.len() {
        0 if beside > 0 => "Of the lines nothing was lost.".to_owned(),
        0 if analysis.imported => "The file leaves out no stretch of time.".to_owned(),
        0 => "Nothing was lost: every record of the instrument is there.".to_owned(),
        1 => "Data were lost in one place.".to_owned(),
        n => format!("Data were lost in {n} places."),
    });
    if analysis.imported {
        lines.push("The data come from another tool's file, which cannot prove that nothing was lost, nor its clock.".to_owned());
    }
    let contradictions = analysis.findings.iter().filter(|f| f.agreement == Agreement::Contradicts).count();
    match (analysis.findings.len(), contradictions) {
        (0, _) => {}
        (n, 0) => lines.push(format!("{n} statements of other sources were checked; none contradicts.")),
        (n, c) => lines.push(format!(
            "{n} statements of other sources were checked; {c} of them CONTRADICT (see below)."
        )),
    }
    lines
}

fn in_which_phase(analysis: &Analysis) -> Vec<String> {
    let Some((o, tick_hz)) = deciding(analysis) else { return vec!["No outage, so no phase.".to_owned()] };
    let phases = phases_of(analysis, o, tick_hz);
    if phases.is_empty() { vec!["No phase was recorded at that time.".to_owned()] } else { phases }
}

fn equipment(basis: &Basis<'_>) -> Vec<String> {
    let facts = &basis.recording.facts;
    let bench = &facts.bench;
    let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "not stated".to_owned());
    let subject = subject(&basis.recording.settings);
    let variant = subject.variant.unwrap_or_else(|| "variant not stated".to_owned());
    let hub: Vec<String> =
        [Some(told(&bench.hub)), subject.band, subject.region].into_iter().flatten().collect();
    let board =
        basis.recording.timeline.identity().and_then(|i| i.board()).map_or("unknown board", |b| b.name());
    let device = &facts.device;
    let instrument: Vec<String> = [format!("serial {}", device.serial), device.description.clone()]
        .into_iter()
        .map(|part| if part == "serial " { "serial not stated".to_owned() } else { part })
        .filter(|part| !part.is_empty())
        .collect();
    vec![
        format!("Meter: {}, {}, {variant}.", told(&bench.meter), subject.device),
        format!("Firmware: {} before, {} after.", told(&bench.firmware_from), told(&bench.firmware_to)),
        format!("Hub: {}.", hub.join(", ")),
        format!("Instrument: {board}, {}.", instrument.join(", ")),
    ]
}

fn volts(mv: i32) -> String {
    let sign = if mv < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", mv.unsigned_abs() / 1000, mv.unsigned_abs() % 1000)
}

/// With a capital letter at its beginning.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
