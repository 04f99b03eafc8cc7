//! What the tests of the gateware share: stimuli, decoding, and edges computed from the stimulus alone.
#![allow(
    dead_code,
    clippy::panic,
    clippy::unwrap_used,
    reason = "each test file uses its part; helpers of tests"
)]

pub mod noise;
pub mod random;
pub mod rich;

use ichiscope_hdl::boards::BoardName;
use ichiscope_hdl::stimulus::{Pins, Stimulus};
use ichiscope_hdl::witness::{Witness, WitnessName};
use ichiscope_hdl::{Config, Design};
use ichiscope_wire::{Decoder, Event, FRAME_LEN, Frame, LineSet, Payload, TICK_MASK};

/// The lines that have a pin.
pub const WIRED: u16 = 0x07FF;

pub fn design(baud: u32) -> Design {
    design_of(BoardName::IceBreaker, baud)
}

pub fn design_of(board: BoardName, baud: u32) -> Design {
    Design::new(board.board(), baud).unwrap()
}

/// Idle pins with these lines.
pub fn lines(levels: u16) -> Pins {
    Pins { lines: LineSet::from_bits(levels), ..Pins::default() }
}

pub fn stimulus(levels: u16, changes: &[(u64, u16)]) -> Stimulus {
    Stimulus {
        pins: lines(levels),
        changes: changes.iter().map(|(clock, levels)| (*clock, lines(*levels))).collect(),
        end: changes.last().map_or(0, |change| change.0),
        ..Stimulus::default()
    }
}

/// Witnesses that are ready to run a design, with their names.
pub type Ready = Vec<(WitnessName, Box<dyn Witness>)>;

pub fn ready(names: &[WitnessName], design: &Design) -> Ready {
    names.iter().map(|name| (*name, name.prepare(design).unwrap())).collect()
}

/// The bytes that all `witnesses` give for the stimulus; fails where the first two differ.
pub fn agreed(witnesses: &[WitnessName], design: &Design, stimulus: &Stimulus, clocks: u64) -> Vec<u8> {
    compared(&ready(witnesses, design), stimulus, clocks).unwrap_or_else(|difference| panic!("{difference}"))
}

/// The bytes that all `witnesses` give for the stimulus, or where one differs from the first.
pub fn compared(
    witnesses: &[(WitnessName, Box<dyn Witness>)],
    stimulus: &Stimulus,
    clocks: u64,
) -> Result<Vec<u8>, String> {
    let (first, witness) = &witnesses[0];
    let expected = witness.run(stimulus, clocks).unwrap();
    for (name, witness) in &witnesses[1..] {
        let bytes = witness.run(stimulus, clocks).unwrap();
        if bytes != expected {
            let at = bytes.iter().zip(&expected).take_while(|(a, b)| a == b).count();
            let frame = (at / FRAME_LEN).saturating_sub(7) * FRAME_LEN;
            let show = |bytes: &[u8]| decode(&bytes[frame..bytes.len().min(frame + 9 * FRAME_LEN)]);
            return Err(format!(
                "{name:?} ({} bytes) differs from {first:?} ({} bytes) at byte {at}: {:?} instead of {:?}",
                bytes.len(),
                expected.len(),
                show(&bytes),
                show(&expected)
            ));
        }
    }
    Ok(expected)
}

/// The frames of a stream that was received from its first byte; a frame cut off at the end is left out.
pub fn decode(bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut report = |event| match event {
        Event::Frame(frame) => frames.push(frame),
        Event::Damage { offset, bytes } => panic!("{bytes} damaged bytes at {offset}"),
    };
    let mut decoder = Decoder::new();
    decoder.push(&bytes[..bytes.len() / FRAME_LEN * FRAME_LEN], &mut report);
    decoder.finish(&mut report);
    frames
}

/// An edge: low 48 bits of its tick, levels after it, lines that changed.
pub type EdgeSeen = (u64, u16, u16);

/// Every EDGE and OVERRUN_BEGIN.
pub fn edges(frames: &[Frame]) -> Vec<EdgeSeen> {
    let edge = |frame: &Frame| match frame.record.payload() {
        Payload::Edge(e) | Payload::OverrunBegin(e) => Some((
            frame.record.tick.wrapping_sub(u64::from(e.age)) & TICK_MASK,
            e.levels.bits(),
            e.changed.bits(),
        )),
        _ => None,
    };
    frames.iter().filter_map(edge).collect()
}

/// The edges that lasted, and the clocks in which a glitch ended, from their definition: sample by sample.
pub fn lasting_edges(config: &Config, stimulus: &Stimulus) -> (Vec<EdgeSeen>, u32) {
    let deglitch = u64::from(config.deglitch_ticks);
    let mut pins = stimulus.pins.lines.bits() & WIRED;
    let mut known = pins;
    let mut away_for = [0; 12];
    let mut changes = stimulus.changes.iter().peekable();
    let (mut edges, mut glitches) = (Vec::new(), 0);
    for clock in 1..=stimulus.end + deglitch {
        while let Some((_, levels)) = changes.next_if(|change| change.0 <= clock) {
            pins = levels.lines.bits() & WIRED;
        }
        let (mut changed, mut glitch) = (0, false);
        for (line, away_for) in away_for.iter_mut().enumerate() {
            let away = (pins ^ known) >> line & 1 == 1;
            glitch |= !away && *away_for > 0;
            *away_for = if away { *away_for + 1 } else { 0 };
            if *away_for == deglitch {
                changed |= 1 << line;
                *away_for = 0;
            }
        }
        known ^= changed;
        glitches += u32::from(glitch);
        if changed != 0 {
            let tick = config.start_tick.wrapping_add(clock + 1 - deglitch);
            edges.push((tick & TICK_MASK, known, changed));
        }
    }
    (edges, glitches)
}

/// Values of the counter `id` in the stream, with their frame's place.
pub fn counters(frames: &[Frame], id: u8) -> Vec<(usize, u32)> {
    let counter = |(at, frame): (usize, &Frame)| match frame.record.payload() {
        Payload::Counter(c) if c.id == id => Some((at, c.value)),
        _ => None,
    };
    frames.iter().enumerate().filter_map(counter).collect()
}
