//! The panel at the right: verdict, figures, combined time, tables of outages and phases, facts and health.

use egui::{Align2, Color32, FontId, Id, Panel, Rect, RichText, ScrollArea, Sense, Stroke, Ui, pos2, vec2};
use ichiscope_evidence::statement;
use ichiscope_session::State;
use ichiscope_verdict::{Agreement, CombinedTime, Finding, Outage, OutageKind, Reason, ToldEvent, Verdict};

use super::table::{self, ROW, Text};
use super::{Stage, countdown, words};
use crate::message::Message;
use crate::running::Urgency;
use crate::theme::{BODY, FIGURE, SMALL, VERDICT};
use crate::time;
use crate::view::signed;

/// Borders of the columns of the table of outages, as fractions of its width.
const BELOW: f32 = 0.33;
const DURATION: f32 = 0.62;
const VERDICT_FROM: f32 = 0.65;
/// Borders of the columns of the table of phases.
const PHASE_NAME: f32 = 0.21;
const PHASE_DURATION: f32 = 0.83;
/// Where a finding's words begin: after a short word, or a long one.
const FINDING: f32 = 0.15;
const CONTRADICTION: f32 = 0.29;
/// Height of everything in the panel but the rows of its tables, points.
const FIXED: f32 = 536.0;
/// Height of what is said of the playhead, points.
const PLAYHEAD: f32 = 48.0;
/// So many findings are seen without scrolling.
const MOST_FINDINGS: usize = 3;
/// Height of a reason in the verdict's card, points.
const REASON: f32 = 18.0;
/// So many letters of it stand in a line.
const REASON_LETTERS: usize = 56;

/// Shows the panel.
pub(crate) fn show(ui: &mut Ui, stage: &Stage<'_>, out: &mut Vec<Message>) {
    let width = (ui.ctx().content_rect().width() * 0.3).clamp(396.0, 520.0);
    Panel::right("panel").exact_size(width).resizable(false).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            // The scroll bar floats: keep its place free.
            ui.set_max_width(ui.available_width() - 10.0);
            ui.add_space(4.0);
            let (outage_rows, phase_rows) = rows(stage, ui.ctx().content_rect().height());
            verdict(ui, stage, out);
            if !matches!(stage.seen.state, State::Loading { .. }) {
                figures(ui, stage);
                at_playhead(ui, stage);
                combined(ui, stage);
                outages(ui, stage, outage_rows, out);
                phases(ui, stage, phase_rows, out);
                findings(ui, stage, out);
            }
            facts(ui, stage);
            ui.add_space(8.0);
        });
    });
}

/// How many rows of outages and of phases are seen without scrolling in a window of that height.
fn rows(stage: &Stage<'_>, height: f32) -> (usize, usize) {
    let analysis = stage.seen.analysis;
    let lines = |reason: &String| (reason.len() / REASON_LETTERS + 1) as f32;
    let reasons: f32 = reasons(&analysis.reasons).iter().map(|reason| REASON * lines(reason)).sum();
    let playhead = if stage.model.playback.head().is_some() && !stage.model.live { PLAYHEAD } else { 0.0 };
    let findings = match analysis.findings.len() + stage.digest.events.unchecked.len() {
        0 => 0.0,
        count => 30.0 + ROW * count.min(MOST_FINDINGS) as f32,
    };
    let total = ((height - FIXED - reasons - playhead - findings) / ROW).max(6.0) as usize;
    let outages = analysis.outages.len().min((total * 3).div_ceil(5));
    (outages, analysis.phases.len().min(total - outages))
}

fn heading(ui: &mut Ui, stage: &Stage<'_>, text: &str) {
    ui.add_space(6.0);
    ui.label(RichText::new(text).size(SMALL).strong().color(stage.palette.weak));
}

/// A sign beside the words, so that a verdict is known by its shape too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Tick,
    Cross,
    Dash,
    Letter(char),
}

const fn sign(verdict: Verdict) -> Sign {
    match verdict {
        Verdict::Pass => Sign::Tick,
        Verdict::Fail | Verdict::ConditionalFail => Sign::Cross,
        Verdict::NotApplicable | Verdict::MainsLoss | Verdict::ChRemoved => Sign::Dash,
        Verdict::ConditionalPass | Verdict::AtRisk => Sign::Letter('!'),
        Verdict::Inconclusive => Sign::Letter('?'),
    }
}

