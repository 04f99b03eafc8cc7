//! Damaged and random files beside a capture: refused or read, never a panic.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test may fail it")]

use std::path::{Path, PathBuf};

use ichiscope_context::{Context, Paths};
use proptest::prelude::*;

const PROFILE: &str = include_str!("../../../captures/beside/demo-meter.toml");
const LOG: &str = include_str!("../../../captures/beside/demo-head-end.csv");
const FRONT_END: &str = include_str!("../../../docs/front-end/profile.toml");
const JSON: &str =
    "{\"utc\":\"2026-01-01T00:00:00.5Z\",\"code\":\"0x8F36\",\"seconds\":540,\"uncertainty_s\":1.5}\n";

/// Reads it as each of the files; gives how many took it.
fn read(folder: &Path, bytes: &[u8]) -> usize {
    let path = folder.join("file");
    std::fs::write(&path, bytes).unwrap();
    let one = |set: fn(&mut Paths, PathBuf)| {
        let mut paths = Paths::default();
        set(&mut paths, path.clone());
        usize::from(Context::read(&paths).is_ok())
    };
    one(|p, f| p.profile = Some(f))
        + one(|p, f| p.phases = Some(f))
        + one(|p, f| p.front_end = Some(f))
        + one(|p, f| p.calibration = Some(f))
        + one(|p, f| p.edits = Some(f))
}

#[test]
fn the_examples_are_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    for text in [PROFILE, LOG, FRONT_END, JSON] {
        assert_eq!(read(folder.path(), text.as_bytes()), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn nothing_panics(
        which in 0usize..4,
        cut in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        with in prop::collection::vec(any::<u8>(), 0..12),
        random in ".{0,80}",
    ) {
        let folder = tempfile::tempdir().unwrap();
        let good = [PROFILE, LOG, FRONT_END, JSON][which].as_bytes();
        read(folder.path(), &good[..cut.index(good.len())]);
        let mut hurt = good.to_vec();
        let at = at.index(hurt.len());
        let to = (at + with.len() / 2).min(hurt.len());
        hurt.splice(at..to, with);
        read(folder.path(), &hurt);
        read(folder.path(), random.as_bytes());
    }
}
