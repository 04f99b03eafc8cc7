//! The commands, one a file.

pub(crate) mod analyse;
pub(crate) mod bench;
pub(crate) mod beside;
pub(crate) mod calibrate;
pub(crate) mod campaign;
pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod evidence;
pub(crate) mod export;
pub(crate) mod files;
pub(crate) mod flash;
pub(crate) mod import;
pub(crate) mod record;
pub(crate) mod recover;
pub(crate) mod replay;
pub(crate) mod selftest;
mod setup;
mod temporary;
pub(crate) mod verify;

use std::path::{Path, PathBuf};

use ichiscope_replay::Recording;

use crate::exit::Outcome;
use crate::output::progress;

/// Opens the app, on a capture if there is one.
#[cfg(feature = "app")]
pub(crate) fn app(capture: Option<PathBuf>) -> anyhow::Result<Outcome> {
    anyhow::ensure!(
        has_display(),
        "there is no display to open the app on. Remedy: set DISPLAY, or use a command that needs none: see --help"
    );
    // The window's error cannot cross threads, as anyhow wants it to; its text can.
    ichiscope_scope::run(ichiscope_scope::Start { capture }).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Outcome::Good)
}

/// This program was built without the app.
#[cfg(not(feature = "app"))]
pub(crate) fn app(_: Option<PathBuf>) -> anyhow::Result<Outcome> {
    anyhow::bail!(
        "this ichiscope was built without the app. Remedy: build it with the feature `app`, or see --help"
    )
}

/// Whether a window can be opened here.
pub(crate) fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// Reads a capture with a progress bar, and says what is damaged in it.
pub(crate) fn load(path: &Path) -> anyhow::Result<Recording> {
    let length = std::fs::metadata(path).map_or(0, |m| m.len());
    let bar = progress(length, "reading");
    let recording = ichiscope_replay::load(path, |bytes| bar.set_position(bytes))?;
    bar.finish_and_clear();
    for d in &recording.damage {
        eprintln!("{}: {} bytes at byte {}: {}", path.display(), d.bytes, d.offset, d.what);
    }
    if !recording.finished {
        eprintln!(
            "{}: the recording was not finished; everything up to its last block was read",
            path.display()
        );
    }
    Ok(recording)
}
