//! The phase log of another system: CSV or JSON lines, phases with begin and end, and service requests and alerts by code.

use std::collections::{BTreeMap, BTreeSet};

use ichiscope_replay::{LogRow, NoRow, PhaseLog, RunningPhases, UtcMap, told_event};
use ichiscope_timeline::Timeline;
use ichiscope_verdict::{Agreement, EventCode, Finding, Phase, PhaseKind, PhaseSource, Told, ToldEvent};

use crate::error::{ContextError, Wrong};
use crate::moment::{Moment, Scale};

/// What a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Begin(PhaseKind),
    End(PhaseKind),
    Code(EventCode, Option<u64>),
}

/// A row of the log.
#[derive(Clone, Copy, Debug)]
struct Row {
    moment: Moment,
    what: What,
    uncertainty_ns: u64,
}

/// A log, checked but not yet on the axis.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    rows: Vec<Row>,
    name: String,
}

impl Log {
    /// Reads the log.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Log, ContextError> {
        let log = PhaseLog::parse(text).map_err(|NoRow { line, why }| Wrong::Row(why).at(name, line))?;
        if let Some(header) = &log.header {
            time_key(header.iter().map(String::as_str)).map_err(|wrong| wrong.at(name, 1))?;
        }
        let mut rows = Vec::new();
        let mut running = RunningPhases::default();
        let mut before: Option<(u64, &str)> = None;
        let mut column: Option<&str> = None;
        for row in &log.rows {
            let fail = |wrong: Wrong| wrong.at(name, row.line);
            let (key, scale) = time_key(row.keys()).map_err(fail)?;
            if let Some(first) = column.filter(|first| *first != key) {
                return Err(fail(Wrong::TwoScales { first: first.to_owned(), second: key.to_owned() }));
            }
            column = Some(key);
            let text = row.get(key).unwrap_or_default();
            let moment = scale.moment(text).map_err(fail)?;
            if let Some((_, before)) = before.filter(|(last, _)| *last > moment.key()) {
                return Err(fail(Wrong::TimeGoesBack { before: before.to_owned(), now: text.to_owned() }));
            }
            before = Some((moment.key(), text));
            let what = what(row).map_err(fail)?;
            if let What::Begin(kind) | What::End(kind) = what {
                let begins = matches!(what, What::Begin(_));
                running.take(kind, begins).map_err(|fault| fail(fault.into()))?;
            }
            rows.push(Row { moment, what, uncertainty_ns: uncertainty_ns(row).map_err(fail)? });
        }
        if rows.is_empty() {
            return Err(Wrong::Columns("it has no row".to_owned()).at(name, 0));
        }
        Ok(Log { rows, name: name.to_owned() })
    }

    /// Puts the log beside the axis of a recording.
    pub(crate) fn apply(
        &self,
        timeline: &Timeline,
        utc: &UtcMap,
        told: &mut Told,
    ) -> Result<(), ContextError> {
        let Some(axis) = Axis::of(timeline, utc) else { return Ok(()) };
        // What codes imply stands back where the log says begin and end itself.
        let explicit: BTreeSet<PhaseKind> = self.rows.iter().filter_map(|r| r.what.phase()).collect();
        let mut growing = Growing { axis: &axis, running: BTreeMap::new(), phases: Vec::new() };
        let mut outside = 0;
        for row in &self.rows {
            let place = axis.place(row).map_err(|wrong| wrong.at(&self.name, 0))?;
            outside += u64::from(!axis.holds(place));
            match row.what {
                What::Begin(kind) => growing.begin(kind, place),
                What::End(kind) => growing.end(kind, place),
                What::Code(code, seconds) => {
                    let Place { tick, uncertainty_ticks } = place;
                    told.events.push(ToldEvent {
                        tick,
                        uncertainty_ticks,
                        code,
                        seconds,
                        source: PhaseSource::Log,
                    });
                    let (ends, begins) = code.phases();
                    ends.iter().filter(|k| !explicit.contains(k)).for_each(|k| growing.end(*k, place));
                    if let Some(kind) = begins.filter(|k| !explicit.contains(k)) {
                        // A second request for the same ends the first one's phase.
                        growing.end(kind, place);
                        growing.begin(kind, place);
                    }
                }
            }
        }
        told.phases.extend(growing.finish());
        if outside > 0 {
            told.findings.push(Finding {
                agreement: Agreement::Open,
                tick: None,
                code: None,
                text: format!("{outside} rows of {} lie before or after this recording", self.name),
            });
        }
        Ok(())
    }
}

