//! Which lanes there are, how high each is, and what its label says.

use egui::{Align2, Painter, Rect, Role, Ui, WidgetInfo, pos2};
use ichiscope_wire::Line;

use super::{Stage, words};
use crate::theme::{BODY, SMALL, font};

/// Width of the labels at the left of the lanes, points.
pub(crate) const GUTTER: f32 = 168.0;
/// Height of one row of phases, points.
const PHASE_ROW: f32 = 24.0;
/// Where there is little room: the least height of all rows together, of one of so many that each keeps its name, and of one of more.
const LEAST_PHASES: f32 = 40.0;
const NAMED_ROWS: f32 = 5.0;
const NAMED_ROW: f32 = 13.0;
const LEAST_PHASE_ROW: f32 = 9.0;
/// Above and below the rows of phases.
pub(crate) const PHASES_AIR: f32 = 8.0;
/// Height of the outages' lane, points, and of the bars in it.
const OUTAGE_LANE: f32 = 94.0;
const OUTAGE_BAR: f32 = 52.0;
const MIN_LINE: f32 = 22.0;
const MAX_LINE: f32 = 110.0;
/// The voltage's lane is as high as so many lines.
const VOLTAGE_SHARES: f32 = 2.5;

/// A lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Phases of the upgrade.
    Phases,
    /// Outages at the highest threshold, with their rulers.
    Outages,
    /// Events that other systems told.
    Events,
    /// The rail's voltage.
    Voltage,
    /// A watched line.
    Line(Line),
    /// The meter's console.
    Console,
    /// Hand-made marks and remarks.
    Notes,
    /// What was lost.
    Link,
}

/// A lane with its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) lane: Lane,
    /// Gutter and plot.
    pub(crate) rect: Rect,
}

/// The lanes of a recording, from top to bottom, filling `rect`: none of them ever leaves it, since the last one tells what was lost.
pub(crate) fn place(stage: &Stage<'_>, rect: Rect) -> Vec<Placed> {
    let lanes = lanes(stage);
    let lines = lanes.iter().filter(|l| matches!(l, Lane::Line(_))).count() as f32;
    let shares = lines + if lanes.contains(&Lane::Voltage) { VOLTAGE_SHARES } else { 0.0 };
    let others: f32 = lanes.iter().filter_map(|l| fixed_height(*l)).sum();
    // Rows of phases give way first.
    let rows = phase_rows(stage) as f32;
    let least = others + shares * MIN_LINE + PHASES_AIR;
    let named = if rows <= NAMED_ROWS { NAMED_ROW } else { LEAST_PHASE_ROW };
    let least_row = (LEAST_PHASES / rows).clamp(named, PHASE_ROW);
    let phases = PHASES_AIR + rows * ((rect.height() - least) / rows).clamp(least_row, PHASE_ROW);
    let left = rect.height() - others - phases;
    let line = (left / shares.max(1.0)).clamp(MIN_LINE, MAX_LINE).floor();
    let voltage = (left - line * lines).clamp(VOLTAGE_SHARES * MIN_LINE, VOLTAGE_SHARES * MAX_LINE);
    let height = |lane: Lane| match lane {
        Lane::Phases => phases,
        Lane::Voltage => voltage,
        _ => fixed_height(lane).unwrap_or(line),
    };
    let all: f32 = lanes.iter().map(|lane| height(*lane)).sum();
    // Names of phases would not be read any smaller.
    let shrink = ((rect.height() - phases) / (all - phases)).min(1.0);
    let mut top = rect.top();
    let placed = lanes.into_iter().map(|lane| {
        let bottom = top + height(lane) * if lane == Lane::Phases { 1.0 } else { shrink };
        let rect = Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), bottom));
        top = bottom;
        Placed { lane, rect }
    });
    placed.collect()
}

/// How many rows of phases there are; one for the words that there are none.
pub(crate) fn phase_rows(stage: &Stage<'_>) -> usize {
    stage.digest.phases.rows.len().max(1)
}

/// The part of the outages' lane in which their bars are; the rulers are below.
pub(crate) fn outage_bars(lane: Rect) -> Rect {
    lane.with_max_y(lane.top() + lane.height() * OUTAGE_BAR / OUTAGE_LANE)
}

