//! What the help sheet promises, by keys and clicks: cursors, times, edges, marks, edits, pictures, armed recordings.

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod bench;

use bench::{Bench, HZ, click, press, until, window};
use egui::accesskit::Role;
use egui::{Key, Modifiers, pos2};
use egui_kittest::{
    Harness,
    kittest::{By, NodeT, Queryable},
};
use ichiscope_evidence::{Context, Paths};
use ichiscope_scope::{Armed, Dialog, Epoch, Model, ScopeApp, Then, Tracking};
use ichiscope_session::{Facts, Pace, Session, Source, scenario};
use ichiscope_verdict::PhaseKind;

type App = Harness<'static, ScopeApp>;

fn model(app: &App) -> &Model {
    app.state().model()
}

fn has(app: &App, part: &str) -> bool {
    app.query_all_by_label_contains(part).next().is_some()
}

fn press_with_ctrl(app: &mut App, key: Key) {
    app.key_press_modifiers(Modifiers::COMMAND, key);
    app.run_steps(4);
}

/// Puts the pointer over the timeline at a fraction of its width.
fn point(app: &mut App, fraction: f32) {
    let plot = app.get_by_label_contains("Timeline from").rect();
    app.hover_at(pos2(plot.left() + plot.width() * fraction, plot.bottom() - 20.0));
    app.run_steps(3);
}

fn ticks_of_notes(app: &App) -> Vec<u64> {
    model(app).history.now().notes.iter().map(|n| n.tick).collect()
}

#[test]
fn cursors_snap_to_edges_and_say_what_lies_between() {
    let mut app = Bench::upgrade().app();
    press(&mut app, Key::Home);
    press(&mut app, Key::Period);
    assert_eq!(model(&app).playback.head(), Some(30 * HZ), "the first edge");
    press(&mut app, Key::A);
    for _ in 0..2 {
        press(&mut app, Key::Period);
    }
    press(&mut app, Key::B);
    assert_eq!(model(&app).cursors, [Some(30 * HZ), Some(100 * HZ)]);
    assert!(has(&app, "B-A 70.000000000 s = 70 000 000 ticks"));
    press(&mut app, Key::X);
    assert_eq!(model(&app).cursors, [None, None]);

    // Half a second off the outage's start: with snapping on the edge, without it off.
    let outage = model(&app).view.ticks();
    assert!(outage > 600 * HZ);
    let near = |app: &App| {
        let view = model(app).view;
        ((100 * HZ + HZ / 2) as i64 - view.first_tick()) as f32 / view.ticks() as f32
    };
    let fraction = near(&app);
    point(&mut app, fraction);
    press(&mut app, Key::A);
    assert_eq!(model(&app).cursors[0], Some(100 * HZ));
    press(&mut app, Key::S);
    press(&mut app, Key::A);
    assert!(!model(&app).snap && model(&app).cursors[0] != Some(100 * HZ), "{:?}", model(&app).cursors);
}

#[test]
fn edges_are_stepped_to_and_come_into_view() {
    let mut app = Bench::upgrade().app();
    press(&mut app, Key::End);
    press(&mut app, Key::Comma);
    assert_eq!(model(&app).playback.head(), Some(497 * HZ + HZ / 4));
    for _ in 0..40 {
        press(&mut app, Key::Plus);
    }
    press(&mut app, Key::Comma);
    assert_eq!(model(&app).playback.head(), Some(300 * HZ));
    assert!(model(&app).view.contains(300 * HZ) && !model(&app).view.contains(497 * HZ));
}

#[test]
fn times_count_from_the_start_an_edge_or_in_utc() {
    let mut app = Bench::upgrade().app();
    assert!(has(&app, "Outage 1 at 1:40.0"));
    press(&mut app, Key::Home);
    for _ in 0..3 {
        press(&mut app, Key::Period);
    }
    press(&mut app, Key::Z);
    assert_eq!(model(&app).epoch, Epoch::Tick(100 * HZ));
    assert!(has(&app, "Outage 1 at 0:00.0") && has(&app, "Phase IMAGE_DISTRIBUTION at -1:10.0"));
    press(&mut app, Key::Z);
    assert_eq!(model(&app).epoch, Epoch::Start);
    press(&mut app, Key::U);
    assert_eq!(model(&app).epoch, Epoch::Utc);
    assert!(has(&app, "Outage 1 at 22:15:00.0"), "100 s after 22:13:20");
    press(&mut app, Key::U);
    assert_eq!(model(&app).epoch, Epoch::Start);
}

