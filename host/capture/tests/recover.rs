//! Recovery: everything whole is taken over, every loss is told and stays visible, the original is untouched.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::PathBuf;

use common::{CREATED_NS, groups, read_all, records, small_capture};
use ichiscope_capture::{CaptureError, Damage, End, Item, LinkKind, Recovery, Writer, recover};

struct Case {
    _folder: tempfile::TempDir,
    from: PathBuf,
    to: PathBuf,
}

impl Case {
    fn new(content: &[u8]) -> Case {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("bad.mcap"), folder.path().join("new.mcap"));
        std::fs::write(&from, content).unwrap();
        Case { _folder: folder, from, to }
    }

    fn recover(&self) -> Recovery {
        let before = std::fs::read(&self.from).unwrap();
        let recovery = recover(&self.from, &self.to, |at, of| assert!(at <= of)).unwrap();
        assert!(before == std::fs::read(&self.from).unwrap(), "the original was changed");
        let whole = read_all(&self.to);
        assert_eq!((whole.damage, whole.end), (vec![], End::Finished));
        recovery
    }
}

fn chunk(file: &[u8], n: usize) -> (usize, usize) {
    let found = records(file).into_iter().filter(|r| r.0 == 6).nth(n).unwrap();
    (found.1, found.2)
}

#[test]
fn a_whole_capture_loses_nothing() {
    let case = Case::new(&small_capture());
    let recovery = case.recover();
    assert!(!recovery.is_loss());
    assert_eq!((recovery.items, recovery.repaired), (groups().concat().len() as u64, 0));
    assert_eq!(read_all(&case.to).items, groups().concat());
    let reader = ichiscope_capture::Reader::open(&case.to).unwrap();
    assert_eq!(reader.facts().extra["recovered_from"], "bad.mcap");
}

/// A quiet board: ten seconds of an item each 50 ms. The copy's chunks are longer than those that were written live, and damage to one of
/// them costs a second.
#[test]
fn a_quiet_recording_is_copied_in_chunks_of_a_second() {
    let case = Case::new(&[]);
    std::fs::remove_file(&case.from).unwrap();
    let mut writer = Writer::create(&case.from, &common::facts()).unwrap();
    let at = |n: u64| CREATED_NS + n * 50_000_000;
    (0..200).for_each(|n| writer.bytes(at(n), &n.to_le_bytes()).unwrap());
    writer.finish().unwrap();
    case.recover();
    let chunks = |file: &[u8]| records(file).into_iter().filter(|r| r.0 == 6).count();
    let (old, mut new) = (std::fs::read(&case.from).unwrap(), std::fs::read(&case.to).unwrap());
    assert_eq!((chunks(&old), chunks(&new)), (50, 10));
    assert!(new.len() < old.len(), "{} of {}", new.len(), old.len());

    let place = chunk(&new, 4).0 + 60;
    new[place] ^= 1;
    let again = Case::new(&new);
    let recovery = again.recover();
    assert_eq!((recovery.losses, recovery.items, recovery.lost[0].items), (1, 180, Some(20)));
}

#[test]
fn a_damaged_chunk_becomes_an_event_at_its_place() {
    let mut file = small_capture();
    let (start, end) = chunk(&file, 1);
    file[start + 60] ^= 4;
    let case = Case::new(&file);
    let recovery = case.recover();
    assert!(recovery.is_loss() && !recovery.unfinished);
    assert_eq!((recovery.losses, recovery.lost.len()), (1, 1));
    let lost = &recovery.lost[0];
    let (from_ns, to_ns) = (groups()[0].last().unwrap().host_ns(), groups()[2][0].host_ns());
    assert_eq!((lost.offset, lost.items), (start as u64, Some(groups()[1].len() as u32)));
    // The chunk with the index of its messages, up to the next chunk.
    assert_eq!(lost.bytes, (chunk(&file, 2).0 - start) as u64);
    assert!(lost.bytes > (end - start) as u64);
    assert_eq!((lost.from_ns, lost.to_ns), (Some(from_ns), Some(to_ns)));

    let mut items = read_all(&case.to).items;
    let event = items.remove(groups()[0].len());
    assert!(
        matches!(&event, Item::Link { event, host_ns } if event.kind == LinkKind::FileDamage && *host_ns == from_ns),
        "{event:?}"
    );
    assert_eq!(items, [&groups()[0][..], &groups()[2], &groups()[3]].concat());
}

