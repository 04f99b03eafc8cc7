//! Why an import failed: the file, the line, and what to do.

use std::path::PathBuf;

use ichiscope_capture::CaptureError;
use ichiscope_replay::{AtLine, PhaseFault, SettingsError, Unreadable};

/// Why an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file is not what it should be.
    #[error("{}{}: {wrong}", path.display(), AtLine(*line))]
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1; 0 where the file has none.
        line: u64,
        /// What is wrong.
        wrong: Wrong,
    },
    /// The capture cannot be written.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// What was upgraded does not exist.
    #[error(transparent)]
    Subject(#[from] SettingsError),
}

/// What is wrong with a file or a mapping, and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// The system refuses.
    #[error(transparent)]
    Io(#[from] Unreadable),
    /// A part of `--map` is not `line=name`.
    #[error("'{0}' is not of the form line=NAME. Remedy: --map rail=NAME,ac_lo=NAME")]
    MapSyntax(String),
    /// A line that does not exist.
    #[error(
        "there is no line '{0}'. Remedy: use rail (or rail0), rail1, rail2, rail_mv, ac_lo, ch_pr, mt_pr, mark0..mark3"
    )]
    MapLine(String),
    /// A line mapped twice.
    #[error("{0} is mapped twice. Remedy: map each line once; rail_mv makes rail0, rail1 and rail2 itself")]
    MapTwice(&'static str),
    /// Nothing to measure.
    #[error("no rail is mapped, so there is nothing to measure. Remedy: add rail=NAME or rail_mv=NAME")]
    NoRail,
    /// The format cannot be told.
    #[error("which format this is cannot be told from the name. Remedy: --format vcd|sr|saleae-csv|csv")]
    Format,
    /// A name that the file does not have.
    #[error("there is no channel '{name}'. Remedy: choose one of: {}", there.join(", "))]
    UnknownName {
        /// The name asked for.
        name: String,
        /// The names that there are.
        there: Vec<String>,
    },
    /// A name that stands for several signals.
    #[error("'{name}' stands for several signals. Remedy: name one of: {}", there.join(", "))]
    Ambiguous {
        /// The name asked for.
        name: String,
        /// The full names.
        there: Vec<String>,
    },
    /// A bus where a wire is needed.
    #[error("'{name}' has {bits} bits. Remedy: name one of them, such as {name}[0]")]
    Bus {
        /// The name.
        name: String,
        /// Its width.
        bits: u32,
    },
    /// Analogue and digital mixed up.
    #[error("'{0}' is analogue, and this line is digital. Remedy: map it with rail_mv=")]
    Analogue(String),
    /// Analogue and digital mixed up.
    #[error("'{0}' is digital, and rail_mv is analogue. Remedy: map it with rail=")]
    Digital(String),
    /// Time goes back.
    #[error("the time goes back: {now} after {before}. Remedy: sort the file by time, or export it again")]
    TimeGoesBack {
        /// The time before, as in the file.
        before: String,
        /// The time that is smaller.
        now: String,
    },
    /// Two units of time in one file.
    #[error("a second time scale ({second}) after the first ({first}). Remedy: export each part by itself")]
    TwoScales {
        /// The first.
        first: String,
        /// The second.
        second: String,
    },
    /// No unit of time.
    #[error("there is no time scale. Remedy: {0}")]
    NoScale(&'static str),
    /// A unit of time that is not understood.
    #[error("'{0}' is no time scale that is known. Remedy: use 1, 10 or 100 and s, ms, us, ns or ps")]
    Scale(String),
    /// A time between two ticks.
    #[error("the time {time} is no whole tick of {tick}. Remedy: round it to {tick}")]
    NotWhole {
        /// The time.
        time: String,
        /// The tick.
        tick: String,
    },
    /// A time that is no number or out of range.
    #[error(
        "'{0}' is no time that can be used (a number, below 2^62 ticks). Remedy: give relative times as plain decimals"
    )]
    Time(String),
    /// A value that is not understood.
    #[error("'{value}' is no value of '{name}'. Remedy: use {expected}")]
    Value {
        /// The value.
        value: String,
        /// Whose.
        name: String,
        /// What it may be.
        expected: &'static str,
    },
    /// Nothing in the file.
    #[error("there are no data in it. Remedy: check the export; at least one time with its values is needed")]
    Empty,
    /// The end is missing.
    #[error("it ends in the middle ({0}). Remedy: copy or export it again")]
    Truncated(String),
    /// Something that does not belong there.
    #[error("'{0}' is not understood here. Remedy: check that the file is of the format given with --format")]
    Unexpected(String),
    /// Columns that do not fit.
    #[error("{0}. Remedy: the columns are described in docs/exchange.md")]
    Columns(String),
    /// A mapped line that is unknown in the whole file.
    #[error(
        "the line {0} has no known value anywhere in it. Remedy: map another name, or leave the line out of --map"
    )]
    NeverKnown(&'static str),
    /// Mapped lines that are never known together.
    #[error(
        "there is no time at which all mapped lines are known. Remedy: give every line a value at the beginning, or leave a line out of --map"
    )]
    NeverTogether,
    /// A phase of the log, its event, or their order.
    #[error(transparent)]
    Phase(#[from] PhaseFault),
    /// A tick rate that a capture cannot hold.
    #[error(
        "a tick rate of {0} Hz cannot be stored: above 4294967295 Hz it must be whole kHz, and below 2^32 of them. Remedy: resample"
    )]
    Rate(u64),
    /// An archive larger than what is held in memory.
    #[error(
        "its part '{name}' is larger than {limit} bytes. Remedy: save it again with sigrok, which splits it"
    )]
    TooLarge {
        /// The part.
        name: String,
        /// The limit.
        limit: u64,
    },
}

/// What is wrong, and in which line.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) line: u64,
    pub(crate) wrong: Wrong,
}

/// Why reading stopped.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The file.
    File(Located),
    /// The capture.
    Capture(CaptureError),
}

impl From<Located> for Fault {
    fn from(located: Located) -> Fault {
        Fault::File(located)
    }
}

impl From<CaptureError> for Fault {
    fn from(error: CaptureError) -> Fault {
        Fault::Capture(error)
    }
}

impl Fault {
    /// With the name of the file that was read.
    pub(crate) fn of(self, path: &std::path::Path) -> ImportError {
        match self {
            Fault::File(Located { line, wrong }) => ImportError::File { path: path.to_owned(), line, wrong },
            Fault::Capture(error) => error.into(),
        }
    }
}

impl Wrong {
    /// In this line, from 1; 0 for the file as a whole.
    pub(crate) fn at(self, line: u64) -> Located {
        Located { line, wrong: self }
    }
}
