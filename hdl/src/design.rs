//! A board's design as text: Verilog, constraints, and the id that both share.

use rust_hdl::prelude::generate_verilog;
use sha2::{Digest, Sha256};

use crate::boards::Board;
use crate::gateware::top::{OPTIONAL_PORTS, Top};
use crate::{Config, Error};

/// A board with its gateware's settings.
#[derive(Clone, Copy, Debug)]
pub struct Design {
    /// The board.
    pub board: &'static Board,
    /// What the gateware is built with.
    pub config: Config,
}

impl Design {
    /// The design of `board` at `baud` bits per second.
    ///
    /// # Errors
    /// When the board's clock does not divide to that rate, or the design has a fault.
    pub fn new(board: &'static Board, baud: u32) -> Result<Self, Error> {
        let rate = board.bauds.iter().find(|rate| rate.0 == baud);
        let (_, clocks_per_bit) = rate.ok_or_else(|| Error::Baud {
            baud,
            board: board.name,
            possible: board.bauds.iter().map(|rate| rate.0.to_string()).collect::<Vec<_>>().join(", "),
        })?;
        let without_id = Design { board, config: Config { clocks_per_bit: *clocks_per_bit, ..board.config } };
        let digest = Sha256::digest(without_id.verilog()?);
        let id = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
        Ok(Design { board, config: Config { bitstream_id: id, ..without_id.config } })
    }

    /// The same with another tick at clock 0.
    #[must_use]
    pub const fn starting_at(self, start_tick: u64) -> Self {
        Design { config: Config { start_tick, ..self.config }, ..self }
    }

    pub(crate) fn top(&self) -> Result<Top, Error> {
        Top::new(&self.config, self.board.pll)
    }

    /// The whole design; its top module is `top`.
    ///
    /// # Errors
    /// When rust-hdl finds a fault in the design.
    pub fn verilog(&self) -> Result<String, Error> {
        let text = generate_verilog(&self.top()?);
        // The generator leaves blank space at line ends, which differs from nothing but is no use.
        let mut text: String = text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
        for (port, idle) in OPTIONAL_PORTS {
            if !self.board.pins.iter().any(|pin| pin.port == port) {
                text = without_port(&text, port, idle);
            }
        }
        Ok(text)
    }
}

/// The Verilog with the top's port as a signal of its own: an input has its idle level, an output ends there.
fn without_port(text: &str, port: &str, idle: Option<bool>) -> String {
    let (input, output) = (format!("    input wire  {port};\n"), format!("    output reg  {port};\n"));
    let inside = match idle {
        Some(level) => format!("    wire  {port} = 1'b{};\n", u8::from(level)),
        None => format!("    reg  {port};\n"),
    };
    // The top comes first, so its ports are the first ones of that name.
    let text = text.replacen(&format!(",{port}"), "", 1);
    text.replacen(if idle.is_some() { &input } else { &output }, &inside, 1)
}
