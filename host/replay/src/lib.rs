//! A capture as a timeline: the one way from recorded items to the axis, live or from a file.

mod feed;
mod index;
mod load;
mod overview;
mod settings;
mod utc;

pub use feed::{feed_damage, feed_item};
pub use index::{Index, index_path, open_index};
pub use load::{FileDamage, Recording, ReplayError, load};
pub use overview::{Bucket, MAX_BUCKETS, Overview};
pub use settings::{EDGE_RESOLUTION_FACT, SettingsError, facts_of, settings_of};
pub use utc::{TickOfUtc, Utc, UtcBuilder, UtcMap, UtcPoint};
