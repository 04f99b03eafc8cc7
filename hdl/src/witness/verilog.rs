//! Witness: the generated Verilog in Verilator.

use super::{Model, ModelSource, Witness, spram};
use crate::gateware::timebase::PowerUp;
use crate::stimulus::Stimulus;
use crate::{Design, Error};

/// The PLL as a wire that is locked, like its model in rust-hdl.
pub(super) const PLL_STUB: &str = include_str!("pll.v");

pub(super) struct GeneratedVerilog {
    model: Model,
    design: Design,
}

impl GeneratedVerilog {
    pub(super) fn new(design: &Design) -> Result<Self, Error> {
        // The tick at power-up is an argument of the run, so one model serves for all.
        let verilog = design.starting_at(0).verilog()?;
        let sources = vec![
            ModelSource::new("top.v", verilog),
            ModelSource::new("pll.v", PLL_STUB.into()),
            ModelSource::new("spram.v", spram::MODEL.into()),
        ];
        Ok(GeneratedVerilog { model: Model::build(&sources)?, design: *design })
    }
}

impl Witness for GeneratedVerilog {
    fn run(&self, stimulus: &Stimulus, clocks: u64) -> Result<Vec<u8>, Error> {
        let plusargs = PowerUp::new(self.design.config.start_tick).plusargs();
        self.model.run(stimulus, clocks, self.design.config.clocks_per_bit, &plusargs)
    }
}
