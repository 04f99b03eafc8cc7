//! The guarded walk over a file's top-level records: nothing is believed before it was checked, and after damage the next
//! good place is searched.

use std::collections::VecDeque;
use std::fs::File;
use std::io;

use mcap::records::op;

use crate::chunk::ChunkReader;
use crate::container::{ChunkHead, DATA_END_LEN, RECORD_HEAD, TAIL_LEN, data_end_crc, u32_at, u64_at};
use crate::item::{Damage, End, Read};
use crate::window::Window;

/// The file is read in blocks of this size at least.
const BLOCK: usize = 256 << 10;
/// A sequence that is further ahead than this is behind.
const HALF: u32 = 1 << 31;

/// Why no record could be taken at a place.
enum Fault {
    /// The file ends within it.
    Cut,
    /// It is damaged.
    Bad(&'static str),
}

/// What stands at a place.
enum Place {
    /// A whole, good chunk, which was loaded; its record has so many bytes.
    Chunk(u64),
    DataEnd,
}

/// What one step did.
pub(crate) enum Step {
    Went,
    /// Nothing more can be had now.
    Stopped(End),
}

pub(crate) struct Walk {
    window: Window<File>,
    pub(crate) chunk: ChunkReader,
    /// Everything before was delivered or reported.
    pub(crate) at: u64,
    next_sequence: u32,
    /// A chunk that was found by searching and ended before this host time is older than its surroundings.
    pub(crate) last_start_ns: u64,
    /// The Message Index records that stand at `at`; empty if none are expected.
    index: Vec<u8>,
    /// Checksum of everything before `at`; none after damage.
    crc: Option<crc32fast::Hasher>,
    damage: VecDeque<Read>,
    /// Place of the Data End record and the checksum in it, once it was reached.
    pub(crate) data_end: Option<(u64, u32)>,
}

impl Walk {
    pub(crate) fn new(file: File) -> io::Result<Walk> {
        Ok(Walk {
            window: Window::new(file, BLOCK),
            chunk: ChunkReader::new()?,
            at: 0,
            next_sequence: 0,
            last_start_ns: 0,
            index: Vec::new(),
            crc: Some(crc32fast::Hasher::new()),
            damage: VecDeque::new(),
            data_end: None,
        })
    }

    pub(crate) fn len(&mut self) -> u64 {
        self.window.len()
    }

    pub(crate) fn get(&mut self, offset: u64, len: usize) -> &[u8] {
        self.window.get(offset, len)
    }

    pub(crate) fn next_damage(&mut self) -> Option<Read> {
        self.damage.pop_front()
    }

    /// Whether a process holds the file locked for writing.
    pub(crate) fn is_being_written(&self) -> bool {
        let file = self.window.source();
        match file.try_lock_shared() {
            // The lock was only taken to see whether it is free.
            Ok(()) => file.unlock().is_err(),
            Err(error) => matches!(error, std::fs::TryLockError::WouldBlock),
        }
    }

    /// Passes over `bytes` at the current place that were found good.
    pub(crate) fn pass(&mut self, bytes: u64) {
        if self.crc.is_some() {
            let to = self.at + bytes;
            self.hash_to(to);
        }
        self.at += bytes;
    }

    fn hash_to(&mut self, to: u64) {
        let mut at = self.at;
        while at < to {
            let len = (to - at).min(BLOCK as u64) as usize;
            let block = self.window.get(at, len);
            if block.is_empty() {
                return;
            }
            if let Some(crc) = &mut self.crc {
                crc.update(block);
            }
            at += block.len() as u64;
        }
    }

    /// Reports damage up to `to` and goes there.
    pub(crate) fn skip_to(&mut self, to: u64, what: Damage) {
        self.crc = None;
        self.damage.push_back(Read::Damage { offset: self.at, bytes: to - self.at, what });
        self.at = to;
    }

    /// Goes on by one record, or over one damage. A chunk that was loaded is in `chunk` then.
    pub(crate) fn step(&mut self) -> Step {
        if !self.index.is_empty() {
            return self.pass_index();
        }
        match self.look(self.at) {
            Ok(Place::Chunk(bytes)) if self.lost() == 0 => {
                self.take_chunk(bytes);
                Step::Went
            }
            Ok(Place::Chunk(bytes)) if self.may_follow() => {
                self.skip_to(
                    self.at,
                    Damage::Items { reason: "chunks are missing", lost: Some(self.lost()) },
                );
                self.take_chunk(bytes);
                Step::Went
            }
            Ok(Place::Chunk(_)) => {
                self.chunk.drop_rest();
                self.search("a chunk from earlier in the file, or from another one, stands here")
            }
            Ok(Place::DataEnd) => self.take_data_end(),
            Err(Fault::Cut) => self.search_behind_cut(),
            Err(Fault::Bad(reason)) => self.search(reason),
        }
    }

