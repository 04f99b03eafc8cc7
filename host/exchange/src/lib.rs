//! Other tools' formats, in and out. What they can and cannot say is in `docs/exchange.md`.

mod edges;
mod error;
mod import;
mod moments;
mod parquet;
mod perfetto;
mod sigrok;
mod vcd;

pub use edges::write_edges;
pub use error::ExchangeError;
pub use import::{Format, ImportError, Imported, Mapping, Request, Wrong, import};
pub use moments::Times;
pub use parquet::write_parquet;
pub use perfetto::write_perfetto;
pub use sigrok::write_sr;
pub use vcd::write_vcd;
