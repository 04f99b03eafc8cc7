//! Other programs read the file: the crate `mcap`, and Python's package `mcap`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{CREATED_NS, facts, groups, records, small_capture};
use ichiscope_capture::{Item, LinkKind, Writer};
use serde_json::{Value, json};

/// Topic, host time, and the payload as any reader should see it.
fn expected() -> Vec<(&'static str, u64, Vec<u8>)> {
    let mut expected = vec![("facts", CREATED_NS + 1_000_000, serde_json::to_vec(&facts()).unwrap())];
    expected.extend(groups().concat().into_iter().map(|item| match item {
        Item::Bytes { host_ns, bytes } => ("device", host_ns, bytes),
        Item::Link { host_ns, event } => {
            let kind = match event.kind {
                LinkKind::Attached => "attached",
                LinkKind::Lost => "lost",
                LinkKind::Silent => "silent",
                LinkKind::ChipOverrun => "chip-overrun",
                LinkKind::FileDamage => "file-damage",
                LinkKind::Unknown => "unknown",
            };
            let text = serde_json::to_string(&event.text).unwrap();
            ("link", host_ns, format!(r#"{{"kind":"{kind}","text":{text}}}"#).into_bytes())
        }
        Item::Note { tick, host_ns, kind, text } => {
            let tick = tick.map_or("null".to_owned(), |tick| tick.to_string());
            let text = serde_json::to_string(&text).unwrap();
            let json = format!(r#"{{"tick":{tick},"kind":"{kind}","text":{text}}}"#);
            ("notes", host_ns, json.into_bytes())
        }
    }));
    expected
}

#[test]
fn the_mcap_crate_reads_it_with_every_check() {
    use mcap::sans_io::linear_reader::{LinearReadEvent, LinearReader, LinearReaderOptions};
    let file = small_capture();
    let options = LinearReaderOptions::default()
        .with_prevalidate_chunk_crcs(true)
        .with_validate_data_section_crc(true)
        .with_validate_summary_section_crc(true)
        .with_check_finishes_after_end_magic(true);
    let mut reader = LinearReader::new_with_options(options);
    let (mut rest, mut sequence) = (&file[..], Vec::new());
    while let Some(event) = reader.next_event() {
        match event.unwrap() {
            LinearReadEvent::ReadRequest(need) => {
                let take = need.min(rest.len());
                reader.insert(take).copy_from_slice(&rest[..take]);
                reader.notify_read(take);
                rest = &rest[take..];
            }
            LinearReadEvent::Record { opcode, data } => {
                if let mcap::records::Record::Message { header, .. } =
                    mcap::parse_record(opcode, data).unwrap()
                {
                    sequence.push(header.sequence);
                }
            }
        }
    }
    assert_eq!(sequence, (0..10).collect::<Vec<u32>>());

    let messages: Vec<_> = mcap::MessageStream::new(&file)
        .unwrap()
        .map(|message| message.unwrap())
        .map(|m| (m.channel.topic.clone(), m.log_time, m.data.into_owned()))
        .collect();
    let expected: Vec<_> = expected().into_iter().map(|(t, ns, data)| (t.to_owned(), ns, data)).collect();
    assert_eq!(messages, expected);
}

#[test]
fn the_index_says_where_everything_is() {
    let file = small_capture();
    let summary = mcap::Summary::read(&file).unwrap().unwrap();
    let chunks: Vec<(u64, u64)> =
        records(&file).iter().filter(|r| r.0 == 6).map(|r| (r.1 as u64, (r.2 - r.1) as u64)).collect();
    let indexed: Vec<_> =
        summary.chunk_indexes.iter().map(|index| (index.chunk_start_offset, index.chunk_length)).collect();
    assert_eq!(indexed, chunks);
    for (index, group) in summary.chunk_indexes.iter().zip(groups()) {
        let found = summary.read_message_indexes(&file, index).unwrap();
        let copies_of_facts = usize::from(index == &summary.chunk_indexes[0]);
        assert_eq!(found.values().map(Vec::len).sum::<usize>(), group.len() + copies_of_facts);
        for (channel, entries) in found {
            for entry in entries {
                let message = summary.seek_message(&file, index, &entry).unwrap();
                assert_eq!((message.channel, message.log_time), (channel.clone(), entry.log_time));
            }
        }
    }
    let stats = summary.stats.unwrap();
    let counts = [(1, 1), (2, 4), (3, 3), (4, 2)];
    assert_eq!((stats.message_count, stats.chunk_count, stats.metadata_count), (10, 4, 1));
    assert_eq!(stats.channel_message_counts, counts.into());
    assert_eq!(
        (stats.message_start_time, stats.message_end_time),
        (CREATED_NS + 1_000_000, CREATED_NS + 901_000_000)
    );
}

/// So many that the index is written in several blocks and walked in many.
#[test]
fn the_index_of_many_chunks_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let mut writer = Writer::create(&path, &facts()).unwrap();
    for n in 0..3_000u64 {
        writer
            .bytes(CREATED_NS + n * 250_000_000, &common::pattern::item(n, 8 + n as usize * 7 % 900))
            .unwrap();
        writer.flush().unwrap();
    }
    writer.finish().unwrap();
    let file = std::fs::read(&path).unwrap();
    let summary = mcap::Summary::read(&file).unwrap().unwrap();
    let chunks: Vec<u64> = records(&file).iter().filter(|r| r.0 == 6).map(|r| r.1 as u64).collect();
    assert_eq!(chunks.len(), 3_000);
    assert_eq!(summary.chunk_indexes.iter().map(|i| i.chunk_start_offset).collect::<Vec<_>>(), chunks);
    assert_eq!(summary.stats.unwrap().chunk_count, 3_000);
}

/// A Python with the package `mcap`, in a virtual environment below the build's own folder.
fn python() -> PathBuf {
    const PACKAGE: &str = "mcap==1.6.0";
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-mcap-1.6.0");
    let python = home.join("bin/python");
    let has_package = |python: &Path| {
        Command::new(python).args(["-c", "import mcap.reader"]).output().is_ok_and(|out| out.status.success())
    };
    if !has_package(&python) {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home), "python3 and python3-venv");
        run(
            Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]),
            "python3-venv (for pip), and let pip reach its package index",
        );
    }
    python
}

