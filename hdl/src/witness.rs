//! Witnesses: different executions of the same gateware, which must give the same bytes.

mod bitstream;
mod rust_hdl;
mod spram;
mod twin;
mod verilated;
mod verilog;

use crate::stimulus::Stimulus;
use crate::{Design, Error};

pub use verilated::{Model, ModelSource};

/// Who runs the gateware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum WitnessName {
    /// The behavioural model that the host uses.
    Twin,
    /// rust-hdl's own simulator, about 100 000 clocks a second.
    RustHdl,
    /// The generated Verilog in Verilator, more than 10 million clocks a second.
    Verilog,
    /// The netlist read back from the committed bitstream, in Verilator.
    Bitstream,
    /// The netlist read back from a bitstream that the system's own Yosys and nextpnr make, in Verilator.
    SecondOpinion,
}

impl WitnessName {
    /// Every witness.
    pub const ALL: [WitnessName; 5] = [
        WitnessName::Twin,
        WitnessName::RustHdl,
        WitnessName::Verilog,
        WitnessName::Bitstream,
        WitnessName::SecondOpinion,
    ];

    /// Gets the witness ready to run `design`.
    ///
    /// # Errors
    /// When the design has a fault or a program that the witness needs is missing.
    pub fn prepare(self, design: &Design) -> Result<Box<dyn Witness>, Error> {
        Ok(match self {
            WitnessName::Twin => Box::new(twin::Behaviour::new(design)),
            WitnessName::RustHdl => Box::new(rust_hdl::Simulator::new(design)),
            WitnessName::Verilog => Box::new(verilog::GeneratedVerilog::new(design)?),
            WitnessName::Bitstream => Box::new(bitstream::Netlist::new(design)?),
            WitnessName::SecondOpinion => Box::new(bitstream::Netlist::second_opinion(design)?),
        })
    }
}

/// One execution of a design.
pub trait Witness {
    /// Powers the design up, gives its pins the stimulus, and returns every byte whose stop bit was sampled before
    /// clock `clocks`.
    ///
    /// # Errors
    /// When the execution fails.
    fn run(&self, stimulus: &Stimulus, clocks: u64) -> Result<Vec<u8>, Error>;
}
