//! What a file that is not a capture looks like, for the error message.

use crate::container::{PROFILE, RECORD_HEAD, u32_at};

/// First bytes and what begins with them.
const SIGNATURES: [(&[u8], &str); 13] = [
    (b"\x1f\x8b", "it is compressed with gzip: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd: unpack it first"),
    (b"\xfd7zXZ\0", "it is compressed with xz: unpack it first"),
    (b"PK\x03\x04", "it is a zip archive (or a sigrok session)"),
    (b"SQLite format 3\0", "it is an SQLite database"),
    (b"ARROW1", "it is an Arrow file"),
    (b"PAR1", "it is a Parquet file"),
    (b"\x7fELF", "it is a program"),
    (b"\x89PNG", "it is a picture"),
    (b"%PDF", "it is a PDF document"),
    (b"\x0a\x0d\x0d\x0a", "it is a network capture (pcapng)"),
    (b"\xd4\xc3\xb2\xa1", "it is a network capture (pcap)"),
    (b"$date", "it is a VCD file"),
];

/// Describes a file by its first bytes.
pub(crate) fn looks_like(start: &[u8]) -> String {
    if start.starts_with(mcap::MAGIC) {
        return mcap_of(start);
    }
    if let Some((_, what)) = SIGNATURES.iter().find(|(signature, _)| start.starts_with(signature)) {
        return (*what).to_owned();
    }
    if start.iter().all(|&byte| byte == 0) {
        return "it begins with zeros only, as after a power cut".to_owned();
    }
    if let Some(text) = text_of(start) {
        let shown: String = text.lines().next().unwrap_or_default().chars().take(40).collect();
        return format!("it is text that begins with {shown:?}");
    }
    format!("it begins with the bytes {:02x?}", &start[..start.len().min(8)])
}

/// Text without control characters; its last character may be cut.
fn text_of(start: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace()).then_some(text)
}

/// An MCAP file: whose?
fn mcap_of(start: &[u8]) -> String {
    let at = mcap::MAGIC.len() + RECORD_HEAD;
    let length = u32_at(start, at).unwrap_or(0) as usize;
    match start.get(at + 4..).and_then(|rest| rest.get(..length)).map(String::from_utf8_lossy) {
        Some(profile) if profile == PROFILE => {
            "it is an MCAP file with this project's profile, but not as ichiscope writes it".to_owned()
        }
        Some(profile) => format!("it is an MCAP file of another program (profile {profile:?})"),
        None => "it is an MCAP file without a header".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn says_what_it_sees() {
        for (start, word) in [
            (&b"\x1f\x8b\x08\0"[..], "gzip"),
            (b"\x89MCAP0\r\n\x01\x10\0\0\0\0\0\0\0\x04\0\0\0ros2\x04\0\0\0abcd", "ros2"),
            (b"time,level\n1,2\n", "time,level"),
            (b"\0\0\0\0", "zeros"),
            (b"\x01\x02\x03", "01, 02, 03"),
        ] {
            assert!(looks_like(start).contains(word), "{}", looks_like(start));
        }
    }
}
