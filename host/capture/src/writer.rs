//! Records: collects items into chunks and appends them to the file.

use std::borrow::Cow;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::appender::Appender;
use crate::chunk::ChunkBuilder;
use crate::container::{Channel, MessageHead, facts_record, head};
use crate::error::CaptureError;
use crate::facts::{Facts, MAX_FACTS_BYTES};
use crate::item::{Item, LinkNote, MAX_TEXT_BYTES, NotePayload};
use crate::summary::{self, Summary, Tally};

/// A chunk is closed and written when it is this old; with [`Writer::flush_due`] called at least every 50 ms
/// nothing waits longer than 250 ms.
pub const CHUNK_TIME: Duration = Duration::from_millis(200);
/// Written chunks are forced to the disk at least this often: what a power cut may cost.
pub const SYNC_TIME: Duration = Duration::from_secs(1);

const CHUNK_TIME_NS: u64 = CHUNK_TIME.as_nanos() as u64;
/// In a copy, which nothing has to be saved from while it is written: what damage to one chunk costs then.
const COPY_CHUNK_TIME_NS: u64 = 1_000_000_000;
/// A chunk is closed before it would grow beyond this.
const CHUNK_BYTES: usize = 1 << 20;
/// The disk's room is looked at when the file has grown by this much, or after [`CHUNK_TIME`].
const LOOK_BYTES: u64 = 2 << 20;
/// Kind of the note at the end of a recording that stopped by itself.
const STOPPED: &str = "stopped";
/// A longer run of bytes is split.
const MAX_RUN: usize = 512 << 10;
/// The facts are repeated after this time.
const FACTS_TIME_NS: u64 = 60_000_000_000;

/// What a writer may be told beside its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Recording stops when the disk has fewer bytes left than these and what closing the file needs.
    pub reserve: u64,
}

impl Default for Options {
    /// 16 MiB: more than what is in flight, little enough to be of no concern.
    fn default() -> Options {
        Options { reserve: 16 << 20 }
    }
}

/// Records into a new file that nobody else may write.
///
/// Dropping it without [`Writer::finish`] writes what is waiting and leaves the file unfinished, which a reader shows. After
/// [`CaptureError::NoRoom`] dropping it finishes the file, for which room was kept.
pub struct Writer {
    options: Options,
    /// When the disk's room was looked at last, and the file's length by then.
    looked: (Instant, u64),
    /// That look found too little.
    no_room: bool,
    out: Appender,
    facts: String,
    facts_at_ns: Option<u64>,
    chunk: ChunkBuilder,
    /// The host time that one chunk may cover.
    chunk_time_ns: u64,
    opened: Instant,
    unsynced_since: Option<Instant>,
    crc: crc32fast::Hasher,
    tally: Tally,
    finished: bool,
}

impl Writer {
    /// Creates the file and writes the facts.
    ///
    /// # Errors
    /// [`CaptureError::Exists`] if the name is taken, also by a running recording; [`CaptureError::Create`],
    /// [`CaptureError::Full`] or [`CaptureError::Write`] if the system refuses, [`CaptureError::NoRoom`] if the disk is nearly
    /// full already; [`CaptureError::TooLong`] for facts beyond [`MAX_FACTS_BYTES`]. Then no file is left behind.
    pub fn create(path: impl AsRef<Path>, facts: &Facts) -> Result<Writer, CaptureError> {
        Writer::create_with(path, facts, Options::default())
    }

    /// As [`Writer::create`], with options.
    ///
    /// # Errors
    /// As [`Writer::create`].
    pub fn create_with(
        path: impl AsRef<Path>,
        facts: &Facts,
        options: Options,
    ) -> Result<Writer, CaptureError> {
        let json = to_json(facts, "the session facts", MAX_FACTS_BYTES)?;
        let chunk = ChunkBuilder::new().map_err(|source| CaptureError::Create {
            path: path.as_ref().into(),
            remedy: "free memory",
            source,
        })?;
        let mut out = Appender::create(path.as_ref())?;
        let crc = match check_room(&out, options.reserve).and_then(|()| begin(&mut out, &json)) {
            Ok(crc) => crc,
            Err(error) => {
                out.discard();
                return Err(error);
            }
        };
        Ok(Writer {
            options,
            looked: (Instant::now(), out.len()),
            no_room: false,
            tally: Tally::new(out.len()),
            out,
            facts: json,
            facts_at_ns: None,
            chunk,
            chunk_time_ns: CHUNK_TIME_NS,
            opened: Instant::now(),
            unsynced_since: None,
            crc,
            finished: false,
        })
    }

