//! Many runs together: the worst one decides; distributions, tolerance bound, trend. The format: `docs/campaign.md`.

mod collect;
mod parquet;
mod report;
mod run;
mod statistics;
mod write;

pub use collect::{Campaign, CampaignError, collect};
pub use run::{PhaseTime, Run};
pub use statistics::{Distribution, covered_share, distribution, theil_sen};
pub use write::{campaign_json, write};
