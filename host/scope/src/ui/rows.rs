//! The lanes of watched lines, of notes, and of the link.

use egui::{Align2, Color32, Rect, Stroke, pos2, vec2};
use ichiscope_wire::Line;

use super::canvas::Canvas;
use super::{traces, words};
use crate::columns::{self, Cover};
use crate::theme::{SMALL, font};
use crate::view::signed;

/// From this height on words fit between the levels of a line, points.
const ROOM_FOR_WORDS: f32 = 17.0;

/// Words of a note are not cut to less, points.
const LEAST_NOTE: f32 = 24.0;

impl Canvas<'_> {
    pub(super) fn line(&self, line: Line, lane: Rect) {
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
            if inner.height() >= ROOM_FOR_WORDS {
                self.fitting(area, &[&duration, &short], SMALL, palette.text);
            }
        }
        let track = self.stage.seen.timeline.track(line);
        let known = self.stage.seen.timeline.span().unwrap_or((0, 0));
        let mut cells = columns::cells(track, &self.grid, &self.stage.digest.gaps, &self.covers, known);
        if let Some(look) = self.stage.seen.first_look {
            look.fill(line, &self.grid, known.1, &mut cells);
        }
        // A pulse each second is a solid block in most views: it must not outshine what matters.
        let strength = if line == Line::Pps { 0.45 } else { 1.0 };
        traces::line(&self.painter, &self.place, inner, &cells, palette.trace.gamma_multiply(strength));
    }

    pub(super) fn notes(&self, lane: Rect) {
        let palette = &self.stage.palette;
        let notes = self.stage.seen.notes;
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
            let place = pos2(x + 5.0, lane.center().y);
            // Not over the next one.
            let end = notes.get(at + 1).map_or(lane.right(), |next| self.x(next.tick)) - 4.0;
            if x > free && end - place.x >= LEAST_NOTE {
                let text = format!("{} {}", note.kind, note.text);
                let painter = self.painter.with_clip_rect(lane.with_max_x(end));
                free = painter
                    .text(place, Align2::LEFT_CENTER, text, font(SMALL), palette.text)
                    .right()
                    .min(end);
            }
            let past = self.tick_at(x + 1.0).max(signed(note.tick));
            at += 1 + notes[at + 1..to].partition_point(|n| signed(n.tick) <= past);
        }
    }

    pub(super) fn link(&self, lane: Rect) {
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
}
