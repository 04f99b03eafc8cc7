//! The files: rendered in memory, written beside their names, renamed; never over something else.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use ichiscope_context::{Context, ContextError};
use ichiscope_replay::{Recording, ReplayError, load_while};
use ichiscope_verdict::Analysis;
use sha2::{Digest, Sha256};

use crate::basis::Basis;
use crate::cells::{hex, text};
use crate::manifest::{CaptureFile, MANIFEST, manifest};
use crate::report::report;
use crate::tables::{Table, console, events, findings, gaps, outages, phases, run, side_losses};

/// Why evidence could not be made.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The capture.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A file that lies beside it.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// A file or folder could not be read or written.
    #[error(
        "cannot {what} {path}: {error}. Remedy: choose a folder that exists and can be written with --out"
    )]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Another evidence is there.
    #[error(
        "{path} exists and is not what this capture gives; evidence is never overwritten. Remedy: choose another folder with --out"
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A cell could not be encoded.
    #[error("cannot encode {table}: {error}")]
    Encode {
        /// Which table.
        table: &'static str,
        /// What the encoder said.
        error: String,
    },
    /// It was not wanted any more.
    #[error("cancelled: no evidence was written")]
    Cancelled,
}

/// Shares of the work of an export: when the capture is read, when its checksums are made.
const READ: f32 = 0.7;
const HASHED: f32 = 0.9;

/// What was written, and from what.
#[derive(Debug)]
pub struct Written {
    /// The files, in the order of `docs/evidence.md`.
    pub files: Vec<PathBuf>,
    /// The capture.
    pub recording: Recording,
    /// Its analysis.
    pub analysis: Analysis,
}

/// Reads `capture` and writes its evidence, with everything that lies beside it, into `dir`, which is made if missing.
///
/// # Errors
/// The capture cannot be read, a file beside it does not belong to it, or a file cannot be written or would be overwritten; then
/// no file was changed.
pub fn write(dir: &Path, capture: &Path, context: &Context) -> Result<Written, EvidenceError> {
    write_while(dir, capture, context, |_| true)
}

/// As [`write`], as long as `goes_on` says so: it is asked all along with the share that is done, 0..=1.
///
/// # Errors
/// As [`write`]; [`EvidenceError::Cancelled`], and then no file was changed.
pub fn write_while(
    dir: &Path,
    capture: &Path,
    context: &Context,
    mut goes_on: impl FnMut(f32) -> bool,
) -> Result<Written, EvidenceError> {
    let mut recording = load_while(capture, |share| goes_on(READ * share)).map_err(|error| match error {
        ReplayError::Stopped => EvidenceError::Cancelled,
        error => EvidenceError::Replay(error),
    })?;
    let analysis = context.analyse(&mut recording)?;
    let files = recording.files.len() as f32;
    let captures = capture_files(&recording, |number, share| {
        goes_on(READ + (HASHED - READ) * (number as f32 + share) / files)
    })
    .map_err(|(path, error)| io_error("read", &path, error))?
    .ok_or(EvidenceError::Cancelled)?;
    let basis = Basis { recording: &recording, analysis: &analysis, captures: &captures, context };
    let rendered = render(&basis)?;
    let files = put_all(dir, &rendered, || goes_on(HASHED))?;
    Ok(Written { files, recording, analysis })
}

/// The evidence's names and bytes.
///
/// # Errors
/// A table cannot be encoded.
pub fn render(basis: &Basis<'_>) -> Result<Vec<(&'static str, Vec<u8>)>, EvidenceError> {
    let analysis = basis.analysis;
    // Without a tick rate there are no outages and no times; any rate but zero renders the empty tables.
    let tick_hz = analysis.tick_hz.unwrap_or(1);
    let tables = [
        ("outages.csv", outages(analysis, tick_hz)),
        ("phases.csv", phases(analysis, tick_hz)),
        ("gaps.csv", gaps(analysis, tick_hz)),
        ("events.csv", events(analysis, tick_hz)),
        ("findings.csv", findings(analysis, tick_hz)),
        ("side-losses.csv", side_losses(basis.recording)),
        ("console.csv", console(basis.recording, tick_hz)),
        ("run.csv", run(basis)),
    ];
    let mut files = Vec::new();
    for (name, table) in &tables {
        files.push((*name, encode(name, table)?));
    }
    files.push(("report.html", report(basis, &tables).into_bytes()));
    let settings = basis.context.files();
    files.extend(settings.iter().map(|file| (file.name, file.bytes.clone())));
    let names = settings.iter().map(|file| file.name.to_owned()).collect();
    files.push((MANIFEST, manifest(&files, basis.captures, names)));
    Ok(files)
}

/// A table for a file of its own.
pub struct Sheet {
    /// The file's name.
    pub name: &'static str,
    /// The names of the columns.
    pub header: &'static [&'static str],
    /// Rows of as many cells.
    pub rows: Vec<Vec<String>>,
}

