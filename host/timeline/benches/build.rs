//! How fast bytes become a time axis, in MB/s on one core, beside the decoding of their frames alone. `cargo bench -p
//! ichiscope-timeline`; without `--bench` it only shows that it runs.
#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use ichiscope_timeline::{Builder, Configuration, Identity};
use ichiscope_wire::{
    Console, Counter, Decoder, Edge, Envelope, Event, Features, Heartbeat, LineSet, Payload, Record,
    SamplePoint, StartBlock, encode_frame,
};

const ROUNDS: usize = 7;
/// As a USB read delivers them.
const CHUNK: usize = 16 << 10;
const HEARTBEAT_LOG2: u8 = 21;
const TICKS_PER_SAMPLE: u64 = 36;

/// A board's stream between two heartbeats and so on.
struct Stream {
    bytes: Vec<u8>,
    seq: u8,
    records: u32,
}

impl Stream {
    fn push(&mut self, tick: u64, payload: Payload) {
        self.bytes.extend(encode_frame(self.seq, &Record::new(tick, 0, payload)));
        self.seq = self.seq.wrapping_add(1);
        self.records = self.records.wrapping_add(1);
    }

    fn start(&mut self) {
        let identity = Identity {
            protocol: 2,
            board_code: 1,
            tick_hz: 36_000_000,
            bitstream_id: 1,
            baud: 12_000_000,
            wired: LineSet::ALL,
            fifo_depth: 256,
            heartbeat_log2: HEARTBEAT_LOG2,
            deglitch_bits: 10,
            features: Features::from_bits(0x7F),
        };
        let configuration = Configuration {
            deglitch_ticks: 9,
            ticks_per_sample: TICKS_PER_SAMPLE as u8,
            envelope_log2: 7,
            ..Configuration::default()
        };
        let block = StartBlock { is_first: true, identity, configuration, levels: LineSet::EMPTY };
        for page in block.pages() {
            self.push(u64::from(page.page), Payload::Start(page));
        }
    }

    fn beat(&mut self, tick: u64, levels: LineSet) {
        self.push(tick, Payload::Heartbeat(Heartbeat { tick, levels, flags: 1 }));
        let since = tick + 4;
        let index = (since / TICKS_PER_SAMPLE) as u32 & ((1 << 26) - 1);
        let point = SamplePoint { index, ticks_since: (since % TICKS_PER_SAMPLE) as u8 };
        for (id, value) in [0, 0, self.records + 2, point.value(), 0, 0].into_iter().enumerate() {
            self.push(tick + 1 + id as u64, Payload::Counter(Counter { id: id as u8, value }));
        }
    }

    /// So many heartbeats with `each` records of `kind` between two of them.
    fn of(beats: u64, each: u64, mut kind: impl FnMut(u64, &mut LineSet) -> Payload) -> Stream {
        let mut stream = Stream { bytes: Vec::new(), seq: 0, records: 0 };
        let mut levels = LineSet::EMPTY;
        let period = 1 << HEARTBEAT_LOG2;
        stream.start();
        for beat in 1..=beats {
            stream.beat(beat * period, levels);
            for n in 0..each {
                let tick = beat * period + 100 + n * (period / (each + 1));
                let payload = kind(n, &mut levels);
                stream.push(tick, payload);
            }
        }
        stream
    }
}

fn frames_alone(bytes: &[u8]) -> u64 {
    let mut decoder = Decoder::new();
    let mut frames = 0;
    for chunk in bytes.chunks(CHUNK) {
        decoder.push(chunk, |event| frames += u64::from(matches!(event, Event::Frame(_))));
    }
    frames
}

fn axis(bytes: &[u8]) -> u64 {
    let mut builder = Builder::new();
    for chunk in bytes.chunks(CHUNK) {
        builder.bytes(0, chunk);
    }
    let timeline = builder.into_timeline();
    assert!(timeline.gaps().is_empty() && timeline.problems().is_empty(), "{:?}", timeline.gaps().first());
    timeline.stats().frames
}

fn mb_per_s(bytes: &[u8], rounds: usize, run: impl Fn(&[u8]) -> u64) -> f64 {
    let best = (0..rounds)
        .map(|_| {
            let begun = Instant::now();
            black_box(run(black_box(bytes)));
            begun.elapsed()
        })
        .min()
        .unwrap_or_default();
    bytes.len() as f64 / best.as_secs_f64() / 1e6
}

fn main() {
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let (beats, rounds) = if measuring { (150, ROUNDS) } else { (2, 1) };
    let edge = |_: u64, levels: &mut LineSet| {
        let changed = LineSet::from_bits(1 << 10);
        *levels = levels.symmetric_difference(changed);
        Payload::Edge(Edge { levels: *levels, changed, age: 12 })
    };
    // Every 128 samples an envelope: 2^21 ticks hold 455 of them.
    let envelope = |n: u64, _: &mut LineSet| {
        let code = 2000 + n as u16;
        Payload::Envelope(Envelope { least: code, greatest: code + 2, mean: code + 1 })
    };
    let console = |n: u64, _: &mut LineSet| Payload::Console(Console { byte: n as u8, flags: 0, age: 3000 });
    for (name, stream) in [
        ("edges", Stream::of(beats, 3000, edge)),
        ("envelope", Stream::of(beats * 7, 454, envelope)),
        ("console", Stream::of(beats * 5, 600, console)),
        ("heartbeats alone", Stream::of(beats * 400, 0, edge)),
    ] {
        let frames = mb_per_s(&stream.bytes, rounds, frames_alone);
        let whole = mb_per_s(&stream.bytes, rounds, axis);
        println!("{name}: frames alone {frames:.0} MB/s, onto the axis {whole:.0} MB/s");
    }
}
