//! The four tables as rows of cells.

use ichiscope_context::{Context, console_lines};
use ichiscope_replay::{PpsUtc, Recording};
use ichiscope_timeline::SideLossKind;
use ichiscope_verdict::{
    Analysis, Device, ENGINEERING_DEFAULT, Finding, FrontEnd, Omitted, Outage, OutageKind, Phase,
    PhaseSource, Settings, SlopeFrom, ToldEvent, ToldVersion,
};

use sha2::{Digest, Sha256};

use crate::basis::Basis;
use crate::cells::{hex, nanoseconds, optional, seconds, text};
use crate::statement;

/// The decision rule as it is printed.
pub(crate) const RULE: &str = "D = duration, L = 180 s, w = U (k = 2): D < L - w PASS; L - w <= D < L CONDITIONAL PASS; \
L <= D <= L + w CONDITIONAL FAIL; D > L + w FAIL; exactly L fails, where the interval of ILAC-G8:09/2019 is closed";

/// A table: a header and rows of as many cells.
pub(crate) struct Table {
    pub(crate) header: &'static [&'static str],
    pub(crate) rows: Vec<Vec<String>>,
}

const OUTAGES: &[&str] = &[
    "simulated",
    "line",
    "threshold_mv",
    "restore_mv",
    "kind",
    "count",
    "start_tick",
    "end_tick",
    "duration_ticks",
    "below_ticks",
    "tick_hz",
    "start_s",
    "end_s",
    "duration_s",
    "duration_ns",
    "bound",
    "open_start",
    "open_end",
    "gap",
    "limit_ns",
    "margin_ns",
    "expanded_uncertainty_ns",
    "ch_reboot_ns",
    "ch_reboot_source",
    "total_ns",
    "phases",
    "below",
    "least_mv",
    "slope_start_mv_per_s",
    "slope_end_mv_per_s",
    "verdict",
    "reasons",
];

pub(crate) fn outages(analysis: &Analysis, tick_hz: u64) -> Table {
    let mut rows: Vec<Vec<String>> = analysis.outages.iter().map(|o| outage(o, analysis, tick_hz)).collect();
    rows.extend(analysis.omitted.as_ref().map(|o| omitted(o, analysis, tick_hz)));
    Table { header: OUTAGES, rows }
}

/// The row of those that are counted and not listed.
fn omitted(o: &Omitted, analysis: &Analysis, tick_hz: u64) -> Vec<String> {
    let mut row = vec![String::new(); OUTAGES.len()];
    let mut put = |name: &str, value: String| {
        if let Some(cell) = OUTAGES.iter().position(|n| *n == name).and_then(|i| row.get_mut(i)) {
            *cell = value;
        }
    };
    put("simulated", analysis.simulated.to_string());
    put("kind", "omitted".to_owned());
    put("count", o.count.to_string());
    put("duration_ticks", o.longest_ticks.to_string());
    put("below_ticks", o.sum_ticks.to_string());
    put("tick_hz", tick_hz.to_string());
    put("duration_s", seconds(o.longest_ticks, tick_hz));
    put("duration_ns", nanoseconds(o.longest_ticks, tick_hz).to_string());
    put("verdict", o.verdict.name().to_owned());
    put("reasons", "none longer than those listed; the longest of them is given".to_owned());
    row
}

/// A slope in millivolts a second, whole.
fn slope(edge: Option<(f64, SlopeFrom)>) -> String {
    optional(edge.map(|(mv_per_ns, _)| format!("{:.0}", mv_per_ns * 1e9)))
}

/// How many interruptions, and their ticks below the threshold.
pub(crate) fn members(outage: &Outage) -> (&'static str, usize, u64) {
    match outage.kind {
        OutageKind::Single => ("single", 1, outage.duration_ticks),
        OutageKind::Merged { count, sum_ticks } => ("merged", count, sum_ticks),
    }
}

