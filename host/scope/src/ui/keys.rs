//! The keyboard: one table for the keys, what they do, and the help sheet.

use egui::{Event, Key, Modifiers};

use super::Scene;
use crate::message::Message;
use crate::model::Dialog;
use crate::view::Anchor;

/// A key that does something.
pub(crate) struct Binding {
    key: Key,
    /// The key as the help sheet names it; empty for a second key of the same meaning.
    pub(crate) name: &'static str,
    /// What it does, for the help sheet.
    pub(crate) what: &'static str,
    act: fn(&Scene<'_>) -> Option<Message>,
}

/// Half an octave: the step of the zoom keys and buttons.
pub(crate) const ZOOM_STEPS: i32 = 8;

const fn bind(
    key: Key,
    name: &'static str,
    what: &'static str,
    act: fn(&Scene<'_>) -> Option<Message>,
) -> Binding {
    Binding { key, name, what, act }
}

/// All keys, in the order of the help sheet.
pub(crate) const BINDINGS: [Binding; 22] = [
    bind(Key::O, "O", "open a capture", |_| Some(Message::AskOpen)),
    bind(Key::R, "R", "record", |_| Some(Message::AskRecord)),
    bind(Key::E, "E", "export the evidence", |_| Some(Message::AskExport)),
    bind(Key::Plus, "+ or =", "zoom in", |_| Some(zoom(ZOOM_STEPS))),
    bind(Key::Equals, "", "", |_| Some(zoom(ZOOM_STEPS))),
    bind(Key::Minus, "-", "zoom out", |_| Some(zoom(-ZOOM_STEPS))),
    bind(Key::F, "F", "show the whole capture", |_| Some(Message::Fit)),
    bind(Key::ArrowLeft, "Left", "move the view a tenth earlier", |s| Some(pan(s, -1))),
    bind(Key::ArrowRight, "Right", "move the view a tenth later", |s| Some(pan(s, 1))),
    bind(Key::PageUp, "Page up", "move the view by its width, earlier", |s| Some(pan(s, -10))),
    bind(Key::PageDown, "Page down", "move the view by its width, later", |s| Some(pan(s, 10))),
    bind(Key::N, "N", "next outage", |s| neighbour(s, true)),
    bind(Key::P, "P", "previous outage", |s| neighbour(s, false)),
    bind(Key::Space, "Space", "play or pause", |_| Some(Message::TogglePlay)),
    bind(Key::OpenBracket, "[", "play slower", |s| Some(slower(s))),
    bind(Key::CloseBracket, "]", "play faster", |s| Some(faster(s))),
    bind(Key::Home, "Home", "playhead to the start", |s| Some(Message::Scrub(s.model.span?.0))),
    bind(Key::End, "End", "playhead to the end", |s| Some(Message::Scrub(s.model.span?.1))),
    bind(Key::L, "L", "follow the newest data", |_| Some(Message::ToggleFollow)),
    bind(Key::T, "T", "dark or light", |_| Some(Message::ToggleTheme)),
    bind(Key::F1, "F1", "this help", |_| Some(Message::ToggleHelp)),
    bind(Key::Escape, "Esc", "close a dialog or a notice", |s| {
        Some(if s.model.dialog.is_some() { Message::Cancel } else { Message::DismissNotice })
    }),
];

/// Turns key presses into messages. While a text is typed, only Escape and Enter count.
pub(crate) fn read(ui: &egui::Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    let typing = !matches!(scene.model.dialog, None | Some(Dialog::Help));
    ui.input(|input| {
        for event in &input.events {
            let Event::Key { key, pressed: true, modifiers, .. } = event else { continue };
            if modifiers.command || modifiers.alt {
                continue;
            }
            match key {
                Key::Enter if typing => out.push(Message::Confirm),
                _ if typing && *key != Key::Escape => {}
                _ => out.extend(BINDINGS.iter().find(|b| b.key == *key).and_then(|b| (b.act)(scene))),
            }
        }
        for event in &input.events {
            if let Event::Zoom(factor) = event {
                out.push(zoom((f64::from(*factor).log2() * 16.0).round() as i32));
            }
        }
        if let Some(path) = input.raw.dropped_files.iter().map(|f| f.path().to_path_buf()).next() {
            out.push(Message::Open(path));
        }
    });
}

/// Rungs for one wheel event: an eighth of an octave for a notch, finer for smooth wheels; never nothing.
pub(crate) fn wheel_steps(unit: egui::MouseWheelUnit, delta: f32) -> i32 {
    let rungs = match unit {
        egui::MouseWheelUnit::Line => delta * 4.0,
        egui::MouseWheelUnit::Point => delta / 6.0,
        egui::MouseWheelUnit::Page => delta * 16.0,
    };
    if delta == 0.0 { 0 } else { rungs.abs().ceil().copysign(rungs) as i32 }
}

/// Whether a wheel with these modifiers moves the view instead of zooming.
pub(crate) const fn wheel_pans(modifiers: Modifiers) -> bool {
    modifiers.shift
}

fn zoom(steps: i32) -> Message {
    Message::Zoom { steps, anchor: Anchor::CENTRE }
}

fn pan(scene: &Scene<'_>, tenths: i64) -> Message {
    Message::Pan((scene.model.view.ticks() as i64 / 10).max(1) * tenths)
}

/// One step slower.
pub(crate) fn slower(scene: &Scene<'_>) -> Message {
    Message::Speed(scene.model.playback.speed_index().saturating_sub(1))
}

/// One step faster.
pub(crate) fn faster(scene: &Scene<'_>) -> Message {
    Message::Speed(scene.model.playback.speed_index() + 1)
}

/// The outage at the highest threshold after or before the chosen one; the first or last if none is chosen.
fn neighbour(scene: &Scene<'_>, next: bool) -> Option<Message> {
    let outages = scene.digest.highest();
    let chosen = scene.model.selected.and_then(|index| outages.iter().position(|i| i.index == index));
    let place = match (chosen, next) {
        (Some(place), true) => place + 1,
        (Some(place), false) => place.checked_sub(1)?,
        (None, true) => 0,
        (None, false) => outages.len().checked_sub(1)?,
    };
    let outage = outages.get(place)?;
    Some(Message::Select { outage: outage.index, start: outage.start, end: outage.end })
}
