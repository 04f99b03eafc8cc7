//! Ticks and UTC: points out of the host's receive times, so that logs of other systems can be laid beside the axis.
//!
//! Bytes are received some time after they were recorded on the board, never before. So of many receive times those with the
//! least delay tell UTC best: the lower envelope. No duration of a result is computed from any of this.

mod pps;

use serde::{Deserialize, Serialize};

/// The least delay from the board's stamp to the host's is taken to be at most this: the time of a frame on the UART, the USB
/// chip's latency timer (2 ms), a USB frame, and the waking of a thread.
const DELAY_NS: u64 = 5_000_000;
/// The host's monotonic clock runs wrong by at most this, in parts per billion: the most that NTP slews.
const HOST_PPB: u64 = 500_000;
/// One point for each such time at first; twice as much whenever there are too many points.
const WINDOW_NS: u64 = 10_000_000_000;
const MAX_POINTS: usize = 4096;
const NS: i128 = 1_000_000_000;

/// A tick of the axis and its UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UtcPoint {
    /// Where on the axis.
    pub tick: u64,
    /// UTC, ns since 1970: the PC's, whose own error is not known here, or that of a pulse.
    pub utc_ns: u64,
    /// How far it may be off that, ns.
    pub uncertainty_ns: u64,
    /// Counts the restarts of the board; between two of them one clock ran.
    segment: u64,
    /// Told by a pulse that marks a second of UTC, and not by the PC.
    #[serde(default)]
    pub is_pulse: bool,
}

/// UTC of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utc {
    /// UTC, ns since 1970: the PC's, or by pulses.
    pub ns: u64,
    /// How far it may be off, ns; where the PC told it, the PC's own error is not included.
    pub uncertainty_ns: u64,
}

/// The tick of a moment of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TickOfUtc {
    /// Where on the axis.
    pub tick: u64,
    /// How far it may be off, ticks; where the PC told it, the PC's own error is not included.
    pub uncertainty_ticks: u64,
}

/// The map from ticks to UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UtcMap {
    tick_hz: u64,
    /// How far the two clocks may drift apart.
    drift_ppb: u64,
    /// How far the board's clock may be off; told with the pulses.
    #[serde(default)]
    clock_ppb: u64,
    points: Vec<UtcPoint>,
}

impl UtcMap {
    /// The points, by tick; at most 4096.
    pub fn points(&self) -> &[UtcPoint] {
        &self.points
    }

    /// UTC of a tick; `None` if no point is known. Beyond the points it counts on with the nominal rate.
    pub fn utc_of_tick(&self, tick: u64) -> Option<Utc> {
        let after = self.points.partition_point(|p| p.tick <= tick);
        let (ns, near, ticks) = match (after.checked_sub(1).map(|i| self.points[i]), self.points.get(after)) {
            (Some(a), Some(b)) => {
                let part = scale(tick - a.tick, b.utc_ns.saturating_sub(a.utc_ns), b.tick - a.tick);
                let uncertain = if a.uncertainty_ns > b.uncertainty_ns { a } else { *b };
                (a.utc_ns.saturating_add(part), uncertain, (tick - a.tick).min(b.tick - tick))
            }
            (Some(a), None) => (a.utc_ns.saturating_add(self.ns(tick - a.tick)), a, tick - a.tick),
            (None, Some(b)) => (b.utc_ns.saturating_sub(self.ns(b.tick - tick)), *b, b.tick - tick),
            (None, None) => return None,
        };
        Some(Utc {
            ns,
            uncertainty_ns: near.uncertainty_ns.saturating_add(self.drift_from(&near, self.ns(ticks))),
        })
    }

    /// The tick of a moment of UTC; `None` if no point is known. Moments before tick 0 count as tick 0.
    pub fn tick_of_utc(&self, utc_ns: u64) -> Option<TickOfUtc> {
        let after = self.points.partition_point(|p| p.utc_ns <= utc_ns);
        let tick = match (after.checked_sub(1).map(|i| self.points[i]), self.points.get(after)) {
            (Some(a), Some(b)) => a.tick + scale(utc_ns - a.utc_ns, b.tick - a.tick, b.utc_ns - a.utc_ns),
            (Some(a), None) => a.tick.saturating_add(self.ticks(utc_ns - a.utc_ns)),
            (None, Some(b)) => b.tick.saturating_sub(self.ticks(b.utc_ns - utc_ns)),
            (None, None) => return None,
        };
        let uncertainty_ns = self.utc_of_tick(tick)?.uncertainty_ns;
        Some(TickOfUtc { tick, uncertainty_ticks: self.ticks(uncertainty_ns).saturating_add(1) })
    }

