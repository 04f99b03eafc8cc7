//! Noise on every pin, with commands of every kind, console bytes and quiet stretches in it.
//!
//! It is a row of stretches with few changes and commands each, so that proptest can leave most of them out.

use ichiscope_hdl::Config;
use ichiscope_hdl::stimulus::{Pins, Stimulus, uart_levels};
use ichiscope_wire::{COMMAND_LEN, Command, DELIMITER, LineSet, Register, VALUE_BITS};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{lines, stimulus};

const BITS_PER_BYTE: u64 = 10;
/// The first byte of a command's value is its fourth byte.
const VALUE_AT: u64 = 4;

/// Levels at power-up, the lines that a wire joins to `test`, and what comes then.
#[derive(Clone, Debug)]
pub struct Noise {
    levels: u16,
    jumper: u16,
    stretches: Vec<Stretch>,
}

/// Three things that begin in the same clock. When they are over it is quiet for so many clocks.
#[derive(Clone, Debug)]
struct Stretch {
    sent: Vec<Sent>,
    said: Vec<Said>,
    changes: Vec<Change>,
    quiet: u64,
}

/// What comes on `rxd`, so many clocks after what came before.
#[derive(Clone, Debug)]
struct Sent {
    wait: u64,
    what: Bytes,
}

#[derive(Clone, Debug)]
enum Bytes {
    Command {
        seq: u8,
        register: u8,
        value: Value,
    },
    /// A command of which a byte is another one.
    Damaged {
        seq: u8,
        register: u8,
        at: usize,
        flip: u8,
    },
    Any(Vec<u8>),
    /// Levels that last so many clocks each, low first.
    Levels(Vec<u64>),
}

#[derive(Clone, Debug)]
enum Value {
    Number(u64),
    /// So many clocks more than until the next command's value comes: for a pulse that ends about then.
    UntilNext(i64),
}

/// What comes on `console`, so many clocks after what came before.
#[derive(Clone, Debug)]
struct Said {
    wait: u64,
    what: Spoken,
}

#[derive(Clone, Debug)]
enum Spoken {
    Text { clocks_per_bit: u16, bytes: Vec<u8> },
    Levels(Vec<u64>),
}

/// What a pin does, so many clocks after the change before.
#[derive(Clone, Debug)]
struct Change {
    wait: u64,
    pin: Pin,
}

#[derive(Clone, Debug)]
enum Pin {
    Toggle(u8),
    Lines(u16),
    Cts(bool),
    Adc(u16),
}

/// Up to some four million clocks.
pub fn noise() -> impl Strategy<Value = Noise> {
    let jumper = prop_oneof![Just(0), 0_u16..0x1000];
    (vec(stretch(), 0..50), jumper, 0_u16..0x1000).prop_map(|(stretches, jumper, levels)| Noise {
        levels,
        jumper,
        stretches,
    })
}

fn stretch() -> impl Strategy<Value = Stretch> {
    let quiet = prop_oneof![3 => 0_u64..300, 1 => 0_u64..40_000];
    // Now and then more edges than the FIFO holds.
    let changes = prop_oneof![19 => in_parts(change(), 17), 1 => in_parts(burst(), 37)];
    (vec(sent(), 0..6), vec(said(), 0..3), changes, quiet).prop_map(|(sent, said, changes, quiet)| Stretch {
        sent,
        said,
        changes,
        quiet,
    })
}

/// At most `most` parts of at most `most`: those that do not matter are left out part by part and not one by one.
fn in_parts(change: impl Strategy<Value = Change>, most: usize) -> impl Strategy<Value = Vec<Change>> {
    vec(vec(change, 0..=most), 0..=most).prop_map(|parts| parts.concat())
}

