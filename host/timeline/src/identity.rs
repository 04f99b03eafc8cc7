//! What the START block tells: which gateware sent this, and at what tick rate.

use ichiscope_wire::{Board, FLAG_TICK_KHZ, LineSet, PROTOCOL_VERSION, Start, StartPage};

/// A complete START block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Protocol version.
    pub protocol: u8,
    /// Board code; see [`Identity::board`].
    pub board_code: u8,
    /// Ticks per second, below 2^42.
    pub tick_hz: u64,
    /// The bitstream's id.
    pub bitstream_id: u32,
    /// Bits per second on the UART.
    pub baud: u32,
    /// Lines that are wired.
    pub wired: LineSet,
    /// Deglitch time in ticks.
    pub deglitch_ticks: u16,
    /// FIFO depth in records.
    pub fifo_depth: u16,
    /// log2 of the heartbeat's period in ticks.
    pub heartbeat_log2: u8,
    /// Feature bits.
    pub features: u32,
}

impl Identity {
    /// The board, if this program knows it.
    pub fn board(&self) -> Option<Board> {
        Board::from_code(self.board_code)
    }

    /// Whether the data come from a model and not from hardware.
    pub fn is_simulated(&self) -> bool {
        self.board() == Some(Board::Twin)
    }

    /// Whether the data come from another tool's file, which proves neither that nothing was lost nor its clock.
    pub fn is_imported(&self) -> bool {
        self.board() == Some(Board::Import)
    }
}

/// Something about the source that forbids a conclusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No complete START block was seen.
    #[error("no START block: which gateware sent this, and its tick rate, are not known")]
    NoIdentity,
    /// The gateware speaks another protocol.
    #[error(
        "gateware of protocol version {0}, this program knows version {PROTOCOL_VERSION}: use a matching ichiscope, or flash the board again"
    )]
    Protocol(u8),
    /// A board code that is not known.
    #[error("unknown board code {0}: use a newer ichiscope, or flash the board again")]
    Board(u8),
    /// The tick rate is zero.
    #[error("the gateware states a tick rate of zero")]
    NoTickRate,
    /// Two START blocks contradict each other.
    #[error("the gateware or its configuration changed during the recording")]
    Changed,
    /// Records of kinds that this program does not know.
    #[error("{0} records of a kind that this program does not know: use a newer ichiscope")]
    UnknownRecords(u64),
}

/// Collects the pages of START blocks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collector {
    pages: [u32; 8],
    seen: u8,
}

impl Collector {
    /// Takes a page; gives the identity when it completes a block.
    pub(crate) fn push(&mut self, start: Start) -> Option<Identity> {
        if start.page == StartPage::Protocol as u8 {
            self.seen = 0;
        }
        let slot = self.pages.get_mut(usize::from(start.page))?;
        *slot = start.value;
        self.seen |= 1 << start.page;
        (self.seen == u8::MAX).then(|| self.identity())
    }

    /// The protocol version of the page just seen, which is all that another version is sure to keep.
    pub(crate) fn protocol(start: Start) -> Option<u8> {
        (start.page == StartPage::Protocol as u8).then_some(start.value as u8)
    }

    fn identity(&self) -> Identity {
        let page = |p: StartPage| self.pages[p as usize];
        let protocol = page(StartPage::Protocol);
        let in_khz = (protocol >> 24) as u8 & FLAG_TICK_KHZ != 0;
        Identity {
            protocol: protocol as u8,
            board_code: (protocol >> 8) as u8,
            tick_hz: u64::from(page(StartPage::TickHz)) * if in_khz { 1000 } else { 1 },
            bitstream_id: page(StartPage::Bitstream),
            baud: page(StartPage::Baud),
            wired: LineSet::from_bits((page(StartPage::Lines) >> 12) as u16),
            deglitch_ticks: page(StartPage::Deglitch) as u16,
            fifo_depth: page(StartPage::Capacity) as u16,
            heartbeat_log2: (page(StartPage::Capacity) >> 16) as u8,
            features: page(StartPage::Features),
        }
    }
}