/// Draws a sign: the fonts need not have it.
fn draw_sign(ui: &mut Ui, sign: Sign, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(34.0, VERDICT), Sense::hover());
    let at = |x: f32, y: f32| pos2(rect.left() + 28.0 * x, rect.center().y - 14.0 + 28.0 * y);
    let stroke = Stroke::new(5.0, colour);
    let painter = ui.painter();
    match sign {
        Sign::Tick => {
            painter.line(vec![at(0.0, 0.55), at(0.35, 0.95), at(1.0, 0.05)], stroke);
        }
        Sign::Cross => {
            painter.line_segment([at(0.05, 0.05), at(0.95, 0.95)], stroke);
            painter.line_segment([at(0.05, 0.95), at(0.95, 0.05)], stroke);
        }
        Sign::Dash => {
            painter.line_segment([at(0.0, 0.5), at(1.0, 0.5)], stroke);
        }
        Sign::Letter(letter) => {
            painter.text(at(0.5, 0.5), Align2::CENTER_CENTER, letter, FontId::proportional(VERDICT), colour);
        }
    }
}

/// While a capture is being read nothing is concluded from the part that was read.
fn still_reading(ui: &mut Ui, stage: &Stage<'_>, fraction: f32, out: &mut Vec<Message>) {
    let frame = egui::Frame::new().fill(stage.palette.card).corner_radius(5);
    frame.inner_margin(egui::Margin::symmetric(12, 6)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let text = format!("READING  {:.0} %", fraction * 100.0);
        ui.label(RichText::new(text).size(VERDICT * 0.72).strong());
        ui.label("the verdict comes when all of it was read");
        if stage.seen.first_look.is_some_and(|look| look.is_sampled) {
            ui.label("the picture is made from pieces so far: what happened between them is not in it yet");
        }
        ui.add(egui::ProgressBar::new(fraction));
        if ui.button("Cancel reading").clicked() {
            out.push(Message::CloseCapture);
        }
    });
}

fn verdict(ui: &mut Ui, stage: &Stage<'_>, out: &mut Vec<Message>) {
    if let State::Loading { fraction } = stage.seen.state {
        return still_reading(ui, stage, *fraction, out);
    }
    let analysis = stage.seen.analysis;
    // A recording that goes on may still fail: nothing good is said of it yet; nor anything bad where something just has not come yet.
    let lacks_only_time = analysis.verdict == Verdict::Inconclusive
        && analysis.reasons.iter().all(|reason| reason.is_not_yet());
    let is_early = stage.model.live && (analysis.verdict < Verdict::MainsLoss || lacks_only_time);
    let colour = if is_early { stage.palette.neutral } else { stage.palette.verdict(analysis.verdict) };
    let frame = egui::Frame::new().fill(colour).corner_radius(5).inner_margin(egui::Margin::symmetric(12, 6));
    let ink = stage.palette.ground;
    let (name, what) = match is_early {
        true => ("NO FAIL", "the verdict comes when the recording has ended"),
        false => (analysis.verdict.name(), statement(analysis.verdict)),
    };
    // Beside a long word "so far" would widen the panel.
    let has_room = name.len() < 10;
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            draw_sign(ui, if is_early { Sign::Dash } else { sign(analysis.verdict) }, ink);
            let size = if name.len() > 12 { VERDICT * 0.72 } else { VERDICT };
            ui.label(RichText::new(name).size(size).strong().color(ink));
            if stage.model.live && has_room {
                ui.label(RichText::new("so far").size(FIGURE).color(ink));
            }
        });
        let what = if stage.model.live && !has_room { format!("so far: {what}") } else { what.to_owned() };
        ui.label(RichText::new(what).size(BODY).color(ink));
        for reason in reasons(&analysis.reasons) {
            ui.label(RichText::new(format!("\u{2022} {reason}")).size(SMALL).color(ink));
        }
    });
    // What speaks without telling who it is may be another gateware, or none of ours.
    let has_spoken = stage.seen.timeline.stats().bytes > 0;
    let is_stranger = stage.seen.timeline.identity().is_none_or(|identity| identity.board().is_none());
    if stage.model.live && has_spoken && is_stranger && ui.button("Write the gateware...").clicked() {
        out.push(Message::AskFlash);
    }
}