    fn ns(&self, ticks: u64) -> u64 {
        scale(ticks, NS as u64, self.tick_hz)
    }

    fn ticks(&self, ns: u64) -> u64 {
        scale(ns, self.tick_hz, NS as u64)
    }

    /// So far from a point: beside pulses the PC's clock does not matter.
    fn drift_from(&self, point: &UtcPoint, ns: u64) -> u64 {
        let ppb = if point.is_pulse { self.clock_ppb } else { self.drift_ppb };
        scale(ns, ppb, NS as u64)
    }

    fn drift(&self, ns: u64) -> u64 {
        scale(ns, self.drift_ppb, NS as u64)
    }
}

/// `value * by / of`, saturating; 0 if `of` is 0.
fn scale(value: u64, by: u64, of: u64) -> u64 {
    let product = u128::from(value) * u128::from(by);
    u64::try_from(product.checked_div(u128::from(of)).unwrap_or(0)).unwrap_or(u64::MAX)
}

/// Collects receive times and keeps the best of each window.
#[derive(Clone, Debug)]
pub struct UtcBuilder {
    map: UtcMap,
    window_ns: u64,
    /// Number of the window of the last point.
    window: u64,
}

impl UtcBuilder {
    /// `clock_ppb`: how far the board's clock may be off.
    pub fn new(clock_ppb: u32) -> UtcBuilder {
        let drift_ppb = u64::from(clock_ppb) + HOST_PPB;
        let map = UtcMap { drift_ppb, ..UtcMap::default() };
        UtcBuilder { map, window_ns: WINDOW_NS, window: 0 }
    }

    /// The record of `tick` had been received at `host_ns`; the board had started `restarts` times again by then.
    pub fn received(&mut self, tick: u64, host_ns: u64, tick_hz: u64, restarts: u64) {
        if tick_hz == 0 || self.map.points.last().is_some_and(|p| tick <= p.tick || host_ns < p.utc_ns) {
            return;
        }
        self.map.tick_hz = tick_hz;
        let point =
            UtcPoint { tick, utc_ns: host_ns, uncertainty_ns: DELAY_NS, segment: restarts, is_pulse: false };
        let window = host_ns / self.window_ns;
        let is_same = window == self.window;
        self.window = window;
        match self.map.points.last().copied() {
            Some(last) if is_same && last.segment == restarts => {
                if self.offset(&point) < self.offset(&last) {
                    self.map.points.pop();
                    self.map.points.push(point);
                }
            }
            _ => self.push(point),
        }
    }

    fn push(&mut self, point: UtcPoint) {
        if self.map.points.len() >= MAX_POINTS {
            self.thin_out();
        }
        self.map.points.push(point);
    }

    /// Of every two points of a segment the better one is kept.
    fn thin_out(&mut self) {
        let points = std::mem::take(&mut self.map.points);
        let mut kept: Vec<UtcPoint> = Vec::with_capacity(MAX_POINTS);
        for pair in points.chunks(2) {
            match pair {
                [a, b] if a.segment == b.segment => {
                    kept.push(if self.offset(b) < self.offset(a) { *b } else { *a });
                }
                // A board that starts again thousands of times loses points here, not the axis.
                _ => kept.extend(pair.first()),
            }
        }
        self.map.points = kept;
        self.window_ns = self.window_ns.saturating_mul(2);
        self.window = u64::MAX;
    }

    /// Receive time minus what the board counted: the smaller, the less the delay. Scaled by the rate, so that it is exact.
    fn offset(&self, p: &UtcPoint) -> i128 {
        i128::from(p.utc_ns) * i128::from(self.map.tick_hz) - i128::from(p.tick) * NS
    }

