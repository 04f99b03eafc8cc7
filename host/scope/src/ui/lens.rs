//! One run on the common axis of a comparison: its intervals as bars, whatever its tick rate.

use std::cell::RefCell;

use egui::{Align2, Painter, Rect, Shape, Stroke, pos2, vec2};

use super::{traces, words};
use crate::compare::Run;
use crate::interval::{Interval, thinned};
use crate::theme::{Palette, SMALL, font};
use crate::view::View;

const NS_PER_S: i128 = 1_000_000_000;

/// A run, where it is drawn, and which part of the common axis (ns from the event) is in view.
pub(super) struct Lens<'a> {
    pub(super) run: &'a Run,
    /// The tick at 0 of the common axis.
    pub(super) event: u64,
    pub(super) view: View,
    pub(super) rect: Rect,
    pub(super) painter: Painter,
    pub(super) palette: Palette,
    /// Words that are to stand above what was lost.
    pub(super) words: RefCell<Vec<Shape>>,
}

impl Lens<'_> {
    /// Where a moment of the common axis is; places far outside are moved near.
    fn x_of_ns(&self, ns: i128) -> f32 {
        let fraction = (ns - i128::from(self.view.first_tick())) as f64 / self.view.ticks() as f64;
        self.rect.left() + (fraction.clamp(-1.0, 2.0) * f64::from(self.rect.width())) as f32
    }

    fn x(&self, tick: u64) -> f32 {
        self.run.ns_from(self.event, tick).map_or(self.rect.left(), |ns| self.x_of_ns(ns))
    }

    /// A moment of the common axis as a tick of the run.
    fn tick(&self, ns: i64) -> i64 {
        let hz = i128::from(self.run.analysis.tick_hz.unwrap_or(1));
        let tick = i128::from(self.event) + i128::from(ns) * hz / NS_PER_S;
        i64::try_from(tick).unwrap_or(i64::MAX / 4)
    }

    /// Those of `sorted` that are in view, not more than the columns.
    fn in_view(&self, sorted: &[Interval]) -> Vec<Interval> {
        let (start, end) = (self.tick(self.view.first_tick()), self.tick(self.view.end_tick()));
        thinned(
            sorted,
            start,
            end.saturating_sub(start).unsigned_abs().max(1),
            self.rect.width().max(1.0) as u32,
        )
    }

    fn bar(&self, interval: &Interval, top: f32, bottom: f32) -> Rect {
        let x0 = self.x(interval.start).clamp(self.rect.left() - 4.0, self.rect.right());
        let x1 = self.x(interval.end).max(x0 + 2.0).min(self.rect.right() + 4.0);
        Rect::from_min_max(pos2(x0, top), pos2(x1, bottom))
    }

    /// Outages at the highest threshold in `top..bottom`, with words where they fit, and the limit of the decisive one.
    pub(super) fn outages(&self, top: f32, bottom: f32) {
        let analysis = &self.run.analysis;
        for interval in self.in_view(self.run.digest.highest()) {
            let outage = &analysis.outages[interval.index];
            let bar = self.bar(&interval, top, bottom);
            self.painter.rect_filled(bar, 2, self.palette.verdict(outage.verdict));
            let full = format!("{}  {}", words::duration(outage, analysis.tick_hz, 3), outage.verdict);
            let short = words::duration(outage, analysis.tick_hz, 1);
            self.fitting(bar, &[&full, &short]);
        }
        let Some(decisive) = self.run.decisive() else { return };
        let start = self.run.ns_from(self.event, analysis.outages[decisive].start_tick).unwrap_or_default();
        let x = self.x_of_ns(start + i128::from(analysis.settings.limit_ns));
        if self.rect.x_range().contains(x) {
            self.painter.vline(x, top - 3.0..=bottom + 3.0, Stroke::new(2.0, self.palette.text));
            self.name_limit(x, (top + bottom) / 2.0);
        }
    }

    /// What the upright line is, where no outage lies beside it.
    fn name_limit(&self, x: f32, y: f32) {
        let name = words::limit(&self.run.analysis.settings);
        let galley = self.painter.layout_no_wrap(name, font(SMALL), self.palette.text);
        let place = Align2::LEFT_CENTER.anchor_size(pos2(x + 5.0, y), galley.size());
        let bars = self.in_view(self.run.digest.highest());
        let is_free = bars.iter().all(|i| !self.bar(i, y - 1.0, y + 1.0).intersects(place.expand(2.0)));
        if is_free && place.right() <= self.rect.right() {
            self.words.borrow_mut().push(Shape::galley(place.min, galley, self.palette.text));
        }
    }

    /// Phases in rows of `height` from `top` on.
    pub(super) fn phases(&self, top: f32, height: f32) {
        for (i, row) in self.run.digest.phases.rows.iter().enumerate() {
            let top = top + i as f32 * height;
            for interval in self.in_view(row) {
                let phase = &self.run.analysis.phases[self.run.digest.phases.members(&interval)[0]];
                let (bar, colour) =
                    (self.bar(&interval, top, top + height - 2.0), self.palette.phase(phase.kind));
                self.painter.rect_filled(bar, 2, colour.gamma_multiply(0.35));
                self.painter.rect_stroke(bar, 2, Stroke::new(1.0, colour), egui::StrokeKind::Inside);
                if bar.height() > SMALL {
                    self.fitting(bar, &[phase.kind.name(), words::short(phase.kind)]);
                }
            }
        }
    }

    fn is_over_a_gap(&self, area: Rect) -> bool {
        let gaps = self.run.analysis.gaps.iter();
        let reach = |start, end: u64| (self.x(start), self.x(end.max(start + 1)).max(self.x(start) + 2.0));
        let mut all = gaps.map(|gap| reach(gap.start_tick, gap.end_tick));
        all.any(|(left, right)| right > area.left() && left < area.right())
    }

    /// What was lost, over the whole height, never thinner than two points; then the words.
    pub(super) fn gaps(&self) {
        let gaps = &self.run.analysis.gaps;
        let mut drawn = f32::NEG_INFINITY;
        for gap in gaps {
            let interval =
                Interval { index: 0, start: gap.start_tick, end: gap.end_tick.max(gap.start_tick + 1) };
            let area = self.bar(&interval, self.rect.top(), self.rect.bottom());
            let is_seen = area.right() > self.rect.left() && area.left() < self.rect.right();
            if is_seen && area.right() > drawn {
                drawn = area.right();
                self.painter.rect_filled(area, 0, self.palette.gap.gamma_multiply(0.4));
                traces::hatch(&self.painter, area, self.palette.gap);
                self.painter.rect_filled(area.with_max_x(area.left() + 2.0), 0, self.palette.gap);
            }
        }
        self.painter.extend(self.words.take());
    }

    /// What the recording does not reach is shaded.
    pub(super) fn outside(&self) {
        let Some((first, last)) = self.run.analysis.span else { return };
        let shade = self.palette.rule.gamma_multiply(0.35);
        let (left, right) = (self.x(first).max(self.rect.left()), self.x(last).min(self.rect.right()));
        for side in [self.rect.with_max_x(left), self.rect.with_min_x(right)] {
            if side.width() > 0.0 {
                self.painter.rect_filled(side, 0, shade);
            }
        }
    }

    fn fitting(&self, bar: Rect, texts: &[&str]) {
        let visible = bar.intersect(self.rect);
        for text in texts {
            let galley = self.painter.layout_no_wrap((*text).to_owned(), font(SMALL), self.palette.text);
            if galley.size().x + 6.0 <= visible.width() {
                let ink = if bar.height() > 18.0 { self.palette.ground } else { self.palette.text };
                let place = Align2::CENTER_CENTER.anchor_size(visible.center(), galley.size());
                let galley = self.painter.layout_no_wrap((*text).to_owned(), font(SMALL), ink);
                let mut words = self.words.borrow_mut();
                if self.is_over_a_gap(place) {
                    let plate =
                        if ink == self.palette.ground { self.palette.text } else { self.palette.ground };
                    words.push(Shape::rect_filled(
                        place.expand2(vec2(2.0, 0.0)),
                        2,
                        plate.gamma_multiply(0.85),
                    ));
                }
                words.push(Shape::galley(place.min, galley, ink));
                return;
            }
        }
    }
}
