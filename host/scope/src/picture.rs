//! Pictures in files: the window's pixels as PNG, text as SVG. A file that exists is never overwritten.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use egui::ColorImage;

/// Said when there is nothing to draw.
pub const NOTHING: &str = "there is nothing to draw yet: nothing is known of the time axis";

/// Writes the window's pixels; says what was written, or why not.
pub fn write_png(path: &Path, pixels: &ColorImage) -> Result<String, String> {
    let bytes = encode(pixels).map_err(|error| format!("cannot encode the picture: {error}"))?;
    write(path, &bytes)
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

/// Writes a new file; says what was written, or why not.
pub fn write(path: &Path, bytes: &[u8]) -> Result<String, String> {
    let written = File::create_new(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        out.write_all(bytes)?;
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    });
    let name = path.display();
    match written {
        Ok(()) => Ok(format!("Picture written to {name}")),
        Err(error) => Err(format!(
            "cannot write {name}: {error}. Remedy: choose a new name in a folder that can be written"
        )),
    }
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
        write_png(&path, &image).unwrap();
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
        write(&path, b"one").unwrap();
        let error = write(&path, b"two").unwrap_err();
        assert!(error.contains("a.svg") && error.contains("Remedy"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
    }
}
