//! A self-test's pulse over the jumper is no meter's outage, and nothing else is taken for one.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use ichiscope_link::twin::{Config, Pace, Script, TwinTransport};
use ichiscope_link::{Received, Transport};
use ichiscope_timeline::{Builder, COMMAND_NOTE, Timeline, command_note};
use ichiscope_verdict::{Analysis, Comparator, FrontEnd, Outage, Reason, Settings, Verdict, analyse};
use ichiscope_wire::{Line, LineSet, Register, Request};

const S: u64 = 36_000_000;
const MS: u64 = S / 1000;
/// When the command is sent.
const ASKED: u64 = S;
/// The comparator's default bound of 10 us.
const BOUND: u64 = 360;

fn good() -> LineSet {
    Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true))
}

/// A board whose rails hang on the jumper, or on the meter that does what `changes` say.
fn script(requests: &[(u64, u64)], jumper: bool, outages: &[(u64, u64)], end: u64) -> Script {
    let pulse = |&(tick, low_ticks): &(u64, u64)| (tick, Request::SelfTest { low_ticks });
    Script {
        requests: requests.iter().map(pulse).collect(),
        test_drives: if jumper { good() } else { LineSet::EMPTY },
        changes: outages.iter().flat_map(|o| [(o.0, LineSet::EMPTY), (o.1, good())]).collect(),
        ..Script::quiet(Config::twin(), good(), end)
    }
}

/// What is recorded: the bytes, and after each answer the note that a session writes.
fn play(script: Script) -> Timeline {
    let asked: Vec<u64> = script
        .requests
        .iter()
        .map(|(_, request)| match request {
            Request::SelfTest { low_ticks } => *low_ticks,
            _ => 0,
        })
        .collect();
    let mut transport = TwinTransport::new(script, Pace::AsRead);
    let (mut builder, mut answered) = (Builder::new(), 0);
    loop {
        let mut bytes = Vec::new();
        let received = transport.poll(&mut bytes, &mut Vec::new(), Duration::ZERO).unwrap();
        for byte in bytes {
            builder.bytes(0, &[byte]);
            while answered < builder.timeline().acks().len() {
                let text = command_note(Register::SelfTest, asked[answered], None);
                builder.note(None, COMMAND_NOTE, &text);
                answered += 1;
            }
        }
        if received == Received::End {
            return builder.into_timeline();
        }
    }
}

fn judged(timeline: &Timeline) -> Analysis {
    analyse(timeline, &Settings::default(), &[])
}

/// When a command that is sent at `ASKED` takes effect.
fn effect() -> u64 {
    play(script(&[(ASKED, MS)], false, &[], 2 * S)).acks()[0].tick
}

fn are_self_test(outages: &[Outage]) -> bool {
    outages.iter().all(|o| o.verdict == Verdict::NotApplicable && o.reasons == [Reason::SelfTest])
}

#[test]
fn a_pulse_of_181_s_is_not_a_meters() {
    let analysis = judged(&play(script(&[(ASKED, 181 * S)], true, &[], 190 * S)));
    assert_eq!(analysis.outages.len(), 3);
    assert!(are_self_test(&analysis.outages), "{:?}", analysis.outages);
    assert_eq!((analysis.verdict, analysis.reasons), (Verdict::Inconclusive, vec![Reason::SelfTestSeen]));
    assert_eq!((analysis.deciding, analysis.combined), (None, None));
    assert_eq!(analysis.phases, [], "no RAIL_OFF");
}

/// The same stretch without the command, or without its note: the rule as ever.
#[test]
fn what_the_recording_does_not_tell_is_judged() {
    let fall = effect() + 2;
    let meter = judged(&play(script(&[], false, &[(fall, fall + 181 * S)], 190 * S)));
    assert_eq!(meter.verdict, Verdict::Fail);
    let mut silent = Builder::new();
    let mut transport = TwinTransport::new(script(&[(ASKED, 181 * S)], true, &[], 190 * S), Pace::AsRead);
    let mut bytes = Vec::new();
    while transport.poll(&mut bytes, &mut Vec::new(), Duration::ZERO).unwrap() != Received::End {}
    silent.bytes(0, &bytes);
    assert_eq!(judged(silent.timeline()).verdict, Verdict::Fail);
}

