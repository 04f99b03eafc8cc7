//! The system's own file dialogs, on a thread of their own. Where there are none, a path is typed.

use std::path::{Path, PathBuf};

use crossbeam::channel::Sender;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browse {
    /// A capture that exists.
    Capture,
    /// A new file.
    NewFile,
    /// A folder.
    Folder,
    /// A file that lies beside a capture.
    Beside,
}

/// Shows the dialog, beginning at `near`; sends what was chosen, or nothing.
pub fn show(what: Browse, near: &Path, done: &Sender<Option<PathBuf>>) {
    let folder = if near.is_dir() { Some(near) } else { near.parent().filter(|p| p.is_dir()) };
    let mut dialog = rfd::FileDialog::new();
    if let Some(folder) = folder {
        dialog = dialog.set_directory(folder);
    }
    let chosen = match what {
        Browse::Capture => dialog.add_filter("captures", &["mcap"]).pick_file(),
        Browse::NewFile => {
            let name = near.file_name().unwrap_or_default().to_string_lossy().into_owned();
            dialog.set_file_name(name).save_file()
        }
        Browse::Folder => dialog.pick_folder(),
        Browse::Beside => {
            dialog.add_filter("profiles and logs", &["toml", "csv", "json", "jsonl"]).pick_file()
        }
    };
    // Nobody listens any more when the window was closed.
    let _ = done.send(chosen);
}
