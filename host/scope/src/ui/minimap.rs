//! The whole recording in one strip: outages, gaps, the part in view, the playhead. Click or drag moves the view.

use egui::{Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2};

use super::Stage;
use super::traces::{self, Place};
use crate::columns::Grid;
use crate::interval::thinned;
use crate::message::Message;
use crate::view::{Anchor, View};

/// Draws the strip in `rect` and reads the pointer.
pub(crate) fn show(ui: &Ui, stage: &Stage<'_>, rect: Rect, out: &mut Vec<Message>) {
    let Some(span) = stage.model.span else { return };
    let whole = View::around(span.0, span.1);
    let (place, columns) = Place::new(rect, ui.pixels_per_point());
    let grid = Grid::new(whole, columns);
    let painter = ui.painter().with_clip_rect(rect);
    let palette = &stage.palette;
    painter.rect_filled(rect, 2, palette.card);

    for outage in thinned(stage.digest.highest(), whole.first_tick(), whole.ticks(), columns) {
        let verdict = stage.seen.analysis.outages[outage.index].verdict;
        let (x0, x1) = (place.x_of(&grid, outage.start), place.x_of(&grid, outage.end));
        let bar = Rect::from_min_max(pos2(x0, rect.top() + 5.0), pos2(x1.max(x0 + 2.0), rect.bottom() - 5.0));
        painter.rect_filled(bar, 1, palette.verdict(verdict));
    }
    traces::gaps(&painter, &place, rect, &stage.digest.gaps.covers(&grid), palette.gap);
    let view = stage.model.view;
    let window = Rect::from_min_max(
        pos2(place.at(grid.signed_fraction(view.first_tick())), rect.top()),
        pos2(place.at(grid.signed_fraction(view.end_tick())), rect.bottom()),
    );
    let least = window.with_max_x(window.right().max(window.left() + 3.0));
    painter.rect_stroke(least, 2, Stroke::new(1.5, palette.chosen), StrokeKind::Inside);
    if let Some(head) = stage.model.playback.head() {
        painter.vline(place.x_of(&grid, head), rect.y_range(), Stroke::new(1.5, palette.playhead));
    }

    let response = ui.interact(rect, Id::unique("minimap"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "Overview of the whole recording"));
    if let Some(pointer) = response.interact_pointer_pos() {
        let fraction = f64::from((pointer.x - rect.left()) / rect.width());
        let centre = whole.tick_at(Anchor::from_fraction(fraction));
        out.push(Message::Pan(centre - view.tick_at(Anchor::CENTRE)));
    }
}
