//! Decoded records as one time axis in ticks: levels of every line, voltage, console, gaps, notes, and what is known of
//! the source.
//!
//! A [`Builder`] takes device bytes and link events in the order of arrival and keeps a [`Timeline`] up to date; live
//! and replayed data take the same way. Nothing here reads a clock or a capture; what does not fit into memory goes into a file without a name
//! ([`Store`]), if the builder was given a folder for that.

mod builder;
mod console;
mod gap;
mod problem;
mod runs;
mod seconds;
mod self_test;
mod side;
mod store;
mod timeline;
mod track;
mod unwrap;
mod waveform;

pub use builder::{Builder, LinkBreak};
pub use console::ConsoleByte;
pub use gap::{Gap, GapCause};
pub use ichiscope_wire::{Configuration, Identity, Status};
pub use problem::Problem;
pub use runs::{Run, runs, runs_at};
pub use seconds::{SecondBound, SecondPulse, pulses_by_seconds};
pub use self_test::{COMMAND_NOTE, SelfTest, command_note};
pub use side::{Ack, LinkTestRun, SideLoss, SideLossKind};
pub use store::Store;
pub use timeline::{Note, Stats, Timeline};
pub use track::{Entry, Mark, Track};
pub use waveform::{EnvelopeRun, Extent, Waveform, Window};
