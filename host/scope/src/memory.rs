//! What the app remembers from one start to the next: recent captures, theme, layout, size of the window.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use crate::model::Model;

/// A longer file is none of ours.
const MAX_BYTES: u64 = 1 << 20;

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Captures, newest first.
    pub recent: Vec<PathBuf>,
    /// Dark, or light.
    pub dark: bool,
    /// Cursors snap to edges.
    pub snap: bool,
    /// The console's text is shown.
    pub console: bool,
    /// The alarm comes this long before the limit, s.
    pub alarm_s: u64,
    /// The board that was recorded from last.
    pub serial: String,
    /// Size of the window, points.
    pub window: Option<[f32; 2]>,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory::of(&Model::default(), None)
    }
}

impl Memory {
    /// What is to be remembered of a state.
    pub fn of(model: &Model, window: Option<[f32; 2]>) -> Memory {
        Memory {
            recent: model.recent.clone(),
            dark: model.dark,
            snap: model.snap,
            console: model.console,
            alarm_s: model.alarm_s,
            serial: model.serial.clone(),
            window,
        }
    }

    /// Where it is kept: in the user's folder for configuration. None if there is no such folder.
    pub fn place() -> Option<PathBuf> {
        let folders = etcetera::choose_base_strategy().ok()?;
        Some(folders.config_dir().join("ichiscope").join("scope.json"))
    }

    /// What was kept; the defaults if that cannot be read.
    pub fn read(path: &Path) -> Memory {
        let is_short = fs::metadata(path).is_ok_and(|m| m.len() <= MAX_BYTES);
        let bytes = if is_short { fs::read(path).unwrap_or_default() } else { Vec::new() };
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Keeps it: beside the name first, then by one rename.
    ///
    /// # Errors
    /// The folder or the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let part = path.with_extension("part");
        fs::write(&part, serde_json::to_vec_pretty(self)?)?;
        fs::rename(&part, path)
    }

    /// Puts it into a state.
    pub fn restore(&self, model: &mut Model) {
        model.recent.clone_from(&self.recent);
        model.dark = self.dark;
        model.snap = self.snap;
        model.console = self.console;
        model.alarm_s = self.alarm_s;
        model.serial.clone_from(&self.serial);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_comes_back_and_damage_gives_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("scope.json");
        assert_eq!(Memory::read(&path), Memory::default());
        let memory = Memory {
            recent: vec!["/a.mcap".into()],
            dark: false,
            window: Some([900.0, 700.0]),
            ..Memory::default()
        };
        memory.write(&path).unwrap();
        assert_eq!(Memory::read(&path), memory);
        fs::write(&path, "{\"dark\": 7}").unwrap();
        assert_eq!(Memory::read(&path), Memory::default());
        fs::write(&path, "{\"snap\": false}").unwrap();
        assert_eq!(Memory::read(&path), Memory { snap: false, ..Memory::default() });
    }
}
