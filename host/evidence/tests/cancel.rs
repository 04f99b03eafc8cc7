//! An export that is cancelled at any moment leaves nothing, and what was there before as it was.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

use std::fs;
use std::path::Path;

use ichiscope_evidence::{Context, EvidenceError, write, write_while};

fn capture() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../captures/v1-clean-pass.mcap")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn cancelled_at_each_question_it_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, full) = (folder.path().join("e"), folder.path().join("full"));
    let mut shares = Vec::new();
    let context = Context::default();
    let written = write_while(&full, &capture(), &context, |share| {
        shares.push(share);
        true
    })
    .unwrap();
    assert!(shares.is_sorted() && shares.iter().all(|s| (0.0..=1.0).contains(s)), "{shares:?}");
    assert!(shares.len() > written.files.len(), "it is asked before each file");
    for last in 0..shares.len() {
        let mut asked = 0;
        let cancelled = write_while(&dir, &capture(), &context, |_| {
            asked += 1;
            asked <= last
        });
        assert!(matches!(cancelled, Err(EvidenceError::Cancelled)), "{last}: {cancelled:?}");
        assert!(!dir.exists(), "{last}: {:?}", names(&dir));
    }
    // In a folder that is not its own it takes only its own away.
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("mine.txt"), "mine").unwrap();
    let mut asked = 0;
    let almost = shares.len() - 1;
    let cancelled = write_while(&dir, &capture(), &context, |_| {
        asked += 1;
        asked <= almost
    });
    assert!(matches!(cancelled, Err(EvidenceError::Cancelled)));
    assert_eq!(names(&dir), ["mine.txt"]);
    assert_eq!(write(&dir, &capture(), &context).unwrap().files.len(), written.files.len());
}

/// A file that cannot be written ends it like that too.
#[test]
fn an_error_half_way_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("e");
    fs::create_dir_all(dir.join("report.html.part")).unwrap();
    let failed = write(&dir, &capture(), &Context::default());
    assert!(matches!(failed, Err(EvidenceError::Io { .. })), "{failed:?}");
    assert_eq!(names(&dir), ["report.html.part"]);
}
