//! The recording threads: a reader that owns the transport, and a writer that owns the file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use ichiscope_capture::{CaptureError, HostClock, Item, LinkKind, LinkNote, Writer};
use ichiscope_link::{LinkError, LinkEvent, Received, Transport};

use crate::State;
use crate::decoder::Step;

/// How long one poll of the transport may wait.
const POLL: Duration = Duration::from_millis(20);
/// How often the writer looks at what is due.
const WRITER_TICK: Duration = Duration::from_millis(20);

/// What the reader hands to the writer.
pub(crate) enum Captured {
    /// Something to record.
    Item(Item),
    /// The link ended with this error.
    Failed(LinkError),
}

/// Reads the transport until it ends, fails, or `stop` is set.
pub(crate) fn read(
    transport: &mut dyn Transport,
    clock: HostClock,
    stop: &AtomicBool,
    out: &Sender<Captured>,
) {
    let mut events = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let mut bytes = Vec::new();
        let received = transport.poll(&mut bytes, &mut events, POLL);
        let host_ns = clock.now_ns();
        let notes = events.drain(..).map(|e| Item::Link { host_ns, event: link_note(e) });
        let data = (!bytes.is_empty()).then_some(Item::Bytes { host_ns, bytes });
        let mut items = notes.chain(data).map(Captured::Item);
        if items.try_for_each(|item| out.send(item)).is_err() {
            return;
        }
        match received {
            Ok(Received::End) => return,
            Ok(_) => {}
            Err(error) => {
                let event = LinkNote { kind: LinkKind::Lost, text: error.to_string() };
                // The writer going away first is its own error, told by it.
                let _ = out.send(Captured::Item(Item::Link { host_ns: clock.now_ns(), event }));
                let _ = out.send(Captured::Failed(error));
                return;
            }
        }
    }
}

fn link_note(event: LinkEvent) -> LinkNote {
    match event {
        LinkEvent::ChipOverrun => LinkNote { kind: LinkKind::ChipOverrun, text: String::new() },
        LinkEvent::Lost { reason } => LinkNote { kind: LinkKind::Lost, text: reason },
        LinkEvent::Attached { serial } => LinkNote { kind: LinkKind::Attached, text: serial },
    }
}

/// How a recording ended.
pub(crate) struct Outcome {
    /// The link's error, if that ended it.
    pub(crate) link: Option<LinkError>,
    /// The decoder missed items that are in the file.
    pub(crate) skipped: bool,
}

/// Writes the file and passes on what it wrote, without ever waiting for the decoder.
pub(crate) fn write(
    mut writer: Writer,
    items: &Receiver<Captured>,
    decoder: &Sender<Step>,
    stop: &Arc<AtomicBool>,
) -> Result<Outcome, CaptureError> {
    let result = append_all(&mut writer, items, decoder);
    stop.store(true, Ordering::Relaxed);
    let outcome = result?;
    writer.finish()?;
    Ok(outcome)
}

fn append_all(
    writer: &mut Writer,
    items: &Receiver<Captured>,
    decoder: &Sender<Step>,
) -> Result<Outcome, CaptureError> {
    let mut outcome = Outcome { link: None, skipped: false };
    let mut behind = false;
    let mut bytes = 0;
    let mut reported = 0;
    loop {
        match items.recv_timeout(WRITER_TICK) {
            Ok(Captured::Item(item)) => {
                append(writer, &item)?;
                if let Item::Bytes { bytes: b, .. } = &item {
                    bytes += b.len() as u64;
                }
                pass_on(decoder, item, &mut behind, &mut outcome.skipped);
            }
            Ok(Captured::Failed(error)) => outcome.link = Some(error),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(outcome),
        }
        writer.flush_due(Instant::now())?;
        if bytes != reported && decoder.try_send(Step::State(State::Recording { bytes })).is_ok() {
            reported = bytes;
        }
    }
}

fn append(writer: &mut Writer, item: &Item) -> Result<(), CaptureError> {
    match item {
        Item::Bytes { host_ns, bytes } => writer.bytes(*host_ns, bytes),
        Item::Link { host_ns, event } => writer.link(*host_ns, event),
        Item::Note { tick, host_ns, kind, text } => writer.note(*tick, *host_ns, kind, text),
    }
}

fn pass_on(decoder: &Sender<Step>, item: Item, behind: &mut bool, skipped: &mut bool) {
    if *behind && decoder.try_send(Step::Skipped).is_ok() {
        *behind = false;
    }
    if *behind {
        return;
    }
    if let Err(TrySendError::Full(_)) = decoder.try_send(Step::Item(item)) {
        *behind = true;
        *skipped = true;
    }
}
