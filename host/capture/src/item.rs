//! What a recording consists of, and what reading one brings.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::container::Channel;

/// A note's kind and text, or a link event's text, may take this many bytes.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;

/// One recorded thing. Host times are nanoseconds, see [`crate::HostClock`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Bytes of the device, as they arrived.
    Bytes {
        /// When they arrived.
        host_ns: u64,
        /// At least one.
        bytes: Vec<u8>,
    },
    /// Something happened to the link.
    Link {
        /// When it was noticed.
        host_ns: u64,
        /// What.
        event: LinkNote,
    },
    /// A mark or a note made by hand.
    Note {
        /// The device tick that it is tied to.
        tick: Option<u64>,
        /// When it was made.
        host_ns: u64,
        /// Its kind, `mark` for example.
        kind: String,
        /// Its text.
        text: String,
    },
}

impl Item {
    /// When it was recorded, host time.
    pub fn host_ns(&self) -> u64 {
        match self {
            Item::Bytes { host_ns, .. } | Item::Link { host_ns, .. } | Item::Note { host_ns, .. } => *host_ns,
        }
    }
}

/// An event of the link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkNote {
    /// What happened.
    pub kind: LinkKind,
    /// Details: the system's words, or a serial number.
    pub text: String,
}

/// What can happen to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// A device is there, or there again.
    Attached,
    /// The device went away.
    Lost,
    /// The chip's receive FIFO ran over: bytes are missing before the next ones.
    ChipOverrun,
    /// The device is there and says nothing.
    Silent,
    /// Items are missing here: the file that this one was recovered from was damaged.
    FileDamage,
    /// An event of a later version. Treat it as a loss.
    #[serde(other)]
    Unknown,
}

/// What one step of reading brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// An item, exactly as it was written.
    Item(Item),
    /// A part of the file is not as it was written.
    Damage {
        /// Where it begins, in bytes from the start of the file.
        offset: u64,
        /// How long it is.
        bytes: u64,
        /// What it is.
        what: Damage,
    },
}

/// What is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Recorded items are lost.
    Items {
        /// What was wrong first.
        reason: &'static str,
        /// How many are lost (a lost copy of the facts counts as one); `None` if nothing good follows that would tell.
        lost: Option<u32>,
    },
    /// A part that serves reading is damaged; all recorded items are there.
    Frame {
        /// Which part.
        part: &'static str,
    },
}

impl Damage {
    /// Whether recorded items are, or may be, lost.
    pub fn loses_items(&self) -> bool {
        !matches!(self, Damage::Frame { .. } | Damage::Items { lost: Some(0), .. })
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Items { reason, lost: Some(lost) } => write!(f, "{reason}; recorded items lost: {lost}"),
            Damage::Items { reason, lost: None } => {
                write!(f, "{reason}; how many recorded items are lost is not known")
            }
            Damage::Frame { part } => write!(f, "{part}; no recorded item is lost"),
        }
    }
}

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The recording was finished: nothing is missing at its end.
    Finished,
    /// The recording was not finished.
    Truncated {
        /// Everything before this place was delivered or reported.
        at: u64,
        /// Bytes after that place, which are of no use (yet).
        bytes: u64,
        /// A process is still writing: asking for items again later may bring more.
        writing: bool,
    },
}

/// The payload of a note.
#[derive(Serialize, Deserialize)]
pub(crate) struct NotePayload<'a> {
    pub(crate) tick: Option<u64>,
    pub(crate) kind: std::borrow::Cow<'a, str>,
    pub(crate) text: std::borrow::Cow<'a, str>,
}

/// The item of a message; `None` if its payload is not what the channel promises.
pub(crate) fn decode(channel: Channel, host_ns: u64, payload: &[u8]) -> Option<Item> {
    match channel {
        Channel::Device => Some(Item::Bytes { host_ns, bytes: payload.to_vec() }),
        Channel::Link => serde_json::from_slice(payload).ok().map(|event| Item::Link { host_ns, event }),
        Channel::Notes => serde_json::from_slice::<NotePayload<'_>>(payload).ok().map(|note| Item::Note {
            tick: note.tick,
            host_ns,
            kind: note.kind.into_owned(),
            text: note.text.into_owned(),
        }),
        Channel::Facts => None,
    }
}
