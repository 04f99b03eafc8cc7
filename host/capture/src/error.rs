//! What can go wrong with a capture file: the thing, the place and the remedy.

use std::io;
use std::path::PathBuf;

/// Why a capture cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The name is taken.
    #[error("{} already exists, and a recording is never overwritten. Remedy: choose another name", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be created.
    #[error("cannot create {}: {source}. Remedy: {remedy}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The disk is full, or the file may not grow further.
    #[error(
        "no room for {} beyond byte {at}: {source}. Remedy: make room and record a new file; everything before is in this one",
        path.display()
    )]
    Full {
        /// The file.
        path: PathBuf,
        /// Bytes that are in the file.
        at: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The disk is nearly full: what is left is kept for closing the file.
    #[error(
        "only {free} bytes are left on the disk of {}, and {reserve} are kept for closing the file. Remedy: make room, or record a \
         new file to another disk; everything up to here is in the file",
        path.display()
    )]
    NoRoom {
        /// The file.
        path: PathBuf,
        /// Bytes that are free.
        free: u64,
        /// Bytes that are kept.
        reserve: u64,
    },
    /// The system refused to write.
    #[error(
        "cannot write {} at byte {at}: {source}. Remedy: check the disk and record to another one; what was written stays",
        path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// Bytes that are in the file.
        at: u64,
        /// What the system said.
        source: io::Error,
    },
    /// A text is too long to be recorded.
    #[error("{what}: {bytes} bytes, at most {limit} can be recorded. Remedy: shorten it")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// Somebody else wrote into the file while it was being recorded.
    #[error(
        "{} was changed by another program at byte {at}, so no index was added. Remedy: keep the file; it can be read without",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
    },
    /// The file cannot be opened.
    #[error("cannot open {}: {source}. Remedy: {remedy}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The recording ended before anything but its beginning was written.
    #[error(
        "{} ends at byte {bytes}, before anything was recorded. Remedy: record again; this file can be deleted",
        path.display()
    )]
    NothingRecorded {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// The file is still being recorded.
    #[error("{} is still being recorded. Remedy: stop the recording first", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// What was written does not read back as it should.
    #[error(
        "{} does not read back as it was written: {what}. Remedy: check the disk, delete this file and recover to another disk",
        path.display()
    )]
    NotVerified {
        /// The file that was written.
        path: PathBuf,
        /// What differs first.
        what: String,
    },
    /// Not a capture of this project.
    #[error("{} is not a capture: {looks}. Remedy: choose an .mcap file that ichiscope recorded", path.display())]
    NotACapture {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        looks: String,
    },
    /// Recorded by a later program.
    #[error("{} has capture format {found}; this program reads up to {known}. Remedy: update ichiscope", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that is known here.
        known: u32,
    },
    /// No copy of the session's facts is whole.
    #[error(
        "the session facts of {} at byte {at} are damaged, and so is every copy: {reason}. Remedy: use a backup of the file",
        path.display()
    )]
    NoFacts {
        /// The file.
        path: PathBuf,
        /// Where the first copy should be.
        at: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// What to do about an error while creating.
pub(crate) fn create_remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::NotFound => "create the folder first",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "choose a folder that you may write to"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on the disk",
        io::ErrorKind::Unsupported => "choose a local disk: this one cannot lock files",
        _ => "check the path and the disk, or choose another folder",
    }
}

/// What to do about an error while opening.
pub(crate) fn open_remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::PermissionDenied => "ask the file's owner for read access",
        io::ErrorKind::IsADirectory => "name a file in that folder",
        _ => "check the disk",
    }
}
