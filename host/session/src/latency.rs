//! How long bytes take from their arrival in this program until their events are on the axis.

/// Buckets in an octave: a percentile is too large by a sixteenth at most.
const STEPS: usize = 16;
const BUCKETS: usize = STEPS * 61;

/// A count of times by their length. One time is one batch of bytes as the link gave it.
#[derive(Clone, Debug)]
pub struct Latency {
    counts: Vec<u64>,
    total: u64,
    max_ns: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Latency { counts: vec![0; BUCKETS], total: 0, max_ns: 0 }
    }
}

impl Latency {
    pub(crate) fn add(&mut self, ns: u64) {
        self.counts[bucket(ns)] += 1;
        self.total += 1;
        self.max_ns = self.max_ns.max(ns);
    }

    /// How many batches were timed.
    pub fn batches(&self) -> u64 {
        self.total
    }

    /// The longest time, ns.
    pub fn max_ns(&self) -> u64 {
        self.max_ns
    }

    /// The time, ns, that `percent` of the batches (0..=100) did not exceed: up to a sixteenth too large, never too
    /// small. `None` when nothing was timed.
    pub fn percentile_ns(&self, percent: u64) -> Option<u64> {
        let wanted = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        })?;
        Some(largest(found).min(self.max_ns))
    }
}

/// 0 to 15 have a bucket each; from there on every octave has 16.
fn bucket(ns: u64) -> usize {
    let octave = ns.max(1).ilog2().saturating_sub(STEPS.ilog2()) as usize;
    octave * STEPS + (ns >> octave) as usize
}

/// The largest time of a bucket.
fn largest(bucket: usize) -> u64 {
    let octave = (bucket / STEPS).saturating_sub(1);
    let from = (bucket - octave * STEPS) as u64;
    (u128::from(from + 1) << octave).saturating_sub(1).min(u128::from(u64::MAX)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_lies_in_its_bucket_and_no_bucket_is_wider_than_a_sixteenth() {
        let samples = (0..5000).chain((0..64).map(|bit| 1 << bit)).chain([u64::MAX, 999_999_937]);
        for ns in samples {
            let top = largest(bucket(ns));
            assert!(bucket(ns) < BUCKETS && top >= ns && top - ns <= ns / 16, "{ns}: {top}");
            assert!(bucket(ns) == 0 || largest(bucket(ns) - 1) < ns, "{ns}");
        }
    }

    #[test]
    fn percentiles_of_a_known_spread() {
        let mut latency = Latency::default();
        assert_eq!(latency.percentile_ns(50), None);
        (1..=1000).for_each(|ms| latency.add(ms * 1_000_000));
        for percent in [1, 50, 99, 100] {
            let exact = percent * 10_000_000;
            let told = latency.percentile_ns(percent).unwrap_or(0);
            assert!((exact..=exact + exact / 16).contains(&told), "{percent} %: {told}");
        }
        assert_eq!((latency.max_ns(), latency.batches()), (1_000_000_000, 1000));
    }
}
