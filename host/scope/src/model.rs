//! The state of the app, and the one place that changes it.

use std::path::{Path, PathBuf};

use ichiscope_session::NoteEdit;
use ichiscope_verdict::{PHASE_BEGIN, PHASE_END, PhaseKind};

use crate::compare::Align;
use crate::cursor::Cursor;
use crate::dialog::{BesideForm, Confirmed, Dialog, RecordForm, Then};
use crate::epoch::Epoch;
use crate::history::{Changes, History};
use crate::job::Outcome;
use crate::message::{Effect, Message};
use crate::playback::Playback;
use crate::recent::with_recent;
use crate::view::{Rung, View, signed};

/// The alarm comes this long before the limit, s (engineering default).
const ALARM_S: u64 = 30;
/// So many captures are stacked; more are shown as small multiples.
const MOST_STACKED: usize = 6;
/// What is shown before an activation that was waited for, s.
const BEFORE_ACTIVATION_S: u64 = 10;
/// What is shown from it on, s: the limit and some more.
const AFTER_ACTIVATION_S: u64 = 200;
/// What is shown at each side of an event at least, s, and how many times as far as it may be off.
const AROUND_EVENT_S: u64 = 5;
const AROUND_EVENT_OFF: u64 = 10;

/// What the view does when the capture grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// It shows all of it.
    Fit,
    /// It keeps its length and shows the newest tick.
    Follow,
    /// It stays.
    Free,
}

/// Whether the next activation is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Armed {
    /// It is not.
    #[default]
    Off,
    /// It is, from this tick on.
    Waiting(u64),
    /// It happened at this tick.
    Activated(u64),
}

/// A word to the user that stays until it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The words.
    pub text: String,
    /// Whether something failed.
    pub is_error: bool,
}

/// How a comparison of several captures is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompareView {
    /// What the captures are aligned on.
    pub align: Align,
    /// What is in view of the common axis, ns from the event.
    pub view: View,
    /// All there is is shown.
    fits: bool,
    /// What the captures cover, ns from the event.
    pub span: (i64, i64),
    /// Small multiples, or stacked.
    pub multiples: bool,
    /// The capture to which differences are taken, by its place.
    pub reference: usize,
}

impl CompareView {
    fn new(count: usize) -> CompareView {
        CompareView {
            align: Align::default(),
            view: View::around(0, 1),
            fits: true,
            span: (0, 0),
            multiples: count > MOST_STACKED,
            reference: 0,
        }
    }

    /// Whether it is known what the captures cover.
    pub const fn is_placed(&self) -> bool {
        self.span.1 > self.span.0
    }

    fn seen(&mut self, span: (i64, i64)) {
        self.span = span;
        if self.fits {
            self.fit();
        }
    }

    fn fit(&mut self) {
        let (first, last) = self.span;
        let length = View::around(0, last.saturating_sub(first).unsigned_abs());
        self.view = View::new(first.saturating_add(length.first_tick()), Rung::at_least(length.ticks()));
        self.fits = true;
    }

    /// Zooming and moving, as on a single capture.
    fn apply(&mut self, message: &Message) -> bool {
        match message {
            Message::Zoom { steps, anchor } => self.look(self.view.zoomed(*steps, *anchor)),
            Message::Pan(ns) => self.look(View::new(
                self.view.first_tick().saturating_add(*ns),
                Rung::at_least(self.view.ticks()),
            )),
            Message::Fit => self.fit(),
            Message::Compared(span) => self.seen(*span),
            Message::AlignOn(align) => {
                self.align = *align;
                self.fits = true;
            }
            Message::AsMultiples(multiples) => self.multiples = *multiples,
            Message::CompareWith(index) => self.reference = *index,
            _ => return false,
        }
        true
    }

    fn look(&mut self, view: View) {
        self.view = view;
        self.fits = false;
    }
}

