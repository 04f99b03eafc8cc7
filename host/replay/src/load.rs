//! A whole capture file at once.

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use ichiscope_capture::{CaptureError, ChainReader, End, Facts};
use ichiscope_timeline::Timeline;
use ichiscope_verdict::{Analysis, Settings, analyse, hand_phases};

use crate::intake::{FileDamage, Intake, read_batches};
use crate::settings::{PpsUtc, SettingsError, settings_of};
use crate::utc::{TickOfUtc, Utc, UtcMap};

/// Batches that wait at most.
const BATCHES: usize = 8;

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
    /// Whoever wanted it does not want it any more.
    #[error("stopped before all of it was read")]
    Stopped,
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
    /// Ticks and UTC.
    pub utc: UtcMap,
    /// Damaged parts of the files, and files that are missing.
    pub damage: Vec<FileDamage>,
    /// The last file was closed properly.
    pub finished: bool,
    /// The files of the recording in their order; one unless it was recorded into several.
    pub files: Vec<PathBuf>,
}

impl Recording {
    /// The analysis with the settings of the facts.
    pub fn analyse(&self) -> Analysis {
        analyse(&self.timeline, &self.settings, &hand_phases(&self.timeline))
    }

    /// UTC of a tick of the axis; `None` if the recording does not tell.
    pub fn utc_of_tick(&self, tick: u64) -> Option<Utc> {
        self.utc.utc_of_tick(tick)
    }

    /// The tick of a moment of UTC, ns since 1970; `None` if the recording does not tell.
    pub fn tick_of_utc(&self, utc_ns: u64) -> Option<TickOfUtc> {
        self.utc.tick_of_utc(utc_ns)
    }
}

/// Reads the whole recording that the capture at `path` belongs to; `progress` hears how many bytes of its files were read.
///
/// Reading and checking the file, and decoding it, share two threads.
///
/// # Errors
/// The file cannot be read, is no capture, or its facts are not understood. Damage is no error: it is in the result.
pub fn load(path: &Path, mut progress: impl FnMut(u64)) -> Result<Recording, ReplayError> {
    read(path, |done, _| {
        progress(done);
        true
    })
}

/// As [`load`], as long as `goes_on` says so: it is asked with the share of the files that was read, 0..=1.
///
/// # Errors
/// As [`load`]; [`ReplayError::Stopped`].
pub fn load_while(path: &Path, mut goes_on: impl FnMut(f32) -> bool) -> Result<Recording, ReplayError> {
    read(path, |done, all| goes_on((done as f32 / all as f32).min(1.0)))
}

fn read(path: &Path, mut goes_on: impl FnMut(u64, u64) -> bool) -> Result<Recording, ReplayError> {
    let mut reader = ChainReader::open(path)?;
    let lengths = reader.files().iter().map(|file| std::fs::metadata(file).map_or(0, |m| m.len()));
    let all = lengths.sum::<u64>().max(1);
    let facts = reader.facts().clone();
    let settings =
        settings_of(&facts).map_err(|error| ReplayError::Facts { path: path.to_owned(), error })?;
    let mut intake = Intake::new(settings.clock_ppb, PpsUtc::told(&facts));
    let is_whole = std::thread::scope(|threads| {
        let (batches, received) = sync_channel(BATCHES);
        let reader = &mut reader;
        threads.spawn(move || read_batches(reader, |batch| batches.send(batch).is_ok()));
        for batch in received {
            if !goes_on(batch.position, all) {
                return false;
            }
            intake.batch(batch);
        }
        true
    });
    if !is_whole {
        return Err(ReplayError::Stopped);
    }
    let (timeline, utc, damage) = intake.into_parts();
    Ok(Recording {
        facts,
        settings,
        timeline,
        utc,
        damage,
        finished: matches!(reader.end(), End::Finished),
        files: reader.files().to_vec(),
    })
}
