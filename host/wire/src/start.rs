//! The START block: who sends, and how it is set. All pages are packed and read here.

use crate::{Features, LineSet, Start};

/// The protocol version that this crate writes.
pub const PROTOCOL_VERSION: u8 = 2;
/// The oldest version that it reads.
pub const OLDEST_PROTOCOL_VERSION: u8 = 1;
/// Pages of a START block.
pub const START_PAGES: u8 = 12;
/// Pages of a START block in version 1.
pub const START_PAGES_VERSION_1: u8 = 8;
/// Flag in page PROTOCOL: first START since power-up.
pub const FLAG_FIRST_START: u8 = 1;
/// Flag in page PROTOCOL: page TICK_HZ is in kHz.
pub const FLAG_TICK_KHZ: u8 = 2;

/// Bit of page FEATURES: CTS is honoured now.
const CTS_HONOURED: u32 = 1 << 16;
const CODE_MASK: u16 = 0x0FFF;

/// How many pages the START block of a version has.
pub const fn start_pages(version: u8) -> u8 {
    if version <= OLDEST_PROTOCOL_VERSION { START_PAGES_VERSION_1 } else { START_PAGES }
}

/// Which board sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Board {
    /// A model of the gateware: the data are simulated.
    Twin = 0,
    /// iCEBreaker, iCE40 UP5K.
    IceBreaker = 1,
    /// Alchitry Cu, iCE40 HX8K.
    AlchitryCu = 2,
    /// iCEstick, iCE40 HX1K.
    IceStick = 3,
    /// No board: imported from another tool's file. Loss and clock are not proven by it.
    Import = 4,
}

impl Board {
    /// The board of that code.
    pub const fn from_code(code: u8) -> Option<Board> {
        match code {
            0 => Some(Board::Twin),
            1 => Some(Board::IceBreaker),
            2 => Some(Board::AlchitryCu),
            3 => Some(Board::IceStick),
            4 => Some(Board::Import),
            _ => None,
        }
    }

    /// The name used in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Board::Twin => "twin",
            Board::IceBreaker => "icebreaker",
            Board::AlchitryCu => "alchitry-cu",
            Board::IceStick => "icestick",
            Board::Import => "import",
        }
    }
}

/// A page of the START block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum StartPage {
    /// Version, board, number of pages, flags.
    Protocol = 0,
    /// Ticks per second; in thousands with [`FLAG_TICK_KHZ`].
    TickHz = 1,
    /// The bitstream's id.
    Bitstream = 2,
    /// Bits per second on the UART.
    Baud = 3,
    /// Levels and wired lines.
    Lines = 4,
    /// Deglitch time in ticks.
    Deglitch = 5,
    /// FIFO depth, heartbeat period, bits of the deglitch time.
    Capacity = 6,
    /// What this gateware has.
    Features = 7,
    /// Clocks per bit of the console.
    Console = 8,
    /// Ticks per sample, sampling point, envelope, ring.
    Adc = 9,
    /// Samples before and after a crossing.
    Window = 10,
    /// Thresholds on the ADC.
    Threshold = 11,
}

impl StartPage {
    /// All pages, in order.
    pub const ALL: [StartPage; START_PAGES as usize] = [
        StartPage::Protocol,
        StartPage::TickHz,
        StartPage::Bitstream,
        StartPage::Baud,
        StartPage::Lines,
        StartPage::Deglitch,
        StartPage::Capacity,
        StartPage::Features,
        StartPage::Console,
        StartPage::Adc,
        StartPage::Window,
        StartPage::Threshold,
    ];
}

