//! What is written is what is read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::time::{Duration, Instant};

use common::{CREATED_NS, bytes, facts, groups, read_all, read_on, write};
use ichiscope_capture::{
    CHUNK_TIME, End, HostClock, Item, LinkKind, LinkNote, Read, Reader, Summary, Writer,
};
use proptest::prelude::*;

#[test]
fn items_facts_and_counts_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let items: Vec<Item> = groups().concat();
    let mut writer = Writer::create(&path, &facts()).unwrap();
    items.iter().for_each(|item| write(&mut writer, item));
    let summary = writer.finish().unwrap();

    let mut reader = Reader::open(&path).unwrap();
    assert_eq!(reader.facts(), &facts());
    let whole = read_on(&mut reader);
    assert_eq!(whole.items, items);
    assert_eq!((whole.damage, whole.end), (vec![], End::Finished));
    let expected = Summary {
        items: 9,
        device_bytes: 4 + 300 + 22 + 1,
        chunks: 4,
        file_bytes: std::fs::metadata(&path).unwrap().len(),
        span_ns: Some((CREATED_NS + 1_000_000, CREATED_NS + 901_000_000)),
    };
    assert_eq!(summary, expected);
}

#[test]
fn an_empty_recording_is_finished_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    Writer::create(&path, &facts()).unwrap().finish().unwrap();
    let whole = read_all(&path);
    assert_eq!((whole.items, whole.damage, whole.end), (vec![], vec![], End::Finished));
}

#[test]
fn a_long_run_is_split_and_no_bytes_are_no_item() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let run = common::pattern::item(1, 3_000_000);
    let mut writer = Writer::create(&path, &facts()).unwrap();
    writer.bytes(CREATED_NS, &[]).unwrap();
    writer.bytes(CREATED_NS, &run).unwrap();
    writer.finish().unwrap();
    let mut joined = Vec::new();
    for item in read_all(&path).items {
        let Item::Bytes { host_ns: CREATED_NS, bytes } = item else { panic!("{item:?}") };
        assert!(!bytes.is_empty() && bytes.len() <= 512 << 10);
        joined.extend(bytes);
    }
    assert!(joined == run);
}

#[test]
fn an_item_is_in_the_file_after_the_chunk_time_without_any_flush() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = Writer::create(&path, &facts()).unwrap();
    let later = CREATED_NS + CHUNK_TIME.as_nanos() as u64;
    writer.bytes(CREATED_NS, &[1]).unwrap();
    writer.bytes(later - 1, &[2]).unwrap();
    assert_eq!(read_all(&path).items, []);
    writer.bytes(later, &[3]).unwrap();
    assert_eq!(read_all(&path).items, [bytes(CREATED_NS, &[1]), bytes(later - 1, &[2])]);
}

#[test]
fn flush_due_writes_what_is_old_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = Writer::create(&path, &facts()).unwrap();
    let before = Instant::now();
    writer.bytes(CREATED_NS, &[1]).unwrap();
    let after = Instant::now();
    writer.flush_due(before + CHUNK_TIME - Duration::from_millis(1)).unwrap();
    assert_eq!(read_all(&path).items, []);
    writer.flush_due(after + CHUNK_TIME).unwrap();
    assert_eq!(read_all(&path).items, [bytes(CREATED_NS, &[1])]);
}

#[test]
fn a_file_can_be_followed_while_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = Writer::create(&path, &facts()).unwrap();
    let mut reader = Reader::open(&path).unwrap();
    for group in groups() {
        assert!(matches!(read_on(&mut reader).end, End::Truncated { bytes: 0, writing: true, .. }));
        group.iter().for_each(|item| write(&mut writer, item));
        writer.flush().unwrap();
        let whole = read_on(&mut reader);
        assert_eq!((whole.items, whole.damage), (group, vec![]));
    }
    writer.finish().unwrap();
    let whole = read_on(&mut reader);
    assert_eq!((whole.items, whole.damage, whole.end), (vec![], vec![], End::Finished));
}

