//! A bench by hand: a board with rails, console and ADC that says what a script does, and loses what it is told to lose.
#![allow(dead_code, reason = "each test binary uses its part")]

use ichiscope_capture::{DeviceFacts, Facts};
use ichiscope_replay::{Recording, UtcMap, settings_of};
use ichiscope_timeline::{Builder, Configuration, Identity};
use ichiscope_wire::{
    Console, Counter, Edge, Envelope, Features, Heartbeat, Line, LineSet, Payload, Record, SamplePoint,
    StartBlock, encode_frame,
};

/// Ticks per second.
pub const S: u64 = 1_000_000;
pub const TICKS_PER_SAMPLE: u64 = 4;
pub const ENVELOPE_LOG2: u8 = 16;
/// Ticks of a window of the envelope: 262 ms.
pub const WINDOW: u64 = TICKS_PER_SAMPLE << ENVELOPE_LOG2;
/// A byte of the console at 9600 baud.
pub const BYTE: u64 = 1042;

/// What happens at a tick.
#[derive(Clone)]
pub enum Happens {
    Rail(Line, bool),
    Text(&'static str),
}

/// A bench: what the lines and the console do, and the voltage as (tick, mV) between which it runs straight.
#[derive(Clone)]
pub struct Bench {
    pub script: Vec<(u64, Happens)>,
    pub volts: Vec<(u64, f64)>,
    pub end: u64,
}

/// Bytes of the console and windows of the envelope that the gateware lost, by their number.
#[derive(Clone, Copy, Default, Debug)]
pub struct Lost {
    pub bytes: (usize, usize),
    pub windows: (usize, usize),
}

pub fn good() -> LineSet {
    Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true))
}

impl Bench {
    /// The meter cuts the supply at 20 s for `outage_s`; the rail decays within 1 s and comes back within 10 ms. Its console tells the
    /// hub's boot, which lasts `boot_s`.
    pub fn upgrade(outage_s: u64, boot_s: u64) -> Bench {
        let (start, end) = (20 * S, (20 + outage_s) * S);
        let mut script =
            vec![(15 * S, Happens::Text("activate 01020304\n")), (18 * S, Happens::Text("rebooting\n"))];
        // 12 V a second: 10.2 V after 150 ms.
        for (line, mv) in [(Line::Rail0, 10_200), (Line::Rail1, 9_000), (Line::Rail2, 2_000)] {
            script.push((start + (12_000 - mv) * S / 12_000, Happens::Rail(line, false)));
        }
        for (line, mv) in [(Line::Rail2, 2_600), (Line::Rail1, 9_600), (Line::Rail0, 10_800)] {
            script.push((end + mv * S / 100 / 12_000, Happens::Rail(line, true)));
        }
        script.push((end + S, Happens::Text("application running\nhub: power on\n")));
        script.push((end + S + boot_s * S, Happens::Text("hub: ready\nfw 01020304\n")));
        let volts =
            vec![(0, 12_000.0), (start, 12_000.0), (start + S, 0.0), (end, 0.0), (end + S / 100, 12_000.0)];
        Bench { script, volts, end: end + (boot_s + 20) * S }
    }

    fn mv(&self, tick: u64) -> f64 {
        let after = self.volts.partition_point(|p| p.0 <= tick);
        let (a, b) = (self.volts[after - 1], self.volts.get(after).copied());
        b.map_or(a.1, |b| a.1 + (b.1 - a.1) * (tick - a.0) as f64 / (b.0 - a.0) as f64)
    }

    /// Least, greatest and mean of a window, by its ends and the corners within.
    fn envelope(&self, start: u64) -> Envelope {
        let corners = self.volts.iter().map(|p| p.0).filter(|t| (start..start + WINDOW).contains(t));
        let all: Vec<f64> = corners.chain([start, start + WINDOW - 1]).map(|t| self.mv(t)).collect();
        let code = |mv: f64| (mv / 4.0).round() as u16;
        let (least, greatest) = all.iter().fold((f64::MAX, f64::MIN), |(l, g), v| (l.min(*v), g.max(*v)));
        Envelope { least: code(least), greatest: code(greatest), mean: code((least + greatest) / 2.0) }
    }

    pub fn recording(&self, lost: Lost) -> Recording {
        let mut facts = Facts::new("test", 0, DeviceFacts::default());
        facts.bench.firmware_to = Some("01020304".to_owned());
        let mut builder = Builder::new();
        builder.bytes(0, &self.frames(lost));
        Recording {
            settings: settings_of(&facts).unwrap(),
            facts,
            timeline: builder.into_timeline(),
            utc: UtcMap::default(),
            damage: Vec::new(),
            finished: true,
            files: Vec::new(),
        }
    }

