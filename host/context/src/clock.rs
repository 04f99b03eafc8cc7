//! The certificate of a clock calibration: what `ichiscope calibrate` found against PPS, for later recordings of the same board.

use ichiscope_capture::Facts;
use ichiscope_verdict::{ClockCalibration, Settings};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{ContextError, Wrong, toml_error};

/// First key of the file.
pub(crate) const FORMAT: &str = "ichiscope-clock-1";
/// Name of the fact in which a capture carries the certificate that its board had.
pub const CLOCK_FACT: &str = "clock_calibration";
const NS_PER_DAY: u64 = 86_400_000_000_000;

/// The certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// `ichiscope-clock-1`.
    pub format: String,
    /// Name and version of the program.
    pub program: String,
    /// File name of the capture that it was computed from.
    pub capture: String,
    /// SHA-256 of that capture.
    pub capture_sha256: String,
    /// UTC at which that capture was begun, by the PC's clock, RFC 3339.
    pub date: String,
    /// Serial number of the board.
    pub device_serial: String,
    /// Name of the board.
    pub board: String,
    /// Nominal ticks per second.
    pub tick_hz: u64,
    /// Pulses on the line.
    pub pulses: u64,
    /// Pulses that the fit rests on.
    pub pulses_used: u64,
    /// Seconds from the first to the last of these.
    pub span_s: u64,
    /// How much faster than nominal the clock ran, parts per billion.
    pub deviation_ppb: i32,
    /// Expanded uncertainty (k = 2) of that, ppb: scatter, drift during the span, the pulses' own.
    pub u_ppb: u32,
    /// Root of the mean square of the pulses' distance from the fit, ns.
    pub residual_rms_ns: u64,
    /// The greatest such distance, ns.
    pub residual_max_ns: u64,
    /// How far a pulse may be off its second, ns, as a bound; by the operator's word or the engineering default.
    pub pps_bound_ns: u64,
    /// By how much the rate may change with temperature and supply, ppb, as a bound. Engineering default.
    pub stability_ppb: u32,
    /// By how much the rate may change in a year, ppb, as a bound. Engineering default.
    pub ageing_ppb_per_year: u32,
}

impl Certificate {
    /// Reads a certificate.
    ///
    /// # Errors
    /// The text is no certificate, or a figure in it cannot be.
    pub fn parse(name: &str, text: &str) -> Result<Certificate, ContextError> {
        let certificate: Certificate =
            toml::from_str(text).map_err(|error| toml_error(name, text, &error))?;
        if certificate.format != FORMAT {
            return Err(Wrong::Format { found: certificate.format, expected: FORMAT }.at(name, 1));
        }
        if certificate.date.parse::<Timestamp>().is_err() {
            return Err(Wrong::Time(certificate.date, "write it as 2026-11-25T22:30:00Z").at(name, 0));
        }
        Ok(certificate)
    }

    /// As TOML.
    pub fn text(&self) -> String {
        let head = "# The clock of a board against pulses per second, by `ichiscope calibrate`. See docs/context.md.\n";
        format!("{head}{}", toml::to_string(self).unwrap_or_default())
    }

    /// The bound on the rate since then, ppb: stability and ageing.
    fn drift_ppb(&self, age_days: u64) -> u32 {
        let ageing = u64::from(self.ageing_ppb_per_year).saturating_mul(age_days).div_ceil(365);
        u32::try_from(u64::from(self.stability_ppb).saturating_add(ageing)).unwrap_or(u32::MAX)
    }

    /// Days between the calibration and a moment, ns since 1970, whichever came first; begun days count.
    fn age_days(&self, utc_ns: u64) -> u64 {
        let date =
            self.date.parse::<Timestamp>().map_or(0, |t| u64::try_from(t.as_nanosecond()).unwrap_or(0));
        date.abs_diff(utc_ns).div_ceil(NS_PER_DAY)
    }

    /// The bound for one who wants a single figure, ppb: deviation, uncertainty and drift added up.
    pub fn bound_ppb(&self, utc_ns: u64) -> u32 {
        let drift = self.drift_ppb(self.age_days(utc_ns));
        self.deviation_ppb.unsigned_abs().saturating_add(self.u_ppb).saturating_add(drift)
    }

    /// Takes the place of the clock's bound in the settings of a recording of the same board.
    ///
    /// # Errors
    /// The certificate is of another board, or may be: boards without a serial number cannot be told apart.
    pub(crate) fn apply(
        &self,
        name: &str,
        facts: &Facts,
        tick_hz: Option<u64>,
        settings: &mut Settings,
    ) -> Result<(), ContextError> {
        let serial = &facts.device.serial;
        let is_same_rate = tick_hz.is_none_or(|hz| hz == self.tick_hz);
        if *serial != self.device_serial || !is_same_rate {
            let certificate = format!("{} at {} Hz", self.device_serial, self.tick_hz);
            let hz = tick_hz.unwrap_or(0);
            return Err(
                Wrong::OtherBoard { certificate, capture: format!("{serial} at {hz} Hz") }.at(name, 0)
            );
        }
        if serial.is_empty() {
            return Err(Wrong::NoSerial.at(name, 0));
        }
        let age_days = self.age_days(facts.created_utc_ns);
        settings.clock = Some(ClockCalibration {
            deviation_ppb: self.deviation_ppb,
            u_ppb: self.u_ppb,
            drift_ppb: self.drift_ppb(age_days),
            told: format!(
                "calibrated {} against {} pulses over {} s, {age_days} days from this recording",
                self.date, self.pulses_used, self.span_s
            ),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ichiscope_capture::DeviceFacts;

    use super::*;

    fn certificate() -> Certificate {
        Certificate::parse("certificate.toml", include_str!("../tests/certificate.toml")).unwrap()
    }

    #[test]
    fn a_certificate_comes_back_as_it_was() {
        let text = certificate().text();
        assert_eq!(Certificate::parse("c.toml", &text).unwrap(), certificate());
        let error =
            Certificate::parse("c.toml", &text.replace("clock-1", "clock-7")).unwrap_err().to_string();
        assert!(error.contains("clock-7") && error.contains("Remedy"), "{error}");
    }

    /// Two boards without a serial number are not the same board.
    #[test]
    fn it_is_of_one_board() {
        let apply = |its: &str, capture: &str| {
            let certificate = Certificate { device_serial: its.to_owned(), ..certificate() };
            let device = DeviceFacts { serial: capture.to_owned(), ..DeviceFacts::default() };
            let mut settings = Settings::default();
            let facts = Facts::new("test", 0, device);
            certificate.apply("c.toml", &facts, None, &mut settings).is_ok() && settings.clock.is_some()
        };
        assert!(apply("A", "A"));
        assert!(!apply("A", "B") && !apply("", "A") && !apply("A", ""));
        assert!(!apply("", ""));
    }

    /// 3650 ppb a year are 10 a day; 100 days: 1000 and 5000 of stability.
    #[test]
    fn age_makes_it_worse_whichever_came_first() {
        let c = certificate();
        let day = |n: u64| 1_767_225_600_000_000_000 + n * NS_PER_DAY;
        assert_eq!(c.age_days(day(0)), 0);
        assert_eq!((c.age_days(day(100)), c.drift_ppb(100)), (100, 6_000));
        assert_eq!(c.age_days(day(0) - 3 * NS_PER_DAY), 3);
        assert_eq!(c.bound_ppb(day(100)), 12_000 + 50 + 6_000);
    }
}
