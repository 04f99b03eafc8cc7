//! The real program in a real window (Xvfb): it opens the demonstration's capture, answers keys, and looks like the
//! picture in the README. `ICHISCOPE_UPDATE_PICTURES=1` writes that picture anew; look at it before committing it.
#![cfg(all(target_os = "linux", feature = "app"))]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

#[path = "window/drag.rs"]
mod drag;
#[path = "window/picture.rs"]
mod picture;
#[path = "window/screen.rs"]
mod screen;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ichiscope_capture::{Item, Read, Reader, Writer};
use picture::{difference, looks_like, looks_like_at};
use screen::{LARGE, PATIENCE, Running, SMALL, Screen};

/// Pixels whose red, green and blue lie in these ranges.
fn count(pixels: &[u8], ranges: [std::ops::Range<u8>; 3]) -> usize {
    let inside = |p: &&[u8]| p.iter().zip(&ranges).all(|(value, range)| range.contains(value));
    pixels.chunks_exact(3).filter(inside).count()
}

/// The vermilion of a FAIL: the verdict's box and the outage's bar.
fn shows_fail(pixels: &[u8]) -> bool {
    count(pixels, [225..255, 90..140, 10..70]) > 20_000
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_ichiscope");

/// A folder with the demonstration's capture, `demo.mcap`.
fn demonstration() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let demo = Command::new(PROGRAM).args(["demo", "--no-app", "--out"]).arg(folder.path()).output().unwrap();
    assert!(demo.status.success());
    folder
}

/// The program's window on a screen, with the keyboard.
fn start(screen: &Screen, folder: &Path, args: &[&str]) -> Running {
    start_with(screen, folder, args, &[])
}

fn start_with(screen: &Screen, folder: &Path, args: &[&str], env: &[(&str, &str)]) -> Running {
    let window = screen
        .command(PROGRAM)
        .envs(env.iter().copied())
        .args(args)
        .current_dir(folder)
        .env("HOME", folder.join("home"))
        .env_remove("XDG_CONFIG_HOME")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let window = Running(window);
    screen.settled("anything", |pixels| pixels.iter().any(|p| *p > 100));
    // Without a window manager nobody gives the window the keyboard; the pointer must not stand over the timeline.
    screen.xdotool(&["search", "--onlyvisible", "--name", "ichiscope", "windowfocus", "--sync"]);
    let beside = (screen.size.width - 10).to_string();
    screen.xdotool(&["mousemove", &beside, &(60 * screen.size.shrink).to_string()]);
    window
}

/// The white ground of the light colours.
fn white(pixels: &[u8]) -> usize {
    pixels.chunks_exact(3).filter(|p| p.iter().all(|value| *value >= 250)).count()
}

/// A capture in which a hundredth of the bytes of another one is missing.
fn lose(from: &Path, to: &Path) {
    let mut reader = Reader::open(from).unwrap();
    let mut writer = Writer::create(to, &reader.facts().clone()).unwrap();
    let items: Vec<Item> = reader
        .items()
        .map(|read| match read {
            Read::Item(item) => item,
            Read::Damage { what, .. } => panic!("{what}"),
        })
        .collect();
    let length = |item: &Item| if let Item::Bytes { bytes, .. } = item { bytes.len() } else { 0 };
    let all: usize = items.iter().map(length).sum();
    let mut done = 0;
    for item in items {
        done += length(&item);
        match item {
            Item::Bytes { host_ns, bytes } if !(all * 50 / 100..all * 54 / 100).contains(&done) => {
                writer.bytes(host_ns, &bytes).unwrap();
            }
            _ => {}
        }
    }
    writer.finish().unwrap();
}

/// Pixels in the red of something lost, and of the badge RECORDING.
fn red(pixels: &[u8]) -> usize {
    pixels.chunks_exact(3).filter(|p| p[0] >= 250 && p[1].abs_diff(48) < 6 && p[2].abs_diff(64) < 6).count()
}

