//! What a board is: a chip, a clock and pins. One file each.

mod alchitry_cu;
mod icebreaker;
mod icestick;
mod simulated;

use ichiscope_link::twin::Config;

use crate::gateware::pll::PllSettings;

/// A supported board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum BoardName {
    /// iCEBreaker, iCE40 UP5K.
    #[value(name = "icebreaker")]
    IceBreaker,
    /// Alchitry Cu, iCE40 HX8K.
    #[value(name = "alchitry-cu")]
    AlchitryCu,
    /// iCEstick, iCE40 HX1K.
    #[value(name = "icestick")]
    IceStick,
}

impl BoardName {
    /// Every board.
    pub const ALL: [BoardName; 3] = [BoardName::IceBreaker, BoardName::AlchitryCu, BoardName::IceStick];

    /// What there is to know about it.
    pub const fn board(self) -> &'static Board {
        match self {
            BoardName::IceBreaker => &icebreaker::BOARD,
            BoardName::AlchitryCu => &alchitry_cu::BOARD,
            BoardName::IceStick => &icestick::BOARD,
        }
    }
}

/// What the recordings in `captures/` are of: every pin, no chip. Nothing can be built for it.
pub const SIMULATED: &Board = &simulated::BOARD;

/// A port of the design and where it is on the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The port's name; for a line, the line's name.
    pub port: &'static str,
    /// The ball or pin of the package.
    pub location: &'static str,
    /// Where a wire from outside meets it; empty where it only goes to another chip on the board.
    pub connector: &'static str,
    /// With the chip's weak pull-up, for inputs that are often left open.
    pub pull_up: bool,
}

/// A board.
#[derive(Debug)]
pub struct Board {
    /// As on the command line and as the folder in `bitstreams/`.
    pub name: &'static str,
    /// The gateware with bitstream id 0, at the default baud rate.
    pub config: Config,
    /// The rates at which the UART is exact, and clocks per bit.
    pub bauds: &'static [(u32, u16)],
    /// Frequency of the clock pin in hertz.
    pub clock_hz: u32,
    /// All ports.
    pub pins: &'static [Pin],
    /// Yosys' name of the family: `u` or `hx`.
    pub family: &'static str,
    /// What Yosys gets besides.
    pub synthesis: &'static str,
    /// nextpnr's seed: any gives a bitstream that behaves the same, some give one with more time to spare.
    pub seed: u32,
    /// The slowest path must allow this many percent of the clock's frequency.
    pub timing_percent: u64,
    /// nextpnr's name of the chip.
    pub device: &'static str,
    /// The package.
    pub package: &'static str,
    pub(crate) pll: PllSettings,
}

impl Board {
    /// The frequency that the PLL's settings give, in hertz.
    pub fn pll_hz(&self) -> u32 {
        let PllSettings { divr, divf, divq, .. } = self.pll;
        (self.clock_hz / (u32::from(divr) + 1) * (u32::from(divf) + 1)) >> divq
    }

    /// The physical constraints, one `set_io` for each port.
    pub fn pcf(&self) -> String {
        let set_io = |pin: &Pin| {
            let pull_up = if pin.pull_up { "-pullup yes " } else { "" };
            format!("set_io {pull_up}{} {}\n", pin.port, pin.location)
        };
        self.pins.iter().map(set_io).collect()
    }
}

/// A port that only goes to another chip on the board.
const fn within(port: &'static str, location: &'static str) -> Pin {
    on(port, location, "")
}

const fn on(port: &'static str, location: &'static str, connector: &'static str) -> Pin {
    Pin { port, location, connector, pull_up: false }
}

const fn pulled_up(port: &'static str, location: &'static str, connector: &'static str) -> Pin {
    Pin { port, location, connector, pull_up: true }
}
