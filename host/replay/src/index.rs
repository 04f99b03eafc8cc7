//! The index beside a capture: overview and map to UTC, so that a long recording is on the screen at once.
//!
//! It is a cache for the eye. No result is computed from it: those read the whole recording.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use ichiscope_capture::ChainReader;
use serde::{Deserialize, Serialize};

use crate::{Overview, Recording, ReplayError, UtcMap, load};

/// First word of the file.
const MAGIC: &str = "ichiscope-index-1";
/// So much of a file's beginning and of its end is looked at to recognise it.
const PROBE: u64 = 64 << 10;
/// A longer index than this is none.
const MAX_INDEX: u64 = 4 << 20;

/// What the first picture of a recording needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    key: Vec<Key>,
    /// The whole axis in buckets; none while nothing is known of it.
    pub overview: Option<Overview>,
    /// Ticks per second; none while not known.
    pub tick_hz: Option<u64>,
    /// Ticks and UTC.
    pub utc: UtcMap,
    /// Stretches of which nothing is known.
    pub gaps: u64,
    /// Whether a part of the recording's files is damaged or missing.
    pub is_damaged: bool,
    /// Whether the recording was finished.
    pub finished: bool,
}

/// What a file is recognised by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    name: String,
    bytes: u64,
    crc_of_ends: u32,
}

/// The index of the recording at `path`: from the file beside it if it is still right, else by reading the recording; then it is
/// put beside it, as `NAME.ichi-index`, if that folder can be written and the recording is finished. `progress` is as in [`load`].
///
/// # Errors
/// As [`load`].
pub fn open_index(path: &Path, progress: impl FnMut(u64)) -> Result<Index, ReplayError> {
    let files = ChainReader::open(path)?.files().to_vec();
    let key = keys(&files);
    let beside = index_path(path);
    if let Some(index) = key.as_ref().and_then(|key| read(&beside).filter(|index| index.key == *key)) {
        return Ok(index);
    }
    let recording = load(path, progress)?;
    let index = Index::of(&recording, key.clone().unwrap_or_default());
    // Only if nothing has changed meanwhile; without an index everything works, only later.
    if recording.finished && key.is_some() && keys(&files) == key {
        let _ = write(&beside, &index);
    }
    Ok(index)
}

/// Where the index of a capture is.
pub fn index_path(capture: &Path) -> PathBuf {
    let mut name = capture.as_os_str().to_owned();
    name.push(".ichi-index");
    name.into()
}

impl Index {
    fn of(recording: &Recording, key: Vec<Key>) -> Index {
        let timeline = &recording.timeline;
        Index {
            key,
            overview: Overview::of(timeline),
            tick_hz: timeline.tick_hz(),
            utc: recording.utc.clone(),
            gaps: timeline.gaps().len() as u64,
            is_damaged: recording.damage.iter().any(|d| d.loses_items),
            finished: recording.finished,
        }
    }
}

fn keys(files: &[PathBuf]) -> Option<Vec<Key>> {
    files.iter().map(|path| key(path).ok()).collect()
}

/// The end holds the index's checksum and the checksum of all data.
fn key(path: &Path) -> std::io::Result<Key> {
    let mut file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut ends = Vec::new();
    file.by_ref().take(PROBE).read_to_end(&mut ends)?;
    file.seek(SeekFrom::Start(bytes.saturating_sub(PROBE)))?;
    file.take(PROBE).read_to_end(&mut ends)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Key { name, bytes, crc_of_ends: crc32fast::hash(&ends) })
}

/// The index in a file, if there is one and it is whole.
fn read(path: &Path) -> Option<Index> {
    let mut text = String::new();
    File::open(path).ok()?.take(MAX_INDEX).read_to_string(&mut text).ok()?;
    let (head, json) = text.split_once('\n')?;
    let crc = head.strip_prefix(MAGIC)?.trim();
    (u32::from_str_radix(crc, 16).ok()? == crc32fast::hash(json.as_bytes())).then_some(())?;
    serde_json::from_str(json).ok()
}

/// Beside it first, then by one rename: a reader sees the old one or the new one.
fn write(path: &Path, index: &Index) -> std::io::Result<()> {
    let json = serde_json::to_string(index)?;
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}", std::process::id()));
    let part = PathBuf::from(part);
    let text = format!("{MAGIC} {:08x}\n{json}", crc32fast::hash(json.as_bytes()));
    std::fs::write(&part, text)
        .and_then(|()| std::fs::rename(&part, path))
        .inspect_err(|_| drop(std::fs::remove_file(&part)))
}
