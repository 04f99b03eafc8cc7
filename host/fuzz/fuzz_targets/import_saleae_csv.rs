//! Any bytes as a CSV of Saleae's Logic.
#![no_main]

#[path = "../folder.rs"]
mod folder;
#[path = "../import_checks.rs"]
mod import_checks;

use folder::FOLDER;
use ichiscope_exchange::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = import_checks::file(Format::SaleaeCsv, bytes, &FOLDER);
});
