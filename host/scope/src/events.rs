//! Events that other systems told, as marks on the axis: those that lie in the recording, as far as they may be off, joined where the
//! marks would lie upon each other.

use std::collections::HashSet;
use std::ops::Range;

use ichiscope_verdict::{Analysis, EventCode, ToldEvent};

use crate::view::{View, signed};

/// An event with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placed {
    /// Its place in the analysis.
    index: usize,
    /// Where it is.
    tick: u64,
    /// Where it may be.
    from: u64,
    to: u64,
    is_ad1: bool,
}

/// The events of an analysis.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// Those that lie in the recording, by tick.
    placed: Vec<Placed>,
    /// The furthest that one of them may be off, ticks.
    reach: u64,
    /// Those of them that no finding speaks of, by their place in the analysis.
    pub unchecked: Vec<usize>,
}

/// One event, or several that are nearer to each other than marks are wide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The events, as [`Events::indices`] takes them.
    places: Range<usize>,
    /// Where the first one is.
    pub tick: u64,
    /// Where the last one is.
    pub last: u64,
    /// First tick at which one of them may be.
    pub from: u64,
    /// Last tick at which one of them may be.
    pub to: u64,
    /// The alert that must not come is among them.
    pub has_ad1: bool,
}

impl Mark {
    /// How many events.
    pub const fn count(&self) -> usize {
        self.places.end - self.places.start
    }

    fn of(at: usize, event: &Placed) -> Mark {
        let &Placed { tick, from, to, is_ad1, .. } = event;
        Mark { places: at..at + 1, tick, last: tick, from, to, has_ad1: is_ad1 }
    }

    fn join(&mut self, event: &Placed) {
        self.places.end += 1;
        self.last = event.tick;
        self.from = self.from.min(event.from);
        self.to = self.to.max(event.to);
        self.has_ad1 |= event.is_ad1;
    }
}

impl Events {
    /// Those of an analysis. One that lies outside of the recording has no place here.
    pub fn new(analysis: &Analysis) -> Events {
        let Some(span) = analysis.span else { return Events::default() };
        let checked: HashSet<(Option<u64>, Option<EventCode>)> =
            analysis.findings.iter().map(|f| (f.tick, f.code)).collect();
        let all = analysis.events.iter().enumerate();
        let placed: Vec<Placed> = all.filter_map(|(index, event)| place(index, event, span)).collect();
        let is_unchecked =
            |p: &&Placed| !checked.contains(&(Some(p.tick), Some(analysis.events[p.index].code)));
        let unchecked = placed.iter().filter(is_unchecked).map(|p| p.index).collect();
        let reach = placed.iter().map(|p| (p.tick - p.from).max(p.to - p.tick)).max().unwrap_or(0);
        Events { placed, reach, unchecked }
    }

    /// How many of them lie in the recording.
    pub fn count(&self) -> usize {
        self.placed.len()
    }

    /// The events of a mark, by their place in the analysis.
    pub fn indices(&self, mark: &Mark) -> impl Iterator<Item = usize> + '_ {
        self.placed[mark.places.clone()].iter().map(|p| p.index)
    }

    /// The marks of which something is in `view`; those of events less than `apart` ticks from each other are one.
    pub fn marks(&self, view: View, apart: u64) -> Vec<Mark> {
        let (start, end) = (view.first_tick(), view.end_tick());
        let reach = signed(self.reach);
        let first = self.placed.partition_point(|p| signed(p.tick) < start - reach);
        let past = self.placed.partition_point(|p| signed(p.tick) < end + reach);
        let is_in_view = |p: &Placed| signed(p.to) >= start && signed(p.from) < end;
        let mut marks: Vec<Mark> = Vec::new();
        for (at, event) in (first..past).zip(&self.placed[first..past]).filter(|(_, p)| is_in_view(p)) {
            match marks.last_mut() {
                Some(mark) if mark.places.end == at && event.tick - mark.tick < apart.max(1) => {
                    mark.join(event)
                }
                _ => marks.push(Mark::of(at, event)),
            }
        }
        marks
    }
}

