//! Other programs, and where their output is kept.

use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
