//! How long the demonstration takes: the whole program, from the twin to the evidence, as a user starts it.
#![allow(missing_docs, clippy::expect_used)]

use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 9;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let device_s = 764;
    let best = (0..ROUNDS)
        .map(|round| {
            let out = folder.path().join(round.to_string());
            let begun = Instant::now();
            let status = Command::new(env!("CARGO_BIN_EXE_ichiscope"))
                .args(["demo", "--no-app", "--out"])
                .arg(&out)
                .stdout(Stdio::null())
                .status()
                .expect("the program runs");
            assert!(status.success(), "the demonstration failed");
            begun.elapsed()
        })
        .min()
        .unwrap_or_default();
    let times = f64::from(device_s) / best.as_secs_f64();
    println!(
        "demo: {device_s} device seconds in {:.0} ms, {times:.0} times real time",
        best.as_secs_f64() * 1e3
    );
}
