//! Perfetto trace out: phases, outages and gaps as slices, lines as counters. Times are nanoseconds (the format's unit);
//! every event carries its exact tick as an annotation.
//!
//! The trace is protobuf, written by hand: it needs a dozen fields of `perfetto_trace.proto`, named beside their numbers.

use std::io::Write;

use ichiscope_timeline::Timeline;
use ichiscope_verdict::{Analysis, OutageKind};

use crate::ExchangeError;
use crate::moments::{Times, extent, gap_spans, units};

const NS: u64 = 1_000_000_000;
/// The one sequence of packets in the file.
const SEQUENCE: u64 = 1;

/// A protobuf message as it grows.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(mut self, field: u32, value: u64) -> Message {
        self.raw(u64::from(field) << 3);
        self.raw(value);
        self
    }

    fn bytes(mut self, field: u32, bytes: &[u8]) -> Message {
        self.raw(u64::from(field) << 3 | 2);
        self.raw(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn message(self, field: u32, message: &Message) -> Message {
        self.bytes(field, &message.0)
    }

    fn raw(&mut self, mut value: u64) {
        while value > 0x7F {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// What happens on a track. At one tick ends come before counts and beginnings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    End,
    Count(bool),
    Begin(String),
}

/// Writes the timeline and its analysis as a Perfetto trace.
///
/// # Errors
/// The tick rate is unknown, or the output refuses.
pub fn write_perfetto(
    timeline: &Timeline,
    analysis: &Analysis,
    mut out: impl Write,
) -> Result<Times, ExchangeError> {
    let (.., tick_hz) = extent(timeline)?;
    let mut tracks = Tracks::default();
    lines(&mut tracks, timeline);
    slices(&mut tracks, timeline, analysis);
    tracks.events.sort();
    for (i, (name, is_counter)) in tracks.names.iter().enumerate() {
        // TrackDescriptor: uuid 1, name 2, counter 8.
        let mut track = Message::default().varint(1, uuid(i)).bytes(2, name.as_bytes());
        if *is_counter {
            track = track.message(8, &Message::default());
        }
        // TracePacket: track_descriptor 60.
        packet(&mut out, Message::default().message(60, &track))?;
    }
    for (tick, what, track) in &tracks.events {
        let ns = u64::try_from(units(*tick, tick_hz, NS)).unwrap_or(u64::MAX);
        // TracePacket: timestamp 8, track_event 11.
        packet(&mut out, Message::default().varint(8, ns).message(11, &event(*tick, what, *track)))?;
    }
    out.flush()?;
    let is_exact = NS.is_multiple_of(tick_hz);
    Ok(if is_exact { Times::Exact } else { Times::Rounded("ns".to_owned()) })
}

/// TrackEvent: type 9 (begin 1, end 2, counter 4), track_uuid 11, name 23, counter_value 30, debug_annotations 4.
fn event(tick: u64, what: &What, track: usize) -> Message {
    let event = Message::default();
    let event = match what {
        What::Begin(name) => event.varint(9, 1).bytes(23, name.as_bytes()),
        What::End => event.varint(9, 2),
        What::Count(level) => event.varint(9, 4).varint(30, u64::from(*level)),
    };
    // DebugAnnotation: name 10, uint_value 3.
    let annotation = Message::default().bytes(10, b"tick").varint(3, tick);
    event.varint(11, uuid(track)).message(4, &annotation)
}

/// Trace: packet 1. TracePacket: trusted_packet_sequence_id 10.
fn packet(out: &mut impl Write, packet: Message) -> Result<(), ExchangeError> {
    let packet = packet.varint(10, SEQUENCE);
    out.write_all(&Message::default().message(1, &packet).0)?;
    Ok(())
}

const fn uuid(track: usize) -> u64 {
    track as u64 + 1
}

/// The tracks and everything on them.
#[derive(Default)]
struct Tracks {
    /// Name, and whether it counts.
    names: Vec<(String, bool)>,
    /// Tick, what, track.
    events: Vec<(u64, What, usize)>,
}

impl Tracks {
    fn track(&mut self, name: &str, is_counter: bool) -> usize {
        let found = self.names.iter().position(|(n, _)| n == name);
        found.unwrap_or_else(|| {
            self.names.push((name.to_owned(), is_counter));
            self.names.len() - 1
        })
    }

    /// A slice is at least a tick long, so that its end does not come before its beginning.
    fn slice(&mut self, track: &str, name: String, start: u64, end: u64) {
        let track = self.track(track, false);
        self.events.push((start, What::Begin(name), track));
        self.events.push((end.max(start + 1), What::End, track));
    }
}

fn lines(tracks: &mut Tracks, timeline: &Timeline) {
    for line in timeline.wired().iter() {
        let track = tracks.track(line.name(), true);
        let entries = timeline.track(line).entries().iter();
        tracks.events.extend(entries.map(|e| (e.tick(), What::Count(e.level()), track)));
    }
}

/// A track for each kind and source of phase, and for each threshold: slices of one track must not overlap.
fn slices(tracks: &mut Tracks, timeline: &Timeline, analysis: &Analysis) {
    for p in &analysis.phases {
        let track = format!("phase {} ({})", p.kind.name(), p.source.name());
        tracks.slice(&track, p.kind.name().to_owned(), p.start_tick, p.end_tick);
    }
    for o in &analysis.outages {
        let (track, name) = match o.kind {
            OutageKind::Single => ("outage", "outage"),
            OutageKind::Merged { .. } => ("merged outages", "outages"),
        };
        let name = format!("{name}: {}", o.verdict);
        tracks.slice(&format!("{track} {}", o.threshold.line.name()), name, o.start_tick, o.end_tick);
    }
    for (start, end) in gap_spans(timeline) {
        tracks.slice("gap", "nothing is known".to_owned(), start, end);
    }
}
