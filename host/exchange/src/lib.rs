//! Other tools' formats, in and out.

mod edges;
mod error;
mod vcd;

pub use edges::write_edges;
pub use error::ExchangeError;
pub use vcd::write_vcd;