fn outage(o: &Outage, analysis: &Analysis, tick_hz: u64) -> Vec<String> {
    let (kind, count, below_ticks) = members(o);
    let reboot_source = match (o.ch_reboot_ns, o.ch_reboot_measured) {
        (None, _) => "unknown",
        (Some(_), true) => "measured",
        (Some(_), false) => "allowance",
    };
    let shares: Vec<String> = o.phases.iter().map(|s| format!("{}={}", s.kind.name(), s.ticks)).collect();
    let below: Vec<String> = o.below.iter().map(|b| format!("{}={}", b.line.name(), b.ticks)).collect();
    let reasons: Vec<String> = o.reasons.iter().map(ToString::to_string).collect();
    vec![
        analysis.simulated.to_string(),
        o.threshold.line.name().to_owned(),
        o.threshold.falling_mv.to_string(),
        o.threshold.rising_mv.to_string(),
        kind.to_owned(),
        count.to_string(),
        o.start_tick.to_string(),
        o.end_tick.to_string(),
        o.duration_ticks.to_string(),
        below_ticks.to_string(),
        tick_hz.to_string(),
        seconds(o.start_tick, tick_hz),
        seconds(o.end_tick, tick_hz),
        seconds(o.duration_ticks, tick_hz),
        o.duration_ns.to_string(),
        if o.is_open() { "at least" } else { "exact" }.to_owned(),
        o.open_start.to_string(),
        o.open_end.to_string(),
        o.gap.to_string(),
        analysis.settings.limit_ns.to_string(),
        o.margin_ns.to_string(),
        o.expanded_uncertainty_ns.to_string(),
        optional(o.ch_reboot_ns),
        reboot_source.to_owned(),
        optional(o.ch_reboot_ns.map(|ns| ns.saturating_add(o.duration_ns))),
        shares.join(";"),
        below.join(";"),
        optional(o.least_mv),
        slope(o.edges.falling),
        slope(o.edges.rising),
        o.verdict.name().to_owned(),
        text(&reasons.join(";")),
    ]
}

const PHASES: &[&str] = &[
    "phase",
    "source",
    "start_tick",
    "end_tick",
    "duration_ticks",
    "duration_ns",
    "start_s",
    "duration_s",
    "open_start",
    "open_end",
    "outage_ticks",
    "uncertainty_ticks",
];

pub(crate) fn phases(analysis: &Analysis, tick_hz: u64) -> Table {
    let highest = analysis.settings.thresholds.iter().map(|t| t.falling_mv).max();
    let off: Vec<&Outage> = analysis
        .outages
        .iter()
        .filter(|o| o.kind == OutageKind::Single && Some(o.threshold.falling_mv) == highest)
        .collect();
    let row = |p: &Phase| {
        // They are sorted and apart.
        let from = off.partition_point(|o| o.end_tick <= p.start_tick);
        let touching = off[from..].iter().take_while(|o| o.start_tick < p.end_tick);
        let outage_ticks: u64 = touching.map(|o| p.overlap_ticks(o.start_tick, o.end_tick)).sum();
        vec![
            p.kind.name().to_owned(),
            p.source.name().to_owned(),
            p.start_tick.to_string(),
            p.end_tick.to_string(),
            p.ticks().to_string(),
            nanoseconds(p.ticks(), tick_hz).to_string(),
            seconds(p.start_tick, tick_hz),
            seconds(p.ticks(), tick_hz),
            p.open_start.to_string(),
            p.open_end.to_string(),
            outage_ticks.to_string(),
            optional(p.uncertainty_ticks),
        ]
    };
    Table { header: PHASES, rows: analysis.phases.iter().map(row).collect() }
}

const GAPS: &[&str] = &["cause", "start_tick", "end_tick", "duration_ns", "lost"];

pub(crate) fn gaps(analysis: &Analysis, tick_hz: u64) -> Table {
    let rows = analysis.gaps.iter().map(|g| {
        vec![
            g.cause.name().to_owned(),
            g.start_tick.to_string(),
            g.end_tick.to_string(),
            nanoseconds(g.end_tick - g.start_tick, tick_hz).to_string(),
            optional((g.lost > 0).then_some(g.lost)),
        ]
    });
    Table { header: GAPS, rows: rows.collect() }
}

const EVENTS: &[&str] =
    &["kind", "tick", "time_s", "uncertainty_ticks", "source", "code", "meaning", "seconds", "text"];

/// Events that other systems told, and the versions that the console told.
pub(crate) fn events(analysis: &Analysis, tick_hz: u64) -> Table {
    let event = |e: &ToldEvent| {
        let row = vec![
            "event".to_owned(),
            e.tick.to_string(),
            seconds(e.tick, tick_hz),
            e.uncertainty_ticks.to_string(),
            e.source.name().to_owned(),
            e.code.to_string(),
            e.code.meaning().to_owned(),
            optional(e.seconds),
            String::new(),
        ];
        (e.tick, row)
    };
    let version = |v: &ToldVersion| {
        let mut row = vec![String::new(); EVENTS.len()];
        row[0] = "version".to_owned();
        row[1] = v.tick.to_string();
        row[2] = seconds(v.tick, tick_hz);
        row[3] = "1".to_owned();
        row[4] = PhaseSource::Console.name().to_owned();
        row[8] = text(&v.text);
        (v.tick, row)
    };
    let mut rows: Vec<(u64, Vec<String>)> = analysis.events.iter().map(event).collect();
    rows.extend(analysis.versions.iter().map(version));
    rows.sort_by_key(|row| row.0);
    Table { header: EVENTS, rows: rows.into_iter().map(|row| row.1).collect() }
}

