//! Loading: a recording in several files is one axis, the index beside it is right or is made again, UTC survives a stepped clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use ichiscope_capture::{ChainWriter, DeviceFacts, Facts, Options, Rotation, Writer};
use ichiscope_replay::{Recording, glance, index_path, load, open_index};
use ichiscope_timeline::{Entry, GapCause};
use ichiscope_verdict::Verdict;
use ichiscope_wire::{Edge, Heartbeat, Line, LineSet, Payload, Record, Start, encode_frame};

const START_NS: u64 = 1_790_000_000_000_000_000;
const HZ: u64 = 36_000_000;
/// Ticks between two heartbeats.
const BEAT: u64 = 1 << 21;
/// An outage on rail0 from here, for so long.
const OUTAGE: (u64, u64) = (BEAT * 100 + 12_345, BEAT * 40 + 777);
const BEATS: u64 = 200;
/// From the board to the host.
const DELAY_NS: u64 = 3_000_000;

fn ns_of(tick: u64) -> u64 {
    START_NS + (u128::from(tick) * 1_000_000_000 / u128::from(HZ)) as u64
}

/// Frames with the ticks at which they are sent.
fn frames() -> Vec<(u64, Vec<u8>)> {
    let mut records: Vec<(u64, Payload)> = Vec::new();
    let level = |tick: u64| LineSet::from_bits(u16::from(!(OUTAGE.0..OUTAGE.0 + OUTAGE.1).contains(&tick)));
    for beat in 1..BEATS {
        let tick = beat * BEAT;
        records.push((tick, Payload::Heartbeat(Heartbeat { tick, levels: level(tick), flags: 1 })));
        if beat % 16 == 1 {
            let lines = u32::from(level(tick).bits()) | 1 << 12;
            let pages = [1 | 1 << 8 | 8 << 16, HZ as u32, 7, 3_000_000, lines, 9, 64 | 21 << 16, 0];
            let pages = (0..)
                .zip(pages)
                .map(|(page, value)| (tick + 1 + u64::from(page), Payload::Start(Start { page, value })));
            records.extend(pages);
        }
    }
    for tick in [OUTAGE.0, OUTAGE.0 + OUTAGE.1] {
        let edge = Edge { levels: level(tick), changed: LineSet::from_bits(1), age: 9 };
        records.push((tick + 9, Payload::Edge(edge)));
    }
    records.sort_by_key(|(tick, _)| *tick);
    let frame = |(seq, (tick, payload)): (usize, (u64, Payload))| {
        (tick, encode_frame(seq as u8, &Record::new(tick, 0, payload)).to_vec())
    };
    records.into_iter().enumerate().map(frame).collect()
}

fn facts() -> Facts {
    Facts::new("test", START_NS, DeviceFacts::default())
}

/// In pieces that respect no frame.
fn pieces() -> Vec<(u64, Vec<u8>)> {
    let mut pieces: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut rest = Vec::new();
    for (tick, frame) in frames() {
        rest.extend(frame);
        let keep = (tick % 11) as usize;
        let piece = rest.drain(..rest.len() - keep).collect();
        pieces.push((ns_of(tick) + DELAY_NS, piece));
    }
    pieces.push((ns_of(BEATS * BEAT) + DELAY_NS, rest));
    pieces
}

fn one_file(folder: &Path) -> PathBuf {
    let path = folder.join("a.mcap");
    let mut writer = Writer::create(&path, &facts()).unwrap();
    pieces().iter().for_each(|(ns, bytes)| writer.bytes(*ns, bytes).unwrap());
    writer.finish().unwrap();
    path
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let path = folder.join("b.mcap");
    let rotation = Rotation { bytes: None, time: Some(Duration::from_secs(3)) };
    let mut writer = ChainWriter::create(&path, &facts(), rotation, Options::default()).unwrap();
    pieces().iter().for_each(|(ns, bytes)| writer.bytes(*ns, bytes).unwrap());
    let count = writer.finish().unwrap().files;
    let rest = (2..=count).map(|n| folder.join(format!("b.{n:04}.mcap")));
    std::iter::once(path).chain(rest).collect()
}

fn crossings(recording: &Recording) -> Vec<Entry> {
    let entries = recording.timeline.track(Line::Rail0).entries();
    entries.iter().copied().filter(|entry| entry.is_crossing()).collect()
}

const BOTH: [Entry; 2] = [Entry::crossing(OUTAGE.0, false), Entry::crossing(OUTAGE.0 + OUTAGE.1, true)];