impl What {
    const fn phase(self) -> Option<PhaseKind> {
        match self {
            What::Begin(kind) | What::End(kind) => Some(kind),
            What::Code(..) => None,
        }
    }
}

/// A place on the axis.
#[derive(Clone, Copy, Debug)]
struct Place {
    tick: u64,
    uncertainty_ticks: u64,
}

/// The axis of a recording and its way from UTC.
struct Axis<'a> {
    utc: &'a UtcMap,
    is_imported: bool,
    tick_hz: u64,
    first: u64,
    last: u64,
}

impl<'a> Axis<'a> {
    fn of(timeline: &Timeline, utc: &'a UtcMap) -> Option<Axis<'a>> {
        let (first, last) = timeline.span()?;
        let is_imported = timeline.is_imported();
        Some(Axis { utc, is_imported, tick_hz: timeline.tick_hz()?, first, last })
    }

    fn holds(&self, place: Place) -> bool {
        place.tick.saturating_add(place.uncertainty_ticks) >= self.first
            && place.tick.saturating_sub(place.uncertainty_ticks) <= self.last
    }

    fn ticks(&self, ns: u64) -> u64 {
        let ticks = u128::from(ns) * u128::from(self.tick_hz) / 1_000_000_000;
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    fn place(&self, row: &Row) -> Result<Place, Wrong> {
        let more = |resolution_ns: u64| {
            self.ticks(resolution_ns.saturating_add(row.uncertainty_ns)).saturating_add(1)
        };
        match row.moment {
            Moment::Tick(tick) => Ok(Place { tick, uncertainty_ticks: self.ticks(row.uncertainty_ns) }),
            Moment::Axis { ns, resolution_ns } => {
                Ok(Place { tick: self.ticks(ns), uncertainty_ticks: more(resolution_ns) })
            }
            Moment::Utc { ns, resolution_ns } => {
                if self.is_imported {
                    return Err(Wrong::NoUtc("it was imported from another tool's file"));
                }
                let at = self.utc.tick_of_utc(ns).ok_or(Wrong::NoUtc("no receive time is known"))?;
                let uncertainty_ticks = at.uncertainty_ticks.saturating_add(more(resolution_ns));
                Ok(Place { tick: at.tick, uncertainty_ticks })
            }
        }
    }
}

/// Phases while the log is gone through.
struct Growing<'a> {
    axis: &'a Axis<'a>,
    running: BTreeMap<PhaseKind, Place>,
    phases: Vec<Phase>,
}

impl Growing<'_> {
    fn begin(&mut self, kind: PhaseKind, place: Place) {
        self.running.entry(kind).or_insert(place);
    }

    fn end(&mut self, kind: PhaseKind, place: Place) {
        if let Some(begun) = self.running.remove(&kind) {
            self.push(kind, begun, Some(place));
        }
    }

    fn push(&mut self, kind: PhaseKind, begun: Place, ended: Option<Place>) {
        let (first, last) = (self.axis.first, self.axis.last);
        let end = ended.map_or(last, |e| e.tick);
        if end < first || begun.tick > last {
            return;
        }
        let start_tick = begun.tick.max(first);
        self.phases.push(Phase {
            kind,
            start_tick,
            end_tick: end.min(last).max(start_tick),
            open_start: begun.tick < first,
            open_end: ended.is_none_or(|e| e.tick > last),
            source: PhaseSource::Log,
            uncertainty_ticks: Some(begun.uncertainty_ticks.max(ended.map_or(0, |e| e.uncertainty_ticks))),
        });
    }

    fn finish(mut self) -> Vec<Phase> {
        for (kind, begun) in std::mem::take(&mut self.running) {
            self.push(kind, begun, None);
        }
        self.phases
    }
}

/// The one key of a row that holds a time, and what it means. Further keys (a host's name, a remark) are left alone.
fn time_key<'k>(keys: impl Iterator<Item = &'k str>) -> Result<(&'k str, Scale), Wrong> {
    let mut times = keys.filter_map(|key| Some((key, Scale::of(key)?)));
    let Some(first) = times.next() else {
        return Err(Wrong::Columns("a log needs times: utc, unix_s, time_s or tick".to_owned()));
    };
    match times.next() {
        None => Ok(first),
        Some((second, _)) => Err(Wrong::TwoScales { first: first.0.to_owned(), second: second.to_owned() }),
    }
}

