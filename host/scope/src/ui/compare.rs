//! Several captures: stacked on a common axis with the differences of their phases, or as small multiples, worst first.

use std::cell::RefCell;

use egui::{
    Align2, CentralPanel, Event, Frame, Id, Panel, Rect, RichText, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::lens::Lens;
use super::table::{self, Text};
use super::{Scene, keys, words};
use crate::columns::Grid;
use crate::compare::{Align, Comparison, Run};
use crate::epoch::Origin;
use crate::message::Message;
use crate::model::CompareView;
use crate::theme::{BODY, SMALL, font};
use crate::time;
use crate::ui::axis;
use crate::view::{Anchor, signed};

const NS: u64 = 1_000_000_000;
const GUTTER: f32 = 190.0;
const PHASE_ROW: f32 = 18.0;
const OUTAGE_ROW: f32 = 26.0;
const AXIS: f32 = 30.0;
/// Least size of a small multiple, points, and how much higher it becomes where there is room.
const CARD: egui::Vec2 = vec2(292.0, 104.0);
const CARD_GROWS: f32 = 1.6;
const CARD_AIR: f32 = 8.0;

/// Shows the comparison in what is left of the window.
pub(super) fn show(
    ui: &mut Ui,
    scene: &Scene<'_>,
    all: &Comparison,
    view: &CompareView,
    out: &mut Vec<Message>,
) {
    bar(ui, scene, all, view, out);
    if view.multiples {
        multiples(ui, scene, all, view, out);
    } else {
        differences(ui, scene, all, out, view.reference);
        stacked(ui, scene, all, view, out);
    }
}

fn bar(ui: &mut Ui, scene: &Scene<'_>, all: &Comparison, view: &CompareView, out: &mut Vec<Message>) {
    Panel::top("comparison").show(ui, |ui| {
        ui.add_space(3.0);
        ui.horizontal(|ui| {
            if ui.button("Close comparison").on_hover_text("(K)").clicked() {
                out.push(Message::CloseComparison);
            }
            ui.label("aligned on");
            for align in Align::ALL {
                if ui.selectable_label(view.align == align, align.name()).clicked() {
                    out.push(Message::AlignOn(align));
                }
            }
            ui.separator();
            for (label, multiples) in [("Stacked", false), ("Small multiples", true)] {
                if ui.selectable_label(view.multiples == multiples, label).clicked() {
                    out.push(Message::AsMultiples(multiples));
                }
            }
            ui.separator();
            let state = if all.is_complete() {
                format!("{} captures, worst: {}", all.runs.len(), worst(all))
            } else {
                format!("reading {} of {}", all.runs.len() + all.failed.len(), all.total)
            };
            ui.label(RichText::new(state).strong());
        });
        for (name, why) in &all.failed {
            let text = format!("{name} could not be read, so nothing is known of it: {why}");
            ui.label(RichText::new(text).color(scene.palette.bad));
        }
        ui.add_space(3.0);
    });
}

/// The worst run decides, and one that cannot be read is INCONCLUSIVE.
fn worst(all: &Comparison) -> String {
    let unread = (!all.failed.is_empty()).then_some(ichiscope_verdict::Verdict::Inconclusive);
    let verdicts = all.runs.iter().map(|r| r.analysis.verdict).chain(unread);
    verdicts.max().map_or_else(|| "none".to_owned(), |v| v.to_string())
}

fn lens<'a>(ui: &Ui, scene: &Scene<'_>, run: &'a Run, view: &CompareView, rect: Rect) -> Option<Lens<'a>> {
    let event = run.event(view.align)?;
    run.analysis.tick_hz?;
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let (palette, words) = (scene.palette, RefCell::default());
    Some(Lens { run, event, view: view.view, rect, painter, palette, words })
}

fn stacked(ui: &mut Ui, scene: &Scene<'_>, all: &Comparison, view: &CompareView, out: &mut Vec<Message>) {
    let frame = Frame::new().fill(scene.palette.ground);
    CentralPanel::default().frame(frame).show(ui, |ui| {
        let rect = ui.available_rect_before_wrap();
        let body = rect.with_max_y(rect.bottom() - AXIS);
        let plot = body.with_min_x(body.left() + GUTTER);
        pointer(ui, plot, view, out);
        ruler(ui, scene, plot.with_min_y(body.bottom()).with_max_y(rect.bottom()), body, view);
        ui.scope_builder(egui::UiBuilder::new().max_rect(body), |ui| {
            ScrollArea::vertical()
                .auto_shrink(false)
                .scroll_source(egui::scroll_area::ScrollSource::SCROLL_BAR)
                .show(ui, |ui| {
                    for run in &all.runs {
                        row(ui, scene, run, view, out);
                    }
                });
        });
    });
}

fn row(ui: &mut Ui, scene: &Scene<'_>, run: &Run, view: &CompareView, out: &mut Vec<Message>) {
    let rows = run.digest.phases.rows.len().max(1) as f32;
    let height = rows * PHASE_ROW + OUTAGE_ROW + 18.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let palette = &scene.palette;
    let gutter = rect.with_max_x(rect.left() + GUTTER - 8.0);
    let response = ui.interact(gutter, Id::unique(("compared", &run.path)), Sense::click());
    let spoken = format!("Open {}, {}", run.name, run.analysis.verdict);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
    if response.hovered() {
        ui.painter().rect_filled(gutter, 3, palette.card);
    }
    if response.clicked() {
        out.push(Message::Open(run.path.clone()));
    }
    let painter = ui.painter().with_clip_rect(gutter.intersect(ui.clip_rect()));
    painter.text(gutter.left_top() + vec2(8.0, 8.0), Align2::LEFT_TOP, &run.name, font(BODY), palette.text);
    let verdict = run.analysis.verdict;
    let at = gutter.left_top() + vec2(8.0, 28.0);
    painter.text(at, Align2::LEFT_TOP, verdict.name(), font(BODY), palette.verdict(verdict));
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, palette.rule));
    let plot = rect.with_min_x(rect.left() + GUTTER);
    match lens(ui, scene, run, view, plot) {
        Some(lens) => {
            lens.outside();
            lens.phases(plot.top() + 6.0, PHASE_ROW);
            let top = plot.top() + 8.0 + rows * PHASE_ROW;
            lens.outages(top, top + OUTAGE_ROW);
            lens.gaps();
        }
        None => nothing_to_align(ui, scene, view, plot),
    }
}

