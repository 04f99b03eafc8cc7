//! What can go wrong between a design and its bytes.

use std::path::PathBuf;

/// An error of the gateware's tools.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting does not fit the gateware's registers.
    #[error("the gateware cannot have {what} = {value}. Remedy: choose {least} to {most}")]
    Config {
        /// Which setting.
        what: &'static str,
        /// What was asked for.
        value: u16,
        /// The least that fits.
        least: u16,
        /// The most that fits.
        most: u16,
    },
    /// The UART would not be exact.
    #[error("the {board} cannot send at exactly {baud} baud. Remedy: choose one of {possible}")]
    Baud {
        /// What was asked for.
        baud: u32,
        /// The board.
        board: &'static str,
        /// What it can.
        possible: String,
    },
    /// rust-hdl refused the design.
    #[error("the design has a fault, says rust-hdl's check: {0}")]
    Design(String),
    /// The simulation did not settle.
    #[error("the design oscillates within one clock edge")]
    Oscillates,
    /// The bytes on `txd` are none.
    #[error("txd has a wrong start or stop bit at clock {clock}")]
    Framing {
        /// Where.
        clock: u64,
    },
    /// A program is missing.
    #[error("{tool} is not installed. Remedy: install the package {package}")]
    Missing {
        /// The program.
        tool: String,
        /// The package that has it.
        package: &'static str,
    },
    /// A program failed.
    #[error("{tool} failed: {reason}")]
    Tool {
        /// The program.
        tool: String,
        /// What it said.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The stimulus cannot be used.
    #[error("{}: {reason}", path.display())]
    Stimulus {
        /// The file.
        path: PathBuf,
        /// Why, and the remedy.
        reason: String,
    },
    /// An entry of a file of commands cannot be used.
    #[error("{}:{line}: {reason}", path.display())]
    Commands {
        /// The file.
        path: PathBuf,
        /// Which line.
        line: usize,
        /// Why, and the remedy.
        reason: String,
    },
    /// The bitstream is not fit to be used.
    #[error("bitstream: {0}")]
    Bitstream(String),
}