fn place(index: usize, event: &ToldEvent, span: (u64, u64)) -> Option<Placed> {
    let (from, to) = event.reach();
    let is_inside = to >= span.0 && from <= span.1;
    let is_ad1 = event.code == EventCode::Ad1;
    is_inside.then_some(Placed { index, tick: event.tick, from, to, is_ad1 })
}

#[cfg(test)]
mod tests {
    use ichiscope_timeline::Builder;
    use ichiscope_verdict::{PhaseSource, Settings, analyse};

    use super::*;
    use crate::view::Rung;

    const DAY: u64 = 36_000_000 * 86_400;

    fn events(all: &[(u64, u64, EventCode)], span: (u64, u64)) -> Events {
        let timeline = Builder::new().into_timeline();
        let mut analysis = analyse(&timeline, &Settings::default(), &[]);
        analysis.span = Some(span);
        analysis.events = all
            .iter()
            .map(|&(tick, uncertainty_ticks, code)| ToldEvent {
                tick,
                uncertainty_ticks,
                code,
                seconds: None,
                source: PhaseSource::Log,
            })
            .collect();
        Events::new(&analysis)
    }

    const REQUEST: EventCode = EventCode::ServiceRequest(3);

    #[test]
    fn an_event_outside_of_the_recording_has_no_place() {
        let all = [(5, 4, REQUEST), (6, 4, REQUEST), (50, 1, REQUEST), (104, 4, REQUEST), (105, 4, REQUEST)];
        let events = events(&all, (10, 100));
        let view = View::around(0, 200);
        let places: Vec<u64> = events.marks(view, 1).iter().map(|m| m.tick).collect();
        assert_eq!((events.count(), places), (3, vec![6, 50, 104]));
    }

    #[test]
    fn an_event_in_a_day_has_a_mark_at_every_zoom() {
        let at = DAY / 3 + 1;
        let all = [(at - 7, 0, REQUEST), (at, 0, EventCode::Ad1), (at + 1, 0, REQUEST)];
        let events = events(&all, (0, DAY));
        for octave in 2..45 {
            let view = View::new(signed(at) - 1, Rung::at_least(1 << octave));
            let marks = events.marks(view, view.ticks() / 40);
            let mark = marks.iter().find(|m| m.has_ad1).unwrap();
            assert!(mark.tick <= at && at <= mark.last, "{view:?}");
        }
    }

    #[test]
    fn no_event_is_lost_where_many_are_one_mark() {
        let all: Vec<_> =
            (0..100_000).map(|i| (i * 10, 3, if i == 777 { EventCode::Ad1 } else { REQUEST })).collect();
        let events = events(&all, (0, 1_000_000));
        let view = View::around(0, 1_000_000);
        let marks = events.marks(view, view.ticks() / 40);
        assert!((35..=41).contains(&marks.len()), "{}", marks.len());
        assert_eq!(marks.iter().map(Mark::count).sum::<usize>(), 100_000);
        let with_ad1: Vec<&Mark> = marks.iter().filter(|m| m.has_ad1).collect();
        assert!(with_ad1.len() == 1 && events.indices(with_ad1[0]).any(|index| index == 777));
        assert!(marks.windows(2).all(|two| two[0].to - two[0].last == 3 && two[0].last < two[1].tick));
    }

    #[test]
    fn what_may_be_in_view_is_in_view() {
        let events = events(&[(1_000, 500, REQUEST), (1_100, 2, REQUEST)], (0, 10_000));
        let view = View::new(1_300, Rung::at_least(64));
        let marks = events.marks(view, 1);
        assert_eq!((marks.len(), marks[0].from, marks[0].to), (1, 500, 1_500));
        assert_eq!(events.marks(View::new(1_501, Rung::at_least(64)), 1), []);
    }
}
