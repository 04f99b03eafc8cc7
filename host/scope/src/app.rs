//! The app: one session, one model, and the loop that ties them together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam::channel::{Receiver, bounded};
use egui::{ColorImage, Ui, ViewportCommand};
use ichiscope_evidence::EvidenceError;
use ichiscope_session::{
    Context, Device, Edits, Facts, Pace, Paths, Session, Source, State, UtcMap, devices, scenario,
};
use ichiscope_timeline::Timeline;
use ichiscope_verdict::{Analysis, Phase, PhaseKind};
use ichiscope_wire::Board;

use crate::awake::Awake;
use crate::beside::{Beside, BesideKind};
use crate::browse::{self, Browse};
use crate::compare::{self, Comparison};
use crate::console::ConsoleLines;
use crate::dialog::{self, PictureKind};
use crate::digest::Digest;
use crate::first_look::FirstLook;
use crate::flash;
use crate::history::Changes;
use crate::job::{Job, Leash, Outcome};
use crate::memory::Memory;
use crate::message::{Effect, Field, Message, RecordFrom};
use crate::model::{Armed, Model};
use crate::picture;
use crate::recent::with_recent;
use crate::theme::{self, Palette};
use crate::ui::{self, Scene, Snapshot};
use crate::volts::Volts;

/// How often a session at work is looked at when nothing else happens, ms.
const LOOK_MS: u64 = 50;
/// Up to this size of the window, points, nothing is enlarged.
const FULL_SIZE: egui::Vec2 = egui::vec2(1920.0, 1080.0);
/// The UART's rate of the boards' gateware, bits per second.
const BAUD: u32 = 3_000_000;

/// Something that is being written.
enum Export {
    /// The window's pixels are waited for.
    Pixels(PathBuf, Receiver<Arc<ColorImage>>),
    /// It is being written.
    Running(Job),
}

/// The app without its window: [`ScopeApp::show`] draws one frame into any egui `Ui`.
#[derive(Default)]
pub struct ScopeApp {
    model: Model,
    session: Option<Session>,
    digest: Digest,
    /// So many of the session's notices were shown.
    noticed: usize,
    volts: Volts,
    console: ConsoleLines,
    /// The whole recording at a glance, while it is being read.
    first_look: Option<FirstLook>,
    /// Ticks and UTC, as of the digest.
    utc: UtcMap,
    /// The session's revision that the digest and the model have seen.
    digested: Option<u64>,
    export: Option<Export>,
    /// What lies beside the capture, as it was kept last.
    kept: Changes,
    themed: Option<bool>,
    comparison: Option<Comparison>,
    /// What the command that writes gateware says in the end.
    flashing: Option<Receiver<Result<String, String>>>,
    /// What the system's file dialog gives.
    browsed: Option<(Field, Receiver<Option<PathBuf>>)>,
    /// Where the memory is kept, and what is in it.
    memory: Option<(PathBuf, Memory)>,
    /// Size of the window, points.
    window: Option<[f32; 2]>,
    /// Keeps the machine awake while a recording runs.
    awake: Option<Awake>,
    /// It does.
    is_awake: bool,
    /// Boards that can be recorded from, as last looked up.
    devices: Vec<Device>,
    /// The window may close.
    leaving: bool,
    /// The size of everything that suits the window; the user may change it until the window's size asks for another.
    scale: f32,
}

impl ScopeApp {
    /// The app, with a capture to open if there is one.
    pub fn new(capture: Option<&Path>) -> ScopeApp {
        let mut app = ScopeApp::default();
        if let Some(path) = capture {
            app.open(path);
        }
        app
    }

    /// The app that looks at a session which runs already.
    pub fn watching(session: Session, path: &Path) -> ScopeApp {
        let mut app = ScopeApp::default();
        app.begin(path, Ok(session));
        app
    }

    /// Whether the whole of a recording is shown at a glance while it is still being read.
    pub fn has_first_look(&self) -> bool {
        self.session.as_ref().is_some_and(|s| s.read().first_look.is_some())
    }

