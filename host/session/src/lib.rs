//! The threads: link to capture and timeline over bounded channels. Live and replay are one path.
//!
//! ```text
//! live:    reader (transport) -> writer (capture file) -> decoder (timeline, analysis) -> Shared
//! replay:                              capture file    -> decoder                      -> Shared
//! ```
//! The reader opens a device that went away again when it is back; the break is recorded and the file goes on.
//! The writer never waits for the decoder: what the decoder cannot take is in the file all the same, is a gap on the live
//! axis, and is read from the file when the recording ends.

mod commands;
mod decoder;
mod devices;
mod error;
mod latency;
mod plan;
mod quiet;
mod reader;
mod recorder;
pub mod scenario;
mod session;
mod shared;
mod source;

pub use commands::{Answer, CommandError, Control};
pub use devices::{Device, devices};
pub use error::SessionError;
pub use ichiscope_capture::{ENGINEERING_DEFAULT, Facts, MarkFacts, Rotation, ThresholdFacts};
pub use ichiscope_context::{Context, ContextError, Paths};
pub use ichiscope_link::twin::Pace;
pub use ichiscope_replay::{Bucket, Edits, EditsError, Index, NoteEdit, Recording, Utc, UtcMap, load};
pub use latency::Latency;
pub use plan::Plan;
pub use session::Session;
pub use shared::{Shared, State};
pub use source::{Open, Source};