    /// The stream of a gateware that lost those: they were never admitted, and are counted.
    fn frames(&self, lost: Lost) -> Vec<u8> {
        // What is to be said, by tick: edges, console bytes (with their number), envelopes (with theirs), heartbeats.
        enum Said {
            Edge(Line, bool),
            Byte(usize, u8),
            Window(usize, Envelope),
            Beat,
        }
        let mut said: Vec<(u64, Said)> = Vec::new();
        let mut number = 0;
        for (tick, happens) in &self.script {
            match happens {
                Happens::Rail(line, level) => said.push((*tick, Said::Edge(*line, *level))),
                Happens::Text(text) => {
                    for (i, byte) in text.bytes().enumerate() {
                        said.push((tick + i as u64 * BYTE, Said::Byte(number, byte)));
                        number += 1;
                    }
                }
            }
        }
        for n in 0..self.end / WINDOW - 1 {
            // Put on offer when the next window's first sample begins.
            said.push(((n + 1) * WINDOW + 100, Said::Window(n as usize, self.envelope(n * WINDOW))));
        }
        said.extend((0..=self.end / (1 << 20)).map(|n| (100 + n * (1 << 20), Said::Beat)));
        said.sort_by_key(|s| s.0);

        let mut board = Board { bytes: Vec::new(), seq: 0, tick: 0 };
        let mut levels = good();
        board.start(levels);
        let (mut console_lost, mut adc_lost, mut lost_before) = (0, 0, false);
        let is_in = |n: usize, range: (usize, usize)| (range.0..range.1).contains(&n);
        for (tick, what) in said {
            match what {
                Said::Edge(line, level) => {
                    levels = levels.with(line, level);
                    let (changed, age) = (LineSet::EMPTY.with(line, true), board.age(tick) as u16);
                    board.push(Payload::Edge(Edge { levels, changed, age }));
                }
                Said::Byte(n, _) if is_in(n, lost.bytes) => {
                    console_lost += 1;
                    lost_before = true;
                }
                Said::Byte(_, byte) => {
                    let age = board.age(tick) as u32;
                    board.push(Payload::Console(Console { byte, flags: u8::from(lost_before) << 1, age }));
                    lost_before = false;
                }
                Said::Window(n, _) if is_in(n, lost.windows) => adc_lost += 1,
                Said::Window(_, envelope) => {
                    board.age(tick);
                    board.push(Payload::Envelope(envelope));
                }
                Said::Beat => board.beat(tick, levels, console_lost, adc_lost),
            }
        }
        board.beat(self.end, levels, console_lost, adc_lost);
        board.bytes
    }
}

struct Board {
    bytes: Vec<u8>,
    seq: u8,
    tick: u64,
}

impl Board {
    /// Moves on to the tick of what comes next, or a few later; how many.
    fn age(&mut self, tick: u64) -> u64 {
        self.tick = self.tick.max(tick);
        self.tick + 1 - tick
    }

    fn push(&mut self, payload: Payload) {
        self.tick += 1;
        self.bytes.extend(encode_frame(self.seq, &Record::new(self.tick, 0, payload)));
        self.seq = self.seq.wrapping_add(1);
    }

    fn start(&mut self, levels: LineSet) {
        let identity = Identity {
            protocol: 2,
            board_code: 1,
            tick_hz: S,
            bitstream_id: 7,
            baud: 3_000_000,
            wired: LineSet::ALL,
            fifo_depth: 256,
            heartbeat_log2: 20,
            deglitch_bits: 10,
            features: Features::from_bits(0x7F),
        };
        let configuration = Configuration {
            deglitch_ticks: 2,
            console_clocks_per_bit: 104,
            ticks_per_sample: TICKS_PER_SAMPLE as u8,
            envelope_log2: ENVELOPE_LOG2,
            ..Configuration::default()
        };
        for page in (StartBlock { is_first: true, identity, configuration, levels }).pages() {
            self.push(Payload::Start(page));
        }
    }

    fn beat(&mut self, tick: u64, levels: LineSet, console_lost: u32, adc_lost: u32) {
        self.tick = self.tick.max(tick);
        self.push(Payload::Heartbeat(Heartbeat { tick: self.tick + 1, levels, flags: 1 }));
        let tick = self.tick + 1;
        let point = SamplePoint::new(tick / TICKS_PER_SAMPLE, (tick % TICKS_PER_SAMPLE) as u8);
        for (id, value) in [(3, point.value()), (4, console_lost), (5, adc_lost)] {
            self.push(Payload::Counter(Counter { id, value }));
        }
    }
}
