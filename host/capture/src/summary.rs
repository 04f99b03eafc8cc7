//! The end of a finished file: Data End, the index, the Footer.

use std::fs::File;

use mcap::records::op;

use crate::appender::Appender;
use crate::container::{
    Channel, ChunkHead, PROFILE, RECORD_HEAD, data_end, head, put_channel, put_counted, put_record,
    put_string, u16_at, u64_at,
};
use crate::error::CaptureError;
use crate::window::Window;

/// A Chunk Index record takes at most this many bytes: the fields, and 10 for each channel.
pub(crate) const MAX_BYTES_PER_CHUNK: u64 = 80 + 10 * Channel::ALL.len() as u64;

/// What a finished recording contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Items of all kinds.
    pub items: u64,
    /// Bytes of the device.
    pub device_bytes: u64,
    /// Chunks.
    pub chunks: u32,
    /// The file's length in bytes.
    pub file_bytes: u64,
    /// Host times of the earliest and of the latest item in nanoseconds, if there is one.
    pub span_ns: Option<(u64, u64)>,
}

/// What the writer counts for the Statistics record.
pub(crate) struct Tally {
    /// Where the first chunk begins.
    data_start: u64,
    messages: [u64; Channel::ALL.len()],
    device_bytes: u64,
    span_ns: Option<(u64, u64)>,
    pub(crate) chunks: u32,
}

impl Tally {
    pub(crate) fn new(data_start: u64) -> Tally {
        Tally { data_start, messages: [0; Channel::ALL.len()], device_bytes: 0, span_ns: None, chunks: 0 }
    }

    /// Counts a message and returns its number in the file, modulo 2^32.
    pub(crate) fn count(&mut self, channel: Channel, host_ns: u64, payload_len: usize) -> u32 {
        let number = self.total();
        self.messages[channel.index()] += 1;
        if channel == Channel::Device {
            self.device_bytes += payload_len as u64;
        }
        let (start, end) = self.span_ns.unwrap_or((host_ns, host_ns));
        self.span_ns = Some((start.min(host_ns), end.max(host_ns)));
        number as u32
    }

    /// Host time of the latest message, ns; 0 without one.
    pub(crate) fn end_ns(&self) -> u64 {
        self.span_ns.map_or(0, |(_, end)| end)
    }

    fn total(&self) -> u64 {
        self.messages.iter().sum()
    }

    pub(crate) fn summary(&self, file_bytes: u64) -> Summary {
        Summary {
            items: self.total() - self.messages[Channel::Facts.index()],
            device_bytes: self.device_bytes,
            chunks: self.chunks,
            file_bytes,
            span_ns: self.span_ns,
        }
    }
}

/// Appends Data End, the index and the Footer.
///
/// The index of the chunks is made by walking over the file: kept in memory it would grow with the recording.
pub(crate) fn write(
    out: &mut Appender,
    tally: &Tally,
    data_crc: crc32fast::Hasher,
) -> Result<(), CaptureError> {
    let data_len = out.len();
    append(out, &data_end(data_crc.finalize()))?;
    let mut section = Section { start: out.len(), out, crc: crc32fast::Hasher::new(), groups: Vec::new() };
    section.group(op::CHANNEL, |put| {
        let mut channels = Vec::new();
        Channel::ALL.into_iter().for_each(|channel| put_channel(&mut channels, channel));
        put(&channels)
    })?;
    section.group(op::STATISTICS, |put| put(&statistics(tally)))?;
    let chunks = section.out.file().try_clone();
    section.group(op::CHUNK_INDEX, |put| match chunks {
        Ok(file) => {
            ChunkWalk { window: Window::new(file, 4096), at: tally.data_start, end: data_len }.index(put)
        }
        Err(_) => Err(Stop::At(tally.data_start)),
    })?;
    section.group(op::METADATA_INDEX, |put| put(&metadata_index(tally)))?;
    section.close()
}

fn append(out: &mut Appender, bytes: &[u8]) -> Result<(), CaptureError> {
    out.add(|waiting| {
        waiting.extend(bytes);
        Ok(())
    })?;
    out.drain()
}

/// Why a group could not be written.
enum Stop {
    Failed(CaptureError),
    /// The file does not hold at this place what was written there.
    At(u64),
}

/// The summary section while it is written.
struct Section<'a> {
    out: &'a mut Appender,
    start: u64,
    crc: crc32fast::Hasher,
    groups: Vec<(u8, u64, u64)>,
}