#[test]
fn the_playhead_in_an_outage_says_what_was_left() {
    let mut app = Bench::upgrade().app();
    press(&mut app, Key::Home);
    assert!(has(&app, "AT THE PLAYHEAD") && has(&app, "no outage"));
    for _ in 0..3 {
        press(&mut app, Key::Period);
    }
    assert!(has(&app, "RAIL OFF for 0.0 s, 180.0 s left to 180 s"));
    press(&mut app, Key::End);
    press(&mut app, Key::Comma);
    // One tick before the end of the outage of 197.25 s it is long over.
    assert!(!has(&app, "RAIL OFF"));
    let axis = app.get_by_label("Playhead").rect();
    let view = model(&app).view;
    let fraction = (490 * HZ) as f32 / view.ticks() as f32 - view.first_tick() as f32 / view.ticks() as f32;
    let at = pos2(axis.left() + axis.width() * fraction, axis.center().y);
    app.drag_at(at);
    app.run_steps(2);
    app.drop_at(at);
    app.run_steps(3);
    assert!(has(&app, "ALARM  RAIL OFF for 1"), "{:?}", model(&app).playback.head());
}

#[test]
fn marks_and_phases_set_afterwards_are_kept_beside_the_capture_and_undone() {
    let bench = Bench::upgrade();
    let raw = std::fs::read(&bench.capture).unwrap();
    let kept = bench.capture.with_file_name("run.mcap.edits.json");
    let mut app = bench.app();
    press(&mut app, Key::Home);
    for _ in 0..2 {
        press(&mut app, Key::Period);
    }
    press(&mut app, Key::M);
    press(&mut app, Key::Num2);
    press(&mut app, Key::Period);
    press(&mut app, Key::Num2);
    assert_eq!(ticks_of_notes(&app), [90 * HZ, 90 * HZ, 100 * HZ]);
    assert!(has(&app, "Phase IMAGE_VERIFICATION at 1:30.0, 10.000 s, from hand"));
    assert!(has(&app, "EDITED") && has(&app, "NOTES"));
    assert!(std::fs::read_to_string(&kept).unwrap().contains("IMAGE_VERIFICATION"));

    press_with_ctrl(&mut app, Key::Z);
    assert!(has(&app, "Phase IMAGE_VERIFICATION at 1:30.0, \u{2265} 510"));
    press_with_ctrl(&mut app, Key::Z);
    press_with_ctrl(&mut app, Key::Z);
    assert!(!has(&app, "IMAGE_VERIFICATION") && !has(&app, "EDITED"));
    for _ in 0..3 {
        press_with_ctrl(&mut app, Key::Y);
    }
    assert_eq!(ticks_of_notes(&app).len(), 3);

    // Another window on the same capture finds them; the capture has not changed by a byte.
    let again = bench.app();
    assert!(has(&again, "Phase IMAGE_VERIFICATION at 1:30.0, 10.000 s, from hand"));
    assert_eq!(std::fs::read(&bench.capture).unwrap(), raw);
}

#[test]
fn the_view_is_turned_like_pages_and_follows() {
    let mut app = Bench::upgrade().app();
    let whole = model(&app).view;
    for _ in 0..4 {
        press(&mut app, Key::Equals);
    }
    let view = model(&app).view;
    assert!(view.ticks() < whole.ticks() / 3);
    press(&mut app, Key::PageDown);
    let later = model(&app).view.first_tick() - view.first_tick();
    assert!((later - view.ticks() as i64).abs() < 10, "{later}");
    press(&mut app, Key::PageUp);
    assert_eq!(model(&app).view, view);
    press(&mut app, Key::L);
    let end = model(&app).span.expect("a recording").1;
    assert!(model(&app).tracking == Tracking::Follow && model(&app).view.contains(end));
}

