//! `fuzz`: every target of `host/fuzz` with libFuzzer, one after the other.

use std::fs;
use std::path::Path;

use crate::run::{Failed, cargo, cargo_with};

const TARGETS: &str = "host/fuzz/fuzz_targets";
/// Without a sanitizer: there is no unsafe code in what is fuzzed, and a stable toolchain has none.
const COMMON: [&str; 5] = ["--fuzz-dir", "host/fuzz", "--sanitizer", "none", "--target-dir"];
const TARGET_DIR: &str = "target/fuzz-build";

/// Fuzzes each target for the minutes given. What it finds grows in `target/fuzz`; what fails is kept in `host/fuzz/artifacts`.
pub(crate) fn fuzz(rest: &[&str]) -> Result<(), Failed> {
    let minutes: u64 = match rest.first() {
        None => 10,
        Some(text) => {
            text.parse().map_err(|_| Failed(format!("fuzz {text}: a number of minutes is needed")))?
        }
    };
    if cargo(&["fuzz", "--version"]).is_err() {
        cargo(&["install", "--locked", "cargo-fuzz"])?;
    }
    let limit = format!("-max_total_time={}", minutes * 60);
    for target in targets()? {
        let (found, kept) = (format!("target/fuzz/{target}"), format!("host/fuzz/corpus/{target}"));
        fs::create_dir_all(&found).map_err(|error| Failed(format!("cannot make {found}: {error}")))?;
        let run =
            [&["fuzz", "run"][..], &COMMON, &[TARGET_DIR, &target, &found, &kept, "--", &limit]].concat();
        // cargo-fuzz asks for compiler switches that a stable toolchain only takes with this.
        cargo_with(&[("RUSTC_BOOTSTRAP", "1")], &run)?;
    }
    Ok(())
}

fn targets() -> Result<Vec<String>, Failed> {
    let failed = |error| Failed(format!("cannot read {TARGETS}: {error}"));
    let mut names = Vec::new();
    for entry in fs::read_dir(TARGETS).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        names.extend(path.file_stem().map(|stem| Path::new(stem).display().to_string()));
    }
    names.sort();
    Ok(names)
}
