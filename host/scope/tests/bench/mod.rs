//! Captures written for the tests, frame by frame, and the app in a window that only exists in memory.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot write its input has failed")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui_kittest::{Harness, kittest::Queryable};
use ichiscope_capture::{DeviceFacts, Facts, Writer};
use ichiscope_scope::ScopeApp;
use ichiscope_wire::{
    Board, Configuration, Console, Counter, CounterId, Edge, Envelope, Features, Heartbeat, Identity, Line,
    LineSet, Payload, Record, SamplePoint, Start, StartBlock, StartPage, Window, encode_frame,
};

/// Ticks per second of these captures.
pub const HZ: u64 = 1_000_000;
const SAMPLE_TICKS: u64 = 20;
const ENVELOPE_LOG2: u8 = 8;
/// UTC of tick 0: 2023-11-14 22:13:20.
const START_UTC_NS: u64 = 1_700_000_000_000_000_000;
const HEARTBEAT_LOG2: u32 = 20;

/// Frames in the making.
pub struct Tape {
    /// Each with its tick.
    frames: Vec<(u64, [u8; 19])>,
    levels: LineSet,
    tick: u64,
    seq: u8,
}

impl Tape {
    /// A board that starts at tick 0 with the rail good, hub and meter present.
    pub fn new(board: Board) -> Tape {
        let levels = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
        let mut tape = Tape { frames: Vec::new(), levels, tick: 0, seq: 0 };
        let pages = [
            (StartPage::Protocol, 1 | (board as u32) << 8 | 8 << 16),
            (StartPage::TickHz, HZ as u32),
            (StartPage::Bitstream, 0xABCD_1234),
            (StartPage::Baud, 3_000_000),
            (StartPage::Lines, u32::from(levels.bits()) | 0x3FF << 12),
            (StartPage::Deglitch, 100),
            (StartPage::Capacity, 256 | HEARTBEAT_LOG2 << 16),
            (StartPage::Features, 0),
        ];
        for (page, value) in pages {
            tape.push(Payload::Start(Start { page: page as u8, value }));
        }
        tape.heartbeat();
        tape
    }

    /// A board of version 2 with an ADC (a sample each 20 us, 256 to a window of the envelope) and a console.
    pub fn with_senses(board: Board) -> Tape {
        let levels = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
        let mut tape = Tape { frames: Vec::new(), levels, tick: 0, seq: 0 };
        let identity = Identity {
            protocol: 2,
            board_code: board as u8,
            tick_hz: HZ,
            bitstream_id: 0xABCD_1234,
            baud: 3_000_000,
            wired: LineSet::from_bits(0x3FF),
            fifo_depth: 256,
            heartbeat_log2: HEARTBEAT_LOG2 as u8,
            deglitch_bits: 10,
            features: Features::from_bits(0x7F),
        };
        let configuration = Configuration {
            deglitch_ticks: 100,
            console_clocks_per_bit: 100,
            ticks_per_sample: SAMPLE_TICKS as u8,
            envelope_log2: ENVELOPE_LOG2,
            ring_log2: 10,
            window_before: 100,
            window_after: 100,
            ..Configuration::default()
        };
        for page in (StartBlock { is_first: true, identity, configuration, levels }).pages() {
            tape.push(Payload::Start(page));
        }
        tape.heartbeat();
        tape.sample_point();
        tape
    }

    /// Ties sample 0 to tick 0.
    fn sample_point(&mut self) {
        let index = (self.tick / SAMPLE_TICKS) as u32 & ((1 << 26) - 1);
        let point = SamplePoint { index, ticks_since: (self.tick % SAMPLE_TICKS) as u8 };
        self.push(Payload::Counter(Counter { id: CounterId::Sample as u8, value: point.value() }));
    }

    /// The envelope up to `tick`, each window from `least` to `greatest`.
    pub fn envelope_to(&mut self, tick: u64, least: u16, greatest: u16) -> &mut Tape {
        let window = SAMPLE_TICKS << ENVELOPE_LOG2;
        loop {
            // A record tells of the window before the one that it lies in.
            let next = (self.tick / window + 1) * window;
            if next > tick {
                return self;
            }
            self.run_to(next + 1);
            self.push(Payload::Envelope(Envelope { least, greatest, mean: least.midpoint(greatest) }));
        }
    }

