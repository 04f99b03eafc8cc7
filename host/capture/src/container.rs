//! The MCAP records that a capture consists of, as bytes.

use mcap::records::op;

/// Says in the Header whose file it is.
pub(crate) const PROFILE: &str = "ichiscope";
const LIBRARY: &str = "ichiscope-capture 1";

/// Opcode and length.
pub(crate) const RECORD_HEAD: usize = 9;
/// A chunk of more bytes is refused, so that a damaged length cannot ask for memory without bound.
pub(crate) const MAX_PLAIN: usize = 4 << 20;
/// The same, compressed: zstd lets data that do not compress grow by 1/256.
pub(crate) const MAX_STORED: usize = MAX_PLAIN + MAX_PLAIN / 128;
/// Opcode, length and CRC.
pub(crate) const DATA_END_LEN: usize = RECORD_HEAD + 4;
/// The Footer and the magic after it.
pub(crate) const TAIL_LEN: usize = RECORD_HEAD + 20 + mcap::MAGIC.len();
const COMPRESSION: &str = "zstd";

/// The channels of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Channel {
    Facts = 1,
    Device = 2,
    Link = 3,
    Notes = 4,
}

impl Channel {
    pub(crate) const ALL: [Channel; 4] = [Channel::Facts, Channel::Device, Channel::Link, Channel::Notes];

    pub(crate) fn from_id(id: u16) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.id() == id)
    }

    pub(crate) fn id(self) -> u16 {
        self as u16
    }

    /// Position in [`Channel::ALL`].
    pub(crate) fn index(self) -> usize {
        usize::from(self.id()) - 1
    }

    fn topic(self) -> &'static str {
        match self {
            Channel::Facts => "facts",
            Channel::Device => "device",
            Channel::Link => "link",
            Channel::Notes => "notes",
        }
    }

    fn encoding(self) -> &'static str {
        match self {
            Channel::Device => "application/octet-stream",
            _ => "json",
        }
    }
}

/// Appends a record whose content `body` writes.
pub(crate) fn put_record(out: &mut Vec<u8>, opcode: u8, body: impl FnOnce(&mut Vec<u8>)) {
    out.push(opcode);
    put_counted(out, 8, body);
}

/// Appends a string with its length.
pub(crate) fn put_string(out: &mut Vec<u8>, text: &str) {
    put_counted(out, 4, |out| out.extend(text.as_bytes()));
}

/// Appends the length of what `body` writes, in so many bytes, and then that.
pub(crate) fn put_counted(out: &mut Vec<u8>, length_bytes: usize, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len() + length_bytes;
    out.resize(start, 0);
    body(out);
    let length = ((out.len() - start) as u64).to_le_bytes();
    out[start - length_bytes..start].copy_from_slice(&length[..length_bytes]);
}

/// Magic and Header: the same in every capture.
pub(crate) fn head() -> Vec<u8> {
    let mut out = mcap::MAGIC.to_vec();
    put_record(&mut out, op::HEADER, |out| {
        put_string(out, PROFILE);
        put_string(out, LIBRARY);
    });
    out
}

/// The Metadata record with the facts.
pub(crate) fn facts_record(json: &str) -> Vec<u8> {
    let mut out = Vec::new();
    put_record(&mut out, op::METADATA, |out| {
        put_string(out, PROFILE);
        put_counted(out, 4, |out| {
            let crc = format!("{:08x}", crc32fast::hash(json.as_bytes()));
            for (key, value) in [("facts", json), ("crc32", &crc)] {
                put_string(out, key);
                put_string(out, value);
            }
        });
    });
    out
}

/// The JSON of a facts record if the record is whole: exactly what [`facts_record`] makes of it.
pub(crate) fn facts_of(record: &[u8]) -> Option<&str> {
    // Opcode, length, name, map's length, key, and then the value's length.
    let value = RECORD_HEAD + (4 + PROFILE.len()) + 4 + (4 + "facts".len());
    let length = u32_at(record, value)? as usize;
    let json = std::str::from_utf8(record.get(value + 4..)?.get(..length)?).ok()?;
    (facts_record(json) == record).then_some(json)
}

/// Appends the Channel record.
pub(crate) fn put_channel(out: &mut Vec<u8>, channel: Channel) {
    put_record(out, op::CHANNEL, |out| {
        out.extend(channel.id().to_le_bytes());
        out.extend(0u16.to_le_bytes()); // no schema
        put_string(out, channel.topic());
        put_string(out, channel.encoding());
        put_counted(out, 4, |_| {}); // no metadata
    });
}

/// A Message record without its payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MessageHead {
    pub(crate) channel: Channel,
    pub(crate) sequence: u32,
    pub(crate) host_ns: u64,
}

impl MessageHead {
    /// Bytes of the fields, the record's head not included.
    const FIELDS: usize = 22;
    /// What a message costs beside its payload.
    pub(crate) const COST: usize = RECORD_HEAD + MessageHead::FIELDS;

