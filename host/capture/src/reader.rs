//! Reads a capture, however damaged: finished, cut, or still being written.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::container::{RECORD_HEAD, facts_of, head, u64_at};
use crate::error::{CaptureError, open_remedy};
use crate::facts::{FORMAT, Facts, MAX_FACTS_BYTES};
use crate::item::{Damage, End, Item, Read};
use crate::looks::looks_like;
use crate::walk::{Step, Walk};

/// A file whose beginning is not a capture's is searched so far for a part of one.
const SEARCH_FOREIGN: u64 = 16 << 20;

/// Reads one capture file with bounded memory: one chunk at a time, whatever the file's size.
pub struct Reader {
    walk: Walk,
    facts: Facts,
    end: End,
    /// Where the first chunk is to be.
    data_start: u64,
}

impl Reader {
    /// Opens a capture and reads its facts. Nothing else is read unless the facts at the start are damaged.
    ///
    /// # Errors
    /// [`CaptureError::Open`], [`CaptureError::NothingRecorded`], [`CaptureError::NotACapture`], [`CaptureError::Newer`],
    /// [`CaptureError::NoFacts`].
    pub fn open(path: impl AsRef<Path>) -> Result<Reader, CaptureError> {
        let path = path.as_ref();
        let failed = |source: std::io::Error| CaptureError::Open {
            path: path.into(),
            remedy: open_remedy(&source),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(failed(std::io::ErrorKind::IsADirectory.into()));
        }
        let mut opening = Opening { path: path.into(), walk: Walk::new(file).map_err(failed)?, head: head() };
        let facts = opening.facts()?;
        let (at, bytes) = (opening.walk.at, opening.walk.len().saturating_sub(opening.walk.at));
        let end = End::Truncated { at, bytes, writing: opening.walk.is_being_written() };
        Ok(Reader { walk: opening.walk, facts, end, data_start: at })
    }

    /// The session's facts.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What was recorded, in file order, with reports of damage between.
    ///
    /// It goes on where an earlier call stopped; so a file that is being written can be followed.
    pub fn items(&mut self) -> Items<'_> {
        Items { reader: self }
    }

    /// How the file ends, known once [`Reader::items`] has returned `None`. Before that: `Truncated` at the place reached.
    pub fn end(&self) -> End {
        self.end
    }

    /// Goes to the last place from which everything received at or after `host_ns` is delivered, give or take 256 KiB of earlier
    /// items. Only a few chunks are read, whatever the file's size, also while it is being written.
    ///
    /// Damage that lies before that place is not looked for, and the checksum of the whole file is not either.
    pub fn seek(&mut self, host_ns: u64) {
        self.walk.seek_time(self.data_start, host_ns);
        self.end = End::Truncated { at: self.walk.at, bytes: 0, writing: false };
    }

    /// The items of the first whole chunk that begins at byte `at` of the file or behind it, without a look at anything else: for a quick
    /// impression of a long file. To read the file, open it again.
    pub fn chunk_near(&mut self, at: u64) -> Vec<Item> {
        self.walk.jump(at.max(self.data_start));
        let end = self.walk.len();
        if !self.walk.seek_chunk(end) {
            return Vec::new();
        }
        let reads = std::iter::from_fn(|| self.walk.chunk.next());
        reads.filter_map(|read| if let Read::Item(item) = read { Some(item) } else { None }).collect()
    }

    /// Where the Data End record is and the checksum in it, once [`Reader::items`] has reached it.
    pub(crate) fn data_end(&self) -> Option<(u64, u32)> {
        self.walk.data_end
    }

    /// Bytes read, and bytes in the file: for a progress display.
    pub fn progress(&mut self) -> (u64, u64) {
        (self.walk.at, self.walk.len())
    }

    fn next_read(&mut self) -> Option<Read> {
        loop {
            if let Some(read) = self.walk.next_damage().or_else(|| self.walk.chunk.next()) {
                return Some(read);
            }
            if self.end == End::Finished {
                return None;
            }
            if let Step::Stopped(end) = self.walk.step() {
                self.end = end;
                return self.walk.next_damage();
            }
            self.end = End::Truncated { at: self.walk.at, bytes: 0, writing: false };
        }
    }
}

/// The iterator of [`Reader::items`].
pub struct Items<'a> {
    reader: &'a mut Reader,
}

impl Iterator for Items<'_> {
    type Item = Read;

    fn next(&mut self) -> Option<Read> {
        self.reader.next_read()
    }
}

