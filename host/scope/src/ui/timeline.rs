//! The timeline: lanes over one time axis, with phases, outages, rulers, gaps and the playhead.

use std::cell::RefCell;

use egui::{
    Align2, CentralPanel, Frame, Id, Painter, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::canvas::Canvas;
use super::lanes::{self, GUTTER, Lane, Placed};
use super::traces::{self, Place};
use super::{Stage, axis, minimap};
use crate::columns::Grid;
use crate::epoch;
use crate::message::Message;
use crate::theme::{BODY, SMALL, font};

const AXIS: f32 = 30.0;
const MINIMAP: f32 = 28.0;
/// Labels on the axis are at least this far apart, points; the long ones of a short view further.
const LABEL_GAP: f32 = 84.0;
const LONG_LABEL_GAP: f32 = 136.0;

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
        let unit = epoch::caption(&stage.origin(), stage.model.epoch, stage.tick_hz().is_some());
        gutter_text(ui, stage, ruler, &unit);
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
    let mut covers = stage.digest.gaps.covers(&grid);
    if let (Some(look), Some((_, last))) = (stage.seen.first_look, stage.seen.timeline.span()) {
        look.fill_gaps(&grid, last, &mut covers);
    }
    let painter = ui.painter().with_clip_rect(plot.union(ruler).with_min_x(plot.left()));
    let (origin, running) = (stage.origin(), stage.running());
    let words = RefCell::default();
    let canvas = Canvas { stage, painter, place, grid, covers, span, origin, running, words };

    let response = ui.interact(plot, Id::unique("timeline"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, canvas.spoken()));
    let placed = lanes::place(stage, body);
    canvas.grounds(ui.painter(), &placed);
    canvas.marks(plot, ruler, response.hover_pos().map(|at| at.x));
    canvas.bands(plot);
    for lane in &placed {
        canvas.lane(lane);
    }
    traces::gaps(&canvas.painter, &canvas.place, plot, &canvas.covers, stage.palette.gap);
    canvas.painter.extend(canvas.words.take());
    canvas.cursors(plot, ruler);
    canvas.playhead(plot, ruler);
    for lane in &placed {
        lanes::show_label(ui, &ui.painter().with_clip_rect(body), stage, lane);
    }
    canvas.hover(&response, plot, ruler);
    let phases = placed.iter().find(|p| p.lane == Lane::Phases).map(|p| phases_in(p.rect));
    let told = phases.zip(response.hover_pos()).and_then(|(lane, at)| canvas.phases_at(lane, at));
    canvas.pointer(ui, &response, plot, out);
    canvas.outage_buttons(ui, &placed, out);
    canvas.event_buttons(ui, &placed, out);
    canvas.scrub(ui, ruler.with_min_x(plot.left()), out);
    if let Some(told) = told {
        response.on_hover_text_at_pointer(told);
    }
}

/// The part of the lane of phases in which they are.
fn phases_in(lane: Rect) -> Rect {
    lane.shrink2(vec2(0.0, lanes::PHASES_AIR / 2.0))
}

impl Canvas<'_> {
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
    fn marks(&self, plot: Rect, ruler: Rect, under_pointer: Option<f32>) {
        let palette = &self.stage.palette;
        let is_short = self.stage.tick_hz().is_some_and(|hz| self.grid.view().ticks() / 10 < hz);
        let gap = f64::from(if is_short { LONG_LABEL_GAP } else { LABEL_GAP } / plot.width());
        self.painter.hline(plot.x_range(), ruler.top(), Stroke::new(1.0, palette.rule));
        for mark in axis::marks(&self.grid, self.stage.tick_hz(), &self.origin, gap) {
            let x = self.place.at(mark.at);
            self.painter.vline(x, plot.y_range(), Stroke::new(1.0, palette.rule.gamma_multiply(0.45)));
            self.painter.vline(x, ruler.top()..=ruler.top() + 6.0, Stroke::new(1.0, palette.weak));
            let half = mark.label.len() as f32 * 4.0;
            // Nothing is half covered by the time under the pointer.
            if under_pointer.is_some_and(|pointer| (pointer - x).abs() < 2.5 * half + 12.0) {
                continue;
            }
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

    fn lane(&self, placed: &Placed) {
        let plot = placed.rect.with_min_x(self.place.rect.left());
        match placed.lane {
            Lane::Phases => self.phases(phases_in(plot)),
            Lane::Outages => self.outages(plot),
            Lane::Events => self.events(plot),
            Lane::Voltage => self.voltage(plot),
            Lane::Line(line) => self.line(line, plot),
            Lane::Console => self.console(plot),
            Lane::Notes => self.notes(plot),
            Lane::Link => self.link(plot),
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
}
