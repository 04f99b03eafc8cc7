//! The whole analysis: from a timeline and settings to outages, phases and the run's verdict.

use ichiscope_timeline::{Gap, Timeline};

use crate::event::{ToldEvent, ToldVersion};
use crate::finding::{Agreement, Checks, Finding};
use crate::measure::{GapIndex, Run};
use crate::memo::Memo;
use crate::outage::{Omitted, Outage};
use crate::phase::{Phase, PhaseIndex, from_marks};
use crate::proof::{Signs, is_measured};
use crate::self_test::Pulses;
use crate::voltage::Voltage;
use crate::{Device, EventCode, Reason, Settings, Verdict};

/// What other sources than the board's lines tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Phases set by hand, from the console or from a log; measured ones among them are ignored.
    pub phases: Vec<Phase>,
    /// Events, by tick.
    pub events: Vec<ToldEvent>,
    /// Firmware versions that the console told, by tick.
    pub versions: Vec<ToldVersion>,
    /// Firmware after the upgrade by the operator's word, to be held against them.
    pub firmware_to: Option<String>,
    /// What about these sources forbids any verdict but INCONCLUSIVE.
    pub reasons: Vec<Reason>,
    /// What was found while they were read.
    pub findings: Vec<Finding>,
}

/// Meter and hub together, for the outage that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CombinedTime {
    /// The rail outage by the meter, ns.
    pub outage_ns: u64,
    /// The hub's reboot, ns; `None` where it was neither measured nor allowed for.
    pub ch_reboot_ns: Option<u64>,
    /// Whether the hub's reboot was measured (and not just allowed for).
    pub ch_reboot_measured: bool,
    /// Both, ns.
    pub total_ns: u64,
    /// The limit, ns.
    pub limit_ns: u64,
}

/// Everything that follows from a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// What the analysis was told.
    pub settings: Settings,
    /// Ticks per second, if known.
    pub tick_hz: Option<u64>,
    /// The data come from a model.
    pub simulated: bool,
    /// The data come from another tool's file.
    pub imported: bool,
    /// First and last tick of which something is known.
    pub span: Option<(u64, u64)>,
    /// Outages at every threshold, by start, then highest threshold first; at most [`MAX_OUTAGES`](crate::MAX_OUTAGES) and a few.
    pub outages: Vec<Outage>,
    /// Those that were too many to be listed.
    pub omitted: Option<Omitted>,
    /// Phases, by start; those measured on the rail among them.
    pub phases: Vec<Phase>,
    /// Events that other systems told, by tick.
    pub events: Vec<ToldEvent>,
    /// Firmware versions that the console told, by tick.
    pub versions: Vec<ToldVersion>,
    /// What other sources say, held against what was measured.
    pub findings: Vec<Finding>,
    /// Gaps, by start.
    pub gaps: Vec<Gap>,
    /// Meter and hub together, for the outage that decides, or the longest one.
    pub combined: Option<CombinedTime>,
    /// The run's verdict: the worst one.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The outage that decided, as an index into `outages`.
    pub deciding: Option<usize>,
}

/// Analyses a timeline. `known` are phases from elsewhere than the mark inputs; measured ones among them are ignored.
pub fn analyse(timeline: &Timeline, settings: &Settings, known: &[Phase]) -> Analysis {
    analyse_told(timeline, settings, &Told { phases: known.to_vec(), ..Told::default() })
}

/// Analyses a timeline together with what other sources tell.
pub fn analyse_told(timeline: &Timeline, settings: &Settings, told: &Told) -> Analysis {
    analyse_again(timeline, settings, told, &mut Memo::default())
}

