//! Analysis of ten million edges on one core: a rail that comes and goes, at three thresholds. And of a day of the ADC's envelope.
#![allow(missing_docs)]

use std::time::Instant;

use ichiscope_timeline::{Builder, Timeline};
use ichiscope_verdict::{Adc, FrontEnd, Settings, analyse};
use ichiscope_wire::{
    Board, Configuration, Counter, CounterId, Edge, Envelope, Features, Heartbeat, Identity, Line, LineSet,
    Payload, Record, SamplePoint, Start, StartBlock, encode_frame,
};

const EDGES: u64 = 10_000_000;
const ROUNDS: usize = 5;
/// Samples of a window, log2.
const WINDOW_LOG2: u8 = 12;
const WINDOWS_OF_A_DAY: u64 = 86_400_000_000 >> WINDOW_LOG2;

/// Edges `apart` ticks from each other, on all comparators in turn, six to an outage that begins every `period` ticks;
/// one tick a microsecond.
fn timeline(apart: u64, period: u64) -> Timeline {
    let mut builder = Builder::new();
    let mut seq = 0u8;
    let mut push = |tick, payload| {
        builder.bytes(0, &encode_frame(seq, &Record::new(tick, 0, payload)));
        seq = seq.wrapping_add(1);
    };
    let values = [
        1 | (Board::IceBreaker as u32) << 8 | 8 << 16,
        1_000_000,
        7,
        3_000_000,
        0x0FFF << 12 | 7,
        2,
        256 | 20 << 16,
        0,
    ];
    for (page, value) in values.into_iter().enumerate() {
        push(page as u64, Payload::Start(Start { page: page as u8, value }));
    }
    let mut levels = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    push(8, Payload::Heartbeat(Heartbeat { tick: 8, levels, flags: 1 }));
    for i in 0..EDGES {
        let line = Line::RAILS[[0, 1, 2, 2, 1, 0][(i % 6) as usize]];
        levels = levels.with(line, i % 6 >= 3);
        let changed = LineSet::EMPTY.with(line, true);
        let tick = 100 + i / 6 * period + i % 6 * apart;
        push(tick, Payload::Edge(Edge { levels, changed, age: 12 }));
    }
    builder.into_timeline()
}

/// Time that this thread has been computing, ns; 0 where the system does not tell. On a busy machine it is worth more than the clock.
fn cpu_ns() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

/// A day of windows of 4096 us at a good supply, in codes of 4 mV; nothing happens on the lines.
fn day() -> Timeline {
    let mut builder = Builder::new();
    let mut seq = 0u8;
    let mut push = |tick, payload| {
        builder.bytes(0, &encode_frame(seq, &Record::new(tick, 0, payload)));
        seq = seq.wrapping_add(1);
    };
    let levels = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    let identity = Identity {
        protocol: 2,
        board_code: Board::IceBreaker as u8,
        tick_hz: 1_000_000,
        bitstream_id: 7,
        baud: 3_000_000,
        wired: LineSet::ALL,
        fifo_depth: 256,
        heartbeat_log2: 20,
        deglitch_bits: 10,
        features: Features::from_bits(0x7F),
    };
    let configuration =
        Configuration { ticks_per_sample: 1, envelope_log2: WINDOW_LOG2, ..Configuration::default() };
    for page in (StartBlock { is_first: true, identity, configuration, levels }).pages() {
        push(u64::from(page.page), Payload::Start(page));
    }
    push(100, Payload::Heartbeat(Heartbeat { tick: 100, levels, flags: 1 }));
    let point = SamplePoint { index: 101, ticks_since: 0 };
    push(101, Payload::Counter(Counter { id: CounterId::Sample as u8, value: point.value() }));
    for window in 1..WINDOWS_OF_A_DAY {
        let envelope = Envelope { least: 2990, greatest: 3010, mean: 3000 };
        push((window << WINDOW_LOG2) + 50, Payload::Envelope(envelope));
    }
    let timeline = builder.into_timeline();
    let windows: usize = timeline.waveform().envelopes().iter().map(|run| run.windows.len()).sum();
    assert!(windows as u64 > WINDOWS_OF_A_DAY - 3 && timeline.side_losses().len() < 2, "{windows}");
    timeline
}

/// Settings that know what a code is in volts.
fn with_front_end() -> Settings {
    let adc =
        Adc { gain_nv_per_code: 4_000_000, offset_uv: 0, gain_u_ppm: 1000, offset_u_uv: 20_000, delay_ns: 0 };
    let front_end = FrontEnd {
        name: String::new(),
        source: String::new(),
        date: String::new(),
        comparators: Vec::new(),
        adc: Some(adc),
    };
    Settings { front_end: Some(front_end), ..Settings::default() }
}

fn measure(what: &str, timeline: &Timeline, settings: &Settings) {
    let mut outages = 0;
    let mut round = || {
        let (begun, cpu) = (Instant::now(), cpu_ns());
        let analysis = analyse(timeline, settings, &[]);
        outages = analysis.outages.len() as u64 + analysis.omitted.map_or(0, |o| o.count);
        (begun.elapsed().as_secs_f64(), (cpu_ns() - cpu) as f64 / 1e9)
    };
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| round()).collect();
    let least = |of: fn(&(f64, f64)) -> f64| rounds.iter().map(of).fold(f64::MAX, f64::min);
    let (s, cpu) = (least(|r| r.0), least(|r| r.1));
    println!("analysis, {what}: {outages} outages in {s:.3} s on one core ({cpu:.3} s of it computing)");
}

fn main() {
    let settings = Settings { restore_ns: 1_000_000, ..Settings::default() };
    measure("ten million edges of a chatter shorter than the deglitch time", &timeline(12, 120), &settings);
    measure("ten million edges, each an outage's", &timeline(600, 30_000), &settings);
    measure("a day of the envelope held against three comparators", &day(), &with_front_end());
}