    /// Appends the record.
    pub(crate) fn put(&self, out: &mut Vec<u8>, payload: &[u8]) {
        out.push(op::MESSAGE);
        out.extend((MessageHead::FIELDS as u64 + payload.len() as u64).to_le_bytes());
        out.extend(self.channel.id().to_le_bytes());
        out.extend(self.sequence.to_le_bytes());
        out.extend(self.host_ns.to_le_bytes());
        out.extend(self.host_ns.to_le_bytes());
        out.extend(payload);
    }

    /// Head and payload of a record's content.
    pub(crate) fn parse(content: &[u8]) -> Option<(MessageHead, &[u8])> {
        let (fields, payload) = content.split_at_checked(MessageHead::FIELDS)?;
        let channel = Channel::from_id(u16_at(fields, 0)?)?;
        let head = MessageHead { channel, sequence: u32_at(fields, 2)?, host_ns: u64_at(fields, 6)? };
        (u64_at(fields, 14)? == head.host_ns).then_some((head, payload))
    }
}

/// A Chunk record without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkHead {
    pub(crate) start_ns: u64,
    pub(crate) end_ns: u64,
    pub(crate) plain_len: u64,
    pub(crate) crc: u32,
    pub(crate) stored_len: u64,
}

impl ChunkHead {
    /// Bytes of the head, the record's own head included.
    pub(crate) const LEN: usize = RECORD_HEAD + 40 + COMPRESSION.len();

    /// Bytes of the whole record.
    pub(crate) fn record_len(&self) -> u64 {
        ChunkHead::LEN as u64 + self.stored_len
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        out.push(op::CHUNK);
        out.extend((self.record_len() - RECORD_HEAD as u64).to_le_bytes());
        out.extend(self.start_ns.to_le_bytes());
        out.extend(self.end_ns.to_le_bytes());
        out.extend(self.plain_len.to_le_bytes());
        out.extend(self.crc.to_le_bytes());
        put_string(out, COMPRESSION);
        out.extend(self.stored_len.to_le_bytes());
    }

    /// The head at the start of `bytes`, if its fields agree with each other and with the limits.
    pub(crate) fn parse(bytes: &[u8]) -> Option<ChunkHead> {
        let head = ChunkHead {
            start_ns: u64_at(bytes, 9)?,
            end_ns: u64_at(bytes, 17)?,
            plain_len: u64_at(bytes, 25)?,
            crc: u32_at(bytes, 33)?,
            stored_len: u64_at(bytes, 45)?,
        };
        let sane = bytes[0] == op::CHUNK
            && head.plain_len <= MAX_PLAIN as u64
            && head.stored_len <= MAX_STORED as u64
            && u64_at(bytes, 1)? == head.record_len() - RECORD_HEAD as u64
            && u32_at(bytes, 37)? as usize == COMPRESSION.len()
            && bytes.get(41..45)? == COMPRESSION.as_bytes();
        sane.then_some(head)
    }
}

/// Where in a chunk each channel's messages are.
#[derive(Debug, Default)]
pub(crate) struct MessageIndex {
    entries: [Vec<(u64, u64)>; Channel::ALL.len()],
}

impl MessageIndex {
    pub(crate) fn clear(&mut self) {
        self.entries.iter_mut().for_each(Vec::clear);
    }

    pub(crate) fn add(&mut self, head: &MessageHead, offset: usize) {
        self.entries[head.channel.index()].push((head.host_ns, offset as u64));
    }

    /// Appends one Message Index record for each channel that has messages.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        for (channel, entries) in Channel::ALL.into_iter().zip(&self.entries) {
            if entries.is_empty() {
                continue;
            }
            put_record(out, op::MESSAGE_INDEX, |out| {
                out.extend(channel.id().to_le_bytes());
                put_counted(out, 4, |out| {
                    for (host_ns, offset) in entries {
                        out.extend(host_ns.to_le_bytes());
                        out.extend(offset.to_le_bytes());
                    }
                });
            });
        }
    }
}

/// The Data End record.
pub(crate) fn data_end(crc: u32) -> Vec<u8> {
    let mut out = Vec::new();
    put_record(&mut out, op::DATA_END, |out| out.extend(crc.to_le_bytes()));
    out
}

/// The CRC in a Data End record; `None` if `bytes` do not begin with one.
pub(crate) fn data_end_crc(bytes: &[u8]) -> Option<u32> {
    (*bytes.first()? == op::DATA_END && u64_at(bytes, 1)? == 4).then_some(())?;
    u32_at(bytes, RECORD_HEAD)
}

/// Splits the first record off: opcode, content, rest.
pub(crate) fn split_record(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let opcode = *bytes.first()?;
    let length = usize::try_from(u64_at(bytes, 1)?).ok()?;
    let (content, rest) = bytes.get(RECORD_HEAD..)?.split_at_checked(length)?;
    Some((opcode, content, rest))
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