/// The state of the app.
#[derive(Clone, Debug)]
pub struct Model {
    /// What is on the screen.
    pub view: View,
    /// What the view does when the capture grows.
    pub tracking: Tracking,
    /// First and last tick of the capture.
    pub span: Option<(u64, u64)>,
    /// Ticks per second, if known.
    pub tick_hz: Option<u64>,
    /// The replay.
    pub playback: Playback,
    /// The outage chosen, by its place in the analysis.
    pub selected: Option<usize>,
    /// The dialog in view.
    pub dialog: Option<Dialog>,
    /// The word to the user.
    pub notice: Option<Notice>,
    /// Evidence or a picture is being written.
    pub exporting: bool,
    /// Dark, or light.
    pub dark: bool,
    /// The capture in view.
    pub capture: Option<PathBuf>,
    /// Cursors A and B.
    pub cursors: [Option<u64>; 2],
    /// The tick under the pointer, if it is over the timeline.
    pub hover: Option<u64>,
    /// Cursors snap to the nearest edge.
    pub snap: bool,
    /// Where times count from.
    pub epoch: Epoch,
    /// A recording is running.
    pub live: bool,
    /// Whether the next activation is waited for.
    pub armed: Armed,
    /// The alarm comes this long before the limit, s.
    pub alarm_s: u64,
    /// The console's text is shown.
    pub console: bool,
    /// The board that was recorded from last, as it was typed.
    pub serial: String,
    /// Captures that were opened, newest first.
    pub recent: Vec<PathBuf>,
    /// The system's file dialog is shown.
    pub browsing: bool,
    /// What the operator changed.
    pub history: History,
    /// Several captures are compared.
    pub compare: Option<CompareView>,
    /// The view's first tick when the axis was taken hold of.
    grabbed: Option<i64>,
    /// The speed was set by hand, or fitted to the capture.
    speed_is_set: bool,
}

impl Default for Model {
    fn default() -> Self {
        Model {
            view: View::around(0, 1),
            tracking: Tracking::Fit,
            span: None,
            tick_hz: None,
            playback: Playback::default(),
            selected: None,
            dialog: None,
            notice: None,
            exporting: false,
            dark: true,
            capture: None,
            cursors: [None; 2],
            hover: None,
            snap: true,
            epoch: Epoch::Start,
            live: false,
            armed: Armed::Off,
            alarm_s: ALARM_S,
            console: true,
            serial: String::new(),
            recent: Vec::new(),
            browsing: false,
            history: History::default(),
            compare: None,
            grabbed: None,
            speed_is_set: false,
        }
    }
}

