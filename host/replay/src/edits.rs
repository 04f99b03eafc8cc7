//! What the operator changed after the recording: beside the raw data, never in it. The file: `docs/edits.md`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ichiscope_capture::{Facts, MarkFacts, ThresholdFacts};
use ichiscope_timeline::{Builder, Note};
use serde::{Deserialize, Serialize};

use crate::settings::{ALLOWANCE_FACT, DEVICE_FACT, NAME_FACT};
use crate::{Recording, SettingsError, settings_of};

/// The version of the file that this crate writes and reads.
const VERSION: u32 = 1;
/// A longer file is not read.
const MAX_BYTES: u64 = 4 << 20;

/// Why edits could not be read, kept or used.
#[derive(Debug, thiserror::Error)]
pub enum EditsError {
    /// The file could not be read or written.
    #[error("cannot {what} {path}: {error}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It is no file of edits.
    #[error(
        "{path} holds no edits that this version reads: {error}. Remedy: see docs/edits.md, or move the file away"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: String,
    },
    /// It asks for settings that make no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// A mark, a remark, or the begin or end of a phase, set after the recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteEdit {
    /// Where on the axis.
    pub tick: u64,
    /// Its kind: `mark`, `remark`, `phase-begin`, `phase-end`.
    pub kind: String,
    /// Its text; for a phase its name.
    pub text: String,
}

/// What the operator changed. A field that is missing is as in the capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edits {
    version: u32,
    /// A name for the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Make, model and variant of the meter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
    /// Make and model of the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// Firmware before the upgrade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware_from: Option<String>,
    /// Firmware after the upgrade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware_to: Option<String>,
    /// Anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator_notes: Option<String>,
    /// What is being upgraded: `esme` or `gsme`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_type: Option<String>,
    /// Time to be allowed for the hub's reboot where it was not measured, ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ch_reboot_allowance_ns: Option<u64>,
    /// The comparators' levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Vec<ThresholdFacts>>,
    /// What each mark input means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<Vec<MarkFacts>>,
    /// Marks and phases set after the recording, beside those in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteEdit>,
}

impl Default for Edits {
    /// Nothing was changed.
    fn default() -> Edits {
        Edits {
            version: VERSION,
            name: None,
            meter: None,
            hub: None,
            firmware_from: None,
            firmware_to: None,
            operator_notes: None,
            device_type: None,
            ch_reboot_allowance_ns: None,
            thresholds: None,
            marks: None,
            notes: Vec::new(),
        }
    }
}

impl Edits {
    /// Where the edits of a capture are kept: `run.mcap.edits.json` beside `run.mcap`.
    pub fn path_of(capture: &Path) -> PathBuf {
        let mut name = capture.as_os_str().to_owned();
        name.push(".edits.json");
        name.into()
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        *self == Edits::default()
    }

    /// Reads a file of edits.
    ///
    /// # Errors
    /// It cannot be read, or is no file of edits of this version.
    pub fn read(path: &Path) -> Result<Edits, EditsError> {
        let io = |error| EditsError::Io { what: "read", path: path.to_owned(), error };
        let format = |error: String| EditsError::Format { path: path.to_owned(), error };
        if fs::metadata(path).map_err(io)?.len() > MAX_BYTES {
            return Err(format("it is too long".to_owned()));
        }
        let edits: Edits =
            serde_json::from_slice(&fs::read(path).map_err(io)?).map_err(|e| format(e.to_string()))?;
        if edits.version == VERSION {
            Ok(edits)
        } else {
            Err(format(format!("it has version {}, this program reads {VERSION}", edits.version)))
        }
    }

    /// Writes them: beside the name first, then by one rename.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), EditsError> {
        let io = |error| EditsError::Io { what: "write", path: path.to_owned(), error };
        let json = serde_json::to_string_pretty(self)
            .map_err(|error| EditsError::Format { path: path.to_owned(), error: error.to_string() })?;
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        fs::write(&part, json + "\n").and_then(|()| fs::rename(&part, path)).map_err(io)
    }

    /// The facts of a session with these edits in them.
    pub fn facts(&self, facts: &Facts) -> Facts {
        let mut facts = facts.clone();
        let bench = &mut facts.bench;
        for (place, edit) in [
            (&mut bench.meter, &self.meter),
            (&mut bench.hub, &self.hub),
            (&mut bench.firmware_from, &self.firmware_from),
            (&mut bench.firmware_to, &self.firmware_to),
            (&mut bench.operator_notes, &self.operator_notes),
        ] {
            if let Some(text) = edit {
                *place = Some(text.clone()).filter(|t| !t.is_empty());
            }
        }
        if let Some(thresholds) = &self.thresholds {
            facts.thresholds.clone_from(thresholds);
        }
        if let Some(marks) = &self.marks {
            facts.marks.clone_from(marks);
        }
        let allowance = self.ch_reboot_allowance_ns.map(|ns| ns.to_string());
        for (name, value) in
            [(NAME_FACT, &self.name), (DEVICE_FACT, &self.device_type), (ALLOWANCE_FACT, &allowance)]
        {
            if let Some(value) = value {
                facts.extra.insert(name.to_owned(), value.clone());
            }
        }
        facts
    }

    /// The notes of an axis and these, by tick.
    pub fn notes(&self, recorded: &[Note]) -> Vec<Note> {
        let ours =
            self.notes.iter().map(|n| Note { tick: n.tick, kind: n.kind.clone(), text: n.text.clone() });
        let mut all: Vec<Note> = recorded.iter().cloned().chain(ours).collect();
        all.sort_by_key(|note| note.tick);
        all
    }
}

