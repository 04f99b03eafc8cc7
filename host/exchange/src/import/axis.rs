//! Values of mapped names, time by time, into the levels of all lines: known together, or not known.

use ichiscope_capture::CaptureError;
use ichiscope_verdict::Threshold;
use ichiscope_wire::{LINE_COUNT, Line, LineSet};

use super::mapping::Target;

/// Ticks of a timeline are below this.
pub(crate) const MAX_TICK: u64 = 1 << 62;
const NANOVOLTS_PER_MILLIVOLT: i128 = 1_000_000;

/// Takes what the axis finds.
pub(crate) trait Sink {
    /// From `tick` on these are the levels; `None`: at least one mapped line is not known.
    fn state(&mut self, tick: u64, levels: Option<LineSet>) -> Result<(), CaptureError>;
}

/// A value of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A level.
    Level(bool),
    /// A voltage, nV.
    Nanovolts(i128),
    /// The file does not say (`x`, `z`, not dumped).
    Unknown,
}

/// The levels of all lines over time.
pub(crate) struct Axis<'a> {
    sink: &'a mut dyn Sink,
    thresholds: &'a [Threshold],
    wired: LineSet,
    levels: [Option<bool>; LINE_COUNT],
    /// The file says that nothing is known, whatever its lines say.
    blind: bool,
    now: Option<u64>,
    told: Option<Option<LineSet>>,
    /// Lines that were known at least once.
    seen: LineSet,
}

impl<'a> Axis<'a> {
    pub(crate) fn new(wired: LineSet, thresholds: &'a [Threshold], sink: &'a mut dyn Sink) -> Axis<'a> {
        Axis {
            sink,
            thresholds,
            wired,
            levels: [None; LINE_COUNT],
            blind: false,
            now: None,
            told: None,
            seen: LineSet::EMPTY,
        }
    }

    /// What follows happens at `tick`. Of several values of a line at one tick the last counts.
    pub(crate) fn time(&mut self, tick: u64) -> Result<(), CaptureError> {
        if self.now != Some(tick) {
            self.tell()?;
            self.now = Some(tick);
        }
        Ok(())
    }

    /// The tick in hand.
    pub(crate) fn now(&self) -> Option<u64> {
        self.now
    }

    pub(crate) fn set(&mut self, target: Target, value: Value) {
        match (target, value) {
            (Target::Line(line), Value::Level(level)) => self.levels[line.index()] = Some(level),
            (Target::Line(line), _) => self.levels[line.index()] = None,
            (Target::RailVoltage, Value::Nanovolts(nv)) => self.compare(nv),
            (Target::Gap, value) => self.blind = value != Value::Level(false),
            (Target::RailVoltage, _) => {
                for rail in Line::RAILS {
                    self.levels[rail.index()] = None;
                }
            }
        }
    }

    /// Nothing is known of any line.
    pub(crate) fn forget(&mut self) {
        self.levels = [None; LINE_COUNT];
    }

    /// The comparators: low below the falling level, high from the rising level on; between them the level stays, and is not
    /// known if it was not.
    fn compare(&mut self, nanovolts: i128) {
        for threshold in self.thresholds {
            let level = &mut self.levels[threshold.line.index()];
            if nanovolts < i128::from(threshold.falling_mv) * NANOVOLTS_PER_MILLIVOLT {
                *level = Some(false);
            } else if nanovolts >= i128::from(threshold.rising_mv) * NANOVOLTS_PER_MILLIVOLT {
                *level = Some(true);
            }
        }
    }

    /// Tells the sink what the tick in hand brought.
    fn tell(&mut self) -> Result<(), CaptureError> {
        let Some(now) = self.now else { return Ok(()) };
        let levels = self.known();
        if self.told != Some(levels) {
            self.told = Some(levels);
            self.sink.state(now, levels)?;
        }
        Ok(())
    }

    fn known(&mut self) -> Option<LineSet> {
        let mut levels = (!self.blind).then_some(LineSet::EMPTY);
        for line in self.wired.iter() {
            match self.levels[line.index()] {
                Some(level) => {
                    self.seen = self.seen.with(line, true);
                    levels = levels.map(|set| set.with(line, level));
                }
                None => levels = None,
            }
        }
        levels
    }

    /// A mapped line that was never known.
    pub(crate) fn never_known(&self) -> Option<Line> {
        self.wired.symmetric_difference(self.seen).iter().next()
    }

    /// The file ends at the tick in hand, which is given; `None` if it has no time at all.
    pub(crate) fn finish(&mut self) -> Result<Option<u64>, CaptureError> {
        self.tell()?;
        Ok(self.now)
    }
}