#[test]
fn every_phase_has_its_key() {
    let bench = Bench::good();
    let mut app = bench.app();
    let keys = [
        (Key::Backtick, PhaseKind::Baseline),
        (Key::Num1, PhaseKind::ImageDistribution),
        (Key::Num2, PhaseKind::ImageVerification),
        (Key::Num3, PhaseKind::ActivationPending),
        (Key::Num4, PhaseKind::ActivationCommand),
        (Key::Num5, PhaseKind::MeterReboot),
        (Key::Num6, PhaseKind::MetrologyRestart),
        (Key::Num7, PhaseKind::ChBoot),
        (Key::Num8, PhaseKind::HanRejoin),
        (Key::Num9, PhaseKind::WanRegistration),
        (Key::Num0, PhaseKind::PostCheck),
    ];
    assert_eq!(keys.len(), PhaseKind::ALL.into_iter().filter(|kind| !kind.is_measured()).count());
    for (key, kind) in keys {
        press(&mut app, Key::Home);
        press(&mut app, key);
        press(&mut app, Key::Period);
        press(&mut app, key);
        assert!(app.state().shows_phase(kind.name()), "{}", kind.name());
        let notes: Vec<&str> = model(&app).history.now().notes.iter().map(|n| n.text.as_str()).collect();
        assert_eq!(notes.iter().filter(|n| **n == kind.name()).count(), 2, "{notes:?}");
    }
}

#[test]
fn evidence_with_edits_has_the_same_bytes_as_the_command_lines() {
    let bench = Bench::good();
    let mut app = bench.app();
    press(&mut app, Key::Home);
    press(&mut app, Key::Num9);
    press(&mut app, Key::Period);
    press(&mut app, Key::Num9);
    press(&mut app, Key::E);
    click(&mut app, "Write evidence");
    until(&mut app, |a| !a.model().exporting);
    let notice = model(&app).notice.clone().expect("a notice");
    assert!(!notice.is_error, "{}", notice.text);

    // What `ichiscope evidence CAPTURE --edits FILE` calls.
    let edits = Some(bench.capture.with_file_name("run.mcap.edits.json"));
    let context = Context::read(&Paths { edits, ..Paths::default() }).unwrap();
    let theirs = bench.folder.path().join("theirs");
    let written = ichiscope_evidence::write(&theirs, &bench.capture, &context).unwrap();
    let ours = bench.folder.path().join("evidence");
    assert!(written.files.iter().any(|f| f.ends_with("edits.json")));
    for file in &written.files {
        let name = file.file_name().unwrap();
        assert_eq!(std::fs::read(ours.join(name)).unwrap(), std::fs::read(file).unwrap(), "{name:?}");
    }
    let phases = std::fs::read_to_string(ours.join("phases.csv")).unwrap();
    assert!(phases.contains("WAN_REGISTRATION,hand"), "{phases}");
}

#[test]
fn settings_are_checked_applied_and_undone() {
    let mut app = Bench::good().app();
    press(&mut app, Key::D);
    assert!(matches!(model(&app).dialog, Some(Dialog::Settings(_))));
    let field = "rail1 falls below, V";
    app.get_by_label(field).focus();
    app.run_steps(2);
    app.get_by_label(field).type_text("99");
    app.run_steps(3);
    click(&mut app, "Apply");
    assert!(has(&app, "no voltage from 0.001 to 20 V"), "a bad voltage keeps the form");
    click(&mut app, "Cancel");
    press(&mut app, Key::D);
    app.get_by_label("Meter: make, model, variant").focus();
    app.run_steps(2);
    app.get_by_label("Meter: make, model, variant").type_text("Bench meter 3");
    app.run_steps(3);
    click(&mut app, "gas meter (GSME)");
    click(&mut app, "Apply");
    assert_eq!(model(&app).dialog, None);
    let edits = model(&app).history.now();
    assert_eq!((edits.meter.as_deref(), edits.device_type.as_deref()), (Some("Bench meter 3"), Some("gsme")));
    press_with_ctrl(&mut app, Key::Z);
    assert!(model(&app).history.now().is_empty());
}