fn sent() -> impl Strategy<Value = Sent> {
    // At once, while an answer waits or START leaves, and later.
    let wait = prop_oneof![4 => 0_u64..40, 2 => 0_u64..1_000, 1 => 0_u64..15_000];
    let command =
        (any::<u8>(), setting()).prop_map(|(seq, (register, value))| Bytes::Command { seq, register, value });
    let damaged = (any::<u8>(), 0_u8..12, 0..COMMAND_LEN, 1..=u8::MAX)
        .prop_map(|(seq, register, at, flip)| Bytes::Damaged { seq, register, at, flip });
    let what = prop_oneof![
        14 => command,
        1 => damaged,
        // It makes an end of what came before.
        2 => Just(Bytes::Any(vec![DELIMITER])),
        1 => vec(any::<u8>(), 0..20).prop_map(Bytes::Any),
        1 => vec(1_u64..60, 0..12).prop_map(Bytes::Levels),
    ];
    (wait, what).prop_map(|(wait, what)| Sent { wait, what })
}

/// A register's number and a value for it: most are in its range, some are not.
fn setting() -> impl Strategy<Value = (u8, Value)> {
    let of = |register: Register, value: BoxedStrategy<u64>| {
        value.prop_map(move |value| (register as u8, Value::Number(value))).boxed()
    };
    let window = (0_u64..200, 0_u64..120).prop_map(|(before, after)| before | after << 16);
    let threshold = (0_u64..2_000, 2_000_u64..4_000).prop_map(|(falling, rising)| falling | rising << 12);
    let pulse = prop_oneof![
        1 => Just(Value::Number(0)),
        2 => (0_u64..9_000).prop_map(Value::Number),
        2 => (-200_i64..400).prop_map(Value::UntilNext),
        2 => (-6_i64..7).prop_map(Value::UntilNext),
    ];
    prop_oneof![
        1 => of(Register::Identify, (0_u64..2).boxed()),
        1 => of(Register::Deglitch, (0_u64..60).boxed()),
        2 => of(Register::Console, select(&[0, 16, 20, 100, 333]).boxed()),
        2 => of(Register::Envelope, select(&[0, 4, 5, 6]).boxed()),
        2 => of(Register::Window, window.boxed()),
        2 => of(Register::Threshold, threshold.boxed()),
        1 => of(Register::Sampling, (0_u64..4).boxed()),
        6 => pulse.prop_map(|value| (Register::SelfTest as u8, value)),
        1 => of(Register::LinkTest, (0_u64..40).boxed()),
        1 => of(Register::Flow, (0_u64..2).boxed()),
        1 => (any::<u8>(), 0_u64..2).prop_map(|(register, value)| (register, Value::Number(value))),
        1 => (0_u8..12, 0_u64..1 << VALUE_BITS).prop_map(|(register, value)| (register, Value::Number(value))),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let text = (select(&[16_u16, 20, 100]), vec(any::<u8>(), 0..12))
        .prop_map(|(clocks_per_bit, bytes)| Spoken::Text { clocks_per_bit, bytes });
    let levels = vec(1_u64..400, 0..12).prop_map(Spoken::Levels);
    (0_u64..500, prop_oneof![3 => text, 1 => levels]).prop_map(|(wait, what)| Said { wait, what })
}

fn change() -> impl Strategy<Value = Change> {
    let wait = prop_oneof![6 => 1_u64..15, 1 => 1_u64..900, 1 => 1_u64..6_000];
    let pin = prop_oneof![
        3 => (0_u8..11).prop_map(Pin::Toggle),
        1 => (0_u16..0x1000).prop_map(Pin::Lines),
        1 => any::<bool>().prop_map(Pin::Cts),
        2 => (0_u16..0x1000).prop_map(Pin::Adc),
    ];
    (wait, pin).prop_map(|(wait, pin)| Change { wait, pin })
}

fn burst() -> impl Strategy<Value = Change> {
    (10_u64..30, 0_u8..11).prop_map(|(wait, line)| Change { wait, pin: Pin::Toggle(line) })
}

impl Noise {
    /// What the pins do on a board.
    pub fn stimulus(&self, config: &Config) -> Stimulus {
        let jumper = LineSet::from_bits(self.jumper);
        let mut stimulus = Stimulus { jumper, ..stimulus(self.levels, &[]) };
        let (mut rxd, mut console, mut begin) = (Vec::new(), Wire::default(), 1);
        for stretch in &self.stretches {
            let mut clock = begin;
            for Sent { wait, what } in &stretch.sent {
                rxd.push((clock + wait, what));
                clock += wait + what.clocks(config);
            }
            let mut end = clock;
            console.clock = begin;
            for said in &stretch.said {
                console.say(said);
            }
            end = end.max(console.clock);
            clock = begin;
            let mut pins = stimulus.changes.last().map_or(stimulus.pins, |change| change.1);
            for Change { wait, pin } in &stretch.changes {
                clock += wait;
                pin.change(&mut pins);
                stimulus.changes.push((clock, pins));
            }
            begin = end.max(clock) + stretch.quiet;
        }
        stimulus.overlay(&Wire::of_rxd(&rxd, config).levels, |pins, level| pins.rxd = level);
        stimulus.overlay(&console.levels, |pins, level| pins.console = level);
        stimulus.end = stimulus.end.max(begin);
        stimulus
    }
}

impl Pin {
    fn change(&self, pins: &mut Pins) {
        match *self {
            Pin::Toggle(line) => pins.lines = lines(pins.lines.bits() ^ 1 << line).lines,
            Pin::Lines(levels) => pins.lines = lines(levels).lines,
            Pin::Cts(level) => pins.cts = level,
            Pin::Adc(code) => pins.adc = code,
        }
    }
}

impl Bytes {
    fn clocks(&self, config: &Config) -> u64 {
        let bytes = match self {
            Bytes::Command { .. } | Bytes::Damaged { .. } => COMMAND_LEN,
            Bytes::Any(bytes) => bytes.len(),
            Bytes::Levels(levels) => return levels.iter().sum(),
        };
        bytes as u64 * BITS_PER_BYTE * u64::from(config.clocks_per_bit)
    }
}

/// Levels of a serial input, idle high.
#[derive(Default)]
struct Wire {
    clock: u64,
    levels: Vec<(u64, bool)>,
}

impl Wire {
    /// What is sent, with the clocks in which it begins.
    fn of_rxd(sent: &[(u64, &Bytes)], config: &Config) -> Wire {
        let mut wire = Wire::default();
        for (place, (clock, what)) in sent.iter().enumerate() {
            wire.clock = *clock;
            let bit = u64::from(config.clocks_per_bit);
            match what {
                Bytes::Command { seq, register, value } => {
                    let mut commands = sent[place + 1..].iter();
                    let next = commands.find(|(_, what)| matches!(what, Bytes::Command { .. }));
                    // A command takes effect at its end.
                    let until = next.map_or(0, |(next, _)| {
                        (next + VALUE_AT * BITS_PER_BYTE * bit).saturating_sub(clock + what.clocks(config))
                    });
                    let value = match value {
                        Value::Number(value) => *value,
                        Value::UntilNext(more) => until.saturating_add_signed(*more),
                    };
                    wire.bytes(bit, &Command { seq: *seq, register: *register, value }.encode());
                }
                Bytes::Damaged { seq, register, at, flip } => {
                    let mut bytes = Command { seq: *seq, register: *register, value: 1 }.encode();
                    bytes[*at] ^= flip;
                    wire.bytes(bit, &bytes);
                }
                Bytes::Any(bytes) => wire.bytes(bit, bytes),
                Bytes::Levels(levels) => wire.levels(levels),
            }
        }
        wire
    }

    fn say(&mut self, said: &Said) {
        self.clock += said.wait;
        match &said.what {
            Spoken::Text { clocks_per_bit, bytes } => self.bytes(u64::from(*clocks_per_bit), bytes),
            Spoken::Levels(levels) => self.levels(levels),
        }
    }

    fn bytes(&mut self, clocks_per_bit: u64, bytes: &[u8]) {
        self.levels.extend(uart_levels(self.clock, clocks_per_bit, bytes));
        self.clock += bytes.len() as u64 * BITS_PER_BYTE * clocks_per_bit;
    }

    fn levels(&mut self, lasting: &[u64]) {
        for (clocks, level) in lasting.iter().zip([false, true].into_iter().cycle()) {
            self.levels.push((self.clock, level));
            self.clock += clocks;
        }
        self.levels.push((self.clock, true));
    }
}
