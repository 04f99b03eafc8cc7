//! The real program in a real window (Xvfb): it opens the demonstration's capture, answers keys, and looks like the
//! picture in the README. `ICHISCOPE_UPDATE_PICTURES=1` writes that picture anew; look at it before committing it.
#![cfg(all(target_os = "linux", feature = "app"))]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ichiscope_capture::{Item, Read, Reader, Writer};

/// A notebook's screen.
const SMALL: Size = Size { width: 1280, height: 800, shrink: 1 };
/// A projector's; its pictures are kept at half the size.
const LARGE: Size = Size { width: 3840, height: 2160, shrink: 2 };
/// Pictures in a row that must be the same.
const STILL: usize = 4;
const PATIENCE: Duration = Duration::from_secs(60);

/// A screen's size, and how much smaller its pictures are kept.
#[derive(Clone, Copy)]
struct Size {
    width: usize,
    height: usize,
    shrink: usize,
}

impl Size {
    /// `1280x800`, of a picture.
    fn text(self) -> String {
        format!("{}x{}", self.width / self.shrink, self.height / self.shrink)
    }

    /// The mean of each square of pixels that becomes one.
    fn shrunk(self, pixels: Vec<u8>) -> Vec<u8> {
        let Size { width, height, shrink } = self;
        if shrink == 1 {
            return pixels;
        }
        let squares = (0..height / shrink).flat_map(|y| (0..width / shrink).map(move |x| (x, y)));
        let mean = |x: usize, y: usize, channel: usize| {
            let parts = (0..shrink * shrink).map(|i| (x * shrink + i % shrink, y * shrink + i / shrink));
            let sum: usize = parts.map(|(x, y)| usize::from(pixels[(y * width + x) * 3 + channel])).sum();
            (sum / (shrink * shrink)) as u8
        };
        squares.flat_map(|(x, y)| [0, 1, 2].map(|channel| mean(x, y, channel))).collect()
    }

    /// Bytes of a picture.
    const fn bytes(self) -> usize {
        self.width / self.shrink * (self.height / self.shrink) * 3
    }
}

/// A child that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A display of its own, whatever others run on this machine.
struct Screen {
    _server: Running,
    display: String,
    size: Size,
}

impl Screen {
    fn new() -> Screen {
        Screen::of(SMALL)
    }

    fn of(size: Size) -> Screen {
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-nolisten",
                "tcp",
                "-screen",
                "0",
                &format!("{}x{}x24", size.width, size.height),
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb runs (Debian package xvfb)");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb found no display");
        Screen { _server: Running(server), display: format!(":{}", number.trim()), size }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY");
        command
    }

    fn xdotool(&self, args: &[&str]) {
        let status =
            self.command("xdotool").args(args).status().expect("xdotool runs (Debian package xdotool)");
        assert!(status.success(), "xdotool {args:?}");
    }

    /// All pixels, three bytes each.
    fn pixels(&self) -> Vec<u8> {
        let args = ["-window", "root", "-depth", "8", "rgb:-"];
        let out =
            self.command("import").args(args).output().expect("import runs (Debian package imagemagick)");
        let all = self.size.width * self.size.height * 3;
        assert_eq!(out.stdout.len(), all, "{}", String::from_utf8_lossy(&out.stderr));
        self.size.shrunk(out.stdout)
    }

    /// The pixels once they show something that `is_wanted`, whether they stand still or not: where a text is typed, a cursor
    /// blinks.
    fn seen(&self, what: &str, is_wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let now = self.pixels();
            if is_wanted(&now) {
                return now;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{what} is not on the screen after {PATIENCE:?}");
    }

    /// The pixels once they show something that `is_wanted` and stand still.
    fn settled(&self, what: &str, is_wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let begun = Instant::now();
        let mut last = Vec::new();
        let mut still = 0;
        while begun.elapsed() < PATIENCE {
            let now = self.pixels();
            still = if now == last { still + 1 } else { 0 };
            if still >= STILL && is_wanted(&now) {
                return now;
            }
            last = now;
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("{what} is not on the screen after {PATIENCE:?}");
    }
}

/// Pixels whose red, green and blue lie in these ranges.
fn count(pixels: &[u8], ranges: [std::ops::Range<u8>; 3]) -> usize {
    let inside = |p: &&[u8]| p.iter().zip(&ranges).all(|(value, range)| range.contains(value));
    pixels.chunks_exact(3).filter(inside).count()
}

/// The vermilion of a FAIL: the verdict's box and the outage's bar.
fn shows_fail(pixels: &[u8]) -> bool {
    count(pixels, [225..255, 90..140, 10..70]) > 20_000
}

/// The share of pixels that differ by more than a shade.
fn difference(a: &[u8], b: &[u8]) -> f64 {
    let differ = a.chunks_exact(3).zip(b.chunks_exact(3));
    let count = differ.filter(|(a, b)| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > 24)).count();
    count as f64 / (a.len() / 3) as f64
}

