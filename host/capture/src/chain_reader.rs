//! Reads a recording of several files as one, from any of them.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use crate::chain::CONTINUES;
use crate::error::CaptureError;
use crate::facts::{Facts, PreviousFacts};
use crate::item::{Damage, End, Item, Read};
use crate::reader::Reader;

/// What one step of reading a chain brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainRead {
    /// What the current file gives.
    Read(Read),
    /// A part of the recording is not there: a file is missing, is not what its successor says it was, or was not finished.
    Missing {
        /// Number of the file, or of the last of several.
        number: u32,
        /// For people: which file, and what is wrong.
        what: String,
    },
}

/// Reads all files of a recording in their order. A recording of one file is read as [`Reader`] does it.
pub struct ChainReader {
    facts: Facts,
    /// The file that is being read, and those that follow.
    reader: Reader,
    number: u32,
    path: PathBuf,
    rest: VecDeque<(u32, PathBuf)>,
    files: Vec<PathBuf>,
    /// Said before the next read.
    missing: VecDeque<ChainRead>,
    /// The current file has lost items.
    has_loss: bool,
    /// The file that continues the current one, if the last item said so.
    continues: Option<String>,
    ended: bool,
    earlier_bytes: u64,
}

impl ChainReader {
    /// Opens the recording that the file at `path` belongs to. Its other files are searched in the same folder by their facts,
    /// whatever their names are.
    ///
    /// # Errors
    /// As [`Reader::open`], for this file.
    pub fn open(path: impl AsRef<Path>) -> Result<ChainReader, CaptureError> {
        let path = path.as_ref();
        let given = Reader::open(path)?;
        let mut rest = members(path, given.facts());
        let (number, first) = rest.pop_front().unwrap_or((1, path.into()));
        let reader = if first == path { given } else { Reader::open(&first)? };
        let files = std::iter::once(&first).chain(rest.iter().map(|(_, path)| path)).cloned().collect();
        let mut chain = ChainReader {
            facts: reader.facts().clone(),
            reader,
            number,
            path: first,
            rest,
            files,
            missing: VecDeque::new(),
            has_loss: false,
            continues: None,
            ended: false,
            earlier_bytes: 0,
        };
        chain.report_missing(1..number);
        Ok(chain)
    }

    /// The facts of the first file that is there.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The files that are there, in their order.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The file that is being read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the last file ends, known once [`ChainReader::next_read`] has returned `None`.
    pub fn end(&self) -> End {
        self.reader.end()
    }

    /// Bytes read so far, of all files.
    pub fn position(&mut self) -> u64 {
        self.earlier_bytes + self.reader.progress().0
    }

    /// The next item, damage or missing file; `None` at the end, or, while the last file is being written, for now.
    pub fn next_read(&mut self) -> Option<ChainRead> {
        loop {
            if let Some(missing) = self.missing.pop_front() {
                return Some(missing);
            }
            match self.reader.items().next() {
                Some(Read::Item(Item::Note { kind, text, .. })) if kind == CONTINUES => {
                    self.continues = Some(text);
                }
                Some(read) => {
                    if let Read::Damage { what, .. } = &read {
                        self.has_loss |= what.loses_items();
                    } else {
                        self.continues = None;
                    }
                    return Some(ChainRead::Read(read));
                }
                None if !self.go_on() => return self.missing.pop_front(),
                None => {}
            }
        }
    }

    /// Goes to the next file; false if there is none.
    fn go_on(&mut self) -> bool {
        if self.rest.is_empty() && self.continues.is_some() {
            self.look_for_more();
        }
        let Some((number, path)) = self.rest.pop_front() else {
            self.end_reached();
            return false;
        };
        match Reader::open(&path) {
            Ok(next) => {
                let previous = next.facts().chain.as_ref().and_then(|chain| chain.previous.clone());
                if self.number.checked_add(1) == Some(number) {
                    self.check(previous.as_ref());
                } else {
                    self.report_missing(self.number.saturating_add(1)..number);
                }
                self.earlier_bytes += self.reader.progress().0;
                self.reader = next;
                (self.number, self.path) = (number, path);
                (self.has_loss, self.continues) = (false, None);
            }
            Err(error) => {
                self.report(number, error.to_string());
                (self.number, self.has_loss) = (number, true);
            }
        }
        true
    }

    /// Files that were begun after this reader was opened.
    fn look_for_more(&mut self) {
        let mut found = members(&self.path, self.reader.facts());
        found.retain(|(number, _)| *number > self.number);
        self.files.extend(found.iter().map(|(_, path)| path.clone()));
        self.rest = found;
    }

    /// The last file was read: does it say that another one follows, or lack its end? What was recorded behind a cut is lost.
    fn end_reached(&mut self) {
        if matches!(self.reader.end(), End::Truncated { writing: true, .. }) || self.ended {
            return;
        }
        self.ended = true;
        if let Some(name) = self.continues.take() {
            let number = self.number.saturating_add(1);
            self.report(number, format!("file {number} of the recording, {name}, is missing"));
        } else if matches!(self.reader.end(), End::Truncated { .. }) {
            let name = self.path.display();
            self.report(self.number, format!("{name} was not finished: what follows its end is not known"));
        }
    }

    /// Holds the file that was just read against what its successor says of it.
    fn check(&mut self, said: Option<&PreviousFacts>) {
        let Some(said) = said else { return };
        let whole = match (self.reader.data_end(), self.reader.end()) {
            (Some(found), _) => found == (said.data_bytes, said.data_crc32),
            // Its index is missing, its data are not.
            (None, End::Truncated { at, .. }) => at >= said.data_bytes,
            (None, End::Finished) => false,
        };
        // A loss was reported where it is.
        if !whole && !self.has_loss {
            let name = self.path.display();
            self.report(self.number, format!("{name} is not what it was when the next file was begun"));
        }
    }

    fn report_missing(&mut self, numbers: std::ops::Range<u32>) {
        let last = numbers.end.saturating_sub(1);
        match last.checked_sub(numbers.start) {
            None => {}
            Some(0) => self.report(last, format!("file {last} of the recording is missing")),
            Some(_) => {
                self.report(last, format!("files {} to {last} of the recording are missing", numbers.start));
            }
        }
    }

    fn report(&mut self, number: u32, what: String) {
        self.missing.push_back(ChainRead::Missing { number, what });
    }
}

/// The files of the recording, by number. Of two with the same number the one at `path` counts, else the first by name.
fn members(path: &Path, facts: &Facts) -> VecDeque<(u32, PathBuf)> {
    let Some(chain) = &facts.chain else { return VecDeque::from([(1, path.into())]) };
    let mut found = BTreeMap::from([(chain.number, path.to_owned())]);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return found.into_iter().collect() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|other| other.extension() == path.extension());
    paths.sort();
    for other in paths {
        // What cannot be opened is not known to belong here; if it does, its number is reported as missing.
        let Ok(reader) = Reader::open(&other) else { continue };
        if let Some(its) = reader.facts().chain.as_ref().filter(|its| its.id == chain.id) {
            found.entry(its.number).or_insert(other);
        }
    }
    found.into_iter().collect()
}

impl ChainRead {
    /// Whether a part of the recording is, or may be, lost.
    pub fn loses_items(&self) -> bool {
        match self {
            ChainRead::Read(Read::Damage { what, .. }) => Damage::loses_items(what),
            ChainRead::Read(Read::Item(_)) => false,
            ChainRead::Missing { .. } => true,
        }
    }
}