fn lanes(stage: &Stage<'_>) -> Vec<Lane> {
    let mut lanes = vec![Lane::Phases, Lane::Outages];
    if stage.digest.events.count() > 0 {
        lanes.push(Lane::Events);
    }
    if !stage.seen.timeline.waveform().is_empty() {
        lanes.push(Lane::Voltage);
    }
    let timeline = stage.seen.timeline;
    // Without a threshold the ADC's line says nothing.
    let compares = timeline.configuration().is_some_and(|set| set.threshold_rising > 0);
    lanes.extend(timeline.wired().iter().filter(|line| *line != Line::Adc || compares).map(Lane::Line));
    if !stage.console.all().is_empty() {
        lanes.push(Lane::Console);
    }
    if !stage.seen.notes.is_empty() {
        lanes.push(Lane::Notes);
    }
    lanes.push(Lane::Link);
    lanes
}

/// The height of a lane that does not take what is left.
const fn fixed_height(lane: Lane) -> Option<f32> {
    match lane {
        Lane::Phases | Lane::Line(_) | Lane::Voltage => None,
        Lane::Outages => Some(OUTAGE_LANE),
        Lane::Events | Lane::Console | Lane::Notes => Some(26.0),
        Lane::Link => Some(30.0),
    }
}

/// The name of a lane and what its level means.
fn label(lane: Lane, stage: &Stage<'_>) -> (String, String) {
    let settings = &stage.seen.analysis.settings;
    match lane {
        Lane::Phases => ("PHASES".to_owned(), String::new()),
        Lane::Outages => {
            let at = settings.thresholds.first().map(|t| format!("below {}", words::volts(t.falling_mv)));
            ("OUTAGES".to_owned(), at.unwrap_or_default())
        }
        Lane::Voltage => {
            let is_told = settings.front_end.as_ref().is_some_and(|front_end| front_end.adc.is_some());
            let scale = if is_told { "volts, by the ADC" } else { "volts, scale assumed" };
            ("RAIL".to_owned(), scale.to_owned())
        }
        Lane::Events => ("EVENTS".to_owned(), format!("{} told", stage.digest.events.count())),
        Lane::Console => {
            let lines = stage.console.all().len();
            ("CONSOLE".to_owned(), format!("{lines} {}", if lines == 1 { "line" } else { "lines" }))
        }
        Lane::Line(line) => (words::name(line), words::levels(line, settings)),
        Lane::Notes => ("NOTES".to_owned(), String::new()),
        Lane::Link => {
            let gaps = stage.seen.analysis.gaps.len();
            let text = if gaps == 0 { "nothing lost".to_owned() } else { format!("{gaps} x data lost") };
            ("LINK".to_owned(), text)
        }
    }
}

/// The phase of a mark input where there is little room.
fn short_meaning(lane: Lane, stage: &Stage<'_>) -> Option<&'static str> {
    let Lane::Line(line) = lane else { return None };
    if line == Line::Adc {
        return Some("high = ADC good");
    }
    let marks = &stage.seen.analysis.settings.marks;
    marks.iter().find(|(l, _)| *l == line).map(|(_, kind)| words::short(*kind))
}

/// Draws a lane's label and tells it to screen readers.
pub(crate) fn show_label(ui: &Ui, painter: &Painter, stage: &Stage<'_>, placed: &Placed) {
    let (name, meaning) = label(placed.lane, stage);
    let gutter = placed.rect.with_max_x(placed.rect.left() + GUTTER);
    let spoken = if meaning.is_empty() { name.clone() } else { format!("{name} ({meaning})") };
    let response = ui.interact(gutter, ui.scope_id().with(("lane", &name)), egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let palette = &stage.palette;
    let left = gutter.left() + 10.0;
    let painter = painter.with_clip_rect(gutter.shrink2(egui::vec2(4.0, 0.0)));
    let middle = gutter.center().y;
    if meaning.is_empty() {
        painter.text(pos2(left, middle), Align2::LEFT_CENTER, name, font(BODY), palette.text);
    } else if gutter.height() >= 36.0 {
        painter.text(pos2(left, middle), Align2::LEFT_BOTTOM, name, font(BODY), palette.text);
        painter.text(pos2(left, middle + 1.0), Align2::LEFT_TOP, meaning, font(SMALL), palette.weak);
    } else {
        let name = painter.text(pos2(left, middle), Align2::LEFT_CENTER, name, font(SMALL), palette.text);
        let at = pos2(name.right() + 6.0, middle);
        let room = gutter.right() - 4.0 - at.x;
        let galley = painter.layout_no_wrap(meaning, font(11.0), palette.weak);
        let galley = match short_meaning(placed.lane, stage).filter(|_| galley.size().x > room) {
            Some(short) => painter.layout_no_wrap(short.to_owned(), font(11.0), palette.weak),
            None => galley,
        };
        painter.galley(pos2(at.x, middle - galley.size().y / 2.0), galley, palette.weak);
    }
}