#[test]
fn a_picture_is_drawn_from_the_data() {
    let bench = Bench::upgrade();
    let mut app = bench.app();
    let path = bench.folder.path().join("view.svg");
    press(&mut app, Key::I);
    app.get_by_label("New file, *.png or *.svg").type_text("x");
    app.run_steps(3);
    press(&mut app, Key::Enter);
    assert!(matches!(model(&app).dialog, Some(Dialog::Picture { .. })), "an unknown ending keeps the dialog");
    let Some(Dialog::Picture { path: typed }) = model(&app).dialog.clone() else { panic!("no dialog") };
    for _ in typed.chars() {
        app.key_press(Key::Backspace);
    }
    app.run_steps(3);
    app.get_by_label("New file, *.png or *.svg").type_text(&path.display().to_string());
    app.run_steps(3);
    press(&mut app, Key::Enter);
    until(&mut app, |a| !a.model().exporting);
    let svg = std::fs::read_to_string(&path).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("<style>") && svg.contains("197.25"), "{}", &svg[..200]);
}

#[test]
fn captures_are_compared_stacked_and_as_multiples() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bench) in [("a.mcap", Bench::good()), ("b.mcap", Bench::upgrade()), ("c.mcap", Bench::lossy())]
    {
        std::fs::copy(&bench.capture, folder.path().join(name)).unwrap();
    }
    let mut app = window(None);
    press(&mut app, Key::K);
    let field = "Folder of captures, or files apart by ;";
    app.get_by_label(field).type_text(&folder.path().display().to_string());
    app.run_steps(3);
    press(&mut app, Key::Enter);
    until(&mut app, ScopeApp::has_compared);
    for text in [
        "3 captures, worst: FAIL",
        "Open a.mcap, PASS",
        "Open b.mcap, FAIL",
        "Open c.mcap, INCONCLUSIVE",
        "OUTAGE of b.mcap: 197.250 s +104.750 s",
        "CH_BOOT of b.mcap: 40.000 s +0.000 s",
    ] {
        assert!(has(&app, text), "not on the screen: {text}");
    }
    let view = |app: &App| model(app).compare.expect("a comparison").view;
    let whole = view(&app);
    press(&mut app, Key::Plus);
    assert!(view(&app).ticks() < whole.ticks());
    press(&mut app, Key::F);
    assert_eq!(view(&app), whole);
    click(&mut app, "start");
    assert_ne!(view(&app), whole, "aligned on another event");
    click(&mut app, "CH_BOOT of b.mcap: 40.000 s +0.000 s");
    assert!(has(&app, "OUTAGE of a.mcap: 92.500 s -104.750 s"), "the other way round");

    click(&mut app, "Small multiples");
    let of = |app: &App, name: &str| app.get_by_label_contains(name).rect();
    let (worst, best) = (of(&app, "Open b.mcap, FAIL, 197.250 s"), of(&app, "Open a.mcap, PASS, 92.500 s"));
    assert!((worst.top(), worst.left()) < (best.top(), best.left()), "worst first");
    click(&mut app, "Open c.mcap, INCONCLUSIVE, 20.000 s");
    until(&mut app, |a| a.model().span.is_some() && a.is_settled());
    assert!(
        model(&app).compare.is_none() && model(&app).capture.as_ref().is_some_and(|c| c.ends_with("c.mcap"))
    );
}

#[test]
fn voltage_and_console_have_their_lanes_and_the_console_scrolls_with_the_playhead() {
    let mut app = Bench::sensed().app();
    assert!(has(&app, "RAIL (volts, scale assumed)") && has(&app, "CONSOLE (2 lines)"));
    assert!(has(&app, "nothing lost"), "the tape is whole");
    let meshes =
        |app: &App| app.output().shapes.iter().filter(|s| matches!(s.shape, egui::Shape::Mesh(_))).count();
    let drawn = meshes(&app);
    assert_eq!(drawn, meshes(&Bench::good().app()) + 2, "envelope and samples");
    click(&mut app, "Console at 0:10.000: image ok, activating");
    assert_eq!(model(&app).playback.head(), Some(10 * HZ));
    press(&mut app, Key::C);
    assert!(!model(&app).console && !has(&app, "Console at"));
}

