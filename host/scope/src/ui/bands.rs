//! Phases and outages: bands through all lanes, labelled bars, and the ruler of the limit with its guard band.

use egui::{Align2, Pos2, Rect, Stroke, StrokeKind, pos2, vec2};
use ichiscope_verdict::{Phase, Settings};

use super::canvas::Canvas;
use super::lanes::{outage_bars, phase_rows};
use super::words;
use crate::interval::{Interval, touching};
use crate::running::Running;
use crate::theme::{BODY, SMALL, font};
use crate::time;
use crate::view::signed;

/// Words are not written smaller, points.
const LEAST_WORDS: f32 = 9.0;
/// So many outages in view have a ruler each; of more only those that matter.
const MOST_RULERS: usize = 6;
/// An outage's bar is never narrower, points: its colour is to be seen, within the frame of the chosen one too.
const LEAST_BAR: f32 = 4.0;
/// Height of one of two rows of rulers, points, if there is room.
const RULER_ROW: f32 = 19.0;
/// Of a band of phases that is no wider one stands for all, points.
const NARROW: f32 = 3.0;

impl Canvas<'_> {
    /// Tints through all lanes: phases faintly, outages so that they are seen at once.
    pub(super) fn bands(&self, plot: Rect) {
        for band in self.stage.digest.phases.rows.iter().flat_map(|row| self.in_view(row)) {
            let tint = self.bar(&band, plot);
            for phase in self.phases_of(&band) {
                let colour = self.stage.palette.phase(phase.kind);
                let area = self.bar(&ticks_of(phase), plot);
                self.painter.rect_filled(area, 0, colour.gamma_multiply(0.06));
                for x in [area.left(), area.right()] {
                    self.painter.vline(x, plot.y_range(), Stroke::new(1.0, colour.gamma_multiply(0.45)));
                }
                if tint.width() <= NARROW {
                    break;
                }
            }
        }
        for interval in self.in_view(self.stage.digest.highest()) {
            let colour = self.stage.palette.verdict(self.outage(&interval).verdict);
            self.painter.rect_filled(self.bar(&interval, plot), 0, colour.gamma_multiply(0.13));
        }
    }

    fn phases_of<'b>(&'b self, band: &Interval) -> impl Iterator<Item = &'b Phase> + use<'b> {
        let members = self.stage.digest.phases.members(band).iter();
        members.map(|index| &self.stage.seen.analysis.phases[*index])
    }

    /// The rows of phases: each row's place, and what is in view of it.
    fn phase_bars(&self, lane: Rect) -> impl Iterator<Item = (Rect, Vec<Interval>)> {
        let height = lane.height() / phase_rows(self.stage) as f32;
        self.stage.digest.phases.rows.iter().enumerate().map(move |(i, row)| {
            let top = lane.top() + i as f32 * height;
            let place = Rect::from_min_max(pos2(lane.left(), top), pos2(lane.right(), top + height));
            (place, self.in_view(row))
        })
    }

    /// A band for each phase; where several sources tell it, one upon the other.
    pub(super) fn phases(&self, lane: Rect) {
        let palette = &self.stage.palette;
        for (place, bands) in self.phase_bars(lane) {
            let (air, size) = match place.height() {
                height if height < SMALL + 7.0 => (1.0, height - 3.0),
                _ => (3.0, SMALL),
            };
            let place = place.with_max_y(place.bottom() - air);
            let mut taken = f32::NEG_INFINITY;
            for (i, band) in bands.iter().enumerate() {
                let bar = self.bar(band, place);
                for phase in self.phases_of(band) {
                    let (part, colour) = (self.bar(&ticks_of(phase), place), palette.phase(phase.kind));
                    self.painter.rect_filled(part, 3, colour.gamma_multiply(0.3));
                    self.painter.rect_stroke(part, 3, Stroke::new(1.0, colour), StrokeKind::Inside);
                    if bar.width() <= NARROW {
                        break;
                    }
                }
                if size < LEAST_WORDS {
                    continue;
                }
                let next = bands.get(i + 1).map_or(self.place.rect.right(), |n| self.x(n.start));
                let names = self.names(band);
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                if !self.fitting(bar, &names, size, palette.text) {
                    taken = self.beside(bar, next, taken, &names[1..], size);
                }
            }
        }
        if self.stage.digest.phases.rows.is_empty() {
            let at = pos2(lane.left() + 8.0, lane.center().y);
            let text = self.stage.or_being_read("no phase was marked");
            self.painter.text(at, Align2::LEFT_CENTER, text, font(SMALL), palette.weak);
        }
    }

    /// The names of a band's phase, with duration first, then shorter and shorter. Where sources differ: from the shortest to the longest.
    fn names(&self, band: &Interval) -> [String; 3] {
        let hz = self.stage.tick_hz();
        let ticks = || self.phases_of(band).map(|p| signed(p.ticks()));
        let (least, most) = (ticks().min().unwrap_or(0), ticks().max().unwrap_or(0));
        let (least, most) = (time::brief(least, hz), time::brief(most, hz));
        let kind = self.stage.seen.analysis.phases[self.stage.digest.phases.members(band)[0]].kind;
        let name = kind.name();
        let full =
            if least == most { format!("{name}  {most}") } else { format!("{name}  {least} to {most}") };
        [full, name.to_owned(), words::short(kind).to_owned()]
    }

    /// What is said of the phases at a place of their lane, each in a line.
    pub(super) fn phases_at(&self, lane: Rect, at: Pos2) -> Option<String> {
        let bands = self.phase_bars(lane).filter(|(place, _)| place.y_range().contains(at.y));
        let (place, bands) = bands.last()?;
        let near = |band: &&Interval| self.bar(band, place).expand2(vec2(2.0, 0.0)).x_range().contains(at.x);
        let band = bands.iter().find(near)?;
        Some(self.phases_of(band).map(|p| words::phase(self.stage, p)).collect::<Vec<_>>().join("\n"))
    }

    /// Bars with durations and verdicts, and below each the ruler of the limit with its guard band.
    pub(super) fn outages(&self, lane: Rect) {
        let palette = &self.stage.palette;
        let bars = outage_bars(lane);
        let rulers = bars.bottom();
        let ruler_row = ((lane.bottom() - rulers) / 2.0).min(RULER_ROW);
        let bars = bars.shrink2(vec2(0.0, 5.0));
        let all = self.in_view(self.stage.digest.highest());
        let mut words_end = f32::NEG_INFINITY;
        let mut ruler_end = [f32::NEG_INFINITY; 2];
        for (i, interval) in all.iter().enumerate() {
            let outage = self.outage(interval);
            let colour = palette.verdict(outage.verdict);
            let bar = self.bar(interval, bars);
            let bar = bar.with_max_x(bar.right().max(bar.left() + LEAST_BAR));
            self.painter.rect_filled(bar, 3, colour);
            let is_chosen = self.stage.outage().is_some_and(|(index, _)| index == interval.index);
            if is_chosen {
                let stroke = Stroke::new(2.0, palette.chosen);
                self.painter.rect_stroke(bar.expand(2.0), 4, stroke, StrokeKind::Inside);
            }
            let duration = words::duration(outage, self.stage.tick_hz(), 3);
            let full = format!("{duration}  {}", outage.verdict);
            let lines = format!("{duration}\n{}", outage.verdict);
            let brief = words::duration(outage, self.stage.tick_hz(), 1);
            let small = format!("{brief}\n{}", outage.verdict);
            let low = format!("{brief} {}", outage.verdict);
            if !self.fitting(bar, &[&full], 22.0, palette.ground)
                && !self.fitting(bar, &[&lines], BODY, palette.ground)
                && !self.fitting(bar, &[&small, &low], SMALL, palette.ground)
            {
                let next = all.get(i + 1).map_or(self.place.rect.right(), |n| self.x(n.start));
                words_end = self.beside(bar, next, words_end, &[&full, &duration], BODY);
            }
            let is_running = self.running.is_some_and(|r| r.index == interval.index);
            let row = usize::from(self.x(interval.start) < ruler_end[0]);
            let has_room = self.x(interval.start) >= ruler_end[row];
            if has_room && (all.len() <= MOST_RULERS || is_chosen || is_running) {
                let top = rulers + ruler_row * row as f32;
                ruler_end[row] = self.limit_ruler(interval.index, top, ruler_row, ruler_end[row]);
            }
        }
        for interval in
            touching(&self.stage.digest.merged, self.grid.view().first_tick(), self.grid.view().end_tick())
        {
            let bracket = self.bar(interval, bars);
            self.painter.hline(bracket.x_range(), lane.top() + 2.0, Stroke::new(2.0, palette.weak));
        }
        if self.stage.digest.highest().is_empty() {
            let at = pos2(lane.left() + 8.0, lane.center().y);
            let text = self.stage.or_being_read(words::no_outage(self.stage.seen.analysis));
            self.painter.text(at, Align2::LEFT_CENTER, text, font(BODY), palette.weak);
        }
    }

    /// Writes beside a bar that is too narrow for words, if there is room. Gives where the words end.
    fn beside(&self, bar: Rect, next: f32, taken: f32, texts: &[&str], size: f32) -> f32 {
        let colour = self.stage.palette.text;
        for text in texts {
            let galley = self.painter.layout_no_wrap((*text).to_owned(), font(size), colour);
            let left = bar.right() + 6.0;
            if left > taken && left + galley.size().x < next - 4.0 && left < self.place.rect.right() {
                let end = left + galley.size().x;
                self.write(pos2(left, bar.center().y - galley.size().y / 2.0), galley, colour);
                return end;
            }
        }
        taken
    }

    /// From the outage's start to the limit, with the guard band around the limit; filled as far as a running outage has
    /// come, in a row of that height. Left of `free` others are written. Gives where it ends.
    fn limit_ruler(&self, index: usize, top: f32, row: f32, free: f32) -> f32 {
        let palette = &self.stage.palette;
        let outage = &self.stage.seen.analysis.outages[index];
        let running = self.running.filter(|r| r.index == index);
        let settings = &self.stage.seen.analysis.settings;
        let ticks = |ns: u64| self.ticks_of(ns);
        let limit = outage.start_tick.saturating_add(ticks(settings.limit_ns));
        let guard = ticks(outage.expanded_uncertainty_ns);
        let (x0, x1) = (self.x(outage.start_tick), self.x(limit));
        if x1 - x0 < 24.0 {
            return x1;
        }
        let y = top + row * 8.0 / RULER_ROW;
        let stroke = Stroke::new(2.0, palette.weak);
        self.painter.hline(x0..=x1, y, stroke);
        self.painter.vline(x0, y - 5.0..=y + 5.0, stroke);
        if let Some(running) = running {
            let so_far = Rect::from_min_max(pos2(x0, y - 4.0), pos2(self.x(running.now), y + 4.0));
            self.painter.rect_filled(so_far, 0, palette.playhead);
        }
        let (g0, g1) = (self.x(limit.saturating_sub(guard)), self.x(limit.saturating_add(guard)));
        let band = Rect::from_min_max(pos2(g0.min(x1 - 1.5), y - 7.0), pos2(g1.max(x1 + 1.5), y + 7.0));
        self.painter.rect_filled(band, 0, palette.bad);
        let label = ruler_label(settings, running);
        let galley = self.painter.layout_no_wrap(label, font(SMALL), palette.text);
        let size = galley.size();
        let right = band.right() + 5.0;
        let fits = right + size.x <= self.place.rect.right();
        let corner = pos2(if fits { right } else { band.left() - 5.0 - size.x }, y - size.y / 2.0);
        if fits {
            self.write(corner, galley, palette.text);
        } else if corner.x > free.max(self.place.rect.left()) {
            self.write_on_plate(corner, galley, palette.text);
        }
        if guard > 0 && band.width() > 40.0 {
            let text = format!("\u{00B1} {}", time::brief_ns(i128::from(outage.expanded_uncertainty_ns)));
            self.fitting(band, &[&text], SMALL, palette.ground);
        }
        right + 5.0 + size.x
    }

    fn ticks_of(&self, ns: u64) -> u64 {
        let hz = u128::from(self.stage.tick_hz().unwrap_or(0));
        u64::try_from(u128::from(ns) * hz / 1_000_000_000).unwrap_or(u64::MAX / 4)
    }
}

const fn ticks_of(phase: &Phase) -> Interval {
    Interval { index: 0, start: phase.start_tick, end: phase.end_tick }
}

/// The limit, and what is left of it while an outage runs.
fn ruler_label(settings: &Settings, running: Option<Running>) -> String {
    let limit = words::limit(settings);
    let seconds = |ns: i64| time::seconds(ns, Some(1_000_000_000), 1);
    match running.map(|r| r.left_ns) {
        None => format!("{limit} limit"),
        Some(left) if left > 0 => format!("{limit} limit, {} left", seconds(left)),
        Some(left) => format!("{limit} limit, {} over", seconds(-left)),
    }
}
