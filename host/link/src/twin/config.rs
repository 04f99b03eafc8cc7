//! What a gateware is built with.

use ichiscope_wire::{
    Board, Configuration, Feature, Features, Identity, Line, LineSet, OLDEST_PROTOCOL_VERSION,
    PROTOCOL_VERSION,
};

use super::PIPELINE_CLOCKS;

/// What the gateware was built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// The board that START names.
    pub board: Board,
    /// Ticks per second.
    pub tick_hz: u32,
    /// The bitstream's id, 0 for the twin.
    pub bitstream_id: u32,
    /// Clocks of one UART bit, 3 or more.
    pub clocks_per_bit: u16,
    /// Clocks a new level must last, 1..=4092.
    pub deglitch_ticks: u16,
    /// The lines that there are; the others are 0. `adc` is one if there is an ADC.
    pub wired: LineSet,
    /// Records the FIFO holds, 4 or more.
    pub fifo_depth: u16,
    /// Base-2 logarithm of the heartbeat's period in ticks, 5..=28.
    pub heartbeat_log2: u8,
    /// Bits of the deglitch time: commands may set it to at most 2^`deglitch_bits` - 1.
    pub deglitch_bits: u8,
    /// The tick at clock 0.
    pub start_tick: u64,
    /// What the counters and the sample index have at power-up, cut to their width; 0 on a board.
    pub start_count: u32,
    /// It takes commands.
    pub commands: bool,
    /// It has a receiver for the debug console.
    pub console: bool,
    /// It has the output of the self-test.
    pub self_test: bool,
    /// It has the link test.
    pub link_test: bool,
    /// Its input CTS is wired.
    pub cts: bool,
    /// Its ADC, if it has one.
    pub adc: Option<AdcConfig>,
}

/// The ADC of a gateware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdcConfig {
    /// Ticks from one sample to the next, below 64.
    pub ticks_per_sample: u8,
    /// Clocks of one period of the ADC's serial clock.
    pub sclk_clocks: u8,
    /// Base-2 logarithm of the ring of samples; 0 = no windows.
    pub ring_log2: u8,
}

impl AdcConfig {
    /// The latest sampling point with which a sample's code is known before the next one begins.
    pub const fn sampling_point_max(&self) -> u8 {
        let spare = self.ticks_per_sample - 15 * self.sclk_clocks - 4;
        if spare < 7 { spare } else { 7 }
    }
}

/// Base-2 logarithm of the envelope's window at power-up: 4096 samples.
const ENVELOPE_LOG2: u8 = 12;

impl Config {
    /// Every line that has a pin.
    const WIRED: LineSet = LineSet::from_bits(0x07FF);

    /// A gateware for the lines and nothing else: 36 MHz, 3 Mbaud, id 0. It speaks version 1 of the protocol.
    pub const fn lines_only() -> Config {
        Config {
            board: Board::Twin,
            tick_hz: 36_000_000,
            bitstream_id: 0,
            clocks_per_bit: 12,
            deglitch_ticks: 9,
            wired: Config::WIRED,
            fifo_depth: 256,
            heartbeat_log2: 21,
            deglitch_bits: 10,
            start_tick: 0,
            start_count: 0,
            commands: false,
            console: false,
            self_test: false,
            link_test: false,
            cts: false,
            adc: None,
        }
    }

    /// The twin as a device of its own: it has everything.
    pub const fn twin() -> Config {
        Config {
            wired: Config::WIRED.with(Line::Adc, true),
            commands: true,
            console: true,
            self_test: true,
            link_test: true,
            cts: true,
            adc: Some(AdcConfig { ticks_per_sample: 36, sclk_clocks: 2, ring_log2: 13 }),
            ..Config::lines_only()
        }
    }

    /// An iCEBreaker whose gateware is for the lines and nothing else; `clocks_per_bit` is 12 for 3 Mbaud and 3 for 12 Mbaud.
    pub const fn icebreaker(bitstream_id: u32, clocks_per_bit: u16) -> Config {
        Config { board: Board::IceBreaker, bitstream_id, clocks_per_bit, ..Config::lines_only() }
    }

    /// Bits per second on the UART.
    pub const fn baud(&self) -> u32 {
        self.tick_hz / self.clocks_per_bit as u32
    }

    /// What START says that it has.
    pub const fn features(&self) -> Features {
        let has_window = matches!(self.adc, Some(adc) if adc.ring_log2 > 0);
        Features::NONE
            .with(Feature::Adc, self.adc.is_some())
            .with(Feature::Window, has_window)
            .with(Feature::Console, self.console)
            .with(Feature::Commands, self.commands)
            .with(Feature::SelfTest, self.self_test)
            .with(Feature::LinkTest, self.link_test)
            .with(Feature::Cts, self.cts)
    }

    /// The version of the protocol that it speaks: a gateware without any feature is one of version 1.
    pub const fn protocol(&self) -> u8 {
        if self.features().bits() == 0 { OLDEST_PROTOCOL_VERSION } else { PROTOCOL_VERSION }
    }

    /// Who it says that it is.
    pub const fn identity(&self) -> Identity {
        Identity {
            protocol: self.protocol(),
            board_code: self.board as u8,
            tick_hz: self.tick_hz as u64,
            bitstream_id: self.bitstream_id,
            baud: self.baud(),
            wired: self.wired,
            fifo_depth: self.fifo_depth,
            heartbeat_log2: self.heartbeat_log2,
            deglitch_bits: if self.features().bits() == 0 { 0 } else { self.deglitch_bits },
            features: self.features(),
        }
    }

    /// How it is set at power-up.
    pub const fn at_power_up(&self) -> Configuration {
        let (ticks_per_sample, envelope_log2, ring_log2) = match self.adc {
            Some(adc) => (adc.ticks_per_sample, ENVELOPE_LOG2, adc.ring_log2),
            None => (0, 0, 0),
        };
        Configuration {
            deglitch_ticks: self.deglitch_ticks,
            console_clocks_per_bit: 0,
            ticks_per_sample,
            sampling_point: 0,
            envelope_log2,
            ring_log2,
            window_before: 0,
            window_after: 0,
            threshold_falling: 0,
            threshold_rising: 0,
            honours_cts: false,
        }
    }

    /// Ticks from an edge at the pin to the earliest record of it, with the deglitch time of power-up.
    pub const fn edge_age(&self) -> u16 {
        self.deglitch_ticks - 1 + PIPELINE_CLOCKS as u16
    }
}
