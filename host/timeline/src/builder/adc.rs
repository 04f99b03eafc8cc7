//! Envelopes and windows of samples onto the axis: a COUNTER SAMPLE ties an index to a tick, the rest is arithmetic.

use std::path::Path;
use std::sync::Arc;

use ichiscope_wire::{
    AdcLost, Configuration, Counter, CounterId, Envelope, SAMPLE_INDEX_BITS, SAMPLES_PER_RECORD, SamplePoint,
    WindowPage,
};

use super::losses::{EnvelopeLosses, Told};
use crate::{EnvelopeRun, Extent, SideLoss, SideLossKind, Store, Timeline, Waveform, Window};

/// Envelopes and windows held back until it is known where their samples are: more than come between two heartbeats.
const MAX_HELD: usize = 1 << 12;

/// An index and its instant on the axis.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    index: i64,
    instant: i64,
}

/// A window whose samples are still coming.
#[derive(Clone, Debug)]
struct OpenWindow {
    /// Tick of its record FIRST.
    tick: u64,
    first_index: u32,
    /// None until COUNT came.
    count: Option<usize>,
    samples: Vec<u16>,
}

/// How far the waveform goes that is sure to be read with the right configuration.
#[derive(Clone, Copy, Debug)]
struct Confirmed {
    tick: u64,
    runs: usize,
    windows_in_last_run: usize,
    windows: usize,
}

/// What is known of the ADC's samples.
#[derive(Clone, Debug, Default)]
pub(super) struct Adc {
    anchor: Option<Anchor>,
    held_envelopes: Vec<(u64, Extent)>,
    held_windows: Vec<OpenWindow>,
    open: Option<OpenWindow>,
    /// The next envelope follows the last run's: no command came between them.
    continues: bool,
    envelope_losses: EnvelopeLosses,
    windows_told: Told,
    /// Frames are missing since: commands may have been among them, until a START block says that none was.
    confirmed: Option<Confirmed>,
    /// Where the envelope goes once it is long.
    overflow: Option<Arc<Path>>,
}

impl Adc {
    pub(super) fn overflowing_into(folder: Arc<Path>) -> Adc {
        Adc { overflow: Some(folder), ..Adc::default() }
    }

    /// The board started again: indices and counters begin anew.
    pub(super) fn restart(&mut self, timeline: &mut Timeline, tick: u64) {
        self.lose_frames(timeline, tick);
        self.drop_held(timeline, tick);
        self.anchor = None;
        self.continues = false;
        self.confirmed = None;
        self.envelope_losses = EnvelopeLosses::default();
        self.windows_told = Told::default();
    }

    /// The board said that it has just been switched on: its counters began at 0.
    pub(super) fn power_up(&mut self, tick: u64) {
        self.envelope_losses.power_up(tick);
        self.windows_told.power_up(tick);
    }

    /// Frames are missing before `tick`.
    pub(super) fn lose_frames(&mut self, timeline: &mut Timeline, tick: u64) {
        self.break_window(timeline, tick);
        let waveform = &timeline.waveform;
        self.confirmed.get_or_insert(Confirmed {
            tick,
            runs: waveform.envelopes.len(),
            windows_in_last_run: waveform.envelopes.last().map_or(0, |run| run.windows.len()),
            windows: waveform.windows.len(),
        });
    }

    /// The length of the envelope's windows was set, or may have been.
    pub(super) fn envelope_was_set(&mut self) {
        self.continues = false;
    }

    /// A START block told the configuration; `as_before` if it is the one with which the records were read.
    pub(super) fn start(&mut self, timeline: &mut Timeline, tick: u64, as_before: bool) {
        if !as_before {
            self.continues = false;
        }
        let Some(confirmed) = self.confirmed.take().filter(|_| !as_before) else { return };
        let waveform = &mut timeline.waveform;
        let mut dropped: usize =
            waveform.envelopes.iter().skip(confirmed.runs).map(|run| run.windows.len()).sum();
        waveform.envelopes.truncate(confirmed.runs);
        if let Some(run) = waveform.envelopes.last_mut() {
            dropped += run.windows.len().saturating_sub(confirmed.windows_in_last_run);
            run.windows.truncate(confirmed.windows_in_last_run);
        }
        let windows = waveform.windows.len().saturating_sub(confirmed.windows);
        waveform.windows.truncate(confirmed.windows);
        side_loss(timeline, SideLossKind::Envelope, confirmed.tick, tick, dropped as u64);
        side_loss(timeline, SideLossKind::Window, confirmed.tick, tick, windows as u64);
    }

