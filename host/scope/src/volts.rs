//! The rail's voltage in pixel columns: from the envelope and from the windows at full rate, by a pyramid over each.

use ichiscope_timeline::{EnvelopeRun, Window};
use ichiscope_verdict::Settings;

use crate::columns::Grid;
use crate::pyramid::{Pyramid, joined};
use crate::view::signed;

/// Pyramids over everything that the ADC said. They grow with the recording.
#[derive(Clone, Debug, Default)]
pub struct Volts {
    envelopes: Vec<Grown>,
    windows: Vec<Grown>,
    /// Least and greatest of each window, and the pyramid over those.
    window_extremes: Vec<(u16, u16)>,
    window_pyramid: Pyramid,
}

/// The pyramid of one run or window.
#[derive(Clone, Debug)]
struct Grown {
    start_tick: u64,
    pyramid: Pyramid,
}

impl Volts {
    /// Takes what is new. A waveform that is not the continuation of what was seen before is taken from its beginning.
    pub fn update(&mut self, envelopes: &[EnvelopeRun], windows: &[Window]) {
        if !self.is_continued_by(envelopes, windows) {
            *self = Volts::default();
        }
        for (i, run) in envelopes.iter().enumerate().skip(self.envelopes.len().saturating_sub(1)) {
            grown(&mut self.envelopes, i, run.start_tick).grow(&run.windows);
        }
        for (i, window) in windows.iter().enumerate().skip(self.windows.len()) {
            let pyramid = grown(&mut self.windows, i, window.start_tick);
            pyramid.grow(&window.samples);
            let all = pyramid.of(&window.samples, 0..window.samples.len());
            self.window_extremes.push(all.unwrap_or((u16::MAX, 0)));
        }
        self.window_pyramid.grow(&self.window_extremes);
    }

    fn is_continued_by(&self, envelopes: &[EnvelopeRun], windows: &[Window]) -> bool {
        let runs = self.envelopes.len() <= envelopes.len()
            && self.envelopes.iter().zip(envelopes).all(|(ours, run)| {
                ours.start_tick == run.start_tick && ours.pyramid.taken() <= run.windows.len()
            });
        runs && self.windows.len() <= windows.len()
            && self
                .windows
                .last()
                .is_none_or(|last| last.start_tick == windows[self.windows.len() - 1].start_tick)
    }

    /// What each column of `grid` shows of the envelope: least and greatest code.
    pub fn envelope(&self, runs: &[EnvelopeRun], grid: &Grid) -> Vec<Option<(u16, u16)>> {
        let mut cells = vec![None; grid.columns() as usize];
        let (from, to) = range(grid);
        let first = runs.partition_point(|run| run.end_tick() <= from);
        let last = runs.partition_point(|run| run.start_tick < to);
        for (run, ours) in runs.iter().zip(&self.envelopes).take(last).skip(first) {
            let (start, end) = (signed(run.start_tick), signed(run.end_tick()));
            for (column, left, right) in grid.touching(start, end) {
                let (a, b) = windows_of(run, left.max(start), right.min(end));
                let cell = &mut cells[column as usize];
                *cell = joined(*cell, ours.pyramid.of(&run.windows, a..b));
            }
        }
        cells
    }

    /// What each column of `grid` shows of the samples at full rate.
    pub fn samples(&self, windows: &[Window], grid: &Grid) -> Vec<Option<(u16, u16)>> {
        let mut cells = vec![None; grid.columns() as usize];
        let (from, to) = range(grid);
        let mut next = windows.partition_point(|w| w.end_tick() <= from);
        let last = windows.partition_point(|w| w.start_tick < to).min(self.windows.len());
        while next < last {
            let window = &windows[next];
            let (start, end) = (signed(window.start_tick), signed(window.end_tick()));
            let mut right_border = end;
            for (column, left, right) in grid.touching(start, end) {
                let range = samples_of(window, left.max(start), right.min(end));
                let cell = &mut cells[column as usize];
                *cell = joined(*cell, self.windows[next].pyramid.of(&window.samples, range));
                right_border = right;
            }
            next += 1;
            // Whatever else lies wholly in this window's last column is taken at once.
            let within = next + windows[next..last].partition_point(|w| signed(w.end_tick()) <= right_border);
            if within > next
                && let Some((column, ..)) = grid.touching(right_border - 1, right_border).next()
            {
                let cell = &mut cells[column as usize];
                *cell = joined(*cell, self.window_pyramid.of(&self.window_extremes, next..within));
                next = within;
            }
        }
        cells
    }
}

