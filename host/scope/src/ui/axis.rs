//! The time axis: round ticks with exact labels.

use crate::columns::Grid;
use crate::epoch::Origin;
use crate::time::NS_PER_S;

/// A tick mark of the axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mark {
    /// Fraction of the plot's width.
    pub(crate) at: f64,
    /// What stands beside it.
    pub(crate) label: String,
}

/// Steps above a second, s: round on a clock.
const CLOCK_STEPS: [i128; 17] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200];

/// Round marks, at least `gap` fractions of the width apart.
pub(crate) fn marks(grid: &Grid, tick_hz: Option<u64>, origin: &Origin, gap: f64) -> Vec<Mark> {
    match tick_hz {
        Some(hz) => timed(grid, i128::from(hz), origin, gap),
        None => counted(grid, i128::from(origin.tick), gap),
    }
}

/// The smallest round step of at least `least` ns, and how many digits its labels need.
fn step_ns(least: i128) -> (i128, u32) {
    let mut step = 1;
    let mut digits = crate::time::MOST_DIGITS;
    while step < NS_PER_S {
        if let Some(found) = [1, 2, 5].map(|f| f * step).into_iter().find(|s| *s >= least) {
            return (found, digits);
        }
        step *= 10;
        digits -= 1;
    }
    let clock = CLOCK_STEPS.map(|s| s * NS_PER_S);
    let day = 86_400 * NS_PER_S;
    let days = || day * (least + day - 1).div_euclid(day).max(1);
    (clock.into_iter().find(|s| *s >= least).unwrap_or_else(days), 0)
}

fn timed(grid: &Grid, hz: i128, origin: &Origin, gap: f64) -> Vec<Mark> {
    let view = grid.view();
    let length = i128::from(view.ticks()) * NS_PER_S;
    let first = i128::from(view.first_tick() - origin.tick) * NS_PER_S + origin.ns * hz;
    let (step, digits) = step_ns((length as f64 / hz as f64 * gap).ceil() as i128);
    // In 1/10^9 ticks, so that a mark is exactly where it belongs.
    let first_mark = -(-first).div_euclid(step * hz);
    let marks = (first_mark..).map(|k| (k * step, k * step * hz - first)).take_while(|(_, at)| *at <= length);
    marks.map(|(ns, at)| Mark { at: at as f64 / length as f64, label: origin.label(ns, digits) }).collect()
}

fn counted(grid: &Grid, origin: i128, gap: f64) -> Vec<Mark> {
    let view = grid.view();
    let length = i128::from(view.ticks());
    let first = i128::from(view.first_tick()) - origin;
    let least = (length as f64 * gap).ceil() as i128;
    let mut decade = 1;
    let step = loop {
        match [1, 2, 5].map(|f| f * decade).into_iter().find(|s| *s >= least) {
            Some(found) => break found,
            None => decade *= 10,
        }
    };
    let first_mark = -(-first).div_euclid(step);
    let marks = (first_mark..).map(|k| (k * step, k * step - first)).take_while(|(_, at)| *at <= length);
    marks.map(|(tick, at)| Mark { at: at as f64 / length as f64, label: tick.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Rung, View};

    const HZ: u64 = 36_000_000;

    fn since(tick: i64) -> Origin {
        Origin { tick, ns: 0, is_daytime: false }
    }

    #[test]
    fn marks_are_round_apart_and_in_the_view() {
        for ticks in [4, 100, 5_000, 1_000_000, 36_000_000, 26_000_000_000, 3_000_000_000_000, 1 << 50] {
            let grid = Grid::new(View::new(7_777, Rung::at_least(ticks)), 1000);
            for hz in [Some(HZ), None] {
                let marks = marks(&grid, hz, &since(3), 0.13);
                assert!(marks.len() <= 9, "{ticks} {hz:?}: {}", marks.len());
                assert!(marks.len() >= 2 || ticks < 100, "{ticks} {hz:?}: {}", marks.len());
                assert!(marks.iter().all(|m| (0.0..=1.0).contains(&m.at)));
                assert!(marks.windows(2).all(|w| w[1].at - w[0].at > 0.129 && w[0].label != w[1].label));
            }
        }
    }

    /// Twelve minutes over the width: a mark every 2 minutes, each exactly at its place.
    #[test]
    fn twelve_minutes_have_marks_every_two() {
        let view = View::new(0, Rung::at_least(12 * 60 * HZ));
        let marks = marks(&Grid::new(view, 900), Some(HZ), &since(0), 0.13);
        let labels: Vec<&str> = marks.iter().map(|m| m.label.as_str()).collect();
        assert_eq!(labels, ["0:00", "2:00", "4:00", "6:00", "8:00", "10:00", "12:00"]);
        let two_minutes = 120.0 * HZ as f64 / view.ticks() as f64;
        assert!((marks[3].at - 3.0 * two_minutes).abs() < 1e-12);
    }
}