/// Something was lost, and it is red.
fn shows_loss(pixels: &[u8]) -> bool {
    red(pixels) > 1_000
}

#[test]
fn the_program_shows_the_demonstration() {
    let folder = demonstration();
    let screen = Screen::new();
    let mut window = start(&screen, folder.path(), &["replay", "demo.mcap"]);
    let shown = screen.settled("the verdict FAIL", shows_fail);
    looks_like("demo.png", &shown);

    // Zooming in with the keyboard changes the picture; fitting everything brings it back.
    screen.xdotool(&["key", "plus"]);
    let zoomed = screen.settled("a zoomed view", |pixels| difference(pixels, &shown) > 0.01);
    screen.xdotool(&["key", "f"]);
    screen.settled("the whole recording", |pixels| difference(pixels, &shown) < 0.001);
    assert!(difference(&zoomed, &shown) > 0.01);

    // The playhead at the end of the hub's boot, in light colours.
    let keys = ["t", "End", "comma"];
    screen.xdotool(&[&["key", "--delay", "120"], keys.as_slice()].concat());
    let light = screen.settled("light colours", |pixels| white(pixels) > 100_000);
    looks_like("light.png", &light);
    screen.xdotool(&["key", "F1"]);
    let help = screen.settled("the help sheet", |pixels| difference(pixels, &light) > 0.2);
    looks_like("help.png", &help);
    assert!(window.0.try_wait().unwrap().is_none(), "the program is still there");
}

/// With the meter's profile and a head-end's log beside the capture: events, and phases that several sources tell.
#[test]
fn the_program_shows_what_others_told() {
    let folder = demonstration();
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../captures/beside");
    for name in ["demo-meter.toml", "demo-head-end.csv"] {
        std::fs::copy(beside.join(name), folder.path().join(name)).unwrap();
    }
    let named = r#"{"version": 1, "profile": "demo-meter.toml", "phases": "demo-head-end.csv"}"#;
    std::fs::write(folder.path().join("demo.mcap.beside.json"), named).unwrap();
    let screen = Screen::new();
    let _window = start(&screen, folder.path(), &["replay", "demo.mcap"]);
    looks_like("told.png", &screen.settled("the verdict FAIL", shows_fail));
}

#[test]
fn the_program_shows_what_to_do_first() {
    let folder = tempfile::tempdir().unwrap();
    let screen = Screen::new();
    let _window = start(&screen, folder.path(), &[]);
    let shown =
        screen.settled("the first screen", |pixels| count(pixels, [200..255, 200..255, 200..255]) > 1_000);
    looks_like("empty.png", &shown);
    screen.xdotool(&["key", "t"]);
    let light = screen.settled("light colours", |pixels| {
        difference(pixels, &shown) > 0.9 && count(pixels, [0..60, 0..60, 0..60]) > 1_000
    });
    looks_like("empty-light.png", &light);
}

/// At the first start the window fills the screen, and everything grows with it.
#[test]
fn the_program_fills_a_large_screen() {
    let folder = demonstration();
    let screen = Screen::of(LARGE);
    let _window = start(&screen, folder.path(), &["replay", "demo.mcap"]);
    let shown = screen.settled("the verdict FAIL", shows_fail);
    looks_like_at("large.png", LARGE, &shown);
}

/// By the protocol that file managers speak: a capture is opened, a log belongs to it.
#[test]
fn files_are_dropped_on_the_window() {
    let folder = demonstration();
    let log = folder.path().join("head-end.csv");
    std::fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../captures/beside/demo-head-end.csv"),
        &log,
    )
    .unwrap();
    let screen = Screen::new();
    let _window = start(&screen, folder.path(), &[]);
    drag::drop_file(&screen, &folder.path().join("demo.mcap"), (300, 300));
    screen.settled("the capture that was dropped", shows_fail);
    drag::drop_file(&screen, &log, (300, 300));
    let named = || std::fs::read_to_string(folder.path().join("demo.mcap.beside.json")).unwrap_or_default();
    wait_for("the log does not belong to the capture", || named().contains("head-end.csv"));
}