    /// Samples at full rate up to about now.
    pub fn window(&mut self, samples: &[u16]) -> &mut Tape {
        let now = self.tick / SAMPLE_TICKS;
        let first = (now - samples.len() as u64) as u32 & ((1 << 26) - 1);
        self.push(Payload::Window(Window { page: 0, value: first }));
        self.push(Payload::Window(Window { page: 1, value: samples.len() as u32 }));
        for three in samples.chunks(3) {
            let at = |i: usize| three.get(i).copied().unwrap_or(0);
            self.push(Payload::Samples([at(0), at(1), at(2)]));
        }
        self
    }

    /// A line of the console from `tick` on, a byte each millisecond.
    pub fn line(&mut self, tick: u64, text: &str) -> &mut Tape {
        for (i, byte) in text.bytes().chain(*b"\r\n").enumerate() {
            self.run_to(tick + i as u64 * HZ / 1000);
            self.push(Payload::Console(Console { byte, flags: 0, age: 0 }));
        }
        self
    }

    fn push(&mut self, payload: Payload) {
        self.frames.push((self.tick, encode_frame(self.seq, &Record::new(self.tick, 0, payload))));
        self.seq = self.seq.wrapping_add(1);
        self.tick += 1;
    }

    fn heartbeat(&mut self) {
        self.push(Payload::Heartbeat(Heartbeat { tick: self.tick, levels: self.levels, flags: 1 }));
    }

    /// Heartbeats up to `tick`.
    pub fn run_to(&mut self, tick: u64) -> &mut Tape {
        while let next = (self.tick >> HEARTBEAT_LOG2).wrapping_add(1) << HEARTBEAT_LOG2
            && next < tick
        {
            self.tick = next;
            self.heartbeat();
        }
        self.tick = self.tick.max(tick);
        self
    }

    /// Lines change to `level` at `tick`.
    pub fn edge(&mut self, tick: u64, lines: &[Line], level: bool) -> &mut Tape {
        self.run_to(tick);
        let changed = lines.iter().fold(LineSet::EMPTY, |set, line| set.with(*line, true));
        self.levels = lines.iter().fold(self.levels, |set, line| set.with(*line, level));
        let age = (self.tick - tick) as u16;
        self.push(Payload::Edge(Edge { levels: self.levels, changed, age }));
        self
    }

    /// The rail is off at all thresholds from `start` to `end`.
    pub fn outage(&mut self, start: u64, end: u64) -> &mut Tape {
        self.edge(start, &Line::RAILS, false).edge(end, &Line::RAILS, true)
    }

    /// The next `frames` frames are lost on the link.
    pub fn lose(&mut self, frames: u8) -> &mut Tape {
        self.seq = self.seq.wrapping_add(frames);
        self
    }

    /// Writes the capture.
    pub fn write(&mut self, path: &Path, simulated: bool) {
        self.heartbeat();
        let device =
            DeviceFacts { serial: "T1".into(), description: "test".into(), baud: 3_000_000, simulated };
        let mut writer = Writer::create(path, &Facts::new("scope test", START_UTC_NS, device)).unwrap();
        for chunk in self.frames.chunks(500) {
            let received_ns = START_UTC_NS + chunk[chunk.len() - 1].0 * (1_000_000_000 / HZ);
            let bytes: Vec<u8> = chunk.iter().flat_map(|(_, frame)| *frame).collect();
            writer.bytes(received_ns, &bytes).unwrap();
        }
        writer.finish().unwrap();
    }
}

/// A folder that goes away with the test, and a capture in it.
pub struct Bench {
    pub folder: tempfile::TempDir,
    pub capture: PathBuf,
}

impl Bench {
    /// Ten minutes with an outage of 92.5 s and one of 197.25 s, simulated.
    pub fn upgrade() -> Bench {
        Bench::with(true, |tape| {
            tape.edge(30 * HZ, &[Line::Mark0], true).edge(90 * HZ, &[Line::Mark0], false);
            tape.outage(100 * HZ, 192 * HZ + HZ / 2);
            tape.edge(193 * HZ, &[Line::Mark3], true).edge(233 * HZ, &[Line::Mark3], false);
            tape.outage(300 * HZ, 497 * HZ + HZ / 4).run_to(600 * HZ);
        })
    }

