//! The facts of a session: what has to be known to read the recording years later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The version of the format that this crate writes, and the newest that it reads.
pub const FORMAT: u32 = 1;
/// The source of a value that nobody measured or chose.
pub const ENGINEERING_DEFAULT: &str = "engineering default";
/// The facts may take this many bytes as JSON.
pub const MAX_FACTS_BYTES: usize = 64 * 1024;

/// The facts of a session.
///
/// They must not identify a customer: no MPxN, no UPRN, no address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Version of the capture format.
    pub format: u32,
    /// Name and version of the program that recorded.
    pub program: String,
    /// The PC's UTC at creation, nanoseconds since 1970. It never enters a duration.
    pub created_utc_ns: u64,
    /// Where the bytes come from.
    pub device: DeviceFacts,
    /// What was believed of the gateware at the start. What the board really runs is in its START records.
    #[serde(default)]
    pub gateware: Option<String>,
    /// The comparators' levels.
    pub thresholds: Vec<ThresholdFacts>,
    /// How well the instrument's clock is known.
    pub clock: ClockFacts,
    /// What each mark input means.
    pub marks: Vec<MarkFacts>,
    /// What stood on the bench.
    pub bench: Bench,
    /// The file's place in a recording of several files; none for a recording of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainFacts>,
    /// Further facts by name. A program keeps those that it does not know.
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
}

/// The instrument as the link saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// Serial number, or `twin`.
    pub serial: String,
    /// For people: chip or model, and where it was.
    pub description: String,
    /// Bits per second on the UART.
    pub baud: u32,
    /// The data are not from hardware.
    pub simulated: bool,
}

/// The levels of one comparator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdFacts {
    /// The line, `rail0` for example.
    pub line: String,
    /// The rail is bad below this many millivolts.
    pub falling_mv: i32,
    /// The rail is good again from this many millivolts on.
    pub rising_mv: i32,
    /// Who says so: a calibration, the operator, [`ENGINEERING_DEFAULT`].
    pub source: String,
}

/// How well the instrument's clock is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockFacts {
    /// Expanded uncertainty (k = 2) of the tick rate, in parts per billion.
    pub uncertainty_ppb: u32,
    /// Who says so: a calibration with its date, a data sheet, [`ENGINEERING_DEFAULT`].
    pub source: String,
}

/// The meaning of one mark input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkFacts {
    /// The line, `mark0` for example.
    pub line: String,
    /// The phase that it marks.
    pub phase: String,
}

/// What stood on the bench, in the operator's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bench {
    /// Nominal voltage of the rail in millivolts.
    pub nominal_mv: i32,
    /// Make, model and variant of the meter.
    pub meter: Option<String>,
    /// Make and model of the Communications Hub.
    pub hub: Option<String>,
    /// Firmware before the upgrade.
    pub firmware_from: Option<String>,
    /// Firmware after the upgrade.
    pub firmware_to: Option<String>,
    /// Anything else.
    pub operator_notes: Option<String>,
}

/// A file's place in a recording of several files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainFacts {
    /// The same in all files of the recording, and in no other.
    pub id: String,
    /// 1 for the first file.
    pub number: u32,
    /// What the file before this one holds; none for the first.
    pub previous: Option<PreviousFacts>,
}

/// What the file before holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousFacts {
    /// Its name, without folder.
    pub name: String,
    /// Items in it.
    pub items: u64,
    /// Bytes before its Data End record.
    pub data_bytes: u64,
    /// CRC-32 of those bytes, as in its Data End record.
    pub data_crc32: u32,
}

impl Facts {
    /// Facts of format 1 in which everything but the arguments is an engineering default or unknown.
    pub fn new(program: impl Into<String>, created_utc_ns: u64, device: DeviceFacts) -> Facts {
        Facts {
            format: FORMAT,
            program: program.into(),
            created_utc_ns,
            device,
            gateware: None,
            thresholds: default_thresholds(),
            clock: ClockFacts::default(),
            marks: Vec::new(),
            bench: Bench::default(),
            chain: None,
            extra: BTreeMap::new(),
        }
    }
}

impl Default for ClockFacts {
    /// A crystal oscillator of which nothing is known: 50 ppm.
    fn default() -> ClockFacts {
        ClockFacts { uncertainty_ppb: 50_000, source: ENGINEERING_DEFAULT.into() }
    }
}

impl Default for Bench {
    fn default() -> Bench {
        Bench {
            nominal_mv: 12_000,
            meter: None,
            hub: None,
            firmware_from: None,
            firmware_to: None,
            operator_notes: None,
        }
    }
}

/// Low, brown-out and off, as in `docs/wire.md`.
fn default_thresholds() -> Vec<ThresholdFacts> {
    [("rail0", 10_200, 10_800), ("rail1", 9_000, 9_600), ("rail2", 2_000, 2_600)]
        .map(|(line, falling_mv, rising_mv)| ThresholdFacts {
            line: line.into(),
            falling_mv,
            rising_mv,
            source: ENGINEERING_DEFAULT.into(),
        })
        .into()
}
