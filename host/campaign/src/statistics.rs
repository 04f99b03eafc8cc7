//! Order statistics of durations: no distribution is assumed, no mean is formed.

/// Percentiles by nearest rank: each is a duration that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// How many values.
    pub count: usize,
    /// Half of the values are no greater.
    pub median_ns: u64,
    /// 95 % of the values are no greater.
    pub p95_ns: u64,
    /// 99 % of the values are no greater.
    pub p99_ns: u64,
    /// The greatest.
    pub max_ns: u64,
}

/// The distribution of `values`, if there are any.
pub fn distribution(values: &[u64]) -> Option<Distribution> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let count = sorted.len();
    let max_ns = *sorted.last()?;
    // Nearest rank: the smallest value with at least that share of the values at or below it.
    let rank = |percent: usize| sorted[(percent * count).div_ceil(100).max(1) - 1];
    Some(Distribution { count, median_ns: rank(50), p95_ns: rank(95), p99_ns: rank(99), max_ns })
}

/// The share of all runs that stay at or below the greatest of `count` runs, with that confidence.
///
/// Distribution-free (Wilks 1941): the greatest of n independent values covers a share p with confidence 1 - p^n, so
/// p = (1 - confidence)^(1/n). No runs cover nothing.
pub fn covered_share(count: usize, confidence: f64) -> f64 {
    if count == 0 { 0.0 } else { (1.0 - confidence).powf(1.0 / count as f64) }
}

/// The median of the slopes between all pairs of cycles (Theil 1950, Sen 1968), ns a cycle; `None` for fewer than two.
///
/// A single wild run does not move it, which a straight-line fit would not promise.
pub fn theil_sen(values: &[u64]) -> Option<f64> {
    let mut slopes: Vec<f64> = Vec::new();
    for (i, a) in values.iter().enumerate() {
        let later = values.iter().enumerate().skip(i + 1);
        slopes.extend(later.map(|(j, b)| (*b as f64 - *a as f64) / (j - i) as f64));
    }
    slopes.sort_by(f64::total_cmp);
    let middle = slopes.len() / 2;
    match slopes.len() {
        0 => None,
        n if n % 2 == 1 => Some(slopes[middle]),
        _ => Some((slopes[middle - 1] + slopes[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<u64> = (1..=100).rev().collect();
        let d = distribution(&values).unwrap();
        assert_eq!((d.count, d.median_ns, d.p95_ns, d.p99_ns, d.max_ns), (100, 50, 95, 99, 100));
        let one = distribution(&[7]).unwrap();
        assert_eq!((one.median_ns, one.p95_ns, one.max_ns), (7, 7, 7));
        let three = distribution(&[10, 30, 20]).unwrap();
        assert_eq!((three.median_ns, three.p95_ns), (20, 30));
        assert_eq!(distribution(&[]), None);
    }

    /// The well-known 59 runs: their greatest covers 95 % with 95 % confidence; 58 do not.
    #[test]
    fn fifty_nine_runs_cover_ninety_five_percent() {
        assert!(covered_share(59, 0.95) >= 0.95);
        assert!(covered_share(58, 0.95) < 0.95);
        assert!(covered_share(0, 0.95) < f64::EPSILON);
    }

    #[test]
    fn the_trend_ignores_a_wild_run() {
        let mut values: Vec<u64> = (0..20).map(|i| 1000 + 5 * i).collect();
        assert_eq!(theil_sen(&values).map(|s| s.round() as i64), Some(5));
        values[3] = 1_000_000;
        assert_eq!(theil_sen(&values).map(|s| s.round() as i64), Some(5));
        assert_eq!(theil_sen(&[4]), None);
    }
}
