//! The ADC against two known voltages: what a code is in volts, and how sure that is.

use ichiscope_replay::Recording;

/// Steadier than this the voltage must be while it is recorded, codes from least to greatest (engineering default).
const MAX_RIPPLE: u16 = 200;
/// The two voltages must lie further apart than this, codes (engineering default): what lies beyond them is told by their line.
const MIN_APART: f64 = 500.0;

/// Why the ADC cannot be calibrated.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AdcError {
    /// No envelope.
    #[error("{0} holds no envelope of the ADC. Remedy: record a board with an ADC, with --envelope on")]
    NoEnvelope(String),
    /// Not steady.
    #[error(
        "{capture}: the voltage moved by {codes} codes while it was recorded. Remedy: record a steady voltage for each point"
    )]
    NotSteady {
        /// The capture.
        capture: String,
        /// From least to greatest.
        codes: u16,
    },
    /// Too near to each other.
    #[error(
        "the two points are {0} codes apart, which is too near. Remedy: take voltages such as 5 V and 12 V"
    )]
    TooNear(u16),
}

/// A known voltage and what the ADC said of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdcPoint {
    /// By the voltmeter, mV.
    pub mv: i32,
    /// Expanded uncertainty (k = 2) of that, mV.
    pub u_mv: f64,
    /// Mean of the codes.
    pub code: f64,
    /// From the least to the greatest.
    pub ripple: u16,
}

impl AdcPoint {
    /// The point of a recording in which the voltage was steady.
    ///
    /// # Errors
    /// There is no envelope, or the voltage moved.
    pub fn of(recording: &Recording, capture: &str, mv: i32, u_mv: f64) -> Result<AdcPoint, AdcError> {
        let windows = || recording.timeline.waveform().envelopes().iter().flat_map(|run| &run.windows);
        let least = windows().map(|w| w.least).min();
        let greatest = windows().map(|w| w.greatest).max();
        let (Some(least), Some(greatest)) = (least, greatest) else {
            return Err(AdcError::NoEnvelope(capture.to_owned()));
        };
        let ripple = greatest - least;
        if ripple > MAX_RIPPLE {
            return Err(AdcError::NotSteady { capture: capture.to_owned(), codes: ripple });
        }
        // The mean of a window is rounded down: half a code more.
        let sum: f64 = windows().map(|w| f64::from(w.mean) + 0.5).sum();
        Ok(AdcPoint { mv, u_mv, code: sum / windows().count() as f64, ripple })
    }
}

/// What a code is in volts, by two points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdcScale {
    /// Microvolts a code.
    pub gain_uv_per_code: f64,
    /// Microvolts at code 0.
    pub offset_uv: f64,
    /// Expanded uncertainty (k = 2) of the gain, parts per million.
    pub gain_u_ppm: f64,
    /// Expanded uncertainty (k = 2) of the offset, microvolts.
    pub offset_u_uv: f64,
}

impl AdcScale {
    /// The line through two points. Each voltage is as uncertain as the voltmeter says, and by half a code.
    ///
    /// # Errors
    /// They are too near to each other.
    pub fn through(a: AdcPoint, b: AdcPoint) -> Result<AdcScale, AdcError> {
        let codes = b.code - a.code;
        if codes.abs() < MIN_APART {
            return Err(AdcError::TooNear(codes.abs() as u16));
        }
        let uv = |p: AdcPoint| f64::from(p.mv) * 1000.0;
        let gain = (uv(b) - uv(a)) / codes;
        let u = |p: AdcPoint| (p.u_mv * 1000.0).hypot(gain / 2.0);
        // Propagation through gain = (vb - va) / (cb - ca) and offset = (va cb - vb ca) / (cb - ca).
        let of_gain = u(a).hypot(u(b)) / codes.abs();
        let of_offset = (u(a) * b.code).hypot(u(b) * a.code) / codes.abs();
        Ok(AdcScale {
            gain_uv_per_code: gain,
            offset_uv: uv(a) - gain * a.code,
            gain_u_ppm: of_gain / gain.abs() * 1e6,
            offset_u_uv: of_offset,
        })
    }

    /// As the section `[adc]` of a front end's profile.
    pub fn text(&self) -> String {
        format!(
            "[adc]\ngain_uv_per_code = {:.4}\noffset_uv = {:.0}\ngain_u_ppm = {:.0}\noffset_u_uv = {:.0}\n",
            self.gain_uv_per_code,
            self.offset_uv,
            self.gain_u_ppm.ceil(),
            self.offset_u_uv.ceil()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5 V at 1300 and 12 V at 3050: 4 mV a code, -200 mV at 0. 10 mV of voltmeter: gain 10 sqrt(2) / 7000 = 2020 ppm.
    #[test]
    fn a_line_through_two_voltages() {
        let point = |mv, code| AdcPoint { mv, u_mv: 10.0, code, ripple: 2 };
        let scale = AdcScale::through(point(5_000, 1300.0), point(12_000, 3050.0)).unwrap();
        assert!((scale.gain_uv_per_code - 4000.0).abs() < 1e-9 && (scale.offset_uv + 200_000.0).abs() < 1e-6);
        assert!((scale.gain_u_ppm - 2060.0).abs() < 20.0, "{}", scale.gain_u_ppm);
        // 10.2 mV * sqrt(3050^2 + 1300^2) / 1750 = 19.3 mV.
        assert!((scale.offset_u_uv - 19_320.0).abs() < 50.0, "{}", scale.offset_u_uv);
        assert_eq!(
            AdcScale::through(point(5_000, 1300.0), point(6_000, 1550.0)),
            Err(AdcError::TooNear(250))
        );
    }
}
