//! A bounded view into a file that may be growing.

use std::io::{self, Read, Seek, SeekFrom};

/// Unreadable parts are skipped in pieces of this size, a usual sector.
const SECTOR: u64 = 4096;

/// Serves byte ranges of `source` from one buffer. What cannot be read counts as zeros: no check passes on them.
pub(crate) struct Window<S> {
    source: S,
    buffer: Vec<u8>,
    start: u64,
    ahead: usize,
}

impl<S: Read + Seek> Window<S> {
    /// A window that reads at least `ahead` bytes at a time.
    pub(crate) fn new(source: S, ahead: usize) -> Window<S> {
        Window { source, buffer: Vec::new(), start: 0, ahead }
    }

    pub(crate) fn source(&self) -> &S {
        &self.source
    }

    /// The source's length now.
    pub(crate) fn len(&mut self) -> u64 {
        self.source.seek(SeekFrom::End(0)).unwrap_or(0)
    }

    /// Up to `len` bytes at `offset`: fewer only at the end of the source.
    pub(crate) fn get(&mut self, offset: u64, len: usize) -> &[u8] {
        if !self.holds(offset, len) {
            self.fill(offset, len.max(self.ahead));
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX).min(self.buffer.len());
        let to = from.saturating_add(len).min(self.buffer.len());
        &self.buffer[from..to]
    }

    fn holds(&self, offset: u64, len: usize) -> bool {
        offset >= self.start && offset + len as u64 <= self.start + self.buffer.len() as u64
    }

    fn fill(&mut self, offset: u64, len: usize) {
        self.start = offset;
        self.buffer.resize(len, 0);
        let mut filled = 0;
        while filled < len {
            let at = offset + filled as u64;
            match self.read_at(at, filled) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    let sector_end = (at / SECTOR + 1) * SECTOR;
                    let skip = (sector_end.min(self.len().max(at)) - at).min((len - filled) as u64) as usize;
                    if skip == 0 {
                        break;
                    }
                    self.buffer[filled..filled + skip].fill(0);
                    filled += skip;
                }
            }
        }
        self.buffer.truncate(filled);
    }

    fn read_at(&mut self, at: u64, filled: usize) -> io::Result<usize> {
        self.source.seek(SeekFrom::Start(at))?;
        // A read that touches a bad sector may fail as a whole, so a failing one is tried again up to that sector's start.
        self.source.read(&mut self.buffer[filled..]).or_else(|error| {
            let to_sector =
                ((at / SECTOR + 1) * SECTOR - at).min((self.buffer.len() - filled) as u64) as usize;
            if error.kind() == io::ErrorKind::Interrupted || to_sector == self.buffer.len() - filled {
                return Err(error);
            }
            self.source.seek(SeekFrom::Start(at))?;
            self.source.read(&mut self.buffer[filled..filled + to_sector])
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Fails every read that touches its second sector.
    struct BadSector(Cursor<Vec<u8>>);

    impl Read for BadSector {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let from = self.0.position();
            if from < 2 * SECTOR && from + buf.len() as u64 > SECTOR {
                return Err(io::Error::other("bad sector"));
            }
            self.0.read(buf)
        }
    }

    impl Seek for BadSector {
        fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
            self.0.seek(pos)
        }
    }

    #[test]
    fn a_bad_sector_reads_as_zeros_and_costs_no_neighbour() {
        let mut data = vec![7; 3 * SECTOR as usize + 10];
        let mut window = Window::new(BadSector(Cursor::new(data.clone())), 100_000);
        let got = window.get(5, 100_000).to_vec();
        data[SECTOR as usize..2 * SECTOR as usize].fill(0);
        assert_eq!(got, data[5..]);
    }

    #[test]
    fn what_was_appended_is_seen() {
        let mut window = Window::new(Cursor::new(vec![1, 2, 3]), 16);
        assert_eq!(window.get(1, 5), [2, 3]);
        window.source.get_mut().extend([4, 5]);
        assert_eq!(window.get(1, 4), [2, 3, 4, 5]);
        assert!(window.get(9, 4).is_empty());
    }
}
