//! The picture of the report: lines, phases, events, outages, the 180 s ruler and gaps as SVG, drawn from the data.
//!
//! Coordinates are hundredths of a pixel by integer arithmetic, so the same data give the same bytes everywhere.

use std::fmt::Write as _;

use ichiscope_timeline::{Timeline, Track};
use ichiscope_verdict::{Analysis, Outage, OutageKind, Phase, PhaseKind};
use ichiscope_wire::Line;

use crate::cells::{escape, seconds};

mod events;

const WIDTH: u64 = 1100;
const LEFT: u64 = 170;
const PLOT: u64 = WIDTH - LEFT - 20;
const LANE: u64 = 30;
const TOP: u64 = 24;
/// Height of the lane of the voltage, and of what is drawn in it.
const VOLTAGE: u64 = 104;
const VOLTAGE_PLOT: u64 = 80;
/// How the parts of the picture look.
pub(crate) const STYLE: &str = ".small{font:12px sans-serif;fill:#14181c}\
.line{stroke:#0a3d62;fill:none;stroke-width:1.6}.phase{fill:#cfe3f1;stroke:#0a3d62;stroke-width:.8}\
.outage{fill:#b3261e;fill-opacity:.14;stroke:#b3261e}.ruler{stroke:#14181c;stroke-width:1.8;fill:none;stroke-dasharray:6 3}\
.gap{fill:#d00000;fill-opacity:.75}.axis{stroke:#e3e7ea;fill:none}.volt{fill:#0a3d62;fill-opacity:.75;stroke:#0a3d62;stroke-width:.6}\
.told{fill:#14181c}.ad1{fill:#b3261e}.off{fill-opacity:.4}.count{font:11px sans-serif;fill:#fff}\
.level{stroke:#8a5a00;stroke-dasharray:3 3;fill:none}";

/// A stretch of the axis and its place on the paper.
struct Frame<'a> {
    analysis: &'a Analysis,
    timeline: &'a Timeline,
    tick_hz: u64,
    start: u64,
    end: u64,
}

/// The picture of `start..=end`; empty if nothing is known of time.
pub(crate) fn picture(timeline: &Timeline, analysis: &Analysis, start: u64, end: u64) -> String {
    let Some(tick_hz) = analysis.tick_hz else { return String::new() };
    let frame = Frame { analysis, timeline, tick_hz, start, end: end.max(start + 1) };
    frame.draw()
}

/// The picture of `start..=end` as a file of its own, with its styles in it; empty if nothing is known of time.
pub fn svg(timeline: &Timeline, analysis: &Analysis, start: u64, end: u64) -> String {
    let style = format!("<style>svg{{background:#fff}}{STYLE}</style>\n");
    picture(timeline, analysis, start, end).replacen('\n', &format!("\n{style}"), 1)
}