/// What never changes on a board: which gateware it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Protocol version.
    pub protocol: u8,
    /// Board code; see [`Identity::board`].
    pub board_code: u8,
    /// Ticks per second, below 2^42. Above 2^32 a multiple of 1000.
    pub tick_hz: u64,
    /// The bitstream's id.
    pub bitstream_id: u32,
    /// Bits per second on the UART.
    pub baud: u32,
    /// Lines that are wired.
    pub wired: LineSet,
    /// FIFO depth in records.
    pub fifo_depth: u16,
    /// log2 of the heartbeat's period in ticks.
    pub heartbeat_log2: u8,
    /// Bits of the deglitch time: the longest is 2^`deglitch_bits` - 1 ticks. 0 in version 1, where nothing sets it.
    pub deglitch_bits: u8,
    /// What this gateware has.
    pub features: Features,
}

impl Identity {
    /// The board, if this program knows it.
    pub const fn board(&self) -> Option<Board> {
        Board::from_code(self.board_code)
    }

    /// Whether the data come from a model and not from hardware.
    pub const fn is_simulated(&self) -> bool {
        matches!(self.board(), Some(Board::Twin))
    }

    /// Whether the data come from another tool's file, which proves neither that nothing was lost nor its clock.
    pub const fn is_imported(&self) -> bool {
        matches!(self.board(), Some(Board::Import))
    }
}

/// How a board is set now: what commands change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Ticks that a new level must last.
    pub deglitch_ticks: u16,
    /// Clocks of one bit of the console; 0 = off.
    pub console_clocks_per_bit: u16,
    /// Ticks from one sample of the ADC to the next; 0 without an ADC. No command changes it.
    pub ticks_per_sample: u8,
    /// Clocks by which the ADC's data are taken later.
    pub sampling_point: u8,
    /// log2 of the envelope's window in samples; 0 = off.
    pub envelope_log2: u8,
    /// log2 of the ring of samples; 0 = no windows. No command changes it.
    pub ring_log2: u8,
    /// Samples of a window before the crossing.
    pub window_before: u16,
    /// Samples of a window from the crossing on. With `window_before` 0: off.
    pub window_after: u16,
    /// ADC code below which the line `adc` falls; 0 with `threshold_rising`: off.
    pub threshold_falling: u16,
    /// ADC code from which on the line `adc` rises.
    pub threshold_rising: u16,
    /// The board sends only while CTS is low.
    pub honours_cts: bool,
}

/// A whole START block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartBlock {
    /// It is the first since power-up.
    pub is_first: bool,
    /// Who sends.
    pub identity: Identity,
    /// How it is set.
    pub configuration: Configuration,
    /// Levels of all lines.
    pub levels: LineSet,
}

impl StartBlock {
    /// The value of one page.
    pub const fn page(&self, page: StartPage) -> u32 {
        let (identity, set) = (&self.identity, &self.configuration);
        let in_khz = identity.tick_hz > u32::MAX as u64;
        match page {
            StartPage::Protocol => u32::from_le_bytes([
                identity.protocol,
                identity.board_code,
                start_pages(identity.protocol),
                (if self.is_first { FLAG_FIRST_START } else { 0 }) | if in_khz { FLAG_TICK_KHZ } else { 0 },
            ]),
            StartPage::TickHz => (if in_khz { identity.tick_hz / 1000 } else { identity.tick_hz }) as u32,
            StartPage::Bitstream => identity.bitstream_id,
            StartPage::Baud => identity.baud,
            StartPage::Lines => self.levels.bits() as u32 | (identity.wired.bits() as u32) << 12,
            StartPage::Deglitch => set.deglitch_ticks as u32,
            StartPage::Capacity => {
                identity.fifo_depth as u32
                    | (identity.heartbeat_log2 as u32) << 16
                    | (identity.deglitch_bits as u32) << 24
            }
            StartPage::Features => {
                identity.features.bits() as u32 | if set.honours_cts { CTS_HONOURED } else { 0 }
            }
            StartPage::Console => set.console_clocks_per_bit as u32,
            StartPage::Adc => u32::from_le_bytes([
                set.ticks_per_sample,
                set.sampling_point,
                set.envelope_log2,
                set.ring_log2,
            ]),
            StartPage::Window => set.window_before as u32 | (set.window_after as u32) << 16,
            StartPage::Threshold => {
                (set.threshold_falling & CODE_MASK) as u32 | ((set.threshold_rising & CODE_MASK) as u32) << 12
            }
        }
    }

