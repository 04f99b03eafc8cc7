//! What the host sends: a register and its value, 13 bytes, and how the board answers.

use crate::{Configuration, DELIMITER, Feature, Identity, crc32};

/// Bytes of a command, the delimiter included.
pub const COMMAND_LEN: usize = 13;
/// Bits of a command's value.
pub const VALUE_BITS: u32 = 40;

const BODY_LEN: usize = 7;
const CHECKED_LEN: usize = BODY_LEN + 4;
/// A command's bytes before the delimiter.
const STUFFED_LEN: usize = COMMAND_LEN - 1;
const VALUE_MASK: u64 = (1 << VALUE_BITS) - 1;
/// Samples of the ring that a window leaves free.
const RING_RESERVE: u32 = 8;

/// What a command sets or starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Register {
    /// START is sent.
    Identify = 0,
    /// The deglitch time.
    Deglitch = 1,
    /// The console's rate.
    Console = 2,
    /// The envelope's window.
    Envelope = 3,
    /// Samples around crossings.
    Window = 4,
    /// Thresholds on the ADC.
    Threshold = 5,
    /// When the ADC's data are taken.
    Sampling = 6,
    /// The output `test`.
    SelfTest = 7,
    /// LINK_TEST records.
    LinkTest = 8,
    /// Flow control.
    Flow = 9,
}

impl Register {
    /// All of them, by number.
    pub const ALL: [Register; 10] = [
        Register::Identify,
        Register::Deglitch,
        Register::Console,
        Register::Envelope,
        Register::Window,
        Register::Threshold,
        Register::Sampling,
        Register::SelfTest,
        Register::LinkTest,
        Register::Flow,
    ];

    /// The register of that number.
    pub const fn from_code(code: u8) -> Option<Register> {
        if (code as usize) < Self::ALL.len() { Some(Self::ALL[code as usize]) } else { None }
    }

    /// The name used in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Register::Identify => "identify",
            Register::Deglitch => "deglitch",
            Register::Console => "console",
            Register::Envelope => "envelope",
            Register::Window => "window",
            Register::Threshold => "threshold",
            Register::Sampling => "sampling",
            Register::SelfTest => "self-test",
            Register::LinkTest => "link-test",
            Register::Flow => "flow",
        }
    }

    /// What a gateware must have to know it.
    pub const fn feature(self) -> Feature {
        match self {
            Register::Identify | Register::Deglitch => Feature::Commands,
            Register::Console => Feature::Console,
            Register::Envelope | Register::Threshold | Register::Sampling => Feature::Adc,
            Register::Window => Feature::Window,
            Register::SelfTest => Feature::SelfTest,
            Register::LinkTest => Feature::LinkTest,
            Register::Flow => Feature::Cts,
        }
    }

    /// Whether START follows when it was done.
    pub const fn is_followed_by_start(self) -> bool {
        !matches!(self, Register::SelfTest | Register::LinkTest)
    }
}

/// How a board answered a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It took effect.
    Done,
    /// This gateware has no such register.
    Unknown,
    /// The value is out of range; nothing changed.
    Range,
    /// A self-test pulse is running; nothing changed.
    Busy,
    /// What came was no whole command with a good check; nothing changed.
    Damaged,
    /// A code that this version does not know, 5..=15.
    Reserved(u8),
}

impl Status {
    /// The status of that code; its low four bits count.
    pub const fn from_code(code: u8) -> Status {
        match code & 15 {
            0 => Status::Done,
            1 => Status::Unknown,
            2 => Status::Range,
            3 => Status::Busy,
            4 => Status::Damaged,
            code => Status::Reserved(code),
        }
    }

    /// Its code.
    pub const fn code(self) -> u8 {
        match self {
            Status::Done => 0,
            Status::Unknown => 1,
            Status::Range => 2,
            Status::Busy => 3,
            Status::Damaged => 4,
            Status::Reserved(code) => code & 15,
        }
    }

    /// The name used in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Done => "done",
            Status::Unknown => "unknown register",
            Status::Range => "out of range",
            Status::Busy => "busy",
            Status::Damaged => "damaged",
            Status::Reserved(_) => "reserved",
        }
    }
}

/// A command as it lies in the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// The number that the ACK names.
    pub seq: u8,
    /// The register; see [`Register`].
    pub register: u8,
    /// Its value, 40 bits.
    pub value: u64,
}