    pub(super) fn counter(&mut self, timeline: &mut Timeline, tick: u64, counter: Counter) {
        if counter.id == CounterId::Sample as u8 {
            let point = SamplePoint::from_value(counter.value);
            let instant = tick as i64 - i64::from(point.ticks_since);
            self.anchor = Some(Anchor { index: i64::from(point.index), instant });
            self.release(timeline);
        } else if counter.id == CounterId::AdcLost as u8 {
            let lost = AdcLost::from_value(counter.value);
            let to_be_missed = self.lost_since_the_last(timeline, tick);
            let loss = self.envelope_losses.told(tick, lost.envelopes, to_be_missed);
            side_loss(timeline, SideLossKind::Envelope, loss.0, tick, loss.1);
            let (since, count) = self.windows_told.next(tick, u64::from(lost.windows), 16);
            side_loss(timeline, SideLossKind::Window, since, tick, count);
        }
    }

    /// How many windows after the last envelope the board can have lost by `tick`: those whose next one is over too. None
    /// if the next envelope will not show a hole.
    fn lost_since_the_last(&self, timeline: &Timeline, tick: u64) -> u64 {
        let last = timeline.waveform.envelopes.last().filter(|_| self.continues);
        last.map_or(0, |run| {
            (tick.saturating_sub(run.end_tick()) / run.ticks_per_window.max(1)).saturating_sub(1)
        })
    }

    pub(super) fn envelope(&mut self, timeline: &mut Timeline, tick: u64, envelope: Envelope) {
        let Envelope { least, greatest, mean } = envelope;
        let extent = Extent { least, greatest, mean };
        match Grid::of(self.anchor, timeline.configuration()) {
            Some(grid) => self.place_envelope(timeline, &grid, tick, extent),
            None if self.held_envelopes.len() < MAX_HELD => self.held_envelopes.push((tick, extent)),
            None => side_loss(timeline, SideLossKind::Envelope, tick, tick, 1),
        }
    }

    pub(super) fn window(&mut self, timeline: &mut Timeline, tick: u64, page: ichiscope_wire::Window) {
        if page.page == WindowPage::First as u8 {
            self.break_window(timeline, tick);
            self.open = Some(OpenWindow { tick, first_index: page.value, count: None, samples: Vec::new() });
        } else if page.page == WindowPage::Count as u8
            && let Some(open) = &mut self.open
        {
            open.count = Some(page.value as usize);
            self.close_window(timeline);
        }
    }

    pub(super) fn samples(&mut self, timeline: &mut Timeline, samples: [u16; SAMPLES_PER_RECORD]) {
        let Some(open) = &mut self.open else { return };
        let left = open.count.map_or(0, |count| count.saturating_sub(open.samples.len()));
        open.samples.extend(samples.into_iter().take(left));
        self.close_window(timeline);
    }

    /// What waits for a place that will never be known is lost.
    pub(super) fn finish(&mut self, timeline: &mut Timeline, tick: u64) {
        self.break_window(timeline, tick);
        self.drop_held(timeline, tick);
    }

    /// The window in hand will not become whole.
    fn break_window(&mut self, timeline: &mut Timeline, tick: u64) {
        if let Some(open) = self.open.take() {
            side_loss(timeline, SideLossKind::Window, open.tick, tick, 1);
        }
    }

    fn drop_held(&mut self, timeline: &mut Timeline, tick: u64) {
        let since = |first: Option<u64>| first.unwrap_or(tick);
        let envelopes = std::mem::take(&mut self.held_envelopes);
        let start = since(envelopes.first().map(|held| held.0));
        side_loss(timeline, SideLossKind::Envelope, start, tick, envelopes.len() as u64);
        let windows = std::mem::take(&mut self.held_windows);
        let start = since(windows.first().map(|held| held.tick));
        side_loss(timeline, SideLossKind::Window, start, tick, windows.len() as u64);
    }

    fn close_window(&mut self, timeline: &mut Timeline) {
        let Some(open) = self.open.take_if(|open| open.count == Some(open.samples.len())) else { return };
        match Grid::of(self.anchor, timeline.configuration()) {
            Some(grid) => grid.place_window(&mut timeline.waveform, open),
            None if self.held_windows.len() < MAX_HELD => self.held_windows.push(open),
            None => side_loss(timeline, SideLossKind::Window, open.tick, open.tick, 1),
        }
    }

