//! The parts of the report that tell on what and with what: equipment, settings, and the items of ISO/IEC 17025:2017 7.8.2.1 with
//! named blanks for those that the tool cannot know.

use std::fmt::Write as _;

use ichiscope_verdict::Analysis;
use jiff::Timestamp;

use crate::basis::Basis;
use crate::cells::{escape, nanoseconds};
use crate::report::parts::ms;
use crate::report::row;
use crate::tables::subject;

pub(crate) fn equipment(html: &mut String, basis: &Basis<'_>) {
    let recording = basis.recording;
    let (facts, bench) = (&recording.facts, &recording.facts.bench);
    let gateware = recording.timeline.identity().map(|i| {
        let name = i.board().map_or("unknown board", |b| b.name());
        format!("{name}, bitstream {:08x}, protocol {}, {} ticks/s", i.bitstream_id, i.protocol, i.tick_hz)
    });
    let subject = subject(&recording.settings);
    *html += "<h2>Equipment</h2>\n<table class=\"kv\">\n";
    row(html, "Meter", bench.meter.as_deref());
    row(html, "Device type", Some(&subject.device));
    row(html, "Variant", subject.variant.as_deref());
    row(html, "Firmware before", bench.firmware_from.as_deref());
    row(html, "Firmware after", bench.firmware_to.as_deref());
    row(html, "Communications Hub", bench.hub.as_deref());
    row(html, "Hub's bands", subject.band.as_deref());
    row(html, "Region of the service provider", subject.region.as_deref());
    row(html, "Notes", bench.operator_notes.as_deref());
    row(html, "Instrument", Some(&format!("{} {}", facts.device.serial, facts.device.description)));
    row(html, "Gateware", gateware.as_deref());
    let front_end = basis.analysis.settings.front_end.as_ref();
    row(html, "Front end", front_end.map(|f| format!("{} ({})", f.name, f.source)).as_deref());
    row(html, "Clock calibration", basis.analysis.settings.clock.as_ref().map(|c| c.told.as_str()));
    row(html, "Recorded with", Some(&facts.program));
    row(html, "Evaluated with", Some(concat!("ichiscope ", env!("CARGO_PKG_VERSION"))));
    for file in basis.captures {
        row(html, "Recording", Some(&format!("{}, SHA-256 {}", file.name, file.sha256)));
    }
    for file in basis.context.files() {
        row(html, "Laid beside it", Some(&format!("{} ({})", file.name, file.what)));
    }
    *html += "</table>\n";
}

pub(crate) fn settings(html: &mut String, basis: &Basis<'_>) {
    let s = &basis.analysis.settings;
    *html += "<h2>Settings of the measurement</h2>\n<table class=\"kv\">\n";
    for t in &s.thresholds {
        let value = format!("outage below {} mV, over at or above {} mV", t.falling_mv, t.rising_mv);
        row(html, t.line.name(), Some(&value));
    }
    row(html, "Deglitch time", Some(&format!("{} us; edges are dated back", s.deglitch_ns / 1000)));
    row(html, "Restored when good for", Some(&format!("{} ms", s.restore_ns / 1_000_000)));
    let marks: Vec<String> =
        s.marks.iter().map(|(line, phase)| format!("{}: {}", line.name(), phase.name())).collect();
    row(html, "Mark inputs", Some(&marks.join(", ")));
    *html += "</table>\n<p class=\"legend\">Where nothing else is said in run.csv these are engineering defaults of the program.</p>\n";
}

/// What a report needs by ISO/IEC 17025:2017, 7.8.2.1: first what is known here, then what somebody has to fill in.
pub(crate) fn laboratory(html: &mut String, basis: &Basis<'_>, id: &str) {
    let facts = &basis.recording.facts;
    let begun = i128::from(facts.created_utc_ns);
    let begun = Timestamp::from_nanosecond(begun).ok().filter(|_| facts.created_utc_ns > 0);
    let begun = begun.map(|t| format!("{} by the PC's clock", t.strftime("%Y-%m-%d %H:%M:%S UTC")));
    *html += "<h2>Report items of ISO/IEC 17025:2017, 7.8.2.1</h2>\n<table class=\"kv\">\n";
    row(html, "Title", Some("Supply outage of the Communications Hub during a firmware upgrade"));
    row(
        html,
        "Identification of this report",
        Some(&format!("{id} (first digits of the recording's SHA-256); pages are numbered in print")),
    );
    row(
        html,
        "Method",
        Some(
            "time below a threshold at the ICHI connector, algorithm of IEC 61000-4-30; see decision rule and method",
        ),
    );
    row(html, "Recording begun", begun.as_deref());
    row(html, "Length of the recording", length(basis.analysis).as_deref());
    row(html, "Results with units", Some("see outages"));
    row(
        html,
        "Decision rule, statement of conformity",
        Some("see decision rule; it refers to the 180 s rule and to nothing else"),
    );
    *html += "</table>\n<table class=\"kv\">\n";
    for name in BLANKS {
        let _ = writeln!(
            html,
            "<tr class=\"fill\"><th>{}</th><td class=\"blank\">&nbsp;</td></tr>",
            escape(name)
        );
    }
    *html += "</table>\n";
}

/// What the tool cannot know.
const BLANKS: [&str; 9] = [
    "Laboratory: name and address",
    "Where the measurement was made",
    "Customer: name and contact (no consumer's identity)",
    "Identification and condition of the meter and the hub (serial numbers)",
    "Date of receipt of the items, where critical",
    "Date of the measurement by the laboratory's records",
    "Date of issue of this report",
    "Deviations from the method; opinions, marked as such",
    "Authorised by: name, function, signature",
];

fn length(analysis: &Analysis) -> Option<String> {
    let ((first, last), tick_hz) = (analysis.span?, analysis.tick_hz?);
    let ns = u64::try_from(nanoseconds(last - first, tick_hz)).ok()?;
    Some(format!("{} s", ms(ns)))
}