/// A file that is being identified.
struct Opening {
    path: PathBuf,
    walk: Walk,
    head: Vec<u8>,
}

impl Opening {
    /// Finds the facts, and leaves the walk before the first chunk.
    fn facts(&mut self) -> Result<Facts, CaptureError> {
        let len = self.walk.len();
        let head_len = self.head.len();
        let start = self.walk.get(0, head_len).to_vec();
        let head_is_good = start == self.head;
        if self.head.starts_with(&start) && len <= head_len as u64 {
            return Err(CaptureError::NothingRecorded { path: self.path.clone(), bytes: len });
        }
        let first_copy = self.first_copy();
        if let Some((json, record_len)) = first_copy {
            let facts = self.parse(&json)?;
            self.pass_head(head_is_good);
            self.walk.pass(record_len);
            self.walk.last_start_ns = facts.created_utc_ns;
            return Ok(facts);
        }
        match self.later_copy(head_is_good) {
            Err(CaptureError::NoFacts { .. }) if self.record_is_cut() => {
                Err(CaptureError::NothingRecorded { path: self.path.clone(), bytes: len })
            }
            found => found,
        }
    }

    /// The JSON of the facts record and the record's length, if it is whole.
    fn first_copy(&mut self) -> Option<(String, u64)> {
        let at = self.head.len() as u64;
        let record_len = self.facts_record_len()?;
        let record = self.walk.get(at, record_len);
        facts_of(record).map(|json| (json.to_owned(), record_len as u64))
    }

    /// The length of the facts record as it says itself, if that can be.
    fn facts_record_len(&mut self) -> Option<usize> {
        let content = u64_at(self.walk.get(self.head.len() as u64, RECORD_HEAD), 1)?;
        (content <= MAX_FACTS_BYTES as u64 + 100).then(|| RECORD_HEAD + content as usize)
    }

    /// Whether the file ends within the facts record: then nothing was recorded after it.
    fn record_is_cut(&mut self) -> bool {
        let rest = self.walk.len() - self.head.len() as u64;
        match self.facts_record_len() {
            Some(record_len) => rest < record_len as u64,
            None => rest < RECORD_HEAD as u64,
        }
    }

    fn pass_head(&mut self, good: bool) {
        let head_len = self.head.len() as u64;
        if good {
            self.walk.pass(head_len);
        } else {
            self.walk.skip_to(head_len, Damage::Frame { part: "the head of the file is damaged" });
        }
    }

    /// The facts out of the first chunk that has them; the walk then stands before the first good chunk.
    fn later_copy(&mut self, head_is_good: bool) -> Result<Facts, CaptureError> {
        let len = self.walk.len();
        let until = if head_is_good { len } else { len.min(SEARCH_FOREIGN) };
        let mut first_chunk = None;
        while self.walk.seek_chunk(until) {
            let here = self.walk.at;
            first_chunk.get_or_insert(here);
            if let Some(json) = self.walk.chunk.facts().map(str::to_owned) {
                let facts = self.parse(&json)?;
                self.walk.chunk.drop_rest();
                self.walk.at = 0;
                let to = first_chunk.unwrap_or(here);
                // A piece of a file can begin so early that there is no place for a head before its first chunk.
                if to >= self.head.len() as u64 {
                    self.pass_head(head_is_good);
                }
                self.walk.skip_to(
                    to,
                    Damage::Frame { part: "the facts at the start are damaged, a copy is used" },
                );
                return Ok(facts);
            }
            self.walk.at = here + 1;
        }
        Err(self.no_facts(head_is_good || first_chunk.is_some()))
    }

    fn no_facts(&mut self, is_a_capture: bool) -> CaptureError {
        let path = self.path.clone();
        if is_a_capture {
            let reason = "their checksum does not match".to_owned();
            return CaptureError::NoFacts { path, at: self.head.len() as u64, reason };
        }
        CaptureError::NotACapture { path, looks: looks_like(self.walk.get(0, 512)) }
    }

    fn parse(&self, json: &str) -> Result<Facts, CaptureError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let version = serde_json::from_str(json).map(|Version { format }| format);
        match version {
            Ok(found) if found > FORMAT => {
                Err(CaptureError::Newer { path: self.path.clone(), found, known: FORMAT })
            }
            _ => serde_json::from_str(json).map_err(|error| CaptureError::NoFacts {
                path: self.path.clone(),
                at: self.head.len() as u64,
                reason: error.to_string(),
            }),
        }
    }
}
