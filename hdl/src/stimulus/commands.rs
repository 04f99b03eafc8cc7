//! The text file of `sim --commands`: commands, bytes, console, ADC and CTS by time. `docs/stimulus.md` specifies it.

use ichiscope_wire::{COMMAND_LEN, Command, Register, VALUE_BITS};

use super::input::Input;
use super::serial::{levels_at, uart_levels};
use super::{Pins, Stimulus};
use crate::Design;
use crate::boards::BoardName;

/// No entry may lie beyond this clock: what is reckoned from it must not overflow.
const LAST_CLOCK: u64 = 1 << 56;
/// Digits behind a time's point.
const MOST_DECIMALS: usize = 9;
const CODE_MOST: u64 = 4095;
/// A console may take a clock for four of its bits at most.
const CLOCKS_PER_BIT_LEAST: u64 = 4;
const BITS_PER_BYTE: u64 = 10;

/// What is wrong, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) reason: String,
}

/// A word, or a text in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(Vec<u8>),
}

/// The levels of one entry, its first clock first, and the first clock in which its pin is free again.
struct Piece<T> {
    line: usize,
    levels: Vec<(u64, T)>,
    free: u64,
}

/// What the file has, by pin.
#[derive(Default)]
struct Pieces {
    rxd: Vec<Piece<bool>>,
    console: Vec<Piece<bool>>,
    cts: Vec<Piece<bool>>,
    codes: Vec<Piece<u16>>,
    commands: u8,
}

/// Lays the file's entries over `stimulus`.
pub(super) fn add(stimulus: &mut Stimulus, text: &[u8], design: &Design) -> Result<(), Fault> {
    let mut pieces = Pieces::default();
    for (line, text) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let fault = |reason| Fault { line, reason };
        let tokens = tokens(text).map_err(fault)?;
        if let Some((first, rest)) = tokens.split_first() {
            Entry { line, design, tokens: rest }.read(first, &mut pieces).map_err(fault)?;
        }
    }
    lay("rxd", pieces.rxd, stimulus, |pins| &mut pins.rxd)?;
    lay("console", pieces.console, stimulus, |pins| &mut pins.console)?;
    lay("cts", pieces.cts, stimulus, |pins| &mut pins.cts)?;
    lay("adc", pieces.codes, stimulus, |pins| &mut pins.adc)
}

/// One pin's pieces over the stimulus.
fn lay<T: Copy + PartialEq>(
    pin: &str,
    mut pieces: Vec<Piece<T>>,
    stimulus: &mut Stimulus,
    of: fn(&mut Pins) -> &mut T,
) -> Result<(), Fault> {
    pieces.sort_by_key(|piece| piece.levels[0].0);
    for pair in pieces.windows(2) {
        let (before, clock) = (&pair[0], pair[1].levels[0].0);
        if clock < before.free {
            return Err(Fault {
                line: pair[1].line,
                reason: format!(
                    "{pin} is told something at clock {clock}, and line {} has it until clock {}. Remedy: begin at clock {1} or later",
                    before.line, before.free
                ),
            });
        }
    }
    let Some(first) = pieces.first() else { return Ok(()) };
    let from = first.levels[0].0;
    let mut level = *of(&mut { stimulus.pins });
    for (clock, pins) in &stimulus.changes {
        let before = std::mem::replace(&mut level, *of(&mut { *pins }));
        if *clock >= from && before != level {
            return Err(Fault {
                line: first.line,
                reason: format!(
                    "{pin} follows this file from clock {from} on, and the VCD changes it at clock {clock}. \
                     Remedy: take it out of one of them"
                ),
            });
        }
    }
    let free = pieces.iter().map(|piece| piece.free).max().unwrap_or(0);
    let levels: Vec<(u64, T)> = pieces.into_iter().flat_map(|piece| piece.levels).collect();
    stimulus.overlay(&levels, |pins, level| *of(pins) = level);
    stimulus.end = stimulus.end.max(free);
    Ok(())
}

