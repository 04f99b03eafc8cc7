//! sigrok session out: a zip of `version`, `metadata` and samples; a channel for each line and one for the gaps.
//!
//! Samples begin at the recording's first tick. Without a wish the sample rate is the lowest at which every edge falls on a
//! sample; recordings of a real board seldom have one that is low enough, and then a rate must be given.

use std::io::{Seek, Write};

use ichiscope_timeline::Timeline;
use ichiscope_wire::Line;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::ExchangeError;
use crate::moments::{Times, changes, extent, gcd, units};

/// More samples than this are refused: sigrok's programs take them one by one.
const MOST_SAMPLES: u64 = 2_000_000_000;
/// Samples in a part of the file.
const PART: u64 = 1 << 21;

/// Writes the timeline as a sigrok session, at `sample_hz` if given.
///
/// # Errors
/// The tick rate is unknown, the samples would be too many, or the output refuses.
pub fn write_sr(
    timeline: &Timeline,
    sample_hz: Option<u64>,
    out: impl Write + Seek,
) -> Result<Times, ExchangeError> {
    let (first, last, tick_hz) = extent(timeline)?;
    let lines: Vec<Line> = timeline.wired().iter().collect();
    let changes = changes(timeline, &lines);
    let exact_hz = exact_rate(changes.iter().map(|c| c.0 - first).chain([last - first]), tick_hz);
    let (rate, times) = match sample_hz {
        Some(hz) if !hz.is_multiple_of(exact_hz) => (hz, Times::Rounded(format!("sample of 1/{hz} s"))),
        Some(hz) => (hz, Times::Exact),
        None => (exact_hz, Times::Exact),
    };
    let sample_of = |tick: u64| units(tick - first, tick_hz, rate);
    let samples = sample_of(last) + 1;
    if samples > u128::from(MOST_SAMPLES) {
        return Err(ExchangeError::TooManySamples { samples, rate, most: MOST_SAMPLES });
    }
    let unit_size = (lines.len() + 1).div_ceil(8);
    let mut zip = Archive { zip: ZipWriter::new(out), part: Vec::new(), parts: 0, unit_size };
    zip.head(&lines, rate)?;
    let mut levels = 0u16;
    let mut sample = 0;
    for (tick, channel, level) in changes {
        let at = sample_of(tick) as u64;
        zip.samples(levels, at - sample)?;
        sample = at;
        levels = levels & !(1 << channel) | u16::from(level) << channel;
    }
    zip.samples(levels, samples as u64 - sample)?;
    zip.finish()?;
    Ok(times)
}

/// The lowest whole sample rate at which all these ticks fall on samples; the tick rate if there is none lower.
fn exact_rate(ticks: impl Iterator<Item = u64>, tick_hz: u64) -> u64 {
    tick_hz / ticks.fold(tick_hz, gcd)
}

struct Archive<W: Write + Seek> {
    zip: ZipWriter<W>,
    part: Vec<u8>,
    parts: u32,
    unit_size: usize,
}

impl<W: Write + Seek> Archive<W> {
    fn head(&mut self, lines: &[Line], rate: u64) -> Result<(), ExchangeError> {
        self.file("version", b"2")?;
        let mut text = format!(
            "[global]\nsigrok version=0.5.2\n\n[device 1]\ncapturefile=logic-1\ntotal probes={}\nsamplerate={rate} Hz\n\
             total analog=0\n",
            lines.len() + 1
        );
        let names = lines.iter().map(|line| line.name()).chain(["gap"]);
        for (i, name) in names.enumerate() {
            text += &format!("probe{}={name}\n", i + 1);
        }
        text += &format!("unitsize={}\n", self.unit_size);
        self.file("metadata", text.as_bytes())
    }

    /// So many samples of these levels.
    fn samples(&mut self, levels: u16, mut count: u64) -> Result<(), ExchangeError> {
        let unit = levels.to_le_bytes();
        let full = PART as usize * self.unit_size;
        while count > 0 {
            let room = ((full - self.part.len()) / self.unit_size) as u64;
            let now = count.min(room);
            for _ in 0..now {
                self.part.extend_from_slice(&unit[..self.unit_size]);
            }
            count -= now;
            if self.part.len() == full {
                self.end_part()?;
            }
        }
        Ok(())
    }

    fn end_part(&mut self) -> Result<(), ExchangeError> {
        self.parts += 1;
        let part = std::mem::take(&mut self.part);
        self.file(&format!("logic-1-{}", self.parts), &part)?;
        self.part = part;
        self.part.clear();
        Ok(())
    }

    /// Without a date: the same capture gives the same bytes.
    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), ExchangeError> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, options)?;
        self.zip.write_all(bytes)?;
        Ok(())
    }

    fn finish(mut self) -> Result<(), ExchangeError> {
        if !self.part.is_empty() {
            self.end_part()?;
        }
        self.zip.finish()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_rate_that_is_exact() {
        assert_eq!(exact_rate([0, 10_000, 25_000].into_iter(), 1_000_000), 200);
        assert_eq!(exact_rate([0, 7].into_iter(), 1_000_000), 1_000_000);
        assert_eq!(exact_rate([0].into_iter(), 1_000_000), 1);
    }
}
