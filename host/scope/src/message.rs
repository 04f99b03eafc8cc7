//! Everything that can happen to the app. Views only make messages; [`Model::apply`](crate::Model::apply) acts on them.

use std::path::PathBuf;

use ichiscope_verdict::PhaseKind;
use ichiscope_wire::{Board, Line};

use crate::beside::{Beside, BesideKind};
use crate::browse::Browse;
use crate::compare::Align;
use crate::cursor::Cursor;
use crate::epoch::Epoch;
use crate::form::{FormField, SettingsForm};
use crate::history::Changes;
use crate::job::Outcome;
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
    /// The playhead goes to this tick, and the view to the playhead if it is not there.
    StepTo(u64),
    /// The playhead goes to this tick, and the view shows what is around it and how far it may be off, ticks.
    LookAt {
        /// Where.
        tick: u64,
        /// How far that may be off.
        uncertainty_ticks: u64,
    },
    /// The pointer is over this tick, or no longer over the timeline.
    Hover(Option<u64>),
    /// A cursor goes to this tick.
    SetCursor(Cursor, u64),
    /// Both cursors go.
    ClearCursors,
    /// Cursors snap to the nearest edge, or stop doing so.
    ToggleSnap,
    /// Times are counted from here.
    CountFrom(Epoch),
    /// Whether a recording is running.
    Live(bool),
    /// Set a mark: at the newest tick of a recording.
    Mark,
    /// A phase begins, or ends if it is running.
    Phase {
        /// Which.
        kind: PhaseKind,
        /// It is running.
        ends: bool,
    },
    /// Wait for the next activation, or stop waiting.
    ToggleArm,
    /// What was waited for happened at this tick.
    Activated(u64),
    /// Show or hide the console's text.
    ToggleConsole,
    /// The window is to be closed.
    AskQuit,
    /// Change names, device data, thresholds and mark inputs in this form.
    AskSettings(SettingsForm),
    /// Ask into which board the gateware is to be written.
    AskFlash,
    /// Which kind of board that is.
    FlashBoard(Board),
    /// The gateware was written (what the board says), or not (why).
    Flashed(Result<String, String>),
    /// Read no further, and close the capture.
    CloseCapture,
    /// Ask which captures to compare; or close the comparison.
    AskCompare,
    /// Compare these captures.
    Compare(Vec<PathBuf>),
    /// They are being read.
    Comparing(usize),
    /// What they cover of the common axis, ns from the event.
    Compared((i64, i64)),
    /// Close the comparison.
    CloseComparison,
    /// Align the captures on this event.
    AlignOn(Align),
    /// Show the captures as small multiples, or stacked.
    AsMultiples(bool),
    /// Take the differences to this capture, by its place.
    CompareWith(usize),
    /// Ask where to write a picture of the window or of the view.
    AskPicture,
    /// What is being upgraded, in the form: a gas meter, or not.
    FormDevice(bool),
    /// What a mark input stands for, in the form.
    FormMark(Line, Option<PhaseKind>),
    /// Take a mark or a phase's begin or end away that was set after the recording, by its place in the edits.
    RemoveNote(usize),
    /// One step of the edits back.
    Undo,
    /// One step forth again.
    Redo,
    /// What is kept beside the capture.
    Kept(Box<Changes>),
    /// A change cannot be used or kept (why); these hold on.
    NotKept(Box<Changes>, String),
    /// Ask which files lie beside the capture: meter profile, phase log, front end, certificate.
    AskBeside,
    /// These files belong to the capture; what each is, is to be found out.
    LayFiles(Vec<PathBuf>),
    /// These files lie beside the capture.
    Lay(Box<Beside>),
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
    /// Choose a path of the dialog in the system's file dialog.
    Browse(Field),
    /// What came of that; nothing where the system has no file dialog, or none was chosen.
    Browsed(Field, Option<PathBuf>),
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
    /// Evidence or a picture was written (what and where), or not (why).
    Exported(Outcome),
    /// What is being exported is not wanted any more.
    CancelExport,
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
    /// How long before the limit the alarm comes, s.
    Alarm,
    /// A text of the form.
    Form(FormField),
    /// The path of a file beside the capture.
    Beside(BesideKind),
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
    /// Show the system's file dialog for a text, beginning at this path.
    Browse(Field, Browse, PathBuf),
    /// End the recording.
    Stop,
    /// Set a mark or remark in the running recording.
    Note {
        /// Where on the axis.
        tick: u64,
        /// Its kind.
        kind: &'static str,
        /// Its text.
        text: String,
    },
    /// Draw the user's attention to the window.
    Attention,
    /// Close the window.
    Quit,
    /// Use these changes and keep them beside the capture.
    Keep(Box<Changes>),
    /// Find out what these files are, that belong to the capture.
    LayFiles(Vec<PathBuf>),
    /// What is being exported is not wanted any more.
    CancelExport,
    /// Write the gateware into a board, by its kind and its serial number.
    Flash(Board, Option<String>),
    /// Close the capture.
    CloseCapture,
    /// Read these captures, or those in these folders, to compare them.
    Compare(Vec<PathBuf>),
    /// Close the comparison.
    CloseComparison,
    /// Write a picture: the window as PNG, or the view as SVG.
    Picture(PathBuf),
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
