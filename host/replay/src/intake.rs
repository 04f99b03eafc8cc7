//! What is recorded, onto the axis: the one way, live or from a file.

use ichiscope_capture::{ChainRead, ChainReader, Damage, Item, LinkKind, Read};
use ichiscope_timeline::{Builder, LinkBreak, Timeline};
use ichiscope_wire::Line;

use crate::overflow;
use crate::settings::PpsUtc;
use crate::utc::{UtcBuilder, UtcMap};

/// A batch is handed over once it has this much: bytes, and so much for each item.
const BATCH_WEIGHT: usize = 256 << 10;
const ITEM_WEIGHT: usize = 256;

/// A damaged part of a recording's files, or a file that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDamage {
    /// Where it begins, bytes from the start of its file.
    pub offset: u64,
    /// How long it is, bytes.
    pub bytes: u64,
    /// What it is, for people.
    pub what: String,
    /// Whether recorded items are, or may be, lost.
    pub loses_items: bool,
}

/// Some reads of a recording's files, one after the other.
pub struct Batch {
    reads: Vec<ChainRead>,
    /// Name of the file if the recording has several.
    file: Option<String>,
    /// Bytes of all files read by then.
    pub position: u64,
}

/// Reads to the end, or as long as `give` takes the batches.
pub fn read_batches(reader: &mut ChainReader, mut give: impl FnMut(Batch) -> bool) {
    let is_chain = reader.files().len() > 1;
    loop {
        let file =
            is_chain.then(|| reader.path().file_name().unwrap_or_default().to_string_lossy().into_owned());
        let mut reads = Vec::new();
        let mut weight = 0;
        while weight < BATCH_WEIGHT
            && let Some(read) = reader.next_read()
        {
            weight += match &read {
                ChainRead::Read(Read::Item(Item::Bytes { bytes, .. })) => bytes.len() + ITEM_WEIGHT,
                _ => ITEM_WEIGHT,
            };
            reads.push(read);
        }
        let is_end = weight < BATCH_WEIGHT;
        let batch = Batch { reads, file, position: reader.position() };
        if !give(batch) || is_end {
            return;
        }
    }
}

/// The axis while it grows, with the map to UTC and what is damaged.
#[derive(Clone, Debug)]
pub struct Intake {
    builder: Builder,
    utc: UtcBuilder,
    clock_ppb: u32,
    pulses: Option<PpsUtc>,
    damage: Vec<FileDamage>,
}

impl Intake {
    /// Nothing yet. `clock_ppb`: how far the board's clock may be off; `pulses`: what the PPS input tells of UTC, if anything.
    pub fn new(clock_ppb: u32, pulses: Option<PpsUtc>) -> Intake {
        let utc = UtcBuilder::new(clock_ppb);
        let builder = Builder::overflowing_into(&overflow::folder());
        Intake { builder, utc, clock_ppb, pulses, damage: Vec::new() }
    }

    /// Takes an item that was just recorded.
    pub fn item(&mut self, item: &Item) {
        match item {
            Item::Bytes { host_ns, bytes } => {
                self.builder.bytes(*host_ns, bytes);
                self.received(*host_ns);
            }
            Item::Link { host_ns, event } => {
                if let Some(what) = link_break(event.kind) {
                    self.builder.link_break(*host_ns, what);
                }
            }
            Item::Note { tick, kind, text, .. } => self.builder.note(*tick, kind, text),
        }
    }

    /// Takes what was read from a file.
    pub fn batch(&mut self, batch: Batch) {
        for read in batch.reads {
            match read {
                ChainRead::Read(Read::Item(item)) => self.item(&item),
                ChainRead::Read(Read::Damage { offset, bytes, what }) => {
                    self.damaged(batch.file.as_deref(), offset, bytes, &what);
                }
                ChainRead::Missing { what, .. } => {
                    self.builder.link_break(0, LinkBreak::File);
                    self.damage.push(FileDamage { offset: 0, bytes: 0, what, loses_items: true });
                }
            }
        }
    }

    /// Items were recorded that did not reach this axis.
    pub fn skipped(&mut self) {
        self.builder.link_break(0, LinkBreak::NotShown);
    }

    /// Nothing more will come.
    pub fn finish(&mut self) {
        self.builder.finish();
    }

    /// The axis so far.
    pub fn timeline(&self) -> &Timeline {
        self.builder.timeline()
    }

    /// Ticks and UTC so far.
    pub fn utc(&self) -> UtcMap {
        marked(self.utc.clone().finish(), self.builder.timeline(), self.pulses, self.clock_ppb)
    }

    /// Damaged parts of the files, and files that are missing.
    pub fn damage(&self) -> &[FileDamage] {
        &self.damage
    }

    /// The finished axis, the map to UTC, and what is damaged.
    pub fn into_parts(self) -> (Timeline, UtcMap, Vec<FileDamage>) {
        let timeline = self.builder.into_timeline();
        let utc = marked(self.utc.finish(), &timeline, self.pulses, self.clock_ppb);
        (timeline, utc, self.damage)
    }

    /// A damaged part of a file: a break if recorded items are, or may be, lost.
    fn damaged(&mut self, file: Option<&str>, offset: u64, bytes: u64, what: &Damage) {
        let loses_items = what.loses_items();
        if loses_items {
            self.builder.link_break(0, LinkBreak::File);
        }
        let what = file.map_or_else(|| what.to_string(), |name| format!("{name}: {what}"));
        self.damage.push(FileDamage { offset, bytes, what, loses_items });
    }

    /// Everything known so far had been received by then.
    fn received(&mut self, host_ns: u64) {
        let timeline = self.builder.timeline();
        if let (Some((_, tick)), Some(tick_hz)) = (timeline.span(), timeline.tick_hz()) {
            self.utc.received(tick, host_ns, tick_hz, timeline.stats().restarts);
        }
    }
}

/// The map with the pulses that mark UTC, if the operator says that they do.
fn marked(map: UtcMap, timeline: &Timeline, pulses: Option<PpsUtc>, clock_ppb: u32) -> UtcMap {
    let Some(PpsUtc { uncertainty_ns }) = pulses else { return map };
    let ticks: Vec<u64> = timeline.track(Line::Pps).rises().collect();
    map.with_pulses(&ticks, uncertainty_ns, clock_ppb)
}

/// What the axis must know of a link event. One of a later version counts as a loss.
fn link_break(kind: LinkKind) -> Option<LinkBreak> {
    match kind {
        LinkKind::Attached => None,
        LinkKind::ChipOverrun => Some(LinkBreak::ChipOverrun),
        LinkKind::Silent => Some(LinkBreak::Silent),
        LinkKind::FileDamage => Some(LinkBreak::File),
        LinkKind::Lost | LinkKind::Unknown => Some(LinkBreak::Lost),
    }
}
