//! The 96-bit record: kinds, payloads, and their places in the bits.

use crate::{LineSet, Status};

/// Bits of the tick that every record carries.
pub const TICK_BITS: u32 = 48;
/// Mask of those bits.
pub const TICK_MASK: u64 = (1 << TICK_BITS) - 1;
/// Counters that follow a heartbeat.
pub const COUNTER_IDS: u8 = 6;
/// Counters that follow a heartbeat in version 1.
pub const COUNTER_IDS_VERSION_1: u8 = 3;
/// Flag of a CONSOLE record: the stop bit was low.
pub const FLAG_FRAMING_ERROR: u8 = 1;
/// Flag of a CONSOLE record: bytes were lost directly before this one.
pub const FLAG_LOST_BEFORE: u8 = 2;
/// The age in an ACK that means "that or more".
pub const ACK_AGE_MAX: u32 = (1 << 20) - 1;
/// The age in a CONSOLE or OVERRUN_END record that means "that or more".
pub const AGE_24_MAX: u32 = (1 << 24) - 1;
/// Bits of a sample's index.
pub const SAMPLE_INDEX_BITS: u32 = 26;
/// Samples in a SAMPLES record.
pub const SAMPLES_PER_RECORD: usize = 3;

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
    /// The answer to a command.
    Ack = 7,
    /// A byte from the meter's debug console.
    Console = 8,
    /// Least, greatest and mean of a window of samples.
    Envelope = 9,
    /// What the SAMPLES that follow are.
    Window = 10,
    /// Three samples at full rate.
    Samples = 11,
    /// A state of the link test's register.
    LinkTest = 12,
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
    /// Where the ADC is; see [`SamplePoint`].
    Sample = 3,
    /// Bytes of the console lost.
    ConsoleLost = 4,
    /// Envelopes and crossings lost; see [`AdcLost`].
    AdcLost = 5,
}

/// The value of COUNTER SAMPLE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SamplePoint {
    /// Index of the last sample begun, modulo 2^26.
    pub index: u32,
    /// Ticks since its instant, below 64.
    pub ticks_since: u8,
}

impl SamplePoint {
    /// So many ticks after the instant of a sample, which may have more bits than the index.
    pub const fn new(sample: u64, ticks_since: u8) -> Self {
        SamplePoint { index: sample as u32 & ((1 << SAMPLE_INDEX_BITS) - 1), ticks_since }
    }

    /// From the counter's value.
    pub const fn from_value(value: u32) -> Self {
        SamplePoint { index: value >> 6, ticks_since: value as u8 & 63 }
    }

    /// The counter's value.
    pub const fn value(self) -> u32 {
        self.index << 6 | self.ticks_since as u32 & 63
    }
}

/// The value of COUNTER ADC_LOST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdcLost {
    /// Envelopes lost, modulo 2^16.
    pub envelopes: u16,
    /// Crossings that got no window, modulo 2^16.
    pub windows: u16,
}

impl AdcLost {
    /// From the counter's value.
    pub const fn from_value(value: u32) -> Self {
        AdcLost { envelopes: value as u16, windows: (value >> 16) as u16 }
    }

    /// The counter's value.
    pub const fn value(self) -> u32 {
        self.envelopes as u32 | (self.windows as u32) << 16
    }
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

/// An ACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The command's number.
    pub seq: u8,
    /// The low four bits of its register.
    pub register: u8,
    /// The answer.
    pub status: Status,
    /// Ticks from the effect to the record, saturating at [`ACK_AGE_MAX`].
    pub age: u32,
}

/// A byte from the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Console {
    /// The byte.
    pub byte: u8,
    /// [`FLAG_FRAMING_ERROR`], [`FLAG_LOST_BEFORE`]; four bits.
    pub flags: u8,
    /// Ticks from the first sample of its start bit to the record, saturating at [`AGE_24_MAX`].
    pub age: u32,
}

/// What one window of samples held, in codes of the ADC, 12 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The least sample.
    pub least: u16,
    /// The greatest sample.
    pub greatest: u16,
    /// Their mean, rounded down.
    pub mean: u16,
}

