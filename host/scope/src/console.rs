//! The console's bytes as lines of text, each with the tick of its first byte.

use std::ops::Range;

use ichiscope_timeline::ConsoleByte;

/// A line ends after this many bytes at the latest.
const LONGEST: usize = 240;

/// A line of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleLine {
    /// When its first byte began.
    pub tick: u64,
    /// Its bytes, by their place in the timeline's console.
    pub bytes: Range<usize>,
    /// Bytes were lost before or in it, or one of them was no whole byte.
    pub is_spoiled: bool,
}

/// All lines so far. They grow with the recording.
#[derive(Clone, Debug, Default)]
pub struct ConsoleLines {
    lines: Vec<ConsoleLine>,
    /// The last line has had its end.
    is_closed: bool,
    taken: usize,
}

impl ConsoleLines {
    /// The lines, oldest first.
    pub fn all(&self) -> &[ConsoleLine] {
        &self.lines
    }

    /// The line that was being written, or had been written last, at `tick`.
    pub fn at(&self, tick: u64) -> Option<usize> {
        self.lines.partition_point(|line| line.tick <= tick).checked_sub(1)
    }

    /// Takes what is new. A console that is shorter than what was seen before is taken from its beginning.
    pub fn update(&mut self, console: &[ConsoleByte]) {
        if console.len() < self.taken {
            *self = ConsoleLines::default();
        }
        for (index, byte) in console.iter().enumerate().skip(self.taken) {
            self.take(index, byte);
        }
        self.taken = console.len();
    }

    fn take(&mut self, index: usize, byte: &ConsoleByte) {
        let is_full = self.lines.last().is_none_or(|line| self.is_closed || line.bytes.len() >= LONGEST);
        let is_end = byte.byte == b'\n';
        if is_full {
            let bytes = index..index;
            self.lines.push(ConsoleLine { tick: byte.tick, bytes, is_spoiled: false });
        }
        if let Some(line) = self.lines.last_mut() {
            line.bytes.end = index + 1;
            line.is_spoiled |= byte.lost_before || byte.framing_error;
        }
        self.is_closed = is_end;
    }
}

/// The text of a line: what is no printable ASCII is shown as its code, ends of lines are left out.
pub fn text(line: &ConsoleLine, console: &[ConsoleByte]) -> String {
    let mut text = String::new();
    for byte in console.get(line.bytes.clone()).unwrap_or_default() {
        if byte.lost_before {
            text.push_str("[lost]");
        }
        match byte.byte {
            b'\r' | b'\n' => {}
            b'\t' => text.push(' '),
            printable @ 0x20..0x7F => text.push(char::from(printable)),
            other => text.push_str(&format!("\\x{other:02x}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str, from: u64) -> Vec<ConsoleByte> {
        let byte = |(i, byte)| ConsoleByte {
            tick: from + i as u64,
            byte,
            framing_error: false,
            lost_before: false,
            is_late: false,
        };
        text.bytes().enumerate().map(byte).collect()
    }

    #[test]
    fn lines_end_where_the_meter_ends_them_however_the_bytes_come() {
        let console = bytes("boot 1\r\nimage ok\r\n\x07par", 100);
        let mut piecewise = ConsoleLines::default();
        for end in 0..=console.len() {
            piecewise.update(&console[..end]);
        }
        let texts: Vec<String> = piecewise.all().iter().map(|l| text(l, &console)).collect();
        assert_eq!(texts, ["boot 1", "image ok", "\\x07par"]);
        let ticks: Vec<u64> = piecewise.all().iter().map(|l| l.tick).collect();
        assert_eq!(ticks, [100, 108, 118]);
        assert_eq!(
            [piecewise.at(99), piecewise.at(100), piecewise.at(117), piecewise.at(500)],
            [None, Some(0), Some(1), Some(2)]
        );
        let mut whole = ConsoleLines::default();
        whole.update(&console);
        assert_eq!(whole.all(), piecewise.all());
    }

    #[test]
    fn what_was_lost_is_said() {
        let mut console = bytes("ab\n", 0);
        console[1].lost_before = true;
        let mut lines = ConsoleLines::default();
        lines.update(&console);
        assert!(lines.all()[0].is_spoiled);
        assert_eq!(text(&lines.all()[0], &console), "a[lost]b");
    }

    #[test]
    fn a_line_without_an_end_does_not_grow_for_ever() {
        let console = bytes(&"x".repeat(1000), 0);
        let mut lines = ConsoleLines::default();
        lines.update(&console);
        assert!(lines.all().iter().all(|l| l.bytes.len() <= LONGEST));
        assert_eq!(lines.all().iter().map(|l| l.bytes.len()).sum::<usize>(), 1000);
    }
}
