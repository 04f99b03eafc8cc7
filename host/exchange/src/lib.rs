//! Other tools' formats, in and out.

mod edges;
mod error;
mod import;
mod vcd;

pub use edges::write_edges;
pub use error::ExchangeError;
pub use import::{Format, ImportError, Imported, Mapping, Request, Wrong, import};
pub use vcd::write_vcd;
