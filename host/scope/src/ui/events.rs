//! The lane of events that other systems told: a mark at each, told by its shape, with how far it may be off.

use std::fmt::Write as _;

use egui::{Color32, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use ichiscope_verdict::ToldEvent;

use super::canvas::Canvas;
use super::lanes::{Lane, Placed};
use super::{Stage, words};
use crate::events::Mark;
use crate::message::Message;
use crate::theme::{SMALL, font};

/// Events nearer to each other than this are one mark, points: room for its count.
const APART: f32 = 30.0;
/// Half a mark's width and height, points.
const HALF: f32 = 7.0;
/// Size of a mark's count, points.
const COUNT: f32 = 12.0;
/// Half the height of the bar that says where an event may be, points; its ends are twice as high. It lies below marks and words.
const REACH: f32 = 1.5;
const BELOW: f32 = 3.5;
/// So many events of a mark are named where the pointer is.
const MOST_NAMED: usize = 8;

impl Canvas<'_> {
    /// The marks in view.
    fn event_marks(&self) -> Vec<Mark> {
        let apart = f64::from(APART / self.place.rect.width()) * self.grid.view().ticks() as f64;
        self.stage.digest.events.marks(self.grid.view(), apart as u64)
    }

    /// An alert AD1 is a triangle, several events are their number, with a roof if AD1 is among them; another event is a diamond.
    pub(super) fn events(&self, lane: Rect) {
        let palette = &self.stage.palette;
        let marks = self.event_marks();
        for (i, mark) in marks.iter().enumerate() {
            let colour = if mark.has_ad1 { palette.bad } else { palette.text };
            let area = self.mark_area(mark, lane);
            self.reach(mark, lane, colour);
            if mark.count() > 1 {
                self.numbered(mark, area, colour);
            } else {
                self.words.borrow_mut().push(sign(area, mark.has_ad1, colour));
            }
            let next = marks.get(i + 1).map_or(self.place.rect.right(), |m| self.mark_area(m, lane).left());
            self.named(mark, area, next);
        }
    }

    fn mark_area(&self, mark: &Mark, lane: Rect) -> Rect {
        let half = if mark.count() > 1 { APART / 2.0 - 1.0 } else { HALF };
        let middle = (self.x(mark.tick) + self.x(mark.last)) / 2.0;
        Rect::from_center_size(pos2(middle, lane.center().y - 1.0), vec2(2.0 * half, 2.0 * HALF))
    }

    /// From the first to the last place where it may be.
    fn reach(&self, mark: &Mark, lane: Rect, colour: Color32) {
        let (x0, x1) = (self.x(mark.from), self.x(mark.to.saturating_add(1)));
        let y = lane.bottom() - BELOW;
        let bar = Rect::from_min_max(pos2(x0, y - REACH), pos2(x1.max(x0 + 1.0), y + REACH));
        self.painter.rect_filled(bar, 0, colour.gamma_multiply(0.45));
        for x in [x0, x1] {
            self.painter.vline(x, y - 2.0 * REACH..=y + 2.0 * REACH, Stroke::new(1.0, colour));
        }
    }

    fn numbered(&self, mark: &Mark, area: Rect, colour: Color32) {
        let ground = self.stage.palette.ground;
        let galley = self.painter.layout_no_wrap(number(mark.count()), font(COUNT), ground);
        let at = area.center() - galley.size() / 2.0;
        let mut words = self.words.borrow_mut();
        words.push(Shape::rect_filled(area, 3, colour));
        if mark.has_ad1 {
            let roof = area.with_max_y(area.top()).with_min_y(area.top() - 5.0).shrink2(vec2(4.0, 0.0));
            words.push(sign(roof, true, colour));
        }
        words.push(Shape::galley(at, galley, ground));
    }

    /// The codes beside a mark, with the meaning of a single one, as far as there is room before the next mark.
    fn named(&self, mark: &Mark, area: Rect, next: f32) {
        let palette = &self.stage.palette;
        let events = &self.stage.seen.analysis.events;
        let mut codes = self.stage.digest.events.indices(mark).map(|index| events[index].code);
        let texts = match mark.count() {
            1 => codes.next().map(|code| vec![format!("{code} {}", code.meaning()), code.to_string()]),
            2..=4 => Some(vec![codes.map(|c| c.to_string()).collect::<Vec<_>>().join(", ")]),
            _ => None,
        };
        let mut texts = texts.unwrap_or_default();
        if mark.has_ad1 && mark.count() > 1 {
            texts.push("with AD1".to_owned());
            texts.push("AD1".to_owned());
        }
        let left = area.right() + 4.0;
        for text in texts {
            let galley = self.painter.layout_no_wrap(text, font(SMALL), palette.text);
            if left >= self.place.rect.left() && left + galley.size().x < next - 4.0 {
                let at = pos2(left, area.center().y - galley.size().y / 2.0);
                self.write(at, galley, palette.text);
                return;
            }
        }
    }

    /// What the pointer and a screen reader are told of each mark; a click shows the event with what is around it.
    pub(super) fn event_buttons(&self, ui: &Ui, placed: &[Placed], out: &mut Vec<Message>) {
        let Some(lane) = placed.iter().find(|p| p.lane == Lane::Events) else { return };
        for mark in self.event_marks() {
            let (x0, x1) = (self.x(mark.from), self.x(mark.to.saturating_add(1)));
            let mark_area = self.mark_area(&mark, lane.rect);
            let reach = mark_area.with_min_x(x0.min(mark_area.left())).with_max_x(x1.max(mark_area.right()));
            let area = reach.with_max_y(lane.rect.bottom()).intersect(self.place.rect);
            if !area.is_positive() {
                continue;
            }
            let id = ui.scope_id().with(("event", mark.tick, mark.count()));
            let response = ui.interact(area, id, Sense::click());
            let spoken = spoken(self.stage, &mark);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
            if response.on_hover_text(&spoken).clicked() {
                let middle = mark.tick + (mark.last - mark.tick) / 2;
                let tick = if mark.count() > 1 { middle } else { mark.tick };
                let uncertainty_ticks = (tick - mark.from.min(tick)).max(mark.to.max(tick) - tick);
                out.push(Message::LookAt { tick, uncertainty_ticks });
            }
        }
    }
}

