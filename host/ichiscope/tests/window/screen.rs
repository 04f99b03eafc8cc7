//! A screen that nobody looks at (Xvfb), and what is on it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A notebook's screen.
pub const SMALL: Size = Size { width: 1280, height: 800, shrink: 1 };
/// A projector's; its pictures are kept at half the size.
pub const LARGE: Size = Size { width: 3840, height: 2160, shrink: 2 };
/// Pictures in a row that must be the same.
const STILL: usize = 4;
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A screen's size, and how much smaller its pictures are kept.
#[derive(Clone, Copy)]
pub struct Size {
    pub width: usize,
    pub height: usize,
    pub shrink: usize,
}

impl Size {
    /// `1280x800`, of a picture.
    pub fn text(self) -> String {
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
    pub const fn bytes(self) -> usize {
        self.width / self.shrink * (self.height / self.shrink) * 3
    }
}

/// A child that ends with the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A display of its own, whatever others run on this machine.
pub struct Screen {
    _server: Running,
    pub display: String,
    pub size: Size,
}

impl Screen {
    pub fn new() -> Screen {
        Screen::of(SMALL)
    }

    pub fn of(size: Size) -> Screen {
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

    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY");
        command
    }

    pub fn xdotool(&self, args: &[&str]) {
        let status =
            self.command("xdotool").args(args).status().expect("xdotool runs (Debian package xdotool)");
        assert!(status.success(), "xdotool {args:?}");
    }

    /// All pixels, three bytes each.
    pub fn pixels(&self) -> Vec<u8> {
        let args = ["-window", "root", "-depth", "8", "rgb:-"];
        let out =
            self.command("import").args(args).output().expect("import runs (Debian package imagemagick)");
        let all = self.size.width * self.size.height * 3;
        assert_eq!(out.stdout.len(), all, "{}", String::from_utf8_lossy(&out.stderr));
        self.size.shrunk(out.stdout)
    }

    /// The pixels once they show something that `is_wanted`, whether they stand still or not: where a text is typed, a cursor
    /// blinks.
    pub fn seen(&self, what: &str, is_wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
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
    pub fn settled(&self, what: &str, is_wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
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