/// Each reason once.
fn reasons(all: &[Reason]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for reason in all.iter().map(ToString::to_string) {
        if !texts.contains(&reason) {
            texts.push(reason);
        }
    }
    texts
}

fn figures(ui: &mut Ui, stage: &Stage<'_>) {
    let Some((index, outage)) = stage.outage() else { return };
    let settings = &stage.seen.analysis.settings;
    let which = match () {
        () if stage.model.selected == Some(index) => "CHOSEN OUTAGE",
        () if stage.seen.analysis.deciding == Some(index) => "OUTAGE THAT DECIDES",
        () => "LONGEST OUTAGE",
    };
    heading(ui, stage, &format!("{which}, below {}", words::volts(outage.threshold.falling_mv)));
    figure(ui, stage, "Duration", &words::duration(outage, stage.tick_hz(), 6), stage.palette.text);
    let margin = time::signed_seconds(outage.margin_ns, 6);
    let margin = if outage.is_open() { format!("\u{2264} {margin}") } else { margin };
    let label = format!("Margin to {}", words::limit(settings));
    figure(ui, stage, &label, &margin, stage.palette.verdict(outage.verdict));
    let uncertainty = format!("\u{00B1} {}", time::brief_ns(i128::from(outage.expanded_uncertainty_ns)));
    figure(ui, stage, "U (k = 2), the guard band", &uncertainty, stage.palette.text);
    if outage.verdict != stage.seen.analysis.verdict {
        figure(ui, stage, "Verdict on it", outage.verdict.name(), stage.palette.verdict(outage.verdict));
    }
}

/// What the screen would have said at the playhead.
fn at_playhead(ui: &mut Ui, stage: &Stage<'_>) {
    let Some(head) = stage.model.playback.head().filter(|_| !stage.model.live) else { return };
    heading(ui, stage, &format!("AT THE PLAYHEAD, {}", stage.clock(head, 3)));
    let running = stage.running();
    let (text, colour) = match &running {
        Some(r) if r.urgency == Urgency::Reached => (countdown::sentence(stage, r), stage.palette.bad),
        Some(r) => (countdown::sentence(stage, r), stage.palette.text),
        None => (words::no_outage(stage.seen.analysis).to_owned(), stage.palette.weak),
    };
    ui.label(RichText::new(text).color(colour));
}

fn figure(ui: &mut Ui, stage: &Stage<'_>, label: &str, value: &str, colour: Color32) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.label(RichText::new(label).color(stage.palette.weak));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(value).size(FIGURE).color(colour));
        });
    });
}

fn combined(ui: &mut Ui, stage: &Stage<'_>) {
    let Some(combined) = stage.seen.analysis.combined else { return };
    heading(ui, stage, "METER AND HUB TOGETHER");
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover());
    let analysis = stage.seen.analysis;
    let is_open = analysis.deciding.is_some_and(|i| analysis.outages[i].is_open());
    let text = combined_words(&combined, is_open, &words::limit(&analysis.settings));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Meter, true, &text));
    combined_bar(ui, stage, rect, &combined);
    let over = combined.total_ns >= combined.limit_ns;
    let colour = if over { stage.palette.bad } else { stage.palette.text };
    // A number is not torn from its unit at the end of a line.
    ui.label(RichText::new(text.replace(" s", "\u{A0}s")).size(SMALL).color(colour));
}

/// A hub's reboot that is not known is never counted as nothing, and an outage without an end is a lower bound.
fn combined_words(combined: &CombinedTime, is_open: bool, limit: &str) -> String {
    let at_least = if is_open { "\u{2265} " } else { "" };
    let seconds = |ns| seconds(ns, combined.limit_ns);
    let meter = format!("{at_least}{}", seconds(combined.outage_ns));
    let Some(hub) = combined.ch_reboot_ns else {
        return format!("meter {meter} of {limit}; hub's reboot not known");
    };
    let how = if combined.ch_reboot_measured { "measured" } else { "allowance" };
    let total = format!("{at_least}{}", seconds(combined.total_ns));
    format!("meter {meter} + hub {} ({how}) = {total} of {limit}", seconds(hub))
}

