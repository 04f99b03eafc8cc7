//! A short fuzz run without libFuzzer: the kept corpus, and some seconds of random changes to it, the same in every run.
//!
//! `ICHISCOPE_FUZZ_SECONDS` makes it longer. What fails is kept in the target folder, and belongs into `host/fuzz/corpus` then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../fuzz/checks.rs"]
mod checks;
mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use common::{facts, small_capture};
use ichiscope_capture::{ChainWriter, Options, Rotation};
use ichiscope_wire::{Edge, LineSet, Payload, Record, encode_frame};

/// SplitMix64: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// One change: a bit, a byte, a number, a piece cut out, doubled, moved or zeroed.
    fn change(&mut self, bytes: &mut Vec<u8>) {
        let from = self.below(bytes.len());
        let to = (from + 1 + self.below(40)).min(bytes.len());
        match self.below(7) {
            0 if !bytes.is_empty() => bytes[from] ^= 1 << self.below(8),
            1 if !bytes.is_empty() => bytes[from] = self.next() as u8,
            2 => {
                let number = [0, 1, u64::MAX, 1 << 31, 1 << 57, self.next()][self.below(6)].to_le_bytes();
                bytes[from..to].iter_mut().zip(number).for_each(|(byte, new)| *byte = new);
            }
            3 => drop(bytes.drain(from..to)),
            4 => {
                let piece = bytes[from..to].to_vec();
                let at = self.below(bytes.len() + 1);
                bytes.splice(at..at, piece);
            }
            5 => bytes[from..to].fill(0),
            _ => bytes.truncate(from),
        }
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Runs the seeds, and then changed ones for the time given; keeps what fails.
fn fuzz(target: &str, seeds: &[Vec<u8>], change: impl Fn(&mut Random, &mut Vec<u8>), check: impl Fn(&[u8])) {
    let seconds =
        std::env::var("ICHISCOPE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let until = Instant::now() + Duration::from_secs(seconds);
    seeds.iter().for_each(|seed| check(seed));
    let mut random = Random(1);
    let mut runs = 0;
    while Instant::now() < until {
        let mut bytes = seeds[random.below(seeds.len())].clone();
        for _ in 0..=random.below(4) {
            change(&mut random, &mut bytes);
        }
        if catch_unwind(AssertUnwindSafe(|| check(&bytes))).is_err() {
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{target}-{runs}"));
            std::fs::write(&path, &bytes).unwrap();
            panic!("{target}: input {runs} fails; it is kept as {}", path.display());
        }
        runs += 1;
    }
    println!("{target}: {runs} inputs");
    assert!(runs > 100, "{runs} inputs only");
}

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
