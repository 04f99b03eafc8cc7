//! Recordings of the twin, and what a computer that slept leaves in a file.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ichiscope_capture::{DeviceFacts, Writer};
use ichiscope_context::{CLOCK_FACT, Context};
use ichiscope_link::twin::{Config, Script};
use ichiscope_link::{LinkError, LinkEvent, LinkInfo, Received, Transport};
use ichiscope_session::{Facts, Pace, Paths, Session, Source, State};
use ichiscope_timeline::{Gap, GapCause, Timeline};
use ichiscope_verdict::PhaseSource;
use ichiscope_wire::{Edge, Line, LineSet, Payload, Record, encode_frame};

const CERTIFICATE: &str = include_str!("../../context/tests/certificate.toml");

fn facts() -> Facts {
    Facts::new("test", 0, DeviceFacts::default())
}

/// A second of the twin with rail0 falling in the middle.
fn second() -> Script {
    let on = LineSet::EMPTY.with(Line::Rail0, true);
    let config = Config::twin();
    let half = u64::from(config.tick_hz / 2);
    Script { changes: vec![(half, LineSet::EMPTY)], ..Script::quiet(config, on, 2 * half) }
}

#[test]
fn a_source_that_ends_closes_the_file_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::Twin { script: second(), pace: Pace::AsRead };
    let session = Session::record(source, &folder.path().join("a.mcap"), facts()).unwrap();
    let begun = Instant::now();
    while session.is_running() {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody asked for more, and it does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    let shared = session.read();
    assert_eq!(shared.state, State::Ready);
    assert_eq!(shared.timeline().gaps(), []);
    assert!(shared.latency.batches() > 0 && shared.latency.percentile_ns(50).is_some());
}

/// A link that gives one frame at a time as fast as it is asked, and counts.
struct Hasty {
    frames: Vec<[u8; 19]>,
    given: Arc<AtomicUsize>,
}

impl Transport for Hasty {
    fn poll(
        &mut self,
        bytes: &mut Vec<u8>,
        _: &mut Vec<LinkEvent>,
        _: Duration,
    ) -> Result<Received, LinkError> {
        let next = self.frames.get(self.given.fetch_add(1, Ordering::Relaxed));
        bytes.extend(next.into_iter().flatten());
        Ok(next.map_or(Received::End, |frame| Received::Bytes(frame.len())))
    }

    fn send(&mut self, _: &[u8]) -> Result<(), LinkError> {
        Ok(())
    }

    fn set_flow_control(&mut self, _: bool) -> Result<(), LinkError> {
        Ok(())
    }

    fn info(&self) -> LinkInfo {
        LinkInfo { serial: "B1".into(), description: String::new(), baud: 3_000_000, simulated: true }
    }
}

