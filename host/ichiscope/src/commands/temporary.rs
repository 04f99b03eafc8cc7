//! A recording that nobody wants to keep.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

/// A place for a recording; it goes, with everything beside it, when this does.
pub(super) struct Temporary {
    /// Removed when this is dropped.
    folder: TempDir,
    path: PathBuf,
}

impl Temporary {
    /// In `folder`.
    pub(super) fn new(folder: &Path, name: &str) -> anyhow::Result<Temporary> {
        let made = tempfile::Builder::new().prefix(&format!("ichiscope-{name}-")).tempdir_in(folder);
        let folder = made.with_context(|| {
            format!(
                "cannot make a folder in {}. Remedy: choose another with --folder or TMPDIR",
                folder.display()
            )
        })?;
        Ok(Temporary { path: folder.path().join(format!("{name}.mcap")), folder })
    }

    /// The capture file to make.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder, which holds nothing else.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
