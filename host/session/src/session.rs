//! A session: one recording or one replayed capture, with its threads.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard};
use std::thread::{Builder as ThreadBuilder, JoinHandle};

use crossbeam::channel::{Receiver, Sender, bounded};
use ichiscope_capture::{CaptureError, ChainReader, ChainWriter, DeviceFacts, End, Facts, HostClock, Item};
use ichiscope_context::{Context, ContextError};
use ichiscope_link::{LinkError, LinkInfo};
use ichiscope_replay::{Edits, Index, IndexFile, glance, read_batches, settings_of};
use ichiscope_wire::Request;

use crate::commands::Desk;
use crate::decoder::{self, Step};
use crate::reader::{Reader, TellsEnd};
use crate::recorder::{self, Captured};
use crate::{Answer, CommandError, Control, Plan, SessionError, Shared, Source, State};

/// Items between the reader and the writer. At full link rate a poll brings 24 kB: minutes of a stalled disk.
const TO_WRITER: usize = 4096;
/// Items between the writer and the decoder: at full link rate the decoder may stand still for a quarter of a minute (20 MB); or batches between
/// the files and the decoder.
const TO_DECODER: usize = 8192;
const BATCHES: usize = 8;

/// One recording or one replayed capture.
pub struct Session {
    shared: Arc<RwLock<Shared>>,
    stop: Arc<AtomicBool>,
    /// For notes while recording; gone when the recording is stopped.
    notes: Option<(Sender<Captured>, HostClock)>,
    /// For commands while recording; gone like that.
    control: Option<Control>,
    worker: Option<JoinHandle<Result<(), SessionError>>>,
}

impl Session {
    /// Reads the recording that the capture at `path` belongs to, in the background.
    ///
    /// Where an index of it was kept, [`Shared::first_look`] has the whole of it at once; else it has an impression of the whole within a
    /// second, and the index is made and kept.
    ///
    /// # Errors
    /// The file cannot be opened, is no capture, or its facts are not understood. Later trouble is in [`Shared::state`].
    pub fn open(path: &Path) -> Result<Session, SessionError> {
        let reader = ChainReader::open(path)?;
        let facts = reader.facts().clone();
        let settings = settings_of(&facts)?;
        let kept = IndexFile::of(reader.files());
        let mut shared = Shared::new(path.to_owned(), facts, settings, State::Loading { fraction: 0.0 });
        let first_look = kept.read();
        let (has_index, files, clock_ppb) =
            (first_look.is_some(), reader.files().to_vec(), shared.settings.clock_ppb);
        shared.first_look = first_look;
        let shared = Arc::new(RwLock::new(shared));
        let stop = Arc::new(AtomicBool::new(false));
        let (steps, decoder) = start_decoder(&shared, None)?;
        let (stopped, state) = (Arc::clone(&stop), Arc::clone(&shared));
        let worker = spawn("replay", move || {
            if !has_index {
                let look = glance(&files, clock_ppb);
                decoder::write(&state).first_look = look;
            }
            let end = replay(reader, &steps, &stopped);
            drop(steps);
            join(decoder, "decoder")?;
            if !has_index {
                keep_index(&state, &kept, matches!(end, Some(End::Finished)));
            }
            decoder::write(&state).set_state(State::Ready);
            Ok(())
        })?;
        Ok(Session { shared, stop, notes: None, control: None, worker: Some(worker) })
    }

    /// Opens `source` and records it into a new file at `path`: see [`Session::start`].
    ///
    /// # Errors
    /// As [`Session::start`].
    pub fn record(source: Source, path: &Path, facts: Facts) -> Result<Session, SessionError> {
        Session::start(Plan::new(source, path, facts))
    }

    /// Begins a recording.
    ///
    /// A device that goes away later is waited for: the recording goes on in the same file, with a gap.
    ///
    /// # Errors
    /// The device cannot be opened (one that is not there may be waited for, if the plan says so) or is not the one of the plan, or the
    /// file cannot be made. Later trouble is in [`Shared::state`].
    pub fn start(plan: Plan) -> Result<Session, SessionError> {
        let Plan { source, path, mut facts, rotation, options, waits, board } = plan;
        let settings = settings_of(&facts)?;
        let clock = HostClock::start();
        let stop = Arc::new(AtomicBool::new(false));
        let (captured, items) = bounded(TO_WRITER);
        let (control, orders) = Control::new();
        let reading = start_reader(source, waits, clock, &stop, captured.clone(), Desk::new(orders))?;
        check_board(board, &reading.info)?;

        facts.created_utc_ns = clock.anchor_utc_ns();
        facts.device = device_facts(&reading.info);
        let writer = ChainWriter::create(&path, &facts, rotation, options)?;
        let shared = Shared::new(path, facts, settings, State::Recording { bytes: 0 });
        let shared = Arc::new(RwLock::new(shared));
        let decoder = start_decoder(&shared, Some(clock))?;
        let worker = start_writer(writer, items, reading.thread, decoder, &shared, &stop)?;
        // The reader waits for this: nothing is read before there is a file to put it in.
        let _ = reading.go.send(());
        Ok(Session {
            shared,
            stop,
            notes: Some((captured, clock)),
            control: Some(control),
            worker: Some(worker),
        })
    }

