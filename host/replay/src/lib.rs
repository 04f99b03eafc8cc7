//! A capture as a timeline: the one way from recorded items to the axis, live or from a file.

mod feed;
mod load;
mod settings;

pub use feed::{feed_damage, feed_item};
pub use load::{FileDamage, Recording, ReplayError, load};
pub use settings::{EDGE_RESOLUTION_FACT, SettingsError, facts_of, settings_of};
