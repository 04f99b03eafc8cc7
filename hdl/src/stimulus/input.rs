//! The inputs of the gateware that a stimulus can drive, with their names.

use ichiscope_wire::{Line, LineSet};

use super::Pins;
use crate::Config;

/// Bits of the ADC's code.
const CODE_BITS: u8 = 12;

/// One bit of the pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Input {
    Line(Line),
    Console,
    Rxd,
    Cts,
    /// A bit of the code that the ADC converts.
    Code(u8),
}

impl Input {
    /// All of them. The line `adc` is none: the gateware makes it from the codes.
    pub(super) fn all() -> impl Iterator<Item = Input> {
        let lines = Line::ALL.into_iter().filter(|line| *line != Line::Adc).map(Input::Line);
        let codes = (0..CODE_BITS).map(Input::Code);
        lines.chain([Input::Console, Input::Rxd, Input::Cts]).chain(codes)
    }

    /// Its name; for a bit of the code, that of the whole.
    pub(super) fn name(self) -> &'static str {
        match self {
            Input::Line(line) => line.name(),
            Input::Console => "console",
            Input::Rxd => "rxd",
            Input::Cts => "cts",
            Input::Code(_) => "adc",
        }
    }

    /// The vector that it may be in, and its bit there: `rail0` is bit 0 of `rail`.
    pub(super) fn indexed(self) -> Option<(&'static str, i32)> {
        if let Input::Code(bit) = self {
            return Some((self.name(), bit.into()));
        }
        let name = self.name();
        let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
        Some((base, name[base.len()..].parse().ok()?))
    }

    /// Whether the gateware looks at it.
    pub(super) fn is_wired(self, config: &Config) -> bool {
        match self {
            Input::Line(line) => config.wired.contains(line),
            Input::Console => config.console,
            Input::Rxd => config.commands,
            Input::Cts => config.cts,
            Input::Code(_) => config.adc.is_some(),
        }
    }

    /// Sets it in `pins`.
    pub(super) fn set(self, pins: &mut Pins, level: bool) {
        match self {
            Input::Line(line) => pins.lines = LineSet::with(pins.lines, line, level),
            Input::Console => pins.console = level,
            Input::Rxd => pins.rxd = level,
            Input::Cts => pins.cts = level,
            Input::Code(bit) => pins.adc = pins.adc & !(1 << bit) | u16::from(level) << bit,
        }
    }
}

/// The names in a message.
pub(super) fn names() -> String {
    let mut names: Vec<&str> = Input::all().map(Input::name).collect();
    names.dedup();
    names.join(", ")
}
