//! How fast captures are written and read, at what share of a core, with what file size and memory: against the crate
//! `mcap` and against plain writes. Run with `cargo bench -p ichiscope-capture`; without `--bench` it only shows that it runs.
//! `ICHISCOPE_BENCH_FOLDER` puts the files elsewhere: in a folder in memory the figures are those without the disk and its syncs.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use ichiscope_capture::{DeviceFacts, Facts, Read, Reader, Writer};
use ichiscope_wire::{Counter, Edge, Heartbeat, LineSet, Payload, Record, encode_frame};

const START_NS: u64 = 1_790_000_000_000_000_000;
const FLUSH_NS: u64 = 200_000_000;
const TICK_HZ: u64 = 36_000_000;
const MB: f64 = 1e6;

fn main() {
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let scale = if measuring { 1 } else { 50 };
    let place = std::env::var_os("ICHISCOPE_BENCH_FOLDER").unwrap_or(env!("CARGO_TARGET_TMPDIR").into());
    let folder = tempfile::tempdir_in(place).unwrap();

    println!("memory and time of many small chunks (345 600 are a day)");
    // First of all, and ours before the other: memory that was freed would hide growth.
    for kind in [Kind::Ours, Kind::McapZstd] {
        many_chunks(kind, folder.path(), 345_600 / scale as usize);
    }

    println!("file size, bytes per device byte (one chunk per 200 ms)");
    let quiet = quiet_stream(3600 / scale);
    let busy = busy_stream(20_000_000 / scale as usize, 2_400, 2_000_000);
    for (name, stream) in [("quiet, one hour", &quiet), ("12 Mbaud full of edges", &busy)] {
        let device_bytes: usize = stream.iter().map(|(_, bytes)| bytes.len()).sum();
        print!("  {name:24}");
        for kind in Kind::ALL {
            let run = write_stream(kind, folder.path(), stream, None);
            print!("  {} {:.2}", kind.name(), run.file_bytes as f64 / device_bytes as f64);
        }
        println!();
    }

    println!("writing as fast as it goes, 16 KiB at a time, synced every second");
    let fast = busy_stream(400_000_000 / scale as usize, 16 << 10, 16_384 * 1_000 / 40);
    let mut raw_rate = 0.0;
    for kind in Kind::ALL {
        let run = write_stream(kind, folder.path(), &fast, None);
        if kind == Kind::Raw {
            raw_rate = run.rate();
        }
        println!(
            "  {:12} {:7.0} MB/s  {:.2} of plain writes, {:.2} s of CPU",
            kind.name(),
            run.rate(),
            run.rate() / raw_rate,
            run.cpu.as_secs_f64()
        );
    }

    println!("writing paced at 40 MB/s: share of one core");
    for kind in Kind::ALL {
        let run = write_stream(kind, folder.path(), &fast[..fast.len() / 2], Some(Instant::now()));
        let share = 100.0 * run.cpu.as_secs_f64() / run.wall.as_secs_f64();
        println!("  {:12} {:5.1} MB/s  {share:5.1} %", kind.name(), run.rate());
    }

    println!("reading, every check included");
    for (name, stream) in [("16 KiB items", &fast), ("quiet, one hour", &quiet)] {
        write_stream(Kind::Ours, folder.path(), stream, None);
        let (seconds, bytes) = read_file(&folder.path().join("ours.mcap"));
        println!("  {name:24} {:7.0} MB/s of device bytes, {seconds:.3} s", bytes as f64 / seconds / MB);
    }
}

/// Reads with their host times.
type Stream = Vec<(u64, Vec<u8>)>;

/// What a board sends while nothing happens: a heartbeat and its counters every 2^21 ticks, which arrive together.
fn quiet_stream(seconds: u64) -> Stream {
    let mut seq = 0;
    (0..(seconds * TICK_HZ) >> 21)
        .map(|beat| {
            let tick = beat << 21;
            let heartbeat = Heartbeat { tick, levels: LineSet::from_bits(0b111), flags: 1 };
            let counters = [0, 7, beat as u32 * 4]
                .into_iter()
                .zip(0..)
                .map(|(value, id)| Payload::Counter(Counter { id, value }));
            let bytes = std::iter::once(Payload::Heartbeat(heartbeat))
                .chain(counters)
                .zip(0..)
                .flat_map(|(payload, late)| {
                    seq += 1;
                    encode_frame(seq as u8, &Record::new(tick + late, 0, payload))
                })
                .collect();
            (START_NS + tick * 1_000_000_000 / TICK_HZ, bytes)
        })
        .collect()
}

/// Edges without a pause: `total` bytes in reads of `read` bytes, `step_ns` apart.
fn busy_stream(total: usize, read: usize, step_ns: u64) -> Stream {
    let (mut tick, mut seq, mut levels, mut noise) = (0u64, 0u8, 0u16, 1u64);
    let mut pending = Vec::new();
    (0..(total / read) as u64)
        .map(|n| {
            while pending.len() < read {
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                let changed = 1 << (noise % 3);
                levels ^= changed;
                tick += 300 + noise % 500;
                seq = seq.wrapping_add(1);
                let edge = Edge {
                    levels: LineSet::from_bits(levels),
                    changed: LineSet::from_bits(changed),
                    age: 3600,
                };
                pending.extend(encode_frame(seq, &Record::new(tick, 0, Payload::Edge(edge))));
            }
            let rest = pending.split_off(read);
            (START_NS + n * step_ns, std::mem::replace(&mut pending, rest))
        })
        .collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Raw,
    McapNone,
    McapZstd,
    Ours,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Raw, Kind::McapNone, Kind::McapZstd, Kind::Ours];

    fn name(self) -> &'static str {
        match self {
            Kind::Raw => "plain",
            Kind::McapNone => "mcap",
            Kind::McapZstd => "mcap zstd-1",
            Kind::Ours => "ours",
        }
    }
}

