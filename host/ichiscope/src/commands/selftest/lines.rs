//! The lines at rest: nothing may move on them, except the pulse of each second where there is one.

use ichiscope_timeline::Timeline;
use ichiscope_wire::Line;

use super::bench::Bench;
use super::check::Check;

/// Two pulses of a second fall into this.
const QUIET_MS: u64 = 2_200;
/// A second that is further away than this is none: no oscillator is so wrong.
const PPS_MOST_PPM: f64 = 200.0;

pub(super) fn check(bench: &Bench<'_>) -> Vec<Check> {
    let glitches_before = bench.read(|timeline| timeline.stats().glitches);
    let (from, to) = bench.pass(bench.identity().tick_hz * QUIET_MS / 1000);
    let wired = bench.read(Timeline::wired);
    let moved: Vec<String> = wired
        .iter()
        .filter(|line| *line != Line::Pps)
        .filter_map(|line| {
            let crossings = bench.read(|timeline| crossings(timeline, line, from, to).count());
            (crossings > 0).then(|| format!("{} {crossings}", line.name()))
        })
        .collect();
    let glitches = bench.read(|timeline| timeline.stats().glitches).saturating_sub(glitches_before);
    let edges = if moved.is_empty() { "none".to_owned() } else { moved.join(", ") };
    let noise = Check::judged(
        "noise",
        moved.is_empty() && glitches == 0,
        format!("edges in {QUIET_MS} ms: {edges}; glitches {glitches}"),
        "none: nothing is switched now",
    );
    vec![noise, pps(bench, from, to)]
}

fn pps(bench: &Bench<'_>, from: u64, to: u64) -> Check {
    const NAME: &str = "pulse per second";
    let rises: Vec<u64> = bench.read(|timeline| {
        let rising = crossings(timeline, Line::Pps, from, to).filter(|(_, level)| *level);
        rising.map(|(tick, _)| tick).collect()
    });
    let tick_hz = bench.identity().tick_hz;
    match rises[..] {
        [] => Check::absent(NAME, "no pulse in 2.2 s: not connected"),
        [first, .., last] => {
            let seconds = (rises.len() - 1) as f64;
            let ppm = ((last - first) as f64 / seconds / tick_hz as f64 - 1.0) * 1e6;
            let measured = format!("{} pulses; the board's clock is {ppm:+.2} ppm off them", rises.len());
            Check::judged(NAME, ppm.abs() <= PPS_MOST_PPM, measured, format!("within {PPS_MOST_PPM} ppm"))
        }
        [_] => Check::judged(NAME, false, "one pulse in 2.2 s", "one each second"),
    }
}

/// Crossings of a line in these ticks: tick and new level.
fn crossings(timeline: &Timeline, line: Line, from: u64, to: u64) -> impl Iterator<Item = (u64, bool)> {
    let entries = timeline.track(line).between(from, to.saturating_add(1));
    let within = entries.iter().filter(move |e| e.is_crossing() && (from..=to).contains(&e.tick()));
    within.map(|e| (e.tick(), e.level()))
}