    /// With what was remembered in the file at `path`, and remembering there.
    #[must_use]
    pub fn with_memory(mut self, path: PathBuf) -> ScopeApp {
        let memory = Memory::read(&path);
        let opened = std::mem::take(&mut self.model.recent);
        memory.restore(&mut self.model);
        for capture in opened.iter().rev() {
            self.model.recent = with_recent(&self.model.recent, capture);
        }
        self.memory = Some((path, memory));
        self
    }

    /// Keeps what is to be remembered, if it has changed. What cannot be kept is no reason to disturb a measurement.
    fn remember(&mut self) {
        let now = Memory::of(&self.model, self.window);
        if let Some((path, kept)) = self.memory.as_mut().filter(|(_, kept)| *kept != now) {
            let _ = now.write(path);
            *kept = now;
        }
    }

    /// The state, for tests and screenshots.
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// Whether the session has everything that it will ever have.
    pub fn is_settled(&self) -> bool {
        let state = |s: &Session| matches!(s.read().state, State::Ready | State::Failed(_));
        self.session.as_ref().is_none_or(state)
    }

    /// Whether all captures of a comparison were read.
    pub fn has_compared(&self) -> bool {
        let is_shown = self.model.compare.is_some_and(|c| c.is_placed());
        is_shown && self.comparison.as_ref().is_some_and(Comparison::is_complete)
    }

    /// Whether a phase of that name is known, for tests and screenshots.
    pub fn shows_phase(&self, name: &str) -> bool {
        let session = self.session.as_ref();
        session.is_some_and(|s| s.read().analysis().phases.iter().any(|p| p.kind.name() == name))
    }

    /// Draws one frame and acts on what happened in it.
    pub fn show(&mut self, ui: &mut Ui) {
        if self.themed != Some(self.model.dark) {
            theme::install(ui.ctx(), self.model.dark);
            self.themed = Some(self.model.dark);
        }
        self.suit_scale(ui.ctx());
        for message in self.arrived(ui) {
            self.apply(message, ui);
        }
        let messages = self.frame(ui);
        let acted = !messages.is_empty();
        for message in messages {
            self.apply(message, ui);
        }
        if acted {
            self.remember();
        }
        self.ask_for_next_frame(ui, acted);
    }

    /// A window of many pixels is a projector or a dense screen: everything grows with it.
    fn suit_scale(&mut self, ctx: &egui::Context) {
        let size = ctx.content_rect().size() * ctx.zoom_factor();
        let least = (size.x / FULL_SIZE.x).min(size.y / FULL_SIZE.y);
        let scale = (least * 4.0).floor().clamp(4.0, 12.0) / 4.0;
        if (scale - self.scale).abs() > 0.01 {
            self.scale = scale;
            ctx.set_zoom_factor(scale);
        }
    }

