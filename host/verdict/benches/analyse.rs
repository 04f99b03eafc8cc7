//! Analysis of ten million edges on one core: a rail that comes and goes, at three thresholds.
#![allow(missing_docs)]

use std::time::Instant;

use ichiscope_timeline::{Builder, Timeline};
use ichiscope_verdict::{Settings, analyse};
use ichiscope_wire::{Board, Edge, Heartbeat, Line, LineSet, Payload, Record, Start, encode_frame};

const EDGES: u64 = 10_000_000;
const ROUNDS: usize = 5;

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

fn measure(what: &str, timeline: &Timeline) {
    let settings = Settings { restore_ns: 1_000_000, ..Settings::default() };
    let mut outages = 0;
    let mut round = || {
        let (begun, cpu) = (Instant::now(), cpu_ns());
        let analysis = analyse(timeline, &settings, &[]);
        outages = analysis.outages.len() as u64 + analysis.omitted.map_or(0, |o| o.count);
        (begun.elapsed().as_secs_f64(), (cpu_ns() - cpu) as f64 / 1e9)
    };
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| round()).collect();
    let least = |of: fn(&(f64, f64)) -> f64| rounds.iter().map(of).fold(f64::MAX, f64::min);
    let (s, cpu) = (least(|r| r.0), least(|r| r.1));
    println!(
        "analysis, {what}: {EDGES} edges, {outages} outages in {s:.3} s on one core ({cpu:.3} s of it computing)"
    );
}

fn main() {
    measure("chatter shorter than the deglitch time", &timeline(12, 120));
    measure("every edge an outage's", &timeline(600, 30_000));
}
