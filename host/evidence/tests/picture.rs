//! The picture has a lane for the voltage where there is one, in volts where their scale is known.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

#[path = "../../context/tests/board/mod.rs"]
mod board;

use board::{Bench, Lost};
use ichiscope_evidence::{Basis, CaptureFile, Context, render, svg};
use ichiscope_verdict::{Adc, Analysis, EventCode, FrontEnd, PhaseSource, ToldEvent};

#[test]
fn the_voltage_has_a_lane_with_its_scale() {
    let mut recording = Bench::upgrade(100, 60).recording(Lost::default());
    let picture = |recording: &ichiscope_replay::Recording| {
        let (first, last) = recording.timeline.span().unwrap();
        svg(&recording.timeline, &recording.analyse(), first, last)
    };
    let codes = picture(&recording);
    assert!(codes.contains("voltage, codes of the ADC") && codes.contains(">3000</text>"), "{codes}");
    let adc = Adc { gain_nv_per_code: 4_000_000, offset_uv: 0, gain_u_ppm: 0, offset_u_uv: 0, delay_ns: 0 };
    let (name, source, date) = (String::new(), String::new(), String::new());
    recording.settings.front_end =
        Some(FrontEnd { name, source, date, comparators: Vec::new(), adc: Some(adc) });
    let volts = picture(&recording);
    assert!(
        volts.contains("voltage, V") && volts.contains(">12</text>") && volts.contains("class=\"level\"")
    );
    // A column for each hundredth of the plot that the envelope covers; all of it but the last two windows.
    let columns = volts.matches("class=\"volt\"").count();
    assert!((880..=910).contains(&columns), "{columns}");
}

/// Everything twice from the same recording: the same bytes; and no number that is not one.
#[test]
fn the_report_of_voltage_and_console_is_whole() {
    let make = || {
        let mut recording = Bench::upgrade(100, 60).recording(Lost::default());
        let context = Context::default();
        let analysis = context.analyse(&mut recording).unwrap();
        let captures = [CaptureFile { name: "run.mcap".to_owned(), sha256: "00".repeat(32) }];
        let basis =
            Basis { recording: &recording, analysis: &analysis, captures: &captures, context: &context };
        render(&basis).unwrap()
    };
    let files = make();
    assert_eq!(files, make());
    let report =
        files.iter().find(|f| f.0 == "report.html").map(|f| String::from_utf8(f.1.clone()).unwrap()).unwrap();
    for wrong in ["NaN", "inf ", "-0.00"] {
        assert!(!report.contains(wrong), "{wrong}");
    }
    for question in
        ["Did it pass?", "By how much?", "How sure is that?", "In which phase?", "On what equipment?"]
    {
        assert!(report.contains(question));
    }
    if let Some(path) = std::env::var_os("ICHISCOPE_REPORT") {
        std::fs::write(path, report).unwrap();
    }
}

/// Ten thousand outages are no more bars than there are pixels.
#[test]
fn a_picture_has_no_more_bars_than_pixels() {
    let mut bench = Bench::upgrade(100, 60);
    bench.script.clear();
    bench.end = 4_000 * board::S;
    for n in 0..3_000 {
        let start = 20 * board::S + n * 1_200_000;
        bench.script.push((start, board::Happens::Rail(ichiscope_wire::Line::Rail0, false)));
        bench.script.push((start + 1000, board::Happens::Rail(ichiscope_wire::Line::Rail0, true)));
    }
    let recording = bench.recording(Lost::default());
    let analysis = recording.analyse();
    assert_eq!(analysis.outages.len(), 3_000);
    let (first, last) = recording.timeline.span().unwrap();
    let picture = svg(&recording.timeline, &analysis, first, last);
    let bars = picture.matches("class=\"outage\"").count();
    assert!((500..=911).contains(&bars), "{bars}");
}

