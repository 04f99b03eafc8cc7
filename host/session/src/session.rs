//! A session: one recording or one replayed capture, with its threads.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::{Builder as ThreadBuilder, JoinHandle};

use crossbeam::channel::{Receiver, Sender, bounded};
use ichiscope_capture::{
    CaptureError, DeviceFacts, Facts, HostClock, Item, Read, Reader as CaptureReader, Writer,
};
use ichiscope_link::{LinkError, LinkInfo};
use ichiscope_replay::{Recording, load, settings_of};
use ichiscope_verdict::Settings;

use crate::decoder::{self, Step};
use crate::reader::{Reader, TellsEnd};
use crate::recorder::{self, Captured};
use crate::{SessionError, Shared, Source, State};

/// Items between the reader and the writer. At full link rate a poll brings 24 kB: minutes of a stalled disk.
const TO_WRITER: usize = 4096;
/// Items between the writer and the decoder.
const TO_DECODER: usize = 1024;

/// One recording or one replayed capture.
pub struct Session {
    shared: Arc<RwLock<Shared>>,
    stop: Arc<AtomicBool>,
    /// For notes while recording; gone when the recording is stopped.
    notes: Option<(Sender<Captured>, HostClock)>,
    worker: Option<JoinHandle<Result<(), SessionError>>>,
}

impl Session {
    /// Reads the capture at `path` in the background.
    ///
    /// # Errors
    /// The file cannot be opened, is no capture, or its facts are not understood. Later trouble is in [`Shared::state`].
    pub fn open(path: &Path) -> Result<Session, SessionError> {
        let reader = CaptureReader::open(path)?;
        let facts = reader.facts().clone();
        let settings = settings_of(&facts)?;
        let shared = Shared::new(path.to_owned(), facts, settings, State::Loading { fraction: 0.0 });
        let shared = Arc::new(RwLock::new(shared));
        let stop = Arc::new(AtomicBool::new(false));
        let (steps, decoder) = start_decoder(&shared, None)?;
        let (stopped, state) = (Arc::clone(&stop), Arc::clone(&shared));
        let worker = spawn("replay", move || {
            replay(reader, &steps, &stopped);
            drop(steps);
            join(decoder, "decoder")?;
            decoder::write(&state).set_state(State::Ready);
            Ok(())
        })?;
        Ok(Session { shared, stop, notes: None, worker: Some(worker) })
    }

    /// Opens `source` and records it into a new file at `path`. `facts.device` is filled in from the link.
    ///
    /// A device that goes away later is waited for: the recording goes on in the same file, with a gap.
    ///
    /// # Errors
    /// The device cannot be opened, or the file cannot be made. Later trouble is in [`Shared::state`].
    pub fn record(source: Source, path: &Path, facts: Facts) -> Result<Session, SessionError> {
        Session::start(source, Absent::Refuse, path, facts)
    }

    /// As [`Session::record`], but a device that is not there yet is waited for. The file is made at once, so `source`
    /// should name the device.
    ///
    /// # Errors
    /// The device is there and cannot be opened, or the file cannot be made.
    pub fn record_when_there(source: Source, path: &Path, facts: Facts) -> Result<Session, SessionError> {
        Session::start(source, Absent::Wait, path, facts)
    }

    fn start(source: Source, absent: Absent, path: &Path, facts: Facts) -> Result<Session, SessionError> {
        let settings = settings_of(&facts)?;
        let clock = HostClock::start();
        let stop = Arc::new(AtomicBool::new(false));
        let (captured, items) = bounded(TO_WRITER);
        let reading = start_reader(source, absent, clock, &stop, captured.clone())?;

        let mut facts = facts;
        facts.created_utc_ns = clock.anchor_utc_ns();
        facts.device = device_facts(&reading.info);
        let writer = Writer::create(path, &facts)?;
        let shared = Shared::new(path.to_owned(), facts, settings, State::Recording { bytes: 0 });
        let shared = Arc::new(RwLock::new(shared));
        let decoder = start_decoder(&shared, Some(clock))?;
        let worker = start_writer(writer, items, reading.thread, decoder, &shared, &stop)?;
        // The reader waits for this: nothing is read before there is a file to put it in.
        let _ = reading.go.send(());
        Ok(Session { shared, stop, notes: Some((captured, clock)), worker: Some(worker) })
    }

    /// What there is to look at. Let go of it soon.
    pub fn read(&self) -> RwLockReadGuard<'_, Shared> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets a mark or remark while recording, at `tick` or else at the last tick known.
    pub fn note(&self, tick: Option<u64>, kind: &str, text: &str) {
        let Some((captured, clock)) = &self.notes else { return };
        let tick = tick.or_else(|| self.read().timeline().span().map(|s| s.1));
        let item = Item::Note { tick, host_ns: clock.now_ns(), kind: kind.to_owned(), text: text.to_owned() };
        // A recording that has just ended takes no more notes; its state says that it ended.
        let _ = captured.send(Captured::Item(item));
    }

    /// Changes the settings; the analysis is made again.
    pub fn set_settings(&self, settings: Settings) {
        let mut shared = decoder::write(&self.shared);
        shared.settings = settings;
        shared.analyse();
    }

    /// Whether its threads are still at work.
    pub fn is_running(&self) -> bool {
        self.worker.as_ref().is_some_and(|w| !w.is_finished())
    }