/// Writes tables as the evidence's CSV files are written (RFC 4180, text defused), and other files by their bytes; never over
/// something else.
///
/// # Errors
/// A table cannot be encoded, or a file cannot be written or would be overwritten; then no file was changed.
pub fn put_tables(
    dir: &Path,
    sheets: &[Sheet],
    others: Vec<(&'static str, Vec<u8>)>,
) -> Result<Vec<PathBuf>, EvidenceError> {
    let cell = |c: &String| if c.parse::<f64>().is_ok() { c.clone() } else { text(c) };
    let mut rendered = Vec::new();
    for Sheet { name, header, rows } in sheets {
        let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        rendered.push((*name, encode(name, &Table { header, rows })?));
    }
    rendered.extend(others);
    put_all(dir, &rendered, || true)
}

/// All files, or none: they get their names when the last one is on the disk.
fn put_all(
    dir: &Path,
    rendered: &[(&'static str, Vec<u8>)],
    mut goes_on: impl FnMut() -> bool,
) -> Result<Vec<PathBuf>, EvidenceError> {
    let mut unnamed = Unnamed { dir, made_dir: !dir.exists(), names: Vec::new() };
    fs::create_dir_all(dir).map_err(|error| io_error("make the folder", dir, error))?;
    for (name, bytes) in rendered {
        refuse_other(&dir.join(name), bytes)?;
    }
    for (name, bytes) in rendered {
        if !goes_on() {
            return Err(EvidenceError::Cancelled);
        }
        unnamed.put(name, bytes)?;
    }
    unnamed.name()
}

/// Files of a package that do not have their names yet. What has none in the end goes away again, and so does a folder that was
/// made for it.
struct Unnamed<'a> {
    dir: &'a Path,
    made_dir: bool,
    names: Vec<&'static str>,
}

impl Unnamed<'_> {
    fn part(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.part"))
    }

    fn put(&mut self, name: &'static str, bytes: &[u8]) -> Result<(), EvidenceError> {
        self.names.push(name);
        let path = self.part(name);
        let write = || -> io::Result<()> {
            let mut file = File::create(&path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|error| io_error("write", &path, error))
    }

    fn name(mut self) -> Result<Vec<PathBuf>, EvidenceError> {
        let mut named = Vec::new();
        for name in std::mem::take(&mut self.names) {
            let path = self.dir.join(name);
            fs::rename(self.part(name), &path).map_err(|error| io_error("write", &path, error))?;
            named.push(path);
        }
        Ok(named)
    }
}

impl Drop for Unnamed<'_> {
    fn drop(&mut self) {
        // What cannot be taken away is in nobody's way: no reader looks at such names, and a folder with something in it stays.
        for name in &self.names {
            let _ = fs::remove_file(self.part(name));
        }
        if self.made_dir {
            let _ = fs::remove_dir(self.dir);
        }
    }
}

fn encode(table: &'static str, content: &Table) -> Result<Vec<u8>, EvidenceError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut write = || -> Result<(), csv::Error> {
        writer.write_record(content.header)?;
        content.rows.iter().try_for_each(|row| writer.write_record(row))
    };
    write().map_err(|error| EvidenceError::Encode { table, error: error.to_string() })?;
    writer.into_inner().map_err(|error| EvidenceError::Encode { table, error: error.to_string() })
}

/// The files of a recording, in their order; none once `goes_on` said no to the number of a file and the share of it that is done.
pub(crate) fn capture_files(
    recording: &Recording,
    mut goes_on: impl FnMut(usize, f32) -> bool,
) -> Result<Option<Vec<CaptureFile>>, (PathBuf, io::Error)> {
    let mut files = Vec::new();
    for (number, path) in recording.files.iter().enumerate() {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let hashed = sha256_while(path, |share| goes_on(number, share));
        let Some(sha256) = hashed.map_err(|error| (path.clone(), error))? else { return Ok(None) };
        files.push(CaptureFile { name, sha256 });
    }
    Ok(Some(files))
}

/// SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// The file cannot be read.
pub fn sha256(path: &Path) -> io::Result<String> {
    sha256_while(path, |_| true)?.ok_or_else(|| io::ErrorKind::Interrupted.into())
}

fn sha256_while(path: &Path, mut goes_on: impl FnMut(f32) -> bool) -> io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let all = file.metadata()?.len().max(1);
    let (mut hash, mut done) = (Sha256::new(), 0u64);
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(Some(hex(&hash.finalize()))),
            n => hash.update(&block[..n]),
        }
        done += block.len() as u64;
        if !goes_on((done as f32 / all as f32).min(1.0)) {
            return Ok(None);
        }
    }
}

fn refuse_other(path: &Path, bytes: &[u8]) -> Result<(), EvidenceError> {
    match fs::read(path) {
        Ok(old) if old == bytes => Ok(()),
        Ok(_) => Err(EvidenceError::Exists { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error("read", path, error)),
    }
}

fn io_error(what: &'static str, path: &Path, error: io::Error) -> EvidenceError {
    EvidenceError::Io { what, path: path.to_owned(), error }
}
