//! One frame: 13 body bytes, CRC-32, reverse COBS, delimiter. 19 bytes, always.

use crate::Record;

/// Sequence number and record.
pub const BODY_LEN: usize = 13;
/// Bytes of a frame, the delimiter included.
pub const FRAME_LEN: usize = 19;
/// Ends a frame and occurs nowhere else.
pub const DELIMITER: u8 = 0;

const CHECKED_LEN: usize = BODY_LEN + 4;
/// Frame bytes before the delimiter.
pub(crate) const STUFFED_LEN: usize = FRAME_LEN - 1;

const POLYNOMIAL: u32 = 0xEDB8_8320;

const fn byte_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut c = i as u32;
        let mut bit = 0;
        while bit < 8 {
            c = if c & 1 == 1 { c >> 1 ^ POLYNOMIAL } else { c >> 1 };
            bit += 1;
        }
        table[i] = c;
        i += 1;
    }
    table
}

const TABLE: [u32; 256] = byte_table();

/// CRC-32 is linear: the check of a 13-byte body is the XOR of one term for each byte at its place.
/// The terms do not depend on each other, so the processor looks them up in parallel.
const fn place_tables() -> [[u32; 256]; BODY_LEN] {
    let mut tables = [[0; 256]; BODY_LEN];
    tables[BODY_LEN - 1] = TABLE;
    let mut place = BODY_LEN - 1;
    while place > 0 {
        place -= 1;
        let mut i = 0;
        while i < 256 {
            let c = tables[place + 1][i];
            tables[place][i] = c >> 8 ^ TABLE[(c & 0xFF) as usize];
            i += 1;
        }
    }
    tables
}

static PLACES: [[u32; 256]; BODY_LEN] = place_tables();
const OF_ZEROS: u32 = crc32(&[0; BODY_LEN]);

/// CRC-32 (IEEE 802.3, reflected) of any bytes, as zlib computes it.
pub const fn crc32(bytes: &[u8]) -> u32 {
    let mut c = !0;
    let mut i = 0;
    while i < bytes.len() {
        c = c >> 8 ^ TABLE[((c ^ bytes[i] as u32) & 0xFF) as usize];
        i += 1;
    }
    !c
}

#[inline]
fn crc32_of_body(body: &[u8; BODY_LEN]) -> u32 {
    let mut c = OF_ZEROS;
    for (place, byte) in PLACES.iter().zip(body) {
        c ^= place[*byte as usize];
    }
    c
}

/// The frame of `record` with sequence number `seq`.
pub fn encode_frame(seq: u8, record: &Record) -> [u8; FRAME_LEN] {
    let mut plain = [0; CHECKED_LEN];
    plain[0] = seq;
    plain[1..BODY_LEN].copy_from_slice(&record.pack().to_le_bytes()[..12]);
    let check = crc32(&plain[..BODY_LEN]);
    plain[BODY_LEN..].copy_from_slice(&check.to_le_bytes());

    let mut frame = [0; FRAME_LEN];
    let mut run = 1;
    for (out, byte) in frame.iter_mut().zip(plain) {
        if byte == 0 {
            *out = run;
            run = 1;
        } else {
            *out = byte;
            run += 1;
        }
    }
    frame[CHECKED_LEN] = run;
    frame
}

/// Whether one of the bytes is 0x00; eight at a time, because every frame pays for it.
#[inline]
fn has_delimiter(stuffed: &[u8; STUFFED_LEN]) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let zeros = |at: usize| {
        let word = stuffed[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        word.wrapping_sub(ONES) & !word & (ONES << 7)
    };
    zeros(0) | zeros(8) | zeros(STUFFED_LEN - 8) != 0
}

/// The sequence number and the record of the 18 bytes before a delimiter, or `None` if they are no frame.
#[inline]
pub fn decode_frame(stuffed: &[u8; STUFFED_LEN]) -> Option<(u8, Record)> {
    // A zero that the codes step over would be taken with some pieces of the stream and not with others.
    if has_delimiter(stuffed) {
        return None;
    }
    let mut plain = *stuffed;
    let mut place = CHECKED_LEN;
    loop {
        let code = stuffed[place] as usize;
        if code == 0 || code > place + 1 {
            return None;
        }
        if code == place + 1 {
            break;
        }
        place -= code;
        plain[place] = 0;
    }
    let (body, check) = plain.split_first_chunk::<BODY_LEN>()?;
    let sent = u32::from_le_bytes([check[0], check[1], check[2], check[3]]);
    if crc32_of_body(body) != sent {
        return None;
    }
    let mut bits = [0; 16];
    bits[..12].copy_from_slice(&body[1..]);
    Some((body[0], Record::unpack(u128::from_le_bytes(bits))))
}
