//! The app by clicks and keys: open, zoom, pan, play, scrub, choose an outage, export, record.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod bench;

use bench::{Bench, HZ, click, painted, press, until, window, window_of};
use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, Vec2, pos2, vec2};
use egui_kittest::{Harness, kittest::Queryable};
use ichiscope_scope::{Dialog, Model, SPEEDS, ScopeApp, Tracking};
use ichiscope_verdict::PhaseKind;
use ichiscope_wire::Line;

type App = Harness<'static, ScopeApp>;

fn model(app: &App) -> &Model {
    app.state().model()
}

fn has(app: &App, part: &str) -> bool {
    app.query_all_by_label_contains(part).next().is_some()
}

fn wheel(app: &mut App, at: egui::Pos2, delta: Vec2, modifiers: Modifiers) {
    app.hover_at(at);
    app.run_steps(1);
    let (unit, phase, source) = (MouseWheelUnit::Line, TouchPhase::Move, MouseWheelSource::Wheel);
    app.event(Event::MouseWheel { unit, delta, phase, source, modifiers });
    app.run_steps(3);
}

#[test]
fn an_empty_window_says_what_to_do_and_opens_what_is_typed() {
    let bench = Bench::upgrade();
    let mut app = window(None);
    for what in ["Open a capture", "ichiscope demo", "Connect a board"] {
        assert!(has(&app, what), "{what}");
    }
    click(&mut app, "Open");
    app.get_by_label("Capture file").type_text(&bench.capture.display().to_string());
    app.run_steps(3);
    click(&mut app, "Open capture");
    until(&mut app, |a| a.model().span.is_some() && a.is_settled());
    assert_eq!(model(&app).capture.as_deref(), Some(bench.capture.as_path()));
    assert_eq!(model(&app).dialog, None);
    assert!(has(&app, "FAIL"));
}

#[test]
fn a_missing_capture_is_an_error_that_names_it() {
    let mut app = window(None);
    press(&mut app, Key::O);
    app.get_by_label("Capture file").type_text("/nowhere/at/all.mcap");
    app.run_steps(3);
    press(&mut app, Key::Enter);
    let notice = model(&app).notice.clone().expect("a notice");
    assert!(notice.is_error && notice.text.contains("/nowhere/at/all.mcap"), "{}", notice.text);
    assert!(has(&app, "/nowhere/at/all.mcap"));
    click(&mut app, "Dismiss");
    assert_eq!(model(&app).notice, None);
}

#[test]
fn a_foreign_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.mcap");
    std::fs::write(&path, "this is no capture").unwrap();
    let app = window(Some(&path));
    assert!(model(&app).notice.as_ref().is_some_and(|n| n.is_error), "{:?}", model(&app).notice);
}

#[test]
fn the_screen_answers_the_question() {
    let app = Bench::upgrade().app();
    for text in [
        "SIMULATED",
        "a POA is expected under the 180 s rule",
        "197.250000 s",
        "-17.250000 s",
        "CH_PR (low = hub present)",
        "MT_PR (low = meter present)",
        "AC_LO (high = AC lost)",
        "RAIL 0 (low = below 10.2 V)",
        "LINK (nothing lost)",
        "Outage 1 at 1:40.0, below 10.2 V, 92.500 s, PASS",
        "Phase CH_BOOT at 3:13.0, 40.000 s, from MARK3",
    ] {
        assert!(has(&app, text), "not on the screen: {text}");
    }
    assert!(!has(&app, "SMETS"));
}

#[test]
fn a_good_run_of_a_board_says_no_more_than_is_known() {
    let app = Bench::good().app();
    assert!(has(&app, "no POA expected under the 180 s rule"));
    assert!(!has(&app, "SIMULATED") && !has(&app, "compliant"));
}

#[test]
fn a_loss_is_on_the_screen_at_every_zoom_and_spoils_the_verdict() {
    let mut app = Bench::lossy().app();
    assert!(has(&app, "INCONCLUSIVE"));
    assert!(has(&app, "LINK (1 x data lost)"));
    // The red of a gap, on the frame itself.
    let red = |app: &App| {
        let is_red = |fill: egui::Color32| fill == egui::Color32::from_rgb(255, 48, 64);
        app.output()
            .shapes
            .iter()
            .filter(|s| matches!(&s.shape, egui::Shape::Rect(r) if is_red(r.fill)))
            .count()
    };
    let whole = red(&app);
    assert!(whole > 0);
    for _ in 0..20 {
        click(&mut app, "Zoom out");
        assert!(red(&app) > 0, "gap gone at {:?}", model(&app).view);
    }
    let clean = Bench::good().app();
    assert_eq!(red(&clean), 0);
}

