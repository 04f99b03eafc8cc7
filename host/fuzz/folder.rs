//! A folder for what a fuzz target must have as a file: of its own, and in memory where that is possible.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The folder.
pub static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = base.join(format!("ichiscope-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
    folder
});