/// A triangle, or a diamond.
fn sign(area: Rect, is_triangle: bool, colour: Color32) -> Shape {
    let corners = if is_triangle {
        vec![area.center_top(), area.right_bottom(), area.left_bottom()]
    } else {
        vec![area.center_top(), area.right_center(), area.center_bottom(), area.left_center()]
    };
    Shape::convex_polygon(corners, colour, Stroke::NONE)
}

fn number(count: usize) -> String {
    if count < 1000 { count.to_string() } else { "999+".to_owned() }
}

/// What is said of the events of a mark, each in a line.
fn spoken(stage: &Stage<'_>, mark: &Mark) -> String {
    let events = &stage.seen.analysis.events;
    let mut text = String::new();
    if mark.count() > 1 {
        let _ = writeln!(text, "{} events, nearer to each other than can be shown here:", mark.count());
    }
    for index in stage.digest.events.indices(mark).take(MOST_NAMED) {
        let _ = writeln!(text, "{}", event(stage, &events[index]));
    }
    if mark.count() > MOST_NAMED {
        let _ = writeln!(text, "and {} more", mark.count() - MOST_NAMED);
    }
    text.truncate(text.trim_end().len());
    text
}

/// An event with its meaning, its place, and what is found of it.
fn event(stage: &Stage<'_>, event: &ToldEvent) -> String {
    let findings = &stage.seen.analysis.findings;
    let found = findings.iter().find(|f| f.tick == Some(event.tick) && f.code == Some(event.code));
    let found = found.map(|f| format!(". {f}")).unwrap_or_default();
    format!("Event {}{found}", words::event(stage, event))
}
