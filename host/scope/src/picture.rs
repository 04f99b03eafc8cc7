//! Pictures in files: the window's pixels as PNG, text as SVG. A file that exists is never overwritten.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use egui::ColorImage;

use crate::job::{Leash, Outcome};

/// Said when there is nothing to draw.
pub const NOTHING: &str = "there is nothing to draw yet: nothing is known of the time axis";

/// Writes the window's pixels as PNG.
pub fn write_png(path: &Path, pixels: &ColorImage, leash: &Leash) -> Outcome {
    match encode(pixels) {
        Ok(bytes) => write(path, &bytes, leash),
        Err(error) => Outcome::Failed(format!("cannot encode the picture: {error}")),
    }
}

fn encode(pixels: &ColorImage) -> Result<Vec<u8>, png::EncodingError> {
    let [width, height] = pixels.size.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    let rgb: Vec<u8> = pixels.pixels.iter().flat_map(|p| [p.r(), p.g(), p.b()]).collect();
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    Ok(bytes)
}

/// Writes a new file, unless that is not wanted any more. One that could not be written whole goes away again.
pub fn write(path: &Path, bytes: &[u8], leash: &Leash) -> Outcome {
    let name = path.display();
    if !leash.goes_on(0.5) {
        return Outcome::Cancelled(format!("Cancelled: {name} was not written"));
    }
    let written = File::create_new(path).and_then(|file| {
        put(file, bytes).inspect_err(|_| {
            // The error is told; what is left of the file is no picture.
            let _ = std::fs::remove_file(path);
        })
    });
    match written {
        Ok(()) => Outcome::Done(format!("Picture written to {name}")),
        Err(error) => Outcome::Failed(format!(
            "cannot write {name}: {error}. Remedy: choose a new name in a folder that can be written"
        )),
    }
}

fn put(file: File, bytes: &[u8]) -> std::io::Result<()> {
    let mut out = BufWriter::new(file);
    out.write_all(bytes)?;
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
}

#[cfg(test)]
mod tests {
    use egui::Color32;

    use super::*;

    #[test]
    fn a_png_holds_the_pixels() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let mut image = ColorImage::filled([3, 2], Color32::from_rgb(1, 2, 3));
        image.pixels[5] = Color32::from_rgb(200, 100, 50);
        let written = write_png(&path, &image, &Leash::default());
        assert!(matches!(written, Outcome::Done(_)), "{written:?}");
        let decoder = png::Decoder::new(std::io::BufReader::new(File::open(&path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!((reader.info().width, reader.info().height), (3, 2));
        assert_eq!((&pixels[..3], &pixels[15..]), (&[1, 2, 3][..], &[200, 100, 50][..]));
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        write(&path, b"one", &Leash::default());
        let Outcome::Failed(error) = write(&path, b"two", &Leash::default()) else {
            panic!("it was overwritten")
        };
        assert!(error.contains("a.svg") && error.contains("Remedy"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
    }
}