    /// The map. A delay that is longer than the clocks' drift can explain is taken out.
    pub fn finish(mut self) -> UtcMap {
        let mut points = std::mem::take(&mut self.map.points);
        for i in 1..points.len() {
            points[i] = self.bounded(points[i], points[i - 1]);
        }
        for i in (1..points.len()).rev() {
            points[i - 1] = self.bounded(points[i - 1], points[i]);
        }
        self.map.points = points;
        self.map
    }

    /// `point`, not later than its neighbour allows.
    fn bounded(&self, mut point: UtcPoint, by: UtcPoint) -> UtcPoint {
        if point.segment != by.segment {
            return point;
        }
        let ns = self.map.ns(point.tick.abs_diff(by.tick));
        let at =
            if point.tick > by.tick { by.utc_ns.saturating_add(ns) } else { by.utc_ns.saturating_sub(ns) };
        let latest = at.saturating_add(self.map.drift(ns));
        if point.utc_ns > latest {
            point.utc_ns = latest;
            point.uncertainty_ns = by.uncertainty_ns.saturating_add(2 * self.map.drift(ns));
        }
        point
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HZ: u64 = 36_000_000;
    const START_NS: u64 = 1_790_000_000_000_000_000;

    /// Delays of 2..30 ms, now and then seconds, over an hour; the board's clock runs 40 ppm fast.
    fn map() -> UtcMap {
        let mut builder = UtcBuilder::new(50_000);
        let mut noise = 1u64;
        for n in 0..36_000u64 {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let delay = 2_000_000 + (noise >> 33) % 28_000_000;
            let stall = if (10_000..12_000).contains(&n) { 3_000_000_000 } else { 0 };
            builder.received(tick_at(n * 100_000_000), START_NS + n * 100_000_000 + delay + stall, HZ, 0);
        }
        builder.finish()
    }

    fn tick_at(ns: u64) -> u64 {
        1_000 + (u128::from(ns) * u128::from(HZ) / 1_000_000_000 * 1_000_040 / 1_000_000) as u64
    }

    #[test]
    fn tells_utc_within_its_uncertainty_whatever_the_delays() {
        let map = map();
        assert!(map.points().len() > 300 && map.points().len() <= MAX_POINTS);
        for second in (0..3600).step_by(7) {
            let true_ns = START_NS + second * 1_000_000_000;
            let utc = map.utc_of_tick(tick_at(second * 1_000_000_000)).unwrap();
            assert!(utc.ns.abs_diff(true_ns) <= utc.uncertainty_ns, "{second}: {utc:?} {true_ns}");
            let back = map.tick_of_utc(true_ns).unwrap();
            assert!(back.tick.abs_diff(tick_at(second * 1_000_000_000)) <= back.uncertainty_ticks);
            // Away from the stall it is a matter of milliseconds.
            if !(900..1300).contains(&second) {
                assert!(utc.uncertainty_ns <= 10_000_000, "{second}: {utc:?}");
            }
        }
        // Before and after, with a growing uncertainty.
        let hour_later = map.utc_of_tick(tick_at(7200 * 1_000_000_000)).unwrap();
        assert!(hour_later.ns.abs_diff(START_NS + 7200 * 1_000_000_000) <= hour_later.uncertainty_ns);
        assert!(hour_later.uncertainty_ns > 1_000_000_000);
        assert!(map.utc_of_tick(0).unwrap().ns < START_NS + 5_000_000);
    }

    #[test]
    fn the_number_of_points_is_bounded() {
        let mut builder = UtcBuilder::new(0);
        for n in 0..50_000 {
            builder.received(1 + n * 12 * HZ, START_NS + n * 12_000_000_000, HZ, 0);
        }
        let map = builder.finish();
        assert!(map.points().len() <= MAX_POINTS && map.points().len() > MAX_POINTS / 4);
        let utc = map.utc_of_tick(1 + 25_000 * 12 * HZ).unwrap();
        assert_eq!(utc.ns, START_NS + 25_000 * 12_000_000_000);
    }

    #[test]
    fn an_empty_map_tells_nothing() {
        let map = UtcBuilder::new(0).finish();
        assert_eq!((map.utc_of_tick(5), map.tick_of_utc(5)), (None, None));
    }
}
