//! Appends to a file that only this process may write; after a failure it goes on at the byte where the system stopped.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{CaptureError, create_remedy};

/// A file and the bytes that are to be appended to it.
pub(crate) struct Appender {
    path: PathBuf,
    file: File,
    waiting: Vec<u8>,
    /// So many of the waiting bytes are in the file already.
    done: usize,
    /// The file's length with all waiting bytes.
    len: u64,
}

impl Appender {
    /// Creates the file, which must not exist, and locks it.
    pub(crate) fn create(path: &Path) -> Result<Appender, CaptureError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => CaptureError::Exists { path: path.into() },
            _ => CaptureError::Create { path: path.into(), remedy: create_remedy(&source), source },
        };
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(path).map_err(failed)?;
        // A reader that looks whether the file is being written holds its lock for a moment: wait for it.
        if let Err(source) = file.lock() {
            discard(path);
            return Err(failed(source));
        }
        Ok(Appender { path: path.into(), file, waiting: Vec::new(), done: 0, len: 0 })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The file's length once all waiting bytes are in it.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Lets `put` add bytes, and returns what it added.
    pub(crate) fn add<E>(&mut self, put: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<&[u8], E> {
        let before = self.waiting.len();
        put(&mut self.waiting)?;
        self.len += (self.waiting.len() - before) as u64;
        Ok(&self.waiting[before..])
    }

    /// Hands the waiting bytes to the system: with one `write` unless the system takes them in parts.
    pub(crate) fn drain(&mut self) -> Result<(), CaptureError> {
        while self.done < self.waiting.len() {
            match self.file.write(&self.waiting[self.done..]) {
                Ok(0) => return Err(self.failed(io::ErrorKind::WriteZero.into())),
                Ok(n) => self.done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        self.waiting.clear();
        self.done = 0;
        Ok(())
    }

    /// Makes what was handed over survive a power cut.
    pub(crate) fn sync(&self) -> Result<(), CaptureError> {
        self.file.sync_data().map_err(|source| self.failed(source))
    }

    /// Where the file is.
    pub(crate) fn folder(&self) -> &Path {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new("."))
    }

    /// Makes the file's name survive a power cut.
    pub(crate) fn sync_folder(&self) {
        // Not every file system can sync a folder; the recording goes on without.
        let _ = File::open(self.folder()).and_then(|folder| folder.sync_all());
    }

    /// Gives the file up before anything was recorded, so that its name is free again.
    pub(crate) fn discard(self) {
        discard(&self.path);
    }

    fn failed(&self, source: io::Error) -> CaptureError {
        let path = self.path.clone();
        let at = self.len - (self.waiting.len() - self.done) as u64;
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                CaptureError::Full { path, at, source }
            }
            _ => CaptureError::Write { path, at, source },
        }
    }
}

fn discard(path: &Path) {
    // It stays behind as an empty file if that fails too: reading it says so.
    let _ = fs::remove_file(path);
}