/// A file that is being written in one of the ways.
enum Sink {
    Raw(File),
    Mcap { writer: Box<mcap::Writer<File>>, header: mcap::records::MessageHeader, file: File },
    Ours(Box<Writer>),
}

impl Sink {
    fn create(kind: Kind, path: &Path) -> Sink {
        let _ = fs::remove_file(path);
        let compression = (kind == Kind::McapZstd).then_some(mcap::Compression::Zstd);
        match kind {
            Kind::Raw => Sink::Raw(File::create(path).unwrap()),
            Kind::McapNone | Kind::McapZstd => {
                let file = File::create(path).unwrap();
                let sync = file.try_clone().unwrap();
                // The whole chunk at once, as a live capture needs it; one thread, as ours.
                let options = mcap::WriteOptions::new().compression(compression).disable_seeking(true);
                let options = options.compression_level(1).compression_threads(0);
                let mut writer = options.create(file).unwrap();
                let channel_id = writer.add_channel(0, "device", "", &Default::default()).unwrap();
                let header =
                    mcap::records::MessageHeader { channel_id, sequence: 0, log_time: 0, publish_time: 0 };
                Sink::Mcap { writer: Box::new(writer), header, file: sync }
            }
            Kind::Ours => {
                let facts = Facts::new("bench", START_NS, DeviceFacts::default());
                Sink::Ours(Box::new(Writer::create(path, &facts).unwrap()))
            }
        }
    }

    fn bytes(&mut self, host_ns: u64, bytes: &[u8]) {
        match self {
            Sink::Raw(file) => file.write_all(bytes).unwrap(),
            Sink::Mcap { writer, header, .. } => {
                (header.log_time, header.publish_time) = (host_ns, host_ns);
                writer.write_to_known_channel(header, bytes).unwrap();
                header.sequence += 1;
            }
            Sink::Ours(writer) => writer.bytes(host_ns, bytes).unwrap(),
        }
    }

    fn flush(&mut self) {
        match self {
            Sink::Raw(_) => {}
            Sink::Mcap { writer, .. } => writer.flush().unwrap(),
            Sink::Ours(writer) => writer.flush().unwrap(),
        }
    }

    /// Ours syncs by itself.
    fn sync(&mut self) {
        match self {
            Sink::Raw(file) | Sink::Mcap { file, .. } => file.sync_data().unwrap(),
            Sink::Ours(_) => {}
        }
    }

    fn finish(mut self) {
        if let Sink::Mcap { writer, .. } = &mut self {
            writer.finish().unwrap();
        }
        self.sync();
        if let Sink::Ours(writer) = self {
            writer.finish().unwrap();
        }
    }
}

struct Run {
    wall: Duration,
    cpu: Duration,
    device_bytes: u64,
    file_bytes: u64,
}

impl Run {
    fn rate(&self) -> f64 {
        self.device_bytes as f64 / self.wall.as_secs_f64() / MB
    }
}

/// Writes a stream; with `paced` each read waits for its host time.
fn write_stream(kind: Kind, folder: &Path, stream: &[(u64, Vec<u8>)], paced: Option<Instant>) -> Run {
    let path = folder.join(if kind == Kind::Ours { "ours.mcap" } else { "other" });
    let (start, cpu_start) = (Instant::now(), cpu_time());
    let mut sink = Sink::create(kind, &path);
    let (mut flushed_ns, mut synced, mut device_bytes) = (START_NS, start, 0);
    for (host_ns, bytes) in stream {
        if let Some(begin) = paced {
            let due = begin + Duration::from_nanos(host_ns - START_NS);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        if host_ns - flushed_ns >= FLUSH_NS {
            sink.flush();
            flushed_ns = *host_ns;
        }
        sink.bytes(*host_ns, bytes);
        device_bytes += bytes.len() as u64;
        if synced.elapsed() >= Duration::from_secs(1) {
            sink.sync();
            synced = Instant::now();
        }
    }
    sink.finish();
    let file_bytes = fs::metadata(&path).unwrap().len();
    Run { wall: start.elapsed(), cpu: cpu_time() - cpu_start, device_bytes, file_bytes }
}

fn read_file(path: &Path) -> (f64, u64) {
    let start = Instant::now();
    let mut device_bytes = 0;
    for read in Reader::open(path).unwrap().items() {
        match read {
            Read::Item(ichiscope_capture::Item::Bytes { bytes, .. }) => device_bytes += bytes.len() as u64,
            other => unreachable!("{other:?}"),
        }
    }
    (start.elapsed().as_secs_f64(), device_bytes)
}

fn many_chunks(kind: Kind, folder: &Path, chunks: usize) {
    let path = folder.join("many.mcap");
    let before = resident_bytes();
    let mut sink = Sink::create(kind, &path);
    let mut host_ns = START_NS;
    for _ in 0..chunks {
        host_ns += 250_000_000;
        sink.bytes(host_ns, &[0x55; 228]);
        sink.flush();
    }
    let grown = resident_bytes().saturating_sub(before);
    let start = Instant::now();
    sink.finish();
    println!(
        "  {:12} {chunks} chunks: memory grew by {:.1} MB, finishing took {:.2} s",
        kind.name(),
        grown as f64 / MB,
        start.elapsed().as_secs_f64()
    );
}

/// CPU time of this process, all threads, in steps of 10 ms.
fn cpu_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // The name in parentheses may hold spaces; user and system time are fields 14 and 15.
    let after_name = stat.rsplit(')').next().unwrap();
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

fn resident_bytes() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
}
