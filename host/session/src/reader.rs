//! The reading thread: it owns the link, and waits for a device that went away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam::channel::Sender;
use ichiscope_capture::{HostClock, Item, LinkKind, LinkNote};
use ichiscope_link::{LinkError, LinkEvent, Received, Transport};
use ichiscope_timeline::COMMAND_NOTE;

use crate::commands::{Desk, Told};
use crate::quiet::Quiet;
use crate::recorder::Captured;

/// How long one poll of the link may wait.
const POLL: Duration = Duration::from_millis(20);
/// How often a device that is away is looked for.
const LOOK: Duration = Duration::from_millis(250);
/// The longest pause before a device that is there but refuses to be set up is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// An open link. It stays on the thread that opened it.
pub(crate) type Link = Box<dyn Transport>;

/// Reads a device and opens it again whenever it went away.
pub(crate) struct Reader<Open> {
    /// Opens the device, the same one every time.
    pub(crate) open: Open,
    pub(crate) clock: HostClock,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) out: Sender<Captured>,
    pub(crate) desk: Desk,
}

/// Tells the writer when it is dropped that the reader has ended, however it ended.
pub(crate) struct TellsEnd(pub(crate) Sender<Captured>);

impl Drop for TellsEnd {
    fn drop(&mut self) {
        // A writer that has ended before knows its reason.
        let _ = self.0.send(Captured::End);
    }
}

/// The recording ends: the source has ended, it was stopped, or nobody takes the items any more.
struct Over;

impl<Open: FnMut() -> Result<Link, LinkError>> Reader<Open> {
    /// Reads until the source ends or the recording is stopped. Without a `link` it first waits for the device.
    pub(crate) fn run(mut self, mut link: Option<Link>) {
        loop {
            let there = match link.take() {
                Some(link) => Ok(link),
                None => self.wait_for_device(),
            };
            let Ok(there) = there else { return };
            if let Err(Over) = self.read(there) {
                return;
            }
        }
    }

    /// Reads until the link is gone, and records that. The link is closed by then.
    fn read(&mut self, mut link: Link) -> Result<(), Over> {
        let mut events = Vec::new();
        let mut quiet = Quiet::from(Instant::now());
        while !self.is_stopped() {
            let mut bytes = Vec::new();
            self.desk.send(&mut *link, Instant::now());
            let received = link.poll(&mut bytes, &mut events, POLL);
            let host_ns = self.clock.now_ns();
            let silence = quiet.polled(Instant::now(), !bytes.is_empty());
            for event in events.drain(..) {
                self.record(Item::Link { host_ns, event: link_note(event) })?;
            }
            if !bytes.is_empty() {
                self.desk.hear(&bytes);
                self.record(Item::Bytes { host_ns, bytes })?;
            }
            self.tell()?;
            self.silent(silence)?;
            match received {
                Ok(Received::End) => return Err(Over),
                Ok(_) => {}
                Err(error) => {
                    self.link_event(LinkKind::Lost, error.to_string())?;
                    self.desk.link_lost();
                    return self.tell();
                }
            }
        }
        self.silent(quiet.ended(Instant::now()))?;
        Err(Over)
    }

    /// Records that the board says nothing.
    fn silent(&self, silence: Option<Duration>) -> Result<(), Over> {
        let Some(silence) = silence else { return Ok(()) };
        let text = format!("the board has said nothing for {:.1} s", silence.as_secs_f64());
        self.send(Captured::Notice(format!(
            "{text}; its USB chip is there. Remedy: reset the board; `ichiscope doctor`"
        )))?;
        self.link_event(LinkKind::Silent, text)
    }

    /// Records what became of commands.
    fn tell(&mut self) -> Result<(), Over> {
        for told in self.desk.told() {
            let text = match told {
                Told::Note(text) => text,
                Told::Notice(text) => {
                    self.send(Captured::Notice(text.clone()))?;
                    text
                }
            };
            let host_ns = self.clock.now_ns();
            self.record(Item::Note { tick: None, host_ns, kind: COMMAND_NOTE.to_owned(), text })?;
        }
        Ok(())
    }

