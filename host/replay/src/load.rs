//! A whole capture file at once.

use std::path::{Path, PathBuf};

use ichiscope_capture::{CaptureError, End, Facts, Read, Reader};
use ichiscope_timeline::{Builder, Timeline};
use ichiscope_verdict::{Analysis, Settings, analyse, hand_phases};

use crate::settings::{SettingsError, settings_of};
use crate::{feed_damage, feed_item};

/// Why a capture could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// Its facts.
    #[error("{path}: {error}")]
    Facts {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        error: SettingsError,
    },
}

/// A damaged part of a capture file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDamage {
    /// Where it begins, bytes from the start of the file.
    pub offset: u64,
    /// How long it is, bytes.
    pub bytes: u64,
    /// What it is, for people.
    pub what: String,
    /// Whether recorded items are, or may be, lost.
    pub loses_items: bool,
}

/// A capture read whole.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The facts of the session.
    pub facts: Facts,
    /// The settings that the facts ask for.
    pub settings: Settings,
    /// The axis.
    pub timeline: Timeline,
    /// Damaged parts of the file.
    pub damage: Vec<FileDamage>,
    /// The file was closed properly.
    pub finished: bool,
}

impl Recording {
    /// The analysis with the settings of the facts.
    pub fn analyse(&self) -> Analysis {
        analyse(&self.timeline, &self.settings, &hand_phases(&self.timeline))
    }
}

/// Reads the whole capture at `path`; `progress` hears of every item's place in the file, in bytes.
///
/// # Errors
/// The file cannot be read, is no capture, or its facts are not understood. Damage is no error: it is in the result.
pub fn load(path: &Path, mut progress: impl FnMut(u64)) -> Result<Recording, ReplayError> {
    let mut reader = Reader::open(path)?;
    let facts = reader.facts().clone();
    let settings =
        settings_of(&facts).map_err(|error| ReplayError::Facts { path: path.to_owned(), error })?;
    let mut builder = Builder::new();
    let mut damage = Vec::new();
    let mut read_bytes = 0;
    for read in reader.items() {
        match read {
            Read::Item(item) => {
                if let ichiscope_capture::Item::Bytes { bytes, .. } = &item {
                    read_bytes += bytes.len() as u64;
                    progress(read_bytes);
                }
                feed_item(&mut builder, &item);
            }
            Read::Damage { offset, bytes, what } => {
                feed_damage(&mut builder, &what);
                damage.push(FileDamage {
                    offset,
                    bytes,
                    what: what.to_string(),
                    loses_items: what.loses_items(),
                });
            }
        }
    }
    let finished = matches!(reader.end(), End::Finished);
    Ok(Recording { facts, settings, timeline: builder.into_timeline(), damage, finished })
}