fn grown(all: &mut Vec<Grown>, index: usize, start_tick: u64) -> &mut Pyramid {
    if all.len() <= index {
        all.push(Grown { start_tick, pyramid: Pyramid::default() });
    }
    &mut all[index].pyramid
}

/// The ticks of a grid's view that are on the axis.
fn range(grid: &Grid) -> (u64, u64) {
    let view = grid.view();
    (u64::try_from(view.first_tick()).unwrap_or(0), u64::try_from(view.end_tick()).unwrap_or(0))
}

/// The windows of an envelope that have a tick in common with `left..right`, which lies in the run.
fn windows_of(run: &EnvelopeRun, left: i64, right: i64) -> (usize, usize) {
    let length = run.ticks_per_window.max(1);
    let after = |tick: i64| u64::try_from(tick - signed(run.start_tick)).unwrap_or(0);
    ((after(left) / length) as usize, after(right).div_ceil(length) as usize)
}

/// The samples whose instants lie in `left..right`, and the one before, so that a line through them has no hole.
fn samples_of(window: &Window, left: i64, right: i64) -> std::ops::Range<usize> {
    let length = window.ticks_per_sample.max(1);
    let after = |tick: i64| u64::try_from(tick - signed(window.start_tick)).unwrap_or(0);
    (after(left) / length) as usize..after(right).div_ceil(length) as usize
}

/// From codes of the ADC to volts at the connector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoltScale {
    /// Microvolts for one code.
    pub uv_per_code: f32,
    /// Microvolts at code 0.
    pub offset_uv: f32,
}

impl VoltScale {
    /// The front end of docs/front-end, as simulated; a built one is within its tolerances (engineering default).
    pub const SIMULATED: VoltScale = VoltScale { uv_per_code: 4814.0, offset_uv: 0.0 };

    /// That of the front end's profile or calibration; as simulated where none tells it.
    pub fn of(settings: &Settings) -> VoltScale {
        let adc = settings.front_end.as_ref().and_then(|front_end| front_end.adc.as_ref());
        adc.map_or(VoltScale::SIMULATED, |adc| VoltScale {
            uv_per_code: adc.gain_nv_per_code as f32 / 1000.0,
            offset_uv: adc.offset_uv as f32,
        })
    }

