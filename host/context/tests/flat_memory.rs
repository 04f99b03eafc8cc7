//! A rail that chatters as fast as the link can tell: the axis and its analyses, made again and again, do not fill the memory.
//!
//! In a file of its own, so that no other test is in the process whose memory is looked at.

use ichiscope_capture::{DeviceFacts, Facts, Item};
use ichiscope_context::{Context, SoFar};
use ichiscope_replay::{Intake, settings_of};
use ichiscope_verdict::Memo;
use ichiscope_wire::{
    Board, Configuration, Edge, Features, Heartbeat, Identity, Line, LineSet, Payload, Record, StartBlock,
    encode_frame,
};

/// Eight minutes of a line that is full of edges: 240 MB of them.
const EDGES: u64 = 30_000_000;
const WARM: u64 = 5_000_000;
/// One that finds everything anew would look at all of it 120 times.
const PER_ANALYSIS: u64 = 250_000;
/// What the axis may keep of its newest edges, and others of theirs, bytes.
const MOST_GROWTH: u64 = 16 << 20;

/// What this process has in memory, bytes: of its own, and of mapped files. Only Linux shows it.
fn memory() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let bytes = |name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    };
    bytes("RssAnon:").zip(bytes("RssFile:"))
}

/// A board's frames, handed over as a USB read delivers them.
struct Stream {
    intake: Intake,
    bytes: Vec<u8>,
    seq: u8,
}

impl Stream {
    fn push(&mut self, tick: u64, payload: Payload) {
        self.bytes.extend(encode_frame(self.seq, &Record::new(tick, 0, payload)));
        self.seq = self.seq.wrapping_add(1);
        if self.bytes.len() > 16 << 10 {
            let bytes = std::mem::take(&mut self.bytes);
            self.intake.item(&Item::Bytes { host_ns: tick * 1000 / 36, bytes });
        }
    }

    fn start(&mut self, levels: LineSet) {
        let identity = Identity {
            protocol: 2,
            board_code: Board::IceBreaker as u8,
            tick_hz: 36_000_000,
            bitstream_id: 1,
            baud: 12_000_000,
            wired: LineSet::ALL,
            fifo_depth: 256,
            heartbeat_log2: 21,
            deglitch_bits: 10,
            features: Features::from_bits(0),
        };
        let block = StartBlock { is_first: true, identity, configuration: Configuration::default(), levels };
        for page in block.pages() {
            self.push(u64::from(page.page), Payload::Start(page));
        }
        self.push(100, Payload::Heartbeat(Heartbeat { tick: 100, levels, flags: 1 }));
    }
}

#[test]
fn neither_the_axis_nor_its_analyses_fill_the_memory() {
    if memory().is_none() {
        eprintln!("skipped: this system does not show what a process has in memory");
        return;
    }
    let facts = Facts::new("test", 0, DeviceFacts::default());
    let settings = settings_of(&facts).unwrap();
    let (context, mut memo) = (Context::default(), Memo::default());
    let mut stream = Stream { intake: Intake::new(settings.clock_ppb, None), bytes: Vec::new(), seq: 0 };
    let mut levels = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    stream.start(levels);
    let mut warm = None;
    for edge in 1..=EDGES {
        levels = levels.with(Line::Rail0, edge % 2 == 0);
        let changed = LineSet::EMPTY.with(Line::Rail0, true);
        stream.push(edge * 580, Payload::Edge(Edge { levels, changed, age: 12 }));
        if edge.is_multiple_of(PER_ANALYSIS) {
            let (timeline, utc) = (stream.intake.timeline(), stream.intake.utc());
            let notes = timeline.notes();
            let so_far = SoFar { facts: &facts, settings: &settings, timeline, utc: &utc, notes };
            context.analyse_so_far(so_far, &mut memo).unwrap();
        }
        if edge == WARM {
            warm = memory();
        }
    }
    let timeline = stream.intake.timeline();
    assert!(timeline.track(Line::Rail0).entries().len() as u64 > EDGES - 1000 && timeline.gaps().is_empty());
    let ((own, of_files), (own_at_last, of_files_at_last)) = (warm.unwrap(), memory().unwrap());
    let grown = |before: u64, after: u64| after.saturating_sub(before);
    assert!(grown(own, own_at_last) < MOST_GROWTH, "of its own: from {own} to {own_at_last} bytes");
    assert!(
        grown(of_files, of_files_at_last) < MOST_GROWTH,
        "of mapped files: from {of_files} to {of_files_at_last} bytes"
    );
}
