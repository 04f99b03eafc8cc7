//! The records on the wire: constants, encode and decode side by side. `no_std`, no dependency.
//!
//! The specification is `docs/wire.md`. The gateware, its twin and the host all use this crate.
#![no_std]

mod command;
mod decoder;
mod features;
mod frame;
mod line;
mod link_test;
mod record;
mod start;

pub use command::{COMMAND_LEN, Command, Register, Request, Status, VALUE_BITS};
pub use decoder::{Decoder, Event, Frame};
pub use features::{Feature, Features};
pub use frame::{BODY_LEN, DELIMITER, FRAME_LEN, crc32, decode_frame, encode_frame};
pub use line::{LINE_COUNT, Line, LineSet};
pub use link_test::{LINK_TEST_FIRST, link_test_next};
pub use record::{
    ACK_AGE_MAX, AGE_24_MAX, Ack, AdcLost, COUNTER_IDS, COUNTER_IDS_VERSION_1, Console, Counter, CounterId,
    Edge, Envelope, FLAG_FRAMING_ERROR, FLAG_LOST_BEFORE, Heartbeat, Kind, OverrunEnd, Payload, Record,
    SAMPLE_INDEX_BITS, SAMPLES_PER_RECORD, SamplePoint, Start, TICK_BITS, TICK_MASK, Window, WindowPage,
};
pub use start::{
    Board, Configuration, FLAG_FIRST_START, FLAG_TICK_KHZ, Identity, OLDEST_PROTOCOL_VERSION,
    PROTOCOL_VERSION, START_PAGES, START_PAGES_VERSION_1, StartBlock, StartCollector, StartPage, protocol_of,
    start_pages,
};
