//! What the pins do, in clocks.

mod commands;
mod input;
mod script;
mod serial;
mod vcd;

use std::path::Path;

use ichiscope_wire::{FRAME_LEN, LineSet};

use crate::{Config, Design, Error};

use commands::Fault;
pub use ichiscope_link::twin::Pins;
pub use serial::uart_levels;
pub use vcd::PinMap;

/// Records beyond a full FIFO for which a run waits: a START block, a heartbeat with its counters, some to spare.
const RECORDS_TO_SPARE: u64 = 32;
const BITS_PER_BYTE: u64 = 10;

/// Levels by clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stimulus {
    /// Levels at clock 0.
    pub pins: Pins,
    /// Levels from a clock on, clocks rising.
    pub changes: Vec<(u64, Pins)>,
    /// The lines to which a wire brings the output `test`, if the board has it; `pins` and `changes` do not matter there.
    pub jumper: LineSet,
    /// The first clock at or after the stimulus' end.
    pub end: u64,
}

impl Stimulus {
    /// Reads a VCD file; also returns warnings for the user. A pin's level at clock k is its value at time k / `tick_hz`.
    ///
    /// # Errors
    /// When the file cannot be read, is no VCD, or names no pin.
    pub fn read_vcd(path: &Path, config: &Config, map: &[PinMap]) -> Result<(Stimulus, Vec<String>), Error> {
        let file = std::fs::File::open(path).map_err(|error| Error::Io { path: path.to_owned(), error })?;
        vcd::read(std::io::BufReader::new(file), config, map)
            .map_err(|reason| Error::Stimulus { path: path.to_owned(), reason })
    }

    /// Lays what a text file tells over it: commands, bytes, console, ADC, CTS (`docs/stimulus.md`).
    ///
    /// # Errors
    /// When the file cannot be read, an entry makes no sense, or the board lacks what an entry is for.
    pub fn add_commands(&mut self, path: &Path, design: &Design) -> Result<(), Error> {
        let text = std::fs::read(path).map_err(|error| Error::Io { path: path.to_owned(), error })?;
        commands::add(self, &text, design).map_err(|Fault { line, reason }| Error::Commands {
            path: path.to_owned(),
            line,
            reason,
        })
    }

    /// Clocks for the stimulus and for everything it can have caused to leave the UART: a FIFO full of records.
    pub fn clocks_to_drain(&self, config: &Config) -> u64 {
        let records = u64::from(config.fifo_depth) + RECORDS_TO_SPARE;
        self.end + records * FRAME_LEN as u64 * BITS_PER_BYTE * u64::from(config.clocks_per_bit)
    }
}
