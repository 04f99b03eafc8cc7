//! The real program in a real window (Xvfb): it opens the demonstration's capture, answers keys, and looks like the
//! picture in the README. `ICHISCOPE_UPDATE_PICTURES=1` writes that picture anew; look at it before committing it.
#![cfg(all(target_os = "linux", feature = "app"))]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ichiscope_capture::{Item, Read, Reader, Writer};

const WIDTH: usize = 1280;
const HEIGHT: usize = 800;
/// Pictures in a row that must be the same.
const STILL: usize = 4;
const PATIENCE: Duration = Duration::from_secs(60);

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
}

impl Screen {
    fn new() -> Screen {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{WIDTH}x{HEIGHT}x24")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb runs (Debian package xvfb)");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb found no display");
        Screen { _server: Running(server), display: format!(":{}", number.trim()) }
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
        assert_eq!(out.stdout.len(), WIDTH * HEIGHT * 3, "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
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

fn read_picture(name: &str) -> Vec<u8> {
    let out = Command::new("convert")
        .arg(picture(name))
        .args(["-depth", "8", "rgb:-"])
        .output()
        .expect("convert runs");
    assert_eq!(out.stdout.len(), WIDTH * HEIGHT * 3, "docs/images/{name} is no picture of the right size");
    out.stdout
}

fn write_picture(name: &str, pixels: &[u8]) {
    let size = format!("{WIDTH}x{HEIGHT}");
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
    if std::env::var_os("ICHISCOPE_UPDATE_PICTURES").is_some() {
        write_picture(name, shown);
    }
    let differing = difference(shown, &read_picture(name));
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
    let window = screen
        .command(PROGRAM)
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
    screen.xdotool(&["mousemove", "1270", "60"]);
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
}

#[test]
fn the_program_shows_a_loss_and_compares() {
    let folder = demonstration();
    lose(&folder.path().join("demo.mcap"), &folder.path().join("damaged.mcap"));
    let screen = Screen::new();
    let _window = start(&screen, folder.path(), &["replay", "damaged.mcap"]);
    let shown = screen.settled("the red of a loss", shows_loss);
    looks_like("loss.png", &shown);

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
    let _window = start(&screen, folder.path(), &[]);
    let empty =
        screen.settled("the first screen", |pixels| count(pixels, [200..255, 200..255, 200..255]) > 1_000);
    screen.xdotool(&["key", "r"]);
    screen.seen("a dialog", |pixels| difference(pixels, &empty) > 0.02);
    screen.xdotool(&["type", "--delay", "20", &folder.path().join("live.mcap").display().to_string()]);
    screen.xdotool(&["key", "Return"]);
    let grows = || std::fs::metadata(folder.path().join("live.mcap")).map_or(0, |m| m.len());
    let begun = Instant::now();
    while grows() < 10_000 {
        assert!(begun.elapsed() < PATIENCE, "the recording does not grow: {} bytes", grows());
        std::thread::sleep(Duration::from_millis(100));
    }
    // A mark, a phase, then the end, which is asked about.
    screen.xdotool(&["key", "--delay", "200", "m", "7", "r", "Return"]);
    screen.settled("the end of the recording", |pixels| !shows_badge(pixels));
    let analysed = Command::new(PROGRAM)
        .args(["analyse", "--json"])
        .arg(folder.path().join("live.mcap"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&analysed.stdout);
    assert!(text.contains("CH_BOOT") && text.contains("hand"), "{text}");
}

/// The red badge RECORDING at the top left.
fn shows_badge(pixels: &[u8]) -> bool {
    let top: Vec<u8> = pixels[..WIDTH * 64 * 3].to_vec();
    red(&top) > 500
}
