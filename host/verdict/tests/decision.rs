//! The decision as a table: durations on both sides of every border, and every word.

mod tape;

use ichiscope_verdict::{
    Analysis, Device, EventCode, Phase, PhaseKind, PhaseSource, Reason, Settings, Threshold, Told, ToldEvent,
    Verdict, analyse, analyse_told, decide,
};
use ichiscope_wire::{Line, LineSet};
use tape::{HZ, Tape, good};

const S: u64 = HZ as u64;

/// One comparator, a perfect clock and no delay: the uncertainty is that of the two ticks alone,
/// 2 * sqrt(2 * 1000^2 / 3) = 1632.99... ns.
fn exact() -> Settings {
    Settings {
        thresholds: vec![Threshold { line: Line::Rail0, falling_mv: 10_200, rising_mv: 10_800 }],
        clock_ppb: 0,
        comparator_delay_ns: 0,
        ..Settings::default()
    }
}

fn one_outage(ticks: u64, settings: &Settings) -> Analysis {
    let mut tape = Tape::new(good());
    tape.edge(10 * S, Line::Rail0, false).edge(10 * S + ticks, Line::Rail0, true);
    analyse(&tape.timeline(20 * S + ticks), settings, &[])
}

#[test]
fn the_limit_to_the_tick() {
    let cases = [
        (100 * S, Verdict::Pass),
        (180 * S - 2, Verdict::Pass),
        (180 * S - 1, Verdict::ConditionalPass),
        (180 * S, Verdict::ConditionalFail),
        (180 * S + 1, Verdict::ConditionalFail),
        (180 * S + 2, Verdict::Fail),
        (540 * S, Verdict::Fail),
    ];
    for (ticks, expected) in cases {
        let a = one_outage(ticks, &exact());
        assert_eq!(a.outages.len(), 1);
        let o = &a.outages[0];
        assert_eq!((o.duration_ticks, o.duration_ns), (ticks, ticks * 1000));
        assert_eq!(o.margin_ns, 180_000_000_000 - ticks as i64 * 1000);
        assert_eq!(o.expanded_uncertainty_ns, 1633);
        assert_eq!((a.verdict, o.verdict), (expected, expected), "{ticks} ticks");
    }
}

/// The four borders of the rule with the guard band as a number, at a tick rate that does not divide a nanosecond.
#[test]
fn both_sides_of_each_guard_band() {
    let hz = 36_000_000;
    let second = hz;
    let guard_ns = 10_000_000;
    let guard = second / 100;
    let table = [
        (180 * second - guard - 1, Verdict::Pass),
        (180 * second - guard, Verdict::ConditionalPass),
        (180 * second - 1, Verdict::ConditionalPass),
        (180 * second, Verdict::ConditionalFail),
        (180 * second + guard, Verdict::ConditionalFail),
        (180 * second + guard + 1, Verdict::Fail),
    ];
    for (ticks, expected) in table {
        assert_eq!(decide(ticks, hz, 180_000_000_000, guard_ns), expected, "{ticks}");
    }
}

/// A picosecond is a thousandth of what the limit is told in: no rounding, no overflow.
#[test]
fn picoseconds_at_the_limit() {
    let hz = 1_000_000_000_000;
    let cases = [
        (180 * hz - 1, Verdict::ConditionalPass),
        (180 * hz, Verdict::ConditionalFail),
        (u64::MAX, Verdict::Fail),
        (0, Verdict::ConditionalPass),
    ];
    for (ticks, expected) in cases {
        assert_eq!(decide(ticks, hz, 180_000_000_000, 180_000_000_000), expected, "{ticks} ticks");
    }
    assert_eq!(decide(u64::MAX, u64::MAX, u64::MAX, u64::MAX), Verdict::ConditionalPass);
}

/// It is said, and it does not change the verdict.
#[test]
fn an_import_says_what_it_cannot_prove() {
    for (ticks, verdict) in [(100 * S, Verdict::Pass), (190 * S, Verdict::Fail)] {
        let mut tape = Tape::new(good());
        tape.frames.clear();
        tape.start(4, 1);
        tape.heartbeat();
        tape.edge(10 * S, Line::Rail0, false).edge(10 * S + ticks, Line::Rail0, true);
        let a = analyse(&tape.timeline(20 * S + ticks), &exact(), &[]);
        assert!(a.imported && !a.simulated);
        assert_eq!((a.verdict, a.reasons.last()), (verdict, Some(&Reason::Imported)));
    }
}