const CONSOLE: &[&str] = &["tick", "time_s", "text"];

/// The lines of the meter's console. Bytes that are no text are shown as U+FFFD.
pub(crate) fn console(recording: &Recording, tick_hz: u64) -> Table {
    let shown = |bytes: &[u8]| -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.chars().map(|c| if c.is_control() && c != '\t' { '\u{FFFD}' } else { c }).collect()
    };
    let lines = console_lines(&recording.timeline).into_iter();
    let rows = lines.map(|l| vec![l.tick.to_string(), seconds(l.tick, tick_hz), text(&shown(&l.bytes))]);
    Table { header: CONSOLE, rows: rows.collect() }
}

const SIDE_LOSSES: &[&str] = &["what", "start_tick", "end_tick", "count"];

/// What was lost beside the lines, which are known there.
pub(crate) fn side_losses(recording: &Recording) -> Table {
    let losses = recording.timeline.side_losses().iter();
    let rows = losses.map(|l| {
        vec![l.kind.name().to_owned(), l.start_tick.to_string(), l.end_tick.to_string(), l.count.to_string()]
    });
    Table { header: SIDE_LOSSES, rows: rows.collect() }
}

const FINDINGS: &[&str] = &["agreement", "tick", "time_s", "text"];

pub(crate) fn findings(analysis: &Analysis, tick_hz: u64) -> Table {
    let row = |f: &Finding| {
        vec![
            f.agreement.name().to_owned(),
            optional(f.tick),
            optional(f.tick.map(|tick| seconds(tick, tick_hz))),
            text(&f.text),
        ]
    };
    Table { header: FINDINGS, rows: analysis.findings.iter().map(row).collect() }
}

const RUN: &[&str] = &["name", "value", "unit", "source"];

/// The rows of run.csv as they grow.
struct Facts(Vec<Vec<String>>);

impl Facts {
    fn add(&mut self, name: &str, value: impl ToString, unit: &str, source: &str) {
        self.0.push(vec![text(name), text(&value.to_string()), unit.to_owned(), text(source)]);
    }

    fn number(&mut self, name: &str, value: impl ToString, unit: &str, source: &str) {
        self.0.push(vec![text(name), value.to_string(), unit.to_owned(), text(source)]);
    }
}

pub(crate) fn run(basis: &Basis<'_>) -> Table {
    let Basis { recording, analysis, captures, context } = *basis;
    let mut facts = Facts(Vec::new());
    facts.add("evidence_version", 2, "", "program");
    facts.add("program", concat!("ichiscope ", env!("CARGO_PKG_VERSION")), "", "program");
    for (number, file) in (1..).zip(captures) {
        let name = if number == 1 { "capture".to_owned() } else { format!("capture_{number}") };
        facts.add(&name, &file.name, "", "capture");
        facts.add(&format!("{name}_sha256"), &file.sha256, "", "capture");
    }
    facts.add("capture_finished", recording.finished, "", "capture");
    let data = match (analysis.simulated, analysis.imported) {
        (true, _) => "SIMULATED",
        (false, true) => "imported",
        (false, false) => "measured",
    };
    facts.add("data", data, "", "capture");
    conclusion(&mut facts, analysis);
    instrument(&mut facts, recording);
    settings(&mut facts, recording, analysis);
    beside(&mut facts, context);
    counters(&mut facts, recording);
    bench(&mut facts, recording);
    Table { header: RUN, rows: facts.0 }
}

fn conclusion(facts: &mut Facts, analysis: &Analysis) {
    let reasons: Vec<String> = analysis.reasons.iter().map(ToString::to_string).collect();
    facts.add("verdict", analysis.verdict, "", "program");
    facts.add("statement", statement(analysis.verdict), "", "program");
    facts.add("reasons", reasons.join(";"), "", "program");
    facts.add("decision_rule", RULE, "", ENGINEERING_DEFAULT);
    facts.add("coverage_factor", 2, "", ENGINEERING_DEFAULT);
    if let Some(i) = analysis.deciding {
        facts.number("deciding_outage_row", i + 1, "", "program");
    }
    if let Some(c) = analysis.combined {
        facts.number("combined_outage", c.outage_ns, "ns", "measured");
        facts.number("combined_ch_reboot", optional(c.ch_reboot_ns), "ns", reboot_source(&c));
        facts.number("combined_total", c.total_ns, "ns", reboot_source(&c));
    }
}

