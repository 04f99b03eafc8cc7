//! Why an export failed.

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Without a tick rate nothing can be placed in time.
    #[error("the tick rate is not known (no START block in the capture), so there are no times to export")]
    NoTickRate,
    /// A format of samples would become too large.
    #[error(
        "{samples} samples at {rate} Hz are too many (at most {most}): no lower rate has every edge on a sample. Remedy: --sample-rate HZ rounds edges to samples; VCD and CSV keep them"
    )]
    TooManySamples {
        /// How many there would be.
        samples: u128,
        /// At this rate, Hz.
        rate: u64,
        /// How many are written at most.
        most: u64,
    },
    /// The output refuses.
    #[error("cannot write: {0}")]
    Io(#[from] std::io::Error),
    /// The CSV encoder refuses.
    #[error("cannot write CSV: {0}")]
    Csv(#[from] csv::Error),
    /// The zip encoder refuses.
    #[error("cannot write the session: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The Parquet encoder refuses.
    #[error("cannot write Parquet: {0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
}