impl Frame<'_> {
    fn draw(&self) -> String {
        let lines: Vec<Line> = self.lines();
        let phases = self.phase_rows();
        let mut body = String::new();
        let mut y = TOP;
        let marks = self.event_marks();
        if !marks.is_empty() {
            self.events(&mut body, &marks, y);
            y += LANE;
        }
        for (kind, row) in &phases {
            self.phase_row(&mut body, *kind, row, y);
            y += LANE;
        }
        let rails_top = y;
        for line in &lines {
            self.lane(&mut body, *line, y);
            y += LANE;
        }
        if self.has_voltage() {
            self.voltage(&mut body, y);
            y += VOLTAGE;
        }
        self.outages(&mut body, rails_top, y);
        self.gaps(&mut body, y);
        self.axis(&mut body, y);
        let height = y + 44;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
             aria-label=\"Lines, phases and outages over time\">\n{body}</svg>\n"
        )
    }

    /// Hundredths of a pixel from the left.
    fn x(&self, tick: u64) -> u64 {
        let inside = tick.clamp(self.start, self.end) - self.start;
        let span = u128::from(self.end - self.start);
        LEFT * 100 + (u128::from(inside) * u128::from(PLOT) * 100 / span) as u64
    }

    /// The lines that ever had a level.
    fn lines(&self) -> Vec<Line> {
        let shown = [Line::Rail0, Line::Rail1, Line::Rail2, Line::AcLo, Line::ChPr, Line::MtPr];
        let wired = self.timeline.wired();
        shown
            .into_iter()
            .filter(|l| wired.contains(*l) && self.timeline.track(*l).level().is_some())
            .collect()
    }

    fn phase_rows(&self) -> Vec<(PhaseKind, Vec<Phase>)> {
        let mut rows: Vec<(PhaseKind, Vec<Phase>)> = Vec::new();
        for phase in &self.analysis.phases {
            if phase.start_tick > self.end || phase.end_tick < self.start {
                continue;
            }
            match rows.iter_mut().find(|r| r.0 == phase.kind) {
                Some(row) => row.1.push(*phase),
                None => rows.push((phase.kind, vec![*phase])),
            }
        }
        rows.sort_by_key(|r| r.0);
        rows
    }

    fn phase_row(&self, out: &mut String, kind: PhaseKind, phases: &[Phase], y: u64) {
        label(out, kind.name(), y);
        let mut drawn = Drawn::default();
        for p in phases {
            let (x0, x1) = (self.x(p.start_tick), self.x(p.end_tick));
            if drawn.covers(x0, x1) {
                continue;
            }
            let width = (x1 - x0).max(100);
            let _ = writeln!(
                out,
                "<rect class=\"phase\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"20\"><title>{} {} s</title></rect>",
                px(x0),
                y + 4,
                px(width),
                escape(kind.name()),
                seconds(p.ticks(), self.tick_hz),
            );
        }
    }

    fn lane(&self, out: &mut String, line: Line, y: u64) {
        label(out, &self.line_label(line), y);
        let track = self.timeline.track(line);
        let mut path = String::new();
        let mut busy = String::new();
        let mut last = None;
        for column in 0..PLOT {
            let (from, to) = (self.tick_of(column), self.tick_of(column + 1));
            match level_in(track, from, to) {
                Some(level) if last != Some(Some(level)) => {
                    let (x, height) = (LEFT + column, if level { y + 6 } else { y + 24 });
                    match last {
                        Some(Some(_)) => {
                            let _ = write!(path, "H{x}V{height}");
                        }
                        _ => {
                            let _ = write!(path, "M{x} {height}");
                        }
                    }
                    last = Some(Some(level));
                }
                Some(_) => {}
                None if track.level_at(to).is_some() => {
                    let _ = write!(busy, "M{} {}V{}", LEFT + column, y + 6, y + 24);
                    if let Some(Some(_)) = last {
                        let _ = write!(path, "H{}", LEFT + column);
                    }
                    last = Some(None);
                }
                None => last = None,
            }
        }
        if let Some(Some(_)) = last {
            let _ = write!(path, "H{}", LEFT + PLOT);
        }
        let _ = writeln!(out, "<path class=\"line\" d=\"{path}\"/><path class=\"line\" d=\"{busy}\"/>");
    }

    /// A comparator with its level, another line with what high means.
    fn line_label(&self, line: Line) -> String {
        let threshold = self.analysis.settings.thresholds.iter().find(|t| t.line == line);
        let means = match (line, threshold) {
            (_, Some(t)) => format!("{} V", decimal(t.falling_mv)),
            (Line::AcLo, _) => "high: mains lost".to_owned(),
            (Line::ChPr, _) => "high: hub absent".to_owned(),
            (Line::MtPr, _) => "high: meter absent".to_owned(),
            _ => String::new(),
        };
        format!("{} {means}", line.name())
    }

    fn has_voltage(&self) -> bool {
        !self.timeline.waveform().envelopes_between(self.start, self.end.saturating_add(1)).is_empty()
    }

    /// The voltage by the ADC: in each column from the least to the greatest, with the highest threshold. In codes where their scale is
    /// not known.
    fn voltage(&self, out: &mut String, y: u64) {
        let adc = self.analysis.settings.front_end.as_ref().and_then(|f| f.adc.as_ref());
        let value = |code: u16| adc.map_or(i64::from(code), |adc| adc.mv(f64::from(code)).round() as i64);
        let columns: Vec<Option<(i64, i64)>> = (0..PLOT)
            .map(|column| {
                let (from, to) =
                    (self.tick_of(column), self.tick_of(column + 1).max(self.tick_of(column) + 1));
                let extent = self.timeline.waveform().extent(from, to)?;
                Some((value(extent.least), value(extent.greatest)))
            })
            .collect();
        let top = columns.iter().flatten().map(|c| c.1).max().unwrap_or(1).max(1);
        let bottom = columns.iter().flatten().map(|c| c.0).min().unwrap_or(0).min(0);
        let height = |value: i64| {
            let part = i128::from(top - value) * i128::from(VOLTAGE_PLOT * 100) / i128::from(top - bottom);
            px((y + 16) * 100 + part as u64)
        };
        let unit = if adc.is_some() { "V" } else { "codes of the ADC" };
        let show = |value: i64| if adc.is_some() { decimal(value as i32) } else { value.to_string() };
        label(out, &format!("voltage, {unit}"), y + VOLTAGE_PLOT / 2 - 8);
        for value in [top, bottom] {
            let _ = writeln!(
                out,
                "<text class=\"small\" text-anchor=\"end\" x=\"{}\" y=\"{}\">{}</text>",
                LEFT - 6,
                height(value),
                show(value)
            );
        }
        for (column, extent) in (LEFT..).zip(&columns) {
            let Some((least, greatest)) = extent else { continue };
            let _ = write!(
                out,
                "<path class=\"volt\" d=\"M{column} {}V{}h1V{0}z\"/>",
                height(*greatest),
                height(*least - 1)
            );
        }
        out.push('\n');
        let highest = self.analysis.settings.thresholds.iter().map(|t| i64::from(t.falling_mv)).max();
        if let Some(mv) = highest.filter(|mv| adc.is_some() && (bottom..=top).contains(mv)) {
            let _ = writeln!(out, "<path class=\"level\" d=\"M{LEFT} {}h{PLOT}\"/>", height(mv));
        }
    }

    fn tick_of(&self, column: u64) -> u64 {
        let span = u128::from(self.end - self.start);
        self.start + (span * u128::from(column) / u128::from(PLOT)) as u64
    }

    /// Outages at the highest threshold, each with the ruler of the limit from its start.
    fn outages(&self, out: &mut String, top: u64, bottom: u64) {
        let limit_ticks =
            (u128::from(self.analysis.settings.limit_ns) * u128::from(self.tick_hz) / 1_000_000_000) as u64;
        let mut drawn = Drawn::default();
        for o in highest(self.analysis) {
            if o.start_tick > self.end || o.end_tick < self.start {
                continue;
            }
            let (x0, x1) = (self.x(o.start_tick), self.x(o.end_tick));
            if drawn.covers(x0, x1) {
                continue;
            }
            let _ = writeln!(
                out,
                "<rect class=\"outage\" x=\"{}\" y=\"{top}\" width=\"{}\" height=\"{}\"><title>{}{} s {}</title></rect>",
                px(x0),
                px((x1 - x0).max(100)),
                bottom - top,
                if o.is_open() { "at least " } else { "" },
                seconds(o.duration_ticks, self.tick_hz),
                o.verdict,
            );
            let limit_tick = o.start_tick.saturating_add(limit_ticks);
            let limit = self.x(limit_tick);
            let _ = writeln!(out, "<path class=\"ruler\" d=\"M{} {bottom}H{}\"/>", px(x0), px(limit));
            // Beyond the picture the ruler just goes on.
            if limit_tick <= self.end {
                let _ = writeln!(
                    out,
                    "<path class=\"ruler\" d=\"M{} {top}V{bottom}\"/><text class=\"small\" text-anchor=\"end\" x=\"{}\" y=\"{}\">180 s</text>",
                    px(limit),
                    px(limit.saturating_sub(400)),
                    top.saturating_sub(4),
                );
            }
        }
    }

    fn gaps(&self, out: &mut String, bottom: u64) {
        let mut drawn = Drawn::default();
        for g in self.timeline.gaps().iter().filter(|g| g.touches(self.start, self.end)) {
            let (x0, x1) = (self.x(g.start_tick), self.x(g.end_tick));
            if drawn.covers(x0, x1) {
                continue;
            }
            let _ = writeln!(
                out,
                "<rect class=\"gap\" x=\"{}\" y=\"{TOP}\" width=\"{}\" height=\"{}\"><title>lost: {}</title></rect>",
                px(x0),
                px((x1 - x0).max(200)),
                bottom - TOP,
                g.cause.name(),
            );
        }
    }

    fn axis(&self, out: &mut String, y: u64) {
        let step = round_step(self.end - self.start, self.tick_hz);
        let mut tick = self.start.div_ceil(step) * step;
        while tick <= self.end {
            let x = px(self.x(tick));
            let decimal = seconds(tick, self.tick_hz);
            let text = trimmed(&decimal);
            let _ = writeln!(
                out,
                "<path class=\"axis\" d=\"M{x} {TOP}V{}\"/><text class=\"small\" text-anchor=\"middle\" x=\"{x}\" y=\"{}\">{text}</text>",
                y + 6,
                y + 20,
            );
            tick += step;
        }
        let _ = writeln!(
            out,
            "<text class=\"small\" x=\"{LEFT}\" y=\"{}\">seconds since the board's tick 0</text>",
            y + 38
        );
    }
}