/// Without an outage a PASS needs a sign that the upgrade ran and one that the rail's inputs follow the rail.
#[test]
fn no_outage_passes_only_with_signs_of_the_upgrade_and_of_the_rail() {
    let run = |reboot: bool, glitch: bool| {
        let mut tape = Tape::new(good());
        if glitch {
            // Too short to count, long enough to show that the comparator follows the rail.
            tape.edge(5 * S, Line::Rail0, false).edge(5 * S + 20, Line::Rail0, true);
        }
        if reboot {
            tape.edge(20 * S, Line::Mark2, true).edge(90 * S, Line::Mark2, false);
        }
        analyse(&tape.timeline(600 * S), &exact(), &[])
    };
    let cases = [
        (true, true, Verdict::Pass, &[][..]),
        (true, false, Verdict::Inconclusive, &[Reason::RailNeverMoved]),
        (false, true, Verdict::Inconclusive, &[Reason::NoUpgradeSeen]),
        (false, false, Verdict::Inconclusive, &[Reason::NoUpgradeSeen, Reason::RailNeverMoved]),
    ];
    for (reboot, glitch, verdict, reasons) in cases {
        let a = run(reboot, glitch);
        assert_eq!((a.verdict, a.outages.len()), (verdict, 0), "{reboot} {glitch}");
        assert_eq!(a.reasons, reasons, "{reboot} {glitch}");
    }
}

/// A plug that was touched interrupts the rail too: that is no sign of the upgrade.
#[test]
fn a_dip_passes_only_with_a_sign_of_the_upgrade() {
    let run = |ticks: u64, reboot: bool| {
        let mut tape = Tape::new(good());
        tape.edge(5 * S, Line::Rail0, false).edge(5 * S + ticks, Line::Rail0, true);
        if reboot {
            tape.edge(20 * S, Line::Mark2, true).edge(90 * S, Line::Mark2, false);
        }
        let a = analyse(&tape.timeline(600 * S), &exact(), &[]);
        assert_eq!(a.outages.len(), 1);
        (a.verdict, a.reasons.contains(&Reason::NoUpgradeSeen))
    };
    let restore_ticks = exact().restore_ns / (1_000_000_000 / S);
    assert_eq!(run(restore_ticks - 1, false), (Verdict::Inconclusive, true));
    assert_eq!(run(restore_ticks - 1, true), (Verdict::Pass, false));
    assert_eq!(run(restore_ticks, false), (Verdict::Pass, false));
}

/// A file of another tool is a cut that somebody made: what lies outside of it is told beside the verdict.
#[test]
fn what_an_import_does_not_show_is_told_and_not_weighed() {
    let imported = || {
        let mut tape = Tape::new(good());
        tape.frames.clear();
        tape.start(4, 1);
        tape.heartbeat();
        tape
    };
    let none = analyse(&imported().timeline(600 * S), &exact(), &[]);
    let reasons = [Reason::NoUpgradeSeen, Reason::RailNeverMoved, Reason::Imported];
    assert_eq!((none.verdict, none.reasons.as_slice()), (Verdict::Pass, &reasons[..]));
    let mut cut = imported();
    cut.edge(10 * S, Line::Rail0, false).edge(20 * S, Line::Rail0, true);
    let cut = analyse(&cut.timeline(20 * S + S / 2), &exact(), &[]);
    let reasons = [Reason::ChRebootUnknown, Reason::NotRestored, Reason::Imported];
    assert_eq!((cut.verdict, cut.reasons.as_slice()), (Verdict::Pass, &reasons[..]));
}