fn reboot_source(combined: &ichiscope_verdict::CombinedTime) -> &'static str {
    match (combined.ch_reboot_ns, combined.ch_reboot_measured) {
        (None, _) => "the hub's reboot is unknown",
        (Some(_), true) => "measured",
        (Some(_), false) => "operator",
    }
}

fn instrument(facts: &mut Facts, recording: &Recording) {
    let device = &recording.facts.device;
    facts.add("recorded_with", &recording.facts.program, "", "capture");
    facts.number("created_utc_ns", recording.facts.created_utc_ns, "ns since 1970", "PC clock");
    facts.add("device_serial", &device.serial, "", "capture");
    facts.add("device", &device.description, "", "capture");
    for (name, value) in &recording.facts.extra {
        if name.starts_with("import_") {
            facts.add(name, value, "", "import");
        } else if name.starts_with("selftest_") {
            facts.add(name, value, "", "self-test before the recording");
        }
    }
    if let Some(pulses) = PpsUtc::told(&recording.facts) {
        facts.number("pps_marks_utc_within", pulses.uncertainty_ns, "ns", "operator");
    }
    let Some(identity) = recording.timeline.identity() else { return };
    let board = identity.board().map_or("unknown", |b| b.name());
    facts.add("board", board, "", "measured");
    facts.add("protocol", identity.protocol, "", "measured");
    facts.add("bitstream_id", format!("{:08x}", identity.bitstream_id), "", "measured");
    facts.number("tick_rate", identity.tick_hz, "Hz", "measured");
    if let Some((_, set)) = recording.timeline.configurations().first() {
        facts.number("deglitch_gateware", set.deglitch_ticks, "ticks", "measured");
    }
    if let Some((first, last)) = recording.timeline.span() {
        facts.number("first_tick", first, "ticks", "measured");
        facts.number("last_tick", last, "ticks", "measured");
    }
}

fn settings(facts: &mut Facts, recording: &Recording, analysis: &Analysis) {
    let s = &analysis.settings;
    facts.number("limit", s.limit_ns, "ns", "three-minute rule, exactly 180 s fails");
    for t in &s.thresholds {
        let told = recording.facts.thresholds.iter().find(|f| f.line == t.line.name());
        let by_front_end = s.front_end.as_ref().filter(|f| f.comparator(t.line).is_some());
        let source = by_front_end.map(|f| f.source.as_str());
        let source = source.or(told.map(|f| f.source.as_str())).unwrap_or(ENGINEERING_DEFAULT);
        facts.number(&format!("{}_falling", t.line.name()), t.falling_mv, "mV", source);
        facts.number(&format!("{}_rising", t.line.name()), t.rising_mv, "mV", source);
    }
    facts.number("deglitch", s.deglitch_ns, "ns", ENGINEERING_DEFAULT);
    facts.number("restore", s.restore_ns, "ns", ENGINEERING_DEFAULT);
    match &s.clock {
        None => facts.number("clock_uncertainty", s.clock_ppb, "ppb", &recording.facts.clock.source),
        Some(clock) => {
            facts.number("clock_deviation", clock.deviation_ppb, "ppb", &clock.told);
            facts.number("clock_deviation_uncertainty", clock.u_ppb, "ppb, k = 2", &clock.told);
            facts.number("clock_drift_since", clock.drift_ppb, "ppb", ENGINEERING_DEFAULT);
        }
    }
    let by_front_end = |line| s.front_end.as_ref().is_some_and(|f| f.comparator(line).is_some());
    // A front end that knows all of the comparators leaves no use for these.
    if s.thresholds.iter().any(|t| !by_front_end(t.line)) {
        facts.number("threshold_uncertainty", s.threshold_mv, "mV", ENGINEERING_DEFAULT);
        facts.number("comparator_delay_difference", s.comparator_delay_ns, "ns", ENGINEERING_DEFAULT);
    }
    if let Some(front_end) = &s.front_end {
        front_end_facts(facts, front_end);
    }
    if s.edge_resolution_ns > 0 {
        facts.number("edge_resolution", s.edge_resolution_ns, "ns", "distance of the file's samples");
    }
    facts.number("ch_reboot_allowance", optional(s.ch_reboot_allowance_ns), "ns", "operator");
    for (line, phase) in &s.marks {
        facts.add(&format!("{}_means", line.name()), phase.name(), "", "operator");
    }
}

