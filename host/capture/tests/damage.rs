//! Damage at every place of a small file: no panic, no wrong item, every good chunk, and always a report.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write as _};
use std::path::PathBuf;

use common::{Whole, facts, groups, read_all, records, small_capture};
use ichiscope_capture::{CaptureError, Damage, End, Item, Reader};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Any damage, moved and repeated pieces included: only whole groups are delivered, in their order, each once.
    #[test]
    fn any_damage_is_survived(
        writes in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 1..60)), 0..4),
        copies in prop::collection::vec((any::<[prop::sample::Index; 2]>(), 1usize..900), 0..3),
    ) {
        let mut file = small_capture();
        for ([from, to], length) in copies {
            let from = from.index(file.len());
            let piece = file[from..file.len().min(from + length)].to_vec();
            let to = to.index(file.len());
            file.splice(to..to, piece);
        }
        for (at, bytes) in writes {
            let at = at.index(file.len());
            let end = file.len().min(at + bytes.len());
            file[at..end].copy_from_slice(&bytes[..end - at]);
        }
        let Ok(mut reader) = Reader::open(&Patient::new(&file).path) else { return Ok(()) };
        let mut items = &common::read_on(&mut reader).items[..];
        for group in groups() {
            items = items.strip_prefix(&group[..]).unwrap_or(items);
        }
        prop_assert_eq!(items, &[]);
    }
}

const CHUNK: u8 = 6;
const DATA_END: u8 = 15;