    /// Sees what stands at `offset`, and loads it if it is a chunk.
    fn look(&mut self, offset: u64) -> Result<Place, Fault> {
        let len = self.window.len();
        let start = self.window.get(offset, ChunkHead::LEN);
        match start.first() {
            None => Err(Fault::Cut),
            Some(&op::CHUNK) if start.len() < ChunkHead::LEN => Err(Fault::Cut),
            Some(&op::DATA_END) if start.len() < DATA_END_LEN => Err(Fault::Cut),
            Some(&op::DATA_END) if data_end_crc(start).is_some() => Ok(Place::DataEnd),
            Some(&op::CHUNK) => {
                let head = ChunkHead::parse(start).ok_or(Fault::Bad("the head of a chunk is damaged"))?;
                if offset + head.record_len() > len {
                    return Err(Fault::Cut);
                }
                let record = self.window.get(offset, head.record_len() as usize);
                let stored = record.get(ChunkHead::LEN..).unwrap_or_default();
                self.chunk.load(offset, &head, stored).map_err(Fault::Bad)?;
                Ok(Place::Chunk(head.record_len()))
            }
            Some(_) => Err(Fault::Bad("no record of a capture begins here")),
        }
    }

    /// Whether the loaded chunk, found out of its place, can belong after what was read.
    fn may_follow(&self) -> bool {
        self.lost() < HALF && self.chunk.span().1 >= self.last_start_ns
    }

    /// Items between the last chunk and the loaded one.
    fn lost(&self) -> u32 {
        self.chunk.first_sequence().wrapping_sub(self.next_sequence)
    }

    fn take_chunk(&mut self, bytes: u64) {
        let head = ChunkHead::parse(self.window.get(self.at, ChunkHead::LEN));
        if head.is_none_or(|head| (head.start_ns, head.end_ns) != self.chunk.span()) {
            self.report(9, 16, "the times in a chunk's head are damaged");
        }
        self.next_sequence = self.chunk.next_sequence();
        self.last_start_ns = self.chunk.span().0;
        self.chunk.expected_index(&mut self.index);
        self.pass(bytes);
    }

    /// Reports damage that loses nothing, without going anywhere.
    fn report(&mut self, from_here: u64, bytes: u64, part: &'static str) {
        self.crc = None;
        let offset = self.at + from_here;
        self.damage.push_back(Read::Damage { offset, bytes, what: Damage::Frame { part } });
    }

    fn pass_index(&mut self) -> Step {
        let found = self.window.get(self.at, self.index.len());
        if found.len() < self.index.len() && self.index.starts_with(found) {
            return self.stopped();
        }
        let (len, good) = (found.len() as u64, found == self.index);
        self.index.clear();
        if good {
            self.pass(len);
        } else {
            self.skip_to(self.at + len, Damage::Frame { part: "the index of a chunk's messages is damaged" });
        }
        Step::Went
    }

    fn take_data_end(&mut self) -> Step {
        let index_at = self.at + DATA_END_LEN as u64;
        let whole = self.summary_is_whole(index_at);
        if !whole && self.is_being_written() {
            return self.stopped();
        }
        let stored = data_end_crc(self.window.get(self.at, DATA_END_LEN));
        self.data_end = stored.map(|crc| (self.at, crc));
        if let Some(crc) = self.crc.take()
            && Some(crc.finalize()) != stored
        {
            self.report(RECORD_HEAD as u64, 4, "the checksum of all data does not match");
        }
        self.at = index_at;
        let len = self.window.len();
        if !whole {
            self.skip_to(len, Damage::Frame { part: "the index at the end is damaged or cut" });
        }
        self.at = len;
        Step::Stopped(End::Finished)
    }

    /// Where the summary begins according to the Footer.
    fn summary_start(&mut self) -> Option<u64> {
        let footer_at = self.window.len().checked_sub(TAIL_LEN as u64)?;
        let footer = self.window.get(footer_at, TAIL_LEN);
        let good =
            *footer.first()? == op::FOOTER && u64_at(footer, 1)? == 20 && footer.ends_with(mcap::MAGIC);
        good.then(|| u64_at(footer, RECORD_HEAD))?
    }