#[test]
fn zoom_in_and_out_returns_and_fit_shows_all() {
    let mut app = Bench::upgrade().app();
    let whole = model(&app).view;
    assert_eq!(model(&app).tracking, Tracking::Fit);
    click(&mut app, "Zoom in");
    press(&mut app, Key::Plus);
    assert!(model(&app).view.ticks() < whole.ticks() * 51 / 100);
    press(&mut app, Key::Minus);
    click(&mut app, "Zoom out");
    assert_eq!(model(&app).view, whole);
    for _ in 0..30 {
        press(&mut app, Key::Plus);
    }
    click(&mut app, "Fit");
    assert_eq!(model(&app).view, whole);
}

#[test]
fn the_wheel_zooms_at_the_pointer_and_moves_with_shift() {
    let mut app = Bench::upgrade().app();
    let plot = app.get_by_label_contains("Timeline from").rect();
    let at = pos2(plot.left() + plot.width() * 0.25, plot.center().y + 60.0);
    let before = model(&app).view;
    let under = before.first_tick() + (before.ticks() / 4) as i64;
    wheel(&mut app, at, vec2(0.0, 3.0), Modifiers::NONE);
    let after = model(&app).view;
    assert!(after.ticks() < before.ticks());
    let still = after.first_tick() + (after.ticks() / 4) as i64;
    let column = before.ticks() as i64 / plot.width() as i64;
    assert!((still - under).abs() <= 2 * column, "{still} {under}");
    wheel(&mut app, at, vec2(0.0, -1.0), Modifiers::SHIFT);
    let moved = model(&app).view;
    assert_eq!(moved.ticks(), after.ticks());
    assert!(moved.first_tick() > after.first_tick());
}

/// A day with one pulse of a microsecond, which is a tick here: the pointer is three points beside it.
#[test]
fn one_movement_of_the_wheel_goes_from_a_day_to_a_pulse_of_a_microsecond_and_back() {
    let at = 13 * 3600 * HZ + 1_234_567;
    let bench = Bench::with(false, |tape| {
        tape.edge(at, &[Line::AcLo], true).edge(at + 1, &[Line::AcLo], false).run_to(24 * 3600 * HZ);
    });
    let mut app = bench.app();
    let whole = model(&app).view;
    let plot = app.get_by_label_contains("Timeline from").rect();
    let part = (at as i64 - whole.first_tick()) as f32 / whole.ticks() as f32;
    let beside = pos2(plot.left() + plot.width() * part + 3.0, plot.center().y);
    let mut notches = 0;
    while model(&app).view.ticks() > 8 {
        wheel(&mut app, beside, vec2(0.0, 1.0), Modifiers::NONE);
        assert!(model(&app).view.contains(at), "lost at {:?}", model(&app).view);
        notches += 1;
        assert!(notches < 1000, "the wheel does not zoom in: {:?}", model(&app).view);
    }
    for _ in 0..notches {
        wheel(&mut app, beside, vec2(0.0, -1.0), Modifiers::NONE);
    }
    assert_eq!(model(&app).view, whole, "the very same view");
}

#[test]
fn a_drag_and_the_arrow_keys_move_the_view() {
    let mut app = Bench::upgrade().app();
    press(&mut app, Key::Plus);
    press(&mut app, Key::Plus);
    let before = model(&app).view;
    press(&mut app, Key::ArrowRight);
    assert_eq!(model(&app).view.first_tick(), before.first_tick() + before.ticks() as i64 / 10);
    press(&mut app, Key::ArrowLeft);
    assert_eq!(model(&app).view, before);

    let plot = app.get_by_label_contains("Timeline from").rect();
    let from = pos2(plot.center().x, plot.bottom() - 60.0);
    app.drag_at(from);
    app.run_steps(2);
    app.hover_at(from - vec2(plot.width() / 10.0, 0.0));
    app.run_steps(2);
    app.drop_at(from - vec2(plot.width() / 10.0, 0.0));
    app.run_steps(2);
    let moved = model(&app).view.first_tick() - before.first_tick();
    let tenth = before.ticks() as i64 / 10;
    assert!((moved - tenth).abs() <= tenth / 50, "{moved} {tenth}");
}

