//! The outage that runs now: how long it has lasted, what is left until the limit, and the alarm before it.

use egui::{Align2, Color32, FontId, Panel, Rect, RichText, Sense, Ui, pos2, vec2};

use super::{Stage, words};
use crate::model::Armed;
use crate::running::{Running, Urgency};
use crate::theme::{FIGURE, Palette};
use crate::time;
use crate::view::signed;

/// Across the window while a recording runs: what is waited for, or the outage that runs.
pub(super) fn banner(ui: &mut Ui, stage: &Stage<'_>) {
    if !stage.model.live {
        return;
    }
    let running = stage.running();
    let Some((fill, text)) = words_of(stage, running.as_ref()) else { return };
    let frame = egui::Frame::new().fill(fill).inner_margin(egui::Margin::symmetric(12, 5));
    Panel::top("countdown").frame(frame).show(ui, |ui| {
        ui.label(RichText::new(text).size(FIGURE).strong().color(stage.palette.ground));
        if let Some(running) = &running {
            bar(ui, stage, running);
        }
    });
}

fn words_of(stage: &Stage<'_>, running: Option<&Running>) -> Option<(Color32, String)> {
    let palette = &stage.palette;
    match (running, stage.model.armed) {
        (Some(running), _) => Some((colour(palette, running.urgency), sentence(stage, running))),
        (None, Armed::Waiting(_)) => {
            Some((palette.neutral, "ARMED: waiting for the next activation (W ends this)".to_owned()))
        }
        (None, Armed::Activated(tick)) => {
            Some((palette.neutral, format!("ACTIVATION at {}: the rail is on", stage.clock(tick, 1))))
        }
        (None, Armed::Off) => None,
    }
}

const fn colour(palette: &Palette, urgency: Urgency) -> Color32 {
    match urgency {
        Urgency::Quiet => palette.neutral,
        Urgency::Alarm => palette.warn,
        Urgency::Reached => palette.bad,
    }
}

/// What is said of a running outage: the same on the banner and in the panel.
pub(super) fn sentence(stage: &Stage<'_>, running: &Running) -> String {
    let seconds = |ns: i64| time::seconds(ns, Some(1_000_000_000), 1);
    let outage = &stage.seen.analysis.outages[running.index];
    let at_least = if outage.open_start { "\u{2265} " } else { "" };
    let off = format!("RAIL OFF for {at_least}{}", seconds(signed(running.elapsed_ns)));
    let limit = words::limit(&stage.seen.analysis.settings);
    match running.urgency {
        Urgency::Quiet => format!("{off}, {} left to {limit}", seconds(running.left_ns)),
        Urgency::Alarm => format!("ALARM  {off}, only {} left to {limit}", seconds(running.left_ns)),
        Urgency::Reached if running.left_ns > 0 => {
            format!("ALARM  {off}: {limit} lies within the uncertainty")
        }
        Urgency::Reached => format!("ALARM  {off}, {} over {limit}", seconds(-running.left_ns)),
    }
}

/// The time until the limit as a bar, with the guard band at its end.
fn bar(ui: &mut Ui, stage: &Stage<'_>, running: &Running) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 12.0), Sense::hover());
    let spoken = sentence(stage, running);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Meter, true, &spoken));
    let palette = &stage.palette;
    let settings = &stage.seen.analysis.settings;
    let guard = stage.seen.analysis.outages[running.index].expanded_uncertainty_ns;
    let full = settings.limit_ns as f32 * 1.05;
    let x = |ns: u64| rect.left() + rect.width() * (ns as f32 / full).min(1.0);
    let part = |from: u64, to: u64| {
        Rect::from_min_max(pos2(x(from), rect.top()), pos2(x(to).max(x(from) + 2.0), rect.bottom()))
    };
    let painter = ui.painter();
    painter.rect_filled(rect, 2, palette.ground.gamma_multiply(0.35));
    painter.rect_filled(part(0, running.elapsed_ns), 2, palette.ground);
    let band = part(settings.limit_ns.saturating_sub(guard), settings.limit_ns.saturating_add(guard));
    painter.rect_filled(band.expand2(vec2(1.0, 2.0)), 0, palette.gap);
    let label = words::limit(settings);
    let font = FontId::proportional(11.0);
    painter.text(pos2(band.left() - 4.0, rect.center().y), Align2::RIGHT_CENTER, label, font, palette.text);
}
