//! A twin as a transport: a script of what is at the pins, and what the host sends.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use ichiscope_wire::{Command, LineSet, Request};

use super::{Config, Pins, Twin};
use crate::{LinkError, LinkEvent, LinkInfo, Received, Transport};

/// As often as an FTDI chip hands over a half-filled packet with a latency timer of 2 ms.
const LATENCY: Duration = Duration::from_millis(2);
/// At most this many bytes in one poll.
const POLL_BYTES: u64 = 1 << 16;
const NANOS_PER_SECOND: u128 = 1_000_000_000;
/// Changes of the ADC's input that the twin is told at a time, so that its queue stays small.
const CODES_AT_ONCE: usize = 1 << 12;
/// Start bit, eight data bits, stop bit.
const BITS_PER_BYTE: u64 = 10;

/// What the pins do. All lists are in order of clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The gateware.
    pub config: Config,
    /// Levels at clock 0.
    pub levels: LineSet,
    /// Levels from a clock on.
    pub changes: Vec<(u64, LineSet)>,
    /// Codes of the ADC from a clock on; 0 before.
    pub codes: Vec<(u64, u16)>,
    /// What the debug console says from a clock on.
    pub console: Vec<(u64, String)>,
    /// Bits per second of the console.
    pub console_baud: u32,
    /// What a host asks for at a clock.
    pub requests: Vec<(u64, Request)>,
    /// Lines that a wire brings the output `test` to.
    pub test_drives: LineSet,
    /// The first clock that is no longer run.
    pub end: u64,
}

impl Script {
    /// Lines that stay as they are until `end`; nothing else happens.
    pub fn quiet(config: Config, levels: LineSet, end: u64) -> Script {
        Script {
            config,
            levels,
            changes: Vec::new(),
            codes: Vec::new(),
            console: Vec::new(),
            console_baud: 115_200,
            requests: Vec::new(),
            test_drives: LineSet::EMPTY,
            end,
        }
    }
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
    /// What of the script the twin knows.
    told: Told,
    clock: u64,
    begun: Option<Instant>,
    /// Bytes of the host that the board has not begun to receive.
    to_board: VecDeque<u8>,
    /// The line to the board is free from this clock on.
    to_board_free: u64,
    requests_sent: u8,
}

/// Places in the script's lists.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    changes: usize,
    codes: usize,
    console: usize,
    requests: usize,
}

impl TwinTransport {
    /// The device of `script`, at its power-up.
    pub fn new(script: Script, pace: Pace) -> Self {
        let twin = Twin::with_test_wired(script.config, script.levels, script.test_drives);
        TwinTransport {
            script,
            pace,
            twin,
            told: Told::default(),
            clock: 0,
            begun: None,
            to_board: VecDeque::new(),
            to_board_free: 0,
            requests_sent: 0,
        }
    }

    /// Runs to `clock`, the script's end, or until a poll's worth of bytes is there, whichever is first.
    fn run_towards(&mut self, clock: u64, bytes: &mut Vec<u8>) {
        let clocks_per_byte = BITS_PER_BYTE * u64::from(self.script.config.clocks_per_bit);
        let clock = clock.min(self.script.end).min(self.clock + POLL_BYTES * clocks_per_byte);
        self.tell_lines(clock);
        self.tell_console(clock);
        self.tell_requests(clock);
        self.tell_host_bytes();
        while let Some(until) = self.tell_codes(clock) {
            self.twin.run_to(until, bytes);
        }
        self.twin.run_to(clock, bytes);
        self.clock = clock;
    }

    fn tell_lines(&mut self, clock: u64) {
        while let Some((at, levels)) = self.script.changes.get(self.told.changes).filter(|c| c.0 < clock) {
            self.twin.set_levels(*at, *levels);
            self.told.changes += 1;
        }
    }

    fn tell_console(&mut self, clock: u64) {
        let Config { tick_hz, .. } = self.script.config;
        let bit_clock = |bit: u64| bit * u64::from(tick_hz) / u64::from(self.script.console_baud.max(1));
        while let Some((at, text)) = self.script.console.get(self.told.console).filter(|c| c.0 < clock) {
            for (byte, place) in text.bytes().zip(0..) {
                for (bit, level) in bits(byte) {
                    let clock = at + bit_clock(place * BITS_PER_BYTE + bit);
                    self.twin.set_pins(clock, Pins { console: level, ..self.twin.pins() });
                }
            }
            self.told.console += 1;
        }
    }

    fn tell_requests(&mut self, clock: u64) {
        while let Some((at, request)) = self.script.requests.get(self.told.requests).filter(|r| r.0 < clock) {
            let command = Command::new(self.requests_sent, *request);
            self.to_board_free = self.to_board_free.max(*at);
            self.to_board.extend(command.encode());
            self.requests_sent = self.requests_sent.wrapping_add(1);
            self.told.requests += 1;
            self.tell_host_bytes();
        }
    }

    /// Bytes of the host reach the board's pin one after the other, from now on.
    fn tell_host_bytes(&mut self) {
        let clocks_per_bit = u64::from(self.script.config.clocks_per_bit);
        while let Some(byte) = self.to_board.pop_front() {
            let start = self.to_board_free.max(self.clock);
            for (bit, level) in bits(byte) {
                let clock = start + bit * clocks_per_bit;
                self.twin.set_pins(clock, Pins { rxd: level, ..self.twin.pins() });
            }
            self.to_board_free = start + BITS_PER_BYTE * clocks_per_bit;
        }
    }

    /// Tells some codes; gives the clock up to which they are known, if there are more before `clock`.
    fn tell_codes(&mut self, clock: u64) -> Option<u64> {
        let codes = &self.script.codes[self.told.codes..];
        let count = codes.iter().take(CODES_AT_ONCE).take_while(|change| change.0 < clock).count();
        for (at, code) in &codes[..count] {
            self.twin.set_pins(*at, Pins { adc: *code, ..self.twin.pins() });
        }
        self.told.codes += count;
        self.script.codes.get(self.told.codes).map(|change| change.0).filter(|at| *at < clock)
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

    /// The bytes begin to arrive at the board with the next poll.
    fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.to_board.extend(bytes);
        Ok(())
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

/// The levels of a byte on a serial line, each with the number of its bit.
fn bits(byte: u8) -> impl Iterator<Item = (u64, bool)> {
    (0..BITS_PER_BYTE).map(move |bit| {
        let level = match bit {
            0 => false,
            9 => true,
            bit => byte >> (bit - 1) & 1 == 1,
        };
        (bit, level)
    })
}
