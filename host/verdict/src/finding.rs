//! What other sources say, held against what was measured. A finding never changes a duration.

use std::fmt;

use ichiscope_timeline::Timeline;
use ichiscope_wire::Line;

use crate::decision::Duration;
use crate::event::{EventCode, ToldEvent, ToldVersion};
use crate::outage::{Outage, OutageKind};
use crate::{PhaseSource, Settings, Verdict};

/// How a finding stands to what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// It agrees.
    Agrees,
    /// It contradicts.
    Contradicts,
    /// Neither can be said.
    Open,
}

impl Agreement {
    /// The word used in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Agreement::Agrees => "agrees",
            Agreement::Contradicts => "CONTRADICTS",
            Agreement::Open => "open",
        }
    }
}

/// Something that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it stands to the measurement.
    pub agreement: Agreement,
    /// Where on the axis, if anywhere.
    pub tick: Option<u64>,
    /// The event that was checked, if it was one.
    pub code: Option<EventCode>,
    /// What, in words, with its figures.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.agreement.name(), self.text)
    }
}

/// What the checks look at.
pub(crate) struct Checks<'a> {
    pub(crate) timeline: &'a Timeline,
    pub(crate) settings: &'a Settings,
    pub(crate) outages: &'a [Outage],
    pub(crate) tick_hz: u64,
}

impl Checks<'_> {
    /// The findings on all events and versions, by tick.
    pub(crate) fn all(
        &self,
        events: &[ToldEvent],
        versions: &[ToldVersion],
        firmware_to: Option<&str>,
    ) -> Vec<Finding> {
        let mut findings: Vec<Finding> = events.iter().filter_map(|e| self.event(e)).collect();
        findings.extend(self.version(versions, firmware_to));
        findings
    }

    fn event(&self, event: &ToldEvent) -> Option<Finding> {
        let (agreement, text) = match event.code {
            EventCode::Ad1 => self.ad1(event),
            code if code.is_restoration() => self.restoration(event)?,
            EventCode::Alert(0x81A3) => self.disconnected(event)?,
            _ => return None,
        };
        let text =
            format!("{} ({}) by the {}: {text}", event.code, event.code.meaning(), event.source.name());
        Some(Finding { agreement, tick: Some(event.tick), code: Some(event.code), text })
    }

    fn ad1(&self, event: &ToldEvent) -> (Agreement, String) {
        let (earliest, latest) = event.reach();
        let is_outside = |(first, last): (u64, u64)| latest < first || earliest > last;
        if self.timeline.span().is_none_or(is_outside) {
            return (Agreement::Open, "it lies outside of the recording".to_owned());
        }
        let before = self.singles().filter(|o| o.start_tick <= latest);
        match before.max_by_key(|o| o.duration_ticks) {
            Some(o) if self.reaches_limit(o) => {
                (Agreement::Agrees, format!("an outage of {} was measured", self.length(o)))
            }
            Some(o) => (
                Agreement::Contradicts,
                format!("the longest outage measured before it is {}, below the limit", self.length(o)),
            ),
            None => (Agreement::Contradicts, "no outage was measured before it".to_owned()),
        }
    }

    /// The outage that ended last before the record, held against its class and its whole seconds.
    fn restoration(&self, event: &ToldEvent) -> Option<(Agreement, String)> {
        let (_, latest) = event.reach();
        let outage = self.singles().rfind(|o| o.end_tick <= latest && !o.is_open());
        let Some(outage) = outage else {
            return Some((
                Agreement::Contradicts,
                "no outage that had ended was measured before it".to_owned(),
            ));
        };
        let measured = format!("{} was measured", self.length(outage));
        let Some(seconds) = event.seconds else {
            let class = match event.code {
                EventCode::Alert(0x8F35) => false,
                EventCode::Alert(0x8F36) => true,
                _ => return Some((Agreement::Open, format!("{measured}; this code tells no class here"))),
            };
            let agreement = match self.class(outage) {
                None => Agreement::Open,
                Some(reaches) if reaches == class => Agreement::Agrees,
                Some(_) => Agreement::Contradicts,
            };
            return Some((agreement, measured));
        };
        let agrees = self.class(outage).is_none_or(|reaches| match event.code {
            EventCode::Alert(0x8F35) => !reaches,
            EventCode::Alert(0x8F36) => reaches,
            _ => true,
        });
        // How the device rounds is not known: up or down, by less than a second.
        let duration = Duration { ticks: outage.duration_ticks, tick_hz: self.tick_hz };
        let u = outage.expanded_uncertainty_ns;
        let near = duration.cmp_ns(ns(seconds.saturating_sub(1)).saturating_sub(u)).is_gt()
            && duration.cmp_ns(ns(seconds.saturating_add(1)).saturating_add(u)).is_lt();
        let agreement = if agrees && near { Agreement::Agrees } else { Agreement::Contradicts };
        Some((agreement, format!("the device's record says {seconds} s, {measured}")))
    }

    /// Whether an outage counts as three minutes or more; `None` within its uncertainty of that.
    fn class(&self, outage: &Outage) -> Option<bool> {
        match outage.decide(self.settings, self.tick_hz) {
            Verdict::Pass => Some(false),
            Verdict::Fail => Some(true),
            _ => None,
        }
    }

    fn disconnected(&self, event: &ToldEvent) -> Option<(Agreement, String)> {
        if !self.timeline.wired().contains(Line::ChPr) {
            return None;
        }
        let (_, latest) = event.reach();
        let released =
            self.timeline.track(Line::ChPr).between(0, latest.saturating_add(1)).iter().any(|e| e.level());
        Some(if released {
            (Agreement::Agrees, "CH_PR was released".to_owned())
        } else {
            // It may speak of the radio and not of the connector: neither is said here.
            (Agreement::Open, "CH_PR was not released before it".to_owned())
        })
    }

    fn version(&self, versions: &[ToldVersion], firmware_to: Option<&str>) -> Option<Finding> {
        let (last, expected) = (versions.last()?, firmware_to?);
        let agrees = last.text.eq_ignore_ascii_case(expected);
        let agreement = if agrees { Agreement::Agrees } else { Agreement::Contradicts };
        let text = format!(
            "the {} last told firmware version '{}', the operator said '{expected}' after the upgrade",
            PhaseSource::Console.name(),
            last.text
        );
        Some(Finding { agreement, tick: Some(last.tick), code: None, text })
    }

    /// The single outages at the highest threshold.
    fn singles(&self) -> impl DoubleEndedIterator<Item = &Outage> {
        let highest = self.settings.thresholds.iter().map(|t| t.falling_mv).max();
        self.outages
            .iter()
            .filter(|o| !o.is_self_test())
            .filter(move |o| o.kind == OutageKind::Single && Some(o.threshold.falling_mv) == highest)
    }

    fn reaches_limit(&self, outage: &Outage) -> bool {
        let duration = Duration { ticks: outage.duration_ticks, tick_hz: self.tick_hz };
        !duration.cmp_ns(self.settings.limit_ns.saturating_sub(outage.expanded_uncertainty_ns)).is_lt()
    }

    fn length(&self, outage: &Outage) -> String {
        let ms = (outage.duration_ns + 500_000) / 1_000_000;
        let at_least = if outage.is_open() { "at least " } else { "" };
        format!("{at_least}{}.{:03} s", ms / 1000, ms % 1000)
    }
}

const fn ns(seconds: u64) -> u64 {
    seconds.saturating_mul(1_000_000_000)
}
