//! The views. They read a [`Scene`] and make [`Message`]s; they change nothing.

mod axis;
mod bands;
mod bar;
mod canvas;
mod dialogs;
mod keys;
mod lanes;
mod minimap;
mod panel;
mod pointer;
mod rows;
mod table;
mod timeline;
mod traces;
mod welcome;
mod words;

use std::path::Path;

use ichiscope_session::{Facts, State};
use ichiscope_timeline::Timeline;
use ichiscope_verdict::{Analysis, Outage};

use crate::digest::Digest;
use crate::message::Message;
use crate::model::Model;
use crate::theme::Palette;

/// A recording as it is in this frame.
#[derive(Clone, Copy)]
pub(crate) struct Snapshot<'a> {
    pub(crate) path: &'a Path,
    pub(crate) state: &'a State,
    pub(crate) timeline: &'a Timeline,
    pub(crate) analysis: &'a Analysis,
    pub(crate) facts: &'a Facts,
}

/// Everything that a view may read.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) model: &'a Model,
    pub(crate) seen: Option<&'a Snapshot<'a>>,
    pub(crate) digest: &'a Digest,
    pub(crate) palette: Palette,
}

/// A scene with a recording in it.
#[derive(Clone, Copy)]
pub(crate) struct Stage<'a> {
    pub(crate) model: &'a Model,
    pub(crate) seen: &'a Snapshot<'a>,
    pub(crate) digest: &'a Digest,
    pub(crate) palette: Palette,
}

impl<'a> Stage<'a> {
    /// First tick of the recording: times count from here.
    fn origin(&self) -> u64 {
        self.model.span.map_or(0, |s| s.0)
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
    match scene.seen {
        Some(seen) => {
            let stage = Stage { model: scene.model, seen, digest: scene.digest, palette: scene.palette };
            panel::show(ui, &stage, &mut out);
            timeline::show(ui, &stage, &mut out);
        }
        None => welcome::show(ui, scene, &mut out),
    }
    dialogs::show(ui, scene, &mut out);
    out
}
