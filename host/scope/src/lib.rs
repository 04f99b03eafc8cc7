//! The egui app: draws a timeline and a verdict; every change is a message that one place applies.
//!
//! [`ScopeApp`] holds a session and a [`Model`]. In each frame the views read both and give back [`Message`]s;
//! [`Model::apply`] is the only place that changes the model, and says what has to be done outside it.

mod app;
mod awake;
mod beside;
mod browse;
mod columns;
mod compare;
mod console;
mod cursor;
mod dialog;
mod digest;
mod edges;
mod epoch;
mod events;
mod first_look;
mod flash;
mod form;
mod history;
mod interval;
mod job;
mod memory;
mod message;
mod model;
mod phase_rows;
mod picture;
mod playback;
mod pyramid;
mod recent;
mod run;
mod running;
mod theme;
mod time;
mod ui;
mod view;
mod volts;

pub use app::ScopeApp;
pub use beside::{Beside, BesideKind};
pub use compare::Align;
pub use cursor::Cursor;
pub use dialog::{BesideForm, Dialog, PictureKind, RecordForm, Then};
pub use epoch::Epoch;
pub use form::{FormField, SettingsForm};
pub use history::{Changes, History};
pub use job::Outcome;
pub use message::{Effect, Field, Message, RecordFrom};
pub use model::{Armed, CompareView, Model, Notice, Tracking};
pub use playback::{Playback, SPEEDS};
pub use run::{ScopeError, Start, run};
pub use view::{Anchor, Rung, View};
