//! One chunk: filled by the writer, checked and emptied by the reader.

use std::io;

use mcap::records::op;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::compress_bound;

use crate::container::{Channel, ChunkHead, MAX_PLAIN, MessageHead, MessageIndex, put_channel, split_record};
use crate::item::{self, Damage, Read};

const LEVEL: i32 = 1;

/// Collects messages and turns them into a Chunk record with its Message Index records.
pub(crate) struct ChunkBuilder {
    plain: Vec<u8>,
    index: MessageIndex,
    span: Option<(u64, u64)>,
    compressor: Compressor<'static>,
    /// The content as stored; kept, so that a chunk needs no new memory.
    stored: Vec<u8>,
}

impl ChunkBuilder {
    pub(crate) fn new() -> io::Result<ChunkBuilder> {
        Ok(ChunkBuilder {
            plain: Vec::new(),
            index: MessageIndex::default(),
            span: None,
            compressor: Compressor::new(LEVEL)?,
            stored: Vec::new(),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }

    /// Bytes before compression.
    pub(crate) fn len(&self) -> usize {
        self.plain.len()
    }

    /// Host times of the earliest and of the latest message.
    pub(crate) fn span(&self) -> Option<(u64, u64)> {
        self.span
    }

    /// Adds the Channel records, which make the chunk readable by itself.
    pub(crate) fn channels(&mut self) {
        Channel::ALL.into_iter().for_each(|channel| put_channel(&mut self.plain, channel));
    }

    pub(crate) fn message(&mut self, head: MessageHead, payload: &[u8]) {
        self.index.add(&head, self.plain.len());
        head.put(&mut self.plain, payload);
        let (start, end) = self.span.unwrap_or((head.host_ns, head.host_ns));
        self.span = Some((start.min(head.host_ns), end.max(head.host_ns)));
    }

    /// Appends the records to `out` and begins an empty chunk.
    pub(crate) fn close(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.stored.clear();
        self.stored.reserve(compress_bound(self.plain.len()));
        self.compressor.compress_to_buffer(&self.plain, &mut self.stored)?;
        let (start_ns, end_ns) = self.span.unwrap_or_default();
        let head = ChunkHead {
            start_ns,
            end_ns,
            plain_len: self.plain.len() as u64,
            crc: crc32fast::hash(&self.plain),
            stored_len: self.stored.len() as u64,
        };
        head.put(out);
        out.extend(&self.stored);
        self.index.put(out);
        self.plain.clear();
        self.index.clear();
        self.span = None;
        Ok(())
    }
}

/// A chunk out of a file, checked as a whole before anything of it is delivered.
pub(crate) struct ChunkReader {
    plain: Vec<u8>,
    /// Up to here it was delivered.
    delivered: usize,
    offset: u64,
    first_sequence: u32,
    messages: u32,
    span: (u64, u64),
    index: MessageIndex,
    decompressor: Decompressor<'static>,
}

impl ChunkReader {
    pub(crate) fn new() -> io::Result<ChunkReader> {
        Ok(ChunkReader {
            plain: Vec::with_capacity(MAX_PLAIN),
            delivered: 0,
            offset: 0,
            first_sequence: 0,
            messages: 0,
            span: (0, 0),
            index: MessageIndex::default(),
            decompressor: Decompressor::new()?,
        })
    }

    /// Takes in the record that stands at `offset` of the file: its head, and its content as stored.
    pub(crate) fn load(&mut self, offset: u64, head: &ChunkHead, stored: &[u8]) -> Result<(), &'static str> {
        self.plain.clear();
        self.delivered = 0;
        self.offset = offset;
        self.check(head, stored).inspect_err(|_| self.drop_rest())
    }

    fn check(&mut self, head: &ChunkHead, stored: &[u8]) -> Result<(), &'static str> {
        // The buffer's capacity is the limit: decompression never asks for more.
        self.decompressor
            .decompress_to_buffer(stored, &mut self.plain)
            .map_err(|_| "a chunk does not decompress")?;
        if self.plain.len() as u64 != head.plain_len || crc32fast::hash(&self.plain) != head.crc {
            return Err("the CRC-32 of a chunk does not match");
        }
        self.survey().ok_or("a chunk holds what no capture holds")
    }

    /// Looks at every message: numbers without a hole, times, places.
    fn survey(&mut self) -> Option<()> {
        self.index.clear();
        self.messages = 0;
        let mut rest = &self.plain[..];
        while !rest.is_empty() {
            let offset = self.plain.len() - rest.len();
            let (opcode, content, after) = split_record(rest)?;
            rest = after;
            if opcode == op::CHANNEL {
                continue;
            }
            (opcode == op::MESSAGE).then_some(())?;
            let (head, _) = MessageHead::parse(content)?;
            if self.messages == 0 {
                self.first_sequence = head.sequence;
                self.span = (head.host_ns, head.host_ns);
            }
            (head.sequence == self.first_sequence.wrapping_add(self.messages)).then_some(())?;
            self.messages += 1;
            self.span = (self.span.0.min(head.host_ns), self.span.1.max(head.host_ns));
            self.index.add(&head, offset);
        }
        (self.messages > 0).then_some(())
    }

    /// Delivers nothing more of the chunk.
    pub(crate) fn drop_rest(&mut self) {
        self.plain.clear();
        self.delivered = 0;
    }

    pub(crate) fn first_sequence(&self) -> u32 {
        self.first_sequence
    }

    pub(crate) fn next_sequence(&self) -> u32 {
        self.first_sequence.wrapping_add(self.messages)
    }

    /// Host times of the earliest and of the latest message.
    pub(crate) fn span(&self) -> (u64, u64) {
        self.span
    }

    /// The Message Index records that must follow the chunk.
    pub(crate) fn expected_index(&self, out: &mut Vec<u8>) {
        out.clear();
        self.index.put(out);
    }

    /// The facts' JSON if this chunk has a copy.
    pub(crate) fn facts(&self) -> Option<&str> {
        let mut rest = &self.plain[..];
        while let Some((opcode, content, after)) = split_record(rest) {
            rest = after;
            if opcode != op::MESSAGE {
                continue;
            }
            if let Some((MessageHead { channel: Channel::Facts, .. }, json)) = MessageHead::parse(content) {
                return std::str::from_utf8(json).ok();
            }
        }
        None
    }

    /// The next item; `None` when all were delivered.
    pub(crate) fn next(&mut self) -> Option<Read> {
        loop {
            let (opcode, content, rest) = split_record(&self.plain[self.delivered..])?;
            self.delivered = self.plain.len() - rest.len();
            if opcode != op::MESSAGE {
                continue;
            }
            let (head, payload) = MessageHead::parse(content)?;
            if head.channel == Channel::Facts {
                continue;
            }
            let damage = Read::Damage {
                offset: self.offset,
                bytes: 0,
                what: Damage::Items { reason: "a message is not what its channel promises", lost: Some(1) },
            };
            return Some(item::decode(head.channel, head.host_ns, payload).map_or(damage, Read::Item));
        }
    }
}
