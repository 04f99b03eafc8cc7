//! A short fuzz run of every importer: the kept corpus, and some seconds of random changes to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../fuzz/folder.rs"]
mod folder;
#[path = "../../fuzz/import_checks.rs"]
mod import_checks;
#[path = "../../fuzz/random.rs"]
mod random;

use std::path::{Path, PathBuf};

use folder::FOLDER;
use ichiscope_exchange::Format;
use random::{Random, corpus, fuzz};

/// What importers look for.
const WORDS: [&str; 20] = [
    "0",
    "-1",
    "1e30",
    "18446744073709551616",
    ".5",
    "nan",
    "\n",
    ",",
    "\"",
    " ",
    "#",
    "x",
    "$end",
    "1 fs",
    "begin",
    "end",
    "time_ns",
    "[device 1]",
    "=",
    "\u{feff}",
];

/// A change of bytes, or a word somewhere.
fn change(random: &mut Random, bytes: &mut Vec<u8>) {
    if random.below(2) == 0 {
        return random.change(bytes);
    }
    let from = random.below(bytes.len() + 1);
    let to = (from + random.below(6)).min(bytes.len());
    bytes.splice(from..to, WORDS[random.below(WORDS.len())].bytes());
}

/// A folder for this test alone.
fn folder(name: &str) -> PathBuf {
    let folder = FOLDER.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Two of the kept inputs at least can be imported; or the rest would test refusals only.
fn run(target: &str, check: impl Fn(&[u8], &Path) -> bool) {
    let folder = folder(target);
    let seeds = corpus(target);
    assert!(seeds.iter().filter(|seed| check(seed, &folder)).count() >= 2, "the corpus says nothing");
    fuzz(target, &seeds, change, |bytes| _ = check(bytes, &folder));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn import_vcd() {
    run("import_vcd", |bytes, folder| import_checks::file(Format::Vcd, bytes, folder));
}

#[test]
fn import_sr() {
    run("import_sr", import_checks::session);
}

#[test]
fn import_saleae_csv() {
    run("import_saleae_csv", |bytes, folder| import_checks::file(Format::SaleaeCsv, bytes, folder));
}

#[test]
fn import_csv() {
    run("import_csv", |bytes, folder| import_checks::file(Format::Csv, bytes, folder));
}

#[test]
fn import_phases() {
    run("import_phases", import_checks::phases);
}