/// A reboot that was under way when the recording began, an activation alone, and events outside of the recording are no such signs.
#[test]
fn what_does_not_show_that_the_upgrade_ran() {
    let glitch = |levels| {
        let mut tape = Tape::new(levels);
        tape.edge(5 * S, Line::Rail0, false).edge(5 * S + 20, Line::Rail0, true);
        tape
    };
    let mut under_way = glitch(good().with(Line::Mark2, true));
    under_way.edge(20 * S, Line::Mark2, false);
    let mut command = glitch(good());
    command.edge(20 * S, Line::Mark1, true).edge(21 * S, Line::Mark1, false);
    for mut tape in [under_way, command] {
        assert_eq!(analyse(&tape.timeline(600 * S), &exact(), &[]).reasons, [Reason::NoUpgradeSeen]);
    }
    // Begun in the dark, as after a hole in the console's log.
    let phase = |open_start| Phase {
        kind: PhaseKind::MeterReboot,
        start_tick: 300 * S,
        end_tick: 310 * S,
        open_start,
        open_end: false,
        source: PhaseSource::Console,
        uncertainty_ticks: None,
    };
    let by_console = |open| analyse(&glitch(good()).timeline(600 * S), &exact(), &[phase(open)]).verdict;
    assert_eq!((by_console(false), by_console(true)), (Verdict::Pass, Verdict::Inconclusive));
    let told = |tick, code| {
        let event = ToldEvent {
            tick,
            uncertainty_ticks: S,
            code: EventCode::Alert(code),
            seconds: None,
            source: PhaseSource::Log,
        };
        let told = Told { events: vec![event], ..Told::default() };
        analyse_told(&glitch(good()).timeline(600 * S), &exact(), &told).verdict
    };
    assert_eq!(told(300 * S, 0x8F43), Verdict::Pass);
    assert_eq!(told(300 * S, 0x8F72), Verdict::Inconclusive, "verified, not activated");
    assert_eq!(told(600 * S, 0x8F43), Verdict::Inconclusive, "perhaps after the end");
}

/// An interruption that is nearer than the restore time belongs to the same outage: one just outside of the recording would be missed.
#[test]
fn a_pass_needs_the_supply_good_on_both_sides() {
    let run = |before: u64, after: u64, length: u64| {
        let mut tape = Tape::new(good());
        let start = 10 + before;
        tape.edge(start, Line::Rail0, false).edge(start + length, Line::Rail0, true);
        analyse(&tape.timeline(start + length + after), &exact(), &[])
    };
    assert_eq!(run(S, S, 100 * S).verdict, Verdict::Pass);
    assert_eq!(run(S, S - 1, 100 * S).reasons, [Reason::NotRestored]);
    assert_eq!(run(S - 20, S, 100 * S).reasons, [Reason::BegunTooLate]);
    assert_eq!(run(S, S - 1, 100 * S).verdict, Verdict::Inconclusive);
    // Over the limit it is whatever may come.
    assert_eq!(run(S - 20, S - 1, 200 * S).verdict, Verdict::Fail);
}

#[test]
fn ac_lost_first_is_mains_loss_and_floating_afterwards_is_not() {
    let mut first = Tape::new(good());
    first.edge(9 * S, Line::AcLo, true).edge(10 * S, Line::Rail0, false).edge(210 * S, Line::Rail0, true);
    assert_eq!(analyse(&first.timeline(300 * S), &exact(), &[]).verdict, Verdict::MainsLoss);

    let mut after = Tape::new(good());
    after.edge(10 * S, Line::Rail0, false).edge(11 * S, Line::AcLo, true).edge(210 * S, Line::Rail0, true);
    assert_eq!(analyse(&after.timeline(300 * S), &exact(), &[]).verdict, Verdict::Fail);
}

/// AC_LO may rise between two comparators' crossings of the same decay: that is after the rail began to fall.
#[test]
fn ac_lo_between_two_thresholds_did_not_come_first() {
    let mut tape = Tape::new(good());
    tape.edge(10 * S, Line::Rail0, false)
        .edge(11 * S, Line::AcLo, true)
        .edge(12 * S, Line::Rail1, false)
        .edge(13 * S, Line::Rail2, false)
        .edge(250 * S, Line::Rail2, true)
        .edge(251 * S, Line::Rail1, true)
        .edge(252 * S, Line::Rail0, true);
    let settings = Settings { thresholds: Settings::default().thresholds, ..exact() };
    assert_eq!(analyse(&tape.timeline(300 * S), &settings, &[]).verdict, Verdict::Fail);
}

