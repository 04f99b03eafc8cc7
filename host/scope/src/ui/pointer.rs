//! What the pointer does on the timeline: zoom, move, choose, scrub.

use egui::{Event, Id, Rect, Response, Role, Sense, Ui, WidgetInfo};

use super::canvas::Canvas;
use super::lanes::{Lane, Placed, outage_bars};
use super::{keys, words};
use crate::edges;
use crate::message::Message;
use crate::view::{Anchor, signed};

/// The wheel takes hold of what is this near to the pointer, points.
const NEAR: f32 = 4.0;
/// Bars narrower than this cannot be clicked by themselves, points.
const WORTH_A_CLICK: f32 = 6.0;

impl Canvas<'_> {
    pub(super) fn pointer(&self, ui: &Ui, response: &Response, plot: Rect, out: &mut Vec<Message>) {
        if response.drag_started() {
            out.push(Message::Grab);
        }
        if let (true, Some(drag)) = (response.dragged(), response.total_drag_delta()) {
            let ticks = f64::from(drag.x / plot.width()) * self.grid.view().ticks() as f64;
            out.push(Message::DragTo(ticks.round() as i64));
        }
        if response.drag_stopped() {
            out.push(Message::Release);
        }
        if response.double_clicked() {
            out.push(Message::Fit);
        } else if let (true, Some(at)) = (response.clicked(), response.interact_pointer_pos()) {
            out.push(Message::Scrub(u64::try_from(self.tick_at(at.x)).unwrap_or(0)));
        }
        let hover = response.hover_pos().and_then(|at| u64::try_from(self.tick_at(at.x)).ok());
        if hover != self.stage.model.hover {
            out.push(Message::Hover(hover));
        }
        if let Some(at) = response.hover_pos() {
            let anchor = self.wheel_anchor(ui, at.x);
            ui.input(|input| self.wheel(&input.events, anchor, out));
        }
    }

    /// What stays where it is while the wheel turns: an edge or the border of a loss that is near the pointer (if things snap), else the
    /// tick under it. As long as the pointer stands still it is the same, so zooming back returns to the same view.
    fn wheel_anchor(&self, ui: &Ui, x: f32) -> Anchor {
        type Kept = (u32, Anchor, i64);
        let (view, kept) = (self.grid.view(), Id::unique("wheel anchor"));
        if let Some((at, anchor, tick)) = ui.data(|d| d.get_temp::<Kept>(kept))
            && at == x.to_bits()
            && view.tick_at(anchor) == tick
        {
            return anchor;
        }
        let anchor = self.near_anchor(x).unwrap_or(self.anchor(x));
        ui.data_mut(|d| d.insert_temp::<Kept>(kept, (x.to_bits(), anchor, view.tick_at(anchor))));
        anchor
    }

    fn near_anchor(&self, x: f32) -> Option<Anchor> {
        let (stage, view) = (self.stage, self.grid.view());
        let tick = u64::try_from(self.tick_at(x)).ok().filter(|_| stage.model.snap)?;
        let within = (f64::from(NEAR / self.place.rect.width()) * view.ticks() as f64) as u64;
        let edge = edges::nearest(stage.seen.timeline, tick, within);
        let border = stage.digest.gaps.nearest_border(signed(tick), within);
        let nearest = edge.into_iter().chain(border).min_by_key(|at| at.abs_diff(tick))?;
        view.anchor_of(nearest)
    }

    fn wheel(&self, events: &[Event], anchor: Anchor, out: &mut Vec<Message>) {
        for event in events {
            let Event::MouseWheel { unit, delta, modifiers, .. } = event else { continue };
            if keys::wheel_pans(*modifiers) || delta.x.abs() > delta.y.abs() {
                let along = if delta.x == 0.0 { delta.y } else { delta.x };
                let notch = (self.grid.view().ticks() / 20).max(1) as i64;
                out.push(Message::Pan(-notch * i64::from(keys::wheel_steps(*unit, along).signum())));
            } else {
                let steps = keys::wheel_steps(*unit, delta.y);
                out.push(Message::Zoom { steps, anchor });
            }
        }
    }

    /// Outages can be clicked where they are drawn.
    pub(super) fn outage_buttons(&self, ui: &Ui, placed: &[Placed], out: &mut Vec<Message>) {
        let Some(lane) = placed.iter().find(|p| p.lane == Lane::Outages) else { return };
        let bars = outage_bars(lane.rect);
        for interval in self.in_view(self.stage.digest.highest()) {
            let area = self.bar(&interval, bars).intersect(self.place.rect);
            if area.width() < WORTH_A_CLICK {
                continue;
            }
            let outage = self.outage(&interval);
            let duration = words::duration(outage, self.stage.tick_hz(), 3);
            let response = ui.interact(area, Id::unique(("outage", interval.index)), Sense::click());
            let spoken = format!("Outage of {duration} on the timeline, {}", outage.verdict);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
            if response.clicked() {
                out.push(Message::Select {
                    outage: interval.index,
                    start: interval.start,
                    end: interval.end,
                });
            }
        }
    }

    /// The axis: click or drag moves the playhead.
    pub(super) fn scrub(&self, ui: &Ui, ruler: Rect, out: &mut Vec<Message>) {
        let response = ui.interact(ruler, Id::unique("axis"), Sense::click_and_drag());
        let head = self.stage.model.playback.head().unwrap_or(self.span.0);
        response.widget_info(|| WidgetInfo::slider(true, head as f64, "Playhead"));
        if let (true, Some(at)) = (response.clicked() || response.dragged(), response.interact_pointer_pos())
        {
            out.push(Message::Scrub(u64::try_from(self.tick_at(at.x)).unwrap_or(0)));
        }
    }
}
