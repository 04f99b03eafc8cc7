//! Rows that can be clicked, with texts in columns, known to screen readers as one sentence each.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::theme::{Palette, SMALL, font};

/// Height of a row, points.
pub(crate) const ROW: f32 = 22.0;

/// A text in a row.
pub(crate) struct Text<'a> {
    /// Its border as a fraction of the row's width: the left one, or the right one for numbers.
    pub(crate) at: f32,
    /// It ends at its border instead of beginning there.
    pub(crate) is_number: bool,
    /// The words.
    pub(crate) text: &'a str,
    /// Their colour.
    pub(crate) colour: Color32,
}

/// A row; `spoken` is what a screen reader says of it.
pub(crate) fn row(
    ui: &mut Ui,
    palette: &Palette,
    texts: &[Text<'_>],
    spoken: &str,
    chosen: bool,
) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Row, true, chosen, spoken));
    if chosen || response.hovered() {
        let fill = if chosen { ui.visuals().selection.bg_fill } else { palette.card };
        ui.painter().rect_filled(rect, 3, fill);
    }
    paint(ui, rect, texts);
    response
}

/// The names of the columns.
pub(crate) fn head(ui: &mut Ui, texts: &[Text<'_>]) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    paint(ui, rect, texts);
}

fn paint(ui: &Ui, rect: Rect, texts: &[Text<'_>]) {
    let inner = rect.shrink2(vec2(6.0, 0.0));
    for text in texts {
        let at = pos2(inner.left() + inner.width() * text.at, inner.center().y);
        let align = if text.is_number { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER };
        let mut job = LayoutJob::simple_singleline(text.text.to_owned(), font(SMALL), text.colour);
        if !text.is_number {
            job.wrap = TextWrapping::truncate_at_width(inner.right() - at.x);
        }
        let galley = ui.painter().layout_job(job);
        let corner = align.anchor_size(at, galley.size()).min;
        ui.painter().galley(corner, galley, text.colour);
    }
}
