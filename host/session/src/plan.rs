//! What a recording is to be: from where, into which files, and how it begins.

use std::path::PathBuf;

use ichiscope_capture::{Facts, Options, Rotation};

use crate::Source;

/// A recording to be made.
#[derive(Clone)]
pub struct Plan {
    /// Where the bytes come from.
    pub source: Source,
    /// The capture file to make, or the first of several.
    pub path: PathBuf,
    /// Facts of the session; `device` is filled in from the link.
    pub facts: Facts,
    /// When a new file is begun. By default never.
    pub rotation: Rotation,
    /// Room on the disk that is left free.
    pub options: Options,
    /// A device that is not there yet is waited for. The file is made at once, so the source should name the device.
    pub waits: bool,
    /// The serial number that the device must have, if what is stored with the recording holds for that device only. Another one is
    /// refused before a file is made.
    pub board: Option<String>,
}

impl Plan {
    /// One file, and a device that is there.
    pub fn new(source: Source, path: impl Into<PathBuf>, facts: Facts) -> Plan {
        Plan {
            source,
            path: path.into(),
            facts,
            rotation: Rotation::default(),
            options: Options::default(),
            waits: false,
            board: None,
        }
    }
}
