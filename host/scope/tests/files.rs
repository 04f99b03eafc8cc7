//! Files that belong to a capture, and exports: named in a dialog or dropped on the window, used, kept, undone; cancelled.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test may fail it")]

mod bench;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bench::{Bench, HZ, painted, press, until, window};
use egui::{DroppedFile, Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable};
use ichiscope_evidence::{Context, Paths};
use ichiscope_scope::{BesideKind, Dialog, Model, ScopeApp};
use ichiscope_wire::Line;

type App = Harness<'static, ScopeApp>;

const LOG: &str = "time_s,phase,event\n5,IMAGE_VERIFICATION,begin\n8,IMAGE_VERIFICATION,end\n";
const PROFILE: &str = r#"format = "ichiscope-profile-1"
meter = "test meter"
[[phase]]
name = "ACTIVATION_PENDING"
start = 'activating'
end = 'boot'
"#;
const FRONT_END: &str = r#"format = "ichiscope-front-end-1"
name = "interposer A"
source = "a test"
[adc]
gain_uv_per_code = 4000
gain_u_ppm = 8000
offset_u_uv = 20000
"#;

fn model(app: &App) -> &Model {
    app.state().model()
}

fn has(app: &App, part: &str) -> bool {
    app.query_all_by_label_contains(part).next().is_some()
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

fn drop_on(app: &mut App, files: &[PathBuf]) {
    for file in files {
        app.input_mut().dropped_files.push(Arc::new(Dropped(file.clone())));
    }
    app.step();
    app.input_mut().dropped_files.clear();
    app.run_steps(4);
}

fn put(bench: &Bench, name: &str, text: &str) -> PathBuf {
    let path = bench.folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Every file of `theirs` is the same in `ours`.
fn are_the_same(ours: &Path, theirs: &[PathBuf]) {
    assert!(theirs.len() > 10, "{theirs:?}");
    for file in theirs {
        let name = file.file_name().unwrap();
        assert_eq!(std::fs::read(ours.join(name)).unwrap(), std::fs::read(file).unwrap(), "{name:?}");
    }
}

fn export(app: &mut App) {
    press(app, Key::E);
    press(app, Key::Enter);
    until(app, |a| !a.model().exporting);
    let notice = model(app).notice.clone().expect("a notice");
    assert!(!notice.is_error, "{}", notice.text);
}

/// Where the band of the voltage begins, and where the highest dashed threshold is, points from the top.
fn top_of_the_voltage(app: &App) -> (f32, f32) {
    let lane = app.get_by_label_contains("RAIL (volts").rect();
    let is_in = |y: f32| lane.y_range().contains(y);
    let (mut band, mut line) = (f32::INFINITY, f32::INFINITY);
    for shape in &app.output().shapes {
        match &shape.shape {
            egui::Shape::Mesh(mesh) => {
                let ys = mesh.vertices.iter().map(|v| v.pos.y).filter(|y| is_in(*y));
                band = ys.fold(band, f32::min);
            }
            egui::Shape::LineSegment { points: [a, b], .. }
                if (a.y - b.y).abs() < 0.01 && is_in(a.y) && b.x - a.x < 10.0 =>
            {
                line = line.min(a.y);
            }
            _ => {}
        }
    }
    (band, line)
}

#[test]
fn dropped_files_are_used_kept_undone_and_in_the_evidence() {
    let bench = Bench::sensed();
    let raw = std::fs::read(&bench.capture).unwrap();
    let [log, profile, front_end] =
        [("log.csv", LOG), ("meter.toml", PROFILE), ("interposer.toml", FRONT_END)]
            .map(|(name, text)| put(&bench, name, text));
    let mut app = bench.app();
    assert!(has(&app, "RAIL (volts, scale assumed)"));
    // 2500 codes are 12.0 V by the assumed scale, and 10.0 V by that of the file: above and below the line of 10.2 V.
    let (band, line) = top_of_the_voltage(&app);
    assert!(band < line, "the band begins at {band}, the line is at {line}");
    drop_on(&mut app, &[log.clone(), profile.clone(), front_end.clone()]);
    let (band, line) = top_of_the_voltage(&app);
    assert!(band > line, "the band begins at {band}, the line is at {line}");
    for text in [
        "WITH meter profile, phase log, front end",
        "Phase IMAGE_VERIFICATION at 0:05.0, 3.000 s, from log",
        "Phase ACTIVATION_PENDING at 0:10.0",
        "RAIL (volts, by the ADC)",
    ] {
        assert!(has(&app, text), "not on the screen: {text}");
    }
    export(&mut app);
    // What `ichiscope evidence CAPTURE --profile ... --phases ... --front-end ...` calls.
    let paths =
        Paths { profile: Some(profile), phases: Some(log), front_end: Some(front_end), ..Paths::default() };
    let theirs = bench.folder.path().join("theirs");
    let written =
        ichiscope_evidence::write(&theirs, &bench.capture, &Context::read(&paths).unwrap()).unwrap();
    are_the_same(&bench.folder.path().join("evidence"), &written.files);

    // They are known again at the next start, also where the whole folder was moved.
    drop(app);
    let moved = tempfile::tempdir().unwrap();
    for name in ["run.mcap", "run.mcap.beside.json", "log.csv", "meter.toml", "interposer.toml"] {
        std::fs::copy(bench.folder.path().join(name), moved.path().join(name)).unwrap();
    }
    let mut app = window(Some(&moved.path().join("run.mcap")));
    until(&mut app, ScopeApp::is_settled);
    assert!(has(&app, "Phase IMAGE_VERIFICATION at 0:05.0, 3.000 s, from log"));
    assert_eq!(std::fs::read(&bench.capture).unwrap(), raw);
}

#[test]
fn files_are_named_in_a_dialog_and_each_step_is_undone() {
    let bench = Bench::sensed();
    let log = put(&bench, "log.csv", LOG);
    let mut app = bench.app();
    press(&mut app, Key::G);
    assert!(matches!(model(&app).dialog, Some(Dialog::Beside(_))));
    app.get_by_label(BesideKind::PhaseLog.label()).focus();
    app.run_steps(2);
    app.get_by_label(BesideKind::PhaseLog.label()).type_text(&log.display().to_string());
    app.run_steps(3);
    press(&mut app, Key::Enter);
    assert!(has(&app, "from log") && has(&app, "WITH phase log"));
    let kept = bench.folder.path().join("run.mcap.beside.json");
    assert!(
        std::fs::read_to_string(&kept).unwrap().contains("\"log.csv\""),
        "relative to the capture's folder"
    );
    for (key, used) in [(Key::Z, false), (Key::Y, true), (Key::Z, false)] {
        app.key_press_modifiers(Modifiers::COMMAND, key);
        app.run_steps(4);
        assert_eq!((has(&app, "from log"), kept.exists()), (used, used), "{key:?}");
    }
}

const ALERTS: &str = "time_s,code,seconds,uncertainty_s\n4,11.3,,\n4.2,0x8F72,,\n45,AD1,,0.5\n400,0x8F36,,\n";

/// Where triangles in the colour of AD1 are drawn, and how wide the bars behind marks of that colour are.
fn ad1_marks(app: &App) -> Vec<(egui::Pos2, f32)> {
    const BAD: egui::Color32 = egui::Color32::from_rgb(242, 118, 38);
    let shapes = &app.output().shapes;
    let bars: Vec<egui::Rect> = shapes
        .iter()
        .filter_map(|s| match &s.shape {
            egui::Shape::Rect(r) if r.fill == BAD.gamma_multiply(0.45) => Some(r.rect),
            _ => None,
        })
        .collect();
    let mark = |s: &egui::epaint::ClippedShape| match &s.shape {
        egui::Shape::Path(p) if p.fill == BAD && p.points.len() == 3 => {
            let behind = bars.iter().find(|b| b.x_range().contains(p.points[0].x))?;
            Some((p.points[0], behind.width()))
        }
        _ => None,
    };
    shapes.iter().filter_map(mark).collect()
}

/// What a log tells is on the time axis at its place with how far it may be off, and nowhere else; a click goes there.
#[test]
fn events_of_a_log_are_on_the_axis_where_they_belong() {
    let bench = Bench::sensed();
    let log = put(&bench, "log.csv", ALERTS);
    let mut app = bench.app();
    assert!(!has(&app, "EVENTS"), "a lane only where there are events");
    drop_on(&mut app, &[log]);
    for text in [
        "EVENTS (3 told)",
        "Event AD1 (power outage alert) at 0:45.000 \u{00B1} 1.500 s, from log. CONTRADICTS",
        // A second is the worth of the log's last digit; 0.2 s are less than a mark is wide.
        "2 events, nearer to each other than can be shown here",
        "told: 11.3 (Activate Firmware) at 0:04.000 \u{00B1} 1.000 s, from log",
    ] {
        assert!(has(&app, text), "not on the screen: {text}");
    }
    assert!(!has(&app, "Event 0x8F36"), "it lies outside of the recording");
    let texts: Vec<String> = painted(&app).into_iter().map(|(text, _)| text).collect();
    assert!(["AD1 power outage alert", "2"].iter().all(|t| texts.iter().any(|text| text == t)), "{texts:?}");
    // By its row in the panel, and by its mark.
    let row = "told: 11.3 (Activate Firmware) at 0:04.000 \u{00B1} 1.000 s, from log";
    app.get_by_label(row).scroll_to_me();
    app.run_steps(4);
    app.get_by_label(row).click();
    app.run_steps(4);
    let (view, head) = (model(&app).view, model(&app).playback.head());
    assert!(head == Some(4 * HZ) && view.contains(4 * HZ) && view.ticks() < 25 * HZ, "{view:?} {head:?}");
    press(&mut app, Key::F);
    app.get_by_label_contains("Event AD1").click();
    app.run_steps(4);
    let (view, head) = (model(&app).view, model(&app).playback.head());
    assert!(head == Some(45 * HZ) && view.contains(45 * HZ) && view.ticks() < 40 * HZ, "{view:?} {head:?}");
    assert!(has(&app, "Event AD1") && !has(&app, "2 events"));
    // However close one looks, it stays.
    for _ in 0..60 {
        press(&mut app, Key::Plus);
        press(&mut app, Key::Plus);
        let view = model(&app).view;
        assert!(has(&app, "Event AD1"), "lost at {view:?}");
        let plot = app.get_by_label_contains("Timeline from").rect();
        let x = |tick: i64| (tick - view.first_tick()) as f64 / view.ticks() as f64 * f64::from(plot.width());
        let marks = ad1_marks(&app);
        assert_eq!(marks.len(), 1, "{marks:?} at {view:?}");
        let off = f64::from(marks[0].0.x - plot.left()) - x(45 * HZ as i64);
        assert!(off.abs() < 1.0, "drawn {off} points from its place at {view:?}");
        // A second is the worth of the last digit, half a second is what the log says of itself: 1.5 s to each side.
        let bar = x(3 * HZ as i64) - x(0);
        assert!((f64::from(marks[0].1) - bar).abs() < bar / 100.0 + 1.0 || bar > 500.0, "{marks:?} {bar}");
    }
}

#[test]
fn a_finding_outside_of_the_recording_moves_nothing() {
    let bench = Bench::sensed();
    let log = put(&bench, "log.csv", "time_s,code\n400,AD1\n");
    let mut app = bench.app();
    drop_on(&mut app, &[log]);
    let view = model(&app).view;
    app.get_by_label_contains("it lies outside of the recording").click();
    app.run_steps(4);
    assert_eq!((model(&app).view, model(&app).playback.head()), (view, None));
    assert!(!has(&app, "EVENTS") && !has(&app, "Event AD1"));
}

#[test]
fn a_file_that_cannot_be_used_is_named_and_changes_nothing() {
    let bench = Bench::sensed();
    let wrong = put(&bench, "wrong.csv", "time_s,phase,event\n5,NO_SUCH_PHASE,begin\n");
    let foreign = put(&bench, "foreign.toml", "name = 'x'\n");
    let log = put(&bench, "log.csv", LOG);
    let mut app = bench.app();
    drop_on(&mut app, &[log]);
    for file in [wrong, foreign] {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        drop_on(&mut app, &[file]);
        let notice = model(&app).notice.clone().expect("a notice");
        assert!(notice.is_error && notice.text.contains(&name), "{}", notice.text);
        assert!(has(&app, "from log") && has(&app, "WITH phase log"), "what was used before holds");
        press(&mut app, Key::Escape);
    }
    // Undoing goes to the time before the good one, not to one that was never used.
    app.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    app.run_steps(4);
    assert!(!has(&app, "from log"));
}

#[test]
fn without_a_capture_such_a_file_is_answered() {
    let bench = Bench::sensed();
    let log = put(&bench, "log.csv", LOG);
    let mut app = window(None);
    drop_on(&mut app, &[log]);
    assert!(
        model(&app).notice.as_ref().is_some_and(|n| n.is_error && n.text.contains("open the capture first"))
    );
}

#[test]
fn one_dropped_capture_is_opened_and_several_are_compared() {
    let bench = Bench::good();
    let other = bench.folder.path().join("other.mcap");
    std::fs::copy(&Bench::upgrade().capture, &other).unwrap();
    let mut app = window(None);
    drop_on(&mut app, std::slice::from_ref(&bench.capture));
    until(&mut app, |a| a.model().span.is_some() && a.is_settled());
    assert_eq!(model(&app).capture.as_deref(), Some(bench.capture.as_path()));
    drop_on(&mut app, &[bench.capture.clone(), other]);
    until(&mut app, ScopeApp::has_compared);
    assert!(has(&app, "2 captures, worst: FAIL"));
    drop_on(&mut app, &[bench.folder.path().to_owned()]);
    until(&mut app, ScopeApp::has_compared);
    assert!(has(&app, "2 captures, worst: FAIL"));
}

/// Nothing draws this window, so its pixels never come: the picture is waited for until it is cancelled.
#[test]
fn a_picture_that_is_waited_for_is_cancelled() {
    let bench = Bench::good();
    let mut app = bench.app();
    press(&mut app, Key::I);
    press(&mut app, Key::Enter);
    assert!(model(&app).exporting && has(&app, "Cancel"));
    press(&mut app, Key::I);
    assert_eq!(model(&app).dialog, None, "one after the other");
    press(&mut app, Key::Escape);
    let notice = model(&app).notice.clone().expect("a notice");
    assert!(!notice.is_error && notice.text.contains("picture.png was not written"), "{}", notice.text);
    assert!(!model(&app).exporting && !bench.folder.path().join("picture.png").exists());
}

/// However far it was: the evidence is there whole, or not at all.
#[test]
fn evidence_that_is_cancelled_is_whole_or_not_there() {
    let bench = Bench::with(false, |tape| {
        for i in 0..30_000 {
            tape.edge(HZ + i * 20_000, &[Line::AcLo], i % 2 == 0);
        }
    });
    let mut app = bench.app();
    let folder = bench.folder.path().join("evidence");
    for steps in [0, 1, 5] {
        press(&mut app, Key::E);
        app.key_press(Key::Enter);
        app.run_steps(1 + steps);
        app.key_press(Key::Escape);
        until(&mut app, |a| !a.model().exporting);
        let notice = model(&app).notice.clone().expect("a notice");
        assert!(!notice.is_error, "{}", notice.text);
        if notice.text.starts_with("Cancelled") {
            assert!(!folder.exists(), "{}", notice.text);
        } else {
            assert_eq!(ichiscope_evidence::verify(&folder, Some(&bench.capture)).unwrap(), []);
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }
}
