//! Any bytes as the metadata and samples of a sigrok session.
#![no_main]

#[path = "../folder.rs"]
mod folder;
#[path = "../import_checks.rs"]
mod import_checks;

use folder::FOLDER;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = import_checks::session(bytes, &FOLDER);
});
