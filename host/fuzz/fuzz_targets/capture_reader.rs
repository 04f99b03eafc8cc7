//! Any bytes as a capture file.
#![no_main]

#[path = "../checks.rs"]
mod checks;
#[path = "../folder.rs"]
mod folder;

use folder::FOLDER;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::capture(bytes, &FOLDER.join("a.mcap")));
