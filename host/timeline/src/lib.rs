//! Decoded records as one time axis in ticks: levels of every line, gaps, notes, and what is known of the source.
//!
//! A [`Builder`] takes device bytes and link events in the order of arrival and keeps a [`Timeline`] up to date; live
//! and replayed data take the same way. Nothing here reads a clock or a file.

mod builder;
mod gap;
mod identity;
mod runs;
mod timeline;
mod track;
mod unwrap;

pub use builder::{Builder, LinkBreak};
pub use gap::{Gap, GapCause};
pub use identity::{Identity, Problem};
pub use runs::{Run, runs};
pub use timeline::{Note, Stats, Timeline};
pub use track::{Entry, Track};
