//! The views. They read a [`Scene`] and make [`Message`]s; they change nothing.

mod axis;
mod bands;
mod bar;
mod canvas;
mod compare;
mod console;
mod countdown;
mod cursors;
mod dialogs;
mod events;
mod keys;
mod lanes;
mod lens;
mod minimap;
mod panel;
mod pointer;
mod rows;
mod settings;
mod table;
mod timeline;
mod traces;
mod voltage;
mod welcome;
mod words;

use std::path::Path;

use ichiscope_session::{Device, Edits, Facts, State, UtcMap};
use ichiscope_timeline::{Note, Timeline};
use ichiscope_verdict::{Analysis, Outage};

use crate::compare::Comparison;
use crate::console::ConsoleLines;
use crate::digest::Digest;
use crate::epoch::Origin;
use crate::first_look::FirstLook;
use crate::message::Message;
use crate::model::Model;
use crate::running::{self, Running};
use crate::theme::Palette;
use crate::view::signed;
use crate::volts::Volts;

/// A recording as it is in this frame.
#[derive(Clone, Copy)]
pub(crate) struct Snapshot<'a> {
    pub(crate) path: &'a Path,
    pub(crate) state: &'a State,
    pub(crate) timeline: &'a Timeline,
    pub(crate) analysis: &'a Analysis,
    pub(crate) facts: &'a Facts,
    pub(crate) utc: &'a UtcMap,
    /// The whole of it at a glance, while it is being read.
    pub(crate) first_look: Option<&'a FirstLook>,
    pub(crate) edits: &'a Edits,
    /// Marks and remarks, recorded and set afterwards, by tick.
    pub(crate) notes: &'a [Note],
}

/// Everything that a view may read.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) model: &'a Model,
    pub(crate) seen: Option<&'a Snapshot<'a>>,
    pub(crate) digest: &'a Digest,
    pub(crate) volts: &'a Volts,
    pub(crate) console: &'a ConsoleLines,
    /// Gateware is being written into a board.
    pub(crate) is_flashing: bool,
    /// The share of an export that is done, 0..=1.
    pub(crate) exported: f32,
    /// The machine is kept from sleeping.
    pub(crate) is_awake: bool,
    /// Several captures that are compared.
    pub(crate) comparison: Option<&'a Comparison>,
    /// Boards that can be recorded from.
    pub(crate) devices: &'a [Device],
    pub(crate) palette: Palette,
}

impl<'a> Scene<'a> {
    /// The scene, if there is a recording in it.
    fn stage(&self) -> Option<Stage<'a>> {
        let seen = self.seen?;
        let (volts, console) = (self.volts, self.console);
        Some(Stage { model: self.model, seen, digest: self.digest, volts, console, palette: self.palette })
    }
}

/// A scene with a recording in it.
#[derive(Clone, Copy)]
pub(crate) struct Stage<'a> {
    pub(crate) model: &'a Model,
    pub(crate) seen: &'a Snapshot<'a>,
    pub(crate) digest: &'a Digest,
    pub(crate) volts: &'a Volts,
    pub(crate) console: &'a ConsoleLines,
    pub(crate) palette: Palette,
}

impl<'a> Stage<'a> {
    /// Where times count from.
    fn origin(&self) -> Origin {
        let start = self.model.span.map_or(0, |s| s.0);
        Origin::of(self.model.epoch, start, self.seen.utc, self.model.view)
    }

    /// A tick as it is written, with so many digits after the point.
    fn clock(&self, tick: u64, digits: u32) -> String {
        self.origin().clock(signed(tick), self.tick_hz(), digits)
    }

    /// The outage that runs now: at the end of a recording, or at the playhead.
    fn running(&self) -> Option<Running> {
        let (analysis, alarm_s) = (self.seen.analysis, self.model.alarm_s);
        if self.model.live {
            return running::at_the_end(analysis, self.digest, alarm_s);
        }
        running::at(analysis, self.digest, self.model.playback.head()?, alarm_s)
    }

    /// `text`, unless the capture is still being read: then nothing is said of it.
    const fn or_being_read(&self, text: &'static str) -> &'static str {
        if matches!(self.seen.state, State::Loading { .. }) { "being read" } else { text }
    }

    fn tick_hz(&self) -> Option<u64> {
        self.seen.analysis.tick_hz
    }

    /// The outage in the panel: the chosen one, or the one that decides, or the longest at the highest threshold.
    fn outage(&self) -> Option<(usize, &'a Outage)> {
        let outages = &self.seen.analysis.outages;
        let longest = || self.digest.highest().iter().max_by_key(|i| i.end - i.start).map(|i| i.index);
        let index = self.model.selected.or(self.seen.analysis.deciding).or_else(longest)?;
        Some((index, outages.get(index)?))
    }
}

/// Shows everything. The messages are to be applied in their order.
pub(crate) fn show(ui: &mut egui::Ui, scene: &Scene<'_>) -> Vec<Message> {
    let mut out = Vec::new();
    keys::read(ui, scene, &mut out);
    bar::show(ui, scene, &mut out);
    match (scene.comparison.zip(scene.model.compare.as_ref()), scene.stage()) {
        (Some((all, view)), _) => compare::show(ui, scene, all, view, &mut out),
        (None, Some(stage)) => {
            countdown::banner(ui, &stage);
            panel::show(ui, &stage, &mut out);
            console::panel(ui, &stage, &mut out);
            timeline::show(ui, &stage, &mut out);
        }
        (None, None) => welcome::show(ui, scene, &mut out),
    }
    dialogs::show(ui, scene, &mut out);
    // What is typed in the same frame as Enter belongs to what Enter confirms.
    out.sort_by_key(|message| *message == Message::Confirm);
    out
}