#[test]
fn a_writer_that_is_dropped_loses_nothing_but_leaves_the_file_unfinished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = Writer::create(&path, &facts()).unwrap();
    writer.bytes(CREATED_NS, &[1]).unwrap();
    drop(writer);
    let whole = read_all(&path);
    assert_eq!(whole.items, [bytes(CREATED_NS, &[1])]);
    assert!(matches!(whole.end, End::Truncated { bytes: 0, writing: false, .. }));
}

#[test]
fn an_unknown_link_event_of_a_later_version_is_not_lost() {
    let note: LinkNote = serde_json::from_str(r#"{"kind":"teleported","text":"x"}"#).unwrap();
    assert_eq!(note, LinkNote { kind: LinkKind::Unknown, text: "x".into() });
}

#[test]
fn host_time_is_utc_at_the_start_plus_what_passed() {
    let clock = HostClock::start();
    let moment = Instant::now() + Duration::from_secs(7);
    let seven_seconds = clock.at(moment) - clock.anchor_utc_ns();
    assert!((7_000_000_000..8_000_000_000).contains(&seven_seconds), "{seven_seconds}");
    assert!(clock.anchor_utc_ns() > 1_700_000_000_000_000_000);
}

#[test]
fn reader_and_writer_can_go_to_another_thread() {
    fn assert_send<T: Send>() {}
    assert_send::<Writer>();
    assert_send::<Reader>();
}

/// A file that the first release of format 1 wrote opens for ever.
#[test]
fn format_1_opens() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format1.mcap");
    let mut reader = Reader::open(path).unwrap();
    assert_eq!(reader.facts(), &facts());
    let whole = read_on(&mut reader);
    assert_eq!((whole.items, whole.damage, whole.end), (groups().concat(), vec![], End::Finished));
}

fn any_item() -> impl Strategy<Value = Item> {
    let host_ns = CREATED_NS..CREATED_NS + 200_000_000_000;
    let text = "\\PC{0,40}";
    let kind = prop_oneof![Just(LinkKind::Attached), Just(LinkKind::Lost), Just(LinkKind::ChipOverrun)];
    prop_oneof![
        4 => (host_ns.clone(), prop::collection::vec(any::<u8>(), 1..3000)).prop_map(|(t, b)| bytes(t, &b)),
        1 => (host_ns.clone(), kind, text)
            .prop_map(|(host_ns, kind, text)| Item::Link { host_ns, event: LinkNote { kind, text } }),
        1 => (any::<Option<u64>>(), host_ns, text, text)
            .prop_map(|(tick, host_ns, kind, text)| Item::Note { tick, host_ns, kind, text }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever the items, their times (in any order) and the flushes: they come back.
    #[test]
    fn any_items_come_back(items in prop::collection::vec((any_item(), any::<bool>()), 0..60), finish: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mcap");
        let mut writer = Writer::create(&path, &facts()).unwrap();
        for (item, flush) in &items {
            write(&mut writer, item);
            if *flush {
                writer.flush().unwrap();
            }
        }
        if finish {
            writer.finish().unwrap();
        } else {
            drop(writer);
        }
        let whole = read_all(&path);
        prop_assert_eq!(whole.items, items.into_iter().map(|(item, _)| item).collect::<Vec<_>>());
        prop_assert_eq!(whole.damage, vec![]);
        prop_assert_eq!(whole.end == End::Finished, finish);
    }

    /// Any bytes at all: an error or reports, never a panic.
    #[test]
    fn any_file_is_survived(mut file in prop::collection::vec(any::<u8>(), 0..3000), with_head: bool) {
        if with_head {
            let mut whole = common::small_capture();
            whole.truncate(60 + file.len() / 2);
            whole.append(&mut file);
            file = whole;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mcap");
        std::fs::write(&path, file).unwrap();
        if let Ok(mut reader) = Reader::open(&path) {
            reader.items().for_each(|read| if let Read::Damage { what, .. } = read { drop(what.to_string()) });
        }
    }
}