/// The common axis: seconds from the event.
fn ruler(ui: &Ui, scene: &Scene<'_>, rect: Rect, body: Rect, view: &CompareView) {
    let palette = &scene.palette;
    let grid = Grid::new(view.view, rect.width().max(1.0) as u32);
    let origin = Origin { tick: 0, ns: 0, is_daytime: false };
    let painter = ui.painter().with_clip_rect(rect.union(body).with_min_x(rect.left()));
    for mark in axis::marks(&grid, Some(NS), &origin, f64::from(90.0 / rect.width().max(1.0))) {
        let x = rect.left() + (mark.at * f64::from(rect.width())) as f32;
        painter.vline(x, body.y_range(), Stroke::new(1.0, palette.rule.gamma_multiply(0.5)));
        painter.text(pos2(x, rect.top() + 8.0), Align2::CENTER_TOP, mark.label, font(BODY), palette.text);
    }
    let zero = rect.left() + (grid.signed_fraction(0) * f64::from(rect.width())) as f32;
    painter.vline(zero, body.top()..=rect.top() + 6.0, Stroke::new(1.5, palette.cursor));
    let text = format!("from {}", view.align.name());
    let at = pos2(body.left() + 8.0, rect.center().y);
    ui.painter().text(at, Align2::LEFT_CENTER, text, font(SMALL), palette.weak);
}

fn pointer(ui: &Ui, plot: Rect, view: &CompareView, out: &mut Vec<Message>) {
    let response = ui.interact(plot, Id::unique("compared axis"), Sense::click_and_drag());
    let from = time::brief(view.view.first_tick(), Some(NS));
    let to = time::brief(view.view.end_tick(), Some(NS));
    response
        .widget_info(|| WidgetInfo::labeled(Role::Canvas, true, format!("Comparison from {from} to {to}")));
    if response.dragged() {
        let moved = f64::from(response.drag_delta().x / plot.width()) * view.view.ticks() as f64;
        out.push(Message::Pan(-(moved.round() as i64)));
    }
    if response.double_clicked() {
        out.push(Message::Fit);
    }
    let Some(at) = response.hover_pos() else { return };
    let anchor = Anchor::from_fraction(f64::from((at.x - plot.left()) / plot.width()));
    ui.input(|input| {
        for event in &input.events {
            let Event::MouseWheel { unit, delta, modifiers, .. } = event else { continue };
            if keys::wheel_pans(*modifiers) {
                let notch = signed(view.view.ticks() / 20).max(1);
                out.push(Message::Pan(-notch * i64::from(keys::wheel_steps(*unit, delta.y).signum())));
            } else {
                out.push(Message::Zoom { steps: keys::wheel_steps(*unit, delta.y), anchor });
            }
        }
    });
}