    /// Asks a recording to end; the file is closed soon after.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Waits until everything is read or recorded and the file is closed.
    ///
    /// # Errors
    /// What ended it early. What was recorded until then is in the file.
    pub fn wait(mut self) -> Result<Arc<RwLock<Shared>>, SessionError> {
        self.notes = None;
        if let Some(worker) = self.worker.take() {
            worker.join().map_err(|_| SessionError::Died("session"))??;
        }
        Ok(Arc::clone(&self.shared))
    }
}

impl Drop for Session {
    /// Ends a recording and waits for its file to be closed.
    fn drop(&mut self) {
        self.stop();
        self.notes = None;
        if let Some(worker) = self.worker.take() {
            // Its error is in the shared state, where whoever drops the session has had the chance to read it.
            let _ = worker.join();
        }
    }
}

fn spawn<T: Send + 'static>(
    name: &'static str,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, SessionError> {
    ThreadBuilder::new().name(name.to_owned()).spawn(body).map_err(|e| SessionError::Thread(name, e))
}

fn join<T>(thread: JoinHandle<T>, name: &'static str) -> Result<T, SessionError> {
    thread.join().map_err(|_| SessionError::Died(name))
}

fn start_decoder(
    shared: &Arc<RwLock<Shared>>,
    clock: Option<HostClock>,
) -> Result<(Sender<Step>, JoinHandle<()>), SessionError> {
    let (steps, inbox) = bounded(TO_DECODER);
    let shared = Arc::clone(shared);
    Ok((steps, spawn("decoder", move || decoder::run(&inbox, &shared, clock))?))
}

/// What to do about a device that is not there when the recording begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    Refuse,
    Wait,
}

/// A reader that has opened its source, or waits for it.
struct Reading {
    info: LinkInfo,
    /// Lets it begin.
    go: Sender<()>,
    thread: JoinHandle<()>,
}

/// Opens the source on the thread that will read it.
fn start_reader(
    mut source: Source,
    absent: Absent,
    clock: HostClock,
    stop: &Arc<AtomicBool>,
    out: Sender<Captured>,
) -> Result<Reading, SessionError> {
    let (opened, info) = bounded::<Result<LinkInfo, LinkError>>(1);
    let (go, begin) = bounded::<()>(1);
    let stop = Arc::clone(stop);
    let thread = spawn("reader", move || {
        let _ended = TellsEnd(out.clone());
        let (info, link) = match source.open() {
            Ok(link) => (Ok(link.info()), Some(link)),
            Err(LinkError::NotFound { .. }) if absent == Absent::Wait => (Ok(source.planned()), None),
            Err(error) => (Err(error), None),
        };
        if opened.send(info).is_ok() && begin.recv().is_ok() {
            Reader { open: || source.open(), clock, stop, out }.run(link);
        }
    })?;
    let info = info.recv().map_err(|_| SessionError::Died("reader"))??;
    Ok(Reading { info, go, thread })
}

fn start_writer(
    writer: Writer,
    items: Receiver<Captured>,
    reader: JoinHandle<()>,
    (steps, decoder): (Sender<Step>, JoinHandle<()>),
    shared: &Arc<RwLock<Shared>>,
    stop: &Arc<AtomicBool>,
) -> Result<JoinHandle<Result<(), SessionError>>, SessionError> {
    let (shared, stop) = (Arc::clone(shared), Arc::clone(stop));
    spawn("writer", move || {
        let result = recorder::write(writer, &items, &steps, &stop);
        drop((items, steps));
        let threads = join(reader, "reader").and(join(decoder, "decoder"));
        conclude(&shared, result, threads)
    })
}

/// The last state of a recording. Where the live view missed something, the file is read again.
fn conclude(
    shared: &RwLock<Shared>,
    written: Result<bool, CaptureError>,
    threads: Result<(), SessionError>,
) -> Result<(), SessionError> {
    let ended = match written {
        Ok(skipped) => {
            if skipped {
                let path: PathBuf = shared.read().unwrap_or_else(PoisonError::into_inner).path.clone();
                let Recording { timeline, damage, .. } = load(&path, |_| ())?;
                decoder::write(shared).replace(timeline, damage);
            }
            threads
        }
        Err(error) => Err(SessionError::Capture(error)),
    };
    let state = match &ended {
        Ok(()) => State::Ready,
        Err(error) => State::Failed(error.to_string()),
    };
    decoder::write(shared).set_state(state);
    ended
}

fn replay(mut reader: CaptureReader, steps: &Sender<Step>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let Some(read) = reader.items().next() else { return };
        let step = match read {
            Read::Item(item) => Step::Item(item),
            Read::Damage { offset, bytes, what } => Step::Damage { offset, bytes, what },
        };
        let (done, all) = reader.progress();
        let fraction = if all == 0 { 1.0 } else { done as f32 / all as f32 };
        // The decoder ends only after this thread, unless it died: then joining it tells.
        if steps.send(step).is_err() || steps.send(Step::State(State::Loading { fraction })).is_err() {
            return;
        }
    }
}

fn device_facts(info: &LinkInfo) -> DeviceFacts {
    DeviceFacts {
        serial: info.serial.clone(),
        description: info.description.clone(),
        baud: info.baud,
        simulated: info.simulated,
    }
}
