//! The ADC: the point at which its data are best sampled, its noise, and whether it agrees with the comparators.

use ichiscope_session::CommandError;
use ichiscope_timeline::Extent;
use ichiscope_verdict::{Settings, Threshold};
use ichiscope_wire::{Feature, Line, Request, Status};

use super::Terms;
use super::bench::Bench;
use super::check::Check;

const POINTS: u8 = 8;
/// Windows of 1024 samples that each point is judged by.
const WINDOWS: usize = 16;
const WINDOW_LOG2: u8 = 10;
/// Two points agree if their means differ by no more codes.
const AGREE_CODES: f64 = 4.0;
/// Peak to peak; an engineering default of this project.
const NOISE_CODES: u16 = 32;
/// At either end of its range the ADC says nothing.
const RAIL_CODES: f64 = 8.0;
/// How far ADC and comparators may differ, engineering default: per cent of the level.
const LEVEL_PERCENT: f64 = 3.0;

/// What the ADC gave.
pub(super) struct Found {
    pub(super) checks: Vec<Check>,
    pub(super) sampling_point: Option<u8>,
}

/// What was read with one sampling point.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Reading {
    point: u8,
    mean: f64,
    peak_to_peak: u16,
}

pub(super) fn check(bench: &Bench<'_>, terms: Terms) -> anyhow::Result<Found> {
    if !bench.has(Feature::Adc) {
        return Ok(Found { checks: vec![bench.missing("ADC")], sampling_point: None });
    }
    let before = bench.read(|timeline| timeline.configuration().copied());
    bench.command(Request::Envelope { log2: WINDOW_LOG2 })?;
    let readings = readings(bench)?;
    let found = judge(bench, terms, &readings);
    let point = found.sampling_point.or(before.map(|c| c.sampling_point)).unwrap_or(0);
    bench.command(Request::Sampling { clocks: point })?;
    bench.command(Request::Envelope { log2: before.map_or(0, |c| c.envelope_log2) })?;
    Ok(found)
}