    /// What happened since the last frame without the user.
    fn arrived(&mut self, ui: &Ui) -> Vec<Message> {
        let mut messages = Vec::new();
        messages.extend(self.exported(ui).map(Message::Exported));
        if let Some(result) = self.flashing.as_ref().and_then(|f| f.try_recv().ok()) {
            self.flashing = None;
            messages.push(Message::Flashed(result));
        }
        if let Some((field, chosen)) = self.browsed.as_ref().and_then(|(f, b)| Some((*f, b.try_recv().ok()?)))
        {
            self.browsed = None;
            messages.push(Message::Browsed(field, chosen));
        }
        self.is_awake = self.awake.as_mut().is_some_and(Awake::is_held);
        self.window = ui.input(|i| i.viewport().inner_rect).map(|r| [r.width(), r.height()]).or(self.window);
        if self.model.playback.is_playing() {
            let elapsed = f64::from(ui.input(|i| i.unstable_dt)).clamp(0.0, 1.0);
            messages.push(Message::Elapsed((elapsed * 1e9) as u64));
        }
        if ui.input(|i| i.viewport().close_requested()) && self.model.live && !self.leaving {
            ui.ctx().send_viewport_cmd(ViewportCommand::CancelClose);
            messages.push(Message::AskQuit);
        }
        if let (Some(comparison), Some(view)) = (&mut self.comparison, &self.model.compare) {
            comparison.update();
            let near = |ns: i128| i64::try_from(ns).unwrap_or_default();
            let span = comparison.span_ns(view.align).map(|(a, b)| (near(a), near(b)));
            messages.extend(span.filter(|span| *span != view.span).map(Message::Compared));
        }
        let Some(session) = &self.session else { return messages };
        let shared = session.read();
        let live = matches!(shared.state, State::Recording { .. } | State::Waiting { .. });
        if live != self.model.live {
            messages.push(Message::Live(live));
        }
        if self.digested != Some(shared.revision) {
            self.digested = Some(shared.revision);
            self.digest = match shared.state {
                State::Loading { .. } => Digest::of_a_part(shared.analysis()),
                _ => Digest::new(shared.analysis()),
            };
            self.utc = shared.utc();
            let waveform = shared.timeline().waveform();
            self.volts.update(waveform.envelopes(), waveform.windows());
            self.console.update(shared.timeline().console());
            let timeline = shared.timeline();
            let look = shared.first_look.as_ref().filter(|_| matches!(shared.state, State::Loading { .. }));
            self.first_look = look.and_then(FirstLook::of);
            messages.extend(seen(timeline, self.first_look.as_ref()));
            messages.extend(shared.notices.iter().skip(self.noticed).cloned().map(Message::Failed));
            self.noticed = shared.notices.len();
            if let Armed::Waiting(since) = self.model.armed {
                messages.extend(activation(shared.analysis(), &self.digest, since).map(Message::Activated));
            }
        }
        messages
    }

    fn frame(&self, ui: &mut Ui) -> Vec<Message> {
        let palette = Palette::of(self.model.dark);
        let shared = self.session.as_ref().map(Session::read);
        let seen = shared.as_ref().map(|shared| Snapshot {
            path: &shared.path,
            state: &shared.state,
            timeline: shared.timeline(),
            analysis: shared.analysis(),
            facts: &shared.facts,
            utc: &self.utc,
            first_look: self.first_look.as_ref(),
            edits: shared.edits(),
            notes: shared.notes(),
        });
        ui::show(
            ui,
            &Scene {
                model: &self.model,
                seen: seen.as_ref(),
                is_awake: self.is_awake,
                exported: match &self.export {
                    Some(Export::Running(job)) => job.share(),
                    _ => 0.0,
                },
                is_flashing: self.flashing.is_some(),
                digest: &self.digest,
                volts: &self.volts,
                console: &self.console,
                comparison: self.comparison.as_ref(),
                devices: &self.devices,
                palette,
            },
        )
    }

    fn apply(&mut self, message: Message, ui: &Ui) {
        if matches!(message, Message::AskRecord | Message::AskFlash) {
            // A system without usable USB still records the twin; starting on a board says what is wrong.
            self.devices = devices().unwrap_or_default();
        }
        if let Message::Live(live) = message {
            self.awake = live.then(Awake::hold).flatten();
        }
        match self.model.apply(message) {
            None => {}
            Some(Effect::Browse(field, what, near)) => self.browse(field, what, near, ui),
            Some(Effect::LayFiles(files)) => self.lay(&files),
            Some(Effect::CancelExport) => self.cancel_export(),
            Some(Effect::Open(path)) => self.open(&path),
            Some(Effect::Record { source, path }) => self.record(source, &path),
            Some(Effect::Stop) => {
                if let Some(session) = &self.session {
                    session.stop();
                }
            }
            Some(Effect::Note { tick, kind, text }) => {
                if let Some(session) = &self.session {
                    session.note(Some(tick), kind, &text);
                }
            }
            Some(Effect::Flash(board, serial)) => self.flash(board, serial, ui),
            Some(Effect::CloseCapture) => {
                self.session = None;
                self.first_look = None;
            }
            Some(Effect::Compare(paths)) => self.compare(&paths, ui),
            Some(Effect::CloseComparison) => self.comparison = None,
            Some(Effect::Keep(changes)) => self.keep(*changes),
            Some(Effect::Picture(path)) => self.picture(path, ui),
            Some(Effect::Attention) => {
                let how = egui::UserAttentionType::Critical;
                ui.ctx().send_viewport_cmd(ViewportCommand::RequestUserAttention(how));
            }
            Some(Effect::Quit) => {
                self.leaving = true;
                if let Some(session) = &self.session {
                    session.stop();
                }
                ui.ctx().send_viewport_cmd(ViewportCommand::Close);
            }
            Some(Effect::Export { capture, folder }) => self.start_export(capture, folder, ui),
        }
    }