/// One line's entry: what follows its time.
struct Entry<'a> {
    line: usize,
    design: &'a Design,
    tokens: &'a [Token],
}

impl Entry<'_> {
    fn read(&self, time: &Token, pieces: &mut Pieces) -> Result<(), String> {
        let clock = self.clock(time)?;
        let words: Vec<Option<&str>> = self.tokens.iter().map(Token::word).collect();
        match words.split_first() {
            Some((Some("command"), _)) => self.command(clock, pieces),
            Some((Some("bytes"), _)) => self.bytes(clock, &data(&self.tokens[1..])?, pieces),
            Some((Some("console"), _)) => self.console(clock, pieces),
            Some((Some("adc"), [code])) => self.codes(vec![(clock, code_of(*code)?)], clock, pieces),
            Some((Some("ramp"), [from, Some("to"), to, Some("until"), _])) => {
                let until = self.clock(&self.tokens[5])?;
                self.codes(ramp(clock, code_of(*from)?, code_of(*to)?, until)?, until, pieces)
            }
            Some((Some("cts"), [Some(level @ ("0" | "1"))])) => {
                self.needs(Input::Cts)?;
                let piece =
                    Piece { line: self.line, levels: vec![(clock, *level == "1")], free: clock + 1 };
                pieces.cts.push(piece);
                Ok(())
            }
            _ => Err("this is no entry. Remedy: write TIME, then one of `command NAME VALUE`, `bytes DATA`, \
                      `console BAUD DATA`, `adc CODE`, `ramp FROM to TO until TIME`, `cts 0|1`; see docs/stimulus.md"
                .into()),
        }
    }

    /// The clock of a time: a clock's number, or a number with a unit.
    fn clock(&self, token: &Token) -> Result<u64, String> {
        let shape = || {
            let word = token.word().unwrap_or("a text");
            format!("{word} is no time. Remedy: write a clock's number, or a number with ns, us, ms or s")
        };
        let word = token.word().ok_or_else(shape)?;
        let unit_at = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
        let (digits, unit) = word.split_at(unit_at);
        let per_second: u128 = match unit {
            "" => self.design.config.tick_hz.into(),
            "s" => 1,
            "ms" => 1_000,
            "us" => 1_000_000,
            "ns" => 1_000_000_000,
            _ => return Err(shape()),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let has_point = digits.contains('.');
        if whole.is_empty()
            || !is_number(whole)
            || !is_number(decimals)
            || has_point && (decimals.is_empty() || unit.is_empty() || decimals.len() > MOST_DECIMALS)
        {
            return Err(shape());
        }
        let far = || format!("{word} is too far away. Remedy: stay below clock {LAST_CLOCK}");
        let number: u128 = [whole, decimals].concat().parse().map_err(|_| far())?;
        let scale = per_second * 10_u128.pow(decimals.len() as u32);
        let clocks = number.checked_mul(self.design.config.tick_hz.into()).ok_or_else(far)?.div_ceil(scale);
        u64::try_from(clocks).ok().filter(|clock| *clock <= LAST_CLOCK).ok_or_else(far)
    }

    /// The board has to have the pin.
    fn needs(&self, input: Input) -> Result<(), String> {
        if input.is_wired(&self.design.config) {
            return Ok(());
        }
        let has = |board: &BoardName| input.is_wired(&board.board().config);
        let boards: Vec<&str> = BoardName::ALL.iter().filter(|b| has(b)).map(|b| b.board().name).collect();
        Err(format!(
            "the board {} has no {}. Remedy: leave this out, or take a board that has it: {}",
            self.design.board.name,
            input.name(),
            boards.join(", ")
        ))
    }

    fn command(&self, clock: u64, pieces: &mut Pieces) -> Result<(), String> {
        let mut seq = pieces.commands;
        pieces.commands = pieces.commands.wrapping_add(1);
        let mut flips = Vec::new();
        let mut words = Vec::new();
        for token in &self.tokens[1..] {
            let word = token.word().ok_or("a command has no text in it. Remedy: write NAME VALUE")?;
            if let Some(number) = word.strip_prefix("seq=") {
                seq = number_of(number, "a command's number", 255)? as u8;
            } else if let Some(bit) = word.strip_prefix("flip=") {
                flips.push(number_of(bit, "a bit of the command", COMMAND_LEN as u64 * 8 - 1)? as usize);
            } else {
                words.push(word);
            }
        }
        let (register, value) = register_and_value(&words)?;
        let mut bytes = Command { seq, register, value }.encode();
        for bit in flips {
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        self.bytes(clock, &bytes, pieces)
    }

    fn bytes(&self, clock: u64, bytes: &[u8], pieces: &mut Pieces) -> Result<(), String> {
        self.needs(Input::Rxd)?;
        let clocks_per_bit = u64::from(self.design.config.clocks_per_bit);
        pieces.rxd.push(Piece {
            line: self.line,
            levels: uart_levels(clock, clocks_per_bit, bytes),
            free: clock + bytes.len() as u64 * BITS_PER_BYTE * clocks_per_bit,
        });
        Ok(())
    }

    fn console(&self, clock: u64, pieces: &mut Pieces) -> Result<(), String> {
        self.needs(Input::Console)?;
        let tick_hz = u64::from(self.design.config.tick_hz);
        let baud = self.tokens.get(1).and_then(Token::word).unwrap_or_default();
        let baud = number_of(baud, "the console's baud", tick_hz / CLOCKS_PER_BIT_LEAST)?;
        if baud == 0 {
            return Err(
                "a console with 0 baud says nothing. Remedy: write its rate, 115200 for example".into()
            );
        }
        let bytes = data(&self.tokens[2..])?;
        let at = |bit: u64| clock + bit * tick_hz / baud;
        pieces.console.push(Piece {
            line: self.line,
            levels: levels_at(at, &bytes),
            free: at(bytes.len() as u64 * BITS_PER_BYTE),
        });
        Ok(())
    }

    fn codes(&self, levels: Vec<(u64, u16)>, until: u64, pieces: &mut Pieces) -> Result<(), String> {
        self.needs(Input::Code(0))?;
        pieces.codes.push(Piece { line: self.line, levels, free: until + 1 });
        Ok(())
    }
}

impl Token {
    fn word(&self) -> Option<&str> {
        match self {
            Token::Word(word) => Some(word),
            Token::Text(_) => None,
        }
    }
}

/// The words and texts of a line, without its comment.
fn tokens(line: &[u8]) -> Result<Vec<Token>, String> {
    let line = std::str::from_utf8(line)
        .map_err(|_| "this is no UTF-8 text. Remedy: write bytes as two hexadecimal digits")?;
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let token;
        if let Some(text) = rest.strip_prefix('"') {
            (token, rest) = quoted(text)?;
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || c == '"' || c == '#').unwrap_or(rest.len());
            token = Token::Word(rest[..end].to_owned());
            rest = &rest[end..];
        }
        tokens.push(token);
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// A text up to its closing quote, and what follows it.
fn quoted(text: &str) -> Result<(Token, &str), String> {
    let mut bytes = Vec::new();
    let mut chars = text.chars();
    loop {
        match chars.next().ok_or("a text without an end. Remedy: close it with \"")? {
            '"' => return Ok((Token::Text(bytes), chars.as_str())),
            '\\' => bytes.push(escaped(&mut chars)?),
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

fn escaped(chars: &mut std::str::Chars) -> Result<u8, String> {
    Ok(match chars.next() {
        Some('r') => b'\r',
        Some('n') => b'\n',
        Some('t') => b'\t',
        Some('0') => 0,
        Some('\\') => b'\\',
        Some('"') => b'"',
        Some('x') => {
            let digits: String = chars.take(2).collect();
            hex_byte(&digits)
                .ok_or_else(|| format!("\\x{digits} is no byte. Remedy: write two hexadecimal digits"))?
        }
        other => {
            let other = other.map(String::from).unwrap_or_default();
            return Err(format!(
                "\\{other} is not known. Remedy: write \\r, \\n, \\t, \\0, \\\\, \\\" or \\xNN"
            ));
        }
    })
}

fn hex_byte(digits: &str) -> Option<u8> {
    let is_hex = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

/// Bytes of DATA.
fn data(tokens: &[Token]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for token in tokens {
        match token {
            Token::Text(text) => bytes.extend(text),
            Token::Word(word) => bytes.push(hex_byte(word).ok_or_else(|| {
                format!("{word} is no byte. Remedy: write two hexadecimal digits, or a text in \"...\"")
            })?),
        }
    }
    if bytes.is_empty() {
        return Err(
            "there are no bytes. Remedy: write two hexadecimal digits each, or a text in \"...\"".into()
        );
    }
    Ok(bytes)
}

/// A decimal or hexadecimal number up to `most`.
fn number_of(word: &str, what: &str, most: u64) -> Result<u64, String> {
    let number = match word.strip_prefix("0x") {
        Some(digits) if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            u64::from_str_radix(digits, 16).ok()
        }
        None if word.bytes().all(|digit| digit.is_ascii_digit()) => word.parse().ok(),
        _ => None,
    };
    let found = if word.is_empty() { "nothing" } else { word };
    number
        .filter(|number| *number <= most)
        .ok_or_else(|| format!("{found} is not {what}. Remedy: write a number from 0 to {most}"))
}

fn code_of(word: Option<&str>) -> Result<u16, String> {
    Ok(number_of(word.unwrap_or_default(), "a code of the ADC", CODE_MOST)? as u16)
}

/// A command's register and value from its words.
fn register_and_value(words: &[&str]) -> Result<(u8, u64), String> {
    let most = (1 << VALUE_BITS) - 1;
    let value = |word: &&str| number_of(word, "the value of a command", most);
    let half = |word: &&str| number_of(word, "a number of samples", 0xFFFF);
    let code = |word: &&str| number_of(word, "a code of the ADC", CODE_MOST);
    let named = words.first().and_then(|name| Register::ALL.into_iter().find(|r| r.name() == *name));
    match (named, words) {
        (Some(Register::Identify), [_]) => Ok((Register::Identify as u8, 0)),
        (Some(Register::Window), [_, before, after]) => {
            Ok((Register::Window as u8, half(before)? | half(after)? << 16))
        }
        (Some(Register::Threshold), [_, falling, rising]) => {
            Ok((Register::Threshold as u8, code(falling)? | code(rising)? << 12))
        }
        (Some(register), [_, word])
            if !matches!(register, Register::Identify | Register::Window | Register::Threshold) =>
        {
            Ok((register as u8, value(word)?))
        }
        (None, ["register", register, word]) => {
            Ok((number_of(register, "a register", 255)? as u8, value(word)?))
        }
        _ => Err(format!(
            "`{}` is no command. Remedy: write one of identify, deglitch N, console N, envelope N, window BEFORE AFTER, \
             threshold FALLING RISING, sampling N, self-test N, link-test N, flow N, register R N",
            words.join(" ")
        )),
    }
}

/// Codes on a straight line.
fn ramp(clock: u64, from: u16, to: u16, until: u64) -> Result<Vec<(u64, u16)>, String> {
    if until <= clock {
        return Err(format!(
            "the ramp ends at clock {until}, before it goes on from clock {clock}. Remedy: end it later"
        ));
    }
    let steps = u64::from(from.abs_diff(to));
    let code = |step: u64| if to > from { from + step as u16 } else { from - step as u16 };
    let mut levels = vec![(clock, from)];
    for step in 1..=steps {
        let offset = (u128::from(step) * u128::from(until - clock)).div_ceil(u128::from(steps));
        let at = clock + offset as u64;
        match levels.last_mut() {
            Some(last) if last.0 == at => last.1 = code(step),
            _ => levels.push((at, code(step))),
        }
    }
    Ok(levels)
}