#[test]
fn the_hub_taken_away() {
    for released in [9 * S, 20 * S] {
        let mut tape = Tape::new(good());
        let edges = if released < 10 * S {
            [(released, Line::ChPr, true), (10 * S, Line::Rail0, false)]
        } else {
            [(10 * S, Line::Rail0, false), (released, Line::ChPr, true)]
        };
        for (tick, line, level) in edges {
            tape.edge(tick, line, level);
        }
        tape.edge(210 * S, Line::Rail0, true);
        assert_eq!(analyse(&tape.timeline(300 * S), &exact(), &[]).verdict, Verdict::ChRemoved);
    }
}

/// 100 s of outage and 90 s of the hub's boot are each harmless; together they are not.
#[test]
fn combined_time() {
    let run = |boot: u64| {
        let mut tape = Tape::new(good());
        tape.edge(10 * S, Line::Rail0, false).edge(110 * S, Line::Rail0, true);
        tape.edge(111 * S, Line::Mark3, true).edge(111 * S + boot, Line::Mark3, false);
        analyse(&tape.timeline(400 * S), &exact(), &[])
    };
    let at_risk = run(90 * S);
    assert_eq!((at_risk.verdict, at_risk.reasons.as_slice()), (Verdict::AtRisk, &[Reason::CombinedTime][..]));
    let combined = at_risk.combined.unwrap();
    assert_eq!((combined.outage_ns, combined.ch_reboot_ns), (100_000_000_000, Some(90_000_000_000)));
    assert_eq!(combined.total_ns, 190_000_000_000);
    assert_eq!(run(80 * S).verdict, Verdict::AtRisk, "exactly 180 s together");
    assert_eq!(run(80 * S - 1).verdict, Verdict::ConditionalPass);
    assert_eq!(run(79 * S).verdict, Verdict::Pass);
}

/// A second boot whose end was not seen may be the longer one.
#[test]
fn no_boot_that_was_not_seen_whole_is_hidden_by_a_longer_one() {
    let run = |end: u64| {
        let mut tape = Tape::new(good());
        tape.edge(10 * S, Line::Rail0, false).edge(110 * S, Line::Rail0, true);
        tape.edge(111 * S, Line::Mark3, true).edge(171 * S, Line::Mark3, false);
        tape.edge(180 * S, Line::Mark3, true);
        if end < 210 * S {
            tape.edge(end, Line::Mark3, false);
        }
        analyse(&tape.timeline(210 * S), &exact(), &[])
    };
    assert_eq!(run(200 * S).verdict, Verdict::Pass);
    let open = run(u64::MAX);
    assert_eq!((open.verdict, open.reasons.as_slice()), (Verdict::Inconclusive, &[Reason::ChRebootOpen][..]));
}

/// Spikes shorter than the deglitch time on a mark input: one is no boot, and one in a boot does not cut it in two.
#[test]
fn a_spike_on_a_mark_is_no_boot_and_cuts_none() {
    const SPIKE: u64 = 99;
    let run = |marks: &[(u64, bool)], settings: &Settings| {
        let mut tape = Tape::new(good());
        tape.edge(10 * S, Line::Rail0, false).edge(110 * S, Line::Rail0, true);
        for (tick, level) in marks {
            tape.edge(*tick, Line::Mark3, *level);
        }
        analyse(&tape.timeline(400 * S), settings, &[])
    };
    let cut = [(111 * S, true), (156 * S, false), (156 * S + SPIKE, true), (201 * S, false)];
    let cut = run(&cut, &exact());
    assert_eq!(cut.verdict, Verdict::AtRisk);
    assert_eq!(cut.combined.unwrap().ch_reboot_ns, Some(90_000_000_000));
    let settings = Settings { ch_reboot_allowance_ns: Some(90_000_000_000), ..exact() };
    let spike = run(&[(111 * S, true), (111 * S + SPIKE, false)], &settings);
    assert_eq!((spike.verdict, spike.combined.unwrap().ch_reboot_measured), (Verdict::AtRisk, false));
    assert!(!spike.phases.iter().any(|p| p.kind == PhaseKind::ChBoot));
}

#[test]
fn an_allowance_stands_in_for_a_boot_that_was_not_measured() {
    let settings = Settings { ch_reboot_allowance_ns: Some(90_000_000_000), ..exact() };
    assert_eq!(one_outage(100 * S, &settings).verdict, Verdict::AtRisk);
    assert_eq!(one_outage(80 * S, &settings).verdict, Verdict::Pass);
    assert_eq!(one_outage(80 * S, &exact()).reasons, [Reason::ChRebootUnknown]);
}