/// Never rounded to the limit or past it.
fn seconds(ns: u64, limit_ns: u64) -> String {
    time::seconds_by_limit(signed(ns), Some(1_000_000_000), 3, limit_ns)
}

fn combined_bar(ui: &Ui, stage: &Stage<'_>, rect: Rect, combined: &CombinedTime) {
    let palette = &stage.palette;
    let full = combined.total_ns.max(combined.limit_ns) as f32 * 1.08;
    let x = |ns: u64| rect.left() + rect.width() * ns as f32 / full;
    let painter = ui.painter();
    painter.rect_filled(rect, 3, palette.card);
    let part = |from: u64, to: u64, colour: Color32, name: &str| {
        let area = Rect::from_min_max(pos2(x(from), rect.top() + 3.0), pos2(x(to), rect.bottom() - 3.0));
        painter.rect_filled(area, 2, colour);
        let galley = painter.layout_no_wrap(name.to_owned(), FontId::proportional(SMALL), palette.ground);
        if galley.size().x + 6.0 < area.width() {
            painter.galley(area.center() - galley.size() / 2.0, galley, palette.ground);
        }
    };
    part(0, combined.outage_ns, palette.meter, "meter");
    if let Some(hub) = combined.ch_reboot_ns {
        part(combined.outage_ns, combined.outage_ns + hub, palette.hub, "hub");
    }
    let limit = x(combined.limit_ns);
    painter.vline(limit, rect.y_range(), Stroke::new(3.0, palette.text));
}

fn outages(ui: &mut Ui, stage: &Stage<'_>, seen: usize, out: &mut Vec<Message>) {
    let all = &stage.seen.analysis.outages;
    let palette = &stage.palette;
    let listed = time::grouped(all.len() as u64);
    let count = match &stage.seen.analysis.omitted {
        Some(omitted) => format!("{listed} listed, {} more", time::grouped(omitted.count)),
        None => listed,
    };
    heading(ui, stage, &format!("OUTAGES ({count}), at every threshold"));
    if all.is_empty() {
        let none = words::no_outage(stage.seen.analysis);
        ui.label(RichText::new(format!("{none} in this recording")).color(palette.weak));
        return;
    }
    let weak = |at, is_number, text| Text { at, is_number, text, colour: palette.weak };
    table::head(
        ui,
        &[
            weak(0.0, false, "start"),
            weak(BELOW, true, "below"),
            weak(DURATION, true, "duration"),
            weak(VERDICT_FROM, false, "verdict"),
        ],
    );
    let height = ROW * seen as f32;
    let mut area = ScrollArea::vertical().id_salt("outages").max_height(height).min_scrolled_height(height);
    ui.spacing_mut().item_spacing.y = 0.0;
    // Another one was chosen or decides now, or there is another number of rows: it comes into view.
    let chosen = stage.outage().map(|(index, _)| (index, seen));
    let shown = Id::unique("outage row");
    if ui.data(|d| d.get_temp::<Option<(usize, usize)>>(shown)).flatten() != chosen {
        ui.data_mut(|d| d.insert_temp(shown, chosen));
        if let Some((row, _)) = chosen {
            area = area.vertical_scroll_offset((row as f32 * ROW - height / 2.0).max(0.0));
        }
    }
    area.show_rows(ui, ROW, all.len(), |ui, rows| {
        for (index, outage) in rows.clone().zip(&all[rows]) {
            if outage_row(ui, stage, index, outage) {
                let (start, end) = (outage.start_tick, outage.end_tick);
                out.push(Message::Select { outage: index, start, end });
            }
        }
    });
    ui.spacing_mut().item_spacing.y = 5.0;
}

