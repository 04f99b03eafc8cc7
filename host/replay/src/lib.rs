//! A capture as a timeline: the one way from recorded items to the axis, live or from a file.

mod edits;
mod glance;
mod index;
mod intake;
mod load;
mod overflow;
mod overview;
mod phase_log;
mod settings;
mod utc;

pub use edits::{Edits, EditsError, NoteEdit};
pub use glance::glance;
pub use index::{Index, IndexFile, index_path, open_index};
pub use intake::{Batch, FileDamage, Intake, read_batches};
pub use load::{Recording, ReplayError, load, load_while};
pub use overview::{Bucket, MAX_BUCKETS, Overview};
pub use phase_log::{
    AtLine, LogRow, NoRow, PhaseFault, PhaseLog, RunningPhases, Unreadable, told_event, told_phase,
};
pub use settings::{
    EDGE_RESOLUTION_FACT, PpsUtc, SettingsError, SubjectTold, facts_of, settings_of, tell_subject,
};
pub use utc::{TickOfUtc, Utc, UtcBuilder, UtcMap, UtcPoint};
