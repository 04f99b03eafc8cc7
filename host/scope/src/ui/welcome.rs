//! The empty screen: what to do first.

use egui::{CentralPanel, RichText, Ui};

use super::{Scene, dialogs};
use crate::message::Message;
use crate::theme::{FIGURE, VERDICT};

const WAYS: [(&str, &str); 3] = [
    ("Open a capture", "press O, or drop a .mcap file on this window"),
    ("Run the demo", "in a terminal: ichiscope demo --out demo   (simulated, needs no hardware)"),
    (
        "Connect a board",
        "press R to record, or in a terminal: ichiscope record --device SERIAL --out run.mcap",
    ),
];

/// Shows what to do when nothing is open.
pub(crate) fn show(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Message>) {
    CentralPanel::default().show(ui, |ui| {
        ui.add_space((ui.available_height() - 360.0).max(0.0) / 2.0);
        ui.vertical_centered(|ui| {
            ui.label(RichText::new("ichiscope").size(VERDICT).strong());
            let about =
                "how long a meter leaves its Communications Hub without supply during a firmware upgrade";
            ui.label(RichText::new(about).color(scene.palette.weak));
            ui.add_space(28.0);
            for (what, how) in WAYS {
                ui.label(RichText::new(what).size(FIGURE));
                ui.label(RichText::new(how).color(scene.palette.weak));
                ui.add_space(12.0);
            }
            if ui.button(RichText::new("Open a capture...").size(18.0)).clicked() {
                out.push(Message::AskOpen);
            }
            ui.scope(|ui| {
                ui.set_max_width(700.0);
                dialogs::recent(ui, scene, out);
            });
        });
    });
}
