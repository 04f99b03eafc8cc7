//! A capture for the benchmark: chatter on two lines, and the envelope of the ADC all the time.

use std::error::Error;
use std::path::Path;

use ichiscope_capture::{DeviceFacts, Facts, Writer};
use ichiscope_wire::{
    Board, Configuration, Counter, CounterId, Edge, Envelope, Features, Heartbeat, Identity, Line, LineSet,
    Payload, Record, SamplePoint, StartBlock, encode_frame,
};

const HZ: u64 = 36_000_000;
const HEARTBEAT_LOG2: u32 = 21;
const SAMPLE_TICKS: u64 = 36;
const ENVELOPE_LOG2: u8 = 4;
const WINDOW_TICKS: u64 = SAMPLE_TICKS << ENVELOPE_LOG2;
/// Ticks from one edge to the next, at least.
const EDGE_TICKS: u64 = 400;

struct Stream {
    writer: Writer,
    bytes: Vec<u8>,
    seq: u8,
    tick: u64,
    levels: LineSet,
}

impl Stream {
    fn push(&mut self, tick: u64, payload: Payload) -> Result<(), Box<dyn Error>> {
        self.tick = tick.max(self.tick + 1);
        self.bytes.extend_from_slice(&encode_frame(self.seq, &Record::new(self.tick, 0, payload)));
        self.seq = self.seq.wrapping_add(1);
        if self.bytes.len() > 1 << 16 {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Box<dyn Error>> {
        let received_ns = 1_700_000_000_000_000_000 + self.tick * 1000 / (HZ / 1_000_000);
        self.writer.bytes(received_ns, &self.bytes)?;
        self.bytes.clear();
        Ok(())
    }

    fn start(&mut self) -> Result<(), Box<dyn Error>> {
        let identity = Identity {
            protocol: 2,
            board_code: Board::IceBreaker as u8,
            tick_hz: HZ,
            bitstream_id: 1,
            baud: 12_000_000,
            wired: LineSet::from_bits(0x3FF),
            fifo_depth: 256,
            heartbeat_log2: HEARTBEAT_LOG2 as u8,
            deglitch_bits: 10,
            features: Features::from_bits(0x7F),
        };
        let configuration = Configuration {
            deglitch_ticks: 9,
            ticks_per_sample: SAMPLE_TICKS as u8,
            envelope_log2: ENVELOPE_LOG2,
            ..Configuration::default()
        };
        let block = StartBlock { is_first: true, identity, configuration, levels: self.levels };
        block.pages().try_for_each(|page| self.push(0, Payload::Start(page)))
    }

    fn heartbeat(&mut self, tick: u64) -> Result<(), Box<dyn Error>> {
        let tick = tick.max(self.tick + 1);
        self.push(tick, Payload::Heartbeat(Heartbeat { tick, levels: self.levels, flags: 1 }))?;
        let tick = self.tick + 1;
        let index = (tick / SAMPLE_TICKS) as u32 & ((1 << 26) - 1);
        let point = SamplePoint { index, ticks_since: (tick % SAMPLE_TICKS) as u8 };
        self.push(tick, Payload::Counter(Counter { id: CounterId::Sample as u8, value: point.value() }))
    }
}

/// Writes it; gives its length in seconds of the device.
pub fn write(path: &Path, edges: u64, windows: u64) -> Result<f64, Box<dyn Error>> {
    let levels = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    let writer = Writer::create(path, &Facts::new("frame_time", 1, DeviceFacts::default()))?;
    let mut stream = Stream { writer, bytes: Vec::new(), seq: 0, tick: 0, levels };
    stream.start()?;
    stream.heartbeat(1)?;
    let end = (windows * WINDOW_TICKS).max(edges * EDGE_TICKS);
    let edge_step = end.checked_div(edges).unwrap_or(u64::MAX);
    let (mut window, mut edge, mut beat) = (1u64, 1u64, 1u64);
    loop {
        // An envelope belongs to the window before the one that it is told in.
        let next_window = if window <= windows { (window + 1) * WINDOW_TICKS + 7 } else { u64::MAX };
        let next_edge = if edge <= edges { edge.saturating_mul(edge_step) } else { u64::MAX };
        let next_beat = beat << HEARTBEAT_LOG2;
        let next = next_window.min(next_edge);
        if next == u64::MAX {
            break;
        }
        if next_beat < next {
            stream.heartbeat(next_beat)?;
            beat += 1;
        } else if next_window <= next_edge {
            let least = 2400 + (window * 7919 % 100) as u16;
            stream.push(
                next_window,
                Payload::Envelope(Envelope { least, greatest: least + 9, mean: least + 4 }),
            )?;
            window += 1;
        } else {
            let line = if edge % 3 == 0 { Line::AcLo } else { Line::ChPr };
            stream.levels = stream.levels.with(line, !stream.levels.contains(line));
            let (changed, levels) = (LineSet::EMPTY.with(line, true), stream.levels);
            stream.push(next_edge, Payload::Edge(Edge { levels, changed, age: 0 }))?;
            edge += 1;
        }
    }
    stream.flush()?;
    stream.writer.finish()?;
    Ok(stream.tick as f64 / HZ as f64)
}
