//! A whole capture file at once.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use ichiscope_capture::{CaptureError, ChainRead, ChainReader, End, Facts, Item, Read};
use ichiscope_timeline::{Builder, LinkBreak, Timeline};
use ichiscope_verdict::{Analysis, Settings, analyse, hand_phases};

use crate::settings::{SettingsError, settings_of};
use crate::utc::{TickOfUtc, Utc, UtcBuilder, UtcMap};
use crate::{feed_damage, feed_item};

/// A batch is handed over once it has this much: bytes, and so much for each item.
const BATCH_WEIGHT: usize = 256 << 10;
const ITEM_WEIGHT: usize = 256;
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
}

/// A damaged part of a capture file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDamage {
    /// Where it begins, bytes from the start of its file.
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
    let mut reader = ChainReader::open(path)?;
    let facts = reader.facts().clone();
    let settings =
        settings_of(&facts).map_err(|error| ReplayError::Facts { path: path.to_owned(), error })?;
    let mut loading =
        Loading { builder: Builder::new(), utc: UtcBuilder::new(settings.clock_ppb), damage: Vec::new() };
    std::thread::scope(|threads| {
        let (batches, received) = sync_channel(BATCHES);
        let reader = &mut reader;
        threads.spawn(move || read_all(reader, &batches));
        for batch in received {
            progress(batch.position);
            batch.reads.into_iter().for_each(|read| loading.take(&batch.file, read));
        }
    });
    let Loading { builder, utc, damage } = loading;
    Ok(Recording {
        facts,
        settings,
        timeline: builder.into_timeline(),
        utc: utc.finish(),
        damage,
        finished: matches!(reader.end(), End::Finished),
        files: reader.files().to_vec(),
    })
}

/// What the reading thread hands over at once.
struct Batch {
    reads: Vec<ChainRead>,
    /// Name of the file if the recording has several.
    file: Option<String>,
    position: u64,
}

fn read_all(reader: &mut ChainReader, batches: &SyncSender<Batch>) {
    let is_chain = reader.files().len() > 1;
    loop {
        let file =
            is_chain.then(|| reader.path().file_name().unwrap_or_default().to_string_lossy().into_owned());
        let mut reads = Vec::new();
        let mut weight = 0;
        while weight < BATCH_WEIGHT
            && let Some(read) = reader.next_read()
        {
            weight += match &read {
                ChainRead::Read(Read::Item(Item::Bytes { bytes, .. })) => bytes.len() + ITEM_WEIGHT,
                _ => ITEM_WEIGHT,
            };
            reads.push(read);
        }
        let is_end = weight < BATCH_WEIGHT;
        let batch = Batch { reads, file, position: reader.position() };
        if batches.send(batch).is_err() || is_end {
            return;
        }
    }
}

/// The axis while it grows.
struct Loading {
    builder: Builder,
    utc: UtcBuilder,
    damage: Vec<FileDamage>,
}

impl Loading {
    fn take(&mut self, file: &Option<String>, read: ChainRead) {
        match read {
            ChainRead::Read(Read::Item(item)) => {
                feed_item(&mut self.builder, &item);
                if let Item::Bytes { host_ns, .. } = item {
                    self.received(host_ns);
                }
            }
            ChainRead::Read(Read::Damage { offset, bytes, what }) => {
                feed_damage(&mut self.builder, &what);
                let place = file.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
                let (what, loses_items) = (format!("{place}{what}"), what.loses_items());
                self.damage.push(FileDamage { offset, bytes, what, loses_items });
            }
            ChainRead::Missing { what, .. } => {
                self.builder.link_break(0, LinkBreak::File);
                self.damage.push(FileDamage { offset: 0, bytes: 0, what, loses_items: true });
            }
        }
    }

    /// Everything known so far had been received by then.
    fn received(&mut self, host_ns: u64) {
        let timeline = self.builder.timeline();
        if let (Some((_, tick)), Some(tick_hz)) = (timeline.span(), timeline.tick_hz()) {
            self.utc.received(tick, host_ns, tick_hz, timeline.stats().restarts);
        }
    }
}