/// What others told stands in the picture with how far it may be off: AD1 by another shape, what lies outside of it not at all.
#[test]
fn events_have_a_row_and_ad1_its_own_shape() {
    let recording = Bench::upgrade(100, 60).recording(Lost::default());
    let mut analysis = recording.analyse();
    let (first, last) = recording.timeline.span().unwrap();
    let event = |tick, code: &str| ToldEvent {
        tick,
        uncertainty_ticks: board::S / 2,
        code: EventCode::parse(code).unwrap(),
        seconds: None,
        source: PhaseSource::Log,
    };
    let draw = |analysis: &Analysis| svg(&recording.timeline, analysis, first, last);
    assert!(!draw(&analysis).contains(">events<"), "no event, no row");
    analysis.events = vec![event(20 * board::S, "11.3"), event(100 * board::S, "AD1")];
    analysis.events.push(event(last + 10 * board::S, "0x8F36"));
    let picture = draw(&analysis);
    for part in [
        "<g class=\"told\"><title>11.3 Activate Firmware at 20.000000000 s, within 0.500000000 s, from log</title>",
        "<g class=\"told ad1\"><title>AD1 power outage alert at 100.000000000 s",
        ">events<",
        ">AD1<",
    ] {
        assert!(picture.contains(part), "{part} is not in {picture}");
    }
    assert!(!picture.contains("0x8F36"));
    // The bars: a second wide.
    let width = 91_000 * board::S / (last - first);
    let second = format!("width=\"{}.{:02}\" height=\"4\"", width / 100, width % 100);
    assert_eq!(picture.matches(&second).count(), 2, "{second} in {picture}");
}

/// However many: each is counted, and marks do not lie upon each other.
#[test]
fn many_events_are_their_number() {
    let recording = Bench::upgrade(100, 60).recording(Lost::default());
    let mut analysis = recording.analyse();
    let (first, last) = recording.timeline.span().unwrap();
    let (code, source) = (EventCode::ServiceRequest(2), PhaseSource::Log);
    let event = |i| ToldEvent {
        tick: first + (last - first) / 1000 * i,
        uncertainty_ticks: 1,
        code: if i == 500 { EventCode::Ad1 } else { code },
        seconds: None,
        source,
    };
    analysis.events = (0..1000).map(event).collect();
    let picture = svg(&recording.timeline, &analysis, first, last);
    let counts = picture.split("class=\"count\"").skip(1);
    let count = |text: &str| text.split(['>', '<']).nth(1).unwrap().parse::<usize>().unwrap();
    let counts: Vec<usize> = counts.map(count).collect();
    assert_eq!((counts.iter().sum::<usize>(), picture.matches("told ad1").count()), (1000, 1));
    assert!(counts.len() <= 31, "{}", counts.len());
}

/// At the picture's right end the words stand at the left of their mark: paper has no pointer that could tell them.
#[test]
fn an_alert_at_the_end_of_the_picture_is_named() {
    let recording = Bench::upgrade(100, 60).recording(Lost::default());
    let mut analysis = recording.analyse();
    let (first, last) = recording.timeline.span().unwrap();
    let (uncertainty_ticks, seconds, source) = (1, None, PhaseSource::Log);
    let event = |tick, code: &str| ToldEvent {
        tick,
        uncertainty_ticks,
        code: EventCode::parse(code).unwrap(),
        seconds,
        source,
    };
    analysis.events = vec![event(first, "11.3"), event(last - 2, "0x8F36"), event(last - 1, "AD1")];
    let picture = svg(&recording.timeline, &analysis, first, last);
    let named = |text: &str, anchor: &str| {
        picture
            .lines()
            .any(|l| l.contains(&format!(">{text}<")) && l.contains(&format!("text-anchor=\"{anchor}\"")))
    };
    assert!(named("11.3", "start") && named("0x8F36, AD1", "end"), "{picture}");
    // Where the limit is named no mark lies: the row of events is above all others.
    let row = picture.find(">events<").unwrap();
    assert!(
        ["phase\"", "outage\"", "line\""]
            .iter()
            .all(|part| picture.find(&format!("class=\"{part}")).unwrap() > row)
    );
}
