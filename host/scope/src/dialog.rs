//! The dialogs: what is typed into them, and what they ask for when they are confirmed.

use std::path::{Path, PathBuf};

use ichiscope_wire::Board;

use crate::beside::{Beside, BesideKind};
use crate::browse::Browse;
use crate::form::SettingsForm;
use crate::message::{Effect, Field, RecordFrom};

/// A dialog in view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// Which capture to open.
    Open {
        /// Its path, as typed.
        path: String,
    },
    /// Which captures to compare.
    Compare {
        /// A folder, or files apart by `;`, as typed.
        path: String,
    },
    /// Where to write the evidence.
    Export {
        /// The folder, as typed.
        path: String,
    },
    /// Where to write a picture; its ending says which: PNG or SVG.
    Picture {
        /// The file, as typed.
        path: String,
    },
    /// What to record.
    Record(RecordForm),
    /// Into which board the gateware is to be written.
    Flash {
        /// The kind of board, once chosen.
        board: Option<Board>,
        /// Its serial number, or nothing for the only board.
        serial: String,
    },
    /// Names, device data, thresholds, mark inputs.
    Settings(SettingsForm),
    /// Which files lie beside the capture.
    Beside(BesideForm),
    /// A recording is running: shall it be ended first?
    Leave(Then),
    /// The keys.
    Help,
}

/// What to record, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordForm {
    /// The file.
    pub path: String,
    /// The board's serial number, `twin`, or nothing for the only board.
    pub serial: String,
    /// How long before the limit the alarm comes, s.
    pub alarm_s: String,
}

/// Which files lie beside the capture, as typed: a path for each kind, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BesideForm([String; BesideKind::ALL.len()]);

impl BesideForm {
    /// As they were named.
    pub fn new(beside: &Beside) -> BesideForm {
        let typed = |kind| beside.get(kind).map(|path| path.display().to_string()).unwrap_or_default();
        BesideForm(BesideKind::ALL.map(typed))
    }

    /// What is typed for a kind.
    pub fn get(&self, kind: BesideKind) -> &str {
        &self.0[kind as usize]
    }

    /// The files, for this capture.
    pub fn beside(&self, capture: &Path) -> Beside {
        BesideKind::ALL.into_iter().fold(Beside::default(), |beside, kind| {
            let typed = self.get(kind).trim();
            beside.with(kind, (!typed.is_empty()).then_some(Path::new(typed)), capture)
        })
    }
}

/// What comes after the end of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing: it is looked at.
    Look,
    /// Another capture.
    Open(PathBuf),
    /// The window closes.
    Quit,
}

/// What a confirmed dialog comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Confirmed {
    /// It closes.
    Nothing,
    /// Something is missing: it stays.
    Stays(Dialog),
    /// Write the evidence into this folder.
    Export(PathBuf),
    /// Do this.
    Do(Effect),
    /// Put this form into the edits.
    Edit(SettingsForm),
    /// These files lie beside the capture.
    Lay(BesideForm),
    /// Record, as this form says.
    Record(Effect, RecordForm),
}

impl Dialog {
    /// A text was changed.
    pub(crate) fn edit(&mut self, field: Field, text: String) {
        match (self, field) {
            (
                Dialog::Open { path }
                | Dialog::Compare { path }
                | Dialog::Export { path }
                | Dialog::Picture { path },
                Field::Path,
            ) => *path = text,
            (Dialog::Settings(form), Field::Form(field)) => form.set(field, text),
            (Dialog::Record(form), Field::Path) => form.path = text,
            (Dialog::Record(form), Field::Serial) => form.serial = text,
            (Dialog::Flash { serial, .. }, Field::Serial) => *serial = text,
            (Dialog::Record(form), Field::Alarm) => form.alarm_s = text,
            (Dialog::Beside(form), Field::Beside(kind)) => form.0[kind as usize] = text,
            _ => {}
        }
    }

