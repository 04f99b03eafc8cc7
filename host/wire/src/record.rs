//! The 96-bit record: kinds, payloads, and their places in the bits.

use crate::LineSet;

/// The protocol version that this crate speaks.
pub const PROTOCOL_VERSION: u8 = 1;
/// Bits of the tick that every record carries.
pub const TICK_BITS: u32 = 48;
/// Mask of those bits.
pub const TICK_MASK: u64 = (1 << TICK_BITS) - 1;
/// Pages of a START block in version 1.
pub const START_PAGES: u8 = 8;
/// Flag in page PROTOCOL: first START since power-up.
pub const FLAG_FIRST_START: u8 = 1;
/// Flag in page PROTOCOL: page TICK_HZ is in kHz.
pub const FLAG_TICK_KHZ: u8 = 2;
/// Counters that follow a heartbeat in version 1.
pub const COUNTER_IDS: u8 = 3;

const DATA_MASK: u64 = (1 << 36) - 1;

/// The kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// One page of identity and configuration.
    Start = 1,
    /// Full tick, levels, flags.
    Heartbeat = 2,
    /// One counter.
    Counter = 3,
    /// Lines that changed.
    Edge = 4,
    /// The edge that took the reserved slot.
    OverrunBegin = 5,
    /// Edges are recorded again.
    OverrunEnd = 6,
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
    /// FIFO depth and heartbeat period.
    Capacity = 6,
    /// What this gateware can do.
    Features = 7,
}

/// A counter's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CounterId {
    /// Edges lost in the gateware.
    Lost = 0,
    /// Clocks in which a glitch was suppressed.
    Glitches = 1,
    /// Index of this record in the order of admission.
    Records = 2,
}

/// One record as it lies in the bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Record {
    /// Low 48 bits of the tick at which the record was admitted.
    pub tick: u64,
    /// 36 bits by kind.
    pub data: u64,
    /// Edges lost since power-up, modulo 256.
    pub lost: u8,
    /// Kind, 4 bits; values outside [`Kind`] are reserved.
    pub kind: u8,
}

/// A START page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Page number, 0..16; see [`StartPage`].
    pub page: u8,
    /// Its value.
    pub value: u32,
}

/// A HEARTBEAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// All 64 bits of the tick.
    pub tick: u64,
    /// Deglitched levels of all lines.
    pub levels: LineSet,
    /// Bit 0: the clock has been locked without a break since power-up.
    pub flags: u8,
}

/// A COUNTER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Which one, 0..16.
    pub id: u8,
    /// Its value, modulo 2^32.
    pub value: u32,
}

/// An EDGE or OVERRUN_BEGIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Levels of all lines after the edge.
    pub levels: LineSet,
    /// The lines that changed.
    pub changed: LineSet,
    /// Ticks from the edge to the record, 0..4096.
    pub age: u16,
}

/// An OVERRUN_END.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverrunEnd {
    /// Levels of all lines now.
    pub levels: LineSet,
    /// Ticks from the last lost edge (if none was lost: from OVERRUN_BEGIN's edge) to the record, saturating at
    /// 2^24 - 1.
    pub last_lost_age: u32,
}

/// A record's contents by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// START.
    Start(Start),
    /// HEARTBEAT.
    Heartbeat(Heartbeat),
    /// COUNTER.
    Counter(Counter),
    /// EDGE.
    Edge(Edge),
    /// OVERRUN_BEGIN.
    OverrunBegin(Edge),
    /// OVERRUN_END.
    OverrunEnd(OverrunEnd),
    /// A reserved kind: kept and counted, never guessed at.
    Unknown {
        /// The kind.
        kind: u8,
        /// Its 36 bits.
        data: u64,
    },
}

impl Record {
    /// The 96 bits.
    pub const fn pack(&self) -> u128 {
        (self.tick & TICK_MASK) as u128
            | (self.lost as u128) << 48
            | ((self.data & DATA_MASK) as u128) << 56
            | ((self.kind & 15) as u128) << 92
    }

    /// From 96 bits.
    pub const fn unpack(bits: u128) -> Self {
        Record {
            tick: bits as u64 & TICK_MASK,
            lost: (bits >> 48) as u8,
            data: (bits >> 56) as u64 & DATA_MASK,
            kind: (bits >> 92) as u8 & 15,
        }
    }

    /// A record of `payload`, admitted at `tick` (its low 48 bits are kept).
    pub const fn new(tick: u64, lost: u8, payload: Payload) -> Self {
        let (kind, data) = match payload {
            Payload::Start(s) => (Kind::Start as u8, s.value as u64 | (s.page as u64 & 15) << 32),
            Payload::Heartbeat(h) => (
                Kind::Heartbeat as u8,
                h.tick >> TICK_BITS | (h.levels.bits() as u64) << 16 | (h.flags as u64) << 28,
            ),
            Payload::Counter(c) => (Kind::Counter as u8, c.value as u64 | (c.id as u64 & 15) << 32),
            Payload::Edge(e) => (Kind::Edge as u8, edge_bits(e)),
            Payload::OverrunBegin(e) => (Kind::OverrunBegin as u8, edge_bits(e)),
            Payload::OverrunEnd(o) => {
                (Kind::OverrunEnd as u8, o.levels.bits() as u64 | (o.last_lost_age as u64 & 0xFF_FFFF) << 12)
            }
            Payload::Unknown { kind, data } => (kind, data),
        };
        Record { tick: tick & TICK_MASK, lost, data: data & DATA_MASK, kind }
    }

    /// The contents by kind. Total: every bit pattern has a payload.
    #[inline]
    pub const fn payload(&self) -> Payload {
        let d = self.data;
        let levels = LineSet::from_bits(d as u16);
        let edge =
            Edge { levels, changed: LineSet::from_bits((d >> 12) as u16), age: (d >> 24) as u16 & 0x0FFF };
        match self.kind {
            1 => Payload::Start(Start { page: (d >> 32) as u8 & 15, value: d as u32 }),
            2 => Payload::Heartbeat(Heartbeat {
                tick: self.tick | (d & 0xFFFF) << TICK_BITS,
                levels: LineSet::from_bits((d >> 16) as u16),
                flags: (d >> 28) as u8,
            }),
            3 => Payload::Counter(Counter { id: (d >> 32) as u8 & 15, value: d as u32 }),
            4 => Payload::Edge(edge),
            5 => Payload::OverrunBegin(edge),
            6 => Payload::OverrunEnd(OverrunEnd { levels, last_lost_age: (d >> 12) as u32 & 0xFF_FFFF }),
            kind => Payload::Unknown { kind, data: d },
        }
    }
}

const fn edge_bits(e: Edge) -> u64 {
    e.levels.bits() as u64 | (e.changed.bits() as u64) << 12 | (e.age as u64 & 0x0FFF) << 24
}