#[test]
fn play_moves_the_playhead_and_pause_holds_it() {
    let mut app = Bench::upgrade().app();
    assert_eq!(model(&app).playback.speed(), (20, 1), "ten minutes in half a minute");
    assert_eq!(model(&app).playback.head(), None);
    click(&mut app, "Play");
    app.run_steps(5);
    let first = model(&app).playback.head().expect("a playhead");
    app.run_steps(5);
    let second = model(&app).playback.head().unwrap();
    assert!(second > first && model(&app).playback.is_playing());
    click(&mut app, "Pause");
    let held = model(&app).playback.head();
    app.run_steps(5);
    assert_eq!((model(&app).playback.head(), model(&app).playback.is_playing()), (held, false));
    press(&mut app, Key::Space);
    assert!(model(&app).playback.is_playing());
}

#[test]
fn speeds_go_from_a_thousandth_to_ten_thousand() {
    let mut app = Bench::upgrade().app();
    click(&mut app, "Faster");
    assert_eq!(model(&app).playback.speed(), (50, 1));
    click(&mut app, "Slower");
    click(&mut app, "Slower");
    assert_eq!(model(&app).playback.speed(), (10, 1));
    for _ in 0..SPEEDS.len() + 2 {
        press(&mut app, Key::CloseBracket);
    }
    assert_eq!(model(&app).playback.speed(), (10_000, 1));
    for _ in 0..SPEEDS.len() + 2 {
        press(&mut app, Key::OpenBracket);
    }
    assert_eq!(model(&app).playback.speed(), (1, 1000));
}

#[test]
fn at_full_speed_it_plays_to_the_end_and_stops() {
    let mut app = Bench::upgrade().app();
    for _ in 0..SPEEDS.len() {
        press(&mut app, Key::CloseBracket);
    }
    press(&mut app, Key::Space);
    until(&mut app, |a| !a.model().playback.is_playing());
    let span = model(&app).span.unwrap();
    assert_eq!(model(&app).playback.head(), Some(span.1));
}

#[test]
fn scrubbing_on_the_axis_puts_the_playhead_under_the_pointer() {
    let mut app = Bench::upgrade().app();
    let axis = app.get_by_label("Playhead").rect();
    let view = model(&app).view;
    for fraction in [0.3, 0.7] {
        let at = pos2(axis.left() + axis.width() * fraction, axis.center().y);
        app.drag_at(at);
        app.run_steps(2);
        app.drop_at(at);
        app.run_steps(2);
        let expected = view.first_tick() as f64 + f64::from(fraction) * view.ticks() as f64;
        let head = model(&app).playback.head().expect("a playhead") as f64;
        assert!((head - expected).abs() < view.ticks() as f64 / 500.0, "{head} {expected}");
    }
    assert_eq!(model(&app).view, view, "scrubbing does not move the view");
    press(&mut app, Key::Home);
    assert_eq!(model(&app).playback.head(), model(&app).span.map(|s| s.0));
}

#[test]
fn choosing_an_outage_moves_the_view_to_it() {
    let mut app = Bench::upgrade().app();
    click(&mut app, "Outage 1 at 1:40.0, below 10.2 V, 92.500 s, PASS");
    assert_eq!(model(&app).selected, Some(0));
    let view = model(&app).view;
    assert!(view.contains(100 * HZ) && view.contains(192 * HZ + HZ / 2) && !view.contains(300 * HZ));
    assert!(has(&app, "CHOSEN OUTAGE"));
    assert!(has(&app, "92.500000 s") && has(&app, "+87.500000 s"));

    press(&mut app, Key::N);
    assert!(model(&app).view.contains(300 * HZ) && !model(&app).view.contains(192 * HZ));
    press(&mut app, Key::P);
    assert_eq!(model(&app).view, view);
}

#[test]
fn an_outage_is_chosen_where_it_is_drawn_and_a_phase_in_its_table() {
    let mut app = Bench::upgrade().app();
    click(&mut app, "Outage of 197.250 s on the timeline, FAIL");
    let chosen = model(&app).selected.expect("an outage");
    assert!(model(&app).view.contains(300 * HZ) && chosen > 0);
    click(&mut app, "Phase IMAGE_DISTRIBUTION at 0:30.0, 60.000 s, from MARK0");
    assert!(model(&app).view.contains(30 * HZ) && !model(&app).view.contains(100 * HZ));
}

