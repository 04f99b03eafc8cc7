//! `verify`: makes the evidence again from the capture and says what differs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ichiscope_context::Context;
use ichiscope_replay::{ReplayError, load};
use sha2::{Digest, Sha256};

use crate::basis::Basis;
use crate::cells::hex;
use crate::manifest::{CaptureFile, MANIFEST, Manifest};
use crate::package::{EvidenceError, capture_files, render};

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The manifest is missing or no manifest.
    #[error("{path}: {what}. Remedy: give the folder that `ichiscope evidence` wrote")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The capture is not where it is looked for.
    #[error("the capture '{name}' is neither in {dir} nor beside it. Remedy: say where it is with --capture")]
    NoCapture {
        /// Its name.
        name: String,
        /// The evidence folder.
        dir: PathBuf,
    },
    /// The capture cannot be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A file cannot be read.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The evidence could not be made again.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The file.
    pub file: String,
    /// Where in it, and how.
    pub what: String,
}

/// Makes the evidence in `dir` again from its capture (`capture`, or looked for in and beside `dir`) and compares.
///
/// # Errors
/// The manifest or the capture cannot be read. Differences are no error: they are the result.
pub fn verify(dir: &Path, capture: Option<&Path>) -> Result<Vec<Difference>, VerifyError> {
    let told = read_manifest(dir)?;
    let capture = match capture {
        Some(path) => path.to_owned(),
        None => find_capture(dir, &told)?,
    };
    let mut recording = load(&capture, |_| ())?;
    let found =
        capture_files(&recording, |_, _| true).map_err(|(path, error)| VerifyError::Io { path, error })?;
    let found = found.unwrap_or_default();
    let (captures, mut differences) = compare_captures(&told.captures(), found);
    differences.extend(compare_settings(dir, &told)?);
    let context = match Context::of_evidence(dir, &told.settings) {
        Ok(context) => context,
        Err(error) => {
            // Without it nothing can be made again; that it differs was already found.
            let what = format!("cannot be used, so nothing can be made again: {error}");
            differences.push(Difference { file: "settings".to_owned(), what });
            return Ok(differences);
        }
    };
    let analysis = context.analyse(&mut recording).map_err(EvidenceError::from)?;
    let basis = Basis { recording: &recording, analysis: &analysis, captures: &captures, context: &context };
    for (name, expected) in render(&basis)? {
        let path = dir.join(name);
        match fs::read(&path) {
            Ok(found) if found == expected => {}
            Ok(found) => differences.extend(compare(name, &expected, &found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                differences.push(Difference { file: name.to_owned(), what: "is missing".to_owned() });
            }
            Err(error) => return Err(VerifyError::Io { path, error }),
        }
    }
    Ok(differences)
}

/// The files that lay beside the capture, held against the manifest: everything else is made again with them.
fn compare_settings(dir: &Path, told: &Manifest) -> Result<Vec<Difference>, VerifyError> {
    let mut differences = Vec::new();
    for entry in told.files.iter().filter(|e| told.settings.contains(&e.name)) {
        // Only a file name is taken from the manifest: it must not lead anywhere else.
        let path = dir.join(Path::new(&entry.name).file_name().unwrap_or_default());
        let what = match fs::read(&path) {
            Ok(bytes) if hex(&Sha256::digest(&bytes)) == entry.sha256 => continue,
            Ok(bytes) => {
                let found = hex(&Sha256::digest(&bytes));
                format!("the file has SHA-256 {found}, the manifest says {}", entry.sha256)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => "is missing".to_owned(),
            Err(error) => return Err(VerifyError::Io { path, error }),
        };
        differences.push(Difference { file: entry.name.clone(), what });
    }
    Ok(differences)
}

fn read_manifest(dir: &Path) -> Result<Manifest, VerifyError> {
    let path = dir.join(MANIFEST);
    let wrong = |what: String| VerifyError::Manifest { path: path.clone(), what };
    let bytes = fs::read(&path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    serde_json::from_slice(&bytes).map_err(|error| wrong(format!("is no manifest: {error}")))
}

/// The first of the capture's files that is there.
fn find_capture(dir: &Path, told: &Manifest) -> Result<PathBuf, VerifyError> {
    // Only file names are taken from the manifest: they must not lead anywhere else.
    let bare = |file: &CaptureFile| Path::new(&file.name).file_name().unwrap_or_default().to_owned();
    let names: Vec<_> = told.captures().iter().map(bare).collect();
    let mut places = names.iter().flat_map(|name| [dir.join(name), dir.join("..").join(name)]);
    places
        .find(|place| place.is_file())
        .ok_or_else(|| VerifyError::NoCapture { name: told.capture.clone(), dir: dir.to_owned() })
}

/// The capture files that there are, under the names of the manifest (a file may have been renamed), and what differs.
fn compare_captures(told: &[CaptureFile], found: Vec<CaptureFile>) -> (Vec<CaptureFile>, Vec<Difference>) {
    let mut differences = Vec::new();
    let mut captures = Vec::new();
    for (n, mut file) in found.into_iter().enumerate() {
        // By contents where they agree, else by place.
        let same = told.iter().find(|t| t.sha256 == file.sha256).or(told.get(n));
        match same {
            Some(same) if same.sha256 == file.sha256 => file.name.clone_from(&same.name),
            Some(same) => {
                let what =
                    format!("the capture has SHA-256 {}, the manifest says {}", file.sha256, same.sha256);
                differences.push(Difference { file: same.name.clone(), what });
                file.name.clone_from(&same.name);
            }
            None => {
                let what = "belongs to the recording, and the manifest does not name it".to_owned();
                differences.push(Difference { file: file.name.clone(), what });
            }
        }
        captures.push(file);
    }
    for missing in told.iter().filter(|t| !captures.iter().any(|c| c.name == t.name)) {
        differences
            .push(Difference { file: missing.name.clone(), what: "the capture is missing".to_owned() });
    }
    (captures, differences)
}

/// Line by line, and in a CSV cell by cell.
fn compare(name: &str, expected: &[u8], found: &[u8]) -> Vec<Difference> {
    if name.ends_with(".csv")
        && let (Some(expected), Some(found)) = (rows(expected), rows(found))
    {
        return compare_cells(name, &expected, &found);
    }
    let lines = |bytes: &[u8]| bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let (expected, found) = (lines(expected), lines(found));
    let first = expected.iter().zip(&found).position(|(e, f)| e != f);
    let line = first.unwrap_or(expected.len().min(found.len())) + 1;
    vec![Difference { file: name.to_owned(), what: format!("differs from line {line} on") }]
}

fn rows(bytes: &[u8]) -> Option<Vec<csv::StringRecord>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    reader.records().collect::<Result<_, _>>().ok()
}

fn compare_cells(name: &str, expected: &[csv::StringRecord], found: &[csv::StringRecord]) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut say = |what: String| differences.push(Difference { file: name.to_owned(), what });
    if expected.len() != found.len() {
        say(format!("has {} rows, {} are expected", found.len(), expected.len()));
    }
    let header = expected.first().cloned().unwrap_or_default();
    for (row, (e, f)) in expected.iter().zip(found).enumerate() {
        for column in 0..e.len().max(f.len()) {
            let (e, f) = (e.get(column), f.get(column));
            if e != f {
                let column = header.get(column).unwrap_or("?");
                let cell = |c: Option<&str>| c.map_or("nothing".to_owned(), |c| format!("'{c}'"));
                say(format!("row {}, {column}: {} is there, {} is expected", row + 1, cell(f), cell(e)));
            }
        }
    }
    if differences.is_empty() {
        differences.push(Difference { file: name.to_owned(), what: "is written in another way".to_owned() });
    }
    differences
}
