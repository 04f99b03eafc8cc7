//! A tape of wire frames made by hand: the tests' independent source of timelines.
#![allow(dead_code, reason = "each test binary uses its part")]

use ichiscope_timeline::{Builder, Timeline};
use ichiscope_wire::{
    Board, Edge, Heartbeat, Line, LineSet, Payload, Record, Start, StartPage, encode_frame,
};

/// Frames in order, one tick a microsecond.
pub struct Tape {
    pub frames: Vec<[u8; 19]>,
    levels: LineSet,
    tick: u64,
    wired: LineSet,
}

pub const HZ: u32 = 1_000_000;
const AGE: u16 = 5;
const PERIOD_LOG2: u8 = 20;

/// All rails good, hub and meter present, mains there.
pub fn good() -> LineSet {
    LineSet::EMPTY.with(Line::Rail0, true).with(Line::Rail1, true).with(Line::Rail2, true)
}

impl Tape {
    pub fn new(levels: LineSet) -> Self {
        Self::wired(levels, LineSet::ALL)
    }

    pub fn wired(levels: LineSet, wired: LineSet) -> Self {
        let mut tape = Tape { frames: Vec::new(), levels, tick: 0, wired };
        tape.start(Board::IceBreaker as u8, 1);
        tape.heartbeat();
        tape
    }

    pub fn start(&mut self, board: u8, protocol: u8) {
        let pages = [
            (StartPage::Protocol, u32::from(protocol) | u32::from(board) << 8 | 8 << 16),
            (StartPage::TickHz, HZ),
            (StartPage::Bitstream, 7),
            (StartPage::Baud, 3_000_000),
            (StartPage::Lines, u32::from(self.levels.bits()) | u32::from(self.wired.bits()) << 12),
            (StartPage::Deglitch, 2),
            (StartPage::Capacity, 256 | u32::from(PERIOD_LOG2) << 16),
            (StartPage::Features, 0),
        ];
        for (page, value) in pages {
            self.push(Payload::Start(Start { page: page as u8, value }));
        }
    }

    fn push(&mut self, payload: Payload) {
        let seq = self.frames.len() as u8;
        self.frames.push(encode_frame(seq, &Record::new(self.tick, 0, payload)));
        self.tick += 1;
    }

    pub fn heartbeat(&mut self) {
        self.push(Payload::Heartbeat(Heartbeat { tick: self.tick, levels: self.levels, flags: 1 }));
    }

    /// Heartbeats up to `tick`.
    pub fn run_to(&mut self, tick: u64) -> &mut Self {
        let period = 1 << PERIOD_LOG2;
        while (self.tick / period + 1) * period < tick {
            self.tick = (self.tick / period + 1) * period;
            self.heartbeat();
        }
        self
    }

    /// `line` crosses to `level` at `tick`.
    pub fn edge(&mut self, tick: u64, line: Line, level: bool) -> &mut Self {
        self.run_to(tick);
        let record_tick = (tick + u64::from(AGE)).max(self.tick);
        self.tick = record_tick;
        self.levels = self.levels.with(line, level);
        let changed = LineSet::EMPTY.with(line, true);
        self.push(Payload::Edge(Edge { levels: self.levels, changed, age: (record_tick - tick) as u16 }));
        self
    }

    /// All three comparators fall or rise, `apart` ticks from one to the next; the highest one exactly at `tick`.
    pub fn rail(&mut self, tick: u64, good: bool, apart: u64) -> &mut Self {
        if good {
            self.edge(tick - 2 * apart, Line::Rail2, true);
            self.edge(tick - apart, Line::Rail1, true);
            self.edge(tick, Line::Rail0, true)
        } else {
            self.edge(tick, Line::Rail0, false);
            self.edge(tick + apart, Line::Rail1, false);
            self.edge(tick + 2 * apart, Line::Rail2, false)
        }
    }

    pub fn timeline(&mut self, end: u64) -> Timeline {
        self.run_to(end);
        self.tick = self.tick.max(end);
        self.heartbeat();
        timeline(&self.frames)
    }
}

pub fn timeline(frames: &[[u8; 19]]) -> Timeline {
    let mut builder = Builder::new();
    for frame in frames {
        builder.bytes(0, frame);
    }
    builder.into_timeline()
}
