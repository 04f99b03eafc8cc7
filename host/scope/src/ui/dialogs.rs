//! The dialogs: open, record, export, help.

use egui::{Context, Id, Modal, RichText, TextEdit, Ui};

use ichiscope_wire::Board;

use super::{Scene, keys, settings};
use crate::beside::BesideKind;
use crate::dialog::{self, BesideForm, Dialog, PictureKind, RecordForm, Then};
use crate::flash;
use crate::message::{Field, Message};
use crate::theme::SMALL;

/// Height of what is above and below the keys on their sheet, points.
const AROUND_KEYS: f32 = 150.0;
/// What the mouse does, for the help sheet.
const MOUSE: [(&str, &str); 5] = [
    ("Wheel", "zoom at the pointer; with Shift, move the view"),
    ("Drag", "move the view"),
    ("Click", "outage, event: show it; elsewhere: playhead to here"),
    ("Double click", "show the whole capture"),
    ("Drag the time axis", "scrub"),
];

/// Shows the dialog in view, if there is one.
pub(crate) fn show(ui: &Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    let ctx = ui.ctx();
    let asks_for_path = scene.model.dialog.as_ref().is_some_and(|d| d.browse(Field::Path).is_some());
    let browsing = asks_for_path.then_some(scene.model.browsing);
    match &scene.model.dialog {
        None => {}
        Some(Dialog::Open { path }) => {
            modal(ctx, ("Open a capture", "Open capture"), browsing, out, |ui, out| {
                text(ui, "Capture file", path, Field::Path, out);
                recent(ui, scene, out);
            })
        }
        Some(Dialog::Compare { path }) => {
            modal(ctx, ("Compare captures", "Compare"), browsing, out, |ui, out| {
                text(ui, "Folder of captures, or files apart by ;", path, Field::Path, out);
                let how = "They are stacked and aligned on an event; more than six are shown as small multiples, worst first.";
                ui.label(RichText::new(how).color(scene.palette.weak));
            })
        }
        Some(Dialog::Export { path }) => {
            modal(ctx, ("Export the evidence", "Write evidence"), browsing, out, |ui, out| {
                text(ui, "Folder", path, Field::Path, out);
                let same = "The same bytes as `ichiscope evidence CAPTURE --out FOLDER`.";
                ui.label(RichText::new(same).color(scene.palette.weak));
            })
        }
        Some(Dialog::Record(form)) => modal(ctx, ("Record", "Start recording"), browsing, out, |ui, out| {
            record(ui, scene, form, out);
        }),
        Some(Dialog::Picture { path }) => {
            modal(ctx, ("Export a picture", "Write picture"), browsing, out, |ui, out| {
                text(ui, "New file, *.png or *.svg", path, Field::Path, out);
                let what = match dialog::picture(path) {
                    Some(PictureKind::Png) => "The window as it is, without this dialog.",
                    Some(PictureKind::Svg) => "What is in view, drawn from the data.",
                    None => "The name must end in .png (the window) or .svg (drawn from the data).",
                };
                ui.label(RichText::new(what).color(scene.palette.weak));
            })
        }
        Some(Dialog::Settings(form)) => {
            modal(ctx, ("Names and settings", "Apply"), browsing, out, |ui, out| {
                settings::show(ui, scene, form, out);
            })
        }
        Some(Dialog::Beside(form)) => {
            modal(ctx, ("Files that belong to this capture", "Use"), None, out, |ui, out| {
                beside(ui, scene, form, out);
            })
        }
        Some(Dialog::Flash { board, serial }) => {
            modal(ctx, ("Write the gateware into a board", "Write gateware"), None, out, |ui, out| {
                flash(ui, scene, *board, serial, out);
            })
        }
        Some(Dialog::Leave(then)) => leave(ctx, then, out),
        Some(Dialog::Help) => help(ctx, scene, out),
    }
}

