//! sigrok session in: a zip of `metadata`, `logic-1-N` and `analog-1-C-N`. One tick is one sample.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::axis::{Axis, Value};
use super::decimal::Decimal;
use super::error::{Fault, Located, Wrong};
use super::mapping::{Mapping, Target};
use super::scale::Scale;
use super::time::power_of;

/// A part of the archive is held in memory; sigrok splits at a few megabytes.
const MOST_PART_BYTES: u64 = 1 << 28;

/// A channel that is mapped.
#[derive(Clone, Debug)]
enum Channel {
    /// A bit of the logic samples, from 0.
    Logic { target: Target, bit: usize },
    /// An analogue channel's number.
    Analog { target: Target, number: usize, power: u32 },
}

/// A session whose metadata has been read.
pub(crate) struct Session {
    archive: ZipArchive<File>,
    channels: Vec<Channel>,
    capture_file: String,
    unit_size: usize,
    pub(crate) scale: Scale,
}

impl Session {
    /// Reads the metadata. Analogue channels are in units of 10^(`nanovolts_power` - 9) V.
    pub(crate) fn open(path: &Path, mapping: &Mapping, nanovolts_power: u32) -> Result<Session, Located> {
        let file = File::open(path).map_err(|error| Wrong::Io(error.into()).at(0))?;
        if file.metadata().is_ok_and(|m| m.len() == 0) {
            return Err(Wrong::Empty.at(0));
        }
        let open = || -> Result<Session, Wrong> {
            let mut archive = ZipArchive::new(file).map_err(zip_error)?;
            let names: Vec<String> = archive.file_names().flatten().map(Into::into).collect();
            if !names.iter().any(|n| n == "metadata") {
                return Err(Wrong::Unexpected("a zip without metadata".to_owned()));
            }
            let metadata = String::from_utf8_lossy(&part(&mut archive, "metadata")?).into_owned();
            let metadata = Metadata::parse(&metadata, nanovolts_power)?;
            let channels = mapping.entries().iter().map(|(target, name)| metadata.channel(*target, name));
            let channels = channels.collect::<Result<Vec<_>, _>>()?;
            let scale = Scale::rate(metadata.rate()?)?;
            let capture_file = metadata.get("capturefile").unwrap_or("logic-1").to_owned();
            let unit_size = match metadata.get("unitsize") {
                Some(text) => text.parse().ok().filter(|n| (1..=64).contains(n)),
                None => Some(1),
            };
            let highest = channels.iter().filter_map(Channel::as_logic).map(|(_, bit)| bit).max();
            let unit_size = unit_size.filter(|size| highest.is_none_or(|bit| bit < size * 8));
            let unit_size = unit_size.ok_or_else(|| Wrong::Unexpected("unitsize".to_owned()))?;
            Ok(Session { archive, channels, capture_file, unit_size, scale })
        };
        open().map_err(|wrong| wrong.at(0))
    }

    /// Reads all samples. Each kind of samples is a row of parts that is read in step with the others.
    pub(crate) fn read(mut self, axis: &mut Axis<'_>) -> Result<(), Fault> {
        let mut streams = Vec::new();
        let logic: Vec<(Target, usize)> = self.channels.iter().filter_map(Channel::as_logic).collect();
        if !logic.is_empty() {
            let parts = self.parts(&self.capture_file);
            streams.push(Stream::new(parts, Samples::Logic { unit_size: self.unit_size, bits: logic }));
        }
        for (target, number, power) in self.channels.iter().filter_map(Channel::as_analog) {
            let parts = self.parts(&format!("analog-1-{number}"));
            streams.push(Stream::new(parts, Samples::Analog { target, power, last: None }));
        }
        let mut sample = 0;
        loop {
            let mut ready = u64::MAX;
            let mut ended = 0;
            for stream in &mut streams {
                let left = stream.fill(&mut self.archive).map_err(|wrong| wrong.at(0))?;
                ended += usize::from(left == 0);
                ready = ready.min(left);
            }
            match ended {
                0 => {}
                n if n == streams.len() => break,
                _ => {
                    let what = "channels with different numbers of samples".to_owned();
                    return Err(Wrong::Truncated(what).at(0).into());
                }
            }
            let end = sample + ready;
            while sample < end {
                axis.time(sample)?;
                for stream in &mut streams {
                    stream.apply(axis).map_err(|wrong| wrong.at(0))?;
                }
                let same = streams.iter().map(Stream::same).min().unwrap_or(1).min(end - sample);
                for stream in &mut streams {
                    stream.skip(same);
                }
                sample += same;
            }
        }
        match sample.checked_sub(1) {
            Some(last) => Ok(axis.time(last)?),
            None => Err(Wrong::Empty.at(0).into()),
        }
    }