    /// Ten minutes with one outage of 92.5 s and the hub's boot after it, from a real board.
    pub fn good() -> Bench {
        Bench::with(false, |tape| {
            tape.outage(100 * HZ, 192 * HZ + HZ / 2);
            tape.edge(193 * HZ, &[Line::Mark3], true).edge(233 * HZ, &[Line::Mark3], false).run_to(600 * HZ);
        })
    }

    /// A minute with an outage of 20 s, the rail's voltage, and the meter's console.
    pub fn sensed() -> Bench {
        Bench::with_senses(|tape| {
            tape.envelope_to(10 * HZ, 2480, 2500).line(10 * HZ, "image ok, activating");
            tape.envelope_to(20 * HZ, 2480, 2500).edge(20 * HZ, &Line::RAILS, false);
            let falling: Vec<u16> = (0..100).map(|_| 2490).chain((0..100).map(|i| 2490 - i * 20)).collect();
            tape.run_to(20 * HZ + 2_000).window(&falling).envelope_to(40 * HZ, 0, 30);
            tape.edge(40 * HZ, &Line::RAILS, true).envelope_to(60 * HZ, 2480, 2500);
            tape.line(60 * HZ + 5_000, "boot 2.1.0");
        })
    }

    /// Five minutes in which frames are lost.
    pub fn lossy() -> Bench {
        Bench::with(false, |tape| {
            tape.outage(100 * HZ, 120 * HZ).run_to(200 * HZ).lose(3).run_to(300 * HZ);
        })
    }

    /// A board with an ADC and a console.
    pub fn with_senses(fill: impl FnOnce(&mut Tape)) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let capture = folder.path().join("run.mcap");
        let mut tape = Tape::with_senses(Board::IceBreaker);
        fill(&mut tape);
        tape.write(&capture, false);
        Bench { folder, capture }
    }

    pub fn with(simulated: bool, fill: impl FnOnce(&mut Tape)) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let capture = folder.path().join("run.mcap");
        let mut tape = Tape::new(if simulated { Board::Twin } else { Board::IceBreaker });
        fill(&mut tape);
        tape.write(&capture, simulated);
        Bench { folder, capture }
    }

    /// The app with this capture, read completely.
    pub fn app(&self) -> Harness<'static, ScopeApp> {
        let mut app = window(Some(&self.capture));
        until(&mut app, ScopeApp::is_settled);
        app
    }
}

/// The app in a window of 1280 x 800.
pub fn window(capture: Option<&Path>) -> Harness<'static, ScopeApp> {
    window_of([1280.0, 800.0], capture)
}

/// The app in a window of that size, points.
pub fn window_of(size: [f32; 2], capture: Option<&Path>) -> Harness<'static, ScopeApp> {
    let app = ScopeApp::new(capture);
    let mut harness =
        Harness::builder().with_size(size).build_ui_state(|ui, app: &mut ScopeApp| app.show(ui), app);
    harness.run_steps(2);
    harness
}

/// Steps until `condition` holds.
pub fn until(app: &mut Harness<'_, ScopeApp>, condition: impl Fn(&ScopeApp) -> bool) {
    let start = Instant::now();
    while !condition(app.state()) {
        let notice = &app.state().model().notice;
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "still waiting after a minute; notice: {notice:?}"
        );
        app.step();
    }
    app.run_steps(3);
}

/// Clicks what has exactly this label, and lets the app act on it.
pub fn click(app: &mut Harness<'_, ScopeApp>, label: &str) {
    app.get_by_label(label).click();
    app.run_steps(4);
}

/// Presses a key, and lets the app act on it.
pub fn press(app: &mut Harness<'_, ScopeApp>, key: egui::Key) {
    app.key_press(key);
    app.run_steps(4);
}

/// The texts that are painted, whether a widget says them or not, and what is seen of each.
pub fn painted(app: &Harness<'_, ScopeApp>) -> Vec<(String, egui::Rect)> {
    let text = |s: &egui::epaint::ClippedShape| match &s.shape {
        egui::Shape::Text(text) => {
            let seen = text.visual_bounding_rect().intersect(s.clip_rect);
            seen.is_positive().then(|| (text.galley.text().to_owned(), seen))
        }
        _ => None,
    };
    app.output().shapes.iter().filter_map(text).collect()
}
