//! Why a session cannot begin or go on.

use ichiscope_capture::CaptureError;
use ichiscope_link::LinkError;
use ichiscope_replay::{ReplayError, SettingsError};

/// Why a session cannot begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The capture file.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// A capture that is replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The device.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The plan is for another board.
    #[error(
        "this is the board {found}, and what is to be stored with the recording was made with {wanted}; no file was made"
    )]
    OtherBoard {
        /// Serial number in the plan.
        wanted: String,
        /// Serial number of the device.
        found: String,
    },
    /// Facts of a new recording.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The system refuses a thread.
    #[error("cannot start the {0} thread: {1}")]
    Thread(&'static str, std::io::Error),
    /// A thread of the session died.
    #[error("the {0} thread died. What was recorded so far is in the file; `ichiscope analyse` reads it")]
    Died(&'static str),
}