    fn wait_for_device(&mut self) -> Result<Link, Over> {
        let mut pause = LOOK;
        let mut told = String::new();
        while !self.is_stopped() {
            let error = match (self.open)() {
                Ok(link) => {
                    self.link_event(LinkKind::Attached, link.info().serial)?;
                    return Ok(link);
                }
                Err(error) => error,
            };
            self.desk.refuse();
            pause = pause_after(&error, pause);
            let why = error.to_string();
            if why != told {
                self.send(Captured::Away(why.clone()))?;
                told = why;
            }
            self.sleep(pause);
        }
        Err(Over)
    }

    fn link_event(&self, kind: LinkKind, text: String) -> Result<(), Over> {
        self.record(Item::Link { host_ns: self.clock.now_ns(), event: LinkNote { kind, text } })
    }

    fn record(&self, item: Item) -> Result<(), Over> {
        self.send(Captured::Item(item))
    }

    /// The writer going away first is its own error, told by it.
    fn send(&self, captured: Captured) -> Result<(), Over> {
        self.out.send(captured).map_err(|_| Over)
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// In pieces, so that stopping is noticed.
    fn sleep(&self, pause: Duration) {
        let end = Instant::now() + pause;
        while !self.is_stopped() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(POLL));
        }
    }
}

/// The next pause. A device that is there but cannot be set up is tried less and less often: each try may cost the
/// driver a little memory (docs/link.md).
fn pause_after(error: &LinkError, last: Duration) -> Duration {
    match error {
        LinkError::Setup { .. } => (last * 2).min(LONGEST_PAUSE),
        _ => LOOK,
    }
}