#[test]
fn a_folder_without_captures_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = window(None);
    press(&mut app, Key::K);
    app.get_by_label("Folder of captures, or files apart by ;")
        .type_text(&folder.path().display().to_string());
    app.run_steps(3);
    press(&mut app, Key::Enter);
    let notice = model(&app).notice.clone().expect("a notice");
    assert!(notice.is_error && notice.text.contains("holds no capture"), "{}", notice.text);
}

#[test]
fn an_outage_that_runs_is_counted_down_and_raises_the_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.mcap");
    let remembered = folder.path().join("scope.json");
    std::fs::write(&remembered, "{\"alarm_s\": 179}").unwrap();
    let mut script = scenario::demo().script;
    // Half a second in, the rail goes off for good.
    script.changes = vec![(u64::from(script.config.tick_hz) / 2, ichiscope_wire::LineSet::EMPTY)];
    let source = Source::Twin { script, pace: Pace::RealTime };
    let session = Session::record(source, &path, Facts::new("scope test", 0, Default::default())).unwrap();
    let app = ScopeApp::watching(session, &path).with_memory(remembered);
    let mut app = Harness::builder()
        .with_size([1280.0, 800.0])
        .build_ui_state(|ui, app: &mut ScopeApp| app.show(ui), app);
    until(&mut app, |a| a.model().live && a.model().span.is_some());
    press(&mut app, Key::W);
    until(&mut app, |a| matches!(a.model().armed, Armed::Activated(_)));
    assert!(has(&app, "RAIL OFF for"));
    let Armed::Activated(tick) = model(&app).armed else { panic!("not activated") };
    assert_eq!(model(&app).cursors[0], Some(tick), "cursor A is at the activation");
    // One second on, less than 179 s are left.
    let hz = model(&app).tick_hz.expect("a tick rate");
    until(&mut app, |a| a.model().span.is_some_and(|s| s.1 > tick + hz + hz / 4));
    assert!(has(&app, "ALARM  RAIL OFF for") && has(&app, "only 17"));
    // The verdict so far is none: the end was not seen.
    assert!(has(&app, "INCONCLUSIVE") && has(&app, "so far"));
    // Names are changed while it runs.
    press(&mut app, Key::D);
    app.get_by_label("Name of the run").focus();
    app.run_steps(2);
    app.get_by_label("Name of the run").type_text("cycle 7");
    app.run_steps(3);
    click(&mut app, "Apply");
    assert_eq!(model(&app).history.now().name.as_deref(), Some("cycle 7"));
    assert!(model(&app).live);
}

#[test]
fn everything_that_can_be_used_has_a_name_for_screen_readers() {
    let bench = Bench::sensed();
    for keys in [
        &[][..],
        &[Key::Home],
        &[Key::D],
        &[Key::O],
        &[Key::R],
        &[Key::E],
        &[Key::I],
        &[Key::G],
        &[Key::K],
        &[Key::F1],
    ] {
        let mut app = bench.app();
        keys.iter().for_each(|key| press(&mut app, *key));
        let nameless: Vec<String> = app
            .query_all(By::new().predicate(|node| {
                let is_control = matches!(
                    node.role(),
                    Role::Button
                        | Role::CheckBox
                        | Role::RadioButton
                        | Role::ComboBox
                        | Role::TextInput
                        | Role::Slider
                        | Role::Row
                );
                is_control && node.label().is_none_or(|l| l.trim().is_empty())
            }))
            .map(|node| format!("{:?} {:?}", node.accesskit_node().role(), node.rect()))
            .collect();
        assert_eq!(nameless, [""; 0], "after {keys:?}");
    }
}