#[test]
fn export_writes_the_same_bytes_as_the_library() {
    let bench = Bench::upgrade();
    let mut app = bench.app();
    let (ours, theirs) = (bench.folder.path().join("evidence"), bench.folder.path().join("other"));
    click(&mut app, "Export");
    assert_eq!(model(&app).dialog, Some(Dialog::Export { path: ours.display().to_string() }));
    click(&mut app, "Write evidence");
    until(&mut app, |a| !a.model().exporting);
    let notice = model(&app).notice.clone().expect("a notice");
    assert!(!notice.is_error && notice.text.contains("outages.csv"), "{}", notice.text);
    let written =
        ichiscope_evidence::write(&theirs, &bench.capture, &ichiscope_evidence::Context::default()).unwrap();
    assert!(written.files.len() >= 3);
    for file in &written.files {
        let name = file.file_name().unwrap();
        assert_eq!(std::fs::read(ours.join(name)).unwrap(), std::fs::read(file).unwrap(), "{name:?}");
    }
}

#[test]
fn evidence_that_cannot_be_written_is_an_error() {
    let bench = Bench::upgrade();
    let mut app = bench.app();
    press(&mut app, Key::E);
    let field = app.get_by_label("Folder");
    field.type_text("/into/a/file");
    app.run_steps(3);
    let Some(Dialog::Export { path }) = model(&app).dialog.clone() else { panic!("no dialog") };
    // The folder's parent is a file.
    std::fs::write(bench.folder.path().join("evidence"), "in the way").unwrap();
    assert!(path.contains("/into/a/file"));
    click(&mut app, "Write evidence");
    until(&mut app, |a| !a.model().exporting);
    assert!(model(&app).notice.as_ref().is_some_and(|n| n.is_error), "{:?}", model(&app).notice);
}

#[test]
fn the_help_sheet_lists_the_keys_and_escape_closes_it() {
    let mut app = Bench::upgrade().app();
    press(&mut app, Key::F1);
    assert!(has(&app, "play or pause") && has(&app, "zoom at the pointer"));
    press(&mut app, Key::Escape);
    assert_eq!(model(&app).dialog, None);
    assert!(model(&app).dark);
    press(&mut app, Key::T);
    assert!(!model(&app).dark);
}

#[test]
fn keys_typed_into_a_dialog_do_nothing_else() {
    let mut app = Bench::upgrade().app();
    let view = model(&app).view;
    press(&mut app, Key::O);
    press(&mut app, Key::Plus);
    press(&mut app, Key::Space);
    assert_eq!((model(&app).view, model(&app).playback.is_playing()), (view, false));
}

#[test]
fn the_twin_is_recorded_live_and_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.mcap");
    let mut app = window(None);
    click(&mut app, "Record");
    app.get_by_label("New capture file").type_text(&path.display().to_string());
    app.run_steps(2);
    app.get_by_label("Board's serial number").focus();
    app.run_steps(2);
    app.get_by_label("Board's serial number").type_text("twin");
    app.run_steps(2);
    click(&mut app, "Start recording");
    until(&mut app, |a| a.model().span.is_some_and(|s| s.1 > s.0) && a.model().tick_hz.is_some());
    assert!(has(&app, "RECORDING") && has(&app, "SIMULATED"));
    assert!(app.query_by_label("Play").is_none(), "a running recording is not played");
    click(&mut app, "Follow");
    assert_eq!(model(&app).tracking, Tracking::Follow);
    click(&mut app, "Stop");
    until(&mut app, ScopeApp::is_settled);
    assert!(has(&app, "replay") && std::fs::metadata(&path).unwrap().len() > 0);
}

#[test]
fn nothing_overlaps_at_other_sizes() {
    overlaps_nothing(&Bench::upgrade());
}

