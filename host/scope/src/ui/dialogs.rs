//! The dialogs: open, record, export, help.

use egui::{Context, Id, Modal, RichText, TextEdit, Ui};

use super::{Scene, keys};
use crate::message::{Field, Message};
use crate::model::Dialog;

/// Shows the dialog in view, if there is one.
pub(crate) fn show(ui: &Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    let ctx = ui.ctx();
    match &scene.model.dialog {
        None => {}
        Some(Dialog::Open { path }) => modal(ctx, "Open a capture", "Open capture", out, |ui, out| {
            text(ui, "Capture file", path, Field::Path, out);
        }),
        Some(Dialog::Export { path }) => {
            modal(ctx, "Export the evidence", "Write evidence", out, |ui, out| {
                text(ui, "Folder", path, Field::Path, out);
                let same = "The same bytes as `ichiscope evidence CAPTURE --out FOLDER`.";
                ui.label(RichText::new(same).color(scene.palette.weak));
            })
        }
        Some(Dialog::Record { path, serial }) => modal(ctx, "Record", "Start recording", out, |ui, out| {
            text(ui, "New capture file", path, Field::Path, out);
            text(ui, "Board's serial number", serial, Field::Serial, out);
            let how = "Leave the serial number empty for the only board; `twin` records the simulated one.";
            ui.label(RichText::new(how).color(scene.palette.weak));
        }),
        Some(Dialog::Help) => help(ctx, scene, out),
    }
}

fn sheet(ctx: &Context) -> Modal {
    let frame = egui::Frame::popup(&ctx.global_style()).inner_margin(18);
    Modal::new(Id::unique("dialog")).frame(frame)
}

fn modal(
    ctx: &Context,
    title: &str,
    confirm: &str,
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
    if ui.memory(|m| m.focused().is_none()) && field == Field::Path {
        edit.request_focus();
    }
    if edited != value {
        out.push(Message::Edit(field, edited));
    }
}

fn help(ctx: &Context, scene: &Scene<'_>, out: &mut Vec<Message>) {
    let answer = sheet(ctx).show(ctx, |ui| {
        ui.heading("Keys and mouse");
        ui.add_space(8.0);
        egui::Grid::new("keys").num_columns(2).spacing([24.0, 3.0]).show(ui, |ui| {
            let mouse = [
                ("Wheel", "zoom at the pointer; with Shift, move the view"),
                ("Drag", "move the view"),
                ("Click", "on an outage: choose it; elsewhere: playhead to here"),
                ("Double click", "show the whole capture"),
                ("Drag the time axis", "scrub"),
            ];
            let keys = keys::BINDINGS.iter().filter(|b| !b.name.is_empty()).map(|b| (b.name, b.what));
            for (name, what) in keys.chain(mouse) {
                ui.label(RichText::new(name).strong());
                ui.label(RichText::new(what).color(scene.palette.weak));
                ui.end_row();
            }
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
