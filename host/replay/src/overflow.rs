//! Where an axis goes that does not fit into memory.

use std::path::PathBuf;

use etcetera::BaseStrategy;

/// The user's folder for what can be made again; without one the system's folder for temporary files, which on many systems is memory.
pub(crate) fn folder() -> PathBuf {
    let cache = etcetera::choose_base_strategy().map(|folders| folders.cache_dir());
    cache.unwrap_or_else(|_| std::env::temp_dir()).join("ichiscope")
}
