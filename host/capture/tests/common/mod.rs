//! What the tests share: a small capture of known items, and reading a file to its end.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod child;
pub mod pattern;

use std::path::Path;

use ichiscope_capture::{
    Damage, DeviceFacts, End, Facts, Item, LinkKind, LinkNote, MarkFacts, Read, Reader, Writer,
};

/// Whether the long runs are wanted: `ICHISCOPE_FULL_TESTS=1 cargo test -p ichiscope-capture`. Without it they are samples.
pub fn is_full() -> bool {
    std::env::var_os("ICHISCOPE_FULL_TESTS").is_some_and(|value| value == "1")
}

pub const CREATED_NS: u64 = 1_790_000_000_000_000_000;

pub fn facts() -> Facts {
    let device = DeviceFacts {
        serial: "IB7".into(),
        description: "bench 2".into(),
        baud: 3_000_000,
        simulated: false,
    };
    let mut facts = Facts::new("tests 1", CREATED_NS, device);
    facts.gateware = Some("icebreaker 1a2b3c4d".into());
    facts.marks = vec![MarkFacts { line: "mark0".into(), phase: "METER_REBOOT".into() }];
    facts.bench.meter = Some("maker \"A\", ADE ☂".into());
    facts.extra.insert("restored_after_ms".into(), "1000".into());
    facts
}

pub fn bytes(host_ns: u64, bytes: &[u8]) -> Item {
    Item::Bytes { host_ns, bytes: bytes.to_vec() }
}

/// Four groups; each becomes one chunk.
pub fn groups() -> Vec<Vec<Item>> {
    let at = |ms: u64| CREATED_NS + ms * 1_000_000;
    vec![
        vec![
            Item::Link { host_ns: at(1), event: LinkNote { kind: LinkKind::Attached, text: "IB7".into() } },
            bytes(at(2), &[1, 2, 3, 0]),
        ],
        vec![bytes(at(300), &[0; 300]), bytes(at(301), b"\x06\x2d\0\0\0\0\0\0\0zstd\x0f\x04\0\0\0\0\0\0\0")],
        vec![
            Item::Note {
                tick: Some(u64::MAX),
                host_ns: at(600),
                kind: "mark".into(),
                text: "a \"b\"\n☂".into(),
            },
            bytes(at(610), &[255]),
            Item::Note { tick: None, host_ns: at(605), kind: "note".into(), text: String::new() },
        ],
        vec![
            Item::Link {
                host_ns: at(900),
                event: LinkNote { kind: LinkKind::ChipOverrun, text: String::new() },
            },
            Item::Link { host_ns: at(901), event: LinkNote { kind: LinkKind::Lost, text: "-4".into() } },
        ],
    ]
}

pub fn write(writer: &mut Writer, item: &Item) {
    match item {
        Item::Bytes { host_ns, bytes } => writer.bytes(*host_ns, bytes),
        Item::Link { host_ns, event } => writer.link(*host_ns, event),
        Item::Note { tick, host_ns, kind, text } => writer.note(*tick, *host_ns, kind, text),
    }
    .unwrap();
}

/// A finished capture of [`groups`], as bytes.
pub fn small_capture() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.mcap");
    let mut writer = Writer::create(&path, &facts()).unwrap();
    for group in groups() {
        group.iter().for_each(|item| write(&mut writer, item));
        writer.flush().unwrap();
    }
    writer.finish().unwrap();
    std::fs::read(path).unwrap()
}

/// What a file gave.
#[derive(Debug)]
pub struct Whole {
    pub items: Vec<Item>,
    pub damage: Vec<(u64, u64, Damage)>,
    pub end: End,
}

pub fn read_on(reader: &mut Reader) -> Whole {
    let (mut items, mut damage) = (Vec::new(), Vec::new());
    for read in reader.items() {
        match read {
            Read::Item(item) => items.push(item),
            Read::Damage { offset, bytes, what } => damage.push((offset, bytes, what)),
        }
    }
    Whole { items, damage, end: reader.end() }
}

pub fn read_all(path: &Path) -> Whole {
    read_on(&mut Reader::open(path).unwrap())
}

/// Opcode, start and end of each top-level record of a sound file.
pub fn records(file: &[u8]) -> Vec<(u8, usize, usize)> {
    let mut found = Vec::new();
    let mut at = 8;
    while at < file.len() - 8 {
        let end = at + 9 + u64::from_le_bytes(file[at + 1..at + 9].try_into().unwrap()) as usize;
        found.push((file[at], at, end));
        at = end;
    }
    found
}