/// The lane that tells what was lost stays in view, however many phases overlap.
#[test]
fn nothing_overlaps_where_many_phases_do() {
    let bench = Bench::upgrade();
    let mut log = "time_s,phase,event\n".to_owned();
    for event in ["begin", "end"] {
        for kind in PhaseKind::ALL.into_iter().filter(|kind| !kind.is_measured()) {
            let at = if event == "begin" { 50 } else { 500 };
            log.push_str(&format!("{at},{},{event}\n", kind.name()));
        }
    }
    std::fs::write(bench.folder.path().join("log.csv"), log).expect("the folder is there");
    let beside = bench.capture.with_file_name("run.mcap.beside.json");
    std::fs::write(beside, r#"{"version": 1, "phases": "log.csv"}"#).expect("the folder is there");
    assert!(has(&bench.app(), "PHASES (17)"), "eleven told; two by marks, two outages and what follows them");
    overlaps_nothing(&bench);
}

fn overlaps_nothing(bench: &Bench) {
    for (size, scale) in
        [([960.0, 600.0], 1.0), ([1280.0, 800.0], 1.0), ([1920.0, 1080.0], 1.0), ([3840.0, 2160.0], 2.0f32)]
    {
        let mut app = bench.app();
        app.set_size(size.into());
        app.run_steps(4);
        assert!((app.ctx.zoom_factor() - scale).abs() < 0.01, "{size:?}: {}", app.ctx.zoom_factor());
        let size = size.map(|s| s / scale);
        let plot = app.get_by_label_contains("Timeline from").rect();
        let axis = app.get_by_label("Playhead").rect();
        let overview = app.get_by_label("Overview of the whole recording").rect();
        assert!(plot.bottom() <= axis.top() && axis.bottom() <= overview.top(), "{size:?}");
        assert!(overview.bottom() <= size[1] && plot.width() > size[0] * 0.35, "{size:?}");
        let link = app.get_by_label("LINK (nothing lost)").rect();
        assert!(link.bottom() <= axis.top() + 0.5, "lanes run into the axis at {size:?}: {link:?} {axis:?}");
    }
}

/// Four phases one upon the other, and of each a second source that differs a little; with every lane that there is.
fn overlapping() -> Bench {
    let bench = Bench::with_senses(|tape| {
        tape.line(10 * HZ, "activating").envelope_to(99 * HZ, 2480, 2500);
        let marks = [Line::Mark0, Line::Mark1, Line::Mark2, Line::Mark3];
        for (i, mark) in (0..).zip(marks) {
            tape.edge((100 + i) * HZ, &[mark], true);
        }
        tape.outage(120 * HZ, 212 * HZ);
        for (i, mark) in (0..).zip(marks) {
            tape.edge((280 + i) * HZ, &[mark], false);
        }
        tape.edge(400 * HZ, &[Line::Mark0], true).edge(400 * HZ + HZ / 100, &[Line::Mark0], false);
        tape.run_to(600 * HZ);
    });
    let kinds = ["IMAGE_DISTRIBUTION", "ACTIVATION_COMMAND", "METER_REBOOT", "CH_BOOT"];
    let row = |at: u64, event: &str| kinds.map(|kind| format!("{at},{kind},{event}\n")).concat();
    let log = format!("time_s,phase,event\n{}{}", row(101, "begin"), row(282, "end"));
    std::fs::write(bench.folder.path().join("log.csv"), log).unwrap();
    let named = r#"{"version": 1, "phases": "log.csv"}"#;
    std::fs::write(bench.folder.path().join("run.mcap.beside.json"), named).unwrap();
    bench
}

#[test]
fn phases_that_overlap_keep_their_names_in_small_windows() {
    let bench = overlapping();
    for size in [[960.0, 600.0], [1280.0, 800.0], [1920.0, 1080.0]] {
        let mut app = window_of(size, Some(&bench.capture));
        until(&mut app, ScopeApp::is_settled);
        let plot_end = size[0] - 396.0;
        let texts = painted(&app);
        for names in [
            ["IMAGE", "IMAGE_DISTRIBUTION"],
            ["ACTIVATE", "ACTIVATION_COMMAND"],
            ["REBOOT", "METER_REBOOT"],
            ["CH", "CH_BOOT"],
        ] {
            let is_name =
                |text: &str| names.iter().any(|n| text == *n || text.starts_with(&format!("{n}  ")));
            let is_there = |(text, place): &&(String, egui::Rect)| {
                (168.0..plot_end).contains(&place.left()) && place.top() < size[1] / 3.0 && is_name(text)
            };
            let found: Vec<_> = texts.iter().filter(is_there).collect();
            // The short one of a hundredth of a second has its name beside it.
            let bands = if names[0] == "IMAGE" { 2 } else { 1 };
            assert_eq!(found.len(), bands, "{names:?} at {size:?} in {texts:?}");
            let letters = found[0].1;
            let over = texts.iter().filter(|t| t.1.shrink(3.0).intersects(letters.shrink(3.0))).count();
            assert_eq!(over, 1, "something is written over {names:?} at {size:?}");
        }
        let outage = texts.iter().find(|(t, p)| t.starts_with("92.0") && p.left() < plot_end);
        assert!(outage.is_some(), "the outage keeps its duration at {size:?}: {texts:?}");
    }
}

/// Whatever has no room for its name is told where the pointer is, each source for itself.
#[test]
fn the_pointer_tells_a_phase_that_has_no_room_for_its_name() {
    let bench = overlapping();
    let mut app = window_of([960.0, 600.0], Some(&bench.capture));
    until(&mut app, ScopeApp::is_settled);
    let found = painted(&app).into_iter().find(|(text, _)| text.starts_with("CH")).unwrap();
    app.hover_at(found.1.center());
    app.run_steps(60);
    let both = "Phase CH_BOOT at 1:41.0, 181.000 s, from log\nPhase CH_BOOT at 1:43.0, 180.000 s, from MARK3";
    assert!(has(&app, both));
    // A phase of a hundredth of a second.
    let told =
        |app: &App| app.query_all_by_label_contains("Phase IMAGE_DISTRIBUTION at 6:40.0, 0.010 s").count();
    let in_the_table = told(&app);
    let view = model(&app).view;
    let (start, length) = (view.first_tick() as f32, view.ticks() as f32);
    let plot = app.get_by_label_contains("Timeline from").rect();
    let x = plot.left() + plot.width() * (400.0 * HZ as f32 - start) / length;
    app.hover_at(pos2(x, plot.top() + 10.0));
    app.run_steps(60);
    assert_eq!(told(&app), in_the_table + 1);
}

/// Notes, and times on the axis, never lie upon each other.
#[test]
fn notes_and_times_keep_apart() {
    let bench = Bench::good();
    let mut app = bench.app();
    let plot = app.get_by_label_contains("Timeline from").rect();
    let at = |x: f32| plot.left_center() + vec2(x, 0.0);
    for (x, key) in [(100.0, Key::Num7), (160.0, Key::M), (300.0, Key::M)] {
        app.hover_at(at(x));
        app.run_steps(2);
        press(&mut app, key);
    }
    let texts = painted(&app);
    let notes = |start: &str| -> Vec<egui::Rect> {
        let is_note = |(t, p): &&(String, egui::Rect)| t.starts_with(start) && plot.contains(p.center());
        texts.iter().filter(is_note).map(|(_, place)| *place).collect()
    };
    let begins = notes("phase");
    assert!(begins.len() == 1 && begins[0].right() <= plot.left() + 160.0, "{begins:?} lies over the mark");
    assert_eq!(notes("mark").len(), 2);
    for x in 0..40 {
        app.hover_at(at(x as f32 * 17.0));
        app.run_steps(3);
        let axis = |p: &egui::Rect| (plot.bottom()..plot.bottom() + 30.0).contains(&p.center().y);
        let times: Vec<_> = painted(&app).into_iter().filter(|(t, p)| t.contains(':') && axis(p)).collect();
        let pairs = times.iter().enumerate().flat_map(|(i, a)| times[i + 1..].iter().map(move |b| (a, b)));
        let over = pairs.filter(|(a, b)| a.1.intersects(b.1)).collect::<Vec<_>>();
        assert!(over.is_empty() && times.len() > 4, "{over:?} {times:?}");
    }
}

/// A capture that cannot be aligned says so, and so does the line of the limit what it is.
#[test]
fn small_multiples_say_what_they_cannot_show() {
    let bench = Bench::good();
    let quiet = Bench::with(false, |tape| {
        tape.run_to(60 * HZ);
    });
    std::fs::copy(&quiet.capture, bench.folder.path().join("quiet.mcap")).unwrap();
    let mut app = window(None);
    press(&mut app, Key::K);
    app.get_by_label_contains("Folder of captures").type_text(&bench.folder.path().display().to_string());
    app.run_steps(3);
    press(&mut app, Key::Enter);
    until(&mut app, ScopeApp::has_compared);
    click(&mut app, "Small multiples");
    let texts: Vec<String> = painted(&app).into_iter().map(|(text, _)| text).collect();
    for wanted in ["no rail off in this capture", "180 s"] {
        assert!(texts.iter().any(|text| text == wanted), "{wanted} is not in {texts:?}");
    }
}
