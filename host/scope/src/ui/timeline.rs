//! The timeline: lanes over one time axis, with phases, outages, rulers, gaps and the playhead.

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, Align2, CentralPanel, Color32, Event, Frame, Id, Painter, Rect, Response, Role, Sense, Stroke, Ui,
};
use egui::{WidgetInfo, pos2, vec2};
use ichiscope_verdict::Outage;

use super::lanes::{self, GUTTER, Lane, PHASE_ROW, Placed};
use super::traces::{self, Place};
use super::{Stage, axis, keys, minimap, words};
use crate::columns::{self, Cover, Grid};
use crate::digest::{Interval, thinned, touching};
use crate::message::Message;
use crate::theme::{BODY, SMALL, font};
use crate::time;
use crate::view::{Anchor, signed};

const AXIS: f32 = 30.0;
const MINIMAP: f32 = 28.0;
/// Labels on the axis are at least this far apart, points; the long ones of a short view further.
const LABEL_GAP: f32 = 84.0;
const LONG_LABEL_GAP: f32 = 136.0;
/// Height of the bars of the outages' lane, points.
const OUTAGE_BAR: f32 = 52.0;
/// Bars narrower than this carry no words and cannot be clicked by themselves, points.
const WORTH_A_CLICK: f32 = 6.0;

/// What the parts of the timeline have in common.
struct Canvas<'a> {
    stage: &'a Stage<'a>,
    painter: Painter,
    place: Place,
    grid: Grid,
    covers: Vec<Cover>,
    span: (u64, u64),
}

/// Shows the timeline in what is left of the window.
pub(crate) fn show(ui: &mut Ui, stage: &Stage<'_>, out: &mut Vec<Message>) {
    let frame = Frame::new().fill(stage.palette.ground);
    CentralPanel::default().frame(frame).show(ui, |ui| {
        let rect = ui.available_rect_before_wrap();
        let Some(span) = stage.model.span else {
            nothing_yet(ui, rect, stage);
            return;
        };
        let map = rect.with_min_y(rect.bottom() - MINIMAP).shrink2(vec2(8.0, 3.0));
        let ruler = rect.with_max_y(rect.bottom() - MINIMAP).with_min_y(rect.bottom() - MINIMAP - AXIS);
        let body = rect.with_max_y(ruler.top());
        draw(ui, stage, span, body, ruler, out);
        let unit = if stage.tick_hz().is_some() { "time since start" } else { "ticks since start" };
        gutter_text(ui, stage, ruler, unit);
        minimap::show(ui, stage, map.with_min_x(rect.left() + GUTTER), out);
        gutter_text(ui, stage, map.with_min_x(rect.left()), "whole recording");
    });
}

fn gutter_text(ui: &Ui, stage: &Stage<'_>, row: Rect, text: &str) {
    let at = pos2(row.left() + 10.0, row.center().y);
    ui.painter().text(at, Align2::LEFT_CENTER, text, font(SMALL), stage.palette.weak);
}

fn nothing_yet(ui: &Ui, rect: Rect, stage: &Stage<'_>) {
    let text = match stage.seen.state {
        ichiscope_session::State::Ready => "This capture holds no record of an instrument.",
        ichiscope_session::State::Failed(_) => "Nothing could be read.",
        _ => "Waiting for the first records...",
    };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, text, font(20.0), stage.palette.weak);
}

fn draw(ui: &mut Ui, stage: &Stage<'_>, span: (u64, u64), body: Rect, ruler: Rect, out: &mut Vec<Message>) {
    let plot = body.with_min_x(body.left() + GUTTER);
    let (place, count) = Place::new(plot, ui.pixels_per_point());
    let grid = Grid::new(stage.model.view, count);
    let covers = stage.digest.gaps.covers(&grid);
    let painter = ui.painter().with_clip_rect(plot.union(ruler).with_min_x(plot.left()));
    let canvas = Canvas { stage, painter, place, grid, covers, span };

    let response = ui.interact(plot, Id::unique("timeline"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, canvas.spoken()));
    let placed = lanes::place(stage, body);
    canvas.grounds(ui.painter(), &placed);
    canvas.marks(plot, ruler);
    canvas.bands(plot);
    for lane in &placed {
        canvas.lane(lane);
    }
    traces::gaps(&canvas.painter, &canvas.place, plot, &canvas.covers, stage.palette.gap);
    canvas.playhead(plot, ruler);
    for lane in &placed {
        lanes::show_label(ui, &ui.painter().with_clip_rect(body), stage, lane);
    }
    canvas.hover(&response, plot, ruler);
    canvas.pointer(ui, &response, plot, out);
    canvas.outage_buttons(ui, &placed, out);
    canvas.scrub(ui, ruler.with_min_x(plot.left()), out);
}