fn sheet(ctx: &Context) -> Modal {
    let frame = egui::Frame::popup(&ctx.global_style()).inner_margin(18);
    Modal::new(Id::unique("dialog")).frame(frame)
}

fn modal(
    ctx: &Context,
    (title, confirm): (&str, &str),
    browsing: Option<bool>,
    out: &mut Vec<Message>,
    contents: impl FnOnce(&mut Ui, &mut Vec<Message>),
) {
    let answer = sheet(ctx).show(ctx, |ui| {
        ui.set_width(620.0);
        ui.heading(title);
        ui.add_space(8.0);
        contents(ui, out);
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            if ui.button(confirm).clicked() {
                out.push(Message::Confirm);
            }
            if ui.button("Cancel").clicked() {
                out.push(Message::Cancel);
            }
            if let Some(browsing) = browsing {
                let browse = egui::Button::new(if browsing { "Browsing..." } else { "Browse..." });
                if ui.add_enabled(!browsing, browse).on_hover_text("the system's file dialog").clicked() {
                    out.push(Message::Browse(Field::Path));
                }
            }
        });
    });
    if answer.backdrop_response.clicked() {
        out.push(Message::Cancel);
    }
}

fn text(ui: &mut Ui, label: &str, value: &str, field: Field, out: &mut Vec<Message>) {
    let mut edited = value.to_owned();
    let label = ui.label(label);
    let edit = ui.add(TextEdit::singleline(&mut edited).desired_width(f32::INFINITY)).labelled_by(label.id);
    let is_first = matches!(field, Field::Path | Field::Beside(BesideKind::Profile));
    if ui.memory(|m| m.focused().is_none()) && is_first {
        edit.request_focus();
    }
    if edited != value {
        out.push(Message::Edit(field, edited));
    }
}

/// Captures that were opened lately, and are still there.
pub(super) fn recent(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    if scene.model.recent.is_empty() {
        return;
    }
    ui.add_space(6.0);
    ui.label(RichText::new("Opened lately").size(SMALL).color(scene.palette.weak));
    for path in &scene.model.recent {
        let name = path.display().to_string();
        if ui.add(egui::Button::new(&name).truncate().frame(false)).on_hover_text(&name).clicked() {
            out.push(Message::Cancel);
            out.push(Message::Open(path.clone()));
        }
    }
}

fn record(ui: &mut Ui, scene: &Scene<'_>, form: &RecordForm, out: &mut Vec<Message>) {
    text(ui, "New capture file", &form.path, Field::Path, out);
    text(ui, "Board's serial number", &form.serial, Field::Serial, out);
    ui.horizontal(|ui| {
        if ui.selectable_label(form.serial == "twin", "twin").on_hover_text("the simulated board").clicked() {
            out.push(Message::Edit(Field::Serial, "twin".to_owned()));
        }
        devices(ui, scene, &form.serial, out);
    });
    if ui.small_button("Wrong or missing gateware: write it...").clicked() {
        out.push(Message::AskFlash);
    }
    let weak = |text: String| RichText::new(text).color(scene.palette.weak);
    ui.label(weak(
        "Leave the serial number empty for the only board; `twin` records the simulated one.".to_owned(),
    ));
    text(
        ui,
        "Alarm before the limit, whole seconds (engineering default: 30)",
        &form.alarm_s,
        Field::Alarm,
        out,
    );
    if form.alarm().is_none() {
        ui.label(RichText::new("no whole number of seconds").color(scene.palette.bad));
    }
}

/// The boards that are there, each with what is in its way.
fn devices(ui: &mut Ui, scene: &Scene<'_>, chosen: &str, out: &mut Vec<Message>) {
    ui.horizontal_wrapped(|ui| {
        if scene.devices.is_empty() {
            ui.label(RichText::new("no board is connected").color(scene.palette.weak));
        }
        for device in scene.devices {
            let Some(serial) = &device.serial else {
                let name = format!("{} without serial number", device.description);
                ui.label(RichText::new(name).color(scene.palette.weak));
                continue;
            };
            let hint = match &device.obstacle {
                Some(why) => format!("{}: {why}. `ichiscope doctor` says what to do", device.description),
                None => device.description.clone(),
            };
            if ui.selectable_label(chosen == serial, serial).on_hover_text(&hint).clicked() {
                out.push(Message::Edit(Field::Serial, serial.clone()));
            }
            if let Some(why) = &device.obstacle {
                ui.label(RichText::new(why).color(scene.palette.bad));
            }
        }
    });
}

