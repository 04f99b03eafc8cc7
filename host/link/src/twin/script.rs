//! A twin as a transport: a script of levels instead of pins.

use std::time::{Duration, Instant};

use ichiscope_wire::LineSet;

use super::{Config, Twin};
use crate::{LinkError, LinkEvent, LinkInfo, Received, Transport};

/// As often as an FTDI chip hands over a half-filled packet with a latency timer of 2 ms.
const LATENCY: Duration = Duration::from_millis(2);
/// At most this many bytes in one poll.
const POLL_BYTES: u64 = 1 << 16;
const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// What the pins do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The gateware.
    pub config: Config,
    /// Levels at clock 0.
    pub levels: LineSet,
    /// Levels from a clock on, in order of clocks.
    pub changes: Vec<(u64, LineSet)>,
    /// The first clock that is no longer run.
    pub end: u64,
}

/// How fast the device's time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As on a bench; time begins with the first poll.
    RealTime,
    /// As fast as bytes are asked for.
    AsRead,
}

/// A device that is a script and a twin.
#[derive(Clone, Debug)]
pub struct TwinTransport {
    script: Script,
    pace: Pace,
    twin: Twin,
    /// Changes of the script that the twin knows.
    changes_set: usize,
    clock: u64,
    begun: Option<Instant>,
}

impl TwinTransport {
    /// The device of `script`, at its power-up.
    pub fn new(script: Script, pace: Pace) -> Self {
        let twin = Twin::new(script.config, script.levels);
        TwinTransport { script, pace, twin, changes_set: 0, clock: 0, begun: None }
    }

    /// Runs to `clock`, the script's end, or until a poll's worth of bytes is there, whichever is first.
    fn run_towards(&mut self, clock: u64, bytes: &mut Vec<u8>) {
        let clocks_per_byte = 10 * u64::from(self.script.config.clocks_per_bit);
        let clock = clock.min(self.script.end).min(self.clock + POLL_BYTES * clocks_per_byte);
        while let Some((at, levels)) = self.script.changes.get(self.changes_set).filter(|c| c.0 < clock) {
            self.twin.set_levels(*at, *levels);
            self.changes_set += 1;
        }
        self.twin.run_to(clock, bytes);
        self.clock = clock;
    }

    fn poll_in_real_time(&mut self, bytes: &mut Vec<u8>, wait: Duration) {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let called = Instant::now();
        let before = bytes.len();
        loop {
            let elapsed = begun.elapsed().as_nanos() * u128::from(self.script.config.tick_hz);
            self.run_towards((elapsed / NANOS_PER_SECOND) as u64, bytes);
            let left = wait.saturating_sub(called.elapsed());
            if bytes.len() > before || self.is_over() || left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(LATENCY));
        }
    }

    fn is_over(&self) -> bool {
        self.clock == self.script.end
    }
}

impl Transport for TwinTransport {
    fn poll(
        &mut self,
        bytes: &mut Vec<u8>,
        _events: &mut Vec<LinkEvent>,
        wait: Duration,
    ) -> Result<Received, LinkError> {
        let before = bytes.len();
        match self.pace {
            Pace::RealTime => self.poll_in_real_time(bytes, wait),
            Pace::AsRead => {
                while bytes.len() == before && !self.is_over() {
                    self.run_towards(self.script.end, bytes);
                }
            }
        }
        Ok(match bytes.len() - before {
            0 if self.is_over() => Received::End,
            0 => Received::Idle,
            count => Received::Bytes(count),
        })
    }

    fn send(&mut self, _bytes: &[u8]) -> Result<(), LinkError> {
        Err(LinkError::TakesNothing { device: "the twin".into() })
    }

    fn set_flow_control(&mut self, _on: bool) -> Result<(), LinkError> {
        Ok(())
    }

    fn info(&self) -> LinkInfo {
        LinkInfo {
            serial: "twin".into(),
            description: "twin of the gateware (a model: the data are simulated)".into(),
            baud: self.script.config.baud(),
            simulated: true,
        }
    }
}