    /// The parts of `name`, in the order of their numbers.
    fn parts(&self, name: &str) -> Vec<String> {
        let numbered = |file: &str| {
            let rest = file.strip_prefix(name)?;
            if rest.is_empty() { Some(0) } else { rest.strip_prefix('-')?.parse::<u64>().ok() }
        };
        let names = self.archive.file_names().flatten();
        let found = names.filter_map(|f| Some((numbered(&f)?, f.into_owned())));
        found.collect::<BTreeMap<u64, String>>().into_values().collect()
    }
}

impl Channel {
    fn as_logic(&self) -> Option<(Target, usize)> {
        match self {
            Channel::Logic { target, bit } => Some((*target, *bit)),
            Channel::Analog { .. } => None,
        }
    }

    fn as_analog(&self) -> Option<(Target, usize, u32)> {
        match self {
            Channel::Analog { target, number, power } => Some((*target, *number, *power)),
            Channel::Logic { .. } => None,
        }
    }
}

/// The keys of `[device 1]`.
struct Metadata {
    keys: BTreeMap<String, String>,
    /// Power to nanovolts of analogue channels without a unit in their name.
    power: u32,
}

impl Metadata {
    fn parse(text: &str, power: u32) -> Result<Metadata, Wrong> {
        let mut keys = BTreeMap::new();
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                section = name;
                if section.starts_with("device") && section != "device 1" {
                    return Err(Wrong::TwoScales {
                        first: "device 1".to_owned(),
                        second: section.to_owned(),
                    });
                }
            } else if let ("device 1", Some((key, value))) = (section, line.split_once('=')) {
                keys.insert(key.trim().to_owned(), value.trim().to_owned());
            }
        }
        Ok(Metadata { keys, power })
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.keys.get(key).map(String::as_str)
    }

    /// From `samplerate=24 MHz`, or a plain number of hertz.
    fn rate(&self) -> Result<u64, Wrong> {
        let text = self.get("samplerate").ok_or(Wrong::NoScale("save it with a sample rate"))?;
        let wrong = || Wrong::Scale(text.to_owned());
        let (number, unit) = text.split_once(' ').unwrap_or((text, "Hz"));
        let power = match unit.trim() {
            "Hz" => 0,
            "kHz" => 3,
            "MHz" => 6,
            "GHz" => 9,
            _ => return Err(wrong()),
        };
        let hz = Decimal::parse(number).and_then(|n| n.whole(power)).ok_or_else(wrong)?;
        u64::try_from(hz).map_err(|_| wrong())
    }

    fn channel(&self, target: Target, name: &str) -> Result<Channel, Wrong> {
        let numbered = |prefix: &str, key: &str| key.strip_prefix(prefix)?.parse::<usize>().ok();
        for (key, value) in self.keys.iter().filter(|(_, value)| *value == name) {
            let (logic, analog) = (numbered("probe", key), numbered("analog", key));
            return match (logic, analog, target) {
                (Some(n), _, Target::Line(_) | Target::Gap) if n > 0 => {
                    Ok(Channel::Logic { target, bit: n - 1 })
                }
                (_, Some(number), Target::RailVoltage) => {
                    Ok(Channel::Analog { target, number, power: power_of(name, self.power) })
                }
                (Some(_), _, Target::RailVoltage) => Err(Wrong::Digital(value.clone())),
                (_, Some(_), _) => Err(Wrong::Analogue(value.clone())),
                _ => continue,
            };
        }
        let is_channel = |key: &str| numbered("probe", key).or_else(|| numbered("analog", key)).is_some();
        let there = self.keys.iter().filter(|(key, _)| is_channel(key)).map(|(_, v)| v.clone()).collect();
        Err(Wrong::UnknownName { name: name.to_owned(), there })
    }
}

