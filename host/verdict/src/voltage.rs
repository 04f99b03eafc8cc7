//! The rail's voltage by the ADC: slopes at the edges, the least voltage, and the comparators held against it.
//!
//! Only with a front end that says what a code is in volts. A loss of the ADC's record never makes a verdict better: where an edge's
//! record is lost, and where nothing is seen for longer than the restore time, the verdict is INCONCLUSIVE or worse.

use ichiscope_timeline::{EnvelopeRun, Extent, SideLossKind, Timeline, Window};

use crate::finding::{Agreement, Finding};
use crate::level::Level;
use crate::outage::Outage;
use crate::{Adc, Reason, Settings};

/// Around a threshold, the slope is taken over at least so many millivolts on both sides.
const BAND_MV: f64 = 200.0;
/// Edges of so many outages are held against the ADC's samples; so many contradictions are told one by one.
const EDGES_CHECKED: usize = 200;
const TOLD: usize = 20;

/// The ADC's record in volts.
pub(crate) struct Voltage<'a> {
    settings: &'a Settings,
    envelopes: &'a [EnvelopeRun],
    windows: &'a [Window],
    /// First and last tick of the recording.
    span: (u64, u64),
    adc: &'a Adc,
    tick_hz: u64,
    /// From the connector to the sample.
    delay_ticks: u64,
    envelopes_lost: bool,
}

/// What a stretch of the ADC's record says of a comparator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Fine,
    Contradicts,
    Nothing,
}

