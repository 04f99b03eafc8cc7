//! What must hold when any bytes are imported. The fuzz targets and the test `host/exchange/tests/fuzz.rs` share it.
#![allow(dead_code, reason = "each target uses a part")]

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use ichiscope_exchange::{Format, Mapping, Request, import};
use zip::write::SimpleFileOptions;

/// Edges, and a voltage.
const MAPS: [&str; 2] = ["rail=supply_good,ac_lo=ac_lost", "rail_mv=volts,ch_pr=present"];
/// The same for files that name their columns by channel.
const CHANNELS: [&str; 2] = ["rail=Channel 0,ac_lo=Channel 1", "rail_mv=Channel 2,ch_pr=Channel 3"];
/// What the phases belong to.
const EDGES: &str =
    "time_ms,line,level\n0,supply_good,1\n1000,supply_good,0\n2000,ac_lost,1\n90000,supply_good,1\n";

/// Any bytes as a file of this format: it is refused with a remedy and nothing is left behind, or it becomes a whole capture. Whether it did.
pub fn file(format: Format, bytes: &[u8], folder: &Path) -> bool {
    let path = folder.join("input");
    fs::write(&path, bytes).expect("a temporary file can be written");
    let maps = if format == Format::SaleaeCsv { CHANNELS } else { MAPS };
    let mut imported = false;
    for map in maps {
        imported |= check(&request(&path, format, map), folder);
    }
    imported
}

/// A sigrok session whose metadata end at the first zero; the rest are its samples. So a change is not lost in a checksum.
pub fn session(bytes: &[u8], folder: &Path) -> bool {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let samples = bytes.get(end + 1..).unwrap_or_default();
    // Of each byte a sample of the logic channels and one of the voltage, in sixteenths of a volt.
    let analog: Vec<u8> = samples.iter().flat_map(|byte| (f32::from(*byte) / 16.0).to_le_bytes()).collect();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("version", &b"2"[..]),
        ("metadata", &bytes[..end]),
        ("logic-1-1", samples),
        ("analog-1-3-1", &analog),
    ];
    for (name, content) in parts {
        zip.start_file(name, SimpleFileOptions::default()).expect("a ZIP in memory");
        zip.write_all(content).expect("a ZIP in memory");
    }
    let session = zip.finish().expect("a ZIP in memory").into_inner();
    file(Format::Sr, &session, folder)
}

/// Any bytes as a log of phases.
pub fn phases(bytes: &[u8], folder: &Path) -> bool {
    let (edges, log) = (folder.join("edges.csv"), folder.join("phases"));
    fs::write(&edges, EDGES).expect("a temporary file can be written");
    fs::write(&log, bytes).expect("a temporary file can be written");
    let request = Request { phases: Some(log), ..request(&edges, Format::Csv, MAPS[0]) };
    check(&request, folder)
}

fn request(path: &Path, format: Format, map: &str) -> Request {
    Request {
        subject: Default::default(),
        bench: Default::default(),
        file: path.to_owned(),
        format: Some(format),
        mapping: Mapping::parse(map).expect("a good mapping"),
        phases: None,
        clock_ppb: None,
        volts: false,
        program: "fuzz".to_owned(),
    }
}

fn check(request: &Request, folder: &Path) -> bool {
    let out = folder.join("out.mcap");
    let imported = match import(request, &out) {
        Ok(imported) => imported,
        Err(error) => {
            assert!(error.to_string().contains("Remedy"), "{error}");
            assert!(!out.exists(), "half a capture is left: {error}");
            return false;
        }
    };
    let recording = ichiscope_replay::load(&out, |_| ()).expect("what was imported can be read");
    fs::remove_file(&out).expect("it is there");
    let timeline = &recording.timeline;
    assert!(recording.finished && recording.damage.is_empty());
    assert_eq!(timeline.tick_hz(), Some(imported.tick_hz));
    assert_eq!(timeline.span(), Some(imported.span));
    assert_eq!(timeline.gaps().is_empty(), imported.gaps == 0, "{:?}", timeline.gaps());
    assert!(recording.analyse().imported);
    true
}
