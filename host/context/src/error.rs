//! Why a file beside the capture cannot be used: the file, the line, what is wrong, what to do.

use ichiscope_replay::{AtLine, PhaseFault, Unreadable};

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}{}: {wrong}", AtLine(*.line))]
pub struct ContextError {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where it is the file as a whole.
    pub line: u64,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What is wrong with a file, and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// The system refuses.
    #[error(transparent)]
    Io(#[from] Unreadable),
    /// Larger than such a file ever is.
    #[error("is larger than {0} bytes. Remedy: check that it is the right file")]
    TooLarge(u64),
    /// No UTF-8.
    #[error("is no UTF-8 text. Remedy: save it as UTF-8")]
    NotText,
    /// TOML that is none, or with keys that are not known.
    #[error("{0}. Remedy: the keys are described in docs/context.md")]
    Toml(String),
    /// Another format.
    #[error(
        "its format is '{found}', this program reads '{expected}'. Remedy: give the right file, or a newer ichiscope"
    )]
    Format {
        /// What the file says.
        found: String,
        /// What is read.
        expected: &'static str,
    },
    /// A regular expression.
    #[error(
        "the pattern '{pattern}' cannot be used: {why}. Remedy: correct it; the syntax is that of the regex crate, without look-around and back-references"
    )]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What the compiler said.
        why: String,
    },
    /// A named capture with no meaning here.
    #[error(
        "the pattern '{pattern}' names a capture '{name}', which means nothing here. Remedy: use {expected}"
    )]
    Capture {
        /// The pattern.
        pattern: String,
        /// The name.
        name: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// Too many of something.
    #[error("has more than {0}. Remedy: split the profile, or join patterns with |")]
    TooMany(&'static str),
    /// A phase, its event, or their order.
    #[error(transparent)]
    Phase(#[from] PhaseFault),
    /// A code that is not known.
    #[error(
        "'{0}' is no code that is known. Remedy: AD1, a service request such as 11.3, or an alert code such as 0x8F36 of docs/evidence.md; leave out rows of other codes"
    )]
    Code(String),
    /// Columns that do not fit.
    #[error("{0}. Remedy: the columns are described in docs/context.md")]
    Columns(String),
    /// Something that does not belong there.
    #[error("{0}. Remedy: check that it is a CSV with a header line, or one JSON object a line")]
    Row(String),
    /// A time that is not understood.
    #[error("'{0}' is no time that can be used. Remedy: {1}")]
    Time(String, &'static str),
    /// Time goes back.
    #[error("the time goes back: {now} after {before}. Remedy: sort the log by time")]
    TimeGoesBack {
        /// The time before.
        before: String,
        /// The time that is smaller.
        now: String,
    },
    /// Two time scales in one file.
    #[error("two time scales: {first} and {second}. Remedy: use one column of times in the whole log")]
    TwoScales {
        /// The first.
        first: String,
        /// The second.
        second: String,
    },
    /// A recording without UTC.
    #[error(
        "its times are UTC, and this recording does not tell UTC ({0}). Remedy: use times on the recording's own axis (time_s or tick)"
    )]
    NoUtc(&'static str),
    /// A line that is no comparator.
    #[error("'{0}' is no comparator. Remedy: rail0, rail1 or rail2, each once")]
    Comparator(String),
    /// A value out of its range.
    #[error("{what} is {value}: {expected}. Remedy: correct it")]
    Range {
        /// Which value.
        what: &'static str,
        /// What it is.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Edits that cannot be used.
    #[error("{0}")]
    Edits(String),
    /// A front end for a recording that no front end of this instrument made.
    #[error(
        "this recording was imported from another tool's file: no front end of this instrument made it. Remedy: leave --front-end out"
    )]
    Imported,
    /// A certificate of another board.
    #[error(
        "it is of board '{certificate}', the capture is of '{capture}'. Remedy: calibrate this board (ichiscope calibrate)"
    )]
    OtherBoard {
        /// Whose certificate it is.
        certificate: String,
        /// Whose capture.
        capture: String,
    },
    /// A certificate of a board that no serial number tells from others.
    #[error(
        "the board has no serial number, so it may be of another one. Remedy: give its USB chip a serial number and calibrate it again, or leave the certificate out"
    )]
    NoSerial,
}

impl Wrong {
    /// In this line of this file, from 1; 0 for the file as a whole.
    pub(crate) fn at(self, file: &str, line: u64) -> ContextError {
        ContextError { file: file.to_owned(), line, wrong: self }
    }
}

/// What a TOML reader said, with its line.
pub(crate) fn toml_error(file: &str, text: &str, error: &toml::de::Error) -> ContextError {
    let line = error.span().map_or(0, |span| line_of(text, span.start));
    Wrong::Toml(error.message().replace('\n', " ")).at(file, line)
}

/// The line, from 1, of a byte of a text.
pub(crate) fn line_of(text: &str, at: usize) -> u64 {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    1 + before.iter().filter(|b| **b == b'\n').count() as u64
}
