//! A recording in several files: a new file by size or time, each naming the one before.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::CaptureError;
use crate::facts::{ChainFacts, Facts, PreviousFacts};
use crate::item::{Item, LinkNote};
use crate::summary::Summary;
use crate::writer::{Options, Writer};

/// Kind of the note with which a file ends that another one continues; its text is that file's name.
pub(crate) const CONTINUES: &str = "continues-in";
/// If the next file cannot be made, this much later it is tried again.
const RETRY_NS: u64 = 60_000_000_000;

/// When a new file is begun. By default never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Once the file has this many bytes.
    pub bytes: Option<u64>,
    /// Once the file covers this much host time.
    pub time: Option<Duration>,
}

impl Rotation {
    fn is_never(self) -> bool {
        self == Rotation::default()
    }
}

/// What a finished recording of several files contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainSummary {
    /// Files, the last one included.
    pub files: u32,
    /// Items of all kinds in all files, without those that join the files.
    pub items: u64,
    /// Bytes of the device in all files.
    pub device_bytes: u64,
    /// The last file.
    pub last_path: PathBuf,
    /// What the last file contains.
    pub last: Summary,
}

/// Records as [`Writer`] does, into `NAME.mcap`, `NAME.0002.mcap` and so on.
pub struct ChainWriter {
    writer: Writer,
    path: PathBuf,
    first: PathBuf,
    facts: Facts,
    options: Options,
    rotation: Rotation,
    /// Host time of the file's first item.
    since_ns: Option<u64>,
    retry_at_ns: u64,
    problem: Option<CaptureError>,
    number: u32,
    items: u64,
    device_bytes: u64,
}

impl ChainWriter {
    /// Creates the first file. With a rotation that never comes it is a recording of one file, as [`Writer`] makes it.
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub fn create(
        path: impl AsRef<Path>,
        facts: &Facts,
        rotation: Rotation,
        options: Options,
    ) -> Result<ChainWriter, CaptureError> {
        let first = path.as_ref().to_owned();
        let mut facts = facts.clone();
        let id = || format!("{:016x}", RandomState::new().build_hasher().finish());
        facts.chain = (!rotation.is_never()).then(|| ChainFacts { id: id(), number: 1, previous: None });
        Ok(ChainWriter {
            writer: Writer::create_with(&first, &facts, options)?,
            path: first.clone(),
            first,
            facts,
            options,
            rotation,
            since_ns: None,
            retry_at_ns: 0,
            problem: None,
            number: 1,
            items: 0,
            device_bytes: 0,
        })
    }

    /// The file that is being written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the last attempt to begin a new file, or to close the old one, failed, if it did since this was asked last.
    /// Nothing is lost by that: recording goes on in the old file, and a minute later it is tried again.
    pub fn take_problem(&mut self) -> Option<CaptureError> {
        self.problem.take()
    }

    /// Records an item, in a new file if one is due.
    ///
    /// # Errors
    /// As [`Writer::item`].
    pub fn item(&mut self, item: &Item) -> Result<(), CaptureError> {
        self.rotate_due(item.host_ns())?;
        self.writer.item(item)?;
        self.count(if let Item::Bytes { bytes, .. } = item { bytes.len() } else { 0 });
        Ok(())
    }

    /// Records bytes of the device, as [`Writer::bytes`], in a new file if one is due.
    ///
    /// # Errors
    /// As [`Writer::bytes`].
    pub fn bytes(&mut self, host_ns: u64, bytes: &[u8]) -> Result<(), CaptureError> {
        self.rotate_due(host_ns)?;
        self.writer.bytes(host_ns, bytes)?;
        self.count(bytes.len());
        Ok(())
    }

    /// Records an event of the link, as [`Writer::link`].
    ///
    /// # Errors
    /// As [`Writer::link`].
    pub fn link(&mut self, host_ns: u64, event: &LinkNote) -> Result<(), CaptureError> {
        self.rotate_due(host_ns)?;
        self.writer.link(host_ns, event)?;
        self.count(0);
        Ok(())
    }