/// A meter's outage beside, after, or nearly at an acknowledged pulse fails as without it.
#[test]
fn a_real_outage_is_never_hidden() {
    let fall = effect() + 2;
    let fails = |asked: u64, outage: (u64, u64)| {
        let analysis = judged(&play(script(&[(ASKED, asked)], false, &[outage], 400 * S)));
        assert_eq!(analysis.verdict, Verdict::Fail, "{asked} asked, {outage:?} seen");
    };
    // Another length than was asked for, or another start.
    let length = 181 * S;
    fails(MS, (fall, fall + length));
    fails(length, (fall, fall + length + BOUND + 3));
    fails(length, (fall, fall + length - BOUND - 3));
    fails(length, (fall + BOUND + 3, fall + BOUND + 3 + length));
    fails(length, (fall + S, fall + S + length));
    // It was there before the command.
    fails(length, (fall - 3, fall - 3 + length));
    fails(length, (ASKED / 2, ASKED / 2 + length));
}

/// The tolerance to the tick, on a pulse of 1 ms and a rail that falls by itself.
#[test]
fn start_and_length_have_to_agree() {
    let fall = effect() + 2;
    let row = |from: u64, to: u64| {
        let analysis = judged(&play(script(&[(ASKED, MS)], false, &[(from, to)], 3 * S)));
        assert_eq!(analysis.outages.len(), 3);
        // Were it by chance a meter's: no PASS all the same.
        assert_eq!(analysis.verdict, Verdict::Inconclusive);
        let is_self_test = are_self_test(&analysis.outages);
        assert_eq!(analysis.reasons.contains(&Reason::SelfTestSeen), is_self_test);
        is_self_test
    };
    let late = BOUND + 2;
    assert!(row(fall, fall + MS));
    assert!(row(fall - 1, fall + MS - 1));
    assert!(!row(fall - 2, fall + MS - 2), "not after the effect");
    assert!(row(fall + late, fall + late + MS));
    assert!(!row(fall + late + 1, fall + late + 1 + MS));
    assert!(row(fall, fall + MS + late) && row(fall, fall + MS - late));
    assert!(!row(fall, fall + MS + late + 1) && !row(fall, fall + MS - late - 1));
}

/// With a front end's profile its delays take the place of the default bound.
#[test]
fn a_front_ends_delays_are_allowed_for() {
    let fall = effect() + 2;
    let comparators = Line::RAILS.map(|line| Comparator {
        line,
        threshold_u_mv: 30,
        delay_falling_ns: 20_000,
        delay_rising_ns: 25_000,
        delay_u_ns: 5_000,
    });
    let front_end = FrontEnd {
        name: String::new(),
        source: String::new(),
        date: String::new(),
        comparators: comparators.to_vec(),
        adc: None,
    };
    let settings = Settings { front_end: Some(front_end), ..Settings::default() };
    let is_self_test = |late: u64, longer: u64| {
        let outage = (fall + late, fall + late + MS + longer);
        let timeline = play(script(&[(ASKED, MS)], false, &[outage], 3 * S));
        are_self_test(&analyse(&timeline, &settings, &[]).outages)
    };
    // 25 us for the start, 10 us for the length; two ticks for each.
    assert!(is_self_test(902, 0) && !is_self_test(903, 0));
    assert!(is_self_test(720, 362) && !is_self_test(720, 363));
}

/// A pulse that another command ended has no known length.
#[test]
fn a_pulse_cut_short_is_judged() {
    let requests = [(ASKED, 200 * S), (ASKED + 181 * S, 0)];
    assert_eq!(judged(&play(script(&requests, true, &[], 220 * S))).verdict, Verdict::Fail);
}

/// Pulses nearer to each other than a second make a row together; a meter's outage among them is judged.
#[test]
fn rows_of_several_are_self_test_if_all_are() {
    let pulses = [(ASKED, MS), (ASKED + S / 2, MS)];
    let analysis = judged(&play(script(&pulses, true, &[], 3 * S)));
    assert_eq!(analysis.outages.len(), 9);
    assert!(are_self_test(&analysis.outages));

    let fall = effect() + 2;
    let meter = (fall + S / 2, fall + S / 2 + 181 * S);
    let mixed = judged(&play(script(&[(ASKED, MS)], false, &[(fall, fall + MS), meter], 190 * S)));
    assert_eq!(mixed.verdict, Verdict::Fail);
    assert_eq!(mixed.outages.iter().filter(|o| o.is_self_test()).count(), 3);
}