    /// What there is to look at. Let go of it soon.
    pub fn read(&self) -> RwLockReadGuard<'_, Shared> {
        decoder::read(&self.shared)
    }

    /// Sets a mark or remark while recording, at `tick` or else at the last tick known.
    pub fn note(&self, tick: Option<u64>, kind: &str, text: &str) {
        let Some((captured, clock)) = &self.notes else { return };
        let tick = tick.or_else(|| self.read().timeline().span().map(|s| s.1));
        let item = Item::Note { tick, host_ns: clock.now_ns(), kind: kind.to_owned(), text: text.to_owned() };
        // A recording that has just ended takes no more notes; its state says that it ended.
        let _ = captured.send(Captured::Item(item));
    }

    /// Sends a command to the board and waits for its answer, a second or two at most. See [`Control::command`].
    ///
    /// # Errors
    /// As [`Control::command`]; [`CommandError::Over`] if nothing is being recorded.
    pub fn command(&self, request: Request) -> Result<Answer, CommandError> {
        self.control.as_ref().ok_or(CommandError::Over)?.command(request)
    }

    /// To send commands from another thread; `None` if nothing is being recorded.
    pub fn control(&self) -> Option<Control> {
        self.control.clone()
    }

    /// Puts the operator's edits in the place of those before; the analysis is made again. The file is not touched.
    ///
    /// # Errors
    /// They make no sense; nothing was changed.
    pub fn set_edits(&self, edits: Edits) -> Result<(), SessionError> {
        Ok(decoder::write(&self.shared).set_edits(edits)?)
    }

    /// Puts other files in the place of those that lay beside the capture; the analysis is made again with them. The capture is not
    /// touched. The context's edits are left alone: [`Session::set_edits`].
    ///
    /// # Errors
    /// One does not belong to this recording; nothing was changed.
    pub fn set_context(&self, context: Context) -> Result<(), ContextError> {
        decoder::write(&self.shared).set_context(context)
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
    let (steps, inbox) = bounded(if clock.is_some() { TO_DECODER } else { BATCHES });
    let shared = Arc::clone(shared);
    Ok((steps, spawn("decoder", move || decoder::run(&inbox, &shared, clock))?))
}

/// A reader whose board is refused ends when it is not told to begin.
fn check_board(wanted: Option<String>, info: &LinkInfo) -> Result<(), SessionError> {
    match wanted {
        Some(wanted) if wanted != info.serial => {
            Err(SessionError::OtherBoard { wanted, found: info.serial.clone() })
        }
        _ => Ok(()),
    }
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
    waits: bool,
    clock: HostClock,
    stop: &Arc<AtomicBool>,
    out: Sender<Captured>,
    desk: Desk,
) -> Result<Reading, SessionError> {
    let (opened, info) = bounded::<Result<LinkInfo, LinkError>>(1);
    let (go, begin) = bounded::<()>(1);
    let stop = Arc::clone(stop);
    let thread = spawn("reader", move || {
        let _ended = TellsEnd(out.clone());
        let (info, link) = match source.open() {
            Ok(link) => (Ok(link.info()), Some(link)),
            Err(LinkError::NotFound { .. }) if waits => (Ok(source.planned()), None),
            Err(error) => (Err(error), None),
        };
        if opened.send(info).is_ok() && begin.recv().is_ok() {
            Reader { open: || source.open(), clock, stop, out, desk }.run(link);
        }
    })?;
    let info = info.recv().map_err(|_| SessionError::Died("reader"))??;
    Ok(Reading { info, go, thread })
}

fn start_writer(
    writer: ChainWriter,
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
        Ok(skipped) => threads.and_then(|()| look_back(shared, skipped)),
        Err(error) => Err(SessionError::Capture(error)),
    };
    let state = match &ended {
        Ok(()) => State::Ready,
        Err(error) => State::Failed(error.to_string()),
    };
    decoder::write(shared).set_state(state);
    ended
}

/// Reads again what the live view missed, and keeps an index for those who open the recording later.
fn look_back(shared: &RwLock<Shared>, skipped: bool) -> Result<(), SessionError> {
    let path = decoder::read(shared).path.clone();
    let mut reader = match ChainReader::open(&path) {
        Ok(reader) => reader,
        // Somebody has taken it away meanwhile. What was shown stays, with its gaps.
        Err(error) => {
            if skipped {
                decoder::write(shared)
                    .notices
                    .push(format!("what the view missed cannot be read again: {error}"));
            }
            return Ok(());
        }
    };
    if skipped {
        let mut intake = decoder::read(shared).empty_intake();
        read_batches(&mut reader, |batch| {
            intake.batch(batch);
            true
        });
        intake.finish();
        decoder::write(shared).replace(intake);
    }
    keep_index(shared, &IndexFile::of(reader.files()), true);
    Ok(())
}

fn keep_index(shared: &RwLock<Shared>, place: &IndexFile, finished: bool) {
    if finished {
        let index = {
            let shared = decoder::read(shared);
            Index::of(shared.timeline(), shared.utc(), shared.damage(), finished)
        };
        place.keep(&index);
    }
}

/// How the last file ends; `None` if it was stopped before.
fn replay(mut reader: ChainReader, steps: &Sender<Step>, stop: &AtomicBool) -> Option<End> {
    let lengths = reader.files().iter().map(|file| std::fs::metadata(file).map_or(0, |m| m.len()));
    let all = lengths.sum::<u64>().max(1);
    let mut is_whole = true;
    read_batches(&mut reader, |batch| {
        let fraction = (batch.position as f32 / all as f32).min(1.0);
        // The decoder ends only after this thread, unless it died: then joining it tells.
        is_whole = !stop.load(Ordering::Relaxed) && steps.send(Step::Batch { batch, fraction }).is_ok();
        is_whole
    });
    is_whole.then(|| reader.end())
}

fn device_facts(info: &LinkInfo) -> DeviceFacts {
    DeviceFacts {
        serial: info.serial.clone(),
        description: info.description.clone(),
        baud: info.baud,
        simulated: info.simulated,
    }
}
