//! The words of the screen: names of lines, what their levels mean, durations. No word claims more than is known.

use ichiscope_verdict::{Analysis, Outage, Phase, PhaseKind, PhaseSource, Reason, Settings, ToldEvent};
use ichiscope_wire::Line;

use super::Stage;
use crate::time;

/// The limit as it is spoken of: `180 s`.
pub(crate) fn limit(settings: &Settings) -> String {
    let (whole, part) = (settings.limit_ns / 1_000_000_000, settings.limit_ns % 1_000_000_000);
    if part == 0 { format!("{whole} s") } else { time::brief_ns(i128::from(settings.limit_ns)) }
}

/// A line's name on the screen.
pub(crate) fn name(line: Line) -> String {
    match line {
        Line::Rail0 => "RAIL 0".to_owned(),
        Line::Rail1 => "RAIL 1".to_owned(),
        Line::Rail2 => "RAIL 2".to_owned(),
        _ => line.name().to_uppercase(),
    }
}

/// What one of its levels means.
pub(crate) fn levels(line: Line, settings: &Settings) -> String {
    match line {
        Line::Rail0 | Line::Rail1 | Line::Rail2 => {
            let threshold = settings.thresholds.iter().find(|t| t.line == line);
            threshold
                .map_or_else(|| "low = off".to_owned(), |t| format!("low = below {}", volts(t.falling_mv)))
        }
        Line::AcLo => "high = AC lost".to_owned(),
        Line::ChPr => "low = hub present".to_owned(),
        Line::MtPr => "low = meter present".to_owned(),
        Line::Mark0 | Line::Mark1 | Line::Mark2 | Line::Mark3 => {
            let phase = settings.marks.iter().find(|(l, _)| *l == line);
            phase.map_or_else(|| "mark input".to_owned(), |(_, kind)| kind.name().to_owned())
        }
        Line::Pps => "pulse per second".to_owned(),
        Line::Adc => "high = ADC at or above its threshold".to_owned(),
    }
}

/// A phase's name where there is little room.
pub(crate) const fn short(kind: PhaseKind) -> &'static str {
    match kind {
        PhaseKind::Baseline => "BASE",
        PhaseKind::ImageDistribution => "IMAGE",
        PhaseKind::ImageVerification => "VERIFY",
        PhaseKind::ActivationPending => "PENDING",
        PhaseKind::ActivationCommand => "ACTIVATE",
        PhaseKind::MeterReboot => "REBOOT",
        PhaseKind::RailOff => "OFF",
        PhaseKind::RailRestored => "GOOD",
        PhaseKind::MetrologyRestart => "METROLOGY",
        PhaseKind::ChBoot => "CH",
        PhaseKind::HanRejoin => "HAN",
        PhaseKind::WanRegistration => "WAN",
        PhaseKind::PostCheck => "CHECK",
    }
}

/// Millivolts as volts: `10.2 V`.
pub(crate) fn volts(mv: i32) -> String {
    let text = format!("{}.{:03}", mv / 1000, (mv % 1000).abs());
    let short = text.trim_end_matches('0');
    format!("{} V", if short.ends_with('.') { format!("{short}0") } else { short.to_owned() })
}

/// That there is no outage; not where nobody looked.
pub(crate) fn no_outage(analysis: &Analysis) -> &'static str {
    if analysis.reasons.contains(&Reason::RailNotMeasured) { "no rail was measured" } else { "no outage" }
}

/// A phase with its place, its duration and who told it.
pub(crate) fn phase(stage: &Stage<'_>, phase: &Phase) -> String {
    let limit_ns = stage.seen.analysis.settings.limit_ns;
    let duration = time::seconds_by_limit(crate::view::signed(phase.ticks()), stage.tick_hz(), 3, limit_ns);
    let open = if phase.open_start || phase.open_end { "\u{2265} " } else { "" };
    let at = stage.clock(phase.start_tick, 1);
    format!("Phase {} at {at}, {open}{duration}, from {}", phase.kind.name(), source(phase.source))
}

/// Who told a phase.
pub(crate) fn source(source: PhaseSource) -> String {
    match source {
        PhaseSource::MarkInput(line) => name(line),
        other => other.name().to_owned(),
    }
}

/// An event with its meaning, where it is, and how far that may be off.
pub(crate) fn event(stage: &Stage<'_>, event: &ToldEvent) -> String {
    let (code, source) = (event.code, event.source.name());
    let at = stage.clock(event.tick, 3);
    let off = time::brief(crate::view::signed(event.uncertainty_ticks), stage.tick_hz());
    let record = event.seconds.map(|s| format!(", by the device's record {s} s")).unwrap_or_default();
    format!("{code} ({}) at {at} \u{00B1} {off}, from {source}{record}", code.meaning())
}

/// An outage's duration with `digits` after the point, and more where it would else be rounded to the limit or past it; with `>=`
/// where an end was not seen.
pub(crate) fn duration(outage: &Outage, tick_hz: Option<u64>, digits: u32) -> String {
    let ticks = crate::view::signed(outage.duration_ticks);
    let text = time::seconds_beside(ticks, tick_hz, digits, outage.margin_ns);
    if outage.is_open() { format!("\u{2265} {text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volts_keep_one_digit() {
        assert_eq!(
            (volts(10_200), volts(9_000), volts(2_055)),
            ("10.2 V".into(), "9.0 V".into(), "2.055 V".into())
        );
    }

    #[test]
    fn where_no_rail_was_measured_nothing_is_said_of_outages() {
        let timeline = ichiscope_timeline::Builder::new().into_timeline();
        let mut analysis = ichiscope_verdict::analyse(&timeline, &Settings::default(), &[]);
        analysis.reasons = vec![Reason::Gap, Reason::RailNotMeasured];
        assert_eq!(no_outage(&analysis), "no rail was measured");
        analysis.reasons.pop();
        assert_eq!(no_outage(&analysis), "no outage");
    }

    #[test]
    fn the_limit_is_spoken_of_as_it_is_set() {
        let mut settings = Settings::default();
        assert_eq!(limit(&settings), "180 s");
        settings.limit_ns = 179_500_000_000;
        assert_eq!(limit(&settings), "179.5 s");
    }

    #[test]
    fn active_low_lines_say_so() {
        let settings = Settings::default();
        assert_eq!(levels(Line::ChPr, &settings), "low = hub present");
        assert_eq!(levels(Line::Rail0, &settings), "low = below 10.2 V");
    }
}
