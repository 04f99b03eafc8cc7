//! One run of a campaign: what its capture says, in a row.

use ichiscope_evidence::nanoseconds;
use ichiscope_replay::Recording;
use ichiscope_verdict::{
    Agreement, Analysis, ChBand, CspRegion, Device, EsmeVariant, OutageKind, PhaseKind, Verdict,
};

/// How long a phase lasted in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseTime {
    /// Which phase.
    pub kind: PhaseKind,
    /// Its length, ns; the longest where it occurs more than once.
    pub ns: u64,
    /// Both ends were seen.
    pub whole: bool,
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// File name of the capture.
    pub capture: String,
    /// UTC of the recording's begin by the PC's clock, ns since 1970: it orders the runs and nothing else.
    pub created_utc_ns: u64,
    /// The data come from a model.
    pub simulated: bool,
    /// Make, model and variant of the meter.
    pub meter: Option<String>,
    /// Make and model of the hub.
    pub hub: Option<String>,
    /// Firmware before the upgrade.
    pub firmware_from: Option<String>,
    /// Firmware after the upgrade.
    pub firmware_to: Option<String>,
    /// Variant of the electricity meter; `GSME` for a gas meter.
    pub variant: Option<&'static str>,
    /// The hub's bands.
    pub ch_band: Option<&'static str>,
    /// The region that the hub is for.
    pub csp_region: Option<&'static str>,
    /// The run's verdict.
    pub verdict: Verdict,
    /// Why.
    pub reasons: String,
    /// Interruptions at the highest threshold, without the self-test's pulses.
    pub outages: usize,
    /// Outages that were counted and not listed.
    pub omitted: u64,
    /// The longest of them, ns.
    pub longest_ns: Option<u64>,
    /// That one is a lower bound.
    pub open: bool,
    /// Its expanded uncertainty, ns.
    pub expanded_uncertainty_ns: Option<u64>,
    /// It and the hub's reboot together, ns, where the reboot is known.
    pub total_ns: Option<u64>,
    /// Stretches of which nothing is known.
    pub gaps: usize,
    /// Statements of other sources that contradict the measurement.
    pub contradictions: usize,
    /// How long each phase lasted.
    pub phases: Vec<PhaseTime>,
}

impl Run {
    /// The row of a recording.
    pub fn of(capture: String, recording: &Recording, analysis: &Analysis) -> Run {
        let (bench, settings) = (&recording.facts.bench, &analysis.settings);
        let highest = analysis.settings.thresholds.iter().map(|t| t.falling_mv).max();
        let at_highest: Vec<_> = analysis
            .outages
            .iter()
            .filter(|o| Some(o.threshold.falling_mv) == highest && !o.is_self_test())
            .collect();
        let longest = at_highest.iter().max_by_key(|o| o.duration_ticks);
        let reasons: Vec<String> = analysis.reasons.iter().map(ToString::to_string).collect();
        Run {
            capture,
            created_utc_ns: recording.facts.created_utc_ns,
            simulated: analysis.simulated,
            meter: bench.meter.clone(),
            hub: bench.hub.clone(),
            firmware_from: bench.firmware_from.clone(),
            firmware_to: bench.firmware_to.clone(),
            variant: match settings.device {
                Device::Gsme => Some("GSME"),
                Device::Esme => settings.variant.map(EsmeVariant::name),
            },
            ch_band: settings.ch_band.map(ChBand::name),
            csp_region: settings.csp_region.map(CspRegion::name),
            verdict: analysis.verdict,
            reasons: reasons.join(";"),
            outages: at_highest.iter().filter(|o| o.kind == OutageKind::Single).count(),
            omitted: analysis.omitted.map_or(0, |o| o.count),
            longest_ns: longest.map(|o| o.duration_ns),
            open: longest.is_some_and(|o| o.is_open()),
            expanded_uncertainty_ns: longest.map(|o| o.expanded_uncertainty_ns),
            total_ns: longest.and_then(|o| Some(o.duration_ns.saturating_add(o.ch_reboot_ns?))),
            gaps: analysis.gaps.len(),
            contradictions: analysis
                .findings
                .iter()
                .filter(|f| f.agreement == Agreement::Contradicts)
                .count(),
            phases: phase_times(analysis),
        }
    }
}

fn phase_times(analysis: &Analysis) -> Vec<PhaseTime> {
    let Some(tick_hz) = analysis.tick_hz else { return Vec::new() };
    let mut times: Vec<PhaseTime> = Vec::new();
    for p in &analysis.phases {
        let ns = u64::try_from(nanoseconds(p.ticks(), tick_hz)).unwrap_or(u64::MAX);
        let time = PhaseTime { kind: p.kind, ns, whole: !p.open_start && !p.open_end };
        match times.iter_mut().find(|t| t.kind == p.kind) {
            Some(known) if known.ns >= ns => {}
            Some(known) => *known = time,
            None => times.push(time),
        }
    }
    times.sort_by_key(|t| t.kind);
    times
}