/// How long each phase and the outage lasted in each run, and how much more than in the run they are compared with.
fn differences(ui: &mut Ui, scene: &Scene<'_>, all: &Comparison, out: &mut Vec<Message>, reference: usize) {
    let width = (ui.ctx().content_rect().width() * 0.3).clamp(396.0, 520.0);
    Panel::right("differences").exact_size(width).resizable(false).show(ui, |ui| {
        let Some(first) = all.runs.get(reference).or(all.runs.first()) else { return };
        ui.add_space(4.0);
        let heading = format!("DURATIONS, AND DIFFERENCES TO {}", first.name);
        ui.label(RichText::new(heading).size(SMALL).strong().color(scene.palette.weak));
        ui.label(
            RichText::new("a click on a row compares with that capture")
                .size(SMALL)
                .color(scene.palette.weak),
        );
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(ui.available_width() - 10.0);
            group(ui, scene, all, out, "OUTAGE", first, &|run| {
                let outage = &run.analysis.outages[run.decisive()?];
                Some((outage.duration_ns, !outage.is_open()))
            });
            for kind in all.phases() {
                group(ui, scene, all, out, kind.name(), first, &|run| run.phase_ns(kind));
            }
        });
    });
}

fn group(
    ui: &mut Ui,
    scene: &Scene<'_>,
    all: &Comparison,
    out: &mut Vec<Message>,
    name: &str,
    first: &Run,
    length: &dyn Fn(&Run) -> Option<(u64, bool)>,
) {
    let palette = &scene.palette;
    ui.add_space(4.0);
    ui.label(RichText::new(name).color(palette.text));
    ui.spacing_mut().item_spacing.y = 0.0;
    let base = length(first);
    for (index, run) in all.runs.iter().enumerate() {
        let duration = length(run)
            .map_or_else(|| "-".to_owned(), |length| seconds(length, run.analysis.settings.limit_ns));
        let difference = match (length(run), base) {
            (Some((ns, true)), Some((base, true))) if run.path != first.path => {
                time::signed_seconds(signed(ns) - signed(base), 3)
            }
            _ => String::new(),
        };
        let texts = [
            Text { at: 0.03, is_number: false, text: &shortened(&run.name), colour: palette.weak },
            Text { at: 0.72, is_number: true, text: &duration, colour: palette.text },
            Text { at: 1.0, is_number: true, text: &difference, colour: palette.text },
        ];
        let spoken = format!("{name} of {}: {duration} {difference}", run.name);
        if table::row(ui, palette, &texts, &spoken, run.path == first.path).clicked() {
            out.push(Message::CompareWith(index));
        }
    }
    ui.spacing_mut().item_spacing.y = 5.0;
}

fn seconds((ns, whole): (u64, bool), limit_ns: u64) -> String {
    let text = time::seconds_by_limit(signed(ns), Some(NS), 3, limit_ns);
    if whole { text } else { format!("\u{2265} {text}") }
}

fn shortened(name: &str) -> String {
    const MOST: usize = 26;
    let count = name.chars().count();
    if count <= MOST {
        name.to_owned()
    } else {
        format!("\u{2026}{}", name.chars().skip(count - MOST).collect::<String>())
    }
}

/// A capture without the event that the others are aligned on.
fn nothing_to_align(ui: &Ui, scene: &Scene<'_>, view: &CompareView, plot: Rect) {
    let text = format!("no {} in this capture", view.align.name());
    let at = plot.left_center() + vec2(8.0, 0.0);
    let galley = ui.painter().layout_no_wrap(text, font(SMALL), scene.palette.weak);
    let place = Align2::LEFT_CENTER.anchor_size(at, galley.size());
    // On a plate: the others' event may lie here.
    ui.painter().rect_filled(place.expand2(vec2(3.0, 0.0)), 2, scene.palette.ground);
    ui.painter().galley(place.min, galley, scene.palette.weak);
}