#[test]
fn several_files_are_one_axis() {
    let folder = tempfile::tempdir().unwrap();
    let one = load(&one_file(folder.path()), |_| ()).unwrap();
    let paths = files(folder.path());
    assert_eq!(paths.len(), 4, "11.6 s in files of 3 s");
    let chain = load(&paths[2], |_| ()).unwrap();
    for recording in [&one, &chain] {
        assert_eq!(crossings(recording), BOTH);
        assert_eq!((recording.timeline.gaps(), &recording.damage[..]), (&[][..], &[][..]));
        assert!(recording.finished);
    }
    assert_eq!(one.timeline.stats(), chain.timeline.stats());
    assert_eq!(chain.files, paths);
}

#[test]
fn a_missing_file_is_a_gap_and_a_missing_last_one_too() {
    let folder = tempfile::tempdir().unwrap();
    let paths = files(folder.path());
    std::fs::remove_file(&paths[1]).unwrap();
    let recording = load(&paths[0], |_| ()).unwrap();
    assert!(recording.damage.iter().any(|d| d.loses_items && d.what.contains("file 2")));
    let [gap] = recording.timeline.gaps() else { panic!("{:?}", recording.timeline.gaps()) };
    assert_eq!(gap.cause, GapCause::File);
    // 3 s to 6 s of the axis, a heartbeat more at each side.
    let (from, to) = (ns_of(gap.start_tick) - START_NS, ns_of(gap.end_tick) - START_NS);
    assert!((2_900_000_000..3_100_000_000).contains(&from), "{from}");
    assert!((6_000_000_000..6_250_000_000).contains(&to), "{to}");

    std::fs::remove_file(&paths[3]).unwrap();
    let recording = load(&paths[0], |_| ()).unwrap();
    assert!(recording.damage.iter().any(|d| d.what.contains("b.0004.mcap, is missing")));
    let last = recording.timeline.gaps().last().unwrap();
    assert_eq!((last.cause, last.end_tick), (GapCause::File, recording.timeline.span().unwrap().1));
}

/// An outage may lie in it.
#[test]
fn a_missing_first_file_is_a_gap_at_the_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let paths = files(folder.path());
    std::fs::remove_file(&paths[0]).unwrap();
    let recording = load(&paths[3], |_| ()).unwrap();
    assert_eq!(recording.files, paths[1..]);
    let [gap] = recording.timeline.gaps() else { panic!("{:?}", recording.timeline.gaps()) };
    let first = recording.timeline.span().unwrap().0;
    assert_eq!((gap.cause, gap.start_tick), (GapCause::File, first));
    assert!(recording.analyse().verdict != ichiscope_verdict::Verdict::Pass);
}

#[test]
fn the_index_is_kept_and_made_again_when_it_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = one_file(folder.path());
    let capture = std::fs::read(&path).unwrap();
    let mut loads = 0;
    let made = open_index(&path, |_| loads += 1).unwrap();
    assert!(loads > 0 && index_path(&path).exists());
    let kept = open_index(&path, |_| panic!("read again")).unwrap();
    assert_eq!(made, kept);
    assert!(std::fs::read(&path).unwrap() == capture, "the capture was changed");

    // Every byte of the index matters.
    let good = std::fs::read(index_path(&path)).unwrap();
    for at in [0, 10, 20, 40, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(index_path(&path), &bad).unwrap();
        let mut loads = 0;
        assert_eq!(open_index(&path, |_| loads += 1).unwrap(), made, "byte {at}");
        assert!(loads > 0, "byte {at}");
    }
    // Another capture of this name.
    let mut longer = Writer::create(folder.path().join("new.mcap"), &facts()).unwrap();
    pieces().iter().take(50).for_each(|(ns, bytes)| longer.bytes(*ns, bytes).unwrap());
    longer.finish().unwrap();
    std::fs::rename(folder.path().join("new.mcap"), &path).unwrap();
    assert_ne!(open_index(&path, |_| ()).unwrap().overview, made.overview);
}

/// A copy that was broken off may lack an outage behind its end: that is a loss, wherever the cut is.
#[test]
fn a_recording_that_was_not_finished_is_never_a_pass() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(one_file(folder.path())).unwrap();
    let path = folder.path().join("cut.mcap");
    let check = |path: &Path| {
        let recording = load(path, |_| ()).unwrap();
        let last = recording.timeline.span().unwrap().1;
        let gap = recording.timeline.gaps().last().unwrap();
        assert_eq!((gap.cause, gap.start_tick, gap.end_tick), (GapCause::File, last, last));
        assert!(recording.damage.iter().any(|d| d.loses_items && d.what.contains("not finished")));
        assert!(!recording.finished && recording.analyse().verdict >= Verdict::Inconclusive);
    };
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    check(&path);
    // Between two chunks.
    let path = folder.path().join("dropped.mcap");
    let mut writer = Writer::create(&path, &facts()).unwrap();
    pieces().iter().take(300).for_each(|(ns, bytes)| writer.bytes(*ns, bytes).unwrap());
    writer.flush().unwrap();
    drop(writer);
    check(&path);
}

