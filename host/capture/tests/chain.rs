//! A recording in several files: read as one from any of them; what is missing is said; a failing rotation loses nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{CREATED_NS, facts, pattern};
use ichiscope_capture::{
    ChainRead, ChainReader, ChainWriter, Damage, End, Item, LinkKind, LinkNote, Options, Read, Rotation,
};

const SECOND: u64 = 1_000_000_000;
const EACH_SECOND: Rotation = Rotation { bytes: None, time: Some(Duration::from_secs(1)) };

fn item(n: u64) -> Item {
    Item::Bytes { host_ns: CREATED_NS + n * SECOND / 10, bytes: pattern::item(n, 100) }
}

/// Items 0..50, ten a second, in five files.
fn record(folder: &Path) -> Vec<PathBuf> {
    let path = folder.join("a.mcap");
    let mut writer = ChainWriter::create(&path, &facts(), EACH_SECOND, Options::default()).unwrap();
    for n in 0..50 {
        writer.item(&item(n)).unwrap();
    }
    let summary = writer.finish().unwrap();
    assert_eq!((summary.files, summary.items, summary.device_bytes), (5, 50, 5000));
    assert_eq!(summary.last_path, folder.join("a.0005.mcap"));
    let names = ["a.mcap", "a.0002.mcap", "a.0003.mcap", "a.0004.mcap", "a.0005.mcap"];
    names.map(|name| folder.join(name)).into()
}

/// Items, and what is said to be missing or damaged, each with the number of items before it.
fn read(path: &Path) -> (Vec<Item>, Vec<(usize, String)>, End) {
    let mut reader = ChainReader::open(path).unwrap();
    let (mut items, mut reports) = (Vec::new(), Vec::new());
    while let Some(read) = reader.next_read() {
        match read {
            ChainRead::Read(Read::Item(item)) => items.push(item),
            ChainRead::Read(Read::Damage { what, .. }) => reports.push((items.len(), what.to_string())),
            ChainRead::Missing { what, .. } => reports.push((items.len(), what)),
        }
    }
    assert!(reader.next_read().is_none(), "the end comes once");
    (items, reports, reader.end())
}

fn items(numbers: impl IntoIterator<Item = u64>) -> Vec<Item> {
    numbers.into_iter().map(item).collect()
}

#[test]
fn any_file_gives_the_whole_recording() {
    let folder = tempfile::tempdir().unwrap();
    let paths = record(folder.path());
    // Another recording in the same folder does not belong to it; nor does a file that is no capture.
    let other = folder.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::copy(&record(&other)[1], folder.path().join("a.0001.mcap")).unwrap();
    std::fs::write(folder.path().join("b.mcap"), "no").unwrap();
    for path in &paths {
        let (found, reports, end) = read(path);
        assert_eq!((found, reports, end), (items(0..50), vec![], End::Finished), "{}", path.display());
    }
    assert_eq!(ChainReader::open(&paths[3]).unwrap().files(), paths);
}

#[test]
fn a_new_file_by_size() {
    let folder = tempfile::tempdir().unwrap();
    let rotation = Rotation { bytes: Some(100_000), time: None };
    let path = folder.path().join("a.mcap");
    let mut writer = ChainWriter::create(&path, &facts(), rotation, Options::default()).unwrap();
    let event = LinkNote { kind: LinkKind::Attached, text: String::new() };
    let mut written = Vec::new();
    for n in 0..60 {
        let at = CREATED_NS + n * SECOND;
        let bytes = Item::Bytes { host_ns: at, bytes: pattern::item(n, 9_000) };
        writer.item(&bytes).unwrap();
        writer.link(at, &event).unwrap();
        written.extend([bytes, Item::Link { host_ns: at, event: event.clone() }]);
    }
    let summary = writer.finish().unwrap();
    // 540 kB that do not compress, and a little around them.
    assert!((5..=6).contains(&summary.files), "{} files", summary.files);
    assert_eq!(read(&path).0, written);
    let size = std::fs::metadata(folder.path().join("a.0002.mcap")).unwrap().len();
    assert!((100_000..125_000).contains(&size), "{size}");
}