    /// Records a mark or a note, as [`Writer::note`].
    ///
    /// # Errors
    /// As [`Writer::note`].
    pub fn note(
        &mut self,
        tick: Option<u64>,
        host_ns: u64,
        kind: &str,
        text: &str,
    ) -> Result<(), CaptureError> {
        self.rotate_due(host_ns)?;
        self.writer.note(tick, host_ns, kind, text)?;
        self.count(0);
        Ok(())
    }

    /// As [`Writer::flush_due`].
    ///
    /// # Errors
    /// As [`Writer::flush`].
    pub fn flush_due(&mut self, now: Instant) -> Result<(), CaptureError> {
        self.writer.flush_due(now)
    }

    /// As [`Writer::flush`].
    ///
    /// # Errors
    /// As [`Writer::flush`].
    pub fn flush(&mut self) -> Result<(), CaptureError> {
        self.writer.flush()
    }

    /// Finishes the last file, as [`Writer::finish`].
    ///
    /// # Errors
    /// As [`Writer::finish`].
    pub fn finish(self) -> Result<ChainSummary, CaptureError> {
        Ok(ChainSummary {
            files: self.number,
            items: self.items,
            device_bytes: self.device_bytes,
            last_path: self.path,
            last: self.writer.finish()?,
        })
    }

    fn count(&mut self, device_bytes: usize) {
        self.items += 1;
        self.device_bytes += device_bytes as u64;
    }

    /// Begins a new file before an item of this host time if one is due.
    fn rotate_due(&mut self, host_ns: u64) -> Result<(), CaptureError> {
        let Some(since_ns) = self.since_ns else {
            self.since_ns = Some(host_ns);
            return Ok(());
        };
        let age_ns = u128::from(host_ns.saturating_sub(since_ns));
        let is_old = self.rotation.time.is_some_and(|time| age_ns >= time.as_nanos());
        let is_big = self.rotation.bytes.is_some_and(|bytes| self.writer.written().1 >= bytes);
        if (is_old || is_big) && host_ns >= self.retry_at_ns { self.rotate(host_ns) } else { Ok(()) }
    }

    /// The next file is created before the old one is closed: if it cannot be, the old one goes on.
    fn rotate(&mut self, host_ns: u64) -> Result<(), CaptureError> {
        let next_path = numbered(&self.first, self.number + 1);
        self.writer.note(None, host_ns, CONTINUES, &name_of(&next_path))?;
        self.writer.flush()?;
        let facts = self.next_facts();
        match Writer::create_with(&next_path, &facts, self.options) {
            Ok(next) => {
                let old = std::mem::replace(&mut self.writer, next);
                self.path = next_path;
                self.facts = facts;
                self.number += 1;
                self.since_ns = Some(host_ns);
                // All of the old file's items are in it, whatever happens to its index.
                self.problem = old.finish().err().or(self.problem.take());
            }
            Err(error) => {
                self.problem = Some(error);
                self.retry_at_ns = host_ns.saturating_add(RETRY_NS);
            }
        }
        Ok(())
    }

    fn next_facts(&self) -> Facts {
        let (items, data_bytes, data_crc32) = self.writer.written();
        let previous = PreviousFacts { name: name_of(&self.path), items, data_bytes, data_crc32 };
        let mut facts = self.facts.clone();
        if let Some(chain) = &mut facts.chain {
            chain.number = self.number + 1;
            chain.previous = Some(previous);
        }
        facts
    }
}

/// `NAME.mcap` becomes `NAME.0002.mcap`.
fn numbered(first: &Path, number: u32) -> PathBuf {
    let stem = first.file_stem().unwrap_or_default().to_string_lossy();
    let extension = first.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    first.with_file_name(format!("{stem}.{number:04}{extension}"))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