/// The same, for whoever analyses an axis again and again while it grows: `memo` has what was found before.
pub fn analyse_again(timeline: &Timeline, settings: &Settings, told: &Told, memo: &mut Memo) -> Analysis {
    let mut phases = from_marks(timeline, settings);
    phases.extend(told.phases.iter().copied().filter(|p| !p.kind.is_measured()));
    let index = PhaseIndex::new(phases);
    let mut source = source_reasons(timeline);
    source.extend(told.reasons.iter().copied());
    let mut findings = told.findings.clone();
    let (mut outages, mut omitted, mut measured) = (Vec::new(), None, Vec::new());
    let mut has_voltage = false;
    if let (Some(tick_hz), Some((_, last_tick))) = (timeline.tick_hz(), timeline.span()) {
        let gaps = GapIndex::new(timeline.gaps());
        let problems = timeline.problems();
        let voltage = Voltage::new(timeline, settings, tick_hz);
        let pulses = Pulses::new(timeline.self_tests());
        let run =
            Run { timeline, settings, phases: &index, voltage, tick_hz, last_tick, gaps, pulses, problems };
        let levels = run.levels(memo);
        (outages, omitted) = run.outages(&levels);
        if outages.iter().any(Outage::is_self_test) {
            source.push(Reason::SelfTestSeen);
        }
        if run.chatters_too_long(&levels) {
            source.push(Reason::Chatter);
        }
        measured = run.measured_phases(&levels, &outages);
        has_voltage = run.voltage.is_some();
        if let Some(voltage) = &run.voltage {
            let (reasons, found) = voltage.held_against(&levels);
            source.extend(reasons);
            findings.extend(found);
            findings.extend(voltage.at_edges(&outages));
        }
        let checks = Checks { timeline, settings, outages: &outages, tick_hz };
        let checked = checks.all(&told.events, &told.versions, told.firmware_to.as_deref());
        if contradicts_ad1(&checked) {
            source.push(Reason::Ad1Seen);
        }
        findings.extend(checked);
    }
    let mut phases = index.into_phases();
    let imported = timeline.is_imported();
    let signs =
        Signs { timeline, settings, phases: &phases, events: &told.events, outages: &outages, has_voltage };
    let missing = signs.missing();
    let beside = if imported {
        missing
    } else {
        source.extend(missing);
        Vec::new()
    };
    phases.extend(measured);
    phases.sort_by_key(|p| (p.start_tick, p.kind));
    let (verdict, mut reasons, deciding) = conclude(timeline, settings, &outages, omitted.as_ref(), source);
    if let Some(omitted) = &omitted {
        reasons.push(Reason::Omitted(omitted.count));
    }
    if imported {
        // Told beside the verdict, not weighed in it: nothing in the file speaks for or against a loss.
        reasons.extend(beside);
        reasons.push(Reason::Imported);
    }
    Analysis {
        settings: settings.clone(),
        tick_hz: timeline.tick_hz(),
        simulated: timeline.identity().is_some_and(|i| i.is_simulated()),
        imported,
        span: timeline.span(),
        combined: combined(settings, &outages, deciding),
        outages,
        omitted,
        phases,
        events: told.events.clone(),
        versions: told.versions.clone(),
        findings,
        gaps: timeline.gaps().to_vec(),
        verdict,
        reasons,
        deciding,
    }
}

/// The alert that must not come was seen, and the measurement does not explain it: a PASS could be wrong.
fn contradicts_ad1(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.code == Some(EventCode::Ad1) && f.agreement == Agreement::Contradicts)
}

/// What about the source forbids any verdict but INCONCLUSIVE.
fn source_reasons(timeline: &Timeline) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = timeline.problems().iter().map(|p| Reason::Source(*p)).collect();
    if timeline.span().is_none() {
        reasons.push(Reason::NothingRecorded);
    }
    reasons
}

/// The run's verdict: the worst of its outages, and never better than INCONCLUSIVE where anything was lost.
fn conclude(
    timeline: &Timeline,
    settings: &Settings,
    outages: &[Outage],
    omitted: Option<&Omitted>,
    source: Vec<Reason>,
) -> (Verdict, Vec<Reason>, Option<usize>) {
    let deciding = (0..outages.len()).filter(|i| !outages[*i].is_self_test()).max_by_key(|i| {
        let o = &outages[*i];
        (o.verdict, o.duration_ticks, std::cmp::Reverse(*i))
    });
    if !rail_is_measured(timeline, settings) {
        let verdict =
            if settings.device == Device::Gsme { Verdict::NotApplicable } else { Verdict::Inconclusive };
        return (verdict, vec![Reason::RailNotMeasured], deciding);
    }
    let listed = deciding.map_or(Verdict::Pass, |i| outages[i].verdict);
    let worst = omitted.map_or(listed, |o| o.verdict.max(listed));
    let mut reasons = source;
    if timeline.has_loss() {
        reasons.push(Reason::GapElsewhere);
    }
    let verdict = if reasons.is_empty() { worst } else { worst.max(Verdict::Inconclusive) };
    if verdict != Verdict::Inconclusive || reasons.is_empty() {
        let own = deciding.map_or(&[][..], |i| &outages[i].reasons);
        reasons.extend(own.iter().cloned());
    }
    (verdict, reasons, deciding)
}

fn rail_is_measured(timeline: &Timeline, settings: &Settings) -> bool {
    settings.thresholds.iter().any(|t| is_measured(timeline, t.line))
}

fn combined(settings: &Settings, outages: &[Outage], deciding: Option<usize>) -> Option<CombinedTime> {
    let outage = &outages[deciding?];
    Some(CombinedTime {
        outage_ns: outage.duration_ns,
        ch_reboot_ns: outage.ch_reboot_ns,
        ch_reboot_measured: outage.ch_reboot_measured,
        total_ns: outage.duration_ns.saturating_add(outage.ch_reboot_ns.unwrap_or(0)),
        limit_ns: settings.limit_ns,
    })
}
