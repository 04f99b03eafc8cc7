//! The index beside a capture: overview and map to UTC, so that a long recording is on the screen at once.
//!
//! It is a cache for the eye. No result is computed from it: those read the whole recording.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use ichiscope_capture::ChainReader;
use ichiscope_timeline::Timeline;
use serde::{Deserialize, Serialize};

use crate::{FileDamage, Overview, ReplayError, UtcMap, load};

/// First word of the file.
const MAGIC: &str = "ichiscope-index-2";
/// So much of a file's beginning and of its end is looked at to recognise it.
const PROBE: u64 = 64 << 10;
/// A longer index than this is none.
const MAX_INDEX: u64 = 4 << 20;

/// What the first picture of a recording needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
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
    /// Made of pieces of the recording ([`glance`](crate::glance)): what is short, and what was lost, is not in it.
    #[serde(default)]
    pub is_sampled: bool,
}

/// What a file is recognised by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    name: String,
    bytes: u64,
    crc_of_ends: u32,
}

/// The index of the recording at `path`: from the file beside its first file if it is still right, else by reading the recording; then it
/// is put there, as `NAME.ichi-index`, if that folder can be written and the recording is finished. `progress` is as in [`load`].
///
/// # Errors
/// As [`load`].
pub fn open_index(path: &Path, progress: impl FnMut(u64)) -> Result<Index, ReplayError> {
    let file = IndexFile::of(ChainReader::open(path)?.files());
    if let Some(index) = file.read() {
        return Ok(index);
    }
    let recording = load(path, progress)?;
    let index = Index::of(&recording.timeline, recording.utc, &recording.damage, recording.finished);
    file.keep(&index);
    Ok(index)
}

/// Where the index of a capture is.
pub fn index_path(capture: &Path) -> PathBuf {
    let mut name = capture.as_os_str().to_owned();
    name.push(".ichi-index");
    name.into()
}

impl Index {
    /// The index of a whole axis.
    pub fn of(timeline: &Timeline, utc: UtcMap, damage: &[FileDamage], finished: bool) -> Index {
        Index {
            overview: Overview::of(timeline),
            tick_hz: timeline.tick_hz(),
            utc,
            gaps: timeline.gaps().len() as u64,
            is_damaged: damage.iter().any(|d| d.loses_items),
            finished,
            is_sampled: false,
        }
    }
}

/// The place of a recording's index, and what the recording's files were when this was made.
pub struct IndexFile {
    path: PathBuf,
    files: Vec<PathBuf>,
    key: Option<Vec<Key>>,
}

impl IndexFile {
    /// For a recording of these files; the index is beside the first.
    pub fn of(files: &[PathBuf]) -> IndexFile {
        let path = files.first().map(|first| index_path(first)).unwrap_or_default();
        IndexFile { path, files: files.to_vec(), key: keys(files) }
    }

    /// The index, if there is one, it is whole, and it is of these files.
    pub fn read(&self) -> Option<Index> {
        let kept = read(&self.path)?;
        (self.key.as_ref() == Some(&kept.key)).then_some(kept.index)
    }

    /// Puts the index of a finished recording there, unless its files have changed meanwhile.
    ///
    /// Without it everything works, only later: so a folder that cannot be written is no error.
    pub fn keep(&self, index: &Index) {
        if let Some(key) =
            self.key.clone().filter(|key| index.finished && keys(&self.files).as_ref() == Some(key))
        {
            let _ = write(&self.path, &Kept { key, index: index.clone() });
        }
    }
}

/// What stands in the file.
#[derive(Serialize, Deserialize)]
struct Kept {
    key: Vec<Key>,
    index: Index,
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

/// What is in a file, if there is one and it is whole.
fn read(path: &Path) -> Option<Kept> {
    let mut text = String::new();
    File::open(path).ok()?.take(MAX_INDEX).read_to_string(&mut text).ok()?;
    let (head, json) = text.split_once('\n')?;
    let crc = head.strip_prefix(MAGIC)?.trim();
    (u32::from_str_radix(crc, 16).ok()? == crc32fast::hash(json.as_bytes())).then_some(())?;
    serde_json::from_str(json).ok()
}

/// Beside it first, then by one rename: a reader sees the old one or the new one.
fn write(path: &Path, index: &Kept) -> std::io::Result<()> {
    let json = serde_json::to_string(index)?;
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}", std::process::id()));
    let part = PathBuf::from(part);
    let text = format!("{MAGIC} {:08x}\n{json}", crc32fast::hash(json.as_bytes()));
    std::fs::write(&part, text)
        .and_then(|()| std::fs::rename(&part, path))
        .inspect_err(|_| drop(std::fs::remove_file(&part)))
}
