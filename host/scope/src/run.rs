//! The window.

use std::path::PathBuf;

use crate::ScopeApp;
use crate::memory::Memory;

/// Size of the window at the first start, points: the screen, but no more than this.
const SIZE: [f32; 2] = [3840.0, 2160.0];

/// What the app starts with.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The capture to open.
    pub capture: Option<PathBuf>,
}

/// Why the window could not be opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "the window could not be opened: {0}. On a machine without a screen use the commands that need none \
     (`ichiscope --help`); on Debian the window needs the packages libxcursor1 libxi6 libxkbcommon-x11-0 libgl1"
)]
pub struct ScopeError(#[from] eframe::Error);

/// Opens the window and shows it until it is closed.
///
/// # Errors
/// There is no screen, or a library of the window system is missing.
pub fn run(start: Start) -> Result<(), ScopeError> {
    let memory = Memory::place();
    let size = memory.as_deref().and_then(|path| Memory::read(path).window);
    let viewport = egui::ViewportBuilder::default()
        .with_title("ichiscope")
        .with_app_id("ichiscope")
        .with_inner_size(size.unwrap_or(SIZE))
        .with_maximized(size.is_none())
        .with_min_inner_size([960.0, 600.0])
        .with_drag_and_drop(true);
    let options = eframe::NativeOptions { viewport, renderer: eframe::Renderer::Glow, ..Default::default() };
    let app = ScopeApp::new(start.capture.as_deref());
    let app = match memory {
        Some(path) => app.with_memory(path),
        None => app,
    };
    eframe::run_native("ichiscope", options, Box::new(|_| Ok(Box::new(app))))?;
    Ok(())
}
