//! Captures written for the tests, frame by frame, and the app in a window that only exists in memory.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot write its input has failed")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui_kittest::{Harness, kittest::Queryable};
use ichiscope_capture::{DeviceFacts, Facts, Writer};
use ichiscope_scope::ScopeApp;
use ichiscope_wire::{
    Board, Edge, Heartbeat, Line, LineSet, Payload, Record, Start, StartPage, encode_frame,
};

/// Ticks per second of these captures.
pub const HZ: u64 = 1_000_000;
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

    /// Five minutes in which frames are lost.
    pub fn lossy() -> Bench {
        Bench::with(false, |tape| {
            tape.outage(100 * HZ, 120 * HZ).run_to(200 * HZ).lose(3).run_to(300 * HZ);
        })
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
    let app = ScopeApp::new(capture);
    let mut harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .build_ui_state(|ui, app: &mut ScopeApp| app.show(ui), app);
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
