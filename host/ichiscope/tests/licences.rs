//! Licences and sources of the dependencies, from the lock file and the sources on this machine: no network.
//!
//! Licences are those of the packages for the platform that the test runs on (others are not on this machine); sources
//! are those of every package in the lock file.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

use std::process::Command;

use serde_json::Value;
use spdx::{Expression, LicenseId};

/// What may be linked in. LGPL only as a shared library, so no crate may have it.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "OFL-1.1",
    "Unicode-3.0",
    "Unlicense",
    "Ubuntu-font-1.0",
    "Zlib",
];

fn platform() -> String {
    let out = Command::new("rustc").arg("-vV").output().expect("rustc");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let host = text.lines().find_map(|l| l.strip_prefix("host: ")).expect("rustc names its host");
    host.to_owned()
}

fn packages() -> Vec<Value> {
    let out = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--offline",
            "--filter-platform",
            &platform(),
        ])
        .output()
        .expect("cargo metadata");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("JSON of cargo metadata");
    metadata["packages"].as_array().expect("packages").clone()
}

fn is_allowed(license: Option<LicenseId>) -> bool {
    license.is_some_and(|l| ALLOWED.contains(&l.name))
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let mut refused = Vec::new();
    let packages = packages();
    assert!(packages.len() > 100, "only {} packages: the list is not whole", packages.len());
    for package in &packages {
        // The old way of writing OR, which SPDX no longer knows.
        let written = package["license"].as_str().unwrap_or_default().replace('/', " OR ");
        let fine = Expression::parse_mode(&written, spdx::ParseMode::LAX)
            .is_ok_and(|e| e.evaluate(|req| is_allowed(req.license.id())));
        if !fine {
            refused.push(format!("{} {}: '{written}'", package["name"], package["version"]));
        }
    }
    assert!(refused.is_empty(), "not allowed:\n{}", refused.join("\n"));
}

#[test]
fn every_dependency_comes_from_the_registry_or_this_workspace() {
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    let lock = std::fs::read_to_string(lock).expect("Cargo.lock");
    let sources: Vec<&str> = lock.lines().filter_map(|l| l.strip_prefix("source = ")).collect();
    assert!(sources.len() > 100, "only {} sources: the lock file is not whole", sources.len());
    let foreign: Vec<_> = sources.iter().filter(|s| !s.starts_with("\"registry+")).collect();
    assert!(foreign.is_empty(), "not from the registry: {foreign:?}");
}
