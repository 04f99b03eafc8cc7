//! More outages than are listed: the others are counted, added up, and judged all the same.

mod tape;

use ichiscope_verdict::{Analysis, MAX_OUTAGES, PhaseKind, Settings, Verdict, analyse};
use ichiscope_wire::Line;
use tape::{HZ, Tape, good};

const S: u64 = HZ as u64;
const DIPS: u64 = 5_000;
/// All three comparators.
const ROWS: u64 = DIPS * 3;

/// A restart of the meter, then dips of 100 ms and a little more each, 3 s apart; `ac_lo` is high around the dip of that number, the hub boots after that one.
fn flapping(ac_lo: Option<u64>, boot: Option<(u64, u64)>, last_ticks: u64) -> Analysis {
    let mut tape = Tape::new(good());
    tape.edge(4 * S, Line::Mark2, true).edge(5 * S, Line::Mark2, false);
    for n in 0..DIPS {
        let start = 10 * S + n * 3 * S;
        if ac_lo == Some(n) {
            tape.edge(start - 1000, Line::AcLo, true);
        }
        let length = if n == DIPS - 1 { last_ticks } else { S / 10 + n };
        tape.rail(start, false, 10).rail(start + length, true, 10);
        if ac_lo == Some(n) {
            tape.edge(start + length + 1000, Line::AcLo, false);
        }
        if let Some((_, ticks)) = boot.filter(|b| b.0 == n) {
            tape.edge(start + length + 2000, Line::Mark3, true);
            tape.edge(start + length + 2000 + ticks, Line::Mark3, false);
        }
    }
    analyse(&tape.timeline(10 * S + DIPS * 3 * S + last_ticks + 300 * S), &Settings::default(), &[])
}

#[test]
fn what_is_not_listed_is_counted_and_added_up() {
    let a = flapping(None, None, S / 10);
    let omitted = a.omitted.unwrap();
    assert_eq!(a.outages.len() as u64 + omitted.count, ROWS);
    assert!((MAX_OUTAGES..MAX_OUTAGES + 20).contains(&a.outages.len()), "{}", a.outages.len());
    // 100 ms and 0, 1, 2 .. us; rail1 and rail2 are 20 and 40 us shorter.
    let of = |shorter: u64| (0..DIPS - 1).map(|n| S / 10 + n - shorter).sum::<u64>() + S / 10 - shorter;
    let listed: u64 = a.outages.iter().map(|o| o.duration_ticks).sum();
    assert_eq!(listed + omitted.sum_ticks, of(0) + of(20) + of(40));
    let shortest = a.outages.iter().map(|o| o.duration_ticks).min().unwrap();
    assert!(omitted.longest_ticks <= shortest);
    assert_eq!((a.verdict, omitted.verdict), (Verdict::Pass, Verdict::Pass));
    assert!(a.reasons.iter().any(|r| r.to_string().contains("counted and not listed")));
    // RAIL_OFF of those listed only.
    let rails = a.phases.iter().filter(|p| p.kind == PhaseKind::RailOff).count();
    assert!(rails > 1000 && rails < DIPS as usize, "{rails}");
}

#[test]
fn the_worst_decides_wherever_it_is() {
    // A dip among the shortest, with the mains lost before it: it is shown, too.
    let a = flapping(Some(3), None, S / 10);
    assert_eq!((a.verdict, a.omitted.unwrap().verdict), (Verdict::MainsLoss, Verdict::MainsLoss));
    assert_eq!(a.outages[a.deciding.unwrap()].verdict, Verdict::MainsLoss);
    // The hub's boot belongs to a short one: that one is listed and judged with it.
    let a = flapping(None, Some((5, 2 * S)), S / 10);
    assert_eq!(a.verdict, Verdict::Pass);
    assert!(a.outages.iter().any(|o| o.ch_reboot_measured && o.duration_ticks < S / 10 + 10));
    // The longest fails.
    let a = flapping(None, None, 200 * S);
    assert_eq!((a.verdict, a.omitted.unwrap().verdict), (Verdict::Fail, Verdict::Pass));
}