    /// Takes what was held back, once both the place of a sample and the configuration are known.
    pub(super) fn release(&mut self, timeline: &mut Timeline) {
        if self.held_envelopes.is_empty() && self.held_windows.is_empty() {
            return;
        }
        let Some(grid) = Grid::of(self.anchor, timeline.configuration()) else { return };
        for (tick, extent) in std::mem::take(&mut self.held_envelopes) {
            self.place_envelope(timeline, &grid, tick, extent);
        }
        for open in std::mem::take(&mut self.held_windows) {
            grid.place_window(&mut timeline.waveform, open);
        }
    }

    fn place_envelope(&mut self, timeline: &mut Timeline, grid: &Grid, tick: u64, extent: Extent) {
        let Some((start_tick, ticks_per_window)) = grid.window_before(tick) else {
            // The envelope is switched off, or began before the axis: no place for it.
            side_loss(timeline, SideLossKind::Envelope, tick, tick, 1);
            return;
        };
        let continues = std::mem::replace(&mut self.continues, true);
        if let Some(run) = timeline.waveform.envelopes.last_mut() {
            let end_tick = run.end_tick();
            if start_tick < end_tick {
                side_loss(timeline, SideLossKind::Envelope, tick, tick, 1);
                return;
            }
            if start_tick == end_tick && run.ticks_per_window == ticks_per_window {
                run.windows.push(extent);
                self.envelope_losses.seen(0);
                return;
            }
            if continues && run.ticks_per_window == ticks_per_window {
                let missing = (start_tick - end_tick) / ticks_per_window;
                let count = self.envelope_losses.seen(missing);
                side_loss(timeline, SideLossKind::Envelope, end_tick, start_tick, count);
            }
        }
        let mut windows = Store::new(self.overflow.clone());
        windows.push(extent);
        timeline.waveform.envelopes.push(EnvelopeRun { start_tick, ticks_per_window, windows });
    }
}

/// Adds a loss, if anything was lost.
pub(super) fn side_loss(timeline: &mut Timeline, kind: SideLossKind, start: u64, end: u64, count: u64) {
    if count > 0 {
        timeline.side_losses.push(SideLoss { kind, start_tick: start, end_tick: end.max(start), count });
    }
}

/// Where the samples are, and how they are gathered.
struct Grid {
    anchor: Anchor,
    ticks_per_sample: i64,
    envelope_log2: u8,
}

impl Grid {
    fn of(anchor: Option<Anchor>, configuration: Option<&Configuration>) -> Option<Grid> {
        let (anchor, set) = (anchor?, configuration?);
        let ticks_per_sample = i64::from(set.ticks_per_sample);
        (ticks_per_sample > 0).then_some(Grid { anchor, ticks_per_sample, envelope_log2: set.envelope_log2 })
    }

    /// The index of the last sample begun at `tick`, counted on from the anchor's without a turn.
    fn index_at(&self, tick: u64) -> i64 {
        self.anchor.index + (tick as i64 - self.anchor.instant).div_euclid(self.ticks_per_sample)
    }

    fn instant(&self, index: i64) -> Option<u64> {
        let ticks = (index - self.anchor.index).checked_mul(self.ticks_per_sample)?;
        u64::try_from(self.anchor.instant.checked_add(ticks)?).ok()
    }

    /// Start and length of the envelope's window before the one that `tick` lies in.
    fn window_before(&self, tick: u64) -> Option<(u64, u64)> {
        if self.envelope_log2 == 0 || u32::from(self.envelope_log2) > SAMPLE_INDEX_BITS {
            return None;
        }
        let length = 1_i64 << self.envelope_log2;
        let start = self.instant((self.index_at(tick) & !(length - 1)) - length)?;
        Some((start, length as u64 * self.ticks_per_sample as u64))
    }

    /// A window's first sample is the last one with its index before the record that told it.
    fn place_window(&self, waveform: &mut Waveform, open: OpenWindow) {
        if open.samples.is_empty() {
            return;
        }
        let now = self.index_at(open.tick);
        let back = (now - i64::from(open.first_index)).rem_euclid(1 << SAMPLE_INDEX_BITS);
        let Some(start_tick) = self.instant(now - back) else { return };
        let ticks_per_sample = self.ticks_per_sample as u64;
        waveform.windows.push(Window { start_tick, ticks_per_sample, samples: open.samples });
    }
}