impl<'a> Voltage<'a> {
    /// The record; none without a scale or without a record.
    pub(crate) fn new(timeline: &'a Timeline, settings: &'a Settings, tick_hz: u64) -> Option<Voltage<'a>> {
        let adc = settings.front_end.as_ref()?.adc.as_ref()?;
        let waveform = timeline.waveform();
        let envelopes_lost = timeline.side_losses().iter().any(|l| l.kind == SideLossKind::Envelope);
        let delay_ticks = (u128::from(adc.delay_ns) * u128::from(tick_hz) / 1_000_000_000) as u64;
        let (envelopes, windows) = (waveform.envelopes(), waveform.windows());
        let is_there = !waveform.is_empty() || envelopes_lost;
        let span = timeline.span()?;
        is_there.then_some(Voltage {
            span,
            settings,
            envelopes,
            windows,
            adc,
            tick_hz,
            delay_ticks,
            envelopes_lost,
        })
    }

    /// The least voltage seen in `start..end`, mV.
    pub(crate) fn least_mv(&self, start: u64, end: u64) -> Option<i32> {
        let (start, end) = (start.saturating_add(self.delay_ticks), end.saturating_add(self.delay_ticks));
        let runs = self.envelopes_between(start, end).iter();
        let by_envelope = runs.flat_map(|run| run.between(start, end).1).map(|e| e.least).min();
        let windows = self.windows_between(start, end).iter();
        let by_samples = windows.filter_map(|w| samples_in(w, start, end).iter().min().copied()).min();
        let code = by_envelope.into_iter().chain(by_samples).min()?;
        Some(self.adc.mv(f64::from(code)).round() as i32)
    }

    /// The slope through `mv` at the edge at `tick`, mV/ns, positive: by the samples around it, else by the envelope.
    pub(crate) fn slope_mv_per_ns(&self, tick: u64, mv: f64, is_rise: bool) -> Option<f64> {
        let tick = tick.saturating_add(self.delay_ticks);
        self.slope_of_samples(tick, mv, is_rise).or_else(|| self.slope_of_envelope(tick))
    }

    /// Whether the record has a hole at an edge.
    pub(crate) fn is_lost_at(&self, tick: u64) -> bool {
        let tick = tick.saturating_add(self.delay_ticks);
        if self.window_at(tick).is_some() || self.envelope_at(tick).is_some() {
            return false;
        }
        let runs = self.envelopes;
        let is_between = runs.first().is_some_and(|r| r.start_tick <= tick)
            && runs.last().is_some_and(|r| r.end_tick() > tick);
        is_between || runs.is_empty() && self.envelopes_lost
    }

    /// The comparators held against the envelope: what forbids a PASS, and what was found.
    pub(crate) fn held_against(&self, levels: &[Level<'_>]) -> (Vec<Reason>, Vec<Finding>) {
        let (mut reasons, mut findings) = (Vec::new(), Vec::new());
        if self.envelopes.is_empty() && self.envelopes_lost {
            reasons.push(Reason::VoltageUnseen);
        }
        for level in levels {
            for (says, start, ticks) in self.stretches(level) {
                let line = level.threshold.line.name();
                let seconds = ticks as f64 / self.tick_hz as f64;
                let (reason, text) = match says {
                    Says::Contradicts => (
                        Reason::VoltageContradicts,
                        format!(
                            "for {seconds:.3} s the ADC's voltage is on the other side of {line}'s threshold than {line} says"
                        ),
                    ),
                    _ => (
                        Reason::VoltageUnseen,
                        format!("for {seconds:.3} s the ADC says nothing about {line}"),
                    ),
                };
                let agreement =
                    if says == Says::Contradicts { Agreement::Contradicts } else { Agreement::Open };
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
                if findings.len() < TOLD {
                    findings.push(Finding { agreement, tick: Some(start), code: None, text });
                }
            }
        }
        (reasons, findings)
    }

    /// Each crossing of an outage's own comparator held against the samples around it.
    pub(crate) fn at_edges(&self, outages: &[Outage]) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut agreed = 0;
        for o in outages.iter().take(EDGES_CHECKED) {
            let edges = [
                (!o.open_start, o.start_tick, o.threshold.falling_mv),
                (!o.open_end, o.end_tick, o.threshold.rising_mv),
            ];
            for (_, tick, mv) in edges.into_iter().filter(|e| e.0) {
                let Some((least, greatest)) = self.around(tick) else { continue };
                let allowed = self.adc.u_mv(f64::from(mv)).hypot(self.threshold_u_mv(o));
                if least - allowed <= f64::from(mv) && f64::from(mv) <= greatest + allowed {
                    agreed += 1;
                } else if findings.len() < TOLD {
                    findings.push(Finding {
                        agreement: Agreement::Contradicts,
                        tick: Some(tick),
                        code: None,
                        text: format!(
                            "{} crossed its level of {mv} mV where the ADC saw {least:.0} to {greatest:.0} mV",
                            o.threshold.line.name()
                        ),
                    });
                }
            }
        }
        if agreed > 0 {
            let text = format!("at {agreed} crossings the ADC agrees with the comparator's level");
            findings.push(Finding { agreement: Agreement::Agrees, tick: None, code: None, text });
        }
        findings
    }

    /// Least and greatest voltage within the comparator's delay of an edge (and a sample), by the samples at full rate, mV.
    fn around(&self, tick: u64) -> Option<(f64, f64)> {
        let tick = tick.saturating_add(self.delay_ticks);
        let window = self.window_at(tick)?;
        let delay_ns = self.settings.front_end.as_ref()?.comparators.iter();
        let delay_ns =
            delay_ns.map(|c| c.delay_falling_ns.max(c.delay_rising_ns).saturating_add(c.delay_u_ns)).max();
        let delay =
            u64::from(delay_ns.unwrap_or(self.settings.comparator_delay_ns)) * self.tick_hz / 1_000_000_000;
        let reach = delay + 2 * window.ticks_per_sample;
        let samples = samples_in(window, tick.saturating_sub(reach), tick.saturating_add(reach));
        let mv = |code: &u16| self.adc.mv(f64::from(*code));
        Some((mv(samples.iter().min()?), mv(samples.iter().max()?)))
    }

    fn threshold_u_mv(&self, outage: &Outage) -> f64 {
        let front_end = self.settings.front_end.as_ref();
        let known = front_end.and_then(|f| f.comparator(outage.threshold.line)).map(|c| c.threshold_u_mv);
        f64::from(known.unwrap_or(self.settings.threshold_mv))
    }

    /// Stretches no shorter than the restore time in which the envelope contradicts a comparator, or says nothing of it. A hole
    /// beside a contradiction counts as one: what was lost may have shown it.
    fn stretches(&self, level: &Level<'_>) -> Vec<(Says, u64, u64)> {
        let restore =
            (u128::from(self.settings.restore_ns) * u128::from(self.tick_hz) / 1_000_000_000) as u64;
        let mut found = Vec::new();
        let mut open: Option<(Says, u64, u64)> = None;
        // What is missing before the first run and after the last is a hole as well.
        let mut last_end = Some(self.span.0);
        for run in self.envelopes {
            if let Some(end) = last_end.filter(|end| *end < run.start_tick) {
                extend(&mut open, Says::Nothing, end, run.start_tick);
            }
            for (window, start) in run.windows.iter().zip(0u64..) {
                let start = run.start_tick + start * run.ticks_per_window;
                let end = start + run.ticks_per_window;
                match self.says(level, window, start, end) {
                    Says::Fine => found.extend(open.take().filter(|s| s.2 - s.1 >= restore)),
                    says => extend(&mut open, says, start, end),
                }
            }
            last_end = Some(run.end_tick());
        }
        if let Some(end) = last_end.filter(|end| *end < self.span.1) {
            extend(&mut open, Says::Nothing, end, self.span.1);
        }
        found.extend(open.filter(|s| s.2 - s.1 >= restore));
        found.into_iter().map(|(says, start, end)| (says, start, end - start)).collect()
    }

    /// What one window says of a comparator that had one level throughout.
    fn says(&self, level: &Level<'_>, window: &Extent, start: u64, end: u64) -> Says {
        let (start, end) = (start.saturating_sub(self.delay_ticks), end.saturating_sub(self.delay_ticks));
        let threshold = level.threshold;
        if level.known_from.is_none_or(|known| start < known) {
            return Says::Fine;
        }
        let own = self.settings.front_end.as_ref().and_then(|f| f.comparator(threshold.line));
        let own = f64::from(own.map_or(self.settings.threshold_mv, |c| c.threshold_u_mv));
        let beyond = |mv: f64, limit: i32| (mv - f64::from(limit)).abs() > self.adc.u_mv(mv).hypot(own);
        let (least, greatest) =
            (self.adc.mv(f64::from(window.least)), self.adc.mv(f64::from(window.greatest)));
        let contradicts = match level.touching(start, end) {
            [] => greatest < f64::from(threshold.falling_mv) && beyond(greatest, threshold.falling_mv),
            [only] if only.start_tick <= start && end <= only.end_tick => {
                least > f64::from(threshold.rising_mv) && beyond(least, threshold.rising_mv)
            }
            _ => false,
        };
        if contradicts { Says::Contradicts } else { Says::Fine }
    }

    fn envelopes_between(&self, start: u64, end: u64) -> &'a [EnvelopeRun] {
        let from = self.envelopes.partition_point(|run| run.end_tick() <= start);
        let to = self.envelopes.partition_point(|run| run.start_tick < end);
        &self.envelopes[from..to.max(from)]
    }

    fn windows_between(&self, start: u64, end: u64) -> &'a [Window] {
        let windows = self.windows;
        let from = windows.partition_point(|w| w.end_tick() <= start);
        let to = windows.partition_point(|w| w.start_tick < end);
        &windows[from..to.max(from)]
    }

    fn window_at(&self, tick: u64) -> Option<&'a Window> {
        self.windows_between(tick, tick.saturating_add(1)).first()
    }

    fn envelope_at(&self, tick: u64) -> Option<&'a EnvelopeRun> {
        self.envelopes_between(tick, tick.saturating_add(1)).first()
    }

    /// From where the voltage leaves the band around `mv` to where it has crossed it.
    fn slope_of_samples(&self, tick: u64, mv: f64, is_rise: bool) -> Option<f64> {
        let window = self.window_at(tick)?;
        let centre = usize::try_from((tick - window.start_tick) / window.ticks_per_sample.max(1)).ok()?;
        // As if it always rose.
        let height = |code: &u16| {
            if is_rise { self.adc.mv(f64::from(*code)) - mv } else { mv - self.adc.mv(f64::from(*code)) }
        };
        let (before, after) = window.samples.split_at(centre.min(window.samples.len()));
        let low = before.iter().rposition(|code| height(code) <= -BAND_MV)?;
        let high = centre + after.iter().position(|code| height(code) >= BAND_MV)?;
        let rise = height(&window.samples[high]) - height(&window.samples[low]);
        let ns = (high - low) as f64 * window.ticks_per_sample as f64 * 1e9 / self.tick_hz as f64;
        (rise > 0.0 && ns > 0.0).then(|| rise / ns)
    }

    /// By the windows around the edge. In a window through which the voltage runs in one direction its height tells the slope; with
    /// ripple on a slow decay only the means do.
    fn slope_of_envelope(&self, tick: u64) -> Option<f64> {
        let run = self.envelope_at(tick)?;
        let at = usize::try_from((tick - run.start_tick) / run.ticks_per_window.max(1)).ok()?;
        let (before, own, after) =
            (run.windows.get(at.checked_sub(1)?)?, run.windows.get(at)?, run.windows.get(at + 1)?);
        let mv_of = |codes: u16| (self.adc.mv(f64::from(codes)) - self.adc.mv(0.0)).abs();
        let (height, moved) = (mv_of(own.greatest - own.least), mv_of(before.mean.abs_diff(after.mean)));
        let ns = run.ticks_per_window as f64 * 1e9 / self.tick_hz as f64;
        let slope = if moved >= height / 2.0 { height / ns } else { moved / (2.0 * ns) };
        (slope > 0.0).then_some(slope)
    }
}

