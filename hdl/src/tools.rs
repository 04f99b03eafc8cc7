//! Other programs, and where their output is kept.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Error;

/// Runs a program to its end and returns what it printed; `package` is what to install if it is missing.
pub(crate) fn run_tool(command: &mut Command, package: &'static str) -> Result<String, Error> {
    let tool = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::Missing { tool: tool.clone(), package },
        _ => Error::Tool { tool: tool.clone(), reason: error.to_string() },
    })?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let reason = format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr));
    Err(Error::Tool { tool, reason })
}

/// A folder for things that can be made again, in Cargo's target folder if this program lies in one.
pub(crate) fn cache_folder(name: &str) -> Result<PathBuf, Error> {
    let program = std::env::current_exe().ok();
    let target =
        program.iter().flat_map(|path| path.ancestors()).find(|dir| dir.join("CACHEDIR.TAG").exists());
    let base = target.map_or_else(std::env::temp_dir, Path::to_owned);
    let folder = base.join("ichiscope-hdl").join(name);
    match std::fs::create_dir_all(&folder) {
        Ok(()) => Ok(folder),
        Err(error) => Err(Error::Io { path: folder, error }),
    }
}

/// A folder to work in below `parent`, which goes away with all that was not moved out of it, also when the work fails.
pub(crate) fn work_folder(parent: &Path, name: &str) -> Result<TempDir, Error> {
    TempDir::with_prefix_in(format!("{name}-"), parent)
        .map_err(|error| Error::Io { path: parent.to_owned(), error })
}

/// Writes a file.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
    std::fs::write(path, bytes).map_err(|error| Error::Io { path: path.to_owned(), error })
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_fails_leaves_nothing_and_what_is_moved_out_stays() {
        let cache = tempfile::tempdir().unwrap();
        let entries = || std::fs::read_dir(cache.path()).unwrap().count();
        let failing = || -> Result<(), Error> {
            let work = work_folder(cache.path(), "board")?;
            write(&work.path().join("top.v"), "module top;")?;
            assert_eq!(entries(), 1);
            run_tool(Command::new("false").current_dir(work.path()), "coreutils").map(drop)
        };
        assert!(failing().is_err());
        assert_eq!(entries(), 0);
        let work = work_folder(cache.path(), "board").unwrap();
        std::fs::rename(work.path(), cache.path().join("made")).unwrap();
        drop(work);
        assert!(cache.path().join("made").is_dir());
        assert_eq!(entries(), 1);
    }
}
