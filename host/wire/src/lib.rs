//! The records on the wire: constants, encode and decode side by side. `no_std`, no dependency.
//!
//! The specification is `docs/wire.md`. The gateware, its twin and the host all use this crate.
#![no_std]

mod decoder;
mod frame;
mod line;
mod record;

pub use decoder::{Decoder, Event, Frame};
pub use frame::{BODY_LEN, DELIMITER, FRAME_LEN, crc32, decode_frame, encode_frame};
pub use line::{LINE_COUNT, Line, LineSet};
pub use record::{
    Board, COUNTER_IDS, Counter, CounterId, Edge, FLAG_FIRST_START, FLAG_TICK_KHZ, Heartbeat, Kind,
    OverrunEnd, PROTOCOL_VERSION, Payload, Record, START_PAGES, Start, StartPage, TICK_BITS, TICK_MASK,
};
