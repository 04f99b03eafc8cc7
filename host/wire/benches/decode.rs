//! Decoding speed in MB/s on one core, beside the decoder that one would write first: split at zeros, undo the stuffing
//! byte by byte, one table look-up a byte for the check.
#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use ichiscope_wire::{
    Decoder, Edge, Event, FRAME_LEN, Heartbeat, LineSet, Payload, Record, crc32, encode_frame,
};

const FRAMES: u64 = 1 << 20;
const ROUNDS: usize = 9;
/// As a USB read delivers them.
const CHUNK: usize = 16 << 10;

fn stream() -> Vec<u8> {
    let frame = |i: u64| {
        let tick = i * 2280;
        let levels = LineSet::from_bits(i as u16);
        let payload = if i.is_multiple_of(16) {
            Payload::Heartbeat(Heartbeat { tick, levels, flags: 1 })
        } else {
            Payload::Edge(Edge { levels, changed: LineSet::from_bits(1), age: 12 })
        };
        encode_frame(i as u8, &Record::new(tick, 0, payload))
    };
    (0..FRAMES).flat_map(frame).collect()
}

fn fast(bytes: &[u8]) -> u64 {
    let mut decoder = Decoder::new();
    let mut sum = 0u64;
    for chunk in bytes.chunks(CHUNK) {
        decoder.push(chunk, |event| match event {
            Event::Frame(f) => sum = sum.wrapping_add(f.record.tick),
            Event::Damage { .. } => sum = u64::MAX,
        });
    }
    sum
}

fn naive(bytes: &[u8]) -> u64 {
    let mut sum = 0u64;
    for stuffed in bytes.split(|b| *b == 0).filter(|s| s.len() == FRAME_LEN - 1) {
        let mut plain = Vec::new();
        let mut end = stuffed.len();
        while end > 0 {
            let code = usize::from(stuffed[end - 1]);
            if end < stuffed.len() {
                plain.push(0);
            }
            plain.extend(stuffed[end - code..end - 1].iter().rev());
            end -= code;
        }
        plain.reverse();
        let check = u32::from_le_bytes([plain[13], plain[14], plain[15], plain[16]]);
        if crc32(&plain[..13]) == check {
            let mut tick = [0; 8];
            tick[..6].copy_from_slice(&plain[1..7]);
            sum = sum.wrapping_add(u64::from_le_bytes(tick));
        }
    }
    sum
}

fn mb_per_s(bytes: &[u8], decode: impl Fn(&[u8]) -> u64, expected: u64) -> f64 {
    let best = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            assert_eq!(decode(black_box(bytes)), expected, "the decoder lost something");
            begun.elapsed()
        })
        .min()
        .unwrap_or_default();
    bytes.len() as f64 / best.as_secs_f64() / 1e6
}

fn main() {
    let bytes = stream();
    let expected = (0..FRAMES).map(|i| i * 2280).sum();
    let first = mb_per_s(&bytes, naive, expected);
    let ours = mb_per_s(&bytes, fast, expected);
    println!(
        "wire decode: {ours:.0} MB/s on one core, {:.1} times the straightforward decoder ({first:.0} MB/s)",
        ours / first
    );
}