fn outage_row(ui: &mut Ui, stage: &Stage<'_>, index: usize, outage: &Outage) -> bool {
    let palette = &stage.palette;
    let start = stage.clock(outage.start_tick, 1);
    let below = words::volts(outage.threshold.falling_mv);
    let duration = words::duration(outage, stage.tick_hz(), 3);
    let verdict = match outage.kind {
        OutageKind::Single => outage.verdict.name().to_owned(),
        OutageKind::Merged { count, .. } => format!("{} ({count} as one)", outage.verdict),
    };
    let texts = [
        Text { at: 0.0, is_number: false, text: &start, colour: palette.text },
        Text { at: BELOW, is_number: true, text: &below, colour: palette.weak },
        Text { at: DURATION, is_number: true, text: &duration, colour: palette.text },
        Text { at: VERDICT_FROM, is_number: false, text: &verdict, colour: palette.verdict(outage.verdict) },
    ];
    let spoken = format!("Outage {} at {start}, below {below}, {duration}, {verdict}", index + 1);
    let chosen = stage.outage().is_some_and(|(i, _)| i == index);
    table::row(ui, palette, &texts, &spoken, chosen).clicked()
}

fn phases(ui: &mut Ui, stage: &Stage<'_>, seen: usize, out: &mut Vec<Message>) {
    let all = &stage.seen.analysis.phases;
    let palette = &stage.palette;
    heading(ui, stage, &format!("PHASES ({})", all.len()));
    if all.is_empty() {
        ui.label(RichText::new("none was marked").color(palette.weak));
        return;
    }
    let height = ROW * seen as f32;
    let area = ScrollArea::vertical().id_salt("phases").max_height(height).min_scrolled_height(height);
    ui.spacing_mut().item_spacing.y = 0.0;
    let limit_ns = stage.seen.analysis.settings.limit_ns;
    area.show_rows(ui, ROW, all.len(), |ui, rows| {
        for phase in &all[rows] {
            let start = stage.clock(phase.start_tick, 1);
            let duration = time::seconds_by_limit(signed(phase.ticks()), stage.tick_hz(), 3, limit_ns);
            let open = if phase.open_start || phase.open_end { "\u{2265} " } else { "" };
            let duration = format!("{open}{duration}");
            let source = words::source(phase.source);
            let name = phase.kind.name();
            let texts = [
                Text { at: 0.0, is_number: false, text: &start, colour: palette.weak },
                Text { at: PHASE_NAME, is_number: false, text: name, colour: palette.text },
                Text { at: PHASE_DURATION, is_number: true, text: &duration, colour: palette.text },
                Text { at: 1.0, is_number: true, text: &source, colour: palette.weak },
            ];
            if table::row(ui, palette, &texts, &words::phase(stage, phase), false).clicked() {
                out.push(Message::Show { start: phase.start_tick, end: phase.end_tick });
            }
        }
    });
    ui.spacing_mut().item_spacing.y = 5.0;
}

/// What other sources say: held against the measurement, contradictions first, then the events of which nothing is found. A click
/// shows the place.
fn findings(ui: &mut Ui, stage: &Stage<'_>, out: &mut Vec<Message>) {
    let analysis = stage.seen.analysis;
    let mut all: Vec<&Finding> = analysis.findings.iter().collect();
    let unchecked = &stage.digest.events.unchecked;
    let count = all.len() + unchecked.len();
    if count == 0 {
        return;
    }
    all.sort_by_key(|finding| finding.agreement != Agreement::Contradicts);
    heading(ui, stage, &told_heading(all.len(), unchecked.len()));
    let height = ROW * count.min(MOST_FINDINGS) as f32;
    let area = ScrollArea::vertical().id_salt("findings").max_height(height).min_scrolled_height(height);
    ui.spacing_mut().item_spacing.y = 0.0;
    area.show_rows(ui, ROW, count, |ui, rows| {
        for row in rows {
            match all.get(row) {
                Some(finding) => finding_row(ui, stage, finding, out),
                None => event_row(ui, stage, &analysis.events[unchecked[row - all.len()]], out),
            }
        }
    });
    ui.spacing_mut().item_spacing.y = 5.0;
}

fn told_heading(findings: usize, events: usize) -> String {
    match (findings, events) {
        (_, 0) => format!("FINDINGS ({findings}), what others say"),
        (0, _) => format!("EVENTS ({events}), what others say"),
        _ => format!("FINDINGS ({findings}) AND EVENTS ({events}), what others say"),
    }
}