fn extend(open: &mut Option<(Says, u64, u64)>, says: Says, start: u64, end: u64) {
    match open {
        Some(stretch) => {
            if says == Says::Contradicts {
                stretch.0 = says;
            }
            stretch.2 = end;
        }
        None => *open = Some((says, start, end)),
    }
}

/// The samples of a window whose instants lie in `start..end`.
fn samples_in(window: &Window, start: u64, end: u64) -> &[u16] {
    let index = |tick: u64| {
        let ticks = tick.saturating_sub(window.start_tick).div_ceil(window.ticks_per_sample.max(1));
        usize::try_from(ticks).unwrap_or(usize::MAX).min(window.samples.len())
    };
    &window.samples[index(start)..index(end).max(index(start))]
}

#[cfg(test)]
mod tests {
    use ichiscope_wire::Line;

    use super::*;
    use crate::interruption::{Interruption, Interruptions};
    use crate::{FrontEnd, Threshold};

    const HZ: u64 = 1_000_000;
    /// Ticks of a window of the envelope: 10 ms.
    const WINDOW: u64 = 10_000;

    /// A code is 4 mV; everything is known to 20 mV.
    fn settings() -> Settings {
        let adc = Adc {
            gain_nv_per_code: 4_000_000,
            offset_uv: 0,
            gain_u_ppm: 0,
            offset_u_uv: 20_000,
            delay_ns: 0,
        };
        let front_end = FrontEnd {
            name: String::new(),
            source: String::new(),
            date: String::new(),
            comparators: Vec::new(),
            adc: Some(adc),
        };
        Settings { front_end: Some(front_end), ..Settings::default() }
    }