fn front_end_facts(facts: &mut Facts, front_end: &FrontEnd) {
    let source = front_end.source.as_str();
    facts.add("front_end", &front_end.name, "", source);
    facts.add("front_end_date", &front_end.date, "", source);
    for c in &front_end.comparators {
        let line = c.line.name();
        facts.number(&format!("{line}_threshold_uncertainty"), c.threshold_u_mv, "mV, k = 2", source);
        facts.number(&format!("{line}_delay_falling"), c.delay_falling_ns, "ns", source);
        facts.number(&format!("{line}_delay_rising"), c.delay_rising_ns, "ns", source);
        facts.number(&format!("{line}_delay_uncertainty"), c.delay_u_ns, "ns, k = 2", source);
    }
    if let Some(adc) = &front_end.adc {
        facts.number("adc_gain", adc.gain_nv_per_code, "nV a code", source);
        facts.number("adc_gain_uncertainty", adc.gain_u_ppm, "ppm, k = 2", source);
        facts.number("adc_offset", adc.offset_uv, "uV", source);
        facts.number("adc_offset_uncertainty", adc.offset_u_uv, "uV, k = 2", source);
    }
}

/// What lay beside the capture.
fn beside(facts: &mut Facts, context: &Context) {
    if let Some((meter, source)) = context.profile() {
        facts.add("profile_meter", meter, "", "meter profile");
        facts.add("profile_source", source, "", "meter profile");
    }
    for file in context.files() {
        let name = format!("{}_sha256", file.name.replace(['.', '-'], "_"));
        facts.add(&name, hex(&Sha256::digest(&file.bytes)), "", file.what);
    }
}

fn lost_beside(recording: &Recording, kind: SideLossKind) -> u64 {
    recording.timeline.side_losses().iter().filter(|l| l.kind == kind).map(|l| l.count).sum()
}

fn counters(facts: &mut Facts, recording: &Recording) {
    let stats = recording.timeline.stats();
    let counted = [
        ("bytes", stats.bytes),
        ("frames", stats.frames),
        ("gaps", recording.timeline.gaps().len() as u64),
        ("damaged_bytes", stats.damaged_bytes),
        ("lost_frames", stats.lost_frames),
        ("lost_edges_in_gateware", stats.lost_edges),
        ("glitches_suppressed", stats.glitches),
        ("chip_overruns", stats.chip_overruns),
        ("restarts", stats.restarts),
        ("unknown_records", stats.unknown_records),
        ("file_damage", recording.damage.len() as u64),
        ("console_bytes", recording.timeline.console().len() as u64),
        ("console_bytes_lost", lost_beside(recording, SideLossKind::Console)),
        ("envelopes_lost", lost_beside(recording, SideLossKind::Envelope)),
        ("windows_lost", lost_beside(recording, SideLossKind::Window)),
    ];
    for (name, value) in counted {
        facts.number(name, value, "", "measured");
    }
}

fn bench(facts: &mut Facts, recording: &Recording) {
    let bench = &recording.facts.bench;
    facts.number("nominal", bench.nominal_mv, "mV", ENGINEERING_DEFAULT);
    let told = [
        ("meter", &bench.meter),
        ("hub", &bench.hub),
        ("firmware_from", &bench.firmware_from),
        ("firmware_to", &bench.firmware_to),
        ("operator_notes", &bench.operator_notes),
    ];
    let subject = subject(&recording.settings);
    let of_subject = [
        ("device_type", Some(subject.device)),
        ("esme_variant", subject.variant),
        ("ch_band", subject.band),
        ("csp_region", subject.region),
    ];
    for (name, value) in of_subject {
        facts.add(name, value.as_deref().unwrap_or_default(), "", "operator");
    }
    for (name, value) in told {
        facts.add(name, value.as_deref().unwrap_or_default(), "", "operator");
    }
}

/// What was upgraded, in words.
pub(crate) struct Subject {
    pub(crate) device: String,
    pub(crate) variant: Option<String>,
    pub(crate) band: Option<String>,
    pub(crate) region: Option<String>,
}

/// The subject by the settings.
pub(crate) fn subject(settings: &Settings) -> Subject {
    let device = match settings.device {
        Device::Esme => "ESME (electricity meter)",
        Device::Gsme => "GSME (gas meter)",
    };
    Subject {
        device: device.to_owned(),
        variant: settings.variant.map(|v| v.to_string()),
        band: settings.ch_band.map(|b| format!("{} band", b.name())),
        region: settings.csp_region.map(|r| r.name().to_owned()),
    }
}
