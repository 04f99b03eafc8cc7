//! The capture file: append, flush, index, recover. The format and its reasons: `docs/capture.md`.
//!
//! ```
//! use ichiscope_capture::{DeviceFacts, Facts, HostClock, Item, Read, Reader, Writer};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("bench.mcap");
//! let clock = HostClock::start();
//! let facts = Facts::new("example 1.0", clock.anchor_utc_ns(), DeviceFacts::default());
//! let mut writer = Writer::create(&path, &facts)?;
//! writer.bytes(clock.now_ns(), &[1, 2, 3])?;
//! writer.finish()?;
//!
//! let mut reader = Reader::open(&path)?;
//! for read in reader.items() {
//!     match read {
//!         Read::Item(Item::Bytes { bytes, .. }) => assert_eq!(bytes, [1, 2, 3]),
//!         Read::Item(other) => println!("{other:?}"),
//!         Read::Damage { offset, bytes, what } => eprintln!("{bytes} bytes at {offset}: {what}"),
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod appender;
mod chain;
mod chain_reader;
mod chunk;
mod clock;
mod container;
mod error;
mod facts;
mod item;
mod looks;
mod reader;
mod recover;
mod summary;
mod walk;
mod window;
mod writer;

pub use chain::{ChainSummary, ChainWriter, Rotation};
pub use chain_reader::{ChainRead, ChainReader};
pub use clock::HostClock;
pub use error::CaptureError;
pub use facts::{
    Bench, ChainFacts, ClockFacts, DeviceFacts, ENGINEERING_DEFAULT, FORMAT, Facts, MAX_FACTS_BYTES,
    MarkFacts, PreviousFacts, ThresholdFacts,
};
pub use item::{Damage, End, Item, LinkKind, LinkNote, MAX_TEXT_BYTES, Read};
pub use reader::{Items, Reader};
pub use recover::{Lost, Recovery, recover};
pub use summary::Summary;
pub use writer::{CHUNK_TIME, Options, SYNC_TIME, Writer};
