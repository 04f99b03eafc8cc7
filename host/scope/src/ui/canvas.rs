//! What the parts of the timeline have in common: where ticks are on the screen, and words that fit.

use std::cell::RefCell;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, Galley, Painter, Pos2, Rect, Shape, pos2};
use ichiscope_verdict::Outage;

use super::Stage;
use super::traces::Place;
use crate::columns::{Cover, Grid};
use crate::epoch::Origin;
use crate::interval::{Interval, thinned};
use crate::running::Running;
use crate::theme::font;
use crate::time;
use crate::view::Anchor;

/// Of a text's height so much is air, points.
const LEADING: f32 = 5.0;

/// What the parts of the timeline have in common.
pub(super) struct Canvas<'a> {
    pub(super) stage: &'a Stage<'a>,
    pub(super) painter: Painter,
    pub(super) place: Place,
    pub(super) grid: Grid,
    pub(super) covers: Vec<Cover>,
    pub(super) span: (u64, u64),
    pub(super) origin: Origin,
    /// The outage that runs now.
    pub(super) running: Option<Running>,
    /// Words that are to stand above everything else.
    pub(super) words: RefCell<Vec<Shape>>,
}

impl Canvas<'_> {
    pub(super) fn x(&self, tick: u64) -> f32 {
        self.place.x_of(&self.grid, tick)
    }

    pub(super) fn tick_at(&self, x: f32) -> i64 {
        self.grid.view().tick_at(self.anchor(x))
    }

    pub(super) fn anchor(&self, x: f32) -> Anchor {
        Anchor::from_fraction(f64::from((x - self.place.rect.left()) / self.place.rect.width()))
    }

    pub(super) fn clock(&self, tick: i64, digits: u32) -> String {
        self.origin.clock(tick, self.stage.tick_hz(), digits)
    }

    /// Digits that tell neighbouring columns apart.
    pub(super) fn digits(&self) -> u32 {
        let hz = self.stage.tick_hz().unwrap_or(1);
        let mut column = self.grid.view().ticks() / u64::from(self.grid.columns());
        let mut digits = 0;
        while column < hz && digits < time::MOST_DIGITS {
            column = column.max(1) * 10;
            digits += 1;
        }
        digits
    }

    pub(super) fn spoken(&self) -> String {
        let view = self.grid.view();
        let (from, to) = (self.clock(view.first_tick(), 3), self.clock(view.end_tick(), 3));
        format!("Timeline from {from} to {to}")
    }

    pub(super) fn in_view(&self, sorted: &[Interval]) -> Vec<Interval> {
        let view = self.grid.view();
        thinned(sorted, view.first_tick(), view.ticks(), self.grid.columns())
    }

    pub(super) fn outage(&self, interval: &Interval) -> &Outage {
        &self.stage.seen.analysis.outages[interval.index]
    }

    /// Writes so that it can be read whatever is drawn afterwards: over what was lost on a plate of its own.
    pub(super) fn write(&self, at: Pos2, galley: Arc<Galley>, colour: Color32) {
        if self.is_over_a_gap(galley.rect.translate(at.to_vec2())) {
            self.write_on_plate(at, galley, colour);
        } else {
            self.words.borrow_mut().push(Shape::galley(at, galley, colour));
        }
    }

    /// Writes on a plate, above everything else.
    pub(super) fn write_on_plate(&self, at: Pos2, galley: Arc<Galley>, colour: Color32) {
        let palette = &self.stage.palette;
        let plate = if colour == palette.ground { palette.text } else { palette.ground };
        let area = galley.rect.translate(at.to_vec2()).expand2(egui::vec2(2.0, 0.0));
        let mut words = self.words.borrow_mut();
        words.push(Shape::rect_filled(area, 2, plate.gamma_multiply(0.85)));
        words.push(Shape::galley(at, galley, colour));
    }

    fn is_over_a_gap(&self, area: Rect) -> bool {
        let column = |x: f32| ((x - self.place.rect.left()) / self.place.column).max(0.0) as usize;
        let end = (column(area.right()) + 1).min(self.covers.len());
        let covers = self.covers.get(column(area.left()).min(end)..end);
        covers.is_some_and(|covers| covers.iter().any(|c| *c != Cover::None))
    }

    /// The part of `lane` that an interval takes: never less than two points, never far outside.
    pub(super) fn bar(&self, interval: &Interval, lane: Rect) -> Rect {
        let (x0, x1) = (self.x(interval.start), self.x(interval.end));
        let plot = self.place.rect.x_range();
        let x0 = x0.clamp(plot.min - 4.0, plot.max);
        let x1 = x1.max(x0 + 2.0).min(plot.max + 4.0);
        Rect::from_min_max(pos2(x0, lane.top()), pos2(x1, lane.bottom()))
    }

    /// Writes the longest of `texts` that fits into the visible part of `bar`, if any does.
    pub(super) fn fitting(&self, bar: Rect, texts: &[&str], size: f32, colour: Color32) -> bool {
        let visible = bar.intersect(self.place.rect);
        for text in texts {
            let format = TextFormat { font_id: font(size), color: colour, ..Default::default() };
            let mut job = LayoutJob::single_section((*text).to_owned(), format);
            job.halign = Align::Center;
            let galley = self.painter.layout_job(job);
            if galley.size().x + 8.0 <= visible.width() && galley.size().y - LEADING <= visible.height() {
                let top = visible.center().y - galley.size().y / 2.0;
                self.write(pos2(visible.center().x, top), galley, colour);
                return true;
            }
        }
        false
    }
}