impl Model {
    /// Applies a message. What has to be done outside the model comes back.
    pub fn apply(&mut self, message: Message) -> Option<Effect> {
        if self.compare.as_mut().is_some_and(|compare| compare.apply(&message)) {
            return None;
        }
        match message {
            Message::Seen { span, tick_hz } => self.seen(span, tick_hz),
            Message::Zoom { steps, anchor } => self.look(self.view.zoomed(steps, anchor)),
            Message::Fit => self.fit(),
            Message::Show { start, end } => self.look(View::around(start, end)),
            Message::Pan(ticks) => self.pan_to(self.view.first_tick().saturating_add(ticks)),
            Message::Grab => self.grabbed = Some(self.view.first_tick()),
            Message::DragTo(ticks) => {
                if let Some(first) = self.grabbed {
                    self.pan_to(first.saturating_sub(ticks));
                }
            }
            Message::Release => self.grabbed = None,
            Message::ToggleFollow => self.toggle_follow(),
            Message::TogglePlay => self.toggle_play(),
            Message::Speed(index) => {
                self.speed_is_set = true;
                self.playback.set_speed(index);
            }
            Message::Scrub(tick) => {
                if let Some(span) = self.span {
                    self.playback.scrub(tick, span);
                }
            }
            Message::StepTo(tick) => self.step_to(tick),
            Message::LookAt { tick, uncertainty_ticks } => self.look_at(tick, uncertainty_ticks),
            Message::Hover(tick) => self.hover = tick,
            Message::SetCursor(cursor, tick) => self.cursors[cursor as usize] = Some(tick),
            Message::ClearCursors => self.cursors = [None; 2],
            Message::ToggleSnap => self.snap = !self.snap,
            Message::CountFrom(epoch) => self.epoch = epoch,
            Message::Live(live) => {
                self.live = live;
                if !live {
                    self.armed = Armed::Off;
                }
            }
            Message::Mark => return self.note("mark", String::new()),
            Message::Phase { kind, ends } => return self.phase(kind, ends),
            Message::ToggleArm => self.toggle_arm(),
            Message::Activated(tick) => return self.activated(tick),
            Message::ToggleConsole => self.console = !self.console,
            Message::AskFlash => self.dialog = Some(Dialog::Flash { board: None, serial: String::new() }),
            Message::FlashBoard(chosen) => {
                if let Some(Dialog::Flash { board, .. }) = &mut self.dialog {
                    *board = Some(chosen);
                }
            }
            Message::Flashed(result) => {
                let is_error = result.is_err();
                self.notice = Some(Notice { text: result.unwrap_or_else(|e| e), is_error });
            }
            Message::CloseCapture if !self.live => {
                *self =
                    Model { capture: None, recent: self.recent.clone(), ..self.with_capture(PathBuf::new()) };
                return Some(Effect::CloseCapture);
            }
            Message::CloseCapture => {}
            Message::AskCompare | Message::CloseComparison if self.compare.is_some() => {
                self.compare = None;
                return Some(Effect::CloseComparison);
            }
            Message::Compare(paths) => return Some(Effect::Compare(paths)),
            Message::Comparing(count) => self.compare = Some(CompareView::new(count)),
            Message::AskSettings(form) => self.dialog = Some(Dialog::Settings(form)),
            Message::FormDevice(is_gsme) => {
                if let Some(Dialog::Settings(form)) = &mut self.dialog {
                    form.is_gsme = is_gsme;
                }
            }
            Message::FormMark(line, kind) => {
                if let Some(Dialog::Settings(form)) = &mut self.dialog {
                    form.marks.iter_mut().filter(|m| m.0 == line).for_each(|m| m.1 = kind);
                }
            }
            Message::RemoveNote(index) => return self.history.remove(index).map(keep),
            Message::Undo => return self.history.undo().map(keep),
            Message::Redo => return self.history.redo().map(keep),
            Message::Kept(changes) => self.history = History::of(*changes),
            Message::NotKept(changes, text) => {
                self.history.hold(*changes);
                self.notice = Some(Notice { text, is_error: true });
            }
            Message::LayFiles(files) if self.capture.is_some() => return Some(Effect::LayFiles(files)),
            Message::LayFiles(_) => {
                let text = "open the capture first that these files belong to".to_owned();
                self.notice = Some(Notice { text, is_error: true });
            }
            Message::Lay(beside) => return self.history.lay(*beside).map(keep),
            Message::AskQuit if self.live => self.dialog = Some(Dialog::Leave(Then::Quit)),
            Message::AskQuit => return Some(Effect::Quit),
            Message::Elapsed(ns) => self.elapsed(ns),
            Message::Select { outage, start, end } => {
                self.selected = Some(outage);
                let air = (end - start) / 4;
                self.look(View::around(start.saturating_sub(air), end.saturating_add(air)));
            }
            Message::AskOpen
            | Message::AskBeside
            | Message::AskCompare
            | Message::AskExport
            | Message::AskPicture
            | Message::AskRecord
            | Message::ToggleHelp => self.ask(&message),
            Message::Edit(field, text) => {
                if let Some(dialog) = &mut self.dialog {
                    dialog.edit(field, text);
                }
            }
            Message::Browse(field) => {
                let asked = self.dialog.as_ref().and_then(|dialog| dialog.browse(field));
                self.browsing = asked.is_some();
                return asked.map(|(what, near)| Effect::Browse(field, what, near));
            }
            Message::Browsed(field, path) => {
                // A choice for a dialog that was closed meanwhile belongs to no other one.
                if std::mem::take(&mut self.browsing)
                    && let Some((dialog, path)) = self.dialog.as_mut().zip(path)
                {
                    dialog.edit(field, path.display().to_string());
                }
            }
            Message::Confirm => return self.confirm(),
            Message::Cancel => self.close_dialog(),
            Message::Open(path) => return self.open(path),
            Message::Opened(path) => *self = self.with_capture(path),
            Message::StopRecording => return Some(Effect::Stop),
            Message::Exported(outcome) => {
                self.exporting = false;
                let is_error = matches!(outcome, Outcome::Failed(_));
                let (Outcome::Done(text) | Outcome::Failed(text) | Outcome::Cancelled(text)) = outcome;
                self.notice = Some(Notice { text, is_error });
            }
            Message::CancelExport => return self.exporting.then_some(Effect::CancelExport),
            Message::Failed(text) => self.notice = Some(Notice { text, is_error: true }),
            // Only a comparison takes these.
            Message::CloseComparison
            | Message::Compared(_)
            | Message::AlignOn(_)
            | Message::AsMultiples(_)
            | Message::CompareWith(_) => {}
            Message::DismissNotice => self.notice = None,
            Message::ToggleTheme => self.dark = !self.dark,
        }
        None
    }

