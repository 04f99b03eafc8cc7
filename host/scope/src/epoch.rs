//! Where the times on the screen count from, and how a tick is written.

use ichiscope_session::UtcMap;

use crate::time::{self, NS_PER_S};
use crate::view::{View, signed};

/// A PC's clock is not known to more digits than this.
const UTC_DIGITS: u32 = 3;

/// Where the times on the screen count from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Epoch {
    /// The start of the recording.
    #[default]
    Start,
    /// UTC by the PC's clock.
    Utc,
    /// A chosen tick.
    Tick(u64),
}

/// A tick and what is written for it, from which all labels follow by the tick rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The tick.
    pub tick: i64,
    /// What is written for it, ns.
    pub ns: i128,
    /// It is a time of the day: labels begin again at midnight.
    pub is_daytime: bool,
}

impl Origin {
    /// For a view. Where UTC is not known, times count from `start`.
    pub fn of(epoch: Epoch, start: u64, utc: &UtcMap, view: View) -> Origin {
        let middle = u64::try_from(view.first_tick() + signed(view.ticks() / 2)).unwrap_or(0);
        match epoch {
            Epoch::Tick(tick) => Origin { tick: signed(tick), ns: 0, is_daytime: false },
            Epoch::Utc if utc.utc_of_tick(middle).is_some() => Origin {
                tick: signed(middle),
                ns: utc.utc_of_tick(middle).map_or(0, |utc| i128::from(utc.ns)),
                is_daytime: true,
            },
            _ => Origin { tick: signed(start), ns: 0, is_daytime: false },
        }
    }

    /// A tick as it is written, with so many digits after the point; in ticks where the tick rate is not known.
    pub fn clock(&self, tick: i64, tick_hz: Option<u64>, digits: u32) -> String {
        let ticks = i128::from(tick) - i128::from(self.tick);
        let Some(hz) = tick_hz else { return ticks.to_string() };
        if self.is_daytime {
            return self.label(self.ns + ticks * NS_PER_S / i128::from(hz.max(1)), digits.min(UTC_DIGITS));
        }
        time::clock(tick - self.tick, tick_hz, digits)
    }

    /// A label of the axis at `ns` of this origin's times.
    pub fn label(&self, ns: i128, digits: u32) -> String {
        if !self.is_daytime {
            return time::clock_ns(ns, digits);
        }
        time::daytime(ns, digits)
    }
}

/// What stands beside the axis.
pub fn caption(origin: &Origin, epoch: Epoch, has_rate: bool) -> String {
    if !has_rate {
        return "ticks since start".to_owned();
    }
    match epoch {
        Epoch::Utc if origin.is_daytime => format!("UTC, {}", date(origin.ns)),
        Epoch::Utc => "UTC not known".to_owned(),
        Epoch::Tick(_) => "since chosen edge".to_owned(),
        Epoch::Start => "time since start".to_owned(),
    }
}

fn date(ns: i128) -> String {
    jiff::Timestamp::from_nanosecond(ns)
        .map_or_else(|_| String::new(), |t| t.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HZ: Option<u64> = Some(36_000_000);

    #[test]
    fn times_of_the_day_have_hours_and_begin_again_at_midnight() {
        // 2023-11-14 22:13:20 UTC.
        let origin = Origin { tick: 0, ns: 1_700_000_000 * NS_PER_S, is_daytime: true };
        assert_eq!(origin.clock(0, HZ, 1), "22:13:20.0");
        assert_eq!(origin.clock(2 * 3600 * 36_000_000, HZ, 0), "00:13:20");
        assert_eq!(origin.clock(0, HZ, 9), "22:13:20.000");
        assert_eq!(origin.label(5 * NS_PER_S, 0), "00:00:05");
        assert_eq!(origin.label(3 * 3600 * NS_PER_S + 7 * 60 * NS_PER_S, 0), "03:07:00");
        assert_eq!(caption(&origin, Epoch::Utc, true), "UTC, 2023-11-14");
    }

    #[test]
    fn times_since_an_edge_have_a_sign() {
        let origin = Origin { tick: 36_000_000, ns: 0, is_daytime: false };
        assert_eq!(
            (origin.clock(0, HZ, 3), origin.clock(72_000_000, HZ, 3)),
            ("-0:01.000".into(), "0:01.000".into())
        );
    }
}