    /// A code in millivolts.
    pub fn mv(self, code: u16) -> f32 {
        (f32::from(code) * self.uv_per_code + self.offset_uv) / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use ichiscope_timeline::Extent;
    use ichiscope_verdict::{Adc, FrontEnd};

    use super::*;
    use crate::view::{Rung, View};

    fn extent(least: u16, greatest: u16) -> Extent {
        Extent { least, greatest, mean: least }
    }

    /// A day of windows of 4096 us at 1 MHz, all at 2500 but one sample at 100.
    fn day() -> Vec<EnvelopeRun> {
        let mut windows = vec![extent(2490, 2510); 86_400_000_000 / 4096];
        windows[7_777_777].least = 100;
        vec![EnvelopeRun { start_tick: 0, ticks_per_window: 4096, windows: windows.into() }]
    }

    #[test]
    fn a_single_low_sample_in_a_day_is_seen_at_every_zoom() {
        let runs = day();
        let mut volts = Volts::default();
        volts.update(&runs, &[]);
        let at = 7_777_777 * 4096 + 50;
        for octave in 3..40 {
            let ticks = 1u64 << octave;
            for part in [0, ticks / 3, ticks - 1] {
                let grid = Grid::new(View::new(at - part as i64, Rung::at_least(ticks)), 1000);
                let cells = volts.envelope(&runs, &grid);
                assert!(cells.iter().flatten().any(|c| c.0 == 100), "lost at 2^{octave}, {part}");
                assert!(cells.iter().flatten().all(|c| c.1 == 2510));
            }
        }
    }

    #[test]
    fn between_runs_nothing_is_shown() {
        let run = |start_tick| EnvelopeRun {
            start_tick,
            ticks_per_window: 10,
            windows: vec![extent(5, 6); 10].into(),
        };
        let runs = vec![run(100), run(400)];
        let mut volts = Volts::default();
        volts.update(&runs, &[]);
        let grid = Grid::new(View::new(0, Rung::at_least(512)), 512);
        let cells = volts.envelope(&runs, &grid);
        let known: Vec<usize> = (0..512).filter(|c| cells[*c].is_some()).collect();
        assert_eq!(known, (100..200).chain(400..500).collect::<Vec<_>>());
    }

    #[test]
    fn the_samples_of_many_windows_in_a_column_are_all_seen() {
        let window = |i: u64| Window {
            start_tick: i * 1000,
            ticks_per_sample: 1,
            samples: (0..50).map(|s| if i == 4321 && s == 25 { 4000 } else { 1000 + s }).collect(),
        };
        let windows: Vec<Window> = (0..10_000).map(window).collect();
        let mut volts = Volts::default();
        // In pieces, as while recording.
        for end in [1, 10, 5_000, 10_000] {
            volts.update(&[], &windows[..end]);
        }
        for (first, ticks) in [(0, 10_000_000u64), (4_000_000, 1_000_000), (4_321_000, 64), (4_320_990, 200)]
        {
            let view = View::new(first, Rung::at_least(ticks));
            let cells = volts.samples(&windows, &Grid::new(view, 800));
            let peak = cells.iter().flatten().map(|c| c.1).max();
            assert_eq!(peak, Some(4000), "{first} {ticks}");
        }
        let quiet = Grid::new(View::new(100, Rung::at_least(800)), 800);
        assert!(volts.samples(&windows, &quiet).iter().all(Option::is_none));
    }

    #[test]
    fn growing_equals_the_whole_and_another_waveform_begins_anew() {
        let mut runs = day();
        let mut grown = Volts::default();
        let all = std::mem::take(&mut runs[0].windows);
        for end in [10, 5000, 1_000_000] {
            runs[0].windows = all[..end].to_vec().into();
            grown.update(&runs, &[]);
        }
        let grid = Grid::new(View::new(0, Rung::at_least(1_000_000 * 4096)), 700);
        let mut whole = Volts::default();
        whole.update(&runs, &[]);
        assert_eq!(grown.envelope(&runs, &grid), whole.envelope(&runs, &grid));
        let other =
            vec![EnvelopeRun { start_tick: 77, ticks_per_window: 10, windows: vec![extent(1, 2); 3].into() }];
        grown.update(&other, &[]);
        let grid = Grid::new(View::new(0, Rung::at_least(128)), 128);
        assert_eq!(grown.envelope(&other, &grid)[80], Some((1, 2)));
    }

    #[test]
    fn codes_are_volts() {
        assert!((VoltScale::SIMULATED.mv(2493) - 12_001.3).abs() < 0.1);
        let mut settings = Settings::default();
        assert_eq!(VoltScale::of(&settings), VoltScale::SIMULATED);
        let adc = Adc {
            gain_nv_per_code: 3_000_000,
            offset_uv: 10_000,
            gain_u_ppm: 0,
            offset_u_uv: 0,
            delay_ns: 0,
        };
        let (name, source, date) = (String::new(), String::new(), String::new());
        settings.front_end = Some(FrontEnd { name, source, date, comparators: Vec::new(), adc: Some(adc) });
        assert!((VoltScale::of(&settings).mv(4000) - 12_010.0).abs() < 0.1);
    }
}