    fn seen(&mut self, span: (u64, u64), tick_hz: Option<u64>) {
        self.span = Some(span);
        self.tick_hz = tick_hz;
        match self.tracking {
            Tracking::Fit => self.view = View::around(span.0, span.1),
            Tracking::Follow => self.view = self.at_the_end(span),
            Tracking::Free => {}
        }
        if let (false, None, Some(hz)) = (self.speed_is_set, self.playback.head(), tick_hz) {
            self.playback = Playback::for_span(span, hz);
        }
    }

    fn at_the_end(&self, span: (u64, u64)) -> View {
        let ahead = signed(self.view.ticks() / 20);
        self.view.moved_to(signed(span.1) + ahead - signed(self.view.ticks()), span)
    }

    fn look(&mut self, view: View) {
        self.view = view;
        self.tracking = Tracking::Free;
    }

    fn pan_to(&mut self, first_tick: i64) {
        if let Some(span) = self.span {
            self.look(self.view.moved_to(first_tick, span));
        }
    }

    fn fit(&mut self) {
        self.tracking = Tracking::Fit;
        if let Some(span) = self.span {
            self.view = View::around(span.0, span.1);
        }
    }

    fn toggle_follow(&mut self) {
        if self.tracking == Tracking::Follow {
            self.tracking = Tracking::Free;
            return;
        }
        self.tracking = Tracking::Follow;
        let (Some(span), Some(hz)) = (self.span, self.tick_hz) else { return };
        if self.view.ticks() > 2 * (span.1 - span.0) {
            self.view = View::new(self.view.first_tick(), Rung::at_least(hz * 60));
        }
        self.view = self.at_the_end(span);
    }

    fn toggle_play(&mut self) {
        if let (Some(span), Some(_)) = (self.span, self.tick_hz) {
            self.playback.toggle(span);
        }
    }

    /// The playhead moves on; when it leaves the view, the view turns over like a page.
    fn elapsed(&mut self, ns: u64) {
        let (Some(span), Some(hz)) = (self.span, self.tick_hz) else { return };
        let was_in_view = self.playback.head().is_some_and(|h| self.view.contains(h));
        self.playback.advance(ns, hz, span);
        let Some(head) = self.playback.head() else { return };
        if was_in_view && !self.view.contains(head) {
            self.pan_to(signed(head) - signed(self.view.ticks() / 10));
        }
    }

    fn close_dialog(&mut self) {
        self.dialog = None;
        self.browsing = false;
    }

    fn ask(&mut self, message: &Message) {
        self.browsing = false;
        let near = |name: &str| self.capture.as_deref().map(|c| beside(c, name)).unwrap_or_default();
        let dialog = match message {
            Message::AskOpen => {
                let path = self.capture.as_deref().map(|c| c.display().to_string()).unwrap_or_default();
                Some(Dialog::Open { path })
            }
            Message::AskCompare => {
                let folder = self.capture.as_deref().and_then(Path::parent);
                Some(Dialog::Compare { path: folder.map(|f| f.display().to_string()).unwrap_or_default() })
            }
            Message::AskBeside if self.capture.is_some() => {
                Some(Dialog::Beside(BesideForm::new(self.history.beside())))
            }
            Message::AskExport if self.capture.is_some() && !self.exporting => {
                Some(Dialog::Export { path: near("evidence") })
            }
            Message::AskPicture if self.capture.is_some() && !self.exporting => {
                Some(Dialog::Picture { path: near("picture.png") })
            }
            Message::AskRecord if self.live => Some(Dialog::Leave(Then::Look)),
            Message::AskRecord => Some(Dialog::Record(RecordForm {
                path: near("recording.mcap"),
                serial: self.serial.clone(),
                alarm_s: self.alarm_s.to_string(),
            })),
            Message::ToggleHelp if self.dialog != Some(Dialog::Help) => Some(Dialog::Help),
            _ => None,
        };
        self.dialog = dialog;
    }