fn run(command: &mut Command, install: &str) -> String {
    let out = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}. Install {install}"));
    assert!(
        out.status.success(),
        "{command:?} failed: {}\nInstall {install}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).unwrap()
}

fn read_with_python(python: &Path, path: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/read_capture.py");
    let text = run(Command::new(python).arg(script).arg(path), "python3");
    serde_json::from_str(&text).unwrap()
}

fn as_python_prints(messages: &[(&str, u64, Vec<u8>)]) -> Value {
    let rows = messages.iter().enumerate().map(|(sequence, (topic, host_ns, data))| {
        let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
        json!([topic, sequence, host_ns, hex])
    });
    Value::Array(rows.collect())
}

#[test]
fn python_reads_it_whole_and_cut() {
    let python = python();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let file = small_capture();
    std::fs::write(&path, &file).unwrap();
    let seen = read_with_python(&python, &path);
    let all = expected();
    assert_eq!(seen["linear"], as_python_prints(&all));
    assert_eq!(seen["linear_end"], "whole");
    // The indexed reader sorts by time; one note of the third group was made before the bytes that precede it.
    let mut by_time = seen["linear"].as_array().unwrap().clone();
    by_time.sort_by_key(|row| row[2].as_u64());
    assert_eq!(seen["indexed"], Value::Array(by_time));
    assert_eq!(seen["profile"], "ichiscope");
    let facts_seen: Value = serde_json::from_str(seen["facts"].as_str().unwrap()).unwrap();
    assert_eq!(facts_seen, serde_json::to_value(facts()).unwrap());

    let third_chunk = records(&file).into_iter().filter(|r| r.0 == 6).nth(2).unwrap();
    std::fs::write(&path, &file[..third_chunk.2 - 1]).unwrap();
    let seen = read_with_python(&python, &path);
    assert_eq!(seen["linear"], as_python_prints(&all[..5]));
    assert_ne!(seen["linear_end"], "whole");
}
