//! Events that other systems tell: service requests, alert codes, the device's own record of an outage.
//!
//! The names are those of the published alert lists; what a code does not say is not guessed.

use std::fmt;

use crate::{PhaseKind, PhaseSource};

/// What happened, by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventCode {
    /// DCC alert AD1: power outage. The alert that must not come.
    Ad1,
    /// A GBCS alert or event by its number.
    Alert(u16),
    /// A service request: 11.1, 11.2, 11.3, 11.4.
    ServiceRequest(u8),
}

/// Service requests that have to do with firmware, by the number behind `11.`.
const REQUESTS: [(u8, &str); 4] = [
    (1, "Update Firmware"),
    (2, "Read Firmware Version"),
    (3, "Activate Firmware"),
    (4, "Update PPMID Firmware"),
];

/// Alerts and events by number.
const ALERTS: [(u16, &str); 26] = [
    (0x8F72, "image verification successful"),
    (0x8F1C, "image verification failed"),
    (0x8F1B, "image verification failed at power-on"),
    (0x8F43, "executing firmware version changed"),
    (0x8F66, "future-dated command succeeded"),
    (0x8F67, "future-dated command failed"),
    (0x8F89, "CH firmware transfer failed"),
    (0x8F8A, "CH firmware transfer succeeded"),
    (0x81B2, "unexpected hardware reset"),
    (0x81B3, "watchdog reset"),
    (0x81AD, "metrology verification failure"),
    (0x81A2, "CH connected to ESME"),
    (0x81A3, "CH disconnected from ESME"),
    (0x8F35, "supply outage restored"),
    (0x8F36, "supply outage restored, outage of 3 minutes or more"),
    (0x8F37, "supply outage restored, of one phase"),
    (0x8F38, "supply outage restored, of one phase"),
    (0x8F39, "supply outage restored, of one phase"),
    (0x8F3A, "supply outage restored, of one phase"),
    (0x8F3B, "supply outage restored, of one phase"),
    (0x8F3C, "supply outage restored, of one phase"),
    (0x8F57, "supply interrupted"),
    (0x8F58, "supply interrupted, of one phase"),
    (0x8F59, "supply interrupted, of one phase"),
    (0x8F5A, "supply interrupted, of one phase"),
    (0x0012, "CS06 Activate Firmware"),
];

impl EventCode {
    /// The code in one of its spellings: `AD1`, `11.3`, `0x8F36`, `8F36`. `None` if it is none of those that are known here.
    pub fn parse(text: &str) -> Option<EventCode> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("AD1") {
            return Some(EventCode::Ad1);
        }
        if let Some(number) = text.strip_prefix("11.") {
            let number = number.parse().ok()?;
            return REQUESTS.iter().any(|r| r.0 == number).then_some(EventCode::ServiceRequest(number));
        }
        let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
        let number = (hex.len() == 4).then(|| u16::from_str_radix(hex, 16).ok())??;
        ALERTS.iter().any(|a| a.0 == number).then_some(EventCode::Alert(number))
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        let named = |list: &[(u16, &'static str)], number| {
            list.iter().find(|a| a.0 == number).map_or("not known", |a| a.1)
        };
        match self {
            EventCode::Ad1 => "power outage alert",
            EventCode::Alert(number) => named(&ALERTS, number),
            EventCode::ServiceRequest(number) => {
                REQUESTS.iter().find(|r| r.0 == number).map_or("not known", |r| r.1)
            }
        }
    }

    /// Whether it says that a supply came back: then its record may carry the length of the outage.
    pub const fn is_restoration(self) -> bool {
        matches!(self, EventCode::Alert(0x8F35..=0x8F3C))
    }

    /// The phase that it ends and the one that it begins, as this project reads it (an engineering default).
    pub const fn phases(self) -> (&'static [PhaseKind], Option<PhaseKind>) {
        use PhaseKind as P;
        match self {
            EventCode::ServiceRequest(1) => (&[], Some(P::ImageDistribution)),
            EventCode::Alert(0x8F72) => {
                (&[P::ImageDistribution, P::ImageVerification], Some(P::ActivationPending))
            }
            EventCode::Alert(0x8F1C | 0x8F1B) => (&[P::ImageDistribution, P::ImageVerification], None),
            EventCode::ServiceRequest(3) => {
                (&[P::ImageDistribution, P::ActivationPending], Some(P::ActivationCommand))
            }
            EventCode::Alert(0x8F43 | 0x8F66 | 0x8F67 | 0x8F35..=0x8F3C) => (&[P::ActivationCommand], None),
            _ => (&[], None),
        }
    }
}

impl fmt::Display for EventCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EventCode::Ad1 => f.write_str("AD1"),
            EventCode::Alert(number) => write!(f, "0x{number:04X}"),
            EventCode::ServiceRequest(number) => write!(f, "11.{number}"),
        }
    }
}

/// Something that another system told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldEvent {
    /// Where on the axis.
    pub tick: u64,
    /// How far that may be off, ticks.
    pub uncertainty_ticks: u64,
    /// What.
    pub code: EventCode,
    /// Length of the outage by the device's own record, whole seconds.
    pub seconds: Option<u64>,
    /// Who told it.
    pub source: PhaseSource,
}

impl ToldEvent {
    /// First and last tick at which it may be.
    pub const fn reach(&self) -> (u64, u64) {
        (self.tick.saturating_sub(self.uncertainty_ticks), self.tick.saturating_add(self.uncertainty_ticks))
    }
}

/// A firmware version that the meter's console told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldVersion {
    /// Where on the axis.
    pub tick: u64,
    /// The version as it was printed.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_in_all_spellings() {
        assert_eq!(EventCode::parse("0x8f36"), Some(EventCode::Alert(0x8F36)));
        assert_eq!(EventCode::parse(" 8F36 "), Some(EventCode::Alert(0x8F36)));
        assert_eq!(EventCode::parse("11.3"), Some(EventCode::ServiceRequest(3)));
        assert_eq!(EventCode::parse("ad1"), Some(EventCode::Ad1));
        for unknown in ["", "0x1234", "8F3", "11.9", "11.", "AD2", "+8F3"] {
            assert_eq!(EventCode::parse(unknown), None, "{unknown}");
        }
        for code in ["AD1", "11.1", "0x8F36", "0x81A3"] {
            assert_eq!(EventCode::parse(code).unwrap().to_string(), code);
        }
        assert_eq!(EventCode::Alert(0x8F36).meaning(), "supply outage restored, outage of 3 minutes or more");
    }
}
