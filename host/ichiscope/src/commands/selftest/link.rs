//! The link test: the board sends a shift register's states, and every one of them is checked.

use ichiscope_wire::{FRAME_LEN, Feature, Request};

use super::bench::Bench;
use super::check::Check;

const NAME: &str = "link";
/// How long the line is kept full.
const SECONDS: u64 = 2;

pub(super) fn check(bench: &Bench<'_>) -> anyhow::Result<Check> {
    if !bench.has(Feature::LinkTest) {
        return Ok(bench.missing(NAME));
    }
    let identity = bench.identity();
    let records = (u64::from(identity.baud) * SECONDS / (10 * FRAME_LEN as u64)) as u32;
    let begun = bench.command(Request::LinkTest { records })?;
    let (run, damage) = bench
        .wait_for(bench.patience(3 * SECONDS * identity.tick_hz), |timeline| {
            let run = timeline.link_tests().iter().rev().find(|run| run.start_tick >= begun)?;
            let is_whole = run.records >= u64::from(records);
            is_whole.then(|| (*run, timeline.stats().damaged_bytes))
        })
        .or_else(|| {
            bench.read(|timeline| Some((*timeline.link_tests().last()?, timeline.stats().damaged_bytes)))
        })
        .unzip();
    let Some(run) = run else {
        return Ok(Check::judged(NAME, false, "no record of the test came", format!("{records} records")));
    };
    let seconds = (run.end_tick - run.start_tick) as f64 / identity.tick_hz.max(1) as f64;
    let rate = run.records as f64 * FRAME_LEN as f64 / seconds.max(1e-9);
    let is_good = run.records == u64::from(records) && run.errors == 0;
    let measured = format!(
        "{} of {records} records, {} wrong, {} bytes damaged, {:.0} kB/s",
        run.records,
        run.errors,
        damage.unwrap_or(0),
        rate / 1000.0
    );
    Ok(Check::judged(NAME, is_good, measured, "every record right"))
}
