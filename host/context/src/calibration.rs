//! The clock against pulses per second: a straight line through the pulses, robust to those that are missing or too many.

use ichiscope_replay::Recording;
use ichiscope_timeline::{SecondBound, SecondPulse, Timeline, pulses_by_seconds};
use ichiscope_wire::Line;
use jiff::Timestamp;

use crate::clock::{Certificate, FORMAT};

/// Fewer pulses than this tell too little (engineering default).
const MIN_PULSES: usize = 10;
/// So do pulses over fewer seconds than this (engineering default).
const MIN_SPAN_S: u64 = 30;
/// A clock that is further off than this is not one, parts per billion (engineering default).
const MAX_PPB: u64 = 300_000;
/// A pulse further from the line than this many times the median distance is left out.
const OUTLIER: f64 = 8.0;
/// Bounds of the certificate that no measurement stands behind.
const STABILITY_PPB: u32 = 5_000;
const AGEING_PPB_PER_YEAR: u32 = 5_000;

/// Why the clock cannot be calibrated.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CalibrationError {
    /// The tick rate is not known, or the recording was imported.
    #[error(
        "this recording is of no board whose clock could be calibrated. Remedy: record a board with a PPS source on its pps input"
    )]
    NoBoard,
    /// No edges on the line.
    #[error(
        "there is no pulse on the line pps. Remedy: wire a PPS source to the pps input and record for ten minutes"
    )]
    NoPulse,
    /// Too few.
    #[error(
        "{pulses} pulses over {span_s} s in one piece are too few to tell the rate. Remedy: record at least 10 pulses over 30 s without a gap; ten minutes are better"
    )]
    TooLittle {
        /// Pulses a second apart.
        pulses: usize,
        /// Seconds from the first to the last.
        span_s: u64,
    },
}

/// A pulse: its second and its tick, both from the first one on.
#[derive(Clone, Copy, Debug)]
struct Pulse {
    second: f64,
    tick: f64,
}

/// The clock of a recording against its PPS input. `pps_bound_ns`: how far a pulse may be off its second.
///
/// # Errors
/// There are no pulses, or too few in one piece.
pub fn calibrate_clock(
    recording: &Recording,
    capture: &str,
    capture_sha256: &str,
    pps_bound_ns: u64,
) -> Result<Certificate, CalibrationError> {
    let timeline = &recording.timeline;
    let identity = timeline.identity().filter(|i| !i.is_imported()).ok_or(CalibrationError::NoBoard)?;
    let tick_hz = timeline.tick_hz().ok_or(CalibrationError::NoBoard)?;
    let ticks: Vec<u64> = timeline.track(Line::Pps).rises().collect();
    if ticks.is_empty() {
        return Err(CalibrationError::NoPulse);
    }
    let chain = longest_chain(&pieces(timeline, &ticks), tick_hz);
    let kept = without_outliers(chain, tick_hz as f64);
    let span_s = kept.last().map_or(0, |p| p.second as u64) - kept.first().map_or(0, |p| p.second as u64);
    if kept.len() < MIN_PULSES || span_s < MIN_SPAN_S {
        return Err(CalibrationError::TooLittle { pulses: kept.len(), span_s });
    }
    let fit = Fit::of(&kept);
    let ns = 1e9 / tick_hz as f64;
    let residuals: Vec<f64> = kept.iter().map(|p| fit.residual(p) * ns).collect();
    let square: f64 = residuals.iter().map(|r| r * r).sum();
    let date = Timestamp::from_nanosecond(i128::from(recording.facts.created_utc_ns)).unwrap_or_default();
    Ok(Certificate {
        format: FORMAT.to_owned(),
        program: recording.facts.program.clone(),
        capture: capture.to_owned(),
        capture_sha256: capture_sha256.to_owned(),
        date: date.to_string(),
        device_serial: recording.facts.device.serial.clone(),
        board: identity.board().map_or("unknown", |b| b.name()).to_owned(),
        tick_hz,
        pulses: ticks.len() as u64,
        pulses_used: kept.len() as u64,
        span_s,
        deviation_ppb: ((fit.rate / tick_hz as f64 - 1.0) * 1e9).round() as i32,
        u_ppb: uncertainty_ppb(&kept, &fit, tick_hz as f64, pps_bound_ns as f64),
        residual_rms_ns: (square / residuals.len() as f64).sqrt().ceil() as u64,
        residual_max_ns: residuals.iter().fold(0.0, |most: f64, r| most.max(r.abs())).ceil() as u64,
        pps_bound_ns,
        stability_ppb: STABILITY_PPB,
        ageing_ppb_per_year: AGEING_PPB_PER_YEAR,
    })
}

