//! A short fuzz run of the wire decoder and the capture reader: the kept corpus, and some seconds of random changes to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../fuzz/checks.rs"]
mod checks;
mod common;
#[path = "../../fuzz/random.rs"]
mod random;

use common::{facts, small_capture};
use ichiscope_capture::{ChainWriter, Options, Rotation};
use ichiscope_wire::{Edge, LineSet, Payload, Record, encode_frame};
use random::{Random, corpus, fuzz};

#[test]
fn wire_decoder() {
    let edge = |n: u16| Edge { levels: LineSet::from_bits(n), changed: LineSet::from_bits(n | 1), age: 9 };
    let frame = |n: u16| encode_frame(n as u8, &Record::new(u64::from(n) * 300, 0, Payload::Edge(edge(n))));
    let mut seeds = corpus("wire_decoder");
    seeds.push((0..40).flat_map(frame).collect());
    fuzz("wire_decoder", &seeds, Random::change, checks::wire);
}

#[test]
fn capture_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut seeds = corpus("capture_reader");
    seeds.push(small_capture());
    seeds.push(chained());
    let change = |random: &mut Random, bytes: &mut Vec<u8>| {
        if random.below(2) == 0 { random.change(bytes) } else { change_content(random, bytes) }
    };
    fuzz("capture_reader", &seeds, change, |bytes| checks::capture(bytes, &path));
}

/// The second file of a recording in several.
fn chained() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let rotation = Rotation { bytes: Some(1), time: None };
    let path = folder.path().join("a.mcap");
    let mut writer = ChainWriter::create(path, &facts(), rotation, Options::default()).unwrap();
    for n in 0..3 {
        writer.bytes(common::CREATED_NS + n * 1_000_000_000, &[n as u8; 30]).unwrap();
    }
    writer.finish().unwrap();
    std::fs::read(folder.path().join("a.0002.mcap")).unwrap()
}

/// Changes what a chunk holds, and makes its checksum and lengths right again: the change gets past the first checks.
fn change_content(random: &mut Random, bytes: &mut Vec<u8>) {
    const HEAD: usize = 53;
    let chunks = chunks(bytes);
    let Some((start, end)) = chunks.get(random.below(chunks.len())).copied() else {
        return random.change(bytes);
    };
    let Some(stored) = bytes.get(start + HEAD..end) else { return random.change(bytes) };
    let Ok(mut plain) = zstd::bulk::decompress(stored, 1 << 16) else { return random.change(bytes) };
    random.change(&mut plain);
    let stored = zstd::bulk::compress(&plain, 1).unwrap();
    let mut head = bytes[start..start + HEAD].to_vec();
    head[1..9].copy_from_slice(&(HEAD as u64 - 9 + stored.len() as u64).to_le_bytes());
    head[25..33].copy_from_slice(&(plain.len() as u64).to_le_bytes());
    head[33..37].copy_from_slice(&crc32fast::hash(&plain).to_le_bytes());
    head[45..53].copy_from_slice(&(stored.len() as u64).to_le_bytes());
    bytes.splice(start..end, head.into_iter().chain(stored));
}

/// Start and end of each chunk, as far as the records' lengths make sense.
fn chunks(bytes: &[u8]) -> Vec<(usize, usize)> {
    const CHUNK: u8 = 6;
    let (mut found, mut at) = (Vec::new(), 8);
    while let Some(length) = bytes.get(at + 1..at + 9) {
        let length = u64::from_le_bytes(length.try_into().unwrap());
        let Some(end) = (at as u64 + 9).checked_add(length).filter(|end| *end <= bytes.len() as u64) else {
            break;
        };
        if bytes[at] == CHUNK {
            found.push((at, end as usize));
        }
        at = end as usize;
    }
    found
}