/// Whoever looks at the axis, and does not let go, stops the decoder. The recording goes on, and at its end nothing is missing.
#[test]
fn a_stalled_view_costs_the_recording_nothing() {
    const EDGES: u64 = 16_000;
    let folder = tempfile::tempdir().unwrap();
    let mut frames = board();
    let beats = frames.len() as u64;
    let edge = |n: u64| {
        let levels = LineSet::EMPTY.with(Line::Rail0, n % 2 == 1);
        let edge = Edge { levels, changed: LineSet::EMPTY.with(Line::Rail0, true), age: 0 };
        encode_frame((beats + n) as u8, &Record::new((40 << 16) + 1 + n, 0, Payload::Edge(edge)))
    };
    frames.extend((0..EDGES).map(edge));
    let given = Arc::new(AtomicUsize::new(0));
    let (count, all) = (Arc::clone(&given), frames.len());
    let open = move || {
        Ok(Box::new(Hasty { frames: frames.clone(), given: Arc::clone(&count) }) as Box<dyn Transport>)
    };
    let planned = LinkInfo { serial: "B1".into(), description: String::new(), baud: 0, simulated: true };
    let source = Source::Other { planned, open: Arc::new(open) };
    let session = Session::record(source, &folder.path().join("a.mcap"), facts()).unwrap();
    {
        let _view = session.read();
        let begun = Instant::now();
        // By then the writer has passed on more than the decoder's queue holds.
        while given.load(Ordering::Relaxed) < all {
            assert!(begun.elapsed() < Duration::from_secs(20), "the recording waits for the view");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let shared = session.wait().unwrap();
    let shared = shared.read().unwrap();
    assert_eq!((shared.timeline().gaps(), shared.timeline().stats().frames), (&[][..], all as u64));
    let crossings = shared.timeline().track(Line::Rail0).entries().iter().filter(|e| e.is_crossing());
    assert_eq!(crossings.count() as u64, EDGES);
}

/// Heartbeats and an edge, as a board sends them: 2^16 ticks apart at 1 MHz.
fn board() -> Vec<[u8; 19]> {
    let on = LineSet::EMPTY.with(Line::Rail0, true);
    let values = [1 | 1 << 8 | 8 << 16, 1_000_000, 7, 3_000_000, 0x0FFF << 12 | 1, 2, 256 | 16 << 16, 0];
    let start = values.into_iter().enumerate().map(|(page, value)| {
        (page as u64 + 1, Payload::Start(ichiscope_wire::Start { page: page as u8, value }))
    });
    let beats = (1..=40_u64).map(|beat| beat << 16);
    let beats = beats
        .map(|tick| (tick, Payload::Heartbeat(ichiscope_wire::Heartbeat { tick, levels: on, flags: 1 })));
    let records = start.chain(beats).enumerate();
    records.map(|(i, (tick, payload))| encode_frame(i as u8, &Record::new(tick, 0, payload))).collect()
}

/// Records `pieces`, between which the computer sleeps for an hour, and gives the axis of the file.
fn recorded(path: &Path, pieces: &[&[[u8; 19]]]) -> Timeline {
    const HOUR_NS: u64 = 3_600_000_000_000;
    let mut writer = Writer::create(path, &facts()).unwrap();
    for (hour, piece) in pieces.iter().enumerate() {
        writer.bytes(hour as u64 * HOUR_NS, piece.as_flattened()).unwrap();
    }
    writer.finish().unwrap();
    let session = Session::open(path).unwrap();
    let shared = session.wait().unwrap();
    let shared = shared.read().unwrap();
    assert_eq!(shared.state, State::Ready);
    shared.timeline().clone()
}

#[test]
fn a_jump_of_the_computers_clock_alone_is_no_gap() {
    let folder = tempfile::tempdir().unwrap();
    let frames = board();
    let timeline = recorded(&folder.path().join("a.mcap"), &[&frames[..20], &frames[20..]]);
    assert_eq!(timeline.gaps(), []);
    assert_eq!(timeline.span(), Some((5, 40 << 16)), "the host's hour moves no tick");
}

/// The board went on for six heartbeats that nobody fetched.
#[test]
fn what_was_lost_while_the_computer_slept_is_a_gap_by_sequence() {
    let folder = tempfile::tempdir().unwrap();
    let frames = board();
    let timeline = recorded(&folder.path().join("a.mcap"), &[&frames[..20], &frames[26..]]);
    let gap = Gap { start_tick: 12 << 16, end_tick: 19 << 16, cause: GapCause::Sequence, lost: 6 };
    assert_eq!(timeline.gaps(), [gap]);
}

/// The screen and the evidence say the same, also where the capture carries the certificate of its clock.
#[test]
fn the_live_analysis_equals_that_of_the_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut facts = facts();
    facts.extra.insert(CLOCK_FACT.to_owned(), CERTIFICATE.to_owned());
    facts.bench.firmware_to = Some("2.1.0".to_owned());
    let mut script = second();
    let on = script.levels;
    script.changes.push((script.end * 3 / 4, on));
    let source = Source::Twin { script, pace: Pace::AsRead };
    let shared = Session::record(source, &path, facts).unwrap().wait().unwrap();
    let live = shared.read().unwrap().analysis().clone();
    let evidence = Context::default().analyse(&mut ichiscope_session::load(&path, |_| ()).unwrap()).unwrap();
    assert_eq!(*live, evidence);
    assert!(live.settings.clock.is_some() && !live.outages.is_empty());
}

/// What lies beside a capture reaches the screen as it reaches the evidence; what does not belong to it changes nothing.
#[test]
fn files_beside_a_capture_are_used_as_the_evidence_uses_them() {
    let folder = tempfile::tempdir().unwrap();
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../captures");
    // An index is kept beside a capture that was opened.
    let path = folder.path().join("v1-console.mcap");
    std::fs::copy(captures.join("v1-console.mcap"), &path).unwrap();
    let paths = Paths { profile: Some(captures.join("scripted-meter.toml")), ..Paths::default() };
    let session = Session::open(&path).unwrap();
    let plain = session.wait().unwrap().read().unwrap().analysis().clone();
    let session = Session::open(&path).unwrap();
    session.set_context(Context::read(&paths).unwrap()).unwrap();
    let shared = session.wait().unwrap();
    let seen = shared.read().unwrap().analysis().clone();
    let mut recording = ichiscope_session::load(&path, |_| ()).unwrap();
    assert_eq!(*seen, Context::read(&paths).unwrap().analyse(&mut recording).unwrap());
    assert!(seen.phases.iter().any(|p| p.source == PhaseSource::Console) && *seen != *plain);
}

#[test]
fn a_certificate_of_another_board_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.toml");
    std::fs::write(&path, CERTIFICATE.replace("\"twin\"", "\"another board\"")).unwrap();
    let capture = folder.path().join("v1-clean-pass.mcap");
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../captures/v1-clean-pass.mcap");
    std::fs::copy(committed, &capture).unwrap();
    let session = Session::open(&capture).unwrap();
    let paths = Paths { calibration: Some(path), ..Paths::default() };
    let error = session.set_context(Context::read(&paths).unwrap()).unwrap_err().to_string();
    assert!(error.contains("another board"), "{error}");
    let shared = session.wait().unwrap();
    let shared = shared.read().unwrap();
    assert!(
        shared.context().files().is_empty()
            && shared.notices.is_empty()
            && shared.analysis().settings.clock.is_none()
    );
}