#[test]
fn a_cut_capture_says_what_the_cut_cost() {
    let file = small_capture();
    let (start, end) = chunk(&file, 2);
    let case = Case::new(&file[..end - 1]);
    let recovery = case.recover();
    assert!(recovery.unfinished);
    let lost = &recovery.lost[0];
    assert_eq!((lost.offset, lost.bytes, lost.to_ns), (start as u64, (end - 1 - start) as u64, None));
    let items = read_all(&case.to).items;
    assert_eq!(items[..items.len() - 1], groups()[..2].concat());
}

/// Recovered twice: the first recovery's event is an item like any other.
#[test]
fn recovering_a_recovered_file_changes_nothing() {
    let mut file = small_capture();
    let (start, _) = chunk(&file, 1);
    file[start + 60] ^= 4;
    let first = Case::new(&file);
    first.recover();
    let second = Case::new(&std::fs::read(&first.to).unwrap());
    assert!(!second.recover().is_loss());
    assert_eq!(read_all(&first.to).items, read_all(&second.to).items);
}

#[test]
fn a_damaged_index_is_repaired_without_loss() {
    let mut file = small_capture();
    let at = file.len() - 40;
    file[at] ^= 1;
    let case = Case::new(&file);
    let recovery = case.recover();
    assert!(!recovery.is_loss() && recovery.repaired == 1, "{recovery:?}");
}

#[test]
fn nothing_is_overwritten_and_no_running_recording_is_taken() {
    let case = Case::new(&small_capture());
    std::fs::write(&case.to, b"mine").unwrap();
    assert!(matches!(recover(&case.from, &case.to, |_, _| ()), Err(CaptureError::Exists { .. })));
    assert!(matches!(recover(&case.from, &case.from, |_, _| ()), Err(CaptureError::Exists { .. })));
    assert_eq!(std::fs::read(&case.to).unwrap(), b"mine");
    assert!(std::fs::read(&case.from).unwrap() == small_capture());

    let folder = tempfile::tempdir().unwrap();
    let running = folder.path().join("running.mcap");
    let mut writer = Writer::create(&running, &common::facts()).unwrap();
    writer.bytes(CREATED_NS, &[1]).unwrap();
    writer.flush().unwrap();
    let to = folder.path().join("new.mcap");
    assert!(matches!(recover(&running, &to, |_, _| ()), Err(CaptureError::InUse { .. })));
    assert!(!to.exists());
}

/// Damage all over a small capture: what is recovered and what is told to be lost make the whole.
#[test]
fn what_is_told_to_be_lost_and_what_is_there_make_the_whole() {
    let file = small_capture();
    let all = groups().concat().len() as u64 + 1; // and the copy of the facts
    for at in (0..file.len()).step_by(13) {
        let mut bad = file.clone();
        bad[at] ^= 0x41;
        let case = Case::new(&bad);
        let recovery = case.recover();
        let told: Option<u64> = recovery.lost.iter().map(|l| l.items.map(u64::from)).sum();
        // A lost copy of the facts counts as one item, so the first chunk's loss is one more than its items.
        let copy = recovery.lost.iter().any(|l| l.offset == chunk(&file, 0).0 as u64);
        let there = recovery.items + u64::from(!copy);
        assert!(told.is_none_or(|told| told + there == all), "byte {at}: {recovery:?}");
        assert!(recovery.items == all - 1 || recovery.is_loss(), "byte {at}");
        assert!(!read_all(&case.to).damage.iter().any(|d| matches!(d.2, Damage::Items { .. })));
    }
}
