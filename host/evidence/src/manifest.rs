//! The manifest: which capture this evidence is of, and the SHA-256 of every file.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cells::hex;

/// Its name in the evidence folder.
pub(crate) const MANIFEST: &str = "manifest.json";

/// What the manifest says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Version of the evidence format.
    pub(crate) evidence_version: u32,
    /// The program that made it.
    pub(crate) program: String,
    /// File name of the capture.
    pub(crate) capture: String,
    /// Its SHA-256.
    pub(crate) capture_sha256: String,
    /// The other files, in the order of `docs/evidence.md`.
    pub(crate) files: Vec<Entry>,
}

/// One file of the evidence.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: String,
    /// Its SHA-256.
    pub(crate) sha256: String,
}

/// The manifest of these files.
pub(crate) fn manifest(files: &[(&'static str, Vec<u8>)], capture: &str, capture_sha256: &str) -> Vec<u8> {
    let entry = |(name, bytes): &(&'static str, Vec<u8>)| Entry {
        name: (*name).to_owned(),
        sha256: hex(&Sha256::digest(bytes)),
    };
    let manifest = Manifest {
        evidence_version: 1,
        program: concat!("ichiscope ", env!("CARGO_PKG_VERSION")).to_owned(),
        capture: capture.to_owned(),
        capture_sha256: capture_sha256.to_owned(),
        files: files.iter().map(entry).collect(),
    };
    let mut text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    text.push('\n');
    text.into_bytes()
}