/// A file on disk that the tests change and read.
struct Patient {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Patient {
    fn new(content: &[u8]) -> Patient {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mcap");
        std::fs::write(&path, content).unwrap();
        Patient { _folder: folder, path }
    }
}

fn chunk_ranges(file: &[u8]) -> Vec<(usize, usize)> {
    records(file).into_iter().filter(|r| r.0 == CHUNK).map(|r| (r.1, r.2)).collect()
}

#[test]
fn the_small_capture_is_as_the_tests_think() {
    let file = small_capture();
    let ranges = chunk_ranges(&file);
    assert_eq!(ranges.len(), groups().len());
    let opcodes: Vec<u8> = records(&file).iter().map(|r| r.0).collect();
    assert_eq!(opcodes[..3], [1, 12, CHUNK]);
    assert!(opcodes.ends_with(&[2]) && opcodes.contains(&DATA_END));
}

#[test]
fn cut_at_every_byte() {
    let file = small_capture();
    let chunks = chunk_ranges(&file);
    let begin_end = records(&file)[1].2;
    let data_end_end = records(&file).iter().find(|r| r.0 == DATA_END).unwrap().2;
    let patient = Patient::new(&file);
    let handle = File::options().write(true).open(&patient.path).unwrap();
    for length in (0..file.len()).rev() {
        handle.set_len(length as u64).unwrap();
        if length < begin_end {
            let error = Reader::open(&patient.path).map(|_| ()).unwrap_err();
            assert!(matches!(error, CaptureError::NothingRecorded { .. }), "{length}: {error}");
            continue;
        }
        let Whole { items, damage, end } = read_all(&patient.path);
        let whole_chunks = chunks.iter().filter(|(_, end)| *end <= length).count();
        assert_eq!(items, groups()[..whole_chunks].concat(), "cut to {length}");
        if length < data_end_end {
            assert_eq!(damage, [], "cut to {length}");
            let End::Truncated { at, bytes, writing: false } = end else {
                panic!("cut to {length}: {end:?}")
            };
            assert_eq!(at + bytes, length as u64);
        } else {
            assert_eq!(end, End::Finished);
            assert!(matches!(damage[..], [(_, _, Damage::Frame { .. })]), "cut to {length}: {damage:?}");
        }
    }
}

/// The last megabyte of a larger file, cut at every byte in the full run, else at every 997th.
#[test]
fn cut_in_the_last_megabyte() {
    const COUNT: u64 = 80;
    let at = |n: u64| common::CREATED_NS + n * 1_000_000_000;
    let items: Vec<Item> =
        (0..COUNT).map(|n| common::bytes(at(n), &common::pattern::item(n, 20_000))).collect();
    let patient = Patient::new(&[]);
    std::fs::remove_file(&patient.path).unwrap();
    let mut writer = ichiscope_capture::Writer::create(&patient.path, &facts()).unwrap();
    items.iter().for_each(|item| common::write(&mut writer, item));
    writer.finish().unwrap();
    let file = std::fs::read(&patient.path).unwrap();
    let ends: Vec<usize> = chunk_ranges(&file).into_iter().map(|(_, end)| end).collect();
    let data_end_end = records(&file).iter().find(|r| r.0 == DATA_END).unwrap().2;
    assert_eq!(ends.len() as u64, COUNT);
    let handle = File::options().write(true).open(&patient.path).unwrap();
    let step = if common::is_full() { 1 } else { 997 };
    for length in (file.len() - (1 << 20)..file.len()).rev().step_by(step) {
        handle.set_len(length as u64).unwrap();
        let whole_chunks = ends.iter().filter(|end| **end <= length).count() as u64;
        let mut reader = Reader::open(&patient.path).unwrap();
        // What lies far before the cut is not affected; reading it a million times would take hours.
        reader.seek(at(whole_chunks - 3));
        let whole = common::read_on(&mut reader);
        let first = whole_chunks - whole.items.len() as u64;
        assert!(first <= whole_chunks - 3, "cut to {length}");
        assert!(whole.items == items[first as usize..whole_chunks as usize], "cut to {length}");
        assert_eq!(whole.end == End::Finished, length >= data_end_end, "cut to {length}");
        assert!(whole.damage.iter().all(|d| !d.2.loses_items()), "cut to {length}");
    }
}

#[test]
fn every_bit_flipped() {
    let file = small_capture();
    let chunks = chunk_ranges(&file);
    let patient = Patient::new(&file);
    let mut handle = File::options().write(true).open(&patient.path).unwrap();
    let mut put = |at: usize, byte: u8| {
        handle.seek(SeekFrom::Start(at as u64)).unwrap();
        handle.write_all(&[byte]).unwrap();
    };
    for at in 0..file.len() {
        for bit in 0..8 {
            put(at, file[at] ^ 1 << bit);
            let mut reader =
                Reader::open(&patient.path).unwrap_or_else(|e| panic!("byte {at} bit {bit}: {e}"));
            assert_eq!(reader.facts(), &facts(), "byte {at} bit {bit}");
            let whole = common::read_on(&mut reader);
            check_flip(&whole, &chunks, at, file.len(), &format!("byte {at} bit {bit}"));
        }
        put(at, file[at]);
    }
    assert_eq!(read_all(&patient.path).damage, []);
}

/// All groups but perhaps the one that was hit; and the damage is reported where it is, with the number of lost items.
fn check_flip(whole: &Whole, chunks: &[(usize, usize)], at: usize, len: usize, place: &str) {
    let hit = chunks.iter().position(|(start, end)| (*start..*end).contains(&at));
    let without: Vec<Item> =
        groups().into_iter().enumerate().filter(|(i, _)| Some(*i) != hit).flat_map(|(_, g)| g).collect();
    let lost = if whole.items == groups().concat() {
        0
    } else {
        assert_eq!(whole.items, without, "{place}");
        // The copy of the facts in the first chunk counts too.
        hit.map(|i| groups()[i].len() + usize::from(i == 0)).unwrap()
    };
    let at_its_place =
        whole.damage.iter().any(|(from, bytes, _)| (*from..from + bytes).contains(&(at as u64)));
    // Compressed content has some bits without meaning: only the checksum of the whole file sees them.
    let without_meaning = lost == 0 && hit.is_some_and(|i| at >= chunks[i].0 + 53);
    let by_checksum = without_meaning
        && matches!(whole.damage[..], [(_, 4, Damage::Frame { part }) ] if part.contains("checksum of all"));
    assert!(at_its_place || by_checksum, "{place} is not reported: {:?}", whole.damage);
    let reported = whole.damage.iter().try_fold(0, |sum, (_, _, what)| match what {
        Damage::Frame { .. } => Some(sum),
        Damage::Items { lost, .. } => Some(sum + (*lost)? as usize),
    });
    assert!(reported.is_none_or(|reported| reported == lost), "{place}: {:?}", whole.damage);
    assert!(lost == 0 || whole.damage.iter().any(|d| d.2.loses_items()), "{place}");
    if whole.end != End::Finished {
        assert!(whole.damage.iter().any(|d| d.2.loses_items()), "{place}");
    }
    assert!(whole.damage.iter().all(|(from, bytes, _)| from + bytes <= len as u64), "{place}");
}

#[test]
fn a_chunk_that_vanished_without_a_trace_is_noticed() {
    let mut file = small_capture();
    let chunks = chunk_ranges(&file);
    // With its index records, up to the next chunk.
    file.drain(chunks[1].0..chunks[2].0);
    let whole = read_all(&Patient::new(&file).path);
    assert_eq!(whole.items, [&groups()[0][..], &groups()[2], &groups()[3]].concat());
    assert_eq!(whole.damage[0].0, chunks[1].0 as u64);
    assert_eq!(whole.damage[0].2, Damage::Items { reason: "chunks are missing", lost: Some(2) });
}

#[test]
fn a_repeated_chunk_is_not_delivered_twice() {
    let file = small_capture();
    let chunks = chunk_ranges(&file);
    let mut twice = file[..chunks[1].0].to_vec();
    twice.extend(&file[chunks[0].0..]);
    let whole = read_all(&Patient::new(&twice).path);
    assert_eq!(whole.items, groups().concat());
    assert_eq!(whole.damage[0].0, chunks[1].0 as u64);
    assert_eq!(whole.damage[0].1, (chunks[1].0 - chunks[0].0) as u64);
}

/// After a power cut a file may hold blocks of an older one; here another capture's first chunk stands in place of the first.
#[test]
fn a_stale_block_of_an_older_capture_is_not_taken() {
    let file = small_capture();
    let chunks = chunk_ranges(&file);
    let folder = tempfile::tempdir().unwrap();
    let old_path = folder.path().join("old.mcap");
    let mut older = ichiscope_capture::Writer::create(&old_path, &facts()).unwrap();
    older.bytes(common::CREATED_NS - 1_000_000_000, b"old").unwrap();
    older.finish().unwrap();
    let old = std::fs::read(&old_path).unwrap();
    let (old_start, old_end) = chunk_ranges(&old)[0];

    let mut mixed = file[..chunks[0].0].to_vec();
    mixed.extend([0; 100]);
    mixed.extend(&old[old_start..old_end]);
    mixed.extend(&file[chunks[2].0..]);
    let whole = read_all(&Patient::new(&mixed).path);
    assert_eq!(whole.items, groups()[2..].concat());
    assert!(whole.damage[0].2.loses_items());
}

#[test]
fn a_lost_first_sector_costs_its_chunks_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = ichiscope_capture::Writer::create(&path, &facts()).unwrap();
    // The facts are repeated once a minute: three minutes of one item a second.
    let at = |n: u64| common::CREATED_NS + n * 1_000_000_000;
    for n in 0..180 {
        writer.bytes(at(n), &n.to_le_bytes()).unwrap();
    }
    writer.finish().unwrap();
    let mut file = std::fs::read(&path).unwrap();
    file[..4096].fill(0);
    std::fs::write(&path, &file).unwrap();

