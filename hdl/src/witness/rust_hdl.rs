//! Witness: the design in rust-hdl's simulator, clock by clock.

use std::time::{Duration, Instant};

use ichiscope_wire::LineSet;

use super::Witness;
use crate::converter::Converter;
use crate::receiver::{FramingError, Receiver};
use crate::stimulus::{Pins, Stimulus};
use crate::{Design, Error};

const PROGRESS_EVERY: Duration = Duration::from_secs(5);
/// Clocks between two looks at the time.
const PROGRESS_CLOCKS: u64 = 1 << 14;

pub(super) struct Simulator(Design);

impl Simulator {
    pub(super) fn new(design: &Design) -> Self {
        Simulator(*design)
    }
}

impl Witness for Simulator {
    fn run(&self, stimulus: &Stimulus, clocks: u64) -> Result<Vec<u8>, Error> {
        let mut top = self.0.top()?;
        let mut receiver = Receiver::new(self.0.config.clocks_per_bit);
        let mut changes = stimulus.changes.iter().peekable();
        let mut pins = stimulus.pins;
        let jumper = if self.0.config.self_test { stimulus.jumper } else { LineSet::EMPTY };
        let mut test = jumper;
        let mut converter = Converter::default();
        let mut bytes = Vec::new();
        let mut told = Instant::now();
        for clock in 0..clocks {
            while let Some((_, next)) = changes.next_if(|change| change.0 <= clock) {
                pins = *next;
            }
            let lines = LineSet::from_bits(pins.lines.bits() & !jumper.bits() | test.bits());
            let outputs = top.cycle(Pins { lines, ..pins }, converter.data())?;
            test = if outputs.test { jumper } else { LineSet::EMPTY };
            converter.clock(outputs.adc_cs, outputs.adc_sclk, pins.adc);
            let byte = receiver.sample(outputs.txd);
            bytes.extend(byte.map_err(|FramingError| Error::Framing { clock })?);
            if clock % PROGRESS_CLOCKS == 0 && told.elapsed() >= PROGRESS_EVERY {
                eprintln!("rust-hdl: {clock} of {clocks} clocks");
                told = Instant::now();
            }
        }
        Ok(bytes)
    }
}