    fn confirm(&mut self) -> Option<Effect> {
        self.browsing = false;
        match self.dialog.take()?.confirm() {
            Confirmed::Nothing => None,
            Confirmed::Stays(dialog) => {
                self.dialog = Some(dialog);
                None
            }
            Confirmed::Export(folder) => {
                let capture = self.capture.clone()?;
                self.exporting = true;
                Some(Effect::Export { capture, folder })
            }
            Confirmed::Edit(form) => {
                let edits = form.edits(self.history.now().clone());
                self.history.change(edits).map(keep)
            }
            Confirmed::Lay(form) => {
                let beside = form.beside(self.capture.as_deref()?);
                self.history.lay(beside).map(keep)
            }
            Confirmed::Do(Effect::Picture(path)) => {
                self.exporting = true;
                Some(Effect::Picture(path))
            }
            Confirmed::Record(effect, form) => {
                self.alarm_s = form.alarm().unwrap_or(self.alarm_s);
                self.serial = form.serial;
                Some(effect)
            }
            Confirmed::Do(effect) => Some(effect),
        }
    }

    /// A running recording is not ended without a question.
    fn open(&mut self, path: PathBuf) -> Option<Effect> {
        if self.live {
            self.dialog = Some(Dialog::Leave(Then::Open(path)));
            return None;
        }
        Some(Effect::Open(path))
    }

    /// The state for another capture: what belongs to the user stays, what belongs to the capture goes.
    fn with_capture(&self, path: PathBuf) -> Model {
        Model {
            recent: with_recent(&self.recent, &path),
            capture: Some(path),
            dark: self.dark,
            snap: self.snap,
            alarm_s: self.alarm_s,
            console: self.console,
            serial: self.serial.clone(),
            exporting: self.exporting,
            ..Model::default()
        }
    }

    fn step_to(&mut self, tick: u64) {
        let Some(span) = self.span else { return };
        self.playback.scrub(tick, span);
        if !self.view.contains(tick) {
            self.pan_to(signed(tick) - signed(self.view.ticks() / 2));
        }
    }

    fn look_at(&mut self, tick: u64, uncertainty_ticks: u64) {
        let (Some(span), Some(hz)) = (self.span, self.tick_hz) else { return };
        self.playback.scrub(tick, span);
        let around = uncertainty_ticks.saturating_mul(AROUND_EVENT_OFF).max(AROUND_EVENT_S * hz);
        self.look(View::around(tick.saturating_sub(around), tick.saturating_add(around)));
    }

    /// A note: in a recording that runs at its newest tick, else in the edits at the pointer or the playhead.
    fn note(&mut self, kind: &'static str, text: String) -> Option<Effect> {
        let (_, newest) = self.span?;
        if self.live {
            return Some(Effect::Note { tick: newest, kind, text });
        }
        let tick = self.hover.or(self.playback.head())?;
        self.history.add(NoteEdit { tick, kind: kind.to_owned(), text }).map(keep)
    }

    fn phase(&mut self, kind: PhaseKind, ends: bool) -> Option<Effect> {
        self.note(if ends { PHASE_END } else { PHASE_BEGIN }, kind.name().to_owned())
    }

    fn toggle_arm(&mut self) {
        self.armed = match (self.armed, self.span) {
            (Armed::Off, Some((_, newest))) if self.live => Armed::Waiting(newest),
            _ => Armed::Off,
        };
    }

    /// The activation that was waited for: shown with the whole time of the limit before it.
    fn activated(&mut self, tick: u64) -> Option<Effect> {
        let (Armed::Waiting(_), Some(hz)) = (self.armed, self.tick_hz) else { return None };
        self.armed = Armed::Activated(tick);
        self.cursors[Cursor::A as usize] = Some(tick);
        let start = tick.saturating_sub(BEFORE_ACTIVATION_S * hz);
        self.look(View::around(start, tick.saturating_add(AFTER_ACTIVATION_S * hz)));
        Some(Effect::Attention)
    }
}

fn keep(changes: Changes) -> Effect {
    Effect::Keep(Box::new(changes))
}