    /// All pages in order: twelve, or eight if the identity is of version 1.
    pub fn pages(self) -> impl Iterator<Item = Start> {
        let count = usize::from(start_pages(self.identity.protocol));
        StartPage::ALL
            .into_iter()
            .take(count)
            .map(move |page| Start { page: page as u8, value: self.page(page) })
    }

    /// From the values of all pages; those that a version does not have are 0.
    const fn from_pages(pages: &[u32; START_PAGES as usize]) -> Self {
        let [protocol, board_code, _, flags] = pages[StartPage::Protocol as usize].to_le_bytes();
        let tick_rate = pages[StartPage::TickHz as usize] as u64;
        let lines = pages[StartPage::Lines as usize];
        let capacity = pages[StartPage::Capacity as usize];
        let features = pages[StartPage::Features as usize];
        let adc = pages[StartPage::Adc as usize].to_le_bytes();
        let window = pages[StartPage::Window as usize];
        let threshold = pages[StartPage::Threshold as usize];
        StartBlock {
            is_first: flags & FLAG_FIRST_START != 0,
            identity: Identity {
                protocol,
                board_code,
                tick_hz: if flags & FLAG_TICK_KHZ != 0 { tick_rate * 1000 } else { tick_rate },
                bitstream_id: pages[StartPage::Bitstream as usize],
                baud: pages[StartPage::Baud as usize],
                wired: LineSet::from_bits((lines >> 12) as u16),
                fifo_depth: capacity as u16,
                heartbeat_log2: (capacity >> 16) as u8,
                deglitch_bits: (capacity >> 24) as u8,
                features: Features::from_bits(features as u16),
            },
            configuration: Configuration {
                deglitch_ticks: pages[StartPage::Deglitch as usize] as u16,
                console_clocks_per_bit: pages[StartPage::Console as usize] as u16,
                ticks_per_sample: adc[0],
                sampling_point: adc[1],
                envelope_log2: adc[2],
                ring_log2: adc[3],
                window_before: window as u16,
                window_after: (window >> 16) as u16,
                threshold_falling: threshold as u16 & CODE_MASK,
                threshold_rising: (threshold >> 12) as u16 & CODE_MASK,
                honours_cts: features & CTS_HONOURED != 0,
            },
            levels: LineSet::from_bits(lines as u16),
        }
    }
}

/// Collects the pages of START blocks.
#[derive(Clone, Debug, Default)]
pub struct StartCollector {
    pages: [u32; START_PAGES as usize],
    /// The page that would continue the block; 0 outside a block.
    next: u8,
}

impl StartCollector {
    /// Takes a page; gives the block that it completes. Pages out of order are of a block with a loss in it: the next
    /// whole one tells everything again.
    pub fn push(&mut self, start: Start) -> Option<StartBlock> {
        if start.page == StartPage::Protocol as u8 {
            *self = StartCollector::default();
        } else if self.next == 0 || start.page != self.next {
            self.next = 0;
            return None;
        }
        *self.pages.get_mut(usize::from(start.page))? = start.value;
        self.next = start.page + 1;
        let [_, _, told, _] = self.pages[StartPage::Protocol as usize].to_le_bytes();
        if self.next < told.clamp(START_PAGES_VERSION_1, START_PAGES) {
            return None;
        }
        self.next = 0;
        Some(StartBlock::from_pages(&self.pages))
    }
}

/// The protocol version that a page tells, which is all that another version is sure to keep.
pub const fn protocol_of(start: Start) -> Option<u8> {
    if start.page == StartPage::Protocol as u8 { Some(start.value as u8) } else { None }
}
