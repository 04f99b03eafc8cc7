//! Makes a new, whole capture of what a damaged or unfinished one still holds, and says what is lost.

use std::path::Path;

use crate::error::CaptureError;
use crate::facts::Facts;
use crate::item::{Damage, End, Item, LinkKind, LinkNote, Read};
use crate::reader::Reader;
use crate::summary::Summary;
use crate::writer::Writer;

/// The name of the fact that says which file a capture was recovered from.
const RECOVERED_FROM: &str = "recovered_from";
/// Progress is told once for so many items: of a quiet board they are less than a hundred bytes each.
const ITEMS_PER_REPORT: u64 = 256;
/// So many losses are kept one by one; the others are only counted.
const MAX_LOSSES: usize = 10_000;

/// A part of the recording that is not in the recovered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Where it was, bytes from the start of the damaged file.
    pub offset: u64,
    /// Bytes of the damaged file that are of no use.
    pub bytes: u64,
    /// Recorded items that were there; `None` if nothing tells.
    pub items: Option<u32>,
    /// Host time of the last item before it, ns; `None` if there is none.
    pub from_ns: Option<u64>,
    /// Host time of the next item after it, ns; `None` if there is none.
    pub to_ns: Option<u64>,
    /// What was wrong.
    pub what: String,
}

/// What a recovery did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The new file, read back and compared. Its items include one link event for each loss.
    pub summary: Summary,
    /// Items taken over.
    pub items: u64,
    /// What is lost, in file order; of very many, the first 10 000.
    pub lost: Vec<Lost>,
    /// Losses in all.
    pub losses: u64,
    /// Damaged parts that serve reading only: repaired, nothing of the recording is lost by them.
    pub repaired: u64,
    /// The recording had not been finished: what its program had not written yet when it ended, at most the last
    /// 250 ms, is not in any file.
    pub unfinished: bool,
}

impl Recovery {
    /// Whether a part of the recording is, or may be, lost.
    pub fn is_loss(&self) -> bool {
        self.unfinished || self.losses > 0
    }
}

/// Copies everything that is whole in the capture `from` into the new capture `to`, puts a `file-damage` event where something
/// is missing, finishes it, and reads it back. `from` is only read. `progress` hears how far it is, in bytes, and of how many.
///
/// The new file stands alone: it does not belong to a chain, even if `from` did.
///
/// # Errors
/// [`CaptureError::InUse`] while `from` is being recorded; [`CaptureError::NotVerified`] if the new file does not read back; else as
/// [`Reader::open`], [`Writer::create`] and [`Writer::finish`].
pub fn recover(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Recovery, CaptureError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let mut source = Reader::open(from)?;
    if matches!(source.end(), End::Truncated { writing: true, .. }) {
        return Err(CaptureError::InUse { path: from.into() });
    }
    let facts = recovered_facts(source.facts(), from);
    let mut copy = Copy { writer: Writer::create(to, &facts)?.copying(), ledger: Ledger::default() };
    for count in 0_u64.. {
        let Some(read) = source.items().next() else { break };
        copy.take(read)?;
        if count.is_multiple_of(ITEMS_PER_REPORT) {
            let (at, of) = source.progress();
            progress(at / 2, of);
        }
    }
    let recovery = copy.finish(source.end())?;
    compare(from, to, |at, of| progress(of / 2 + at / 2, of))?;
    Ok(recovery)
}

fn recovered_facts(facts: &Facts, from: &Path) -> Facts {
    let mut facts = facts.clone();
    let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // The file that follows in a chain knows the damaged one, by its checksum.
    facts.chain = None;
    facts.extra.insert(RECOVERED_FROM.to_owned(), name);
    facts
}

/// The new file while it is written.
struct Copy {
    writer: Writer,
    ledger: Ledger,
}