/// Below 10.2 V the rail may have been for longer than below 9.0 V: without that comparator the lower one proves no PASS, but it proves a FAIL.
#[test]
fn a_pass_needs_the_highest_comparator() {
    let wired = LineSet::ALL.with(Line::Rail0, false);
    let settings = Settings { thresholds: Settings::default().thresholds, ..exact() };
    let run = |length: u64| {
        let mut tape = Tape::wired(good(), wired);
        tape.edge(10 * S, Line::Rail1, false).edge(10 * S + 1, Line::Rail2, false);
        tape.edge(10 * S + length, Line::Rail2, true).edge(10 * S + length + 1, Line::Rail1, true);
        analyse(&tape.timeline(20 * S + length), &settings, &[])
    };
    let short = run(50 * S);
    assert_eq!(
        (short.verdict, short.reasons.as_slice()),
        (Verdict::Inconclusive, &[Reason::HighestNotMeasured][..])
    );
    assert_eq!(run(190 * S).verdict, Verdict::Fail);
}

/// Below 10.2 V for 200 s, below 9.0 V for 50 s: who leaves out the first comparator gets no PASS from the second.
#[test]
fn a_comparator_that_moved_cannot_be_left_out() {
    let thresholds = vec![Threshold { line: Line::Rail1, falling_mv: 9_000, rising_mv: 9_600 }];
    let settings = Settings { thresholds, ..exact() };
    let run = |rail0_falls: bool| {
        let mut tape = Tape::new(good());
        if rail0_falls {
            tape.edge(10 * S, Line::Rail0, false);
        }
        tape.edge(20 * S, Line::Rail1, false).edge(70 * S, Line::Rail1, true);
        if rail0_falls {
            tape.edge(210 * S, Line::Rail0, true);
        }
        analyse(&tape.timeline(300 * S), &settings, &[])
    };
    let left_out = run(true);
    assert_eq!(
        (left_out.verdict, left_out.reasons.first()),
        (Verdict::Inconclusive, Some(&Reason::RailLeftOut))
    );
    assert_eq!(run(false).verdict, Verdict::Pass);
}

#[test]
fn a_gas_meter_without_a_rail() {
    let wired = LineSet::EMPTY.with(Line::Mark0, true);
    let timeline = Tape::wired(LineSet::EMPTY, wired).timeline(600 * S);
    let settings = Settings { device: Device::Gsme, ..exact() };
    assert_eq!(analyse(&timeline, &settings, &[]).verdict, Verdict::NotApplicable);
    assert_eq!(analyse(&timeline, &exact(), &[]).verdict, Verdict::Inconclusive);
}

#[test]
fn open_ends_are_lower_bounds() {
    let mut tape = Tape::new(good());
    tape.edge(10 * S, Line::Rail0, false);
    let a = analyse(&tape.timeline(60 * S), &exact(), &[]);
    assert_eq!((a.verdict, a.outages[0].open_end), (Verdict::Inconclusive, true));
    assert_eq!(a.outages[0].duration_ticks, 50 * S);

    let off = good().with(Line::Rail0, false);
    let mut tape = Tape::new(off);
    tape.edge(60 * S, Line::Rail0, true);
    let a = analyse(&tape.timeline(100 * S), &exact(), &[]);
    assert_eq!((a.verdict, a.outages[0].open_start), (Verdict::Inconclusive, true));
}

#[test]
fn thresholds_on_both_sides_of_the_limit() {
    let mut tape = Tape::new(good());
    tape.edge(10 * S, Line::Rail0, false)
        .edge(20 * S, Line::Rail1, false)
        .edge(195 * S, Line::Rail1, true)
        .edge(200 * S, Line::Rail0, true);
    let thresholds = Settings::default().thresholds[..2].to_vec();
    let a = analyse(&tape.timeline(300 * S), &Settings { thresholds, ..exact() }, &[]);
    assert_eq!(a.verdict, Verdict::Inconclusive);
    assert!(a.outages.iter().all(|o| o.reasons == [Reason::ThresholdDependent]));
}

