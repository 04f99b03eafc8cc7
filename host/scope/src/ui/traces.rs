//! Painting pixel columns: one mesh for each lane, every rectangle on whole pixels.

use egui::{Color32, Mesh, Painter, Rect, Shape, pos2};

use crate::columns::{Cell, Cover, Grid, segments};

/// Where the columns of a grid are on the screen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The plot, without the gutter.
    pub(crate) rect: Rect,
    /// Width of a column: one physical pixel, points.
    pub(crate) column: f32,
}

impl Place {
    /// For a plot of `rect`, and how many columns it has.
    pub(crate) fn new(rect: Rect, pixels_per_point: f32) -> (Place, u32) {
        let columns = (rect.width() * pixels_per_point).floor().max(1.0);
        (Place { rect, column: rect.width() / columns }, columns as u32)
    }

    fn x(&self, column: u32) -> f32 {
        self.rect.left() + column as f32 * self.column
    }

    /// Where a tick starts; places far outside are moved near.
    pub(crate) fn x_of(&self, grid: &Grid, tick: u64) -> f32 {
        self.at(grid.fraction(tick))
    }

    /// Where a fraction of the width is; places far outside are moved near.
    pub(crate) fn at(&self, fraction: f64) -> f32 {
        let near = fraction.clamp(-2.0, 3.0);
        self.rect.left() + (near * f64::from(self.rect.width())) as f32
    }
}

/// Draws a line: its level at the top or at the bottom of `lane`, a bar where it changes.
pub(crate) fn line(painter: &Painter, place: &Place, lane: Rect, cells: &[Cell], colour: Color32) {
    const WEIGHT: f32 = 2.0;
    let (top, bottom) = (lane.top().round(), lane.bottom().round());
    let mut mesh = Mesh::default();
    let mut add = |x0: f32, x1: f32, y0: f32, y1: f32| {
        mesh.add_colored_rect(Rect::from_min_max(pos2(x0, y0), pos2(x1, y1)), colour);
    };
    let mut before = Cell::default();
    for (columns, cell) in segments(cells) {
        let (x0, x1) = (place.x(columns.start), place.x(columns.end));
        if cell.changes() {
            add(x0, x1.max(x0 + WEIGHT), top, bottom);
        } else if cell.high {
            add(x0, x1, top, top + WEIGHT);
        } else if cell.low {
            add(x0, x1, bottom - WEIGHT, bottom);
        }
        // A change on the very border of two columns: join the levels, but never over a gap.
        let known = !before.gap && !cell.gap && !before.changes() && !cell.changes();
        if known && ((before.low && cell.high) || (before.high && cell.low)) {
            add(x0 - 0.75, x0 + 0.75, top, bottom);
        }
        before = cell;
    }
    painter.add(Shape::mesh(mesh));
}

/// Draws what was lost over `rect`: tinted, with a solid edge at least two points wide at every zoom.
pub(crate) fn gaps(painter: &Painter, place: &Place, rect: Rect, covers: &[Cover], colour: Color32) {
    let lost: Vec<bool> = covers.iter().map(|c| *c != Cover::None).collect();
    for (columns, _) in segments(&lost).filter(|(_, lost)| *lost) {
        let (x0, x1) = (place.x(columns.start), place.x(columns.end));
        let area = Rect::from_min_max(pos2(x0, rect.top()), pos2(x1.max(x0 + 2.0), rect.bottom()));
        painter.rect_filled(area, 0, colour.gamma_multiply(0.28));
        if area.width() > 8.0 {
            hatch(painter, area, colour.gamma_multiply(0.6));
        }
        for edge in [area.with_max_x(x0 + 2.0), area.with_min_x(area.right() - 2.0)] {
            painter.rect_filled(edge, 0, colour);
        }
    }
}

/// Slanted lines, so that the meaning does not rest on the colour.
pub(crate) fn hatch(painter: &Painter, area: Rect, colour: Color32) {
    const STEP: f32 = 12.0;
    let painter = painter.with_clip_rect(area.intersect(painter.clip_rect()));
    let slant = area.height();
    let mut x = ((area.left() - slant) / STEP).floor() * STEP;
    while x < area.right() {
        let ends = [pos2(x, area.bottom()), pos2(x + slant, area.top())];
        painter.line_segment(ends, egui::Stroke::new(1.5, colour));
        x += STEP;
    }
}
