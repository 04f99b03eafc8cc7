//! Random changes to kept inputs, the same in every run: fuzzing without libFuzzer, for the tests of the crates.
//!
//! `ICHISCOPE_FUZZ_SECONDS` makes it longer. What fails is kept in the target folder, and belongs into `host/fuzz/corpus` then.
#![allow(dead_code, reason = "each test uses a part")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// SplitMix64: the same numbers everywhere.
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`, or 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// One change: a bit, a byte, a number, a piece cut out, doubled, moved or zeroed.
    pub fn change(&mut self, bytes: &mut Vec<u8>) {
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

/// The kept inputs of a target.
pub fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Runs the seeds, and then changed ones for the time given; keeps what fails.
pub fn fuzz(
    target: &str,
    seeds: &[Vec<u8>],
    change: impl Fn(&mut Random, &mut Vec<u8>),
    check: impl Fn(&[u8]),
) {
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