/// How many cards beside each other: as few as fit below each other too, so that each is as large as it can be.
fn across(count: usize, room: egui::Vec2) -> usize {
    let most = ((room.x / (CARD.x + CARD_AIR)) as usize).max(1);
    let fits = |across: &usize| {
        let height = CARD.y * room.x / *across as f32 / CARD.x;
        count.div_ceil(*across) as f32 * (height + CARD_AIR) <= room.y
    };
    (1..most).find(fits).unwrap_or(most)
}

/// Cards of equal size and scale, worst first; a click opens the capture.
fn multiples(ui: &mut Ui, scene: &Scene<'_>, all: &Comparison, view: &CompareView, out: &mut Vec<Message>) {
    let frame = Frame::new().fill(scene.palette.ground).inner_margin(8);
    CentralPanel::default().frame(frame).show(ui, |ui| {
        let runs = all.worst_first();
        let across = across(runs.len(), ui.available_size());
        let rows = runs.len().div_ceil(across);
        ui.spacing_mut().item_spacing = vec2(CARD_AIR, CARD_AIR);
        let share = |room: f32, count: usize| room / count.max(1) as f32 - CARD_AIR;
        let width = share(ui.available_width(), across);
        let least = CARD.y * (width / CARD.x).max(1.0);
        let size = vec2(width, share(ui.available_height(), rows).clamp(least, least * CARD_GROWS));
        ScrollArea::vertical().auto_shrink(false).show_rows(ui, size.y, rows, |ui, range| {
            for row in range {
                ui.horizontal(|ui| {
                    for run in runs.iter().skip(row * across).take(across) {
                        card(ui, scene, run, view, size, out);
                    }
                });
            }
        });
    });
}

fn card(
    ui: &mut Ui,
    scene: &Scene<'_>,
    run: &Run,
    view: &CompareView,
    size: egui::Vec2,
    out: &mut Vec<Message>,
) {
    let palette = &scene.palette;
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let verdict = run.analysis.verdict;
    let longest = run.decisive().map(|i| words::duration(&run.analysis.outages[i], run.analysis.tick_hz, 3));
    let longest = longest.unwrap_or_else(|| words::no_outage(&run.analysis).to_owned());
    let spoken = format!("Open {}, {verdict}, {longest}", run.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
    ui.painter().rect_filled(rect, 4, palette.panel);
    let edge = if response.hovered() { palette.chosen } else { palette.rule };
    ui.painter().rect_stroke(rect, 4, Stroke::new(1.0, edge), StrokeKind::Inside);
    let head = Rect::from_min_size(rect.min, vec2(rect.width(), 24.0));
    ui.painter().rect_filled(head.with_max_x(rect.left() + 8.0), 4, palette.verdict(verdict));
    let painter = ui.painter().with_clip_rect(rect.shrink(4.0).intersect(ui.clip_rect()));
    painter.text(
        head.left_center() + vec2(14.0, 0.0),
        Align2::LEFT_CENTER,
        shortened(&run.name),
        font(SMALL),
        palette.text,
    );
    let at = pos2(rect.left() + 14.0, rect.top() + 34.0);
    let words = format!("{verdict}   {longest}");
    painter.text(at, Align2::LEFT_CENTER, words, font(SMALL), palette.verdict(verdict));
    let plot = Rect::from_min_max(pos2(rect.left() + 8.0, rect.top() + 46.0), rect.max - vec2(8.0, 8.0));
    match lens(ui, scene, run, view, plot) {
        Some(lens) => {
            lens.outside();
            let rows = run.digest.phases.rows.len().max(1) as f32;
            let room = plot.height() - 34.0;
            lens.phases(plot.top(), (room / rows).min(PHASE_ROW));
            lens.outages(plot.bottom() - 22.0, plot.bottom() - 2.0);
            lens.gaps();
        }
        None => nothing_to_align(ui, scene, view, plot),
    }
    if response.clicked() {
        out.push(Message::Open(run.path.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_use_the_room_there_is() {
        let (small, large) = (vec2(1264.0, 690.0), vec2(1904.0, 970.0));
        assert_eq!([1, 7, 14, 100, 1000].map(|count| across(count, small)), [1, 3, 4, 4, 4]);
        assert_eq!([1, 7, 14, 24, 1000].map(|count| across(count, large)), [1, 3, 4, 5, 6]);
        assert_eq!(across(5, vec2(100.0, 100.0)), 1);
    }
}