    let mut reader = Reader::open(&path).unwrap();
    assert_eq!(reader.facts(), &facts());
    let whole = common::read_on(&mut reader);
    let kept = whole.items.len() as u64;
    assert!(kept > 120, "{kept}");
    let expected: Vec<Item> = (180 - kept..180).map(|n| common::bytes(at(n), &n.to_le_bytes())).collect();
    assert_eq!(whole.items, expected);
    assert_eq!(whole.end, End::Finished);
}

#[test]
fn garbage_after_a_kill_is_reported_and_costs_nothing() {
    let file = small_capture();
    let data_end = records(&file).iter().find(|r| r.0 == DATA_END).unwrap().1;
    let mut cut = file[..data_end].to_vec();
    cut.extend([0; 10_000]);
    let whole = read_all(&Patient::new(&cut).path);
    assert_eq!(whole.items, groups().concat());
    assert!(
        matches!(whole.damage[..], [(at, 10_000, Damage::Items { lost: None, .. })] if at == data_end as u64)
    );
    assert!(matches!(whole.end, End::Truncated { .. }));
}

/// What a rescue of a disk may bring: a piece that begins with a chunk, without head and facts record.
#[test]
fn a_piece_that_begins_with_a_chunk_is_read() {
    let file = small_capture();
    for junk in [0, 1, 52, 53, 54, 5_000] {
        let piece = [&vec![0xEE; junk][..], &file[chunk_ranges(&file)[0].0..]].concat();
        let patient = Patient::new(&piece);
        let mut reader = Reader::open(&patient.path).unwrap();
        assert_eq!(reader.facts(), &facts());
        assert_eq!(common::read_on(&mut reader).items, groups().concat(), "after {junk} bytes");
    }
}

/// A length that claims petabytes asks for no memory: the file is no longer than it is.
#[test]
fn lengths_are_not_believed() {
    let file = small_capture();
    let chunks = chunk_ranges(&file);
    for field in [1, 25, 45] {
        let mut bad = file.clone();
        bad[chunks[1].0 + field..chunks[1].0 + field + 8].copy_from_slice(&(1u64 << 57).to_le_bytes());
        let whole = read_all(&Patient::new(&bad).path);
        assert_eq!(whole.items, [&groups()[0][..], &groups()[2], &groups()[3]].concat());
        assert_eq!(whole.end, End::Finished);
    }
}

/// zstd content that would unpack to 64 MiB behind a head that says less.
#[test]
fn a_chunk_that_unpacks_to_more_than_it_says_is_refused() {
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 1).unwrap();
    let file = small_capture();
    let (start, end) = chunk_ranges(&file)[1];
    let mut bad = file[..start].to_vec();
    bad.push(CHUNK);
    bad.extend((44 + bomb.len() as u64).to_le_bytes());
    bad.extend(&file[start + 9..start + 45]);
    bad.extend((bomb.len() as u64).to_le_bytes());
    bad.extend(&bomb);
    bad.extend(&file[end..]);
    let whole = read_all(&Patient::new(&bad).path);
    assert_eq!(whole.items, [&groups()[0][..], &groups()[2], &groups()[3]].concat());
}