impl Command {
    /// The command of a request.
    pub const fn new(seq: u8, request: Request) -> Self {
        Command { seq, register: request.register() as u8, value: request.value() }
    }

    /// The bytes to send, the delimiter last.
    pub fn encode(&self) -> [u8; COMMAND_LEN] {
        let mut plain = [0; CHECKED_LEN];
        plain[0] = self.seq;
        plain[1] = self.register;
        plain[2..BODY_LEN].copy_from_slice(&self.value.to_le_bytes()[..BODY_LEN - 2]);
        let check = crc32(&plain[..BODY_LEN]);
        plain[BODY_LEN..].copy_from_slice(&check.to_le_bytes());

        let mut out = [DELIMITER; COMMAND_LEN];
        let mut code_at = 0;
        let mut run = 1;
        for (place, byte) in plain.into_iter().enumerate() {
            if byte == 0 {
                out[code_at] = run;
                code_at = place + 1;
                run = 1;
            } else {
                out[place + 1] = byte;
                run += 1;
            }
        }
        out[code_at] = run;
        out
    }

    /// The command of the 12 bytes before a delimiter, or `None` if they are no command.
    pub fn decode(stuffed: &[u8; STUFFED_LEN]) -> Option<Command> {
        let mut plain = [0; CHECKED_LEN];
        let mut code_at = usize::from(stuffed[0]);
        for (place, byte) in stuffed.iter().enumerate().skip(1) {
            if *byte == 0 {
                return None;
            }
            if place == code_at {
                code_at += usize::from(*byte);
            } else {
                plain[place - 1] = *byte;
            }
        }
        if code_at != STUFFED_LEN {
            return None;
        }
        let (body, check) = plain.split_at(BODY_LEN);
        if crc32(body).to_le_bytes() != *check {
            return None;
        }
        let mut value = [0; 8];
        value[..BODY_LEN - 2].copy_from_slice(&body[2..]);
        Some(Command { seq: body[0], register: body[1], value: u64::from_le_bytes(value) })
    }
}

/// What can be asked of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Send START.
    Identify,
    /// Ticks that a new level must last, 1..=1023; on a small board the most is less, see [`Identity`].
    Deglitch {
        /// Ticks.
        ticks: u16,
    },
    /// The console's rate, 16..=65535 clocks per bit; 0 = off.
    Console {
        /// Clocks of one bit.
        clocks_per_bit: u16,
    },
    /// Samples in a window of the envelope, as log2, 4..=16; 0 = off.
    Envelope {
        /// log2 of the samples.
        log2: u8,
    },
    /// Samples kept around crossings; both 0 = off.
    Window {
        /// Before the crossing.
        before: u16,
        /// From the crossing on.
        after: u16,
    },
    /// Thresholds on the ADC, codes below 4096, rising not less than falling; both 0 = off.
    Threshold {
        /// Below this the line `adc` falls.
        falling: u16,
        /// From this on it rises.
        rising: u16,
    },
    /// Take the ADC's data so many clocks later, 0..=7; on a board with a fast ADC clock the most is less.
    Sampling {
        /// Clocks.
        clocks: u8,
    },
    /// A pulse of the output `test`, in ticks, below 2^40; 0 ends a running one.
    SelfTest {
        /// Ticks for which it is low.
        low_ticks: u64,
    },
    /// So many LINK_TEST records; 0 = stop.
    LinkTest {
        /// How many.
        records: u32,
    },
    /// Flow control.
    Flow {
        /// Begin a byte only while CTS is low.
        honours_cts: bool,
    },
}

impl Request {
    /// Its register.
    pub const fn register(self) -> Register {
        match self {
            Request::Identify => Register::Identify,
            Request::Deglitch { .. } => Register::Deglitch,
            Request::Console { .. } => Register::Console,
            Request::Envelope { .. } => Register::Envelope,
            Request::Window { .. } => Register::Window,
            Request::Threshold { .. } => Register::Threshold,
            Request::Sampling { .. } => Register::Sampling,
            Request::SelfTest { .. } => Register::SelfTest,
            Request::LinkTest { .. } => Register::LinkTest,
            Request::Flow { .. } => Register::Flow,
        }
    }

