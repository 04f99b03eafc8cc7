//! The top bar: what can be done, what is in view, and how it stands; notices below it.

use egui::{Align, Color32, Layout, Panel, RichText, Ui};
use ichiscope_session::State;

use super::{Scene, cursors, keys};
use crate::message::Message;
use crate::model::{Armed, Tracking};
use crate::playback::speed_name;
use crate::time;
use crate::view::{Anchor, signed};

/// From this width of the window on there is room for the buttons of the speed, which has keys too, points.
const ROOM_FOR_SPEED: f32 = 1100.0;
/// With so much room left in the bar there is room for the zoom buttons beside those at its right end, points.
const ROOM_FOR_ZOOM: f32 = 330.0;

/// Shows the bar and, if there is one, the notice.
pub(crate) fn show(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    Panel::top("controls").show(ui, |ui| {
        ui.add_space(3.0);
        ui.horizontal(|ui| {
            file_buttons(ui, scene, out);
            if scene.seen.is_some() {
                ui.separator();
                replay_buttons(ui, scene, out);
                if ui.available_width() >= ROOM_FOR_ZOOM {
                    ui.separator();
                    zoom_buttons(ui, out);
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                button(ui, "Help", "the keys (F1)", Message::ToggleHelp, out);
                let theme = if scene.model.dark { "Light" } else { "Dark" };
                button(ui, theme, "colours of the screen (T)", Message::ToggleTheme, out);
            });
        });
        ui.add_space(1.0);
        title(ui, scene, out);
        ui.add_space(3.0);
    });
    notice(ui, scene, out);
}

fn button(ui: &mut Ui, label: &str, hint: &str, message: Message, out: &mut Vec<Message>) {
    if ui.button(label).on_hover_text(hint).clicked() {
        out.push(message);
    }
}

fn file_buttons(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    button(ui, "Open", "open a capture (O)", Message::AskOpen, out);
    button(ui, "Compare", "several captures, or a folder of them (K)", Message::AskCompare, out);
    if scene.model.live {
        button(ui, "Stop", "end the recording", Message::StopRecording, out);
    } else {
        button(ui, "Record", "record from a board or the twin (R)", Message::AskRecord, out);
    }
    let ready = scene.seen.is_some_and(|s| *s.state == State::Ready) && !scene.model.exporting;
    let export = ui.add_enabled(ready, egui::Button::new("Export"));
    if export.on_hover_text("write the evidence as CSV (E)").clicked() {
        out.push(Message::AskExport);
    }
    if scene.model.capture.is_some() {
        button(ui, "Picture", "write a picture, PNG or SVG (I)", Message::AskPicture, out);
    }
    if let Some(seen) = scene.seen {
        button(ui, "Edit", "names, device data, thresholds, mark inputs (D)", keys::settings(seen), out);
        button(ui, "Files", "meter profile, phase log, front end, certificate (G)", Message::AskBeside, out);
    }
    if scene.model.exporting {
        let share = scene.exported;
        ui.add(egui::ProgressBar::new(share).desired_width(90.0).text(format!("{:.0} %", share * 100.0)));
        button(ui, "Cancel", "leaves nothing half written (Esc)", Message::CancelExport, out);
    }
    if scene.is_flashing {
        ui.spinner();
        ui.label("writing the gateware");
    }
}

fn replay_buttons(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    if scene.model.live {
        let following = scene.model.tracking == Tracking::Follow;
        if ui
            .selectable_label(following, "Follow")
            .on_hover_text("keep the newest data in view (L)")
            .clicked()
        {
            out.push(Message::ToggleFollow);
        }
        button(ui, "Mark", "set a mark at the newest tick (M)", Message::Mark, out);
        let armed = scene.model.armed != Armed::Off;
        if ui.selectable_label(armed, "Armed").on_hover_text("wait for the next activation (W)").clicked() {
            out.push(Message::ToggleArm);
        }
        return;
    }
    let playback = &scene.model.playback;
    let label = if playback.is_playing() { "Pause" } else { "Play" };
    ui.add_enabled_ui(scene.model.tick_hz.is_some() && scene.model.span.is_some(), |ui| {
        button(ui, label, "play or pause (Space)", Message::TogglePlay, out);
        let has_room = ui.ctx().content_rect().width() >= ROOM_FOR_SPEED;
        if has_room {
            button(ui, "Slower", "play slower ([)", keys::slower(scene), out);
        }
        ui.label(RichText::new(speed_name(playback.speed())).strong());
        if has_room {
            button(ui, "Faster", "play faster (])", keys::faster(scene), out);
        }
    });
    ui.label(RichText::new(position(scene)).monospace());
}