/// How far bars of a row are drawn: thousands of them in one pixel are one bar.
#[derive(Default)]
struct Drawn {
    /// Hundredths of a pixel.
    to: u64,
}

impl Drawn {
    /// Whether a bar of less than a pixel lies within what is drawn; if not, it is drawn now, at least a pixel wide.
    fn covers(&mut self, x0: u64, x1: u64) -> bool {
        let is_covered = x1 < self.to && x1 - x0 < 100;
        if !is_covered {
            self.to = self.to.max(x1.max(x0 + 100));
        }
        is_covered
    }
}

/// The single outages at the highest threshold.
pub(crate) fn highest(analysis: &Analysis) -> impl Iterator<Item = &Outage> {
    let level = analysis.settings.thresholds.iter().map(|t| t.falling_mv).max();
    analysis
        .outages
        .iter()
        .filter(move |o| o.kind == OutageKind::Single && Some(o.threshold.falling_mv) == level)
}

/// The level throughout `from..to`, or `None` if it changes there or is not known.
fn level_in(track: &Track, from: u64, to: u64) -> Option<bool> {
    let level = track.level_at(from)?;
    let changes = track.between(from + 1, to.max(from + 1)).iter().any(|e| e.level() != level);
    (!changes).then_some(level)
}

fn label(out: &mut String, text: &str, y: u64) {
    let _ = writeln!(out, "<text class=\"small\" x=\"4\" y=\"{}\">{}</text>", y + 18, escape(text));
}