    fn open(&mut self, path: &Path) {
        let opened = Session::open(path);
        self.begin(path, opened.map_err(|e| e.to_string()));
    }

    fn record(&mut self, source: RecordFrom, path: &Path) {
        let source = match source {
            RecordFrom::Twin => Source::Twin { script: scenario::demo().script, pace: Pace::RealTime },
            RecordFrom::Board(serial) => Source::Ftdi { serial, baud: BAUD },
        };
        let program = concat!("ichiscope ", env!("CARGO_PKG_VERSION"));
        let facts = Facts::new(program, 0, Default::default());
        let recording = Session::record(source, path, facts);
        self.begin(path, recording.map_err(|e| e.to_string()));
    }

    fn begin(&mut self, path: &Path, session: Result<Session, String>) {
        let message = match session {
            Ok(session) => {
                self.session = Some(session);
                self.comparison = None;
                self.first_look = None;
                self.noticed = 0;
                self.digest = Digest::default();
                self.volts = Volts::default();
                self.console = ConsoleLines::default();
                self.digested = None;
                Message::Opened(path.to_owned())
            }
            Err(why) => Message::Failed(why),
        };
        let opened = matches!(message, Message::Opened(_));
        let _none = self.model.apply(message);
        if opened {
            self.take_kept();
        }
    }

    fn flash(&mut self, board: Board, serial: Option<String>, ui: &Ui) {
        let (done, result) = bounded(1);
        let ctx = ui.ctx().clone();
        let work = move || {
            // Nobody listens any more when the window was closed: the board is written all the same.
            let _ = done.send(flash::write(board, serial.as_deref()));
            ctx.request_repaint();
        };
        match std::thread::Builder::new().name("flash".to_owned()).spawn(work) {
            Ok(_) => self.flashing = Some(result),
            Err(e) => {
                let _none = self.model.apply(Message::Flashed(Err(format!("cannot start a thread: {e}"))));
            }
        }
    }

    fn browse(&mut self, field: Field, what: Browse, near: PathBuf, ui: &Ui) {
        let (done, chosen) = bounded(1);
        let ctx = ui.ctx().clone();
        let work = move || {
            browse::show(what, &near, &done);
            ctx.request_repaint();
        };
        match std::thread::Builder::new().name("browse".to_owned()).spawn(work) {
            Ok(_) => self.browsed = Some((field, chosen)),
            Err(_) => {
                let _none = self.model.apply(Message::Browsed(field, None));
            }
        }
    }

    /// Reads captures to compare them.
    fn compare(&mut self, paths: &[PathBuf], ui: &Ui) {
        let found: Result<Vec<Vec<PathBuf>>, String> = paths.iter().map(|p| compare::captures(p)).collect();
        let message = match found.map(|f| f.concat()) {
            Ok(captures) => {
                let count = captures.len();
                let ctx = ui.ctx().clone();
                self.comparison = Some(Comparison::new(captures, move || ctx.request_repaint()));
                Message::Comparing(count)
            }
            Err(why) => Message::Failed(why),
        };
        let _none = self.model.apply(message);
    }

