//! Value Change Dump out (IEEE 1364-2005, 18): a wire for each line, and one that is high where nothing is known.
//!
//! A gap is not written as `x`: sigrok takes `x` for low, and a gap would read as an outage. The lines keep their last
//! value and `gap` is 1. The unit is the longest one, down to the picosecond, in which every time is whole (sigrok makes a
//! sample of each unit); where none is, times are rounded to the ns and a comment says so. The ticks are in the CSV of edges.

use std::io::Write;

use ichiscope_timeline::Timeline;
use ichiscope_wire::Line;

use crate::ExchangeError;
use crate::moments::{Times, changes, extent, gcd, units};

const NS_DECIMALS: u32 = 9;
const PS_DECIMALS: u32 = 12;

/// Identifier codes: one printable character each.
fn code(index: usize) -> char {
    char::from(b'!' + index as u8)
}

/// Writes the timeline as VCD.
///
/// # Errors
/// The tick rate is unknown, or the output refuses.
pub fn write_vcd(timeline: &Timeline, mut out: impl Write) -> Result<Times, ExchangeError> {
    let (_, last, tick_hz) = extent(timeline)?;
    let lines: Vec<Line> = timeline.wired().iter().collect();
    let changes = changes(timeline, &lines);
    let (decimals, times) = match exact_decimals(changes.iter().map(|c| c.0).chain([last]), tick_hz) {
        Some(decimals) => (decimals, Times::Exact),
        None => (NS_DECIMALS, Times::Rounded("ns".to_owned())),
    };
    let per_second = 10u64.pow(decimals);
    writeln!(out, "$comment ichiscope: lines keep their level through a gap; see the wire gap $end")?;
    if times != Times::Exact {
        writeln!(out, "$comment a tick is 1/{tick_hz} s; times are rounded to the nearest ns $end")?;
    }
    if timeline.identity().is_some_and(|i| i.is_simulated()) {
        writeln!(out, "$comment SIMULATED $end")?;
    }
    writeln!(out, "$timescale {} $end\n$scope module ichi $end", unit(decimals))?;
    for (i, line) in lines.iter().enumerate() {
        writeln!(out, "$var wire 1 {} {} $end", code(i), line.name())?;
    }
    writeln!(out, "$var wire 1 {} gap $end\n$upscope $end\n$enddefinitions $end", code(lines.len()))?;

    let mut now = None;
    for (tick, wire, value) in changes {
        let time = units(tick, tick_hz, per_second);
        if now != Some(time) {
            writeln!(out, "#{time}")?;
            now = Some(time);
        }
        writeln!(out, "{}{}", u8::from(value), code(wire))?;
    }
    let end = units(last, tick_hz, per_second);
    if now.is_none_or(|now| now < end) {
        writeln!(out, "#{end}")?;
    }
    out.flush()?;
    Ok(times)
}

/// How many digits after the second's point hold all these ticks; `None` if twelve do not.
fn exact_decimals(ticks: impl Iterator<Item = u64>, tick_hz: u64) -> Option<u32> {
    let common = u128::from(ticks.fold(0, gcd));
    (0..=PS_DECIMALS).find(|decimals| (common * 10u128.pow(*decimals)).is_multiple_of(u128::from(tick_hz)))
}

/// 10^-`decimals` s as a VCD writes it.
fn unit(decimals: u32) -> String {
    let number = [1, 100, 10][decimals as usize % 3];
    let unit = ["s", "ms", "us", "ns", "ps"][decimals.div_ceil(3) as usize];
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_exact_unit() {
        let unit_of = |ticks: &[u64], hz| exact_decimals(ticks.iter().copied(), hz).map(unit);
        assert_eq!(unit_of(&[0, 5_000_000], 1_000_000).as_deref(), Some("1 s"));
        assert_eq!(unit_of(&[0, 5_020_000], 1_000_000).as_deref(), Some("10 ms"));
        assert_eq!(unit_of(&[100], 1_000_000).as_deref(), Some("100 us"));
        assert_eq!(unit_of(&[1], 1_000_000_000_000).as_deref(), Some("1 ps"));
        assert_eq!(unit_of(&[36], 36_000_000).as_deref(), Some("1 us"));
        assert_eq!(unit_of(&[1], 36_000_000), None);
    }
}