/// Reads with each sampling point that the board has.
fn readings(bench: &Bench<'_>) -> anyhow::Result<Vec<Reading>> {
    let mut readings = Vec::new();
    for point in 0..POINTS {
        match bench.command(Request::Sampling { clocks: point }) {
            Ok(tick) => readings.extend(read(bench, point, tick)),
            Err(CommandError::Refused { status: Status::Range, .. }) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(readings)
}

/// The windows that lie behind the tick of effect, whole.
fn read(bench: &Bench<'_>, point: u8, effect: u64) -> Option<Reading> {
    let windows: Vec<Extent> = bench.wait_for(bench.patience(0), |timeline| {
        let from = effect.saturating_add(timeline.waveform().envelopes().last()?.ticks_per_window);
        let runs = timeline.waveform().envelopes().iter();
        let windows: Vec<Extent> =
            runs.flat_map(|run| run.between(from.max(run.start_tick), u64::MAX).1).copied().collect();
        (windows.len() >= WINDOWS).then_some(windows)
    })?;
    let means = windows.iter().map(|w| f64::from(w.mean)).sum::<f64>();
    let least = windows.iter().map(|w| w.least).min()?;
    let greatest = windows.iter().map(|w| w.greatest).max()?;
    Some(Reading { point, mean: means / windows.len() as f64, peak_to_peak: greatest - least })
}

fn judge(bench: &Bench<'_>, terms: Terms, readings: &[Reading]) -> Found {
    const POINT: &str = "ADC sampling point";
    if readings.is_empty() {
        let check = Check::judged("ADC", false, "no envelope came", "an envelope each millisecond");
        return Found { checks: vec![check], sampling_point: None };
    }
    if readings.iter().all(|r| r.mean < RAIL_CODES || r.mean > 4095.0 - RAIL_CODES) {
        let check =
            Check::absent("ADC", format!("reads {:.0} at every point: not connected", readings[0].mean));
        return Found { checks: vec![check], sampling_point: None };
    }
    let levels = Levels::of(bench);
    let is_sane = |reading: &&Reading| levels.agree(reading.mean * terms.uv_per_code / 1e6).is_ok();
    let sane: Vec<Reading> = readings.iter().filter(is_sane).copied().collect();
    let Some(best) = best(&sane) else {
        let all: Vec<String> = readings.iter().map(|r| format!("{}: {:.0}", r.point, r.mean)).collect();
        let check = Check::judged(
            POINT,
            false,
            format!("no point agrees with the comparators ({})", all.join(", ")),
            "one",
        );
        return Found { checks: vec![check], sampling_point: None };
    };
    let (first, last) = best.range;
    let volts = best.reading.mean * terms.uv_per_code / 1e6;
    let point = Check::judged(
        POINT,
        true,
        format!("{} clocks; {first} to {last} give the same", best.reading.point),
        "the middle of those that agree",
    );
    let noise = Check::judged(
        "ADC noise",
        best.reading.peak_to_peak <= NOISE_CODES,
        format!("{} codes peak to peak", best.reading.peak_to_peak),
        format!("at most {NOISE_CODES}"),
    );
    let agrees = levels.agree(volts);
    let against = Check::judged(
        "ADC and comparators",
        agrees.is_ok(),
        format!("{volts:.3} V"),
        agrees.unwrap_or_else(|expected| expected),
    );
    Found { checks: vec![point, noise, against], sampling_point: Some(best.reading.point) }
}

struct Best {
    reading: Reading,
    range: (u8, u8),
}

/// The middle of the longest row of neighbours that agree; of equally long ones the quietest.
fn best(readings: &[Reading]) -> Option<Best> {
    let agree = |a: &Reading, b: &Reading| {
        a.point + 1 == b.point
            && (a.mean - b.mean).abs() <= AGREE_CODES
            && a.peak_to_peak.abs_diff(b.peak_to_peak) <= NOISE_CODES
    };
    let rows = readings.chunk_by(agree);
    let row =
        rows.max_by_key(|row| (row.len(), std::cmp::Reverse(row.iter().map(|r| r.peak_to_peak).max())))?;
    let reading = *row.get((row.len() - 1) / 2)?;
    Some(Best { reading, range: (row.first()?.point, row.last()?.point) })
}

/// What the comparators say of the rail just now.
struct Levels(Vec<(Threshold, bool)>);

impl Levels {
    fn of(bench: &Bench<'_>) -> Levels {
        let settings = Settings::default();
        let level = |line: Line| bench.read(|timeline| timeline.track(line).level());
        Levels(
            settings.thresholds.into_iter().filter_map(|t| level(t.line).map(|level| (t, level))).collect(),
        )
    }

    /// What the voltage should be: as it is, or else that it is not.
    fn agree(&self, volts: f64) -> Result<String, String> {
        let most = 1.0 + LEVEL_PERCENT / 100.0;
        let least_mv = self.0.iter().filter(|(_, high)| *high).map(|(t, _)| t.falling_mv).max();
        let greatest_mv = self.0.iter().filter(|(_, high)| !*high).map(|(t, _)| t.rising_mv).min();
        let text = match (least_mv, greatest_mv) {
            (Some(least), Some(greatest)) => format!("{:.1} to {:.1} V", volts_of(least), volts_of(greatest)),
            (Some(least), None) => format!("at least {:.1} V", volts_of(least)),
            (None, Some(greatest)) => format!("at most {:.1} V", volts_of(greatest)),
            (None, None) => "anything: no comparator is known".to_owned(),
        };
        let is_so = least_mv.is_none_or(|mv| volts >= volts_of(mv) / most)
            && greatest_mv.is_none_or(|mv| volts <= volts_of(mv) * most);
        if is_so { Ok(text) } else { Err(text) }
    }
}

fn volts_of(mv: impl Into<f64>) -> f64 {
    mv.into() / 1000.0
}
