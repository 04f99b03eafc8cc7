//! A byte stream into frames and damage. Keeps at most one frame's bytes between two calls.

use crate::Record;
use crate::frame::{DELIMITER, FRAME_LEN, STUFFED_LEN, decode_frame};

/// A good frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Place in the stream of the frame's first byte.
    pub offset: u64,
    /// Sequence number, counted on the board as frames leave.
    pub seq: u8,
    /// The record.
    pub record: Record,
}

/// What the decoder found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A frame whose check was right.
    Frame(Frame),
    /// Bytes that are no frame.
    Damage {
        /// Place in the stream of the first of them.
        offset: u64,
        /// How many, delimiters included.
        bytes: u64,
    },
}

/// Finds frames in a byte stream.
///
/// A frame is the 18 bytes before a delimiter; what else lies between two delimiters is damage.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    /// Place in the stream of the next byte to come.
    offset: u64,
    /// The last bytes since the delimiter, as many as a frame may have.
    tail: [u8; STUFFED_LEN],
    tail_len: usize,
    /// Bytes since the delimiter that no longer fit into `tail`.
    spilled: u64,
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes taken so far.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Takes bytes and reports every frame and every damage in order.
    pub fn push(&mut self, mut bytes: &[u8], mut report: impl FnMut(Event)) {
        while !bytes.is_empty() {
            if self.tail_len == 0 && self.spilled == 0 {
                bytes = self.whole_frames(bytes, &mut report);
            }
            let Some((byte, rest)) = bytes.split_first() else { return };
            self.one(*byte, &mut report);
            bytes = rest;
        }
    }

    /// Ends the stream: what is left over is damage.
    pub fn finish(&mut self, mut report: impl FnMut(Event)) {
        let bytes = self.spilled + self.tail_len as u64;
        if bytes > 0 {
            report(Event::Damage { offset: self.offset - bytes, bytes });
        }
        self.tail_len = 0;
        self.spilled = 0;
    }

    /// The common case, frame after frame at a fixed stride; returns what is left.
    #[inline]
    fn whole_frames<'a>(&mut self, mut bytes: &'a [u8], report: &mut impl FnMut(Event)) -> &'a [u8] {
        while let Some((frame, rest)) = bytes.split_first_chunk::<FRAME_LEN>() {
            let (stuffed, delimiter) = frame.split_at(STUFFED_LEN);
            if delimiter[0] != DELIMITER {
                break;
            }
            let Ok(stuffed) = stuffed.try_into() else { break };
            let Some((seq, record)) = decode_frame(stuffed) else { break };
            report(Event::Frame(Frame { offset: self.offset, seq, record }));
            self.offset += FRAME_LEN as u64;
            bytes = rest;
        }
        bytes
    }

    fn one(&mut self, byte: u8, report: &mut impl FnMut(Event)) {
        self.offset += 1;
        if byte == DELIMITER {
            self.delimiter(report);
        } else if self.tail_len < STUFFED_LEN {
            self.tail[self.tail_len] = byte;
            self.tail_len += 1;
        } else {
            self.tail.copy_within(1.., 0);
            self.tail[STUFFED_LEN - 1] = byte;
            self.spilled += 1;
        }
    }

    fn delimiter(&mut self, report: &mut impl FnMut(Event)) {
        let found = if self.tail_len == STUFFED_LEN { decode_frame(&self.tail) } else { None };
        let mut damaged = self.spilled;
        if found.is_none() {
            damaged += self.tail_len as u64 + 1;
        }
        let begin = self.offset - 1 - self.tail_len as u64 - self.spilled;
        if damaged > 0 {
            report(Event::Damage { offset: begin, bytes: damaged });
        }
        if let Some((seq, record)) = found {
            report(Event::Frame(Frame { offset: self.offset - FRAME_LEN as u64, seq, record }));
        }
        self.tail_len = 0;
        self.spilled = 0;
    }
}
