//! The profile's rules on the console: bytes into lines, lines into phases, versions and events.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ichiscope_verdict::{
    Agreement, EventCode, Finding, Phase, PhaseKind, PhaseSource, Reason, Told, ToldEvent, ToldVersion,
};
use regex::bytes::Regex;

use crate::profile::Profile;

/// A line longer than this is looked at up to here; the rest counts as another line.
const MAX_LINE: usize = 1024;
/// A version longer than this is cut.
const MAX_VERSION: usize = 64;

/// A byte of the console as the rules need it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    /// First sample of its start bit.
    pub(crate) tick: u64,
    pub(crate) byte: u8,
}

/// A line of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleLine {
    /// Of its first byte.
    pub tick: u64,
    /// Without the line's end.
    pub bytes: Vec<u8>,
}

/// The lines of the console; empty ones are left out. The last line counts even without an end.
pub(crate) fn lines(bytes: impl Iterator<Item = Received>) -> Vec<ConsoleLine> {
    let mut lines: Vec<ConsoleLine> = Vec::new();
    let mut open: Option<ConsoleLine> = None;
    for Received { tick, byte } in bytes {
        if matches!(byte, b'\n' | b'\r' | 0) || open.as_ref().is_some_and(|l| l.bytes.len() >= MAX_LINE) {
            lines.extend(open.take());
        }
        if !matches!(byte, b'\n' | b'\r' | 0) {
            open.get_or_insert(ConsoleLine { tick, bytes: Vec::new() }).bytes.push(byte);
        }
    }
    lines.extend(open);
    lines
}

/// Where the console's rules are applied: the span of the recording and whether console bytes were lost in it.
pub(crate) struct Console<'a> {
    pub(crate) lines: &'a [ConsoleLine],
    pub(crate) last_tick: u64,
    pub(crate) has_loss: bool,
}

impl Console<'_> {
    /// What the rules of `profile` find.
    pub(crate) fn tell(&self, profile: &Profile, told: &mut Told) {
        let mut running: BTreeMap<PhaseKind, u64> = BTreeMap::new();
        for line in self.lines {
            for rule in &profile.phases {
                if let Some(start) = running.get(&rule.kind).copied()
                    && rule.end.as_ref().is_some_and(|end| end.is_match(&line.bytes))
                {
                    told.phases.push(phase(rule.kind, start, line.tick, false));
                    running.remove(&rule.kind);
                } else if rule.start.is_match(&line.bytes) {
                    // A second start while it runs (a boot loop) does not shorten it.
                    running.entry(rule.kind).or_insert(line.tick);
                }
            }
            let captured = |regex: &Regex| event(regex, line);
            told.events.extend(profile.events.iter().filter_map(captured));
            told.versions.extend(profile.versions.iter().filter_map(|regex| version(regex, line)));
        }
        let open = running.into_iter();
        told.phases.extend(open.map(|(kind, start)| phase(kind, start, self.last_tick.max(start), true)));
        if self.has_loss {
            if profile.tells_boot() {
                told.reasons.push(Reason::ConsoleLost);
            }
            told.findings.push(Finding {
                agreement: Agreement::Open,
                tick: None,
                code: None,
                text: "console bytes were lost or damaged: phases told by the console may be missing or too long".to_owned(),
            });
        }
    }
}

const fn phase(kind: PhaseKind, start_tick: u64, end_tick: u64, open_end: bool) -> Phase {
    Phase {
        kind,
        start_tick,
        end_tick,
        open_start: false,
        open_end,
        source: PhaseSource::Console,
        uncertainty_ticks: Some(1),
    }
}

fn event(regex: &Regex, line: &ConsoleLine) -> Option<ToldEvent> {
    let found = regex.captures(&line.bytes)?;
    let text = |name| found.name(name).and_then(|m| std::str::from_utf8(m.as_bytes()).ok());
    Some(ToldEvent {
        tick: line.tick,
        uncertainty_ticks: 1,
        code: EventCode::parse(text("code")?)?,
        seconds: text("seconds").and_then(|s| s.parse().ok()),
        source: PhaseSource::Console,
    })
}

fn version(regex: &Regex, line: &ConsoleLine) -> Option<ToldVersion> {
    let found = regex.captures(&line.bytes)?;
    let text: Cow<'_, str> = String::from_utf8_lossy(found.name("version")?.as_bytes());
    Some(ToldVersion { tick: line.tick, text: text.chars().take(MAX_VERSION).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::GOOD;

    /// A byte each 100 ticks.
    fn received(text: &str) -> Vec<Received> {
        let byte = |(i, byte): (usize, u8)| Received { tick: i as u64 * 100, byte };
        text.bytes().enumerate().map(byte).collect()
    }

    fn tell(text: &str, has_loss: bool) -> Told {
        let lines = lines(received(text).into_iter());
        let mut told = Told::default();
        let console = Console { lines: &lines, last_tick: 1_000_000, has_loss };
        console.tell(&Profile::parse("p", GOOD).unwrap(), &mut told);
        told
    }

    #[test]
    fn a_line_has_the_tick_of_its_first_byte() {
        let found = lines(received("ab\r\n\ncd\0e").into_iter());
        let of = |tick, text: &str| ConsoleLine { tick, bytes: text.as_bytes().to_vec() };
        assert_eq!(found, [of(0, "ab"), of(500, "cd"), of(800, "e")]);
        let long = lines(received(&"x".repeat(2500)).into_iter());
        assert_eq!(long.iter().map(|l| l.bytes.len()).collect::<Vec<_>>(), [1024, 1024, 452]);
    }

    #[test]
    fn phases_versions_and_events_are_found() {
        let text = "rebooting\nrebooting\napplication running\nhub: power on\nfw 0A0B0C0D\nalert 0x8F36 after 540 s\n";
        let told = tell(text, false);
        let at = |part: &str| text.find(part).unwrap() as u64 * 100;
        assert_eq!(
            told.phases,
            [
                phase(PhaseKind::MeterReboot, 0, at("application"), false),
                phase(PhaseKind::ChBoot, at("hub: power"), 1_000_000, true),
            ]
        );
        assert_eq!(told.versions, [ToldVersion { tick: at("fw"), text: "0A0B0C0D".to_owned() }]);
        assert_eq!((told.events[0].code, told.events[0].seconds), (EventCode::Alert(0x8F36), Some(540)));
        assert_eq!(told.reasons, []);
    }

    /// A lost line may have been the start of the hub's boot.
    #[test]
    fn a_loss_on_the_console_forbids_a_pass() {
        assert_eq!(tell("rebooting\n", true).reasons, [Reason::ConsoleLost]);
    }
}
