//! The meter's console: a lane with a mark for each line, and the text in a panel that scrolls with the cursor.

use egui::{Align2, Id, Label, Panel, Rect, RichText, ScrollArea, Sense, Stroke, Ui, pos2, vec2};
use ichiscope_timeline::SideLossKind;

use super::Stage;
use super::canvas::Canvas;
use crate::console::text;
use crate::message::Message;
use crate::theme::{SMALL, font};
use crate::view::signed;

/// Height of the text's panel, points; in a low window its share of it.
const HEIGHT: f32 = 148.0;
const SHARE: f32 = 0.187;
const ROW: f32 = 18.0;

impl Canvas<'_> {
    /// A mark for each line, with as much of its text as there is room for.
    pub(super) fn console(&self, lane: Rect) {
        let palette = &self.stage.palette;
        let (lines, bytes) = (self.stage.console.all(), self.stage.seen.timeline.console());
        let view = self.grid.view();
        let from = lines.partition_point(|l| signed(l.tick) < view.first_tick());
        let to = lines.partition_point(|l| signed(l.tick) < view.end_tick());
        let mut free = f32::NEG_INFINITY;
        let mut at = from;
        while at < to {
            let line = &lines[at];
            let x = self.x(line.tick);
            let colour = if line.is_spoiled { palette.gap } else { palette.trace };
            self.painter.vline(x, lane.y_range().shrink(4.0), Stroke::new(1.5, colour));
            if x > free {
                let room = lines.get(at + 1).map_or(lane.right(), |next| self.x(next.tick)) - x;
                if room > 40.0 {
                    let painter = self.painter.with_clip_rect(lane.with_min_x(x).with_max_x(x + room - 4.0));
                    let place = pos2(x + 5.0, lane.center().y);
                    let words = text(line, bytes);
                    free = painter.text(place, Align2::LEFT_CENTER, words, font(SMALL), palette.text).right();
                }
            }
            let past = self.tick_at(x + 1.0).max(signed(line.tick));
            at += 1 + lines[at + 1..to].partition_point(|l| signed(l.tick) <= past);
        }
        self.side_losses(lane, &[SideLossKind::Console]);
    }
}

/// The text below the timeline: it scrolls to the line at the pointer, the playhead, or the newest one.
pub(super) fn panel(ui: &mut Ui, stage: &Stage<'_>, out: &mut Vec<Message>) {
    let lines = stage.console.all();
    if lines.is_empty() || !stage.model.console {
        return;
    }
    let palette = &stage.palette;
    let newest = stage.model.span.filter(|_| stage.model.live).map(|span| span.1);
    let now = stage.model.hover.or(stage.model.playback.head()).or(newest);
    let current = now.and_then(|tick| stage.console.at(tick));
    let height = (ui.ctx().content_rect().height() * SHARE).min(HEIGHT);
    Panel::bottom("console").exact_size(height).resizable(false).show(ui, |ui| {
        ui.label(RichText::new("CONSOLE (C hides it)").size(SMALL).strong().color(palette.weak));
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut area = ScrollArea::vertical().auto_shrink(false);
        let shown = Id::unique("console line");
        let before = ui.data(|d| d.get_temp::<Option<usize>>(shown)).flatten();
        if current != before {
            ui.data_mut(|d| d.insert_temp(shown, current));
            if let Some(line) = current {
                area = area.vertical_scroll_offset((line as f32 * ROW - height / 2.5).max(0.0));
            }
        }
        area.show_rows(ui, ROW, lines.len(), |ui, rows| {
            for index in rows {
                line(ui, stage, index, current == Some(index), out);
            }
        });
    });
}

fn line(ui: &mut Ui, stage: &Stage<'_>, index: usize, is_current: bool, out: &mut Vec<Message>) {
    let palette = &stage.palette;
    let line = &stage.console.all()[index];
    let words = text(line, stage.seen.timeline.console());
    let at = stage.clock(line.tick, 3);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    if is_current || response.hovered() {
        let fill = if is_current { ui.visuals().selection.bg_fill } else { palette.card };
        ui.painter().rect_filled(rect, 2, fill);
    }
    let spoken = format!("Console at {at}: {words}");
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Row, true, is_current, &spoken));
    let colour = if line.is_spoiled { palette.gap } else { palette.text };
    let mut row =
        ui.new_child(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(6.0, 0.0))).layout(*ui.layout()));
    row.horizontal(|ui| {
        ui.label(RichText::new(&at).size(SMALL).color(palette.weak));
        ui.add(Label::new(RichText::new(&words).monospace().size(SMALL).color(colour)).truncate());
    });
    if response.clicked() {
        out.push(Message::StepTo(line.tick));
    }
}
