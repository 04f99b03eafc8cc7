//! Second reading: levels as wire frames of an imported recording, into a capture. The layout is in `docs/wire.md`.

use ichiscope_capture::{CaptureError, LinkKind, LinkNote, Writer};
use ichiscope_wire::{
    Board, Configuration, Edge, Features, Heartbeat, Identity, LineSet, PROTOCOL_VERSION, Payload, Record,
    StartBlock, TICK_BITS, encode_frame,
};

use super::axis::Sink;

/// Bytes handed to the capture at a time.
const BLOCK: usize = 1 << 16;
/// A record that is further from the last one than this has a heartbeat before it: 48 bits of tick would leave it in doubt.
const FAR_TICKS: u64 = 1 << (TICK_BITS - 2);
/// log2 of a heartbeat's period that no recording reaches: a file cannot fall silent.
const NO_HEARTBEAT: u8 = 63;

/// What the START block says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// Ticks per second.
    pub(crate) tick_hz: u64,
    /// First 32 bits of the file's SHA-256.
    pub(crate) id: u32,
    /// Lines that the file tells.
    pub(crate) wired: LineSet,
    /// The file's first tick.
    pub(crate) first_tick: u64,
}

impl Origin {
    fn start(&self, levels: LineSet) -> StartBlock {
        let identity = Identity {
            protocol: PROTOCOL_VERSION,
            board_code: Board::Import as u8,
            tick_hz: self.tick_hz,
            bitstream_id: self.id,
            baud: 0,
            wired: self.wired,
            fifo_depth: 0,
            heartbeat_log2: NO_HEARTBEAT,
            deglitch_bits: 0,
            features: Features::NONE,
        };
        StartBlock { is_first: false, identity, configuration: Configuration::default(), levels }
    }
}

/// Writes levels as frames.
pub(crate) struct FrameWriter {
    capture: Writer,
    host_ns: u64,
    origin: Origin,
    bytes: Vec<u8>,
    seq: u8,
    last_tick: u64,
    /// The levels last told; `None` before the START block.
    levels: Option<LineSet>,
    in_gap: bool,
}

impl FrameWriter {
    /// Everything is stamped with the host time of the import; no duration is ever computed from it.
    pub(crate) fn new(capture: Writer, host_ns: u64, origin: Origin) -> FrameWriter {
        let bytes = Vec::with_capacity(BLOCK + 64);
        FrameWriter { capture, host_ns, origin, bytes, seq: 0, last_tick: 0, levels: None, in_gap: false }
    }

    /// A note tied to a tick.
    pub(crate) fn note(&mut self, tick: u64, kind: &str, text: &str) -> Result<(), CaptureError> {
        self.capture.note(Some(tick), self.host_ns, kind, text)
    }

    /// The file ends at `last_tick`.
    pub(crate) fn finish(mut self, last_tick: u64) -> Result<(), CaptureError> {
        if let Some(levels) = self.levels {
            self.heartbeat(last_tick, levels)?;
        }
        self.flush()?;
        self.capture.finish()?;
        Ok(())
    }

    fn begin(&mut self, levels: LineSet) -> Result<(), CaptureError> {
        let first_tick = self.origin.first_tick;
        for page in self.origin.start(levels).pages() {
            self.push(first_tick, Payload::Start(page))?;
        }
        self.heartbeat(first_tick, levels)
    }

    fn heartbeat(&mut self, tick: u64, levels: LineSet) -> Result<(), CaptureError> {
        self.push(tick, Payload::Heartbeat(Heartbeat { tick, levels, flags: 0 }))
    }

    fn edge(&mut self, tick: u64, before: LineSet, levels: LineSet) -> Result<(), CaptureError> {
        if tick - self.last_tick > FAR_TICKS {
            self.heartbeat(tick - 1, before)?;
        }
        self.push(tick, Payload::Edge(Edge { levels, changed: before.symmetric_difference(levels), age: 0 }))
    }

    /// Nothing is known from the last record on.
    fn lose(&mut self, tick: u64) -> Result<(), CaptureError> {
        self.flush()?;
        let text = format!("the file does not tell the levels from tick {tick} on");
        self.capture.link(self.host_ns, &LinkNote { kind: LinkKind::Lost, text })
    }

    fn push(&mut self, tick: u64, payload: Payload) -> Result<(), CaptureError> {
        self.bytes.extend_from_slice(&encode_frame(self.seq, &Record::new(tick, 0, payload)));
        self.seq = self.seq.wrapping_add(1);
        self.last_tick = tick;
        if self.bytes.len() >= BLOCK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), CaptureError> {
        self.capture.bytes(self.host_ns, &self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}

impl Sink for FrameWriter {
    fn state(&mut self, tick: u64, levels: Option<LineSet>) -> Result<(), CaptureError> {
        match (self.levels, levels) {
            (None, None) => {}
            (None, Some(levels)) => {
                // Levels that the file told late are assumed from its start, and the stretch in between is a gap.
                self.begin(levels)?;
                if tick > self.origin.first_tick {
                    self.lose(self.origin.first_tick)?;
                    self.heartbeat(tick, levels)?;
                }
                self.levels = Some(levels);
            }
            (Some(before), None) => {
                self.heartbeat(tick, before)?;
                self.lose(tick)?;
                self.in_gap = true;
            }
            (Some(_), Some(levels)) if self.in_gap => {
                self.heartbeat(tick, levels)?;
                self.in_gap = false;
                self.levels = Some(levels);
            }
            (Some(before), Some(levels)) => {
                self.edge(tick, before, levels)?;
                self.levels = Some(levels);
            }
        }
        Ok(())
    }
}
