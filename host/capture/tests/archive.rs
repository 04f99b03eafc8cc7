//! Every recording in the repository's `captures/` opens, whatever version wrote it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use ichiscope_capture::End;

#[test]
fn every_kept_capture_opens() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../captures");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for path in entries.filter(|path| path.extension().is_some_and(|extension| extension == "mcap")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let whole = common::read_all(&path);
        assert!(!whole.items.is_empty(), "{name}");
        if !name.ends_with("-damaged") {
            assert_eq!((whole.damage, whole.end), (vec![], End::Finished), "{name}");
        }
    }
}
