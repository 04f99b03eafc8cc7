//! Everything that can happen to the app. Views only make messages; [`Model::apply`](crate::Model::apply) acts on them.

use std::path::PathBuf;

use crate::view::Anchor;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The capture in view holds these ticks now (first and last), at this tick rate.
    Seen {
        /// First and last tick.
        span: (u64, u64),
        /// Ticks per second, if known.
        tick_hz: Option<u64>,
    },
    /// Make the view `steps` rungs shorter (longer, if negative) around the anchor.
    Zoom {
        /// Rungs of the ladder of lengths.
        steps: i32,
        /// What stays where it is.
        anchor: Anchor,
    },
    /// Show the whole capture.
    Fit,
    /// Show these ticks.
    Show {
        /// First tick.
        start: u64,
        /// First tick after them.
        end: u64,
    },
    /// Move the view by this many ticks; positive is later.
    Pan(i64),
    /// The axis was taken hold of.
    Grab,
    /// It was moved by this many ticks since.
    DragTo(i64),
    /// It was let go.
    Release,
    /// Keep the newest tick in view while recording, or stop doing so.
    ToggleFollow,
    /// Play, or pause.
    TogglePlay,
    /// A speed, by its place in [`SPEEDS`](crate::playback::SPEEDS).
    Speed(usize),
    /// The playhead goes to this tick.
    Scrub(u64),
    /// Real time passed, ns.
    Elapsed(u64),
    /// An outage was chosen (its place in the analysis) and is to be seen.
    Select {
        /// Its place in the analysis.
        outage: usize,
        /// First tick.
        start: u64,
        /// First tick after it.
        end: u64,
    },
    /// Ask for a capture to open.
    AskOpen,
    /// Ask where to write the evidence.
    AskExport,
    /// Ask what to record from and to.
    AskRecord,
    /// Show or hide the help sheet.
    ToggleHelp,
    /// The text of the dialog in view changed.
    Edit(Field, String),
    /// Do what the dialog in view asks.
    Confirm,
    /// Close the dialog in view.
    Cancel,
    /// Open this capture.
    Open(PathBuf),
    /// It is open (loading goes on behind it).
    Opened(PathBuf),
    /// Stop the recording.
    StopRecording,
    /// The evidence was written (what and where), or not (why).
    Exported(Result<String, String>),
    /// Something failed: what, where, and what to do.
    Failed(String),
    /// The notice was read.
    DismissNotice,
    /// Dark or light.
    ToggleTheme,
}

/// A text of a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The file or folder.
    Path,
    /// The board's serial number; empty means the only board.
    Serial,
}

/// Work that a message asks for outside the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Open a capture.
    Open(PathBuf),
    /// Record into a new capture.
    Record {
        /// From where.
        source: RecordFrom,
        /// The file.
        path: PathBuf,
    },
    /// End the recording.
    Stop,
    /// Write the evidence of a capture into a folder.
    Export {
        /// The capture.
        capture: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
}

/// Where a recording comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordFrom {
    /// The twin: a model, simulated.
    Twin,
    /// A board by its serial number, or the only one.
    Board(Option<String>),
}
