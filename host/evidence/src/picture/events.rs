//! The picture's row of events that other systems told: a mark at each, told by its shape, over a bar as wide as it may be off.

use std::fmt::Write as _;

use ichiscope_verdict::{EventCode, ToldEvent};

use super::{Frame, LEFT, PLOT, label, px};
use crate::cells::seconds;

/// Events nearer to each other than this are one mark with their number, hundredths of a pixel.
const APART: u64 = 3000;
/// Half the width and height of a mark, pixels, and of one with a number.
const MARK: u64 = 7;
const NUMBERED: u64 = 14;
/// So many events of a mark are named in its title, and in the picture.
const MOST_TITLED: usize = 8;
const MOST_NAMED: usize = 3;
/// Between a mark and words, hundredths of a pixel.
const AIR: u64 = 400;
/// A letter is about so wide, hundredths of a pixel.
const LETTER: u64 = 720;

impl Frame<'_> {
    /// Events that other systems told and that may lie in the picture; those that are near to each other are one mark.
    pub(super) fn event_marks(&self) -> Vec<Vec<&ToldEvent>> {
        let mut marks: Vec<Vec<&ToldEvent>> = Vec::new();
        let may_be_in = |e: &&ToldEvent| {
            let (from, to) = e.reach();
            to >= self.start && from <= self.end
        };
        for event in self.analysis.events.iter().filter(may_be_in) {
            match marks.last_mut() {
                Some(mark) if self.x(event.tick) - self.x(mark[0].tick) < APART => mark.push(event),
                _ => marks.push(vec![event]),
            }
        }
        marks
    }

    /// A mark for each, told by its shape, over a bar as wide as it may be off.
    pub(super) fn events(&self, out: &mut String, marks: &[Vec<&ToldEvent>], y: u64) {
        label(out, "events", y);
        let mut taken = LEFT * 100;
        for (i, mark) in marks.iter().enumerate() {
            let has_ad1 = mark.iter().any(|e| e.code == EventCode::Ad1);
            let class = if has_ad1 { "told ad1" } else { "told" };
            let _ = write!(out, "<g class=\"{class}\"><title>{}</title>", self.title(mark));
            let (from, to) = reach(mark);
            let (x0, x1) = (self.x(from), self.x(to.saturating_add(1)));
            let (top, width) = (y + 14 + MARK + 2, px((x1 - x0).max(100)));
            let _ = write!(
                out,
                "<rect class=\"off\" x=\"{}\" y=\"{top}\" width=\"{width}\" height=\"4\"/>",
                px(x0)
            );
            if let Some(middle) = self.middle(mark) {
                sign(out, mark.len(), has_ad1, middle, y + 14);
            }
            out.push_str("</g>\n");
            let next = marks.get(i + 1).and_then(|m| Some(self.middle(m)? - half(m)));
            taken = self.names(out, mark, (taken, next.unwrap_or((LEFT + PLOT) * 100)), y);
        }
    }

    /// The middle between the first and the last event of a mark, hundredths of a pixel; none if it lies outside of the picture.
    fn middle(&self, mark: &[&ToldEvent]) -> Option<u64> {
        let in_picture = || mark.iter().map(|e| e.tick).filter(|tick| (self.start..=self.end).contains(tick));
        Some(self.x(in_picture().min()?).midpoint(self.x(in_picture().max()?)))
    }

    fn title(&self, mark: &[&ToldEvent]) -> String {
        let one = |e: &&ToldEvent| {
            format!(
                "{} {} at {} s, within {} s, from {}",
                e.code,
                e.code.meaning(),
                seconds(e.tick, self.tick_hz),
                seconds(e.uncertainty_ticks, self.tick_hz),
                e.source.name(),
            )
        };
        let named = mark.iter().take(MOST_TITLED).map(one).collect::<Vec<_>>().join("; ");
        let more = mark.len().saturating_sub(MOST_TITLED);
        let named = if more > 0 { format!("{named}; and {more} more") } else { named };
        if mark.len() > 1 { format!("{} events: {named}", mark.len()) } else { named }
    }

    /// The codes at the right of a mark, or else at its left, where they fit into what is `free` from other marks and their words. Gives
    /// how far that is taken then.
    fn names(&self, out: &mut String, mark: &[&ToldEvent], free: (u64, u64), y: u64) -> u64 {
        let Some(middle) = self.middle(mark) else { return free.0 };
        let (left, right) = (middle - half(mark) - AIR, middle + half(mark) + AIR);
        let Some(codes) = codes(mark) else { return right };
        let width = codes.len() as u64 * LETTER;
        let (x, anchor, taken) = match () {
            () if right + width + AIR <= free.1 => (right, "start", right + width),
            () if left >= free.0 + width + AIR => (left, "end", right),
            () => return right,
        };
        let _ = writeln!(
            out,
            "<text class=\"small\" text-anchor=\"{anchor}\" x=\"{}\" y=\"{}\">{codes}</text>",
            px(x),
            y + 18
        );
        taken
    }
}

/// Half the width of a mark, hundredths of a pixel.
fn half(mark: &[&ToldEvent]) -> u64 {
    100 * if mark.len() > 1 { NUMBERED } else { MARK }
}

/// What stands beside a mark: its codes, or of many that AD1 is among them.
fn codes(mark: &[&ToldEvent]) -> Option<String> {
    let all = || mark.iter().map(|e| e.code);
    let few = (mark.len() <= MOST_NAMED).then(|| all().map(|c| c.to_string()).collect::<Vec<_>>().join(", "));
    few.or_else(|| all().any(|c| c == EventCode::Ad1).then(|| "with AD1".to_owned()))
}

/// First and last tick at which one of the events of a mark may be.
fn reach(mark: &[&ToldEvent]) -> (u64, u64) {
    let all = || mark.iter().map(|e| e.reach());
    (all().map(|r| r.0).min().unwrap_or(0), all().map(|r| r.1).max().unwrap_or(0))
}

/// A diamond, or a triangle for AD1; several are their number, with a roof if AD1 is among them.
fn sign(out: &mut String, count: usize, has_ad1: bool, middle: u64, y: u64) {
    let (left, right) = (middle - 100 * MARK, middle + 100 * MARK);
    let (top, bottom) = (y - MARK, y + MARK);
    let [m, l, r] = [middle, left, right].map(px);
    if count > 1 {
        let (x, width) = (px(middle - 100 * NUMBERED), 2 * NUMBERED);
        if has_ad1 {
            let _ = write!(out, "<path d=\"M{m} {}L{r} {top}H{l}z\"/>", top - 5);
        }
        let _ = write!(
            out,
            "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{}\" rx=\"3\"/>\
             <text class=\"count\" text-anchor=\"middle\" x=\"{m}\" y=\"{}\">{count}</text>",
            bottom - top,
            y + 4,
        );
    } else if has_ad1 {
        let _ = write!(out, "<path d=\"M{m} {top}L{r} {bottom}H{l}z\"/>");
    } else {
        let _ = write!(out, "<path d=\"M{m} {top}L{r} {y}L{m} {bottom}L{l} {y}z\"/>");
    }
}
