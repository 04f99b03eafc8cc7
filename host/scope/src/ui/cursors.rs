//! Cursors A and B: lines through all lanes, and what lies between them in seconds and ticks.

use egui::{Align2, Rect, RichText, Stroke, Ui, pos2};

use super::Stage;
use super::canvas::Canvas;
use crate::cursor::Cursor;
use crate::message::Message;
use crate::theme::{BODY, font};
use crate::time;
use crate::view::signed;

impl Canvas<'_> {
    /// The cursors' lines with their letters at the axis.
    pub(super) fn cursors(&self, plot: Rect, ruler: Rect) {
        let palette = &self.stage.palette;
        let ticks = self.stage.model.cursors;
        if let [Some(a), Some(b)] = ticks {
            let (x0, x1) = (self.x(a.min(b)).max(plot.left()), self.x(a.max(b)).min(plot.right()));
            if x1 > x0 {
                let between = plot.with_min_x(x0).with_max_x(x1);
                self.painter.rect_filled(between, 0, palette.cursor.gamma_multiply(0.07));
            }
        }
        for (cursor, tick) in Cursor::ALL.into_iter().zip(ticks) {
            let Some(x) = tick.map(|t| self.x(t)).filter(|x| plot.x_range().contains(*x)) else { continue };
            self.painter.vline(x, plot.top()..=ruler.top(), Stroke::new(1.5, palette.cursor));
            let flag = Rect::from_center_size(pos2(x, plot.bottom() - 11.0), egui::vec2(18.0, 18.0));
            self.painter.rect_filled(flag, 3, palette.cursor);
            self.painter.text(
                flag.center(),
                Align2::CENTER_CENTER,
                cursor.name(),
                font(BODY),
                palette.ground,
            );
        }
    }
}

/// The cursors' times and their difference, in a row of text; nothing if none is set.
pub(super) fn readout(ui: &mut Ui, stage: &Stage<'_>, out: &mut Vec<Message>) {
    let ticks = stage.model.cursors;
    if ticks == [None, None] {
        return;
    }
    if ui.small_button("Remove cursors").on_hover_text("(X)").clicked() {
        out.push(Message::ClearCursors);
    }
    ui.add(egui::Label::new(RichText::new(words(stage)).color(stage.palette.cursor).monospace()).truncate());
}

fn words(stage: &Stage<'_>) -> String {
    let at = |cursor: Cursor| {
        let tick = stage.model.cursors[cursor as usize]?;
        Some(format!("{} {}", cursor.name(), stage.clock(tick, 6)))
    };
    let mut words: Vec<String> = Cursor::ALL.into_iter().filter_map(at).collect();
    if let [Some(a), Some(b)] = stage.model.cursors {
        words.push(difference(signed(b) - signed(a), stage.tick_hz()));
    }
    words.join("   ")
}

/// `B-A 0.500000000 s = 18 000 000 ticks`.
fn difference(ticks: i64, tick_hz: Option<u64>) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let seconds = time::seconds(ticks, tick_hz, 9);
    let grouped = time::grouped(ticks.unsigned_abs());
    match tick_hz {
        Some(_) => format!("B-A {seconds} = {sign}{grouped} ticks"),
        None => format!("B-A {sign}{grouped} ticks"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_in_seconds_and_ticks() {
        assert_eq!(difference(18_000_000, Some(36_000_000)), "B-A 0.500000000 s = 18 000 000 ticks");
        assert_eq!(difference(-1, Some(36_000_000)), "B-A -0.000000028 s = -1 ticks");
        assert_eq!(difference(1_234, None), "B-A 1 234 ticks");
    }
}