    /// Uses what is kept beside the capture, if there is anything.
    fn take_kept(&mut self) {
        self.kept = Changes::default();
        let Some(capture) = self.model.capture.clone() else { return };
        let (edits, beside) = (Edits::path_of(&capture), Beside::path_of(&capture));
        let mut faults = Vec::new();
        // One of them that cannot be used takes nothing from the other.
        if edits.exists() {
            let read = Edits::read(&edits).map_err(|e| e.to_string());
            let told = read.and_then(|edits| self.tell(&capture, &Changes { edits, ..self.kept.clone() }));
            faults.extend(told.err());
        }
        if beside.exists() {
            let told = Beside::read(&beside)
                .and_then(|beside| self.tell(&capture, &Changes { beside, ..self.kept.clone() }));
            faults.extend(told.err());
        }
        let _none = self.model.apply(Message::Kept(Box::new(self.kept.clone())));
        if !faults.is_empty() {
            let _none = self.model.apply(Message::Failed(faults.join("; ")));
        }
    }

    /// Uses what is new in changes.
    fn tell(&mut self, capture: &Path, changes: &Changes) -> Result<(), String> {
        let Some(session) = &self.session else { return Ok(()) };
        if changes.edits != self.kept.edits {
            session.set_edits(changes.edits.clone()).map_err(|e| e.to_string())?;
            self.kept.edits.clone_from(&changes.edits);
        }
        if changes.beside != self.kept.beside {
            let context = Context::read(&changes.beside.paths(capture)).map_err(|e| e.to_string())?;
            session.set_context(context).map_err(|e| e.to_string())?;
            self.kept.beside.clone_from(&changes.beside);
        }
        Ok(())
    }

    /// Uses changes, and keeps them beside the capture. Those that cannot be used or kept are not made.
    fn keep(&mut self, changes: Changes) {
        let Some(capture) = self.model.capture.clone() else { return };
        let before = self.kept.clone();
        let used = self.tell(&capture, &changes).and_then(|()| {
            if changes.edits != before.edits {
                changes.edits.write(&Edits::path_of(&capture)).map_err(|e| e.to_string())?;
            }
            if changes.beside != before.beside {
                changes.beside.write(&Beside::path_of(&capture))?;
            }
            Ok(())
        });
        if let Err(why) = used {
            let _none = self.model.apply(Message::NotKept(Box::new(self.kept.clone()), why));
        }
    }

    /// Lays files beside the capture; each is told by its contents.
    fn lay(&mut self, files: &[PathBuf]) {
        let Some(capture) = &self.model.capture else { return };
        let mut beside = self.model.history.beside().clone();
        for file in files {
            match BesideKind::of_file(file) {
                Ok(kind) => beside = beside.with(kind, Some(file), capture),
                Err(why) => {
                    let _none = self.model.apply(Message::Failed(why));
                    return;
                }
            }
        }
        if let Some(Effect::Keep(changes)) = self.model.apply(Message::Lay(Box::new(beside))) {
            self.keep(*changes);
        }
    }

    /// Writes a picture.
    fn picture(&mut self, path: PathBuf, ui: &Ui) {
        if dialog::picture(&path.to_string_lossy()) == Some(PictureKind::Svg) {
            match self.svg() {
                Some(svg) => self.begin_export(ui, move |leash| picture::write(&path, svg.as_bytes(), leash)),
                None => {
                    let nothing = Outcome::Failed(picture::NOTHING.to_owned());
                    let _none = self.model.apply(Message::Exported(nothing));
                }
            }
            return;
        }
        let (shown, pixels) = bounded(1);
        self.export = Some(Export::Pixels(path, pixels));
        ui.ctx().request_screenshot(move |shot| {
            // Nobody waits for it any more when it was cancelled.
            let _ = shown.send(shot);
        });
    }

    /// What became of the export, if it has ended. Pixels that came are written.
    fn exported(&mut self, ui: &Ui) -> Option<Outcome> {
        match self.export.take()? {
            Export::Running(job) => {
                let outcome = job.outcome();
                if outcome.is_none() {
                    self.export = Some(Export::Running(job));
                }
                outcome
            }
            Export::Pixels(path, pixels) => {
                match pixels.try_recv() {
                    Ok(shot) => {
                        self.begin_export(ui, move |leash| picture::write_png(&path, &shot, leash));
                    }
                    Err(_) => self.export = Some(Export::Pixels(path, pixels)),
                }
                None
            }
        }
    }

