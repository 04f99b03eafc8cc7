//! The lane of the rail's voltage: envelope as a band, samples at full rate over it, thresholds as lines.

use egui::{Color32, Mesh, Painter, Rect, Shape, Stroke, pos2};
use ichiscope_timeline::{SideLossKind, Window};

use super::canvas::Canvas;
use super::traces::{self, Place};
use super::words;
use crate::columns::segments;
use crate::theme::{SMALL, font};
use crate::view::signed;
use crate::volts::VoltScale;

/// The top of the lane is at least this much, mV.
const LEAST_TOP_MV: f32 = 13_500.0;
/// Height of a threshold's name, points: of those that are nearer to each other one is named.
const NAME: f32 = 11.0;
/// Samples further apart than this get a dot each, points.
const DOTS_FROM: f32 = 7.0;

/// Where a code of the ADC is in the lane.
#[derive(Clone, Copy)]
struct Scale {
    lane: Rect,
    top_mv: f32,
    volts: VoltScale,
}

impl Scale {
    fn y_of_mv(&self, mv: f32) -> f32 {
        self.lane.bottom() - self.lane.height() * (mv / self.top_mv).clamp(0.0, 1.0)
    }

    fn y(&self, code: u16) -> f32 {
        self.y_of_mv(self.volts.mv(code))
    }
}

impl Canvas<'_> {
    /// The rail's voltage; what the ADC lost is hatched in this lane only, since the lines are known there.
    pub(super) fn voltage(&self, lane: Rect) {
        let palette = &self.stage.palette;
        let waveform = self.stage.seen.timeline.waveform();
        let scale = Scale {
            lane: lane.shrink2(egui::vec2(0.0, 6.0)),
            top_mv: self.top_mv(),
            volts: VoltScale::of(&self.stage.seen.analysis.settings),
        };
        self.thresholds(&scale);
        let envelope = self.stage.volts.envelope(waveform.envelopes(), &self.grid);
        band(&self.painter, &self.place, &scale, &envelope, palette.trace.gamma_multiply(0.7), 1.5);
        let samples = self.stage.volts.samples(waveform.windows(), &self.grid);
        band(&self.painter, &self.place, &scale, &samples, palette.trace, 1.5);
        for window in self.windows_to_join() {
            self.line_through(window, &scale);
        }
        self.side_losses(lane, &[SideLossKind::Envelope, SideLossKind::Window]);
    }

    fn top_mv(&self) -> f32 {
        let nominal = self.stage.seen.facts.bench.nominal_mv as f32 * 1.1;
        nominal.max(LEAST_TOP_MV)
    }

    /// The falling levels, as lines with their names at the right.
    fn thresholds(&self, scale: &Scale) {
        let palette = &self.stage.palette;
        let plot = self.place.rect;
        let mut named = f32::NEG_INFINITY;
        for threshold in &self.stage.seen.analysis.settings.thresholds {
            let y = scale.y_of_mv(threshold.falling_mv as f32);
            let colour = palette.weak.gamma_multiply(0.7);
            let ends = [pos2(plot.left(), y), pos2(plot.right(), y)];
            self.painter.extend(Shape::dashed_line(&ends, Stroke::new(1.0, colour), 4.0, 5.0));
            if y - named < NAME {
                continue;
            }
            named = y;
            let name = words::volts(threshold.falling_mv);
            let galley = self.painter.layout_no_wrap(name, font(10.0), palette.text);
            let at = pos2(plot.right() - 4.0 - galley.size().x, y - galley.size().y);
            self.write_on_plate(at, galley, palette.text);
        }
    }

    /// The windows whose samples lie further apart than the columns: few, or they would not be.
    fn windows_to_join(&self) -> impl Iterator<Item = &Window> {
        let view = self.grid.view();
        let column = view.ticks() / u64::from(self.grid.columns());
        let windows = self.stage.seen.timeline.waveform().windows();
        let first = windows.partition_point(|w| signed(w.end_tick()) <= view.first_tick());
        let last = windows.partition_point(|w| signed(w.start_tick) < view.end_tick());
        windows[first..last.max(first)].iter().filter(move |w| w.ticks_per_sample > column)
    }

    fn line_through(&self, window: &Window, scale: &Scale) {
        let view = self.grid.view();
        let step = window.ticks_per_sample.max(1);
        let index = |tick: i64| (tick - signed(window.start_tick)).max(0) as u64 / step;
        let from = index(view.first_tick()).saturating_sub(1) as usize;
        let to = (index(view.end_tick()) as usize + 2).min(window.samples.len());
        let at = |i: usize| pos2(self.x(window.start_tick + i as u64 * step), scale.y(window.samples[i]));
        let points: Vec<egui::Pos2> = (from.min(to)..to).map(at).collect();
        let far = points.windows(2).next().is_some_and(|p| p[1].x - p[0].x >= DOTS_FROM);
        if far {
            for point in &points {
                self.painter.circle_filled(*point, 2.5, self.stage.palette.trace);
            }
        }
        self.painter.line(points, Stroke::new(1.5, self.stage.palette.trace));
    }

    /// What was lost beside the lines.
    pub(super) fn side_losses(&self, lane: Rect, kinds: &[SideLossKind]) {
        let colour = self.stage.palette.gap;
        for loss in self.stage.seen.timeline.side_losses().iter().filter(|l| kinds.contains(&l.kind)) {
            let (x0, x1) = (self.x(loss.start_tick), self.x(loss.end_tick));
            if x1 < self.place.rect.left() || x0 > self.place.rect.right() {
                continue;
            }
            let area = Rect::from_min_max(pos2(x0, lane.top()), pos2(x1.max(x0 + 2.0), lane.bottom()));
            traces::hatch(&self.painter, area, colour.gamma_multiply(0.8));
            let edge = area.with_max_y(area.top() + 3.0);
            self.painter.rect_filled(edge, 0, colour);
            self.fitting(area, &[&format!("{} {} lost", loss.count, loss.kind.name())], SMALL, colour);
        }
    }
}

/// A band from the least to the greatest of each column, never thinner than `weight`, joined to its neighbour where both are
/// known.
fn band(
    painter: &Painter,
    place: &Place,
    scale: &Scale,
    cells: &[Option<(u16, u16)>],
    colour: Color32,
    weight: f32,
) {
    let mut mesh = Mesh::default();
    let mut before: Option<(u16, u16)> = None;
    for (columns, cell) in segments(cells) {
        if let Some((least, greatest)) = cell {
            // Columns that have no value in common are joined, so that a fast edge is a line and not a jump.
            let (low, high) = match before {
                Some((_, high)) if high < least => (high, greatest),
                Some((low, _)) if low > greatest => (least, low),
                _ => (least, greatest),
            };
            let (top, bottom) = (scale.y(high), scale.y(low));
            let middle = (top + bottom) / 2.0;
            let half = ((bottom - top) / 2.0).max(weight / 2.0);
            let x = |c: u32| place.rect.left() + c as f32 * place.column;
            let area = Rect::from_min_max(
                pos2(x(columns.start), middle - half),
                pos2(x(columns.end), middle + half),
            );
            mesh.add_colored_rect(area, colour);
        }
        before = cell;
    }
    painter.add(Shape::mesh(mesh));
}