impl Recording {
    /// Puts the operator's edits into the facts, the settings and the notes. Nothing is changed if they make no sense.
    ///
    /// # Errors
    /// A line or phase that does not exist, or a threshold that is the wrong way round.
    pub fn apply(&mut self, edits: &Edits) -> Result<(), SettingsError> {
        let facts = edits.facts(&self.facts);
        self.settings = settings_of(&facts)?;
        self.facts = facts;
        let mut builder = Builder::of(std::mem::take(&mut self.timeline));
        for note in &edits.notes {
            builder.note(Some(note.tick), &note.kind, &note.text);
        }
        self.timeline = builder.into_timeline();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ichiscope_capture::DeviceFacts;
    use ichiscope_verdict::{PHASE_BEGIN, PHASE_END, PhaseKind};
    use ichiscope_wire::{Heartbeat, LineSet, Payload, Record, encode_frame};

    use super::*;
    use crate::UtcBuilder;

    fn edits() -> Edits {
        let note = |tick, kind: &str| NoteEdit { tick, kind: kind.into(), text: "CH_BOOT".into() };
        Edits {
            name: Some("run 7".into()),
            meter: Some("M1".into()),
            device_type: Some("gsme".into()),
            ch_reboot_allowance_ns: Some(60_000_000_000),
            thresholds: Some(vec![ThresholdFacts {
                line: "rail0".into(),
                falling_mv: 10_000,
                rising_mv: 10_500,
                source: "operator".into(),
            }]),
            notes: vec![note(10, PHASE_BEGIN), note(40, PHASE_END)],
            ..Edits::default()
        }
    }

    fn recording() -> Recording {
        let facts = Facts::new("test", 0, DeviceFacts::default());
        let mut builder = Builder::new();
        for (seq, tick) in [0, 100].into_iter().enumerate() {
            let beat = Payload::Heartbeat(Heartbeat { tick, levels: LineSet::EMPTY, flags: 1 });
            builder.bytes(0, &encode_frame(seq as u8, &Record::new(tick, 0, beat)));
        }
        Recording {
            settings: settings_of(&facts).unwrap(),
            facts,
            timeline: builder.into_timeline(),
            utc: UtcBuilder::new(0).finish(),
            damage: Vec::new(),
            finished: true,
            files: Vec::new(),
        }
    }

    #[test]
    fn a_file_gives_back_what_was_written_and_nothing_is_an_empty_object() {
        let folder = tempfile::tempdir().unwrap();
        let path = Edits::path_of(&folder.path().join("run.mcap"));
        assert!(path.ends_with("run.mcap.edits.json"));
        edits().write(&path).unwrap();
        assert_eq!(Edits::read(&path).unwrap(), edits());
        fs::write(&path, "{\"version\": 1}").unwrap();
        assert!(Edits::read(&path).unwrap().is_empty());
    }

    #[test]
    fn a_file_that_is_not_understood_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.edits.json");
        for bad in ["", "[]", "{}", "{\"version\": 2}", "{\"version\": 1, \"limit_ns\": 5}"] {
            fs::write(&path, bad).unwrap();
            let error = Edits::read(&path).unwrap_err().to_string();
            assert!(error.contains("x.edits.json") && error.contains("Remedy"), "{bad}: {error}");
        }
        assert!(matches!(Edits::read(&folder.path().join("none")), Err(EditsError::Io { .. })));
    }

    #[test]
    fn edits_change_facts_settings_and_phases_and_nothing_else() {
        let mut edited = recording();
        edited.apply(&edits()).unwrap();
        assert_eq!(edited.facts.bench.meter.as_deref(), Some("M1"));
        assert_eq!(edited.facts.bench.hub, None);
        assert_eq!(edited.settings.thresholds[0].falling_mv, 10_000);
        assert_eq!(edited.settings.ch_reboot_allowance_ns, Some(60_000_000_000));
        assert_eq!(edited.settings.marks, recording().settings.marks);
        let boot = edited.analyse().phases.into_iter().find(|p| p.kind == PhaseKind::ChBoot).unwrap();
        assert_eq!((boot.start_tick, boot.end_tick, boot.open_end), (10, 40, false));

        let mut unchanged = recording();
        unchanged.apply(&Edits::default()).unwrap();
        assert_eq!(unchanged.analyse(), recording().analyse());
    }

    #[test]
    fn edits_that_make_no_sense_change_nothing() {
        let mut edits = edits();
        if let Some(threshold) = edits.thresholds.as_mut().and_then(|t| t.first_mut()) {
            threshold.rising_mv = 9_000;
        }
        let mut recording = recording();
        assert!(recording.apply(&edits).is_err());
        assert_eq!((recording.facts.bench.meter, recording.timeline.notes().len()), (None, 0));
    }
}
