//! The PC's clock is set while recording: no receive time moves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{child, read_all};
use ichiscope_capture::{End, Reader};

/// The program sees a clock that is stepped; the machine's clock is left alone.
#[test]
fn a_stepped_clock_moves_no_receive_time() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("stepped_clock.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stepped_clock.c");
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
    assert!(compiled.expect("cc is missing: install the package gcc").success());

    let path = folder.path().join("a.mcap");
    let run = Command::new(child::record_loop())
        .arg("clock")
        .arg(&path)
        .env("LD_PRELOAD", &library)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    let parse = |line: &str| -> (u64, u64) {
        let (host, utc) = line.split_once(' ').unwrap();
        (host.parse().unwrap(), utc.parse().unwrap())
    };
    let times: Vec<(u64, u64)> = text.lines().map(parse).collect();
    let steps = |of: fn(&(u64, u64)) -> u64| -> Vec<i128> {
        times.windows(2).map(|pair| i128::from(of(&pair[1])) - i128::from(of(&pair[0]))).collect()
    };
    const HOUR: i128 = 3_600_000_000_000;
    // The PC's clock went an hour back and more than a day ahead ...
    assert!(steps(|t| t.1).iter().any(|step| *step < -HOUR / 2), "the clock was not stepped back");
    assert!(steps(|t| t.1).iter().any(|step| *step > 24 * HOUR), "the clock was not stepped ahead");
    // ... and host time did neither.
    assert!(steps(|t| t.0).iter().all(|step| (0..HOUR / 60).contains(step)));
    let length = times.last().unwrap().0 - times[0].0;
    assert!((900_000_000..60_000_000_000).contains(&length), "{length}");

    let whole = read_all(&path);
    assert_eq!((whole.damage, whole.end), (vec![], End::Finished));
    let recorded: Vec<u64> = whole.items.iter().map(|item| item.host_ns()).collect();
    assert_eq!(recorded, times.iter().map(|t| t.0).collect::<Vec<_>>());
    let created = Reader::open(&path).unwrap().facts().created_utc_ns;
    assert!((times[0].0 - created) < 10_000_000_000);
}
