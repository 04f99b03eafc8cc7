//! Words of a text file of any size, with their lines, through one bounded buffer.

use std::io::Read;

use super::error::{Located, Wrong};

const BUFFER: usize = 1 << 18;

/// A word: a run of characters without blanks.
pub(crate) struct Word<'a> {
    pub(crate) text: &'a [u8],
    /// Blank space follows it, and not the end of the file.
    pub(crate) is_whole: bool,
    /// Its line, from 1.
    pub(crate) line: u64,
}

/// Reads word by word.
pub(crate) struct Lexer<R> {
    source: R,
    buffer: Vec<u8>,
    /// The part of the buffer that is not read yet.
    start: usize,
    end: usize,
    line: u64,
    at_end: bool,
}

impl<R: Read> Lexer<R> {
    pub(crate) fn new(source: R) -> Lexer<R> {
        Lexer { source, buffer: vec![0; BUFFER], start: 0, end: 0, line: 1, at_end: false }
    }

    /// The line of the last word, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The next word.
    pub(crate) fn word(&mut self) -> Result<Option<Word<'_>>, Located> {
        if !self.skip_blanks()? {
            return Ok(None);
        }
        let mut length = 0;
        loop {
            let rest = &self.buffer[self.start + length..self.end];
            if let Some(n) = rest.iter().position(|b| *b <= b' ') {
                let from = self.start;
                self.start += length + n;
                let text = &self.buffer[from..from + length + n];
                return Ok(Some(Word { text, is_whole: true, line: self.line }));
            }
            length = self.end - self.start;
            if !self.fill()? {
                let from = self.start;
                self.start = self.end;
                let text = &self.buffer[from..from + length];
                return Ok(Some(Word { text, is_whole: false, line: self.line }));
            }
        }
    }

    fn skip_blanks(&mut self) -> Result<bool, Located> {
        loop {
            while self.start < self.end {
                let byte = self.buffer[self.start];
                if byte > b' ' {
                    return Ok(true);
                }
                self.line += u64::from(byte == b'\n');
                self.start += 1;
            }
            if !self.fill()? {
                return Ok(false);
            }
        }
    }

    /// Gets more bytes behind those that are not read yet; `false` at the end of the file.
    fn fill(&mut self) -> Result<bool, Located> {
        if self.at_end {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            let begin = String::from_utf8_lossy(&self.buffer[..40]).into_owned();
            return Err(Wrong::Unexpected(format!("{begin}...")).at(self.line));
        }
        let read = loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let n = read.map_err(|error| Wrong::Io(error.into()).at(self.line))?;
        self.end += n;
        self.at_end = n == 0;
        Ok(n > 0)
    }
}