/// A page of a window's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Page number; see [`WindowPage`].
    pub page: u8,
    /// Its value.
    pub value: u32,
}

/// A page of a window's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum WindowPage {
    /// Index of the first sample, modulo 2^26.
    First = 0,
    /// Number of samples.
    Count = 1,
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
    /// ACK.
    Ack(Ack),
    /// CONSOLE.
    Console(Console),
    /// ENVELOPE.
    Envelope(Envelope),
    /// WINDOW.
    Window(Window),
    /// SAMPLES, the oldest first; 12 bits each.
    Samples([u16; SAMPLES_PER_RECORD]),
    /// LINK_TEST: the state of the register, 36 bits.
    LinkTest(u64),
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
    #[inline]
    pub const fn pack(&self) -> u128 {
        (self.tick & TICK_MASK) as u128
            | (self.lost as u128) << 48
            | ((self.data & DATA_MASK) as u128) << 56
            | ((self.kind & 15) as u128) << 92
    }

    /// From 96 bits.
    #[inline]
    pub const fn unpack(bits: u128) -> Self {
        Record {
            tick: bits as u64 & TICK_MASK,
            lost: (bits >> 48) as u8,
            data: (bits >> 56) as u64 & DATA_MASK,
            kind: (bits >> 92) as u8 & 15,
        }
    }

    /// A record of `payload`, admitted at `tick` (its low 48 bits are kept).
    #[inline]
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
            Payload::OverrunEnd(o) => (
                Kind::OverrunEnd as u8,
                o.levels.bits() as u64 | ((o.last_lost_age & AGE_24_MAX) as u64) << 12,
            ),
            Payload::Ack(a) => (
                Kind::Ack as u8,
                a.seq as u64
                    | (a.register as u64 & 15) << 8
                    | (a.status.code() as u64) << 12
                    | ((a.age & ACK_AGE_MAX) as u64) << 16,
            ),
            Payload::Console(c) => (
                Kind::Console as u8,
                c.byte as u64 | (c.flags as u64 & 15) << 8 | ((c.age & AGE_24_MAX) as u64) << 12,
            ),
            Payload::Envelope(e) => (Kind::Envelope as u8, three_codes([e.least, e.greatest, e.mean])),
            Payload::Window(w) => (Kind::Window as u8, w.value as u64 | (w.page as u64 & 15) << 32),
            Payload::Samples(samples) => (Kind::Samples as u8, three_codes(samples)),
            Payload::LinkTest(state) => (Kind::LinkTest as u8, state),
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
            6 => Payload::OverrunEnd(OverrunEnd { levels, last_lost_age: (d >> 12) as u32 & AGE_24_MAX }),
            7 => Payload::Ack(Ack {
                seq: d as u8,
                register: (d >> 8) as u8 & 15,
                status: Status::from_code((d >> 12) as u8),
                age: (d >> 16) as u32 & ACK_AGE_MAX,
            }),
            8 => Payload::Console(Console {
                byte: d as u8,
                flags: (d >> 8) as u8 & 15,
                age: (d >> 12) as u32 & AGE_24_MAX,
            }),
            9 => {
                let [least, greatest, mean] = codes_of(d);
                Payload::Envelope(Envelope { least, greatest, mean })
            }
            10 => Payload::Window(Window { page: (d >> 32) as u8 & 15, value: d as u32 }),
            11 => Payload::Samples(codes_of(d)),
            12 => Payload::LinkTest(d),
            kind => Payload::Unknown { kind, data: d },
        }
    }
}

const fn three_codes([a, b, c]: [u16; 3]) -> u64 {
    (a & 0x0FFF) as u64 | ((b & 0x0FFF) as u64) << 12 | ((c & 0x0FFF) as u64) << 24
}

const fn codes_of(data: u64) -> [u16; 3] {
    [data as u16 & 0x0FFF, (data >> 12) as u16 & 0x0FFF, (data >> 24) as u16 & 0x0FFF]
}

const fn edge_bits(e: Edge) -> u64 {
    e.levels.bits() as u64 | (e.changed.bits() as u64) << 12 | (e.age as u64 & 0x0FFF) << 24
}