    /// The value that it is sent as, 40 bits.
    pub const fn value(self) -> u64 {
        match self {
            Request::Identify => 0,
            Request::Deglitch { ticks } => ticks as u64,
            Request::Console { clocks_per_bit } => clocks_per_bit as u64,
            Request::Envelope { log2 } => log2 as u64,
            Request::Window { before, after } => before as u64 | (after as u64) << 16,
            Request::Threshold { falling, rising } => falling as u64 | (rising as u64) << 12,
            Request::Sampling { clocks } => clocks as u64,
            Request::SelfTest { low_ticks } => low_ticks & VALUE_MASK,
            Request::LinkTest { records } => records as u64,
            Request::Flow { honours_cts } => honours_cts as u64,
        }
    }

    /// The request of `register` with `value`, by the limits that all boards share.
    ///
    /// # Errors
    /// [`Status::Unknown`] or [`Status::Range`].
    pub const fn parse(register: u8, value: u64) -> Result<Request, Status> {
        let Some(register) = Register::from_code(register) else { return Err(Status::Unknown) };
        let (low, second) = (value as u16, (value >> 16) as u16);
        let request = match register {
            Register::Identify => return Ok(Request::Identify),
            Register::Deglitch => Request::Deglitch { ticks: low },
            Register::Console => Request::Console { clocks_per_bit: low },
            Register::Envelope => Request::Envelope { log2: low as u8 },
            Register::Window => Request::Window { before: low, after: second },
            Register::Threshold => {
                Request::Threshold { falling: low & 0x0FFF, rising: (value >> 12) as u16 & 0x0FFF }
            }
            Register::Sampling => Request::Sampling { clocks: low as u8 },
            Register::SelfTest => Request::SelfTest { low_ticks: value },
            Register::LinkTest => Request::LinkTest { records: value as u32 },
            Register::Flow => Request::Flow { honours_cts: low & 1 == 1 },
        };
        // Bits that the request does not have must be 0.
        if request.value() == value && request.is_in_range() { Ok(request) } else { Err(Status::Range) }
    }

    const fn is_in_range(self) -> bool {
        match self {
            Request::Deglitch { ticks } => 1 <= ticks && ticks <= 1023,
            Request::Console { clocks_per_bit } => clocks_per_bit == 0 || clocks_per_bit >= 16,
            Request::Envelope { log2 } => log2 == 0 || (4 <= log2 && log2 <= 16),
            Request::Threshold { falling, rising } => falling <= rising && rising <= 0x0FFF,
            Request::Sampling { clocks } => clocks <= 7,
            Request::SelfTest { low_ticks } => low_ticks <= VALUE_MASK,
            _ => true,
        }
    }

    /// What a board that said this in START answers to it while no self-test pulse runs. Only for SAMPLING may its
    /// limit be closer.
    pub const fn status(self, identity: &Identity, configuration: &Configuration) -> Status {
        if !identity.features.has(self.register().feature()) {
            return Status::Unknown;
        }
        let fits = match self {
            Request::Deglitch { ticks } => {
                self.is_in_range() && (ticks as u64) >> identity.deglitch_bits == 0
            }
            Request::Window { before, after } => {
                before as u32 + after as u32 + RING_RESERVE <= 1 << configuration.ring_log2
            }
            _ => self.is_in_range(),
        };
        if fits { Status::Done } else { Status::Range }
    }

    /// The configuration once it has taken effect.
    #[must_use]
    pub const fn applied_to(self, configuration: Configuration) -> Configuration {
        let mut set = configuration;
        match self {
            Request::Deglitch { ticks } => set.deglitch_ticks = ticks,
            Request::Console { clocks_per_bit } => set.console_clocks_per_bit = clocks_per_bit,
            Request::Envelope { log2 } => set.envelope_log2 = log2,
            Request::Window { before, after } => {
                set.window_before = before;
                set.window_after = after;
            }
            Request::Threshold { falling, rising } => {
                set.threshold_falling = falling;
                set.threshold_rising = rising;
            }
            Request::Sampling { clocks } => set.sampling_point = clocks,
            Request::Flow { honours_cts } => set.honours_cts = honours_cts,
            Request::Identify | Request::SelfTest { .. } | Request::LinkTest { .. } => {}
        }
        set
    }
}