    fn voltage<'a>(
        settings: &'a Settings,
        envelopes: &'a [EnvelopeRun],
        windows: &'a [Window],
    ) -> Voltage<'a> {
        let adc = settings.front_end.as_ref().unwrap().adc.as_ref().unwrap();
        let span = (0, 4_000_000);
        Voltage {
            settings,
            envelopes,
            windows,
            span,
            adc,
            tick_hz: HZ,
            delay_ticks: 0,
            envelopes_lost: false,
        }
    }

    /// Windows of the envelope of a voltage that is `mv(tick)`, with `ripple_mv` on it, from `start_tick` on.
    fn run(start_tick: u64, count: u64, ripple_mv: f64, mv: impl Fn(u64) -> f64) -> EnvelopeRun {
        let code = |mv: f64| (mv / 4.0).round() as u16;
        let window = |n: u64| {
            let (a, b) = (mv(start_tick + n * WINDOW), mv(start_tick + (n + 1) * WINDOW));
            Extent {
                least: code(a.min(b) - ripple_mv),
                greatest: code(a.max(b) + ripple_mv),
                mean: code((a + b) / 2.0),
            }
        };
        EnvelopeRun { start_tick, ticks_per_window: WINDOW, windows: (0..count).map(window).collect() }
    }

    fn found(outage: Option<(u64, u64)>) -> Interruptions {
        let interruption = |(start_tick, end_tick)| Interruption {
            start_tick,
            end_tick,
            open_start: false,
            open_end: false,
            chatter_ticks: 0,
        };
        let list = outage.map(interruption).into_iter().collect();
        Interruptions { list, longest_chatter_ticks: 0 }
    }

    fn level<'a>(threshold: &'a Threshold, found: &'a Interruptions) -> Level<'a> {
        Level { threshold, known_from: Some(0), found, trains: Vec::new() }
    }

    const RAIL0: Threshold = Threshold { line: Line::Rail0, falling_mv: 10_200, rising_mv: 10_800 };

    /// 1 V a second; ripple of 100 mV does not make it look faster.
    #[test]
    fn the_slope_of_a_slow_decay_is_that_of_the_means() {
        let settings = settings();
        for ripple in [0.0, 100.0] {
            let runs = [run(0, 400, ripple, |t| 12_000.0 - t as f64 / 1000.0)];
            let v = voltage(&settings, &runs, &[]);
            let slope = v.slope_mv_per_ns(1_800_000, 10_200.0, false).unwrap() * 1e9;
            assert!((slope - 1000.0).abs() < 250.0, "{slope} mV/s");
        }
    }

    /// A fall within one window is at least as fast as that window is high; samples tell the rest.
    #[test]
    fn the_slope_of_a_fast_edge() {
        let settings = settings();
        let mv = |t: u64| if t <= 1_805_000 { 12_000.0 } else { 0.0 };
        let runs = [run(0, 400, 0.0, mv)];
        let v = voltage(&settings, &runs, &[]);
        let slope = v.slope_mv_per_ns(1_805_000, 10_200.0, false).unwrap();
        assert!((slope - 12_000.0 / 10e6).abs() < 1e-6, "{slope}");
        // 400 mV a tick: 0.4 mV/ns.
        let samples =
            (0..100u64).map(|i| ((12_000 - 400 * i.clamp(40, 70).saturating_sub(40)) / 4) as u16).collect();
        let windows = [Window { start_tick: 1_804_956, ticks_per_sample: 1, samples }];
        let v = voltage(&settings, &runs, &windows);
        let slope = v.slope_mv_per_ns(1_805_001, 10_200.0, false).unwrap();
        assert!((slope - 0.4).abs() < 0.01, "{slope}");
        assert_eq!(v.least_mv(1_805_000, 1_806_000), Some(0));
    }

    /// A comparator that says good while the rail is at 8 V, for longer and for shorter than the restore time.
    #[test]
    fn a_comparator_that_is_stuck_is_found() {
        let settings = settings();
        let dip = |length: u64| {
            move |t: u64| if (1_000_000..1_000_000 + length).contains(&t) { 8_000.0 } else { 12_000.0 }
        };
        let says = |runs: &[EnvelopeRun], outage| {
            voltage(&settings, runs, &[]).held_against(&[level(&RAIL0, &found(outage))]).0
        };
        assert_eq!(says(&[run(0, 400, 10.0, dip(1_500_000))], None), [Reason::VoltageContradicts]);
        assert_eq!(says(&[run(0, 400, 10.0, dip(900_000))], None), []);
        assert_eq!(says(&[run(0, 400, 10.0, dip(1_500_000))], Some((1_000_000, 2_500_000))), []);
        // The other way round: it says bad, and the rail is good.
        assert_eq!(
            says(&[run(0, 400, 10.0, dip(0))], Some((1_000_000, 2_500_000))),
            [Reason::VoltageContradicts]
        );
    }

    /// Whatever part of the record is lost, what was INCONCLUSIVE stays so.
    #[test]
    fn no_loss_of_the_record_makes_it_better() {
        let settings = settings();
        let mv = |t: u64| if (1_000_000..2_500_000).contains(&t) { 8_000.0 } else { 12_000.0 };
        for from in (0..400).step_by(7) {
            for to in (from + 1..=400).step_by(13) {
                let runs = [run(0, from, 10.0, mv), run(to * WINDOW, 400 - to, 10.0, mv)];
                let kept: Vec<EnvelopeRun> = runs.into_iter().filter(|r| !r.windows.is_empty()).collect();
                let reasons = voltage(&settings, &kept, &[]).held_against(&[level(&RAIL0, &found(None))]).0;
                assert!(!reasons.is_empty(), "{from}..{to}");
            }
        }
    }

    #[test]
    fn a_hole_at_an_edge_is_a_loss() {
        let settings = settings();
        let flat = |_| 12_000.0;
        let runs = [run(0, 100, 0.0, flat), run(2_000_000, 100, 0.0, flat)];
        let v = voltage(&settings, &runs, &[]);
        assert!(v.is_lost_at(1_500_000) && !v.is_lost_at(500_000) && !v.is_lost_at(2_500_000));
        let windows = [Window { start_tick: 1_499_000, ticks_per_sample: 10, samples: vec![3000; 200] }];
        assert!(!voltage(&settings, &runs, &windows).is_lost_at(1_500_000));
    }
}