#[test]
fn a_train_of_dips_is_reported_singly_and_together() {
    let mut tape = Tape::new(good());
    let mut tick = 10 * S;
    for _ in 0..4 {
        tape.edge(tick, Line::Rail0, false).edge(tick + 50 * S, Line::Rail0, true);
        tick += 50 * S + S / 2;
    }
    let a = analyse(&tape.timeline(300 * S), &exact(), &[]);
    let singles: Vec<_> = a.outages.iter().filter(|o| o.duration_ticks == 50 * S).collect();
    assert_eq!(singles.len(), 4);
    assert!(singles.iter().all(|o| o.verdict == Verdict::Pass));
    let whole = a.outages.iter().find(|o| o.duration_ticks == 200 * S + 3 * S / 2).unwrap();
    assert_eq!(whole.kind, ichiscope_verdict::OutageKind::Merged { count: 4, sum_ticks: 200 * S });
    assert_eq!((whole.verdict, a.verdict), (Verdict::Fail, Verdict::Fail));
}

#[test]
fn a_glitch_is_no_outage_and_does_not_cut_one() {
    let mut tape = Tape::new(good());
    tape.edge(5 * S, Line::Rail0, false).edge(5 * S + 99, Line::Rail0, true);
    tape.edge(10 * S, Line::Rail0, false);
    tape.edge(50 * S, Line::Rail0, true).edge(50 * S + 50, Line::Rail0, false);
    tape.edge(110 * S, Line::Rail0, true);
    let a = analyse(&tape.timeline(300 * S), &exact(), &[]);
    assert_eq!(a.outages.iter().map(|o| o.duration_ticks).collect::<Vec<_>>(), [100 * S]);
}

/// A rail that never lasts at one level for the deglitch time is no good rail.
#[test]
fn endless_chatter_is_never_a_pass() {
    let mut tape = Tape::new(good());
    let mut tick = 10 * S;
    while tick < 195 * S {
        tape.edge(tick, Line::Rail0, false).edge(tick + 90, Line::Rail0, true);
        tick += 180;
    }
    tape.edge(200 * S, Line::Mark2, true).edge(210 * S, Line::Mark2, false);
    let a = analyse(&tape.timeline(300 * S), &exact(), &[]);
    assert_eq!((a.verdict, a.reasons.as_slice()), (Verdict::Inconclusive, &[Reason::Chatter][..]));
}

#[test]
fn unknown_gateware_is_never_a_pass() {
    for (board, protocol) in [(200, 1), (1, 9)] {
        let mut tape = Tape::new(good());
        tape.frames.clear();
        tape.start(board, protocol);
        tape.edge(10 * S, Line::Rail0, false).edge(20 * S, Line::Rail0, true);
        let a = analyse(&tape.timeline(100 * S), &exact(), &[]);
        assert_eq!(a.verdict, Verdict::Inconclusive);
    }
    let mut tape = Tape::new(good());
    tape.frames.drain(..8);
    assert_eq!(analyse(&tape.timeline(100 * S), &exact(), &[]).verdict, Verdict::Inconclusive);
}

/// The clock term of 50 ppm over 100 s is 5 ms; with the ticks and 10 us of comparator delay and a slope of
/// 1.2 V in 12 ms at the start (100 mV = 1 ms) and 1.2 V in 1.2 ms at the end (0.1 ms):
/// 2 * sqrt((5000^2 + 1 + 1 + 10^2 + 1000^2 + 100^2) / 3) us = 5888.98... us.
#[test]
fn the_whole_budget() {
    let mut tape = Tape::new(good());
    tape.edge(10 * S, Line::Rail0, false).edge(10 * S + 12_000, Line::Rail1, false);
    tape.edge(110 * S - 1_200, Line::Rail1, true).edge(110 * S, Line::Rail0, true);
    let thresholds = Settings::default().thresholds[..2].to_vec();
    let settings = Settings { thresholds, ..Settings::default() };
    let a = analyse(&tape.timeline(200 * S), &settings, &[]);
    let u = a.outages.iter().find(|o| o.threshold.line == Line::Rail0).unwrap().expanded_uncertainty_ns;
    let expected = 2.0
        * ((5e6f64.powi(2) + 2.0 * 1e3f64.powi(2) + 1e4f64.powi(2) + 1e6f64.powi(2) + 1e5f64.powi(2)) / 3.0)
            .sqrt();
    assert_eq!(u, expected.ceil() as u64);
}
