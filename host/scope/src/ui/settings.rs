//! The form of names, device data, thresholds and mark inputs, and the list of what was set by hand.

use egui::{ComboBox, Grid, RichText, ScrollArea, TextEdit, Ui};
use ichiscope_verdict::PhaseKind;
use ichiscope_wire::Line;

use super::{Scene, words};
use crate::form::{FormField, SettingsForm};
use crate::message::{Field, Message};
use crate::theme::SMALL;

/// Shows the form.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, form: &SettingsForm, out: &mut Vec<Message>) {
    let height = ui.ctx().content_rect().height() - 190.0;
    ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
        Grid::new("settings").num_columns(3).spacing([12.0, 4.0]).show(ui, |ui| {
            for (field, text) in form.texts() {
                row(ui, scene, form, field, text, out);
            }
            ui.label("Upgraded");
            ui.horizontal(|ui| {
                for (label, gsme) in [("electricity meter (ESME)", false), ("gas meter (GSME)", true)] {
                    if ui.radio(form.is_gsme == gsme, label).clicked() {
                        out.push(Message::FormDevice(gsme));
                    }
                }
            });
            ui.end_row();
            for (line, kind) in &form.marks {
                mark(ui, *line, *kind, out);
            }
        });
        by_hand(ui, scene, out);
        let kept = "Kept beside the capture, never in it (docs/edits.md). Thresholds say at which voltages the bench's comparators switch; \
                    they do not move them.";
        ui.label(RichText::new(kept).size(SMALL).color(scene.palette.weak));
    });
}

fn row(
    ui: &mut Ui,
    scene: &Scene<'_>,
    form: &SettingsForm,
    field: FormField,
    text: &str,
    out: &mut Vec<Message>,
) {
    let label = ui.label(field.label());
    let mut edited = text.to_owned();
    let edit = TextEdit::singleline(&mut edited).desired_width(300.0);
    ui.add(edit).labelled_by(label.id);
    if edited != text {
        out.push(Message::Edit(Field::Form(field), edited));
    }
    if let Some(fault) = form.fault(field) {
        ui.label(RichText::new(fault).size(SMALL).color(scene.palette.bad));
    }
    ui.end_row();
}

fn mark(ui: &mut Ui, line: Line, kind: Option<PhaseKind>, out: &mut Vec<Message>) {
    let label = ui.label(format!("{} stands for", words::name(line)));
    let name = |kind: Option<PhaseKind>| kind.map_or("nothing", PhaseKind::name);
    let choices = ComboBox::from_id_salt(("mark", line.name())).selected_text(name(kind)).width(220.0);
    let shown = choices.show_ui(ui, |ui| {
        let kinds = PhaseKind::ALL.into_iter().filter(|k| !k.is_measured()).map(Some);
        for choice in std::iter::once(None).chain(kinds) {
            if ui.selectable_label(choice == kind, name(choice)).clicked() {
                out.push(Message::FormMark(line, choice));
            }
        }
    });
    shown.response.labelled_by(label.id);
    ui.end_row();
}

/// Marks and phases set after the recording, each with a way to take it away.
fn by_hand(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    let (Some(stage), notes) = (scene.stage(), &scene.model.history.now().notes) else { return };
    if notes.is_empty() {
        return;
    }
    ui.add_space(6.0);
    ui.label(RichText::new("SET BY HAND AFTER THE RECORDING").size(SMALL).strong().color(scene.palette.weak));
    for (index, note) in notes.iter().enumerate() {
        ui.horizontal(|ui| {
            let what = format!("{}  {} {}", stage.clock(note.tick, 3), note.kind, note.text);
            let remove = ui.small_button(format!("Remove {}", index + 1));
            if remove.on_hover_text(&what).clicked() {
                out.push(Message::RemoveNote(index));
            }
            ui.label(what);
        });
    }
}
