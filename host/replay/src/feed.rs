//! Recorded items into the axis. Live data and replayed files both come through here.

use ichiscope_capture::{Damage, Item, LinkKind};
use ichiscope_timeline::{Builder, LinkBreak};

/// Puts one item on the axis.
pub fn feed_item(builder: &mut Builder, item: &Item) {
    match item {
        Item::Bytes { host_ns, bytes } => builder.bytes(*host_ns, bytes),
        Item::Link { host_ns, event } => {
            if let Some(what) = link_break(event.kind) {
                builder.link_break(*host_ns, what);
            }
        }
        Item::Note { tick, kind, text, .. } => builder.note(*tick, kind, text),
    }
}

/// A damaged part of the file: a break if recorded items are, or may be, lost.
pub fn feed_damage(builder: &mut Builder, damage: &Damage) {
    if damage.loses_items() {
        builder.link_break(0, LinkBreak::File);
    }
}

/// What the axis must know of a link event. One of a later version counts as a loss.
fn link_break(kind: LinkKind) -> Option<LinkBreak> {
    match kind {
        LinkKind::Attached => None,
        LinkKind::ChipOverrun => Some(LinkBreak::ChipOverrun),
        LinkKind::FileDamage => Some(LinkBreak::File),
        LinkKind::Lost | LinkKind::Unknown => Some(LinkBreak::Lost),
    }
}