impl Section<'_> {
    /// Appends the records of one kind.
    fn group(
        &mut self,
        opcode: u8,
        records: impl FnOnce(&mut dyn FnMut(&[u8]) -> Result<(), Stop>) -> Result<(), Stop>,
    ) -> Result<(), CaptureError> {
        let start = self.out.len();
        let (out, crc) = (&mut *self.out, &mut self.crc);
        let done = records(&mut |bytes| {
            crc.update(bytes);
            append(out, bytes).map_err(Stop::Failed)
        });
        match done {
            Ok(()) => {}
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::At(at)) => return Err(CaptureError::Changed { path: self.out.path().into(), at }),
        }
        if self.out.len() > start {
            self.groups.push((opcode, start, self.out.len() - start));
        }
        Ok(())
    }

    /// Appends Summary Offsets, Footer and magic.
    fn close(mut self) -> Result<(), CaptureError> {
        let offsets_start = self.out.len();
        let mut bytes = Vec::new();
        for (opcode, start, length) in self.groups {
            put_record(&mut bytes, op::SUMMARY_OFFSET, |out| {
                out.push(opcode);
                out.extend(start.to_le_bytes());
                out.extend(length.to_le_bytes());
            });
        }
        bytes.push(op::FOOTER);
        bytes.extend(20u64.to_le_bytes());
        bytes.extend(self.start.to_le_bytes());
        bytes.extend(offsets_start.to_le_bytes());
        self.crc.update(&bytes);
        bytes.extend(self.crc.finalize().to_le_bytes());
        bytes.extend(mcap::MAGIC);
        append(self.out, &bytes)
    }
}

fn statistics(tally: &Tally) -> Vec<u8> {
    let (start_ns, end_ns) = tally.span_ns.unwrap_or_default();
    let mut out = Vec::new();
    put_record(&mut out, op::STATISTICS, |out| {
        out.extend(tally.total().to_le_bytes());
        out.extend(0u16.to_le_bytes()); // schemas
        out.extend((Channel::ALL.len() as u32).to_le_bytes());
        out.extend(0u32.to_le_bytes()); // attachments
        out.extend(1u32.to_le_bytes()); // metadata records
        out.extend(tally.chunks.to_le_bytes());
        out.extend(start_ns.to_le_bytes());
        out.extend(end_ns.to_le_bytes());
        put_counted(out, 4, |out| {
            for (channel, count) in
                Channel::ALL.into_iter().zip(tally.messages).filter(|(_, count)| *count > 0)
            {
                out.extend(channel.id().to_le_bytes());
                out.extend(count.to_le_bytes());
            }
        });
    });
    out
}

fn metadata_index(tally: &Tally) -> Vec<u8> {
    let offset = head().len() as u64;
    let mut out = Vec::new();
    put_record(&mut out, op::METADATA_INDEX, |out| {
        out.extend(offset.to_le_bytes());
        out.extend((tally.data_start - offset).to_le_bytes());
        put_string(out, PROFILE);
    });
    out
}

/// Goes from chunk to chunk, reading only their heads.
struct ChunkWalk {
    window: Window<File>,
    at: u64,
    end: u64,
}

impl ChunkWalk {
    /// Puts one Chunk Index record for each chunk, in blocks.
    fn index(mut self, put: &mut dyn FnMut(&[u8]) -> Result<(), Stop>) -> Result<(), Stop> {
        let mut block = Vec::new();
        while self.at < self.end {
            self.chunk(&mut block).ok_or(Stop::At(self.at))?;
            if block.len() >= 1 << 16 || self.at >= self.end {
                put(&block)?;
                block.clear();
            }
        }
        Ok(())
    }

    fn chunk(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let start = self.at;
        let head = ChunkHead::parse(self.window.get(start, ChunkHead::LEN))?;
        let index_start = start + head.record_len();
        let mut indexes = Vec::new();
        self.at = index_start;
        while self.at < self.end {
            let record = self.window.get(self.at, RECORD_HEAD + 2);
            if *record.first()? != op::MESSAGE_INDEX {
                break;
            }
            indexes.push((u16_at(record, RECORD_HEAD)?, self.at));
            self.at = self.at.checked_add(RECORD_HEAD as u64)?.checked_add(u64_at(record, 1)?)?;
        }
        put_record(out, op::CHUNK_INDEX, |out| {
            out.extend(head.start_ns.to_le_bytes());
            out.extend(head.end_ns.to_le_bytes());
            out.extend(start.to_le_bytes());
            out.extend(head.record_len().to_le_bytes());
            put_counted(out, 4, |out| {
                for (channel, offset) in &indexes {
                    out.extend(channel.to_le_bytes());
                    out.extend(offset.to_le_bytes());
                }
            });
            out.extend((self.at - index_start).to_le_bytes());
            put_string(out, "zstd");
            out.extend(head.stored_len.to_le_bytes());
            out.extend(head.plain_len.to_le_bytes());
        });
        (self.at <= self.end).then_some(())
    }
}
