//! Committed pictures, and whether the screen still looks like them: everywhere, since what is missing may be two pixels wide.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::screen::{SMALL, Size};

/// A channel of a pixel may be so much lighter or darker.
const SHADE: u8 = 24;
/// Side of the squares in which pixels that differ are counted, and from one square to the next: what is two pixels wide lies wholly in
/// one of them.
const SQUARE: usize = 16;
const STEP: usize = 8;
/// So many pixels of a square may differ: another font's hinting or another driver's edges, but not a line of two pixels (32), nor a word.
const MOST: usize = 20;

/// Whether two pixels differ by more than a shade.
fn differs(a: &[u8], b: &[u8]) -> bool {
    a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > SHADE)
}

/// The share of pixels that differ by more than a shade.
pub fn difference(a: &[u8], b: &[u8]) -> f64 {
    let count = a.chunks_exact(3).zip(b.chunks_exact(3)).filter(|(a, b)| differs(a, b)).count();
    count as f64 / (a.len() / 3) as f64
}

/// The square in which most pixels differ: how many, and where it is.
fn worst_square(a: &[u8], b: &[u8], width: usize) -> (usize, (usize, usize)) {
    let differ: Vec<bool> = a.chunks_exact(3).zip(b.chunks_exact(3)).map(|(a, b)| differs(a, b)).collect();
    let height = differ.len() / width;
    let row = |x: usize, y: usize| &differ[y * width + x..y * width + (x + SQUARE).min(width)];
    let count = |x: usize, y: usize| {
        (y..(y + SQUARE).min(height)).map(|y| row(x, y).iter().filter(|d| **d).count()).sum::<usize>()
    };
    let squares = (0..height).step_by(STEP).flat_map(|y| (0..width).step_by(STEP).map(move |x| (x, y)));
    squares.map(|(x, y)| (count(x, y), (x, y))).max_by_key(|found| found.0).unwrap()
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

fn write_picture(path: &Path, size: Size, pixels: &[u8]) {
    let size = size.text();
    let mut convert = Command::new("convert")
        .args(["-size", &size, "-depth", "8", "rgb:-", "-strip", "-define", "png:compression-level=9"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("convert runs");
    std::io::Write::write_all(&mut convert.stdin.take().unwrap(), pixels).unwrap();
    assert!(convert.wait().unwrap().success());
}

/// What is on the screen looks like the committed picture; with `ICHISCOPE_UPDATE_PICTURES` it becomes that picture.
pub fn looks_like(name: &str, shown: &[u8]) {
    looks_like_at(name, SMALL, shown);
}

pub fn looks_like_at(name: &str, size: Size, shown: &[u8]) {
    if std::env::var_os("ICHISCOPE_UPDATE_PICTURES").is_some() {
        write_picture(&picture(name), size, shown);
    }
    let (count, (x, y)) = worst_square(shown, &read_picture(name, size), size.width / size.shrink);
    if count > MOST {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        write_picture(&kept, size, shown);
        panic!(
            "docs/images/{name} is out of date at {x}, {y}: {count} pixels of a square differ; the screen is in {}",
            kept.display()
        );
    }
}

#[test]
fn a_line_of_two_pixels_that_is_missing_is_found_and_a_few_pixels_are_not() {
    const WIDTH: usize = 200;
    let ground = vec![20u8; WIDTH * 100 * 3];
    let with = |points: &mut dyn Iterator<Item = (usize, usize)>| {
        let mut pixels = ground.clone();
        points.for_each(|(x, y)| pixels[(y * WIDTH + x) * 3 + 1] = 90);
        pixels
    };
    for x in 40..60 {
        let line = with(&mut (0..2 * 16).map(|i| (x + i % 2, 30 + i / 2)));
        let (count, at) = worst_square(&line, &ground, WIDTH);
        assert!(count > MOST && at.0 <= x && x < at.0 + SQUARE, "{count} at {at:?} of {x}");
    }
    let specks = with(&mut (0..100).map(|i| (i * 2, i)));
    assert!(worst_square(&specks, &ground, WIDTH).0 <= MOST);
    assert!(worst_square(&vec![20 + SHADE; ground.len()], &ground, WIDTH).0 == 0);
}