fn finding_row(ui: &mut Ui, stage: &Stage<'_>, finding: &Finding, out: &mut Vec<Message>) {
    let palette = &stage.palette;
    let (colour, at) = match finding.agreement {
        Agreement::Agrees => (palette.good, FINDING),
        Agreement::Contradicts => (palette.bad, CONTRADICTION),
        Agreement::Open => (palette.weak, FINDING),
    };
    let texts = [
        Text { at: 0.0, is_number: false, text: finding.agreement.name(), colour },
        Text { at, is_number: false, text: &finding.text, colour: palette.text },
    ];
    let response = table::row(ui, palette, &texts, &finding.to_string(), false);
    let Some(tick) = finding.tick.filter(|_| response.on_hover_text(&finding.text).clicked()) else { return };
    let events = &stage.seen.analysis.events;
    let of_event = events.iter().find(|e| e.tick == tick && Some(e.code) == finding.code);
    look_at(stage, tick, of_event.map_or(0, |e| e.uncertainty_ticks), out);
}

fn event_row(ui: &mut Ui, stage: &Stage<'_>, event: &ToldEvent, out: &mut Vec<Message>) {
    let palette = &stage.palette;
    let text = words::event(stage, event);
    let texts = [
        Text { at: 0.0, is_number: false, text: "told", colour: palette.weak },
        Text { at: FINDING, is_number: false, text: &text, colour: palette.text },
    ];
    let response = table::row(ui, palette, &texts, &format!("told: {text}"), false);
    if response.on_hover_text(&text).clicked() {
        look_at(stage, event.tick, event.uncertainty_ticks, out);
    }
}

/// What lies outside of the recording cannot be shown.
fn look_at(stage: &Stage<'_>, tick: u64, uncertainty_ticks: u64, out: &mut Vec<Message>) {
    let is_in = |(first, last): (u64, u64)| {
        tick.saturating_add(uncertainty_ticks) >= first && tick.saturating_sub(uncertainty_ticks) <= last
    };
    if stage.model.span.is_some_and(is_in) {
        out.push(Message::LookAt { tick, uncertainty_ticks });
    }
}

fn facts(ui: &mut Ui, stage: &Stage<'_>) {
    heading(ui, stage, "LINK HEALTH");
    health(ui, stage);
    ui.add_space(4.0);
    egui::CollapsingHeader::new("Instrument and decision rule").show(ui, |ui| {
        for (name, value) in instrument(stage) {
            fact(ui, stage, name, &value, stage.palette.text);
        }
        let limit = words::limit(&stage.seen.analysis.settings);
        let rule = format!(
            "Decision rule (engineering default): with D the duration and U the guard band, D < {limit} \u{2212} U is \
             PASS, from there to {limit} CONDITIONAL PASS, from {limit} to {limit} + U CONDITIONAL FAIL, above FAIL. \
             Exactly {limit} fails. A run is as good as its worst outage."
        );
        ui.label(RichText::new(rule).size(SMALL).color(stage.palette.weak));
    });
}

fn health(ui: &mut Ui, stage: &Stage<'_>) {
    let stats = stage.seen.timeline.stats();
    let gaps = stage.seen.analysis.gaps.len();
    let all = [
        (time::grouped(gaps as u64), if gaps == 1 { "gap" } else { "gaps" }, gaps > 0),
        (time::grouped(stats.frames), "frames", false),
        (time::grouped(stats.lost_frames), "frames lost", stats.lost_frames > 0),
        (time::grouped(stats.lost_edges), "edges lost", stats.lost_edges > 0),
        (time::grouped(stats.damaged_bytes), "bytes damaged (CRC)", stats.damaged_bytes > 0),
        (time::grouped(stats.glitches), "glitches suppressed", false),
    ];
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        for (count, what, is_bad) in all {
            let colour = if is_bad { stage.palette.gap } else { stage.palette.text };
            let text = RichText::new(format!("{count} {what}")).size(SMALL).color(colour);
            ui.add(egui::Label::new(text).extend());
        }
    });
}

