//! How long the CPU side of a frame takes with many edges: `cargo run --release -p ichiscope-scope --example frame_time`.
//!
//! Writes a capture of 10 million edges (or as many as the first argument says), opens it in a window that only exists in
//! memory, and measures whole frames (input, views, triangles) while zooming from the whole capture down to a few ticks.

use std::error::Error;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use ichiscope_capture::{DeviceFacts, Facts, Writer};
use ichiscope_scope::ScopeApp;
use ichiscope_wire::{Edge, Heartbeat, Line, LineSet, Payload, Record, Start, encode_frame};

const HZ: u32 = 36_000_000;
const HEARTBEAT_LOG2: u32 = 21;
const FRAMES_PER_ZOOM: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let edges: u64 = std::env::args().nth(1).map_or(Ok(10_000_000), |a| a.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("many.mcap");
    write(&path, edges)?;

    let began = Instant::now();
    let app = ScopeApp::new(Some(&path));
    let mut window = Harness::builder()
        .with_size([1280.0, 800.0])
        .build_ui_state(|ui, app: &mut ScopeApp| app.show(ui), app);
    window.step();
    println!("first frame after {:?}", began.elapsed());
    while !window.state().is_settled() {
        window.step();
    }
    window.run_steps(3);
    println!("{edges} edges read after {:?}", began.elapsed());

    let mut all = Vec::new();
    for zoom in 0..8 {
        let mut times: Vec<Duration> = (0..FRAMES_PER_ZOOM).map(|_| frame(&mut window)).collect();
        times.sort();
        let view = window.state().model().view.ticks();
        println!(
            "view of {view:>14} ticks: p50 {:?}, max {:?}",
            times[times.len() / 2],
            times[times.len() - 1]
        );
        all.extend(times);
        if zoom < 7 {
            (0..8).for_each(|_| window.key_press(egui::Key::Plus));
            window.step();
        }
    }
    all.sort();
    println!(
        "all: p50 {:?}, p99 {:?}, max {:?}",
        all[all.len() / 2],
        all[all.len() * 99 / 100],
        all[all.len() - 1]
    );
    Ok(())
}

fn frame(window: &mut Harness<'_, ScopeApp>) -> Duration {
    let began = Instant::now();
    window.step();
    // What the graphics card would be given; drawing it is not measured.
    let shapes = window.output().shapes.clone();
    let triangles = window.ctx.tessellate(shapes, 1.0);
    std::hint::black_box(triangles);
    began.elapsed()
}

/// AC_LO and CH_PR chatter, one edge after the other, a heartbeat whenever one is due.
fn write(path: &std::path::Path, edges: u64) -> Result<(), Box<dyn Error>> {
    let mut levels = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    let mut writer = Writer::create(path, &Facts::new("frame_time", 1, DeviceFacts::default()))?;
    let mut bytes = Vec::new();
    let (mut tick, mut seq) = (0u64, 0u8);
    let mut push = |bytes: &mut Vec<u8>, tick: u64, payload| {
        bytes.extend_from_slice(&encode_frame(seq, &Record::new(tick, 0, payload)));
        seq = seq.wrapping_add(1);
    };
    let lines = u32::from(levels.bits()) | 0x3FF << 12;
    let capacity = 256 | HEARTBEAT_LOG2 << 16;
    for (page, value) in
        [1 | 1 << 8 | 8 << 16, HZ, 1, 12_000_000, lines, 100, capacity, 0].into_iter().enumerate()
    {
        push(&mut bytes, tick, Payload::Start(Start { page: page as u8, value }));
        tick += 1;
    }
    push(&mut bytes, tick, Payload::Heartbeat(Heartbeat { tick, levels, flags: 1 }));
    for i in 0..edges {
        let before = tick >> HEARTBEAT_LOG2;
        tick += 1500 + i * 7919 % 997;
        if tick >> HEARTBEAT_LOG2 != before {
            push(&mut bytes, tick, Payload::Heartbeat(Heartbeat { tick, levels, flags: 1 }));
            tick += 1;
        }
        let line = if i % 3 == 0 { Line::AcLo } else { Line::ChPr };
        levels = levels.with(line, !levels.contains(line));
        let changed = LineSet::EMPTY.with(line, true);
        push(&mut bytes, tick, Payload::Edge(Edge { levels, changed, age: 0 }));
        if bytes.len() > 1 << 16 {
            writer.bytes(1, &bytes)?;
            bytes.clear();
        }
    }
    writer.bytes(1, &bytes)?;
    writer.finish()?;
    Ok(())
}
