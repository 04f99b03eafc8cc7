//! The keyboard: one table for the keys, what they do, and the help sheet.

use std::path::PathBuf;

use egui::{Event, Key, Modifiers};

use ichiscope_timeline::Timeline;
use ichiscope_verdict::{PhaseKind, PhaseSource};

use super::{Scene, Snapshot};
use crate::cursor::Cursor;
use crate::dialog::Dialog;
use crate::edges;
use crate::epoch::Epoch;
use crate::form::SettingsForm;
use crate::message::Message;
use crate::view::Anchor;

/// A key that does something.
pub(crate) struct Binding {
    key: Key,
    /// Together with Ctrl (on a Mac with Cmd).
    command: bool,
    /// The key as the help sheet names it; empty for a second key of the same meaning.
    pub(crate) name: &'static str,
    /// What it does, for the help sheet.
    pub(crate) what: &'static str,
    act: fn(&Scene<'_>) -> Option<Message>,
}

/// Half an octave: the step of the zoom keys and buttons.
pub(crate) const ZOOM_STEPS: i32 = 8;
/// A cursor snaps to an edge within this share of the view.
const SNAP_SHARE: u64 = 60;

const fn bind(
    key: Key,
    name: &'static str,
    what: &'static str,
    act: fn(&Scene<'_>) -> Option<Message>,
) -> Binding {
    Binding { key, command: false, name, what, act }
}

const fn with_command(
    key: Key,
    name: &'static str,
    what: &'static str,
    act: fn(&Scene<'_>) -> Option<Message>,
) -> Binding {
    Binding { key, command: true, name, what, act }
}

/// All keys, in the order of the help sheet.
pub(crate) const BINDINGS: &[Binding] = &[
    bind(Key::O, "O", "open a capture", |_| Some(Message::AskOpen)),
    bind(Key::R, "R", "record; while recording, end it", |_| Some(Message::AskRecord)),
    bind(Key::E, "E", "export the evidence", |_| Some(Message::AskExport)),
    bind(Key::K, "K", "compare captures; again, close the comparison", |_| Some(Message::AskCompare)),
    bind(Key::I, "I", "export a picture (PNG, SVG)", |_| Some(Message::AskPicture)),
    bind(Key::D, "D", "names, device data, thresholds, mark inputs", |s| Some(settings(s.seen?))),
    bind(Key::G, "G", "files that belong to it: profile, log, front end", |s| {
        s.seen.map(|_| Message::AskBeside)
    }),
    with_command(Key::Z, "Ctrl Z", "undo", |_| Some(Message::Undo)),
    with_command(Key::Y, "Ctrl Y", "redo", |_| Some(Message::Redo)),
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
    bind(Key::Comma, ",", "playhead to the previous edge", |s| step(s, edges::previous)),
    bind(Key::Period, ".", "playhead to the next edge", |s| step(s, edges::next)),
    bind(Key::Home, "Home", "playhead to the start", |s| Some(Message::Scrub(s.model.span?.0))),
    bind(Key::End, "End", "playhead to the end", |s| Some(Message::Scrub(s.model.span?.1))),
    bind(Key::A, "A", "cursor A here (pointer or playhead)", |s| cursor(s, Cursor::A)),
    bind(Key::B, "B", "cursor B here", |s| cursor(s, Cursor::B)),
    bind(Key::X, "X", "remove the cursors", |_| Some(Message::ClearCursors)),
    bind(Key::S, "S", "cursors snap to edges, or not", |_| Some(Message::ToggleSnap)),
    bind(Key::Z, "Z", "times count from here; again, from the start", zero),
    bind(Key::U, "U", "times in UTC, or since the start", |s| Some(utc(s))),
    bind(Key::C, "C", "show or hide the console", |_| Some(Message::ToggleConsole)),
    bind(Key::M, "M", "set a mark: at the newest tick, or here", |_| Some(Message::Mark)),
    bind(Key::W, "W", "while recording: wait for the next activation", |_| Some(Message::ToggleArm)),
    bind(Key::Backtick, "`", "BASELINE begins, ends", |s| phase(s, PhaseKind::Baseline)),
    bind(Key::Num1, "1", "IMAGE_DISTRIBUTION begins, ends", |s| phase(s, PhaseKind::ImageDistribution)),
    bind(Key::Num2, "2", "IMAGE_VERIFICATION", |s| phase(s, PhaseKind::ImageVerification)),
    bind(Key::Num3, "3", "ACTIVATION_PENDING", |s| phase(s, PhaseKind::ActivationPending)),
    bind(Key::Num4, "4", "ACTIVATION_COMMAND", |s| phase(s, PhaseKind::ActivationCommand)),
    bind(Key::Num5, "5", "METER_REBOOT", |s| phase(s, PhaseKind::MeterReboot)),
    bind(Key::Num6, "6", "METROLOGY_RESTART", |s| phase(s, PhaseKind::MetrologyRestart)),
    bind(Key::Num7, "7", "CH_BOOT", |s| phase(s, PhaseKind::ChBoot)),
    bind(Key::Num8, "8", "HAN_REJOIN", |s| phase(s, PhaseKind::HanRejoin)),
    bind(Key::Num9, "9", "WAN_REGISTRATION", |s| phase(s, PhaseKind::WanRegistration)),
    bind(Key::Num0, "0", "POST_CHECK", |s| phase(s, PhaseKind::PostCheck)),
    bind(Key::L, "L", "follow the newest data", |_| Some(Message::ToggleFollow)),
    bind(Key::T, "T", "dark or light", |_| Some(Message::ToggleTheme)),
    bind(Key::F1, "F1", "this help", |_| Some(Message::ToggleHelp)),
    bind(Key::Escape, "Esc", "close a dialog or a notice, cancel an export", |s| {
        Some(match &s.model.dialog {
            Some(_) => Message::Cancel,
            None if s.model.exporting => Message::CancelExport,
            None => Message::DismissNotice,
        })
    }),
];

/// Turns key presses into messages. While a text is typed, only Escape and Enter count.
pub(crate) fn read(ui: &egui::Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    let typing = !matches!(scene.model.dialog, None | Some(Dialog::Help));
    ui.input(|input| {
        for event in &input.events {
            let Event::Key { key, pressed: true, modifiers, .. } = event else { continue };
            if modifiers.alt {
                continue;
            }
            let is_bound = |b: &&Binding| b.key == *key && b.command == modifiers.command;
            match key {
                Key::Enter if typing => out.push(Message::Confirm),
                _ if typing && *key != Key::Escape => {}
                _ => out.extend(BINDINGS.iter().find(is_bound).and_then(|b| (b.act)(scene))),
            }
        }
        for event in &input.events {
            if let Event::Zoom(factor) = event {
                out.push(zoom((f64::from(*factor).log2() * 16.0).round() as i32));
            }
        }
        let dropped: Vec<PathBuf> = input.raw.dropped_files.iter().map(|f| f.path().to_path_buf()).collect();
        out.extend(of_dropped(dropped));
    });
}

/// Captures are opened, several or folders compared; other files belong to the capture in view.
fn of_dropped(dropped: Vec<PathBuf>) -> Option<Message> {
    let is_beside = |path: &PathBuf| {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
        matches!(ending.as_str(), "toml" | "csv" | "json" | "jsonl") && !path.is_dir()
    };
    let (beside, captures): (Vec<_>, Vec<_>) = dropped.into_iter().partition(is_beside);
    match captures.as_slice() {
        [] if beside.is_empty() => None,
        [] => Some(Message::LayFiles(beside)),
        [one] if !one.is_dir() => Some(Message::Open(one.clone())),
        _ => Some(Message::Compare(captures)),
    }
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

/// Where a key acts: under the pointer, else at the playhead, else in the middle of the view.
fn here(scene: &Scene<'_>) -> Option<u64> {
    let middle = u64::try_from(scene.model.view.tick_at(Anchor::CENTRE)).unwrap_or(0);
    scene.seen?;
    Some(scene.model.hover.or(scene.model.playback.head()).unwrap_or(middle))
}

/// As [`here`], moved to an edge that is near.
fn edge_here(scene: &Scene<'_>) -> Option<u64> {
    let (here, within) = (here(scene)?, scene.model.view.ticks() / SNAP_SHARE);
    Some(edges::nearest(scene.seen?.timeline, here, within).unwrap_or(here))
}

fn cursor(scene: &Scene<'_>, cursor: Cursor) -> Option<Message> {
    let tick = if scene.model.snap { edge_here(scene) } else { here(scene) };
    Some(Message::SetCursor(cursor, tick?))
}

fn zero(scene: &Scene<'_>) -> Option<Message> {
    let is_set = matches!(scene.model.epoch, Epoch::Tick(_));
    Some(Message::CountFrom(if is_set { Epoch::Start } else { Epoch::Tick(edge_here(scene)?) }))
}

fn utc(scene: &Scene<'_>) -> Message {
    Message::CountFrom(if scene.model.epoch == Epoch::Utc { Epoch::Start } else { Epoch::Utc })
}

fn step(scene: &Scene<'_>, edge: fn(&Timeline, u64) -> Option<u64>) -> Option<Message> {
    let from = scene.model.playback.head().or(Some(scene.model.span?.0))?;
    edge(scene.seen?.timeline, from).map(Message::StepTo)
}

/// A phase that is running by hand ends, any other begins.
fn phase(scene: &Scene<'_>, kind: PhaseKind) -> Option<Message> {
    let phases = &scene.seen?.analysis.phases;
    let ends = phases.iter().any(|p| p.kind == kind && p.source == PhaseSource::Hand && p.open_end);
    Some(Message::Phase { kind, ends })
}

/// The form for what is in view.
pub(crate) fn settings(seen: &Snapshot<'_>) -> Message {
    Message::AskSettings(SettingsForm::new(seen.facts, &seen.analysis.settings, seen.edits))
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