fn link_note(event: LinkEvent) -> LinkNote {
    match event {
        LinkEvent::ChipOverrun => LinkNote { kind: LinkKind::ChipOverrun, text: String::new() },
        LinkEvent::Lost { reason } => LinkNote { kind: LinkKind::Lost, text: reason },
        LinkEvent::Attached { serial } => LinkNote { kind: LinkKind::Attached, text: serial },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Control;
    use crossbeam::channel::{Receiver, bounded};
    use ichiscope_link::LinkInfo;

    /// A link that gives its pieces and then is gone.
    struct Scripted(Vec<Vec<u8>>);

    impl Transport for Scripted {
        fn poll(
            &mut self,
            bytes: &mut Vec<u8>,
            _: &mut Vec<LinkEvent>,
            _: Duration,
        ) -> Result<Received, LinkError> {
            if self.0.is_empty() {
                return Err(LinkError::Gone { device: "B1".into(), reason: "unplugged".into() });
            }
            let piece = self.0.remove(0);
            bytes.extend(&piece);
            Ok(if piece.is_empty() { Received::End } else { Received::Bytes(piece.len()) })
        }

        fn send(&mut self, _: &[u8]) -> Result<(), LinkError> {
            Err(LinkError::TakesNothing { device: "B1".into() })
        }

        fn set_flow_control(&mut self, _: bool) -> Result<(), LinkError> {
            Ok(())
        }

        fn info(&self) -> LinkInfo {
            LinkInfo { serial: "B1".into(), description: String::new(), baud: 0, simulated: true }
        }
    }

    fn link(pieces: &[&[u8]]) -> Result<Link, LinkError> {
        Ok(Box::new(Scripted(pieces.iter().map(|p| p.to_vec()).collect())))
    }

    fn absent() -> Result<Link, LinkError> {
        Err(LinkError::NotFound { wanted: "with serial number B1".into(), found: "none".into() })
    }

    fn in_the_way() -> LinkError {
        LinkError::Setup { device: "B1".into(), step: "opening", reason: "no".into() }
    }

    /// Runs a reader whose opens give `opens` one after the other.
    fn run(first: Option<Link>, opens: Vec<Result<Link, LinkError>>) -> Receiver<Captured> {
        let (out, captured) = bounded(100);
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let mut opens = opens.into_iter();
        let open = move || {
            opens.next().unwrap_or_else(|| {
                stopping.store(true, Ordering::Relaxed);
                absent()
            })
        };
        let desk = Desk::new(Control::new().1);
        Reader { open, clock: HostClock::start(), stop, out, desk }.run(first);
        captured
    }

    /// What was captured, without times.
    fn words(captured: &Receiver<Captured>) -> Vec<String> {
        let word = |c| match c {
            Captured::Notice(text) => text,
            Captured::Away(why) => format!("away: {}", why.split(':').next().unwrap_or_default()),
            Captured::Item(Item::Bytes { bytes, .. }) => format!("{bytes:?}"),
            Captured::Item(Item::Link { event, .. }) => format!("{:?} {}", event.kind, event.text),
            Captured::Item(Item::Note { .. }) | Captured::End => "never sent by a reader".to_owned(),
        };
        captured.try_iter().map(word).collect()
    }

    #[test]
    fn a_device_that_comes_back_goes_on_in_the_same_recording() {
        let captured =
            run(link(&[&[1], &[2]]).ok(), vec![absent(), absent(), link(&[&[3]]), link(&[&[4], &[]])]);
        assert_eq!(
            words(&captured),
            [
                "[1]",
                "[2]",
                "Lost the link to B1 is gone: unplugged",
                "away: no instrument with serial number B1",
                "Attached B1",
                "[3]",
                "Lost the link to B1 is gone: unplugged",
                "Attached B1",
                "[4]",
            ]
        );
    }

    #[test]
    fn a_device_that_is_not_there_yet_is_waited_for_and_waiting_can_be_stopped() {
        assert_eq!(
            words(&run(None, vec![absent(), link(&[&[1], &[]])])),
            ["away: no instrument with serial number B1", "Attached B1", "[1]"]
        );
        assert_eq!(words(&run(None, vec![])), ["away: no instrument with serial number B1"]);
    }

    #[test]
    fn a_device_that_refuses_is_tried_less_and_less_often() {
        let mut pause = LOOK;
        for _ in 0..20 {
            pause = pause_after(&in_the_way(), pause);
        }
        assert_eq!(pause, LONGEST_PAUSE);
        assert!(absent().is_err_and(|error| pause_after(&error, pause) == LOOK));
    }

    /// A link to a board that hangs; the recording is stopped after so many polls.
    struct Mute(u32, Arc<AtomicBool>);

    impl Transport for Mute {
        fn poll(
            &mut self,
            _: &mut Vec<u8>,
            _: &mut Vec<LinkEvent>,
            wait: Duration,
        ) -> Result<Received, LinkError> {
            self.0 -= 1;
            self.1.store(self.0 == 0, Ordering::Relaxed);
            std::thread::sleep(wait);
            Ok(Received::Idle)
        }

        fn send(&mut self, _: &[u8]) -> Result<(), LinkError> {
            Ok(())
        }

        fn set_flow_control(&mut self, _: bool) -> Result<(), LinkError> {
            Ok(())
        }

        fn info(&self) -> LinkInfo {
            LinkInfo { serial: "B1".into(), description: String::new(), baud: 0, simulated: true }
        }
    }

    #[test]
    fn a_board_that_hangs_until_the_end_is_no_quiet_board() {
        let captured = |polls| {
            let (out, captured) = bounded(100);
            let stop = Arc::new(AtomicBool::new(false));
            let link: Link = Box::new(Mute(polls, Arc::clone(&stop)));
            let desk = Desk::new(Control::new().1);
            Reader { open: absent, clock: HostClock::start(), stop, out, desk }.run(Some(link));
            words(&captured)
        };
        // 20 ms each: a tenth of a second, and more than one.
        assert_eq!(captured(5), [""; 0]);
        let told = captured(55);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].contains("Remedy") && told[1].starts_with("Silent the board has said nothing for 1."),
            "{told:?}"
        );
    }

    /// Or the recording would go on for ever with nobody to write it.
    #[test]
    fn a_writer_that_is_gone_ends_the_reader() {
        let (out, captured) = bounded(100);
        drop(captured);
        let stop = Arc::new(AtomicBool::new(false));
        let desk = Desk::new(Control::new().1);
        Reader { open: absent, clock: HostClock::start(), stop, out, desk }.run(link(&[&[1]]).ok());
    }
}