    /// For copying a capture: a chunk may cover a second. Chunks of a fifth of that are mostly frame when the board was quiet.
    pub(crate) fn copying(mut self) -> Writer {
        self.chunk_time_ns = COPY_CHUNK_TIME_NS;
        self
    }

    /// Records an item.
    ///
    /// # Errors
    /// As [`Writer::bytes`], [`Writer::link`] and [`Writer::note`].
    pub fn item(&mut self, item: &Item) -> Result<(), CaptureError> {
        match item {
            Item::Bytes { host_ns, bytes } => self.bytes(*host_ns, bytes),
            Item::Link { host_ns, event } => self.link(*host_ns, event),
            Item::Note { tick, host_ns, kind, text } => self.note(*tick, *host_ns, kind, text),
        }
    }

    /// Records bytes of the device, received at host time `host_ns`. No bytes are no item; more than 512 KiB become several.
    ///
    /// # Errors
    /// [`CaptureError::NoRoom`], [`CaptureError::Full`] or [`CaptureError::Write`] when an earlier chunk cannot be written. These
    /// bytes were then not taken (of more than 512 KiB, perhaps some); what was taken before waits for [`Writer::flush`].
    pub fn bytes(&mut self, host_ns: u64, bytes: &[u8]) -> Result<(), CaptureError> {
        for run in bytes.chunks(MAX_RUN) {
            self.message(Channel::Device, host_ns, run)?;
        }
        Ok(())
    }

    /// Records an event of the link.
    ///
    /// # Errors
    /// As [`Writer::bytes`], and [`CaptureError::TooLong`] for a text beyond [`MAX_TEXT_BYTES`].
    pub fn link(&mut self, host_ns: u64, event: &LinkNote) -> Result<(), CaptureError> {
        let json = to_json(event, "a link event", MAX_TEXT_BYTES)?;
        self.message(Channel::Link, host_ns, json.as_bytes())
    }

    /// Records a mark or a note, tied to a device tick if there is one.
    ///
    /// # Errors
    /// As [`Writer::link`].
    pub fn note(
        &mut self,
        tick: Option<u64>,
        host_ns: u64,
        kind: &str,
        text: &str,
    ) -> Result<(), CaptureError> {
        let payload = NotePayload { tick, kind: Cow::Borrowed(kind), text: Cow::Borrowed(text) };
        let json = to_json(&payload, "a note", MAX_TEXT_BYTES)?;
        self.message(Channel::Notes, host_ns, json.as_bytes())
    }

    /// Does what is due at `now`: writes a chunk that is [`CHUNK_TIME`] old, forces to the disk what was written
    /// [`SYNC_TIME`] ago. Call it at least every 50 ms, also when nothing arrives.
    ///
    /// # Errors
    /// As [`Writer::flush`].
    pub fn flush_due(&mut self, now: Instant) -> Result<(), CaptureError> {
        if !self.chunk.is_empty() && now.saturating_duration_since(self.opened) >= CHUNK_TIME {
            return self.flush();
        }
        self.sync_due(now)
    }

    /// Writes everything that is waiting: a kill of this process does not lose it any more.
    ///
    /// # Errors
    /// [`CaptureError::NoRoom`], [`CaptureError::Full`] or [`CaptureError::Write`]. Nothing is lost by that: calling it again goes
    /// on at the byte where it stopped.
    pub fn flush(&mut self) -> Result<(), CaptureError> {
        self.out.drain()?;
        if !self.chunk.is_empty() {
            self.look_for_room()?;
            self.close_chunk()?;
        }
        self.sync_due(Instant::now())
    }

    /// Writes what is waiting, the end and the index, and forces all of it to the disk.
    ///
    /// # Errors
    /// As [`Writer::flush`], but the reserve is used; [`CaptureError::Changed`] if somebody else wrote into the file. The file then stays readable as an
    /// unfinished one. To be able to try again, call [`Writer::flush`] first.
    pub fn finish(mut self) -> Result<Summary, CaptureError> {
        self.close()
    }

    /// Items, bytes and checksum of what [`Writer::flush`] has written.
    pub(crate) fn written(&self) -> (u64, u64, u32) {
        (self.tally.summary(0).items, self.out.len(), self.crc.clone().finalize())
    }