fn instrument(stage: &Stage<'_>) -> Vec<(&'static str, String)> {
    let facts = stage.seen.facts;
    let mut all = Vec::new();
    match stage.seen.timeline.identity() {
        Some(identity) => {
            let board = identity.board().map_or("unknown board", |b| b.name());
            let simulated = if identity.is_simulated() { ", SIMULATED" } else { "" };
            all.push(("Board", format!("{board}{simulated}")));
            all.push(("Gateware", format!("{:08x}, protocol {}", identity.bitstream_id, identity.protocol)));
            all.push(("Tick rate", format!("{} Hz", time::grouped(identity.tick_hz))));
            if let Some((_, set)) = stage.seen.timeline.configurations().last() {
                all.push(("Deglitch", time::brief(i64::from(set.deglitch_ticks), stage.tick_hz())));
            }
        }
        None => all.push(("Board", "not known: no START block".to_owned())),
    }
    all.push(("Clock, within", format!("{} ppm ({})", ppm(facts.clock.uncertainty_ppb), facts.clock.source)));
    for threshold in &facts.thresholds {
        let levels =
            format!("{} / {}", words::volts(threshold.falling_mv), words::volts(threshold.rising_mv));
        all.push(("Threshold", format!("{} {levels} ({})", threshold.line, threshold.source)));
    }
    let bench = &facts.bench;
    for (name, value) in [
        ("Meter", &bench.meter),
        ("Hub", &bench.hub),
        ("Firmware before", &bench.firmware_from),
        ("Firmware after", &bench.firmware_to),
        ("Notes", &bench.operator_notes),
    ] {
        all.extend(value.clone().map(|v| (name, v)));
    }
    if let Some(front_end) = &stage.seen.analysis.settings.front_end {
        all.push(("Front end", format!("{} ({})", front_end.name, front_end.source)));
    }
    if let Some(clock) = &stage.seen.analysis.settings.clock {
        all.push(("Clock", clock.told.clone()));
    }
    all.push(("Device", format!("{} {}", facts.device.description, facts.device.serial)));
    all.push(("Recorded by", facts.program.clone()));
    all
}

fn ppm(ppb: u32) -> String {
    let text = format!("{}.{:03}", ppb / 1000, ppb % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn fact(ui: &mut Ui, stage: &Stage<'_>, name: &str, value: &str, colour: Color32) {
    ui.spacing_mut().item_spacing.y = 2.0;
    let width = ui.available_width();
    let galley =
        ui.painter().layout(value.to_owned(), FontId::proportional(SMALL), colour, (width * 0.6).max(60.0));
    let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y.max(16.0)), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, format!("{name}: {value}")));
    let painter = ui.painter();
    painter.text(rect.left_top(), Align2::LEFT_TOP, name, FontId::proportional(SMALL), stage.palette.weak);
    painter.galley(pos2(rect.right() - galley.size().x, rect.top()), galley, colour);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_per_million_are_exact() {
        assert_eq!((ppm(50_000), ppm(2_500), ppm(5)), ("50".into(), "2.5".into(), "0.005".into()));
    }

    #[test]
    fn an_unknown_reboot_of_the_hub_is_not_added_up() {
        let mut combined = CombinedTime {
            outage_ns: 90_000_000_000,
            ch_reboot_ns: None,
            ch_reboot_measured: false,
            total_ns: 90_000_000_000,
            limit_ns: 180_000_000_000,
        };
        assert_eq!(
            combined_words(&combined, false, "180 s"),
            "meter 90.000 s of 180 s; hub's reboot not known"
        );
        combined.ch_reboot_ns = Some(30_000_000_000);
        combined.total_ns = 120_000_000_000;
        let words = "meter 90.000 s + hub 30.000 s (allowance) = 120.000 s of 180 s";
        assert_eq!(combined_words(&combined, false, "180 s"), words);
        let words = "meter \u{2265} 90.000 s + hub 30.000 s (allowance) = \u{2265} 120.000 s of 180 s";
        assert_eq!(combined_words(&combined, true, "180 s"), words);
    }

    #[test]
    fn a_reason_is_told_once() {
        let all = [Reason::Gap, Reason::OpenEnd, Reason::Gap];
        assert_eq!(reasons(&all).len(), 2);
    }

    #[test]
    fn good_and_bad_have_different_signs() {
        assert_ne!(sign(Verdict::Pass), sign(Verdict::Fail));
        assert!(Verdict::ALL.iter().filter(|v| sign(**v) == sign(Verdict::Pass)).count() == 1);
    }
}
