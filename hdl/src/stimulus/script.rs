//! A script that the twin plays as levels of a gateware's pins.

use ichiscope_link::twin::{Pins, Script};
use ichiscope_wire::{COMMAND_LEN, Command, LineSet};

use super::Stimulus;
use super::serial::levels_at;

const BITS_PER_BYTE: u64 = 10;

impl Stimulus {
    /// What `script` does at the pins; lines that are not wired are 0.
    pub fn of_script(script: &Script) -> Stimulus {
        let wired = script.config.wired;
        let lines = |levels: LineSet| LineSet::from_bits(levels.bits() & wired.bits());
        let mut stimulus = Stimulus {
            pins: Pins::idle(lines(script.levels)),
            jumper: script.test_drives,
            ..Stimulus::default()
        };
        let levels: Vec<(u64, LineSet)> =
            script.changes.iter().map(|(clock, levels)| (*clock, lines(*levels))).collect();
        stimulus.overlay(&levels, |pins, levels| pins.lines = levels);
        stimulus.overlay(&script.codes, |pins, code| pins.adc = code);
        stimulus.overlay(&console(script), |pins, level| pins.console = level);
        stimulus.overlay(&commands(script), |pins, level| pins.rxd = level);
        stimulus.end = script.end;
        stimulus
    }
}

fn console(script: &Script) -> Vec<(u64, bool)> {
    let (tick_hz, baud) = (u64::from(script.config.tick_hz), u64::from(script.console_baud.max(1)));
    let said = |(clock, text): &(u64, String)| levels_at(|bit| clock + bit * tick_hz / baud, text.as_bytes());
    script.console.iter().flat_map(said).collect()
}

/// A command begins at its clock, or when the one before has been sent.
fn commands(script: &Script) -> Vec<(u64, bool)> {
    let clocks_per_bit = u64::from(script.config.clocks_per_bit);
    let (mut free, mut levels) = (0, Vec::new());
    for ((clock, request), seq) in script.requests.iter().zip((0..=u8::MAX).cycle()) {
        let begin = free.max(*clock);
        levels.extend(levels_at(|bit| begin + bit * clocks_per_bit, &Command::new(seq, *request).encode()));
        free = begin + COMMAND_LEN as u64 * BITS_PER_BYTE * clocks_per_bit;
    }
    levels
}
