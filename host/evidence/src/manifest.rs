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
    /// File name of the capture; of a recording in several files the first.
    pub(crate) capture: String,
    /// Its SHA-256.
    pub(crate) capture_sha256: String,
    /// The files that continue it, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) continued_in: Vec<CaptureFile>,
    /// Names of the files that lay beside the capture; they are among `files`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) settings: Vec<String>,
    /// The other files, in the order of `docs/evidence.md`.
    pub(crate) files: Vec<Entry>,
}

impl Manifest {
    /// The capture files, the first one included.
    pub(crate) fn captures(&self) -> Vec<CaptureFile> {
        let first = CaptureFile { name: self.capture.clone(), sha256: self.capture_sha256.clone() };
        std::iter::once(first).chain(self.continued_in.iter().cloned()).collect()
    }
}

/// A file of the recording that the evidence is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureFile {
    /// Its name.
    pub name: String,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
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
pub(crate) fn manifest(
    files: &[(&'static str, Vec<u8>)],
    captures: &[CaptureFile],
    settings: Vec<String>,
) -> Vec<u8> {
    let first = captures.first();
    let entry = |(name, bytes): &(&'static str, Vec<u8>)| Entry {
        name: (*name).to_owned(),
        sha256: hex(&Sha256::digest(bytes)),
    };
    let manifest = Manifest {
        evidence_version: 2,
        program: concat!("ichiscope ", env!("CARGO_PKG_VERSION")).to_owned(),
        capture: first.map(|c| c.name.clone()).unwrap_or_default(),
        capture_sha256: first.map(|c| c.sha256.clone()).unwrap_or_default(),
        continued_in: captures.iter().skip(1).cloned().collect(),
        settings,
        files: files.iter().map(entry).collect(),
    };
    let mut text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    text.push('\n');
    text.into_bytes()
}
