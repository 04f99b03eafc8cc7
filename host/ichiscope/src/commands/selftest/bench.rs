//! The board under test: commands to it, and waiting for what it shows.

use std::time::{Duration, Instant};

use ichiscope_session::{CommandError, Session};
use ichiscope_timeline::{Ack, Identity, Timeline};
use ichiscope_wire::{Feature, PROTOCOL_VERSION, Request};

use super::super::setup::wait_for_identity;
use super::check::{Check, Found};

/// How often the axis is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// Records are on the axis this soon, also on a busy computer.
const DELAY: Duration = Duration::from_secs(2);

pub(super) struct Bench<'a> {
    session: &'a Session,
    identity: Identity,
}

impl<'a> Bench<'a> {
    /// Waits for the board to say who it is.
    pub(super) fn new(session: &'a Session) -> anyhow::Result<Bench<'a>> {
        Ok(Bench { session, identity: wait_for_identity(session)? })
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) fn has(&self, feature: Feature) -> bool {
        self.identity.features.has(feature)
    }

    pub(super) fn gateware(&self) -> Check {
        let i = &self.identity;
        let name = i.board().map_or("unknown board", |board| board.name());
        let measured = format!(
            "{name}, bitstream {:08x}, protocol {}, {} ticks/s",
            i.bitstream_id, i.protocol, i.tick_hz
        );
        let is_known = i.protocol == PROTOCOL_VERSION && i.board().is_some() && i.tick_hz > 0;
        Check::judged("gateware", is_known, measured, format!("protocol {PROTOCOL_VERSION}"))
    }

    /// Commands the board; gives the tick at which it took effect.
    pub(super) fn command(&self, request: Request) -> Result<u64, CommandError> {
        let before = self.now();
        let answer = self.session.command(request)?;
        let is_it =
            |ack: &&Ack| ack.seq == answer.seq && ack.register == answer.register as u8 && ack.tick >= before;
        let seen =
            self.wait_for(DELAY, |timeline| timeline.acks().iter().rev().find(is_it).map(|ack| ack.tick));
        // It was answered, but an axis that is seconds behind tells no tick.
        seen.ok_or(CommandError::NoAnswer(answer.register.name()))
    }

    /// Waits until the axis shows something.
    pub(super) fn wait_for<T>(&self, patience: Duration, see: impl Fn(&Timeline) -> Option<T>) -> Option<T> {
        let begun = Instant::now();
        loop {
            if let Some(seen) = see(self.session.read().timeline()) {
                return Some(seen);
            }
            if begun.elapsed() > patience || !self.session.is_running() {
                return None;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// As long as it takes, and what the axis and the computer may be late.
    pub(super) fn patience(&self, ticks: u64) -> Duration {
        DELAY + Duration::from_secs_f64(ticks as f64 / self.identity.tick_hz.max(1) as f64)
    }

    /// Waits for so many ticks of the board; gives the last tick before and the first after.
    pub(super) fn pass(&self, ticks: u64) -> (u64, u64) {
        let before = self.now();
        let end = before.saturating_add(ticks);
        let after = self
            .wait_for(self.patience(ticks), |timeline| timeline.span().map(|s| s.1).filter(|t| *t >= end));
        (before, after.unwrap_or(before))
    }

    /// The last tick known.
    fn now(&self) -> u64 {
        self.session.read().timeline().span().map_or(0, |span| span.1)
    }

    pub(super) fn read<T>(&self, see: impl Fn(&Timeline) -> T) -> T {
        see(self.session.read().timeline())
    }

    pub(super) fn missing(&self, name: &str) -> Check {
        Check::new(name, Found::Absent, "this board's gateware does not have it", "")
    }
}