/// Where the playhead is, and how long the recording is.
fn position(scene: &Scene<'_>) -> String {
    let Some((first, last)) = scene.model.span else { return String::new() };
    let clock = |tick: u64| time::clock(signed(tick - first), scene.model.tick_hz, 1);
    let head = scene.model.playback.head().map_or_else(|| "-:--.-".to_owned(), |h| clock(h.max(first)));
    format!("{head} / {}", clock(last))
}

fn zoom_buttons(ui: &mut Ui, out: &mut Vec<Message>) {
    let zoom = |steps| Message::Zoom { steps, anchor: Anchor::CENTRE };
    button(ui, "Zoom in", "also with the wheel (+)", zoom(keys::ZOOM_STEPS), out);
    button(ui, "Zoom out", "also with the wheel (-)", zoom(-keys::ZOOM_STEPS), out);
    button(ui, "Fit", "show the whole capture (F)", Message::Fit, out);
}

fn title(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    let Some(seen) = scene.seen else {
        ui.label(RichText::new("ichiscope").strong());
        return;
    };
    ui.horizontal(|ui| {
        if seen.analysis.simulated || seen.facts.device.simulated {
            badge(ui, "SIMULATED", scene.palette.warn, scene.palette.ground);
        }
        if !seen.edits.is_empty() {
            badge(ui, "EDITED", scene.palette.neutral, scene.palette.ground);
        }
        let beside = scene.model.history.beside();
        if !beside.is_empty() {
            let words = format!("WITH {}", beside.names());
            badge(ui, &words, scene.palette.neutral, scene.palette.ground);
        }
        match seen.state {
            State::Loading { fraction } => {
                let bar = egui::ProgressBar::new(*fraction).desired_width(160.0);
                ui.add(bar.text(format!("loading {:.0} %", fraction * 100.0)));
            }
            State::Recording { bytes } => {
                badge(ui, "RECORDING", scene.palette.gap, Color32::WHITE);
                ui.label(format!("{} kB", time::grouped(bytes / 1000)));
                let awake = if scene.is_awake { "sleep is held off" } else { "this machine may fall asleep" };
                ui.label(RichText::new(awake).color(scene.palette.weak));
            }
            State::Waiting { bytes, .. } => {
                badge(ui, "WAITING FOR THE DEVICE", scene.palette.gap, Color32::WHITE);
                ui.label(format!("{} kB", time::grouped(bytes / 1000)));
            }
            State::Ready => {
                ui.label(RichText::new("replay").color(scene.palette.weak));
            }
            State::Failed(_) => badge(ui, "STOPPED EARLY", scene.palette.gap, Color32::WHITE),
        }
        let length = time::span(signed(scene.model.view.ticks()), scene.model.tick_hz);
        ui.label(RichText::new(format!("view {length}")).color(scene.palette.weak));
        let path = seen.path.display().to_string();
        ui.add(egui::Label::new(RichText::new(&path).strong()).truncate()).on_hover_text(&path);
    });
    if let Some(stage) = scene.stage().filter(|s| s.model.cursors != [None; 2]) {
        ui.horizontal(|ui| cursors::readout(ui, &stage, out));
    }
    if let State::Failed(why) | State::Waiting { why, .. } = seen.state {
        ui.label(RichText::new(why).color(scene.palette.bad));
    }
}

fn badge(ui: &mut Ui, text: &str, fill: Color32, ink: Color32) {
    let frame = egui::Frame::new().fill(fill).corner_radius(3).inner_margin(egui::Margin::symmetric(8, 1));
    frame.show(ui, |ui| ui.label(RichText::new(text).strong().color(ink)));
}

fn notice(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    let Some(notice) = &scene.model.notice else { return };
    let (word, colour) =
        if notice.is_error { ("Error: ", scene.palette.bad) } else { ("", scene.palette.good) };
    let frame = egui::Frame::new().fill(scene.palette.card).inner_margin(egui::Margin::symmetric(10, 6));
    Panel::top("notice").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            button(ui, "Dismiss", "hide this (Esc)", Message::DismissNotice, out);
            ui.add(egui::Label::new(RichText::new(format!("{word}{}", notice.text)).color(colour)).wrap());
        });
    });
}