fn beside(capture: &Path, name: &str) -> String {
    capture.with_file_name(name).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Field;
    use crate::view::Anchor;

    const HZ: u64 = 36_000_000;

    fn model(seconds: u64) -> Model {
        let mut m = Model::default();
        m.apply(Message::Opened("/captures/demo.mcap".into()));
        m.apply(Message::Seen { span: (0, seconds * HZ), tick_hz: Some(HZ) });
        m
    }

    #[test]
    fn a_capture_that_loads_is_shown_whole_until_the_view_is_moved() {
        let mut m = model(60);
        m.apply(Message::Seen { span: (0, 600 * HZ), tick_hz: Some(HZ) });
        assert!(m.view.contains(600 * HZ));
        m.apply(Message::Zoom { steps: 16, anchor: Anchor::CENTRE });
        let view = m.view;
        m.apply(Message::Seen { span: (0, 900 * HZ), tick_hz: Some(HZ) });
        assert_eq!(m.view, view);
    }

    #[test]
    fn a_drag_moves_by_exact_ticks_from_where_it_began() {
        let mut m = model(600);
        m.apply(Message::Zoom { steps: 80, anchor: Anchor::CENTRE });
        let first = m.view.first_tick();
        m.apply(Message::Grab);
        m.apply(Message::DragTo(1000));
        m.apply(Message::DragTo(-77));
        assert_eq!(m.view.first_tick(), first + 77);
        m.apply(Message::Release);
        m.apply(Message::DragTo(5));
        assert_eq!(m.view.first_tick(), first + 77);
    }

    #[test]
    fn following_keeps_the_newest_tick_in_view() {
        let mut m = model(600);
        m.apply(Message::Zoom { steps: 64, anchor: Anchor::CENTRE });
        m.apply(Message::ToggleFollow);
        for seconds in [700, 800] {
            m.apply(Message::Seen { span: (0, seconds * HZ), tick_hz: Some(HZ) });
            assert!(m.view.contains(seconds * HZ));
        }
    }

    #[test]
    fn the_view_turns_over_when_the_playhead_leaves_it() {
        let mut m = model(600);
        m.apply(Message::Show { start: 0, end: 10 * HZ });
        m.apply(Message::Speed(9));
        m.apply(Message::TogglePlay);
        m.apply(Message::Elapsed(12_000_000_000));
        assert_eq!(m.playback.head(), Some(12 * HZ));
        assert!(m.view.contains(12 * HZ) && !m.view.contains(0));
    }

    #[test]
    fn nothing_plays_at_an_unknown_tick_rate() {
        let mut m = Model::default();
        m.apply(Message::Seen { span: (0, 1000), tick_hz: None });
        m.apply(Message::TogglePlay);
        assert!(!m.playback.is_playing());
    }

    #[test]
    fn dialogs_end_in_effects() {
        let mut m = model(1);
        m.apply(Message::AskExport);
        assert_eq!(m.dialog, Some(Dialog::Export { path: "/captures/evidence".into() }));
        m.apply(Message::Edit(Field::Path, "/tmp/e".into()));
        let effect = m.apply(Message::Confirm);
        let expected = Effect::Export { capture: "/captures/demo.mcap".into(), folder: "/tmp/e".into() };
        assert_eq!((effect, m.exporting, m.dialog.is_none()), (Some(expected), true, true));
        m.apply(Message::AskRecord);
        m.apply(Message::Edit(Field::Serial, "twin".into()));
        let source = crate::RecordFrom::Twin;
        assert_eq!(
            m.apply(Message::Confirm),
            Some(Effect::Record { source, path: "/captures/recording.mcap".into() })
        );
    }

    #[test]
    fn a_path_chosen_for_a_dialog_that_was_closed_goes_to_no_other() {
        let mut m = model(1);
        m.apply(Message::AskExport);
        assert!(matches!(m.apply(Message::Browse(Field::Path)), Some(Effect::Browse(..))) && m.browsing);
        m.apply(Message::Browsed(Field::Path, Some("/chosen".into())));
        assert_eq!((m.dialog.take(), m.browsing), (Some(Dialog::Export { path: "/chosen".into() }), false));
        for close in [Message::Cancel, Message::Confirm, Message::AskOpen] {
            m.apply(Message::AskExport);
            m.apply(Message::Browse(Field::Path));
            m.apply(close.clone());
            m.apply(Message::AskPicture);
            assert!(!m.browsing, "{close:?}: its own file dialog can be asked for");
            let before = m.dialog.clone();
            m.apply(Message::Browsed(Field::Path, Some("/chosen".into())));
            assert_eq!(m.dialog, before, "{close:?}");
            m.exporting = false;
        }
    }

    #[test]
    fn an_empty_path_keeps_the_dialog() {
        let mut m = Model::default();
        m.apply(Message::AskOpen);
        assert_eq!(m.apply(Message::Confirm), None);
        assert_eq!(m.dialog, Some(Dialog::Open { path: String::new() }));
        m.apply(Message::AskExport);
        assert_eq!(m.dialog, None, "nothing to export without a capture");
    }

    fn live(seconds: u64) -> Model {
        let mut m = model(seconds);
        m.apply(Message::Live(true));
        m
    }

    #[test]
    fn a_running_recording_is_not_left_without_a_question() {
        let mut m = live(10);
        for (message, then, effect) in [
            (Message::Open("/b.mcap".into()), Then::Open("/b.mcap".into()), Effect::Open("/b.mcap".into())),
            (Message::AskQuit, Then::Quit, Effect::Quit),
            (Message::AskRecord, Then::Look, Effect::Stop),
        ] {
            assert_eq!(m.apply(message.clone()), None, "{message:?}");
            assert_eq!(m.dialog, Some(Dialog::Leave(then)));
            m.apply(Message::Cancel);
            m.apply(message);
            assert_eq!(m.apply(Message::Confirm), Some(effect));
        }
        assert_eq!(model(10).apply(Message::AskQuit), Some(Effect::Quit));
    }

    #[test]
    fn marks_and_phases_go_to_the_newest_tick_of_a_recording() {
        let mut m = live(10);
        let note = |kind, text: &str| Effect::Note { tick: 10 * HZ, kind, text: text.into() };
        assert_eq!(m.apply(Message::Mark), Some(note("mark", "")));
        let begins = Message::Phase { kind: PhaseKind::ChBoot, ends: false };
        assert_eq!(m.apply(begins), Some(note(PHASE_BEGIN, "CH_BOOT")));
        let ends = Message::Phase { kind: PhaseKind::ChBoot, ends: true };
        assert_eq!(m.apply(ends), Some(note(PHASE_END, "CH_BOOT")));
    }

    #[test]
    fn an_activation_that_was_waited_for_is_shown_with_the_whole_limit() {
        let mut m = live(10);
        assert_eq!(m.apply(Message::Activated(5 * HZ)), None, "nobody waits");
        m.apply(Message::ToggleArm);
        assert_eq!(m.armed, Armed::Waiting(10 * HZ));
        assert_eq!(m.apply(Message::Activated(60 * HZ)), Some(Effect::Attention));
        assert!(m.view.contains(55 * HZ) && m.view.contains(60 * HZ + 180 * HZ));
        assert_eq!((m.armed, m.cursors[0]), (Armed::Activated(60 * HZ), Some(60 * HZ)));
        m.apply(Message::Live(false));
        assert_eq!(m.armed, Armed::Off);
    }

    #[test]
    fn a_step_brings_the_playhead_into_view() {
        let mut m = model(600);
        m.apply(Message::Show { start: 0, end: 10 * HZ });
        m.apply(Message::StepTo(300 * HZ));
        assert_eq!(m.playback.head(), Some(300 * HZ));
        assert!(m.view.contains(300 * HZ));
    }

    #[test]
    fn an_event_is_shown_with_how_far_it_may_be_off() {
        let mut m = model(600);
        m.apply(Message::LookAt { tick: 300 * HZ, uncertainty_ticks: 1 });
        assert_eq!(m.playback.head(), Some(300 * HZ));
        assert!([295, 300, 305].into_iter().all(|s| m.view.contains(s * HZ)) && m.view.ticks() < 11 * HZ);
        m.apply(Message::LookAt { tick: 400 * HZ, uncertainty_ticks: 7 * HZ });
        assert!(m.view.contains(330 * HZ) && m.view.contains(470 * HZ) && m.view.ticks() < 150 * HZ);
    }

    #[test]
    fn a_new_capture_forgets_the_old_one_but_keeps_the_theme() {
        let mut m = model(60);
        m.apply(Message::ToggleTheme);
        m.apply(Message::Select { outage: 3, start: 5, end: 9 });
        m.apply(Message::Opened("/other.mcap".into()));
        assert_eq!((m.dark, m.selected, m.span), (false, None, None));
    }
}
