//! The captures that were opened last.

use std::path::{Path, PathBuf};

/// So many captures are remembered.
const MOST_RECENT: usize = 10;

/// `recent` with `path` at its front, once.
pub fn with_recent(recent: &[PathBuf], path: &Path) -> Vec<PathBuf> {
    // Relative paths mean something else at the next start.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let others = recent.iter().filter(|p| **p != path).cloned();
    std::iter::once(path.clone()).chain(others).take(MOST_RECENT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_capture_is_first_and_each_is_there_once() {
        let mut recent = Vec::new();
        for name in ["/a", "/b", "/a", "/c", "/d", "/e", "/f", "/g", "/h", "/i", "/j", "/k"] {
            recent = with_recent(&recent, Path::new(name));
        }
        assert_eq!(recent.len(), MOST_RECENT);
        assert_eq!(recent[0], PathBuf::from("/k"));
        assert_eq!(recent.iter().filter(|p| p.ends_with("a")).count(), 1);
    }
}