    fn close(&mut self) -> Result<Summary, CaptureError> {
        self.out.drain()?;
        if self.no_room {
            self.no_room = false;
            self.note(
                None,
                self.tally.end_ns(),
                STOPPED,
                "the disk was nearly full; the recording ended here",
            )?;
        }
        if !self.chunk.is_empty() {
            self.close_chunk()?;
        }
        self.finished = true;
        summary::write(&mut self.out, &self.tally, self.crc.clone())?;
        self.out.sync()?;
        Ok(self.tally.summary(self.out.len()))
    }

    /// Refuses to go on when there is only room enough to close the file.
    fn look_for_room(&mut self) -> Result<(), CaptureError> {
        let written = self.out.len() - self.looked.1;
        if !self.no_room && written < LOOK_BYTES && self.looked.0.elapsed() < CHUNK_TIME {
            return Ok(());
        }
        self.looked = (Instant::now(), self.out.len());
        let closing = u64::from(self.tally.chunks) * summary::MAX_BYTES_PER_CHUNK + self.chunk.len() as u64;
        let room = check_room(&self.out, self.options.reserve + closing);
        self.no_room = room.is_err();
        room
    }

    fn message(&mut self, channel: Channel, host_ns: u64, payload: &[u8]) -> Result<(), CaptureError> {
        self.out.drain()?;
        let too_old =
            self.chunk.span().is_some_and(|(start, _)| host_ns.saturating_sub(start) >= self.chunk_time_ns);
        if too_old || self.chunk.len() + MessageHead::COST + payload.len() > CHUNK_BYTES {
            self.flush()?;
        }
        if self.chunk.is_empty() {
            self.open_chunk(host_ns);
        }
        self.put(channel, host_ns, payload);
        Ok(())
    }

    fn open_chunk(&mut self, host_ns: u64) {
        self.opened = Instant::now();
        if self.facts_at_ns.is_none_or(|at| host_ns.abs_diff(at) >= FACTS_TIME_NS) {
            self.facts_at_ns = Some(host_ns);
            self.chunk.channels();
            let facts = std::mem::take(&mut self.facts);
            self.put(Channel::Facts, host_ns, facts.as_bytes());
            self.facts = facts;
        }
    }

    fn put(&mut self, channel: Channel, host_ns: u64, payload: &[u8]) {
        let sequence = self.tally.count(channel, host_ns, payload.len());
        self.chunk.message(MessageHead { channel, sequence, host_ns }, payload);
    }

    fn close_chunk(&mut self) -> Result<(), CaptureError> {
        let at = self.out.len();
        match self.out.add(|out| self.chunk.close(out)) {
            Ok(record) => self.crc.update(record),
            Err(source) => {
                return Err(CaptureError::Write { path: self.out.path().into(), at, source });
            }
        }
        self.tally.chunks += 1;
        self.unsynced_since.get_or_insert_with(Instant::now);
        self.out.drain()
    }

    fn sync_due(&mut self, now: Instant) -> Result<(), CaptureError> {
        if self.unsynced_since.is_some_and(|since| now.saturating_duration_since(since) >= SYNC_TIME) {
            self.out.sync()?;
            self.unsynced_since = None;
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.finished {
            // There is nobody left to tell; a file that stays unfinished says so to its reader.
            let _ = if self.no_room { self.close().map(drop) } else { self.flush() };
        }
    }
}

/// Whether the disk has so many bytes left. A system that cannot tell is taken to have them.
fn check_room(out: &Appender, reserve: u64) -> Result<(), CaptureError> {
    match fs4::available_space(out.folder()) {
        Ok(free) if free < reserve => Err(CaptureError::NoRoom { path: out.path().into(), free, reserve }),
        _ => Ok(()),
    }
}

/// Writes what every capture begins with; returns the checksum so far.
fn begin(out: &mut Appender, facts: &str) -> Result<crc32fast::Hasher, CaptureError> {
    let mut crc = crc32fast::Hasher::new();
    crc.update(out.add(|bytes| {
        bytes.extend(head());
        bytes.extend(facts_record(facts));
        Ok(())
    })?);
    out.drain()?;
    out.sync()?;
    out.sync_folder();
    Ok(crc)
}

fn to_json<T: serde::Serialize>(value: &T, what: &'static str, limit: usize) -> Result<String, CaptureError> {
    // Only maps with keys that are no text, and values that refuse, fail to become JSON: there are none.
    let json = serde_json::to_string(value).unwrap_or_default();
    if json.len() > limit {
        return Err(CaptureError::TooLong { what, bytes: json.len(), limit });
    }
    Ok(json)
}