/// Volts of millivolts, without zeros at the end.
fn decimal(mv: i32) -> String {
    let sign = if mv < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:03}", mv.unsigned_abs() / 1000, mv.unsigned_abs() % 1000);
    let short = text.trim_end_matches('0');
    short.strip_suffix('.').unwrap_or(short).to_owned()
}

/// Hundredths of a pixel as a decimal.
fn px(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A round step of ticks that gives about eight marks: 1, 2 or 5 times a power of ten of a second.
fn round_step(span_ticks: u64, tick_hz: u64) -> u64 {
    let hz = u128::from(tick_hz);
    let wanted_ns = u128::from(span_ticks) * 1_000_000_000 / hz / 8;
    let mut decade = 1;
    while decade * 10 <= wanted_ns {
        decade *= 10;
    }
    let ns = [1, 2, 5, 10].map(|n| n * decade).into_iter().find(|ns| *ns >= wanted_ns).unwrap_or(decade);
    ((ns * hz / 1_000_000_000) as u64).max(1)
}

/// Without zeros at the end of the decimals.
fn trimmed(decimal: &str) -> &str {
    decimal.trim_end_matches('0').trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(round_step(800, 1), 100);
        assert_eq!(round_step(700, 1), 100);
        assert_eq!(round_step(1000, 1), 200);
        assert_eq!(round_step(36_000_000 * 3600, 36_000_000), 36_000_000 * 500);
        assert_eq!(round_step(3, 36_000_000), 1);
    }

    #[test]
    fn a_column_with_a_change_has_no_level() {
        let mut builder = ichiscope_timeline::Builder::new();
        let levels = |bits| ichiscope_wire::LineSet::from_bits(bits);
        let record = |seq, tick, payload| {
            ichiscope_wire::encode_frame(seq, &ichiscope_wire::Record::new(tick, 0, payload))
        };
        let beat = ichiscope_wire::Heartbeat { tick: 10, levels: levels(1), flags: 1 };
        let edge = ichiscope_wire::Edge { levels: levels(0), changed: levels(1), age: 0 };
        builder.bytes(0, &record(0, 10, ichiscope_wire::Payload::Heartbeat(beat)));
        builder.bytes(0, &record(1, 50, ichiscope_wire::Payload::Edge(edge)));
        let timeline = builder.into_timeline();
        let track = timeline.track(Line::Rail0);
        assert_eq!(level_in(track, 0, 9), None);
        assert_eq!(level_in(track, 10, 50), Some(true));
        assert_eq!(level_in(track, 40, 60), None);
        assert_eq!(level_in(track, 50, 60), Some(false));
    }
}
