//! Pulses of exactly known length, sent to the output `test` and measured at the rail's comparators.

use ichiscope_timeline::Timeline;
use ichiscope_wire::{Feature, Line, Request};

use super::Terms;
use super::bench::Bench;
use super::check::Check;

/// Lengths, us. The last two are for `--full`.
const SHORT_US: [u64; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
const LONG_US: [u64; 2] = [10_000_000, 181_000_000];
/// What the pin's synchroniser may add or take away at each end, where the jumper goes straight to it.
const DIRECT_TICKS: u64 = 2;

pub(super) fn check(bench: &Bench<'_>, terms: Terms) -> anyhow::Result<Vec<Check>> {
    if !bench.has(Feature::SelfTest) {
        return Ok(vec![bench.missing("pulses")]);
    }
    let is_high = bench.read(|timeline| timeline.track(Line::Rail0).level());
    if is_high != Some(true) {
        let measured = "rail0 is low while `test` is high";
        return Ok(vec![Check::judged(
            "jumper",
            false,
            measured,
            "a jumper from `test` to the rail's input",
        )]);
    }
    let long: &[u64] = if terms.full { &LONG_US } else { &[] };
    let mut checks = Vec::new();
    for us in SHORT_US.iter().chain(long) {
        let (check, came_back) = pulse(bench, terms, *us)?;
        checks.push(check);
        // Without a jumper the others do not come back either.
        if !came_back {
            break;
        }
    }
    Ok(checks)
}

/// What a pulse looked like on a line.
struct Seen {
    fall: u64,
    rise: u64,
}

/// A pulse of so many us, and whether anything came back.
fn pulse(bench: &Bench<'_>, terms: Terms, us: u64) -> anyhow::Result<(Check, bool)> {
    let name = format!("pulse of {us} us");
    let tick_hz = bench.identity().tick_hz;
    let low_ticks = tick_hz * us / 1_000_000;
    let deglitch = bench.read(|timeline| timeline.configuration().map_or(0, |c| c.deglitch_ticks));
    if low_ticks < u64::from(deglitch) {
        return Ok((
            Check::absent(name, format!("shorter than the deglitch time of {deglitch} ticks")),
            true,
        ));
    }
    let effect = bench.command(Request::SelfTest { low_ticks })?;
    let seen = bench.wait_for(bench.patience(low_ticks), |timeline| seen(timeline, Line::Rail0, effect));
    let expected = format!("{low_ticks} ticks");
    let Some(Seen { fall, rise }) = seen else {
        return Ok((
            Check::judged(name, false, "did not come back: is the jumper in place?", expected),
            false,
        ));
    };
    let off = (rise - fall).abs_diff(low_ticks);
    let allowed = match terms.tolerance_ns {
        None => DIRECT_TICKS,
        Some(ns) => (u128::from(ns) * u128::from(tick_hz)).div_ceil(1_000_000_000) as u64 + DIRECT_TICKS,
    };
    let others: Vec<&str> = [Line::Rail1, Line::Rail2]
        .into_iter()
        .filter(|line| bench.read(|timeline| self::seen(timeline, *line, effect).is_some()))
        .map(Line::name)
        .collect();
    let also = if others.is_empty() { String::new() } else { format!(", also at {}", others.join(" and ")) };
    let measured =
        format!("{} ticks, {} ticks after the command{also}", rise - fall, fall.saturating_sub(effect));
    Ok((Check::judged(name, off <= allowed, measured, format!("{expected}, {allowed} more or less")), true))
}

/// The first fall from `from` on, and the rise after it.
fn seen(timeline: &Timeline, line: Line, from: u64) -> Option<Seen> {
    let mut crossings =
        timeline.track(line).between(from, u64::MAX).iter().filter(|e| e.is_crossing() && e.tick() >= from);
    let fall = crossings.by_ref().find(|e| !e.level())?.tick();
    let rise = crossings.find(|e| e.level())?.tick();
    Some(Seen { fall, rise })
}
