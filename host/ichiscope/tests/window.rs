//! The real program in a real window (Xvfb): it opens the demonstration's capture, answers keys, and looks like the
//! picture in the README. `ICHISCOPE_UPDATE_PICTURES=1` writes that picture anew; look at it before committing it.
#![cfg(all(target_os = "linux", feature = "app"))]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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

fn picture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images/demo.png")
}

fn read_picture() -> Vec<u8> {
    let out =
        Command::new("convert").arg(picture()).args(["-depth", "8", "rgb:-"]).output().expect("convert runs");
    assert_eq!(out.stdout.len(), WIDTH * HEIGHT * 3, "docs/images/demo.png is no picture of the right size");
    out.stdout
}

fn write_picture(pixels: &[u8]) {
    let size = format!("{WIDTH}x{HEIGHT}");
    let mut convert = Command::new("convert")
        .args(["-size", &size, "-depth", "8", "rgb:-", "-strip"])
        .arg(picture())
        .stdin(Stdio::piped())
        .spawn()
        .expect("convert runs");
    std::io::Write::write_all(&mut convert.stdin.take().unwrap(), pixels).unwrap();
    assert!(convert.wait().unwrap().success());
}

#[test]
fn the_program_shows_the_demonstration() {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_ichiscope");
    let demo = Command::new(program).args(["demo", "--no-app", "--out"]).arg(folder.path()).output().unwrap();
    assert!(demo.status.success());

    let screen = Screen::new();
    let window = screen
        .command(program)
        .args(["replay", "demo.mcap"])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut window = Running(window);
    screen.settled("the verdict FAIL", shows_fail);
    // Without a window manager nobody gives the window the keyboard; the pointer must not stand over the timeline.
    screen.xdotool(&["search", "--onlyvisible", "--name", "ichiscope", "windowfocus", "--sync"]);
    screen.xdotool(&["mousemove", "1270", "60"]);
    let shown = screen.settled("the verdict FAIL", shows_fail);
    if std::env::var_os("ICHISCOPE_UPDATE_PICTURES").is_some() {
        write_picture(&shown);
    }
    let differing = difference(&shown, &read_picture());
    assert!(differing < 0.02, "{:.1} % of the README's picture is out of date", differing * 100.0);

    // Zooming in with the keyboard changes the picture; fitting everything brings it back.
    screen.xdotool(&["key", "plus"]);
    let zoomed = screen.settled("a zoomed view", |pixels| difference(pixels, &shown) > 0.01);
    screen.xdotool(&["key", "f"]);
    screen.settled("the whole recording", |pixels| difference(pixels, &shown) < 0.001);
    assert!(difference(&zoomed, &shown) > 0.01);
    assert!(window.0.try_wait().unwrap().is_none(), "the program is still there");
}
