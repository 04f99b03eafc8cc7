//! How long a capture takes to open, to seek in, to load, to recover. `cargo bench -p ichiscope-replay`, after `--` a size in MB of
//! device bytes for another one, and the name of a shape for only that; without `--bench` it only shows that it runs.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use ichiscope_capture::{DeviceFacts, Facts, Read, Reader, Writer, recover};
use ichiscope_replay::{glance, load, open_index};
use ichiscope_wire::{Counter, Edge, Heartbeat, LineSet, Payload, Record, Start, encode_frame};

const START_NS: u64 = 1_790_000_000_000_000_000;
const TICK_HZ: u64 = 36_000_000;
const MB: f64 = 1e6;
/// Above this a whole recording on its axis, 8 bytes an edge, is more than what a computer should be asked for by a benchmark.
const MOST_LOADED_MB: u64 = 5000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let measuring = arguments.iter().any(|argument| argument == "--bench");
    let size = arguments.iter().find_map(|argument| argument.parse::<u64>().ok());
    let device_mb = size.unwrap_or(if measuring { 1000 } else { 5 });
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let shapes = [("full of edges", 5000), ("an edge for each ms", 60), ("quiet board", 0)];
    let only = |name: &str| arguments.iter().any(|argument| argument == name);
    let is_named = shapes.iter().any(|(name, _)| only(name));
    for (name, edges) in shapes.into_iter().filter(|(name, _)| !is_named || only(name)) {
        let path = folder.path().join("a.mcap");
        let device_bytes = write(&path, device_mb * 1_000_000, edges);
        measure(name, &path, device_bytes);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        std::fs::create_dir(path.parent().unwrap()).unwrap();
    }
}

fn measure(name: &str, path: &Path, device_bytes: u64) {
    let file_bytes = std::fs::metadata(path).unwrap().len();
    println!(
        "{name}: {:.0} MB of device bytes, file of {:.0} MB",
        device_bytes as f64 / MB,
        file_bytes as f64 / MB
    );
    let row = |name: &str, cost: Cost, remark: &str| {
        println!(
            "  {name:<23} {:8.3} s, CPU {:7.2} s   {:.0} MB/s of device bytes, {:.0} by CPU time{remark}",
            cost.seconds,
            cost.cpu,
            device_bytes as f64 / cost.seconds / MB,
            device_bytes as f64 / cost.cpu.max(CPU_STEP) / MB
        );
    };

    let (cost, look) = timed(|| glance(&[path.to_owned()], 50_000));
    println!("  impression, no index    {:8.3} s", cost.seconds);
    assert!(look.is_some());
    let (cost, span) = timed(|| {
        let mut reader = Reader::open(path).unwrap();
        reader.items().for_each(drop);
        reader.facts().created_utc_ns
    });
    row("read with every check", cost, "");
    let end_ns = if device_bytes <= MOST_LOADED_MB * 1_000_000 {
        measure_in_memory(path, row)
    } else {
        println!(
            "  not measured at this size, for they need gigabytes of memory: crate mcap, load, overview"
        );
        last_ns(path)
    };
    let mut seeks: Vec<f64> =
        (0..51).map(|n| timed(|| seek(path, span + (end_ns - span) / 51 * n)).0.seconds).collect();
    seeks.sort_by(f64::total_cmp);
    println!("  open, seek, first item  {:8.4} s   median of 51 places; worst {:.4} s", seeks[25], seeks[50]);
    let out = path.with_file_name("recovered.mcap");
    let (cost, _) = timed(|| recover(path, &out, |_, _| ()).unwrap());
    row("recover and read back", cost, "");
    std::fs::remove_file(&out).unwrap();
    match recover_with_mcap(path, &out) {
        Some(cost) => row("mcap recover", cost, ", not read back"),
        None => println!(
            "  mcap recover            not measured: there is no program mcap (https://mcap.dev) on the search path"
        ),
    }
}

/// What needs memory for all of it. Gives the host time of its end.
fn measure_in_memory(path: &Path, row: impl Fn(&str, Cost, &str)) -> u64 {
    let (cost, messages) = timed(|| read_with_crate(path));
    row("crate mcap, whole file", cost, &format!(", {messages} messages"));
    let is_short = messages < 2_000_000;
    match is_short.then(|| read_with_python(path)) {
        Some(Some((cost, python))) => {
            row("Python's mcap", cost, "");
            assert_eq!(messages, python);
        }
        Some(None) => {
            println!("  Python's mcap           not measured: cargo test -p ichiscope-capture installs it")
        }
        None => println!("  Python's mcap           not measured: so many messages take it minutes"),
    }
    let (cost, recording) = timed(|| load(path, |_| ()).unwrap());
    row("load onto the axis", cost, "");
    assert!(!recording.timeline.has_loss() && recording.finished);
    let (_, end) = recording.timeline.span().unwrap();
    let end_ns = recording.utc_of_tick(end).unwrap().ns;
    drop(recording);
    let (cost, _) = timed(|| open_index(path, |_| ()).unwrap());
    row("overview, first time", cost, "");
    let (cost, _) = timed(|| open_index(path, |_| ()).unwrap());
    println!("  overview, from then on  {:8.4} s", cost.seconds);
    end_ns
}

/// The host time of the last item.
fn last_ns(path: &Path) -> u64 {
    let mut reader = Reader::open(path).unwrap();
    reader.seek(u64::MAX);
    let last = reader
        .items()
        .filter_map(|read| if let Read::Item(item) = read { Some(item.host_ns()) } else { None });
    last.last().unwrap()
}

