//! Damaged files of every format: an import may refuse them, but never panics and never leaves half a capture.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};

use ichiscope_capture::Bench;
use ichiscope_exchange::{Mapping, Request, import};
use ichiscope_replay::SubjectTold;

const MAP: [(&str, &str); 4] = [
    ("outage.vcd", "rail=supply_good,ac_lo=ac_lost"),
    ("outage.sr", "rail=supply_good,ac_lo=ac_lost"),
    ("outage.csv", "rail=supply_good,ac_lo=ac_lost"),
    ("outage-saleae.csv", "rail=Channel 0,ac_lo=Channel 1"),
];

fn foreign() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../captures/foreign")
}

fn request(file: PathBuf, map: &str, phases: Option<PathBuf>) -> Request {
    let mapping = Mapping::parse(map).unwrap();
    Request {
        file,
        format: None,
        mapping,
        phases,
        clock_ppb: None,
        volts: false,
        subject: SubjectTold::default(),
        bench: Bench::default(),
        program: "test".to_owned(),
    }
}

/// The kept files say the same, in four formats: 10.000 s to 102.123 s; sigrok has no sample at the very end.
#[test]
fn kept_files_of_each_format_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for (name, map) in MAP {
        let out = folder.path().join(format!("{name}.mcap"));
        let request = request(foreign().join(name), map, Some(foreign().join("phases.csv")));
        import(&request, &out).unwrap();
        let analysis = ichiscope_replay::load(&out, |_| ()).unwrap().analyse();
        let found: Vec<(u64, u64)> = analysis.outages.iter().map(|o| (o.start_tick, o.end_tick)).collect();
        assert_eq!((analysis.tick_hz, found), (Some(1000), vec![(10_000, 102_123)]), "{name}");
        assert_eq!(analysis.outages[0].ch_reboot_ns, Some(47_877_000_000), "{name}: 150 s - 102.123 s");
        assert!(analysis.imported && analysis.gaps.is_empty(), "{name}");
    }
}

#[test]
fn cut_and_flipped_files_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.mcap");
    let (mut read, mut refused) = (0, 0);
    for (name, map) in MAP {
        let whole = fs::read(foreign().join(name)).unwrap();
        let file = folder.path().join(name);
        let cuts = (0..whole.len()).map(|length| whole[..length].to_vec());
        let flips = (0..whole.len()).map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            bytes
        });
        for bytes in cuts.chain(flips) {
            fs::write(&file, bytes).unwrap();
            match import(&request(file.clone(), map, None), &out) {
                Ok(_) => {
                    read += 1;
                    fs::remove_file(&out).unwrap();
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().contains("Remedy"), "{error}");
                    assert!(!out.exists(), "{error}");
                }
            }
        }
    }
    assert!(read > 100 && refused > 100, "{read} read, {refused} refused");
}