/// A path for each kind of file; what is used is named in the bar, and copied into the evidence.
fn beside(ui: &mut Ui, scene: &Scene<'_>, form: &BesideForm, out: &mut Vec<Message>) {
    for kind in BesideKind::ALL {
        text(ui, kind.label(), form.get(kind), Field::Beside(kind), out);
        let browse = egui::Button::new(format!("Browse for the {}...", kind.name())).small();
        if ui.add_enabled(!scene.model.browsing, browse).on_hover_text("the system's file dialog").clicked() {
            out.push(Message::Browse(Field::Beside(kind)));
        }
        ui.add_space(4.0);
    }
    for how in [
        "Empty: not used. A relative path begins at the capture's folder; dropping a file on the window names it too.",
        "None of them changes a duration. The evidence gets a copy of each: the same bytes as the command line's with \
         --profile, --phases, --front-end, --calibration.",
    ] {
        ui.label(RichText::new(how).size(SMALL).color(scene.palette.weak));
    }
}

fn flash(ui: &mut Ui, scene: &Scene<'_>, board: Option<Board>, serial: &str, out: &mut Vec<Message>) {
    ui.label("The board, as it is printed on it (the wrong bitstream may drive pins against each other):");
    for kind in flash::BOARDS {
        if ui.radio(board == Some(kind), kind.name()).clicked() {
            out.push(Message::FlashBoard(kind));
        }
    }
    text(ui, "Board's serial number", serial, Field::Serial, out);
    devices(ui, scene, serial, out);
    let how =
        "By iceprog or openFPGALoader, as `ichiscope flash` does it; then the board is asked what it runs.";
    ui.label(RichText::new(how).color(scene.palette.weak));
}

fn leave(ctx: &Context, then: &Then, out: &mut Vec<Message>) {
    let (title, confirm) = match then {
        Then::Look => ("End the recording?", "End the recording"),
        Then::Open(_) => ("A recording is running", "End it and open the other capture"),
        Then::Quit => ("A recording is running", "End it and close the window"),
    };
    modal(ctx, (title, confirm), None, out, |ui, _| {
        ui.label("What was recorded so far stays in its file; nothing is recorded after the end.");
    });
}

fn help(ctx: &Context, scene: &Scene<'_>, out: &mut Vec<Message>) {
    let answer = sheet(ctx).show(ctx, |ui| {
        ui.heading("Keys and mouse");
        ui.add_space(8.0);
        let keys = keys::BINDINGS.iter().filter(|b| !b.name.is_empty()).map(|b| (b.name, b.what));
        let all: Vec<(&str, &str)> = keys.chain(MOUSE).collect();
        let height = ctx.content_rect().height() - AROUND_KEYS;
        egui::ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
            egui::Grid::new("keys").num_columns(4).spacing([18.0, 1.0]).show(ui, |ui| {
                let half = all.len().div_ceil(2);
                for row in 0..half {
                    for (name, what) in [all.get(row), all.get(row + half)].into_iter().flatten() {
                        ui.label(RichText::new(*name).size(SMALL).strong());
                        ui.label(RichText::new(*what).size(SMALL).color(scene.palette.weak));
                    }
                    ui.end_row();
                }
            });
        });
        ui.add_space(8.0);
        if ui.button("Close").clicked() {
            out.push(Message::Cancel);
        }
    });
    if answer.backdrop_response.clicked() {
        out.push(Message::Cancel);
    }
}