#[test]
fn an_unfinished_recording_gets_no_index_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = one_file(folder.path());
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(!open_index(&path, |_| ()).unwrap().finished);
    assert!(!index_path(&path).exists());
}

#[test]
fn the_overview_shows_what_the_axis_has() {
    let folder = tempfile::tempdir().unwrap();
    let overview = open_index(&one_file(folder.path()), |_| ()).unwrap().overview.unwrap();
    let rail = overview.line(Line::Rail0).collect::<Vec<_>>();
    assert!(rail.len() <= ichiscope_replay::MAX_BUCKETS && rail.len() > 4000);
    let end = OUTAGE.0 + OUTAGE.1;
    for (n, bucket) in (0..).zip(&rail) {
        let from = overview.start_tick() + n * overview.bucket_ticks();
        let to = from + overview.bucket_ticks();
        let has = |tick: u64| (from..to).contains(&tick);
        let is_low = from >= OUTAGE.0 && to <= end;
        let is_high = to <= OUTAGE.0 || from >= end;
        let expected = if is_low {
            (Some(false), Some(false))
        } else if is_high {
            (Some(true), Some(true))
        } else {
            (Some(false), Some(true))
        };
        assert_eq!((bucket.min(), bucket.max()), expected, "bucket {n}");
        assert_eq!(bucket.has_crossing(), has(OUTAGE.0) || has(end), "bucket {n}");
    }
    assert!(overview.gaps().all(|gap| !gap) && overview.gaps().count() == rail.len());
    assert_eq!(rail.iter().filter(|bucket| bucket.has_crossing()).count(), 2);
}

/// Made of chunks here and there, of one file or of several, it has the outage where it is.
#[test]
fn an_impression_without_an_index_shows_the_outage() {
    let folder = tempfile::tempdir().unwrap();
    let one = vec![one_file(folder.path())];
    for files in [one, files(folder.path())] {
        let look = glance(&files, 50_000).unwrap();
        let overview = look.overview.unwrap();
        assert!(look.is_sampled && look.tick_hz == Some(HZ));
        let rail: Vec<_> = overview.line(Line::Rail0).collect();
        let at = |tick: u64| rail[((tick - overview.start_tick()) / overview.bucket_ticks()) as usize];
        let end = OUTAGE.0 + OUTAGE.1;
        assert_eq!(at(OUTAGE.0 + OUTAGE.1 / 2).max(), Some(false));
        assert_eq!((at(OUTAGE.0 - 10 * BEAT).min(), at(end + 10 * BEAT).min()), (Some(true), Some(true)));
        let utc = look.utc.utc_of_tick(OUTAGE.0).unwrap();
        assert!(utc.ns.abs_diff(ns_of(OUTAGE.0)) <= utc.uncertainty_ns);
        let whole = open_index(&files[0], |_| ()).unwrap().overview.unwrap();
        assert!(whole.start_tick().abs_diff(overview.start_tick()) < 4 * BEAT);
    }
}

/// After a restart ticks go back: pieces alone do not tell where they belong.
#[test]
fn ticks_that_go_back_give_no_impression() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.mcap");
    let mut writer = Writer::create(&path, &facts()).unwrap();
    for round in 0..2u64 {
        for (ns, bytes) in pieces() {
            writer.bytes(ns + round * 3_600_000_000_000, &bytes).unwrap();
        }
    }
    writer.finish().unwrap();
    assert_eq!(glance(&[path], 50_000), None);
}

#[test]
fn ticks_and_utc() {
    let folder = tempfile::tempdir().unwrap();
    let recording = load(&one_file(folder.path()), |_| ()).unwrap();
    let utc = recording.utc_of_tick(OUTAGE.0).unwrap();
    assert!(utc.ns.abs_diff(ns_of(OUTAGE.0)) <= utc.uncertainty_ns);
    assert!(utc.uncertainty_ns < 10_000_000, "{utc:?}");
    let back = recording.tick_of_utc(ns_of(OUTAGE.0)).unwrap();
    assert!(back.tick.abs_diff(OUTAGE.0) <= back.uncertainty_ticks);
}
