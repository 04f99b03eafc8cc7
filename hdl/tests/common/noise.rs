//! Noise on every pin, the same for the same seed.

use ichiscope_hdl::Config;
use ichiscope_hdl::stimulus::Stimulus;
use ichiscope_wire::{Command, LineSet};

use super::{lines, stimulus};

/// Seed of the noise, a number.
pub const SEED: &str = "ICHISCOPE_SEED";

/// The seed that is asked for, or one of the time.
pub fn seed() -> u64 {
    std::env::var(SEED).ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        now.as_nanos() as u64 >> 10
    })
}

/// Clocks that a command takes on `rxd`.
pub fn command_clocks(config: &Config) -> u64 {
    130 * u64::from(config.clocks_per_bit)
}

/// A generator of numbers for the noise, of no other use.
pub struct Noise(pub u64);

impl Noise {
    pub fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// Noise on every pin, with commands, console bytes and quiet stretches in it.
    pub fn stimulus(&mut self, config: &Config) -> Stimulus {
        let mut stimulus = stimulus(self.next(4096) as u16, &[]);
        if self.next(2) == 0 {
            stimulus.jumper = LineSet::from_bits(self.next(4096) as u16);
        }
        let (mut clock, mut pins) = (0, stimulus.pins);
        for _ in 0..self.next(4_000) {
            clock += 1 + match self.next(8) {
                0 => self.next(900),
                1 => self.next(6_000),
                _ => self.next(14),
            };
            match self.next(9) {
                0 => pins.lines = lines(self.next(4096) as u16).lines,
                1 => pins.rxd = !pins.rxd,
                2 => pins.console = !pins.console,
                3 => pins.cts = !pins.cts,
                4 | 5 => pins.adc = self.next(4096) as u16,
                _ => pins.lines = lines(pins.lines.bits() ^ 1 << self.next(11)).lines,
            }
            stimulus.changes.push((clock, pins));
        }
        stimulus.end = clock;
        let mut at = 1_000 + self.next(9_000);
        while at < clock {
            let registers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 4, 3, 12];
            let register = registers[self.next(registers.len() as u64) as usize];
            let value = match register {
                1 => self.next(60),
                2 => [0, 16, 20, 100, 333][self.next(5) as usize],
                3 => [0, 4, 5, 6][self.next(4) as usize],
                4 => self.next(200) | self.next(120) << 16,
                5 => self.next(2_000) | (2_000 + self.next(2_000)) << 12,
                6 => self.next(4),
                7 => self.next(9_000),
                8 => self.next(40),
                _ => self.next(2),
            };
            stimulus.send(config, at, &[0]);
            at += 10 * u64::from(config.clocks_per_bit);
            stimulus.command(config, at, &Command { seq: self.next(256) as u8, register, value });
            at += command_clocks(config);
            if self.next(2) == 0 {
                let bits = [16, 20, 100][self.next(3) as usize];
                stimulus.console(bits, at + self.next(50), b"\x00Noise\xFF");
            }
            at += self.next(40_000);
        }
        stimulus
    }
}