impl Canvas<'_> {
    fn x(&self, tick: u64) -> f32 {
        self.place.x_of(&self.grid, tick)
    }

    fn tick_at(&self, x: f32) -> i64 {
        self.grid.view().tick_at(self.anchor(x))
    }

    fn anchor(&self, x: f32) -> Anchor {
        Anchor::from_fraction(f64::from((x - self.place.rect.left()) / self.place.rect.width()))
    }

    fn clock(&self, tick: i64, digits: u32) -> String {
        time::clock(tick - signed(self.stage.origin()), self.stage.tick_hz(), digits)
    }

    fn spoken(&self) -> String {
        let view = self.grid.view();
        let (from, to) = (self.clock(view.first_tick(), 3), self.clock(view.end_tick(), 3));
        format!("Timeline from {from} to {to}")
    }

    fn in_view(&self, sorted: &[Interval]) -> Vec<Interval> {
        let view = self.grid.view();
        thinned(sorted, view.first_tick(), view.ticks(), self.grid.columns())
    }

    fn outage(&self, interval: &Interval) -> &Outage {
        &self.stage.seen.analysis.outages[interval.index]
    }

    fn grounds(&self, painter: &Painter, placed: &[Placed]) {
        let palette = &self.stage.palette;
        for (i, lane) in placed.iter().enumerate() {
            if i % 2 == 1 {
                painter.rect_filled(lane.rect, 0, palette.stripe);
            }
            painter.hline(
                lane.rect.x_range(),
                lane.rect.bottom(),
                Stroke::new(1.0, palette.rule.gamma_multiply(0.5)),
            );
        }
        let outside = palette.rule.gamma_multiply(0.35);
        let plot = self.place.rect;
        let (first, last) = (self.x(self.span.0).max(plot.left()), self.x(self.span.1 + 1).min(plot.right()));
        for side in [plot.with_max_x(first), plot.with_min_x(last)] {
            if side.width() > 0.0 {
                self.painter.rect_filled(side, 0, outside);
            }
        }
    }

    /// Round times: lines through all lanes, labels on the axis.
    fn marks(&self, plot: Rect, ruler: Rect) {
        let palette = &self.stage.palette;
        let is_short = self.stage.tick_hz().is_some_and(|hz| self.grid.view().ticks() / 10 < u64::from(hz));
        let gap = f64::from(if is_short { LONG_LABEL_GAP } else { LABEL_GAP } / plot.width());
        self.painter.hline(plot.x_range(), ruler.top(), Stroke::new(1.0, palette.rule));
        for mark in axis::marks(&self.grid, self.stage.tick_hz(), self.stage.origin(), gap) {
            let x = self.place.at(mark.at);
            self.painter.vline(x, plot.y_range(), Stroke::new(1.0, palette.rule.gamma_multiply(0.45)));
            self.painter.vline(x, ruler.top()..=ruler.top() + 6.0, Stroke::new(1.0, palette.weak));
            let half = mark.label.len() as f32 * 4.0;
            let x = x.clamp(plot.left() + half, (plot.right() - half).max(plot.left() + half));
            self.painter.text(
                pos2(x, ruler.top() + 8.0),
                Align2::CENTER_TOP,
                mark.label,
                font(BODY),
                palette.text,
            );
        }
    }

    /// Tints through all lanes: phases faintly, outages so that they are seen at once.
    fn bands(&self, plot: Rect) {
        for row in &self.stage.digest.phases {
            for interval in self.in_view(row) {
                let colour = self.stage.palette.phase(self.stage.seen.analysis.phases[interval.index].kind);
                let band = self.bar(&interval, plot);
                self.painter.rect_filled(band, 0, colour.gamma_multiply(0.06));
                for x in [band.left(), band.right()] {
                    self.painter.vline(x, plot.y_range(), Stroke::new(1.0, colour.gamma_multiply(0.45)));
                }
            }
        }
        for interval in self.in_view(self.stage.digest.highest()) {
            let colour = self.stage.palette.verdict(self.outage(&interval).verdict);
            self.painter.rect_filled(self.bar(&interval, plot), 0, colour.gamma_multiply(0.13));
        }
    }

    /// The part of `lane` that an interval takes: never less than two points, never far outside.
    fn bar(&self, interval: &Interval, lane: Rect) -> Rect {
        let (x0, x1) = (self.x(interval.start), self.x(interval.end));
        let plot = self.place.rect.x_range();
        let x0 = x0.clamp(plot.min - 4.0, plot.max);
        let x1 = x1.max(x0 + 2.0).min(plot.max + 4.0);
        Rect::from_min_max(pos2(x0, lane.top()), pos2(x1, lane.bottom()))
    }

    fn lane(&self, placed: &Placed) {
        let plot = placed.rect.with_min_x(self.place.rect.left());
        match placed.lane {
            Lane::Phases => self.phases(plot.shrink2(vec2(0.0, 4.0))),
            Lane::Outages => self.outages(plot),
            Lane::Line(line) => self.line(line, plot),
            Lane::Notes => self.notes(plot),
            Lane::Link => self.link(plot),
        }
    }

    fn phases(&self, lane: Rect) {
        let palette = &self.stage.palette;
        for (i, row) in self.stage.digest.phases.iter().enumerate() {
            let top = lane.top() + i as f32 * PHASE_ROW;
            let lane = Rect::from_min_max(pos2(lane.left(), top), pos2(lane.right(), top + PHASE_ROW - 3.0));
            for interval in self.in_view(row) {
                let phase = &self.stage.seen.analysis.phases[interval.index];
                let (bar, colour) = (self.bar(&interval, lane), palette.phase(phase.kind));
                self.painter.rect_filled(bar, 3, colour.gamma_multiply(0.3));
                self.painter.rect_stroke(bar, 3, Stroke::new(1.0, colour), egui::StrokeKind::Inside);
                let duration = time::brief(signed(phase.ticks()), self.stage.tick_hz());
                let full = format!("{}  {duration}", phase.kind.name());
                self.fitting(bar, &[&full, phase.kind.name(), words::short(phase.kind)], SMALL, palette.text);
            }
        }
        if self.stage.digest.phases.is_empty() {
            let at = pos2(lane.left() + 8.0, lane.center().y);
            self.painter.text(at, Align2::LEFT_CENTER, "no phase was marked", font(SMALL), palette.weak);
        }
    }

    /// Writes the longest of `texts` that fits into the visible part of `bar`, if any does.
    fn fitting(&self, bar: Rect, texts: &[&str], size: f32, colour: Color32) -> bool {
        let visible = bar.intersect(self.place.rect);
        for text in texts {
            let format = TextFormat { font_id: font(size), color: colour, ..Default::default() };
            let mut job = LayoutJob::single_section((*text).to_owned(), format);
            job.halign = Align::Center;
            let galley = self.painter.layout_job(job);
            if galley.size().x + 8.0 <= visible.width() {
                let top = visible.center().y - galley.size().y / 2.0;
                self.painter.galley(pos2(visible.center().x, top), galley, colour);
                return true;
            }
        }
        false
    }

    /// Bars with durations and verdicts, and below each the ruler of the limit with its guard band.
    fn outages(&self, lane: Rect) {
        let palette = &self.stage.palette;
        let bars = lane.with_max_y(lane.top() + OUTAGE_BAR).shrink2(vec2(0.0, 5.0));
        let all = self.in_view(self.stage.digest.highest());
        let mut words_end = f32::NEG_INFINITY;
        let mut ruler_end = [f32::NEG_INFINITY; 2];
        for (i, interval) in all.iter().enumerate() {
            let outage = self.outage(interval);
            let colour = palette.verdict(outage.verdict);
            let bar = self.bar(interval, bars);
            self.painter.rect_filled(bar, 3, colour);
            if self.stage.outage().is_some_and(|(index, _)| index == interval.index) {
                let stroke = Stroke::new(2.0, palette.chosen);
                self.painter.rect_stroke(bar.expand(2.0), 4, stroke, egui::StrokeKind::Inside);
            }
            let duration = words::duration(outage, self.stage.tick_hz(), 3);
            let full = format!("{duration}  {}", outage.verdict);
            let lines = format!("{duration}\n{}", outage.verdict);
            if !self.fitting(bar, &[&full], 22.0, palette.ground)
                && !self.fitting(bar, &[&lines], BODY, palette.ground)
            {
                let next = all.get(i + 1).map_or(self.place.rect.right(), |n| self.x(n.start));
                words_end = self.beside(bar, next, words_end, &[&full, &duration], palette.text);
            }
            let row = usize::from(self.x(interval.start) < ruler_end[0]);
            if self.x(interval.start) >= ruler_end[row] {
                ruler_end[row] = self.limit_ruler(outage, lane.top() + OUTAGE_BAR + 19.0 * row as f32);
            }
        }
        for interval in
            touching(&self.stage.digest.merged, self.grid.view().first_tick(), self.grid.view().end_tick())
        {
            let bracket = self.bar(interval, bars);
            self.painter.hline(bracket.x_range(), lane.top() + 2.0, Stroke::new(2.0, palette.weak));
        }
        if self.stage.digest.highest().is_empty() {
            let at = pos2(lane.left() + 8.0, lane.center().y);
            self.painter.text(at, Align2::LEFT_CENTER, "no outage", font(BODY), palette.weak);
        }
    }

    /// Writes beside a bar that is too narrow for words, if there is room. Gives where the words end.
    fn beside(&self, bar: Rect, next: f32, taken: f32, texts: &[&str], colour: Color32) -> f32 {
        for text in texts {
            let galley = self.painter.layout_no_wrap((*text).to_owned(), font(BODY), colour);
            let left = bar.right() + 6.0;
            if left > taken && left + galley.size().x < next - 4.0 && left < self.place.rect.right() {
                let end = left + galley.size().x;
                self.painter.galley(pos2(left, bar.center().y - galley.size().y / 2.0), galley, colour);
                return end;
            }
        }
        taken
    }

    /// From the outage's start to the limit, with the guard band around the limit. Gives where it ends.
    fn limit_ruler(&self, outage: &Outage, top: f32) -> f32 {
        let palette = &self.stage.palette;
        let settings = &self.stage.seen.analysis.settings;
        let ticks = |ns: u64| self.ticks_of(ns);
        let limit = outage.start_tick.saturating_add(ticks(settings.limit_ns));
        let guard = ticks(outage.expanded_uncertainty_ns);
        let (x0, x1) = (self.x(outage.start_tick), self.x(limit));
        if x1 - x0 < 24.0 {
            return x1;
        }
        let y = top + 8.0;
        let stroke = Stroke::new(2.0, palette.weak);
        self.painter.hline(x0..=x1, y, stroke);
        self.painter.vline(x0, y - 5.0..=y + 5.0, stroke);
        let (g0, g1) = (self.x(limit.saturating_sub(guard)), self.x(limit.saturating_add(guard)));
        let band = Rect::from_min_max(pos2(g0.min(x1 - 1.5), y - 7.0), pos2(g1.max(x1 + 1.5), y + 7.0));
        self.painter.rect_filled(band, 0, palette.bad);
        let label = format!("{} limit", words::limit(settings));
        let galley = self.painter.layout_no_wrap(label, font(SMALL), palette.text);
        let width = galley.size().x;
        self.painter.galley(pos2(band.right() + 5.0, y - galley.size().y / 2.0), galley, palette.text);
        if guard > 0 && band.width() > 40.0 {
            let text = format!("\u{00B1} {}", time::brief_ns(i128::from(outage.expanded_uncertainty_ns)));
            self.fitting(band, &[&text], SMALL, palette.ground);
        }
        band.right() + 10.0 + width
    }

    fn ticks_of(&self, ns: u64) -> u64 {
        let hz = u128::from(self.stage.tick_hz().unwrap_or(0));
        u64::try_from(u128::from(ns) * hz / 1_000_000_000).unwrap_or(u64::MAX / 4)
    }

    fn line(&self, line: ichiscope_wire::Line, lane: Rect) {
        let palette = &self.stage.palette;
        let air = if lane.height() > 34.0 { 9.0 } else { 5.0 };
        let inner = lane.shrink2(vec2(0.0, air));
        let outages = self.in_view(self.stage.digest.of_line(line));
        for interval in &outages {
            let colour = palette.verdict(self.outage(interval).verdict);
            let area = self.bar(interval, inner);
            self.painter.rect_filled(area, 0, colour.gamma_multiply(0.3));
            let duration = words::duration(self.outage(interval), self.stage.tick_hz(), 6);
            let short = words::duration(self.outage(interval), self.stage.tick_hz(), 3);
            self.fitting(area, &[&duration, &short], SMALL, palette.text);
        }
        let track = self.stage.seen.timeline.track(line);
        let cells = columns::cells(track, &self.grid, &self.stage.digest.gaps, &self.covers, self.span);
        traces::line(&self.painter, &self.place, inner, &cells, palette.trace);
    }

    fn notes(&self, lane: Rect) {
        let palette = &self.stage.palette;
        let notes = self.stage.seen.timeline.notes();
        let view = self.grid.view();
        let from = notes.partition_point(|n| signed(n.tick) < view.first_tick());
        let to = notes.partition_point(|n| signed(n.tick) < view.end_tick());
        let mut free = f32::NEG_INFINITY;
        // A note needs room for a few letters at least, so there are never many.
        let mut at = from;
        while at < to {
            let note = &notes[at];
            let x = self.x(note.tick);
            self.painter.vline(x, lane.y_range(), Stroke::new(2.0, palette.playhead));
            if x > free {
                let text = format!("{} {}", note.kind, note.text);
                let place = pos2(x + 5.0, lane.center().y);
                free = self.painter.text(place, Align2::LEFT_CENTER, text, font(SMALL), palette.text).right();
            }
            let past = self.tick_at(x + 1.0).max(signed(note.tick));
            at += 1 + notes[at + 1..to].partition_point(|n| signed(n.tick) <= past);
        }
    }

    fn link(&self, lane: Rect) {
        let palette = &self.stage.palette;
        let lost: Vec<bool> = self.covers.iter().map(|c| *c != Cover::None).collect();
        let bar = lane.shrink2(vec2(0.0, 8.0));
        let known = Rect::from_min_max(
            pos2(self.x(self.span.0).max(lane.left()), bar.center().y - 2.0),
            pos2(self.x(self.span.1 + 1).min(lane.right()), bar.center().y + 2.0),
        );
        if known.width() > 0.0 {
            self.painter.rect_filled(known, 0, palette.good.gamma_multiply(0.7));
        }
        for (columns, _) in columns::segments(&lost).filter(|(_, lost)| *lost) {
            let x0 = self.place.rect.left() + columns.start as f32 * self.place.column;
            let x1 = self.place.rect.left() + columns.end as f32 * self.place.column;
            let area = Rect::from_min_max(pos2(x0, lane.top()), pos2(x1.max(x0 + 2.0), lane.bottom()));
            self.painter.rect_filled(area, 0, palette.gap);
            self.fitting(area, &["DATA LOST", "lost"], SMALL, Color32::WHITE);
        }
    }

    /// The playhead; while playing, what lies after it is veiled.
    fn playhead(&self, plot: Rect, ruler: Rect) {
        let Some(head) = self.stage.model.playback.head() else { return };
        let x = self.x(head);
        if self.stage.model.playback.is_playing() && x < plot.right() {
            self.painter.rect_filled(plot.with_min_x(x.max(plot.left())), 0, self.stage.palette.veil);
        }
        if plot.x_range().contains(x) {
            let stroke = Stroke::new(2.0, self.stage.palette.playhead);
            self.painter.vline(x, plot.top()..=ruler.top() + 6.0, stroke);
            let tip =
                [pos2(x, ruler.top()), pos2(x - 7.0, ruler.top() + 10.0), pos2(x + 7.0, ruler.top() + 10.0)];
            let colour = self.stage.palette.playhead;
            self.painter.add(egui::Shape::convex_polygon(tip.to_vec(), colour, Stroke::NONE));
        }
    }

    /// The time under the pointer.
    fn hover(&self, response: &Response, plot: Rect, ruler: Rect) {
        let Some(pointer) = response.hover_pos() else { return };
        let palette = &self.stage.palette;
        self.painter.vline(pointer.x, plot.y_range(), Stroke::new(1.0, palette.weak));
        let text = self.clock(self.tick_at(pointer.x), self.digits());
        let galley = self.painter.layout_no_wrap(text, font(BODY), palette.ground);
        let half = galley.size().x / 2.0 + 6.0;
        let x = pointer.x.clamp(plot.left() + half, (plot.right() - half).max(plot.left() + half));
        let tag = Rect::from_center_size(pos2(x, ruler.center().y), vec2(2.0 * half, 24.0));
        self.painter.rect_filled(tag, 3, palette.text);
        self.painter.galley(tag.center() - galley.size() / 2.0, galley, palette.ground);
    }

    /// Digits that tell neighbouring columns apart.
    fn digits(&self) -> u32 {
        let hz = u64::from(self.stage.tick_hz().unwrap_or(1));
        let mut column = self.grid.view().ticks() / u64::from(self.grid.columns());
        let mut digits = 0;
        while column < hz && digits < time::MOST_DIGITS {
            column = column.max(1) * 10;
            digits += 1;
        }
        digits
    }

    fn pointer(&self, ui: &Ui, response: &Response, plot: Rect, out: &mut Vec<Message>) {
        if response.drag_started() {
            out.push(Message::Grab);
        }
        if let (true, Some(drag)) = (response.dragged(), response.total_drag_delta()) {
            let ticks = f64::from(drag.x / plot.width()) * self.grid.view().ticks() as f64;
            out.push(Message::DragTo(ticks.round() as i64));
        }
        if response.drag_stopped() {
            out.push(Message::Release);
        }
        if response.double_clicked() {
            out.push(Message::Fit);
        } else if let (true, Some(at)) = (response.clicked(), response.interact_pointer_pos()) {
            out.push(Message::Scrub(u64::try_from(self.tick_at(at.x)).unwrap_or(0)));
        }
        if let Some(at) = response.hover_pos() {
            ui.input(|input| self.wheel(&input.events, at.x, out));
        }
    }

    fn wheel(&self, events: &[Event], x: f32, out: &mut Vec<Message>) {
        for event in events {
            let Event::MouseWheel { unit, delta, modifiers, .. } = event else { continue };
            if keys::wheel_pans(*modifiers) || delta.x.abs() > delta.y.abs() {
                let along = if delta.x == 0.0 { delta.y } else { delta.x };
                let notch = (self.grid.view().ticks() / 20).max(1) as i64;
                out.push(Message::Pan(-notch * i64::from(keys::wheel_steps(*unit, along).signum())));
            } else {
                let steps = keys::wheel_steps(*unit, delta.y);
                out.push(Message::Zoom { steps, anchor: self.anchor(x) });
            }
        }
    }

    /// Outages can be clicked where they are drawn.
    fn outage_buttons(&self, ui: &Ui, placed: &[Placed], out: &mut Vec<Message>) {
        let Some(lane) = placed.iter().find(|p| p.lane == Lane::Outages) else { return };
        let bars = lane.rect.with_max_y(lane.rect.top() + OUTAGE_BAR);
        for interval in self.in_view(self.stage.digest.highest()) {
            let area = self.bar(&interval, bars).intersect(self.place.rect);
            if area.width() < WORTH_A_CLICK {
                continue;
            }
            let outage = self.outage(&interval);
            let duration = words::duration(outage, self.stage.tick_hz(), 3);
            let response = ui.interact(area, Id::unique(("outage", interval.index)), Sense::click());
            let spoken = format!("Outage of {duration} on the timeline, {}", outage.verdict);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
            if response.clicked() {
                out.push(Message::Select {
                    outage: interval.index,
                    start: interval.start,
                    end: interval.end,
                });
            }
        }
    }

    /// The axis: click or drag moves the playhead.
    fn scrub(&self, ui: &Ui, ruler: Rect, out: &mut Vec<Message>) {
        let response = ui.interact(ruler, Id::unique("axis"), Sense::click_and_drag());
        let head = self.stage.model.playback.head().unwrap_or(self.span.0);
        response.widget_info(|| WidgetInfo::slider(true, head as f64, "Playhead"));
        if let (true, Some(at)) = (response.clicked() || response.dragged(), response.interact_pointer_pos())
        {
            out.push(Message::Scrub(u64::try_from(self.tick_at(at.x)).unwrap_or(0)));
        }
    }
}
