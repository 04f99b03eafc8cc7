//! The writing thread: it owns the file, and passes on what it wrote.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use ichiscope_capture::{CaptureError, ChainWriter, Item, LinkKind};

use crate::State;
use crate::decoder::Step;

/// How often the writer looks at what is due.
const WRITER_TICK: Duration = Duration::from_millis(20);

/// What the reader hands to the writer.
pub(crate) enum Captured {
    /// Something to record.
    Item(Item),
    /// The device is away, for this reason. Its coming back is an item.
    Away(String),
    /// Something the operator should know.
    Notice(String),
    /// The reader has ended; there will be no more items.
    End,
}

/// Writes the file and passes on what it wrote, without ever waiting for the decoder. Returns whether the decoder missed
/// items that are in the file.
pub(crate) fn write(
    writer: ChainWriter,
    items: &Receiver<Captured>,
    decoder: &Sender<Step>,
    stop: &Arc<AtomicBool>,
) -> Result<bool, CaptureError> {
    let mut recorder = Recorder {
        writer,
        progress: Progress::default(),
        notices: VecDeque::new(),
        behind: false,
        skipped: false,
    };
    let result = recorder.record_all(items, decoder);
    stop.store(true, Ordering::Relaxed);
    result?;
    recorder.writer.finish()?;
    Ok(recorder.skipped)
}

struct Recorder {
    writer: ChainWriter,
    progress: Progress,
    /// What the decoder has yet to hear for the operator.
    notices: VecDeque<String>,
    /// The decoder has yet to hear that items are missing.
    behind: bool,
    skipped: bool,
}

impl Recorder {
    fn record_all(&mut self, items: &Receiver<Captured>, decoder: &Sender<Step>) -> Result<(), CaptureError> {
        loop {
            match items.recv_timeout(WRITER_TICK) {
                Ok(Captured::Item(item)) => {
                    self.writer.item(&item)?;
                    self.progress.take(&item);
                    self.pass_on(decoder, item);
                }
                Ok(Captured::Away(why)) => self.progress.away(why),
                Ok(Captured::Notice(text)) => self.notices.push_back(text),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Captured::End) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.writer.flush_due(Instant::now())?;
            self.notices.extend(self.writer.take_problem().map(|error| problem(&error)));
            self.progress.report(decoder);
            self.tell(decoder);
        }
    }

    fn tell(&mut self, decoder: &Sender<Step>) {
        while let Some(notice) = self.notices.pop_front() {
            if let Err(TrySendError::Full(Step::Notice(notice))) = decoder.try_send(Step::Notice(notice)) {
                self.notices.push_front(notice);
                return;
            }
        }
    }

    fn pass_on(&mut self, decoder: &Sender<Step>, item: Item) {
        if self.behind && decoder.try_send(Step::Skipped).is_ok() {
            self.behind = false;
        }
        if self.behind {
            return;
        }
        if let Err(TrySendError::Full(_)) = decoder.try_send(Step::Item(item)) {
            self.behind = true;
            self.skipped = true;
        }
    }
}

fn problem(error: &CaptureError) -> String {
    format!("no new file was begun, recording goes on in the old one: {error}")
}

/// How far the recording is, and whether the decoder knows.
#[derive(Default)]
struct Progress {
    bytes: u64,
    away: Option<String>,
    is_news: bool,
}

impl Progress {
    fn take(&mut self, item: &Item) {
        match item {
            Item::Bytes { bytes, .. } => self.bytes += bytes.len() as u64,
            Item::Link { event, .. } if event.kind == LinkKind::Attached => self.away = None,
            Item::Link { event, .. } if event.kind == LinkKind::Lost => self.away = Some(event.text.clone()),
            _ => return,
        }
        self.is_news = true;
    }

    fn away(&mut self, why: String) {
        self.away = Some(why);
        self.is_news = true;
    }

    fn report(&mut self, decoder: &Sender<Step>) {
        if self.is_news && decoder.try_send(Step::State(self.state())).is_ok() {
            self.is_news = false;
        }
    }

    fn state(&self) -> State {
        match &self.away {
            Some(why) => State::Waiting { bytes: self.bytes, why: why.clone() },
            None => State::Recording { bytes: self.bytes },
        }
    }
}