#[test]
fn a_missing_file_is_said_wherever_it_was() {
    for (gone, rest, place, words) in [
        (0..1, 10..50, 0, "file 1 of the recording is missing"),
        (2..3, 0..0, 20, "file 3 of the recording is missing"),
        (1..4, 0..0, 10, "files 2 to 4 of the recording are missing"),
        (4..5, 0..40, 40, "file 5 of the recording, a.0005.mcap, is missing"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let paths = record(folder.path());
        paths[gone.clone()].iter().for_each(|path| std::fs::remove_file(path).unwrap());
        let expected = if rest.is_empty() {
            items((0..50).filter(|n| !gone.contains(&(*n as usize / 10))))
        } else {
            items(rest)
        };
        let any = paths.iter().find(|path| path.exists()).unwrap();
        let (found, reports, end) = read(any);
        assert_eq!((found, end), (expected, End::Finished));
        assert_eq!(reports, [(place, words.to_owned())]);
    }
}

#[test]
fn a_damaged_cut_or_exchanged_file_is_said_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let paths = record(folder.path());
    let whole = std::fs::read(&paths[1]).unwrap();

    // Cut within its data.
    std::fs::write(&paths[1], &whole[..whole.len() / 2]).unwrap();
    let (found, reports, _) = read(&paths[4]);
    assert!(found.ends_with(&items(20..50)) && found.starts_with(&items(0..10)) && found.len() < 50);
    assert!(matches!(&reports[..], [(_, what)] if what.contains("not what it was")), "{reports:?}");

    // Cut after its data: only the index is missing.
    let data_end = common::records(&whole).iter().find(|r| r.0 == 15).unwrap().1;
    std::fs::write(&paths[1], &whole[..data_end]).unwrap();
    let (found, reports, end) = read(&paths[4]);
    assert_eq!((found, reports, end), (items(0..50), vec![], End::Finished));

    // Facts and everything else destroyed.
    std::fs::write(&paths[1], vec![0; 5000]).unwrap();
    let (found, reports, _) = read(&paths[0]);
    assert_eq!(found, items((0..10).chain(20..50)));
    assert_eq!(reports, [(10, "file 2 of the recording is missing".to_owned())]);

    // A flipped bit is a damage report, and not said twice.
    let mut flipped = whole.clone();
    let chunk = common::records(&whole).iter().find(|r| r.0 == 6).unwrap().1;
    flipped[chunk + 80] ^= 1;
    std::fs::write(&paths[1], &flipped).unwrap();
    let mut reader = ChainReader::open(&paths[0]).unwrap();
    let losses = std::iter::from_fn(|| reader.next_read()).filter(ChainRead::loses_items);
    let losses: Vec<ChainRead> = losses.collect();
    assert!(
        matches!(&losses[..], [ChainRead::Read(Read::Damage { what: Damage::Items { .. }, .. })]),
        "{losses:?}"
    );
}

#[test]
fn a_rotation_that_fails_loses_nothing_and_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    std::fs::write(folder.path().join("a.0002.mcap"), "in the way").unwrap();
    let mut writer = ChainWriter::create(&path, &facts(), EACH_SECOND, Options::default()).unwrap();
    for n in 0..20 {
        writer.item(&item(n)).unwrap();
    }
    let problem = writer.take_problem().unwrap().to_string();
    assert!(problem.contains("a.0002.mcap already exists"), "{problem}");
    std::fs::remove_file(folder.path().join("a.0002.mcap")).unwrap();
    for n in 20..700 {
        writer.item(&item(n)).unwrap();
    }
    assert!(writer.take_problem().is_none());
    // 61 s in the first file, then one a second: 70 s in all.
    assert_eq!(writer.finish().unwrap().files, 1 + 9);
    let (found, reports, end) = read(&path);
    assert_eq!((found, reports, end), (items(0..700), vec![], End::Finished));
}

/// A reader that follows a running recording goes from file to file, and never says too early that one is missing.
#[test]
fn a_running_recording_is_followed_across_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = ChainWriter::create(&path, &facts(), EACH_SECOND, Options::default()).unwrap();
    let mut reader = ChainReader::open(&path).unwrap();
    let mut found = Vec::new();
    for n in 0..50 {
        writer.item(&item(n)).unwrap();
        writer.flush().unwrap();
        while let Some(read) = reader.next_read() {
            let ChainRead::Read(Read::Item(item)) = read else { panic!("{read:?}") };
            found.push(item);
        }
    }
    assert_eq!(found, items(0..50));
}

#[test]
fn without_rotation_it_is_a_file_as_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = ChainWriter::create(&path, &facts(), Rotation::default(), Options::default()).unwrap();
    (0..50).for_each(|n| writer.item(&item(n)).unwrap());
    writer.finish().unwrap();
    let reader = ichiscope_capture::Reader::open(&path).unwrap();
    assert_eq!(reader.facts(), &facts());
    assert_eq!(read(&path), (items(0..50), vec![], End::Finished));
}