/// What the samples of a stream are.
enum Samples {
    Logic { unit_size: usize, bits: Vec<(Target, usize)> },
    Analog { target: Target, power: u32, last: Option<(u32, Value)> },
}

/// Samples of one kind, part by part.
struct Stream {
    parts: std::vec::IntoIter<String>,
    samples: Samples,
    bytes: Vec<u8>,
    at: usize,
}

impl Stream {
    fn new(parts: Vec<String>, samples: Samples) -> Stream {
        Stream { parts: parts.into_iter(), samples, bytes: Vec::new(), at: 0 }
    }

    fn size(&self) -> usize {
        match &self.samples {
            Samples::Logic { unit_size, .. } => *unit_size,
            Samples::Analog { .. } => size_of::<f32>(),
        }
    }

    /// How many samples are in hand; takes the next part if there are none. 0 at the end.
    fn fill(&mut self, archive: &mut ZipArchive<File>) -> Result<u64, Wrong> {
        while self.at == self.bytes.len() {
            let Some(name) = self.parts.next() else { return Ok(0) };
            self.bytes = part(archive, &name)?;
            self.at = 0;
            if !self.bytes.len().is_multiple_of(self.size()) {
                return Err(Wrong::Truncated(format!("{name} has no whole number of samples")));
            }
        }
        Ok(((self.bytes.len() - self.at) / self.size()) as u64)
    }

    /// Tells the axis the sample in hand.
    fn apply(&mut self, axis: &mut Axis<'_>) -> Result<(), Wrong> {
        let sample = &self.bytes[self.at..self.at + self.size()];
        match &mut self.samples {
            Samples::Logic { bits, .. } => {
                for (target, bit) in bits {
                    let byte = sample.get(*bit / 8).copied().unwrap_or(0);
                    axis.set(*target, Value::Level(byte >> (*bit % 8) & 1 == 1));
                }
            }
            Samples::Analog { target, power, last } => {
                let raw = u32::from_le_bytes([sample[0], sample[1], sample[2], sample[3]]);
                let value = match last {
                    Some((same, value)) if *same == raw => *value,
                    _ => volts(f32::from_bits(raw), *power),
                };
                *last = Some((raw, value));
                axis.set(*target, value);
            }
        }
        Ok(())
    }

    /// How many samples from here on are the same, this one included.
    fn same(&self) -> u64 {
        let size = self.size();
        let rest = &self.bytes[self.at..];
        let (first, rest) = rest.split_at(size);
        1 + match first {
            [byte] => rest.iter().take_while(|b| *b == byte).count() as u64,
            _ => rest.chunks_exact(size).take_while(|s| *s == first).count() as u64,
        }
    }

    fn skip(&mut self, samples: u64) {
        self.at += samples as usize * self.size();
    }
}

/// The shortest decimal that reads as this number is what the instrument meant: 10.2 V is not below 10.2 V.
fn volts(value: f32, power: u32) -> Value {
    let decimal = Decimal::parse(&value.to_string());
    decimal.and_then(|d| d.nearest(power)).map_or(Value::Unknown, Value::Nanovolts)
}

fn part(archive: &mut ZipArchive<File>, name: &str) -> Result<Vec<u8>, Wrong> {
    let file = archive.by_name(name).map_err(zip_error)?;
    let mut bytes = Vec::new();
    let truncated = |error: std::io::Error| Wrong::Truncated(format!("{name}: {error}"));
    file.take(MOST_PART_BYTES + 1).read_to_end(&mut bytes).map_err(truncated)?;
    if bytes.len() as u64 > MOST_PART_BYTES {
        return Err(Wrong::TooLarge { name: name.to_owned(), limit: MOST_PART_BYTES });
    }
    Ok(bytes)
}

fn zip_error(error: ZipError) -> Wrong {
    match error {
        ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Wrong::Io(error.into()),
        other => Wrong::Truncated(format!("not a whole zip file: {other}")),
    }
}
