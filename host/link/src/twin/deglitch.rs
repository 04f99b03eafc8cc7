//! The lines' deglitcher, by samples: which new levels lasted, and which were glitches.

use ichiscope_wire::{LINE_COUNT, Line, LineSet};

use super::pins::Input;

/// What one sample of the pins brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sampled {
    /// Lines whose new level has lasted with it.
    pub(super) changed: LineSet,
    /// Whether a change that had not lasted ended with it.
    pub(super) glitch: bool,
    /// How long it had to last, ticks.
    pub(super) ticks: u64,
}

/// Waits until a new level has lasted.
#[derive(Clone, Debug)]
pub(super) struct Deglitcher {
    /// Samples a new level must last.
    ticks: u64,
    /// The lines that have a pin of their own.
    from_pins: LineSet,
    /// The lines that a wire brings the output `test` to instead.
    from_test: LineSet,
    pins: Input<LineSet>,
    test: Input<bool>,
    adc: Input<bool>,
    levels: LineSet,
    /// For each line whose pin differs from its level: the first sample that did.
    since: [Option<u64>; LINE_COUNT],
    /// The first sample that is not yet taken; sample 0 is taken over without an edge.
    next: u64,
    /// With this sample everything is forgotten that was waited for; then the other time holds.
    restart: Option<(u64, u64)>,
    /// With this sample waiting begins anew.
    again: Option<u64>,
}

impl Deglitcher {
    pub(super) fn new(ticks: u64, wired: LineSet, from_test: LineSet, levels: LineSet) -> Self {
        let from_test = from_test.intersection(wired).with(Line::Adc, false);
        let mut lines = Deglitcher {
            ticks,
            from_pins: wired.with(Line::Adc, false).symmetric_difference(from_test),
            from_test,
            pins: Input::new(levels),
            test: Input::new(true),
            adc: Input::new(false),
            levels: LineSet::EMPTY,
            since: [None; LINE_COUNT],
            next: 1,
            restart: None,
            again: None,
        };
        lines.levels = lines.sampled(0);
        lines
    }

    /// The deglitched levels.
    pub(super) fn levels(&self) -> LineSet {
        self.levels
    }

    /// The pins have these levels from `clock` on.
    pub(super) fn set_levels(&mut self, clock: u64, levels: LineSet) {
        if clock == 0 && self.next == 1 && self.pins.next_change().is_none() {
            self.pins = Input::new(levels);
            self.levels = self.sampled(0);
            return;
        }
        self.pins.set(clock.max(self.next), levels);
    }

    /// The level behind the ADC's threshold, as a pin has it from `clock` on.
    pub(super) fn set_adc(&mut self, clock: u64, level: bool) {
        self.adc.set(clock, level);
    }

    /// The output `test` is low at the pins from one clock to another; what was said before for later is void.
    pub(super) fn set_test(&mut self, low_from: u64, high_from: u64) {
        self.test.forget_from(low_from);
        if low_from < high_from {
            self.test.set(low_from, false);
        }
        self.test.set(high_from, true);
    }

    /// With `sample` everything that is waited for is forgotten; from the next one on a level must last `ticks`.
    pub(super) fn begin_anew(&mut self, sample: u64, ticks: u64) {
        self.restart = Some((sample, ticks));
    }

    /// The next sample with which something may happen, as far as the pins are known.
    pub(super) fn next_sample(&self) -> Option<u64> {
        let changes = [
            self.pins.next_change().map(|change| change.0),
            self.test.next_change().map(|change| change.0),
            self.adc.next_change().map(|change| change.0),
            self.restart.map(|restart| restart.0),
            self.again,
        ];
        let lasted = self.since.iter().flatten().min().map(|since| since + self.ticks - 1);
        changes.into_iter().flatten().chain(lasted).min().map(|sample| sample.max(self.next))
    }

    /// Takes that sample.
    pub(super) fn take(&mut self, sample: u64) -> Sampled {
        let pins = self.sampled(sample);
        self.next = sample + 1;
        let mut taken = Sampled { changed: LineSet::EMPTY, glitch: false, ticks: self.ticks };
        if let Some((_, ticks)) = self.restart.take_if(|restart| restart.0 == sample) {
            self.since = [None; LINE_COUNT];
            self.ticks = ticks;
            self.again = Some(sample + 1);
            return taken;
        }
        self.again = None;
        let away = pins.symmetric_difference(self.levels);
        for line in LineSet::ALL.iter() {
            let since = &mut self.since[line.index()];
            if !away.contains(line) {
                taken.glitch |= since.take().is_some();
            } else if sample + 1 - *since.get_or_insert(sample) == self.ticks {
                *since = None;
                taken.changed = taken.changed.with(line, true);
            }
        }
        self.levels = self.levels.symmetric_difference(taken.changed);
        taken
    }

    /// All lines as edge `sample` samples them.
    fn sampled(&mut self, sample: u64) -> LineSet {
        let test = if self.test.at(sample) { self.from_test } else { LineSet::EMPTY };
        let pins = self.pins.at(sample).intersection(self.from_pins);
        LineSet::from_bits(pins.bits() | test.bits()).with(Line::Adc, self.adc.at(sample))
    }
}