fn picture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images").join(name)
}

fn read_picture(name: &str, size: Size) -> Vec<u8> {
    let out = Command::new("convert")
        .arg(picture(name))
        .args(["-depth", "8", "rgb:-"])
        .output()
        .expect("convert runs");
    assert_eq!(out.stdout.len(), size.bytes(), "docs/images/{name} is no picture of the right size");
    out.stdout
}

fn write_picture(name: &str, size: Size, pixels: &[u8]) {
    let size = size.text();
    let mut convert = Command::new("convert")
        .args(["-size", &size, "-depth", "8", "rgb:-", "-strip", "-define", "png:compression-level=9"])
        .arg(picture(name))
        .stdin(Stdio::piped())
        .spawn()
        .expect("convert runs");
    std::io::Write::write_all(&mut convert.stdin.take().unwrap(), pixels).unwrap();
    assert!(convert.wait().unwrap().success());
}

/// What is on the screen looks like the committed picture; with `ICHISCOPE_UPDATE_PICTURES` it becomes that picture.
fn looks_like(name: &str, shown: &[u8]) {
    looks_like_at(name, SMALL, shown);
}

fn looks_like_at(name: &str, size: Size, shown: &[u8]) {
    if std::env::var_os("ICHISCOPE_UPDATE_PICTURES").is_some() {
        write_picture(name, size, shown);
    }
    let differing = difference(shown, &read_picture(name, size));
    assert!(differing < 0.02, "{:.1} % of docs/images/{name} is out of date", differing * 100.0);
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

/// The dialog of a desktop without a portal is the program zenity; here one stands in for it that chooses at once.
#[test]
fn a_capture_is_chosen_in_the_file_dialog() {
    let folder = demonstration();
    let screen = Screen::new();
    let chosen = folder.path().join("demo.mcap");
    let script = format!("echo \"$@\" > \"$(dirname \"$0\")/asked\"\necho '{}'\n", chosen.display());
    let (bin, path) = stand_in(folder.path(), "zenity", &script);
    let env = [("PATH", path.as_str()), ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")];
    let _window = start_with(&screen, folder.path(), &[], &env);
    let empty =
        screen.settled("the first screen", |pixels| count(pixels, [200..255, 200..255, 200..255]) > 1_000);
    screen.xdotool(&["key", "o"]);
    let dialog = screen.seen("a dialog", |pixels| difference(pixels, &empty) > 0.002);
    // From the path over two buttons to Browse.
    screen.xdotool(&["key", "--delay", "120", "Tab", "Tab", "Tab"]);
    let focused = screen.settled("the focus", |pixels| difference(pixels, &dialog) > 0.0001);
    screen.xdotool(&["key", "space"]);
    wait_for("no file dialog was asked for", || bin.join("asked").exists());
    screen.settled("the chosen path", |pixels| difference(pixels, &focused) > 0.0003);
    screen.xdotool(&["key", "--delay", "120", "shift+Tab", "shift+Tab", "space"]);
    screen.settled("the capture that was chosen", shows_fail);
    let asked = std::fs::read_to_string(bin.join("asked")).unwrap();
    assert!(asked.contains("--file-selection"), "{asked}");
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