    /// What the system's file dialog may be asked for in place of a text, and where it begins.
    pub(crate) fn browse(&self, field: Field) -> Option<(Browse, PathBuf)> {
        let (what, path) = match (self, field) {
            (Dialog::Open { path }, Field::Path) => (Browse::Capture, path.as_str()),
            (Dialog::Compare { path } | Dialog::Export { path }, Field::Path) => {
                (Browse::Folder, path.as_str())
            }
            (Dialog::Picture { path } | Dialog::Record(RecordForm { path, .. }), Field::Path) => {
                (Browse::NewFile, path.as_str())
            }
            (Dialog::Beside(form), Field::Beside(kind)) => (Browse::Beside, form.get(kind)),
            _ => return None,
        };
        Some((what, path.trim().into()))
    }

    /// What it asks for.
    pub(crate) fn confirm(self) -> Confirmed {
        match self {
            Dialog::Help => Confirmed::Nothing,
            Dialog::Open { ref path } | Dialog::Compare { ref path } | Dialog::Export { ref path }
                if path.trim().is_empty() =>
            {
                Confirmed::Stays(self)
            }
            Dialog::Compare { path } => Confirmed::Do(Effect::Compare(paths(&path))),
            Dialog::Picture { ref path } if picture(path).is_none() => Confirmed::Stays(self),
            Dialog::Picture { path } => Confirmed::Do(Effect::Picture(path.trim().into())),
            Dialog::Flash { board: None, .. } => Confirmed::Stays(self),
            Dialog::Flash { board: Some(board), serial } => {
                let serial = Some(serial.trim().to_owned()).filter(|s| !s.is_empty());
                Confirmed::Do(Effect::Flash(board, serial))
            }
            Dialog::Settings(form) if form.has_fault() => Confirmed::Stays(Dialog::Settings(form)),
            Dialog::Settings(form) => Confirmed::Edit(form),
            Dialog::Beside(form) => Confirmed::Lay(form),
            Dialog::Open { path } => Confirmed::Do(Effect::Open(path.trim().into())),
            Dialog::Export { path } => Confirmed::Export(path.trim().into()),
            Dialog::Record(form) => form.confirm(),
            Dialog::Leave(Then::Look) => Confirmed::Do(Effect::Stop),
            Dialog::Leave(Then::Open(path)) => Confirmed::Do(Effect::Open(path)),
            Dialog::Leave(Then::Quit) => Confirmed::Do(Effect::Quit),
        }
    }
}

/// Paths apart by `;`.
fn paths(typed: &str) -> Vec<PathBuf> {
    typed.split(';').map(str::trim).filter(|p| !p.is_empty()).map(PathBuf::from).collect()
}

/// What a picture's file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    /// The window.
    Png,
    /// The view, drawn from the data.
    Svg,
}

/// What a picture of that name holds; none if its ending is not known.
pub fn picture(path: &str) -> Option<PictureKind> {
    let ending = Path::new(path.trim()).extension()?.to_str()?.to_lowercase();
    match ending.as_str() {
        "png" => Some(PictureKind::Png),
        "svg" => Some(PictureKind::Svg),
        _ => None,
    }
}

impl RecordForm {
    /// How long before the limit the alarm comes, s; none if that is no whole number of seconds.
    pub(crate) fn alarm(&self) -> Option<u64> {
        self.alarm_s.trim().parse().ok()
    }

    fn confirm(self) -> Confirmed {
        if self.alarm().is_none() || self.path.trim().is_empty() {
            return Confirmed::Stays(Dialog::Record(self));
        }
        let source = match self.serial.trim() {
            "twin" => RecordFrom::Twin,
            "" => RecordFrom::Board(None),
            serial => RecordFrom::Board(Some(serial.to_owned())),
        };
        Confirmed::Record(Effect::Record { source, path: self.path.trim().into() }, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_needs_a_file_and_a_whole_number_of_seconds() {
        let form = |path: &str, alarm: &str| RecordForm {
            path: path.into(),
            serial: "twin".into(),
            alarm_s: alarm.into(),
        };
        for bad in [form(" ", "30"), form("a.mcap", "soon"), form("a.mcap", "-1")] {
            assert_eq!(bad.clone().confirm(), Confirmed::Stays(Dialog::Record(bad)));
        }
        let record = Effect::Record { source: RecordFrom::Twin, path: "a.mcap".into() };
        let good = form(" a.mcap ", "45");
        assert_eq!(good.clone().confirm(), Confirmed::Record(record, good));
    }
}
