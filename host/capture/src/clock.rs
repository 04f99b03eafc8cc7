//! Host time: a monotonic clock that was anchored to UTC once.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Gives host receive times: UTC at the start plus what a monotonic clock has counted since.
///
/// So they never jump or go back when the PC's clock is set. No duration of a result is computed from them.
#[derive(Clone, Copy, Debug)]
pub struct HostClock {
    anchor_utc_ns: u64,
    start: Instant,
}

impl HostClock {
    /// Anchors a clock now. A PC clock before 1970 counts as 1970.
    pub fn start() -> HostClock {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        HostClock { anchor_utc_ns: nanoseconds(since_epoch), start: Instant::now() }
    }

    /// UTC at the start, nanoseconds since 1970: the `created_utc_ns` of the facts.
    pub fn anchor_utc_ns(&self) -> u64 {
        self.anchor_utc_ns
    }

    /// Host time now, in nanoseconds.
    pub fn now_ns(&self) -> u64 {
        self.at(Instant::now())
    }

    /// Host time of that moment, in nanoseconds; moments before the start count as the start.
    pub fn at(&self, moment: Instant) -> u64 {
        self.anchor_utc_ns.saturating_add(nanoseconds(moment.saturating_duration_since(self.start)))
    }
}

fn nanoseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
