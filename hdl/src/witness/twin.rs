//! Witness: the behavioural twin.

use ichiscope_link::twin::Twin;

use super::Witness;
use crate::stimulus::Stimulus;
use crate::{Config, Design, Error};

/// Changes handed to the twin at a time, so that its queue stays small.
const CHANGES_AT_ONCE: usize = 4096;

pub(super) struct Behaviour(Config);

impl Behaviour {
    pub(super) fn new(design: &Design) -> Self {
        Behaviour(design.config)
    }
}

impl Witness for Behaviour {
    fn run(&self, stimulus: &Stimulus, clocks: u64) -> Result<Vec<u8>, Error> {
        let mut twin = Twin::with_test_wired(self.0, stimulus.pins, stimulus.jumper);
        let mut bytes = Vec::new();
        for changes in stimulus.changes.chunks(CHANGES_AT_ONCE) {
            for (clock, pins) in changes {
                twin.set_pins(*clock, *pins);
            }
            if let Some((clock, _)) = changes.last() {
                twin.run_to((*clock).min(clocks), &mut bytes);
            }
        }
        twin.run_to(clocks, &mut bytes);
        Ok(bytes)
    }
}