    fn cancel_export(&mut self) {
        match &self.export {
            Some(Export::Running(job)) => job.cancel(),
            Some(Export::Pixels(path, _)) => {
                let told = format!("Cancelled: {} was not written", path.display());
                self.export = None;
                let _none = self.model.apply(Message::Exported(Outcome::Cancelled(told)));
            }
            None => {}
        }
    }

    fn begin_export(&mut self, ui: &Ui, work: impl FnOnce(&Leash) -> Outcome + Send + 'static) {
        let ctx = ui.ctx().clone();
        match Job::start(work, move || ctx.request_repaint()) {
            Ok(job) => self.export = Some(Export::Running(job)),
            Err(why) => {
                let _none = self.model.apply(Message::Exported(Outcome::Failed(why)));
            }
        }
    }

    /// The view as SVG, drawn from the data.
    fn svg(&self) -> Option<String> {
        let shared = self.session.as_ref()?.read();
        let span = shared.timeline().span()?;
        let view = self.model.view;
        let on_axis = |tick: i64| u64::try_from(tick).unwrap_or(0).clamp(span.0, span.1);
        let (start, end) = (on_axis(view.first_tick()), on_axis(view.end_tick()));
        Some(ichiscope_evidence::svg(shared.timeline(), shared.analysis(), start, end))
    }

    /// Evidence is written on a thread of its own, by the same code as the command line's.
    fn start_export(&mut self, capture: PathBuf, folder: PathBuf, ui: &Ui) {
        let edits = (!self.model.history.now().is_empty()).then(|| Edits::path_of(&capture));
        let paths = Paths { edits, ..self.model.history.beside().paths(&capture) };
        self.begin_export(ui, move |leash| evidence(&capture, &folder, &paths, leash));
    }

    fn ask_for_next_frame(&self, ui: &Ui, acted: bool) {
        if acted || self.model.playback.is_playing() {
            ui.ctx().request_repaint();
        } else if !self.is_settled()
            || self.export.is_some()
            || self.comparison.as_ref().is_some_and(|c| !c.is_complete())
        {
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(LOOK_MS));
        }
    }
}

/// Writes evidence.
fn evidence(capture: &Path, folder: &Path, paths: &Paths, leash: &Leash) -> Outcome {
    let written = Context::read(paths).map_err(EvidenceError::Context).and_then(|context| {
        ichiscope_evidence::write_while(folder, capture, &context, |share| leash.goes_on(share))
    });
    match written {
        Ok(written) => {
            let names = written.files.iter().filter_map(|f| f.file_name()).map(|n| n.to_string_lossy());
            let names = names.collect::<Vec<_>>().join(", ");
            Outcome::Done(format!("Evidence written to {}: {names}", folder.display()))
        }
        Err(EvidenceError::Cancelled) => {
            Outcome::Cancelled(format!("Cancelled: no evidence was written to {}", folder.display()))
        }
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

/// What is known of the axis: of a recording that is still being read, by its index.
fn seen(timeline: &Timeline, look: Option<&FirstLook>) -> Option<Message> {
    match look {
        Some(look) => Some(Message::Seen { span: look.span(), tick_hz: look.tick_hz }),
        None => timeline.span().map(|span| Message::Seen { span, tick_hz: timeline.tick_hz() }),
    }
}

/// The first sign of an activation after `since`: the activation command, or the rail going off.
fn activation(analysis: &Analysis, digest: &Digest, since: u64) -> Option<u64> {
    let command = |p: &&Phase| p.kind == PhaseKind::ActivationCommand && p.start_tick > since;
    let commanded = analysis.phases.iter().find(command).map(|p| p.start_tick);
    let off = digest.highest().iter().map(|o| o.start).find(|start| *start > since);
    commanded.into_iter().chain(off).min()
}

impl eframe::App for ScopeApp {
    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.remember();
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }
}