    fn summary_is_whole(&mut self, start: u64) -> bool {
        if self.summary_start() != Some(start) {
            return false;
        }
        let crc_at = self.window.len() - (4 + mcap::MAGIC.len() as u64);
        let mut crc = crc32fast::Hasher::new();
        let mut at = start;
        while at < crc_at {
            let block = self.window.get(at, (crc_at - at).min(BLOCK as u64) as usize);
            if block.is_empty() {
                return false;
            }
            crc.update(block);
            at += block.len() as u64;
        }
        u32_at(self.window.get(crc_at, 4), 0) == Some(crc.finalize())
    }

    /// After damage at the current place: reports it and goes to the next good place, or to the end.
    fn search(&mut self, reason: &'static str) -> Step {
        if self.search_good(reason) {
            return Step::Went;
        }
        let len = self.window.len();
        self.skip_to(len, Damage::Items { reason, lost: None });
        Step::Went
    }

    /// A record that goes beyond the end of the file: either its length is damaged, or the file was cut here.
    fn search_behind_cut(&mut self) -> Step {
        if self.search_good("the length of a record is damaged") { Step::Went } else { self.stopped() }
    }

    /// Looks behind the current place for a good one, reports what lies before it, and goes there.
    fn search_good(&mut self, reason: &'static str) -> bool {
        let len = self.window.len();
        match self.find(self.at + 1, len) {
            Some((to, Place::Chunk(bytes))) => {
                self.skip_to(to, Damage::Items { reason, lost: Some(self.lost()) });
                self.take_chunk(bytes);
                true
            }
            Some((to, Place::DataEnd)) => {
                self.skip_to(to, Damage::Items { reason, lost: None });
                true
            }
            None => false,
        }
    }

    fn stopped(&mut self) -> Step {
        let bytes = self.window.len().saturating_sub(self.at);
        Step::Stopped(End::Truncated { at: self.at, bytes, writing: self.is_being_written() })
    }

    /// The first place in `from..until` where a chunk of this file, or its Data End, begins.
    fn find(&mut self, from: u64, until: u64) -> Option<(u64, Place)> {
        let mut at = from;
        while at < until {
            let block = self.window.get(at, BLOCK);
            let searched = block.len();
            match (0..searched).find(|&i| may_begin(&block[i..])) {
                Some(i) => {
                    let place = at + i as u64;
                    if let Some(found) = self.verify(place) {
                        return Some((place, found));
                    }
                    at = place + 1;
                }
                None if searched < BLOCK => return None,
                // A head may lie across the border of two blocks.
                None => at += (searched - ChunkHead::LEN) as u64,
            }
        }
        None
    }

    fn verify(&mut self, place: u64) -> Option<Place> {
        match self.look(place).ok()? {
            Place::Chunk(bytes) if self.may_follow() => Some(Place::Chunk(bytes)),
            // The pattern of Data End is short: the Footer has to agree.
            Place::DataEnd if self.summary_start() == Some(place + DATA_END_LEN as u64) => {
                Some(Place::DataEnd)
            }
            _ => {
                self.chunk.drop_rest();
                None
            }
        }
    }

    /// Goes to a chunk not after the first one that holds something received at `host_ns` or later, and near it. The chunks
    /// begin at `data_start`.
    pub(crate) fn seek_time(&mut self, data_start: u64, host_ns: u64) {
        let (mut from, mut until) = (data_start, self.window.len());
        let mut sequence = 0;
        self.forget();
        while until - from > BLOCK as u64 {
            let middle = from + (until - from) / 2;
            match self.find(middle, until) {
                Some((place, Place::Chunk(_))) if self.chunk.span().1 < host_ns => {
                    (from, sequence) = (place, self.chunk.first_sequence());
                }
                _ => until = middle,
            }
            self.forget();
        }
        self.at = from;
        self.next_sequence = sequence;
    }

    /// Forgets everything that was read, as at the start of the data.
    fn forget(&mut self) {
        self.chunk.drop_rest();
        self.index.clear();
        self.damage.clear();
        self.crc = None;
        self.next_sequence = 0;
        self.last_start_ns = 0;
    }

    /// Goes to a place in the data as if nothing had been read.
    pub(crate) fn jump(&mut self, at: u64) {
        self.forget();
        self.at = at;
    }

    /// Goes to the first good chunk in `self.at..until` without reporting what lies before; none is found beyond `until`.
    pub(crate) fn seek_chunk(&mut self, until: u64) -> bool {
        match self.find(self.at, until) {
            Some((to, Place::Chunk(_))) => {
                self.at = to;
                true
            }
            _ => false,
        }
    }
}

/// A quick look whether a chunk or Data End may begin here.
fn may_begin(bytes: &[u8]) -> bool {
    match bytes[0] {
        op::CHUNK => ChunkHead::parse(bytes).is_some(),
        op::DATA_END => data_end_crc(bytes).is_some(),
        _ => false,
    }
}