/// The pulses between gaps: across a gap the ticks may come from another clock.
fn pieces(timeline: &Timeline, ticks: &[u64]) -> Vec<Vec<u64>> {
    let mut pieces: Vec<Vec<u64>> = vec![Vec::new()];
    let mut gaps = timeline.gaps().iter().peekable();
    for tick in ticks {
        let mut is_new = false;
        while gaps.next_if(|g| g.start_tick < *tick).is_some() {
            is_new = true;
        }
        if is_new {
            pieces.push(Vec::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(*tick);
        }
    }
    pieces
}

/// The longest chain of pulses that are whole seconds apart in any piece.
fn longest_chain(pieces: &[Vec<u64>], tick_hz: u64) -> Vec<Pulse> {
    // What a pulse is off by itself is nothing beside this bound.
    let bound = SecondBound { tick_hz, clock_ppb: MAX_PPB, ticks: 0 };
    let chains = pieces.iter().map(|piece| pulses_by_seconds(piece, &bound));
    // Of equally long ones the first.
    let chain = chains.rev().max_by_key(Vec::len).unwrap_or_default();
    let first = chain.first().map_or(0, |pulse| pulse.tick);
    let from_first =
        |pulse: &SecondPulse| Pulse { second: pulse.second as f64, tick: (pulse.tick - first) as f64 };
    chain.iter().map(from_first).collect()
}

/// Without the pulses that lie far from the line through the others.
fn without_outliers(pulses: Vec<Pulse>, tick_hz: f64) -> Vec<Pulse> {
    if pulses.len() < 3 {
        return pulses;
    }
    let fit = Fit::robust(&pulses);
    let mut distances: Vec<f64> = pulses.iter().map(|p| fit.residual(p).abs()).collect();
    distances.sort_by(f64::total_cmp);
    // Not below a tick and not below 100 ns: a perfect source must not throw out its own rounding.
    let median = distances[distances.len() / 2].max(1.0).max(tick_hz * 1e-7);
    pulses.into_iter().filter(|p| fit.residual(p).abs() <= OUTLIER * median).collect()
}

/// A line through pulses.
struct Fit {
    /// Ticks per second.
    rate: f64,
    /// Tick of second 0.
    offset: f64,
}

impl Fit {
    /// Least squares (around the middle, so that no digits are lost).
    fn of(pulses: &[Pulse]) -> Fit {
        let n = pulses.len() as f64;
        let mean = |of: fn(&Pulse) -> f64| pulses.iter().map(of).sum::<f64>() / n;
        let (x, y) = (mean(|p| p.second), mean(|p| p.tick));
        let products: f64 = pulses.iter().map(|p| (p.second - x) * (p.tick - y)).sum();
        let rate = products / spread(pulses);
        Fit { rate, offset: y - rate * x }
    }

    /// The median of the slopes between pulses half the list apart, which a few wrong ones do not move.
    fn robust(pulses: &[Pulse]) -> Fit {
        let half = pulses.len() / 2;
        let pairs = pulses.iter().zip(&pulses[half..]);
        let rate = median(
            pairs
                .filter(|(a, b)| b.second > a.second)
                .map(|(a, b)| (b.tick - a.tick) / (b.second - a.second))
                .collect(),
        );
        let offset = median(pulses.iter().map(|p| p.tick - rate * p.second).collect());
        Fit { rate, offset }
    }

    fn residual(&self, pulse: &Pulse) -> f64 {
        pulse.tick - self.offset - self.rate * pulse.second
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Sum of the squares of the seconds' distances from their mean.
fn spread(pulses: &[Pulse]) -> f64 {
    let mean = pulses.iter().map(|p| p.second).sum::<f64>() / pulses.len() as f64;
    pulses.iter().map(|p| (p.second - mean) * (p.second - mean)).sum()
}

/// Expanded uncertainty of the rate, ppb: the scatter of the pulses about the line (at least that of a tick), what the rate moved between
/// the halves of the recording, and the pulses' own bound at both ends of it. Bounds as rectangles.
fn uncertainty_ppb(pulses: &[Pulse], fit: &Fit, tick_hz: f64, pps_bound_ns: f64) -> u32 {
    let n = pulses.len() as f64;
    let squares: f64 = pulses.iter().map(|p| fit.residual(p).powi(2)).sum();
    let scatter = (squares / (n - 2.0)).max(1.0 / 12.0);
    let of_scatter = (scatter / spread(pulses)).sqrt() / tick_hz * 1e9;
    let (early, late) = pulses.split_at(pulses.len() / 2);
    let moved = (Fit::of(late).rate - Fit::of(early).rate).abs() / 2.0 / tick_hz * 1e9;
    let span = pulses.last().map_or(1.0, |p| p.second) - pulses.first().map_or(0.0, |p| p.second);
    let of_source = pps_bound_ns * 2f64.sqrt() / span;
    let standard = (of_scatter.powi(2) + moved.powi(2) / 3.0 + of_source.powi(2) / 3.0).sqrt();
    (2.0 * standard).ceil() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const HZ: f64 = 36_000_000.0;

    /// Pulses of a clock that is `ppm` fast, with up to 5 ticks of jitter.
    fn pulses(count: u64, ppm: f64) -> Vec<u64> {
        let mut noise = 1u64;
        (0..count)
            .map(|n| {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                1_000_000 + (n as f64 * HZ * (1.0 + ppm / 1e6)).round() as u64 + (noise >> 33) % 5
            })
            .collect()
    }

    fn ppb(ticks: &[u64]) -> (f64, u32, usize) {
        let kept = without_outliers(longest_chain(&[ticks.to_vec()], HZ as u64), HZ);
        let fit = Fit::of(&kept);
        ((fit.rate / HZ - 1.0) * 1e9, uncertainty_ppb(&kept, &fit, HZ, 100.0), kept.len())
    }

    #[test]
    fn the_rate_is_found_within_its_uncertainty() {
        for ppm in [-49.7, -1.0, 0.0, 0.003, 23.456, 150.0] {
            let (found, u, kept) = ppb(&pulses(600, ppm));
            assert!((found - ppm * 1000.0).abs() <= f64::from(u), "{ppm}: {found} +- {u}");
            assert!(u < 5 && kept == 600, "{ppm}: {u} {kept}");
        }
    }

    #[test]
    fn missing_and_doubled_and_wild_pulses_do_not_move_it() {
        let mut ticks: Vec<u64> = pulses(600, 20.0)
            .into_iter()
            .enumerate()
            .filter(|(i, _)| i % 7 != 3 && !(100..160).contains(i))
            .map(|(_, t)| t)
            .collect();
        let good = ticks.len();
        // Doubled by contact bounce, noise in the middle of seconds, a wrong one at the very start, one late by 5 us.
        let doubles: Vec<u64> = ticks.iter().step_by(11).map(|t| t + 900).collect();
        ticks.extend(doubles);
        ticks.extend([17, 1_000_000 + 18_000_000, 1_000_000 + 360_000_000 + 7_777_777]);
        ticks[200] += 180;
        ticks.sort_unstable();
        let (found, u, kept) = ppb(&ticks);
        assert!((found - 20_000.0).abs() <= f64::from(u), "{found} +- {u}");
        // All but the late one.
        assert_eq!(kept, good - 1);
    }

    /// A rate that moves by 2 ppm during the recording is no better known than that.
    #[test]
    fn a_moving_rate_is_seen() {
        let mut tick = 1_000_000.0;
        let ticks: Vec<u64> = (0..600)
            .map(|n| {
                tick += HZ * (1.0 + f64::from(n) / 300.0 / 1e6);
                tick as u64
            })
            .collect();
        let (_, u, _) = ppb(&ticks);
        assert!((500..3_000).contains(&u), "{u}");
    }
}
