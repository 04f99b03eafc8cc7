//! Why an exchange failed.

/// Why an exchange failed.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Without a tick rate nothing can be placed in time.
    #[error("the tick rate is not known (no START block in the capture), so there are no times to export")]
    NoTickRate,
    /// The output refuses.
    #[error("cannot write: {0}")]
    Io(#[from] std::io::Error),
    /// The CSV encoder refuses.
    #[error("cannot write CSV: {0}")]
    Csv(#[from] csv::Error),
}
