//! The rail's voltage as the ADC saw it, in codes: an envelope all the time, full rate around crossings.

use bytemuck::{Pod, Zeroable};

use crate::Store;

/// What one window of the envelope held, in codes of the ADC (12 bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Extent {
    /// The least sample.
    pub least: u16,
    /// The greatest sample.
    pub greatest: u16,
    /// Their mean, rounded down.
    pub mean: u16,
}

/// Windows of the envelope, one directly after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeRun {
    /// The instant of the first window's first sample.
    pub start_tick: u64,
    /// Length of a window in ticks.
    pub ticks_per_window: u64,
    /// What each held.
    pub windows: Store<Extent>,
}

impl EnvelopeRun {
    /// The instant of the first sample that is no longer in it.
    pub fn end_tick(&self) -> u64 {
        self.start_tick.saturating_add(self.ticks_per_window.saturating_mul(self.windows.len() as u64))
    }

    /// The windows that have a tick in common with `start..end`, and the tick at which the first of them begins.
    pub fn between(&self, start: u64, end: u64) -> (u64, &[Extent]) {
        let whole = |ticks: u64| usize::try_from(ticks / self.ticks_per_window.max(1)).unwrap_or(usize::MAX);
        let first = whole(start.saturating_sub(self.start_tick)).min(self.windows.len());
        let last = match end.checked_sub(self.start_tick) {
            None | Some(0) => first,
            Some(ticks) => whole(ticks - 1).saturating_add(1).clamp(first, self.windows.len()),
        };
        (self.start_tick + first as u64 * self.ticks_per_window, &self.windows[first..last])
    }
}

/// Samples at full rate around a crossing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The instant of the first sample.
    pub start_tick: u64,
    /// From one sample to the next.
    pub ticks_per_sample: u64,
    /// Codes of the ADC.
    pub samples: Vec<u16>,
}

impl Window {
    /// One sample's time after the instant of the last sample.
    pub fn end_tick(&self) -> u64 {
        self.start_tick.saturating_add(self.ticks_per_sample.saturating_mul(self.samples.len() as u64))
    }
}

/// Everything that the ADC said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waveform {
    pub(crate) envelopes: Vec<EnvelopeRun>,
    pub(crate) windows: Vec<Window>,
}

impl Waveform {
    /// The envelope, oldest first. Runs do not overlap.
    pub fn envelopes(&self) -> &[EnvelopeRun] {
        &self.envelopes
    }

    /// The windows at full rate, oldest first.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// Whether the ADC said nothing.
    pub fn is_empty(&self) -> bool {
        self.envelopes.is_empty() && self.windows.is_empty()
    }

    /// The runs of the envelope that have a tick in common with `start..end`.
    pub fn envelopes_between(&self, start: u64, end: u64) -> &[EnvelopeRun] {
        let first = self.envelopes.partition_point(|run| run.end_tick() <= start);
        let last = self.envelopes.partition_point(|run| run.start_tick < end);
        &self.envelopes[first..last.max(first)]
    }

    /// Least, greatest and mean code of the envelope's windows that have a tick in common with `start..end`.
    pub fn extent(&self, start: u64, end: u64) -> Option<Extent> {
        let all = || self.envelopes_between(start, end).iter().flat_map(|run| run.between(start, end).1);
        let count = all().count() as u64;
        let sum: u64 = all().map(|window| u64::from(window.mean)).sum();
        Some(Extent {
            least: all().map(|window| window.least).min()?,
            greatest: all().map(|window| window.greatest).max()?,
            mean: (sum / count.max(1)) as u16,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(start_tick: u64, codes: &[u16]) -> EnvelopeRun {
        let windows = codes.iter().map(|c| Extent { least: *c, greatest: c + 2, mean: c + 1 }).collect();
        EnvelopeRun { start_tick, ticks_per_window: 10, windows }
    }

    #[test]
    fn the_windows_that_a_stretch_touches() {
        let r = run(100, &[1, 2, 3]);
        assert_eq!(r.end_tick(), 130);
        let codes = |start, end| {
            let (from, windows) = r.between(start, end);
            (from, windows.iter().map(|w| w.least).collect::<Vec<_>>())
        };
        assert_eq!(codes(0, 1000), (100, vec![1, 2, 3]));
        assert_eq!(codes(109, 111), (100, vec![1, 2]));
        assert_eq!(codes(110, 120), (110, vec![2]));
        assert_eq!(codes(0, 100).1, []);
        assert_eq!(codes(130, 140).1, []);
        assert_eq!(codes(120, 110).1, []);
    }

    #[test]
    fn the_extent_over_runs() {
        let waveform = Waveform { envelopes: vec![run(100, &[5, 9]), run(200, &[1])], windows: vec![] };
        assert_eq!(waveform.extent(0, 1000), Some(Extent { least: 1, greatest: 11, mean: 6 }));
        assert_eq!(waveform.extent(119, 201), Some(Extent { least: 1, greatest: 11, mean: 6 }));
        assert_eq!(waveform.extent(110, 120), Some(Extent { least: 9, greatest: 11, mean: 10 }));
        assert_eq!(waveform.extent(120, 200), None);
        assert_eq!(waveform.envelopes_between(120, 200), []);
    }
}
