//! The state of the app, and the one place that changes it.

use std::path::{Path, PathBuf};

use crate::message::{Effect, Field, Message, RecordFrom};
use crate::playback::Playback;
use crate::view::{Rung, View, signed};

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

/// A dialog in view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// Which capture to open.
    Open {
        /// Its path, as typed.
        path: String,
    },
    /// Where to write the evidence.
    Export {
        /// The folder, as typed.
        path: String,
    },
    /// What to record.
    Record {
        /// The file, as typed.
        path: String,
        /// The board's serial number, `twin`, or nothing for the only board.
        serial: String,
    },
    /// The keys.
    Help,
}

/// A word to the user that stays until it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The words.
    pub text: String,
    /// Whether something failed.
    pub is_error: bool,
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
    /// Evidence is being written.
    pub exporting: bool,
    /// Dark, or light.
    pub dark: bool,
    /// The capture in view.
    pub capture: Option<PathBuf>,
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
            grabbed: None,
            speed_is_set: false,
        }
    }
}

impl Model {
    /// Applies a message. What has to be done outside the model comes back.
    pub fn apply(&mut self, message: Message) -> Option<Effect> {
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
            Message::Elapsed(ns) => self.elapsed(ns),
            Message::Select { outage, start, end } => {
                self.selected = Some(outage);
                let air = (end - start) / 4;
                self.look(View::around(start.saturating_sub(air), end.saturating_add(air)));
            }
            Message::AskOpen | Message::AskExport | Message::AskRecord | Message::ToggleHelp => {
                self.ask(&message)
            }
            Message::Edit(field, text) => self.edit(field, text),
            Message::Confirm => return self.confirm(),
            Message::Cancel => self.dialog = None,
            Message::Open(path) => return Some(Effect::Open(path)),
            Message::Opened(path) => {
                *self = Model { capture: Some(path), dark: self.dark, ..Model::default() }
            }
            Message::StopRecording => return Some(Effect::Stop),
            Message::Exported(result) => {
                self.exporting = false;
                let is_error = result.is_err();
                self.notice = Some(Notice { text: result.unwrap_or_else(|e| e), is_error });
            }
            Message::Failed(text) => self.notice = Some(Notice { text, is_error: true }),
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

    fn ask(&mut self, message: &Message) {
        let near = |name: &str| self.capture.as_deref().map(|c| beside(c, name)).unwrap_or_default();
        let dialog = match message {
            Message::AskOpen => {
                let path = self.capture.as_deref().map(|c| c.display().to_string()).unwrap_or_default();
                Some(Dialog::Open { path })
            }
            Message::AskExport if self.capture.is_some() => Some(Dialog::Export { path: near("evidence") }),
            Message::AskRecord => {
                Some(Dialog::Record { path: near("recording.mcap"), serial: String::new() })
            }
            Message::ToggleHelp if self.dialog != Some(Dialog::Help) => Some(Dialog::Help),
            _ => None,
        };
        self.dialog = dialog;
    }

    fn edit(&mut self, field: Field, text: String) {
        match (&mut self.dialog, field) {
            (
                Some(Dialog::Open { path } | Dialog::Export { path } | Dialog::Record { path, .. }),
                Field::Path,
            ) => {
                *path = text;
            }
            (Some(Dialog::Record { serial, .. }), Field::Serial) => *serial = text,
            _ => {}
        }
    }

    fn confirm(&mut self) -> Option<Effect> {
        match self.dialog.take()? {
            Dialog::Help => None,
            dialog if dialog.path().is_some_and(|p| p.trim().is_empty()) => {
                self.dialog = Some(dialog);
                None
            }
            Dialog::Open { path } => Some(Effect::Open(path.trim().into())),
            Dialog::Export { path } => {
                let capture = self.capture.clone()?;
                self.exporting = true;
                Some(Effect::Export { capture, folder: path.trim().into() })
            }
            Dialog::Record { path, serial } => {
                let source = match serial.trim() {
                    "twin" => RecordFrom::Twin,
                    "" => RecordFrom::Board(None),
                    serial => RecordFrom::Board(Some(serial.to_owned())),
                };
                Some(Effect::Record { source, path: path.trim().into() })
            }
        }
    }
}

impl Dialog {
    fn path(&self) -> Option<&str> {
        match self {
            Dialog::Open { path } | Dialog::Export { path } | Dialog::Record { path, .. } => Some(path),
            Dialog::Help => None,
        }
    }
}

fn beside(capture: &Path, name: &str) -> String {
    capture.with_file_name(name).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let source = RecordFrom::Twin;
        assert_eq!(
            m.apply(Message::Confirm),
            Some(Effect::Record { source, path: "/captures/recording.mcap".into() })
        );
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

    #[test]
    fn a_new_capture_forgets_the_old_one_but_keeps_the_theme() {
        let mut m = model(60);
        m.apply(Message::ToggleTheme);
        m.apply(Message::Select { outage: 3, start: 5, end: 9 });
        m.apply(Message::Opened("/other.mcap".into()));
        assert_eq!((m.dark, m.selected, m.span), (false, None, None));
    }
}