/// What a program that knows MCAP and nothing of this project would do: the whole file in memory, every CRC checked.
fn read_with_crate(path: &Path) -> u64 {
    let file = std::fs::read(path).unwrap();
    mcap::MessageStream::new(&file).unwrap().inspect(|message| assert!(message.is_ok())).count() as u64
}

/// Python's package, if the tests of the capture crate have installed it in the target folder; its start is not counted.
fn read_with_python(path: &Path) -> Option<(Cost, u64)> {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-mcap-1.6.0/bin/python");
    let script = "import sys, time; from mcap.reader import NonSeekingReader; \
        start = time.time(); cpu = time.process_time(); count = sum(1 for _ in NonSeekingReader(open(sys.argv[1], 'rb'), validate_crcs=True) \
        .iter_messages(log_time_order=False)); \
        print(time.time() - start, time.process_time() - cpu, count)";
    let out = Command::new(python).args(["-c", script]).arg(path).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let [seconds, cpu, count] = text.split_whitespace().collect::<Vec<_>>()[..] else { return None };
    Some((Cost { seconds: seconds.parse().ok()?, cpu: cpu.parse().ok()? }, count.parse().ok()?))
}

/// The container's own tool, started as a user starts it. Its 0 and 3 say that it wrote the file, 3 that something was lost. Its chunks are
/// longer, so of a quiet board its file is less than half as long.
fn recover_with_mcap(path: &Path, out: &Path) -> Option<Cost> {
    let (cost, run) =
        timed(|| Command::new("mcap").arg("recover").arg(path).arg("--output").arg(out).output());
    let run = run.ok()?;
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(0), "mcap recover of a whole capture: {said}");
    assert!(out.metadata().unwrap().len() > path.metadata().unwrap().len() / 4, "{said}");
    Some(cost)
}

fn seek(path: &Path, host_ns: u64) {
    let mut reader = Reader::open(path).unwrap();
    reader.seek(host_ns);
    assert!(reader.items().next().is_some());
}

/// What something took.
#[derive(Clone, Copy)]
struct Cost {
    /// By the clock.
    seconds: f64,
    /// Of this process and of what it started; 0 where the system does not tell.
    cpu: f64,
}

/// Linux counts CPU time in steps of this many seconds.
const CPU_STEP: f64 = 0.01;

fn timed<T>(run: impl FnOnce() -> T) -> (Cost, T) {
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let result = run();
    (Cost { seconds: start.elapsed().as_secs_f64(), cpu: cpu_seconds() - cpu }, result)
}

/// User and system time, of this process and of those that it waited for.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold spaces; the times are the fields 14 to 17.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(4);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() * CPU_STEP
}

/// A capture of `total` device bytes: heartbeats with their counters, `edges` edges between two of them, START pages.
fn write(path: &Path, total: u64, edges: u64) -> u64 {
    let facts = Facts::new("bench", START_NS, DeviceFacts::default());
    let mut writer = Writer::create(path, &facts).unwrap();
    let mut board = Board::default();
    let mut written = 0;
    for beat in 1.. {
        let bytes = board.beat(beat, edges);
        let host_ns = START_NS + (u128::from(beat << 21) * 1_000_000_000 / u128::from(TICK_HZ)) as u64;
        for run in bytes.chunks(16 << 10) {
            writer.bytes(host_ns, run).unwrap();
        }
        written += bytes.len() as u64;
        if written >= total {
            break;
        }
    }
    writer.finish().unwrap();
    written
}

#[derive(Default)]
struct Board {
    seq: u8,
    index: u32,
    levels: u16,
}

impl Board {
    fn beat(&mut self, beat: u64, edges: u64) -> Vec<u8> {
        let tick = beat << 21;
        let mut out = Vec::new();
        let heartbeat = Heartbeat { tick, levels: LineSet::from_bits(self.levels), flags: 1 };
        self.record(&mut out, tick, Payload::Heartbeat(heartbeat));
        for (id, late) in [0, 1, 2].into_iter().zip(1..) {
            let value = if id == 2 { self.index } else { 0 };
            self.record(&mut out, tick + late, Payload::Counter(Counter { id, value }));
        }
        if beat % 16 == 1 {
            let levels = u32::from(self.levels);
            let pages = [
                1 | 1 << 8 | 8 << 16,
                TICK_HZ as u32,
                7,
                12_000_000,
                levels | 0xFFF << 12,
                9,
                4096 | 21 << 16,
                0,
            ];
            for (page, value) in (0..).zip(pages) {
                self.record(&mut out, tick + 10 + u64::from(page), Payload::Start(Start { page, value }));
            }
        }
        for n in 0..edges {
            let changed = 1 << (n % 3);
            self.levels ^= changed;
            let edge = Edge {
                levels: LineSet::from_bits(self.levels),
                changed: LineSet::from_bits(changed),
                age: 9,
            };
            self.record(&mut out, tick + 100 + n * 400, Payload::Edge(edge));
        }
        out
    }

    fn record(&mut self, out: &mut Vec<u8>, tick: u64, payload: Payload) {
        out.extend(encode_frame(self.seq, &Record::new(tick, 0, payload)));
        self.seq = self.seq.wrapping_add(1);
        self.index = self.index.wrapping_add(1);
    }
}