impl Copy {
    fn take(&mut self, read: Read) -> Result<(), CaptureError> {
        match read {
            Read::Item(item) => {
                self.ledger.item(item.host_ns());
                self.writer.item(&item)
            }
            Read::Damage { offset, bytes, what } => {
                let Some(event) = self.ledger.damage(offset, bytes, what) else { return Ok(()) };
                self.writer.link(self.ledger.last_ns.unwrap_or_default(), &event)
            }
        }
    }

    fn finish(mut self, end: End) -> Result<Recovery, CaptureError> {
        if let End::Truncated { at, bytes, .. } = end {
            self.ledger.unfinished = true;
            let reason =
                if bytes > 0 { "the file ends within a chunk" } else { "the recording was not finished" };
            let what = Damage::Items { reason, lost: None };
            self.take(Read::Damage { offset: at, bytes, what })?;
        }
        let Ledger { items, lost, losses, repaired, unfinished, .. } = self.ledger;
        let summary = self.writer.finish()?;
        Ok(Recovery { summary, items, lost, losses, repaired, unfinished })
    }
}

/// Counts what was taken over and what is missing.
#[derive(Default)]
struct Ledger {
    items: u64,
    lost: Vec<Lost>,
    losses: u64,
    repaired: u64,
    unfinished: bool,
    last_ns: Option<u64>,
    /// The first loss that waits for the time of the next item.
    open: usize,
}

impl Ledger {
    fn item(&mut self, host_ns: u64) {
        self.items += 1;
        self.last_ns = Some(host_ns);
        self.lost[self.open..].iter_mut().for_each(|lost| lost.to_ns = Some(host_ns));
        self.open = self.lost.len();
    }

    /// Notes a damage; gives the event that stands for it in the new file if items are missing.
    fn damage(&mut self, offset: u64, bytes: u64, what: Damage) -> Option<LinkNote> {
        let Damage::Items { lost: items, .. } = what else {
            self.repaired += 1;
            return None;
        };
        if !what.loses_items() {
            self.repaired += 1;
            return None;
        }
        self.losses += 1;
        if self.lost.len() < MAX_LOSSES {
            let (from_ns, what) = (self.last_ns, what.to_string());
            self.lost.push(Lost { offset, bytes, items, from_ns, to_ns: None, what });
        }
        let text = format!("{bytes} bytes at byte {offset} of the damaged file: {what}");
        Some(LinkNote { kind: LinkKind::FileDamage, text })
    }
}

/// Reads both files again: the new one has to be whole, and to hold the items of the old one, each once and in order.
fn compare(from: &Path, to: &Path, mut progress: impl FnMut(u64, u64)) -> Result<(), CaptureError> {
    let differs = |what: String| CaptureError::NotVerified { path: to.into(), what };
    let (mut source, mut copy) = (Reader::open(from)?, Reader::open(to)?);
    let mut count = 0u64;
    loop {
        let expected = source.items().find_map(item_of);
        let found = loop {
            match copy.items().next() {
                Some(Read::Damage { what, offset, .. }) => {
                    return Err(differs(format!("at byte {offset}: {what}")));
                }
                // The events that recovery added; those of an earlier recovery are in both.
                Some(Read::Item(item)) if is_loss_event(&item) && expected.as_ref() != Some(&item) => {}
                Some(Read::Item(item)) => break Some(item),
                None => break None,
            }
        };
        if expected != found {
            return Err(differs(format!("item {count} is another one")));
        }
        if expected.is_none() {
            break;
        }
        if count.is_multiple_of(ITEMS_PER_REPORT) {
            let (at, of) = source.progress();
            progress(at, of);
        }
        count += 1;
    }
    match copy.end() {
        End::Finished => Ok(()),
        End::Truncated { at, .. } => Err(differs(format!("it ends at byte {at}"))),
    }
}

fn item_of(read: Read) -> Option<Item> {
    match read {
        Read::Item(item) => Some(item),
        Read::Damage { .. } => None,
    }
}

fn is_loss_event(item: &Item) -> bool {
    matches!(item, Item::Link { event: LinkNote { kind: LinkKind::FileDamage, .. }, .. })
}
