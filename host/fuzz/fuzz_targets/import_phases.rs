//! Any bytes as a log of phases.
#![no_main]

#[path = "../folder.rs"]
mod folder;
#[path = "../import_checks.rs"]
mod import_checks;

use folder::FOLDER;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = import_checks::phases(bytes, &FOLDER);
});