/// A recording of the twin that runs, with its folder.
fn live() -> (tempfile::TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let mut app = window(None);
    press(&mut app, Key::R);
    let path = folder.path().join("live.mcap");
    app.get_by_label("New capture file").type_text(&path.display().to_string());
    app.run_steps(2);
    click(&mut app, "twin");
    click(&mut app, "Start recording");
    until(&mut app, |a| a.model().live && a.model().span.is_some() && a.model().tick_hz.is_some());
    (folder, app)
}

#[test]
fn a_running_recording_takes_marks_and_phases_and_is_not_left_unasked() {
    let (_folder, mut app) = live();
    press(&mut app, Key::M);
    press(&mut app, Key::Num8);
    until(&mut app, |a| a.shows_phase("HAN_REJOIN"));
    assert!(has(&app, "NO FAIL") && !has(&app, "PASS"), "nothing good is said before the end");
    assert!(has(&app, "NOTES"), "the mark has its lane");
    press(&mut app, Key::Num8);
    press(&mut app, Key::W);
    assert!(matches!(model(&app).armed, Armed::Waiting(_)) && has(&app, "ARMED"));
    press(&mut app, Key::W);
    assert_eq!(model(&app).armed, Armed::Off);

    press(&mut app, Key::R);
    assert_eq!(model(&app).dialog, Some(Dialog::Leave(Then::Look)));
    click(&mut app, "Cancel");
    assert!(model(&app).live);
    press(&mut app, Key::R);
    click(&mut app, "End the recording");
    until(&mut app, |a| !a.model().live && a.is_settled());
    assert!(has(&app, "Phase HAN_REJOIN"));
}

#[test]
fn recent_captures_theme_and_layout_are_remembered() {
    let bench = Bench::good();
    let file = bench.folder.path().join("config").join("scope.json");
    let open = |capture| {
        let app = ScopeApp::new(capture).with_memory(file.clone());
        let mut app = Harness::builder()
            .with_size([1280.0, 800.0])
            .build_ui_state(|ui, app: &mut ScopeApp| app.show(ui), app);
        app.run_steps(3);
        app
    };
    let mut first = open(Some(bench.capture.as_path()));
    until(&mut first, ScopeApp::is_settled);
    press(&mut first, Key::T);
    press(&mut first, Key::S);
    assert!(file.exists());

    let mut second = open(None);
    assert!(!model(&second).dark && !model(&second).snap);
    click(&mut second, &bench.capture.display().to_string());
    until(&mut second, |a| a.model().span.is_some() && a.is_settled());
    assert_eq!(model(&second).capture.as_deref(), Some(bench.capture.as_path()));
}

#[test]
fn a_capture_that_was_opened_before_is_shown_whole_at_once_and_nothing_is_concluded_from_a_part() {
    // Long enough that it is not read within one frame.
    let bench = Bench::with(false, |tape| {
        tape.outage(100 * HZ, 120 * HZ);
        for i in 0..1_000_000 {
            tape.edge(130 * HZ + i * 1_000, &[ichiscope_wire::Line::Pps], i % 2 == 0);
        }
        tape.run_to(1_200 * HZ);
    });
    let mut first = bench.app();
    let whole = model(&first).span;
    let index = bench.capture.with_file_name("run.mcap.ichi-index");
    until(&mut first, |_| index.exists());
    // On a fast machine it may be read between two frames; then it is opened again.
    let looked = (0..20).any(|_| reads_without_a_conclusion(&bench, whole.expect("a span")));
    assert!(looked, "read too fast to be seen: make it longer");
}

/// Opens the capture and reads it; whether a frame was drawn while it was being read.
fn reads_without_a_conclusion(bench: &Bench, whole: (u64, u64)) -> bool {
    let mut app = window(Some(&bench.capture));
    let mut looked = false;
    while !app.state().is_settled() {
        if app.state().has_first_look() && has(&app, "READING") {
            looked = true;
            let (first, last) = model(&app).span.unwrap();
            assert!(first == whole.0 && last >= whole.1, "the whole of it: {first}..{last} of {whole:?}");
            assert!(!has(&app, "PASS"));
        }
        app.step();
    }
    app.run_steps(3);
    assert_eq!(model(&app).span, Some(whole));
    looked
}
