//! Any bytes as a capture file.
#![no_main]

#[path = "../checks.rs"]
mod checks;

use std::path::PathBuf;
use std::sync::LazyLock;

/// A folder of its own, so that nothing else is taken for a part of the recording.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("ichiscope-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
    folder.join("a.mcap")
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::capture(bytes, &FILE));