fn what(row: &LogRow) -> Result<What, Wrong> {
    match (row.get("phase"), row.get("event"), row.get("code")) {
        (Some(phase), Some(event), None) => {
            let (kind, begins) = told_event(phase, event)?;
            Ok(if begins { What::Begin(kind) } else { What::End(kind) })
        }
        (None, None, Some(code)) => {
            let code = EventCode::parse(code).ok_or_else(|| Wrong::Code(code.to_owned()))?;
            let seconds = row.get("seconds").map(|s| {
                let parsed = s.parse().ok().filter(|s| *s <= 1_000_000_000);
                parsed.ok_or_else(|| Wrong::Range {
                    what: "seconds",
                    value: s.to_owned(),
                    expected: "whole seconds, as the device's record has them",
                })
            });
            Ok(What::Code(code, seconds.transpose()?))
        }
        _ => Err(Wrong::Columns("a row needs either phase and event, or code".to_owned())),
    }
}

fn uncertainty_ns(row: &LogRow) -> Result<u64, Wrong> {
    let Some(text) = row.get("uncertainty_s") else { return Ok(0) };
    match Scale::Axis(0).moment(text)? {
        Moment::Axis { ns, .. } => Ok(ns),
        _ => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            (
                "utc,phase,event\n2026-01-01T00:00:00Z,CH_BOOT,begin\n2025-01-01T00:00:00Z,CH_BOOT,end\n",
                "line 3",
                "goes back",
            ),
            ("utc,tick,phase,event\n", "line 1", "two time scales: utc and tick"),
            ("when,phase,event\n", "line 1", "utc, unix_s, time_s or tick"),
            ("time_s,phase,event\n1,RAIL_OFF,begin\n", "line 2", "RAIL_OFF"),
            ("time_s,phase,event\n1,CH_BOOT,end\n", "line 2", "without a beginning"),
            ("time_s,phase,event\n1,CH_BOOT,begin\n2,CH_BOOT,begin\n", "line 3", "begins while it runs"),
            ("time_s,phase,event\n1,CH_BOOT,starts\n", "line 2", "begin or end"),
            ("time_s,code\n1,0x1234\n", "line 2", "0x1234"),
            ("time_s,code,seconds\n1,0x8F36,5.5\n", "line 2", "whole seconds"),
            ("time_s,code,phase\n1,AD1,CH_BOOT\n", "line 2", "either"),
            ("time_s,code\n", "", "no row"),
            ("time_s,code\n1,AD1,more\n", "line 2", "Remedy"),
            ("{\"utc\":\"2026-01-01T00:00:00\",\"code\":\"AD1\"}\n", "line 1", "with Z"),
            (
                "{\"utc\":\"2026-01-01T00:00:00Z\",\"code\":\"AD1\"}\n{\"tick\":4,\"code\":\"AD1\"}\n",
                "line 2",
                "two time scales",
            ),
            ("{\"utc\":\n", "line 1", "no JSON object"),
        ];
        for (text, line, said) in cases {
            let error = Log::parse("phases.log", text).unwrap_err().to_string();
            for part in ["phases.log", line, said, "Remedy"] {
                assert!(error.contains(part), "no '{part}' in {error}");
            }
        }
    }

    #[test]
    fn both_spellings_are_read() {
        let csv = "# from the head-end\nutc,code,seconds,host\n2026-01-01T00:00:00Z,11.3,,he1\n2026-01-01T00:10:00Z,0x8F36,540,he1\n";
        let json = "{\"utc\":\"2026-01-01T00:00:00Z\",\"code\":\"11.3\"}\n{\"utc\":\"2026-01-01T00:10:00Z\",\"code\":\"0x8F36\",\"seconds\":540}\n";
        let whats = |text| Log::parse("l", text).unwrap().rows.iter().map(|r| r.what).collect::<Vec<_>>();
        let expected =
            [What::Code(EventCode::ServiceRequest(3), None), What::Code(EventCode::Alert(0x8F36), Some(540))];
        assert_eq!(whats(csv), expected);
        assert_eq!(whats(json), expected);
    }
}