/// Bright pixels of a part of the window's first size: letters in a field; its cursor has some forty.
fn bright_in(pixels: &[u8], columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> usize {
    let places = rows.flat_map(|y| columns.clone().map(move |x| (y * 1280 + x) * 3));
    places.filter(|at| pixels[*at] > 150).count()
}

/// The dialog of a desktop without a portal is the program zenity; here one stands in for it that writes down what it was asked for and
/// chooses once it may.
#[test]
fn a_capture_is_chosen_in_the_file_dialog() {
    let folder = demonstration();
    let screen = Screen::new();
    let chosen = folder.path().join("demo.mcap");
    let wait =
        "cd \"$(dirname \"$0\")\"\necho \"$@\" >> asked\nuntil [ -e may-choose ]; do sleep 0.1; done\n";
    let script = format!("{wait}echo '{}'\n", chosen.display());
    let (bin, path) = stand_in(folder.path(), "zenity", &script);
    let env = [("PATH", path.as_str()), ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")];
    let _window = start_with(&screen, folder.path(), &[], &env);
    let asked = || std::fs::read_to_string(bin.join("asked")).unwrap_or_default();
    let empty =
        screen.settled("the first screen", |pixels| count(pixels, [200..255, 200..255, 200..255]) > 1_000);
    screen.xdotool(&["key", "o"]);
    let dialog = screen.seen("a dialog", |pixels| difference(pixels, &empty) > 0.002);
    // From the path over two buttons to Browse.
    screen.xdotool(&["key", "--delay", "120", "Tab", "Tab", "Tab"]);
    let focused = screen.settled("the focus", |pixels| difference(pixels, &dialog) > 0.0001);
    screen.xdotool(&["key", "space"]);
    wait_for("no file dialog was asked for", || !asked().is_empty());
    // While it is open its button can't be pressed, so the path has the focus, and a cursor that blinks.
    screen.seen("the dialog waits", |pixels| difference(pixels, &focused) > 0.0001);
    std::fs::write(bin.join("may-choose"), "").unwrap();
    screen.seen("the chosen path", |pixels| bright_in(pixels, 345..940, 397..418) > 100);
    screen.xdotool(&["key", "Return"]);
    let opened = screen.settled("the capture that was chosen", shows_fail);
    assert_eq!(asked().trim(), "--no-markup --file-selection --file-filter captures | *.mcap");
    // A folder for the evidence, a new file for a picture.
    for (key, wanted) in [("e", "--directory"), ("i", "--save")] {
        let before = asked().lines().count();
        screen.xdotool(&["key", key]);
        screen.seen("a dialog", |pixels| difference(pixels, &opened) > 0.002);
        screen.xdotool(&["key", "--delay", "120", "Tab", "Tab", "Tab", "space"]);
        wait_for("no file dialog was asked for", || asked().lines().count() > before);
        assert!(asked().lines().last().unwrap().contains(wanted), "{key}: {}", asked());
        screen.settled("the dialog closed", |pixels| {
            screen.xdotool(&["key", "Escape"]);
            difference(pixels, &opened) < 0.001
        });
    }
    assert!(asked().lines().last().unwrap().contains("--filename picture.png"), "{}", asked());
}

#[test]
fn the_program_shows_a_loss_and_compares() {
    let folder = demonstration();
    lose(&folder.path().join("demo.mcap"), &folder.path().join("damaged.mcap"));
    let screen = Screen::new();
    let _window = start(&screen, folder.path(), &["replay", "damaged.mcap"]);
    let shown = screen.settled("the red of a loss", shows_loss);
    looks_like("loss.png", &shown);
    screen.xdotool(&["key", "t"]);
    let light = screen.settled("light colours", |pixels| white(pixels) > 100_000);
    looks_like("loss-light.png", &light);
    screen.xdotool(&["key", "t"]);
    screen.settled("dark colours", |pixels| difference(pixels, &shown) < 0.001);

    screen.xdotool(&["key", "k"]);
    screen.seen("a dialog", |pixels| difference(pixels, &shown) > 0.05);
    // An empty path means nothing; the folder in view is offered only for an absolute path.
    screen.xdotool(&["key", "ctrl+a"]);
    screen.xdotool(&["type", "--delay", "20", &folder.path().display().to_string()]);
    screen.xdotool(&["key", "Return"]);
    let compared =
        screen.settled("both captures", |pixels| difference(pixels, &shown) > 0.1 && red(pixels) > 150);
    looks_like("compare.png", &compared);
}

#[test]
fn the_program_records_live() {
    let folder = tempfile::tempdir().unwrap();
    // As if the twin had been recorded from before.
    let remembered = folder.path().join("home/.config/ichiscope");
    std::fs::create_dir_all(&remembered).unwrap();
    std::fs::write(remembered.join("scope.json"), r#"{"serial": "twin"}"#).unwrap();
    let screen = Screen::new();
    // In place of logind's: it writes down what it was asked for and who it is, and runs the command that it was given.
    let script = "echo \"$@\" by $$ > \"$(dirname \"$0\")/held\"\n\
                  while [ \"${1#--}\" != \"$1\" ]; do shift; done\n\"$@\"\n";
    let (bin, path) = stand_in(folder.path(), "systemd-inhibit", script);
    let _window = start_with(&screen, folder.path(), &[], &[("PATH", &path)]);
    let empty =
        screen.settled("the first screen", |pixels| count(pixels, [200..255, 200..255, 200..255]) > 1_000);
    screen.xdotool(&["key", "r"]);
    screen.seen("a dialog", |pixels| difference(pixels, &empty) > 0.02);
    screen.xdotool(&["type", "--delay", "20", &folder.path().join("live.mcap").display().to_string()]);
    screen.xdotool(&["key", "Return"]);
    let grows = || std::fs::metadata(folder.path().join("live.mcap")).map_or(0, |m| m.len());
    wait_for("the recording does not grow", || grows() >= 10_000);
    // Sleep is held off as long as it records.
    let held = || std::fs::read_to_string(bin.join("held")).unwrap_or_default();
    let by = || Some(held().trim().rsplit_once(" by ")?.1.to_owned());
    wait_for("sleep is not held off", || by().is_some());
    assert!(held().contains("--what=sleep:idle --who=ichiscope"), "{}", held());
    let holder = Path::new("/proc").join(by().unwrap());
    assert!(holder.exists(), "nobody holds it");
    // A mark, a phase, then the end, which is asked about.
    screen.xdotool(&["key", "--delay", "200", "m", "7", "r", "Return"]);
    screen.settled("the end of the recording", |pixels| !shows_badge(pixels));
    wait_for("sleep is held off after the recording", || !holder.exists());
    let analysed = Command::new(PROGRAM)
        .args(["analyse", "--json"])
        .arg(folder.path().join("live.mcap"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&analysed.stdout);
    assert!(text.contains("CH_BOOT") && text.contains("hand"), "{text}");
}

fn wait_for(otherwise: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{otherwise}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A folder with a program that stands in for another one, and the PATH on which it is found first.
fn stand_in(folder: &Path, name: &str, script: &str) -> (PathBuf, String) {
    use std::os::unix::fs::PermissionsExt;
    let bin = folder.join("bin");
    std::fs::create_dir(&bin).unwrap();
    let program = bin.join(name);
    std::fs::write(&program, format!("#!/bin/sh\n{script}")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    (bin, path)
}

/// The red badge RECORDING at the top left.
fn shows_badge(pixels: &[u8]) -> bool {
    red(&pixels[..SMALL.width * 64 * 3]) > 500
}
