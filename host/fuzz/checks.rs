//! What must hold for any bytes. The fuzz targets and the test `host/capture/tests/fuzz.rs` share it.

use std::path::Path;

use ichiscope_capture::{ChainReader, End, Read, Reader};
use ichiscope_wire::{Decoder, Event, FRAME_LEN, encode_frame};

/// The decoder gives the same whatever the pieces, leaves no byte out, and every frame is what the encoder makes of it.
#[allow(dead_code, reason = "each target uses one check")]
pub fn wire(bytes: &[u8]) {
    let whole = decode([bytes]);
    let piece = bytes.first().map_or(1, |first| usize::from(*first) + 1);
    assert_eq!(whole, decode(bytes.chunks(piece)), "in pieces of {piece}");
    let mut at = 0;
    for event in whole {
        let length = match event {
            Event::Frame(frame) => {
                let (from, to) = (frame.offset as usize, frame.offset as usize + FRAME_LEN);
                assert_eq!(encode_frame(frame.seq, &frame.record), bytes[from..to]);
                FRAME_LEN as u64
            }
            Event::Damage { bytes, .. } => bytes,
        };
        let (Event::Frame(ichiscope_wire::Frame { offset, .. }) | Event::Damage { offset, .. }) = event;
        assert_eq!(offset, at, "a byte was left out or taken twice");
        at += length;
    }
    assert_eq!(at, bytes.len() as u64);
}

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut decoder = Decoder::new();
    let mut events = Vec::new();
    pieces.into_iter().for_each(|piece| decoder.push(piece, |event| events.push(event)));
    decoder.finish(|event| events.push(event));
    events
}

/// Reading and seeking end, report places within the file only, and give the same twice.
#[allow(dead_code, reason = "each target uses one check")]
pub fn capture(bytes: &[u8], path: &Path) {
    std::fs::write(path, bytes).expect("a temporary file can be written");
    let Ok(mut reader) = Reader::open(path) else { return };
    let reads: Vec<Read> = reader.items().collect();
    let mut times = Vec::new();
    for read in &reads {
        match read {
            Read::Item(item) => times.push(item.host_ns()),
            Read::Damage { offset, bytes: length, .. } => {
                assert!(offset + length <= bytes.len() as u64, "{offset} + {length}");
            }
        }
    }
    if let End::Truncated { at, bytes: rest, writing } = reader.end() {
        assert!(at + rest == bytes.len() as u64 && !writing, "{:?}", reader.end());
    }
    assert!(reader.items().next().is_none(), "the end comes once");

    let mut chain = ChainReader::open(path).expect("it was opened before");
    let count = std::iter::from_fn(|| chain.next_read()).count();
    assert!(count <= reads.len() + 2, "{count} of {}", reads.len());

    let middle = times.get(times.len() / 2).copied().unwrap_or(1);
    reader.seek(middle);
    reader.items().for_each(drop);
}
