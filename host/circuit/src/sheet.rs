//! A sheet's geometry held against the nets: what is drawn together is one net, and every piece of a net can be found again.

use std::collections::BTreeMap;

use crate::circuit::{Circuit, CircuitError, Sheet, Side, wrong};
use crate::symbol;

/// A net's name or ground symbol at a place.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) net: String,
    pub(crate) at: [i32; 2],
    pub(crate) side: Side,
}

/// What has to be drawn beside the symbols.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    pub(crate) labels: Vec<Label>,
    pub(crate) dots: Vec<[i32; 2]>,
}

type Segment = ([i32; 2], [i32; 2]);

/// Labels for every pin that no wire meets, and dots where wires of a net meet.
///
/// # Errors
/// A wire meets a pin or wire of another net, or a piece of a net has neither all its pins nor a label.
pub(crate) fn connections(circuit: &Circuit, sheet: &Sheet) -> Result<Connections, CircuitError> {
    let mut segments: Vec<(&str, Segment)> = Vec::new();
    for wire in circuit.wires.iter().filter(|w| w.sheet == sheet.name) {
        for pair in wire.path.windows(2) {
            if pair[0][0] != pair[1][0] && pair[0][1] != pair[1][1] {
                return Err(wrong(&wire.net, format!("a wire on sheet {} is not straight", sheet.name)));
            }
            segments.push((&wire.net, (pair[0], pair[1])));
        }
    }
    let mut pins: Vec<(&str, [i32; 2], Side)> = Vec::new();
    for part in circuit.parts.iter().filter(|p| p.sheet == sheet.name) {
        for (pin, net) in symbol::pins(circuit, part)?.into_iter().zip(&part.pins) {
            pins.push((net, pin.at, pin.side));
        }
    }
    check_contacts(sheet, &segments, &pins)?;
    let mut found = Connections::default();
    let tags = circuit.tags.iter().filter(|t| t.sheet == sheet.name);
    found.labels.extend(tags.map(|t| Label { net: t.net.clone(), at: t.at, side: t.side }));
    for (net, at, side) in &pins {
        if !segments.iter().any(|(_, segment)| on(*segment, *at)) {
            found.labels.push(Label { net: (*net).to_owned(), at: *at, side: *side });
        }
    }
    check_islands(circuit, sheet, &segments, &pins, &found.labels)?;
    found.dots = dots(&segments, &pins);
    Ok(found)
}

/// Whether a point lies on a segment.
fn on((a, b): Segment, p: [i32; 2]) -> bool {
    (0..2).all(|i| p[i] >= a[i].min(b[i]) && p[i] <= a[i].max(b[i]))
}

/// Nothing of one net may touch anything of another; crossing in the middle is no contact.
fn check_contacts(
    sheet: &Sheet,
    segments: &[(&str, Segment)],
    pins: &[(&str, [i32; 2], Side)],
) -> Result<(), CircuitError> {
    let ends = segments.iter().flat_map(|(net, (a, b))| [(*net, *a), (*net, *b)]);
    let points: Vec<(&str, [i32; 2])> = ends.chain(pins.iter().map(|(net, at, _)| (*net, *at))).collect();
    for (net, at) in &points {
        let other = segments.iter().find(|(other, segment)| other != net && on(*segment, *at));
        let pin = pins.iter().find(|(other, place, _)| other != net && place == at);
        if let Some(other) = other.map(|o| o.0).or(pin.map(|p| p.0)) {
            return Err(wrong(net, format!("touches net {other} on sheet {} at {at:?}", sheet.name)));
        }
    }
    Ok(())
}

/// Every piece of a net that is not the whole net has a label.
fn check_islands(
    circuit: &Circuit,
    sheet: &Sheet,
    segments: &[(&str, Segment)],
    pins: &[(&str, [i32; 2], Side)],
    labels: &[Label],
) -> Result<(), CircuitError> {
    let mut all_pins: BTreeMap<&str, usize> = BTreeMap::new();
    for net in circuit.parts.iter().flat_map(|p| &p.pins) {
        *all_pins.entry(net).or_default() += 1;
    }
    let mut open: Vec<usize> = (0..segments.len()).collect();
    while let Some(first) = open.pop() {
        let mut island = vec![first];
        let mut next = 0;
        while next < island.len() {
            let (net, segment) = segments[island[next]];
            next += 1;
            let touching = |i: &usize| segments[*i].0 == net && touch(segments[*i].1, segment);
            let (joined, rest): (Vec<usize>, Vec<usize>) = open.into_iter().partition(touching);
            island.extend(joined);
            open = rest;
        }
        let net = segments[first].0;
        let covers = |at: [i32; 2]| island.iter().any(|i| on(segments[*i].1, at));
        let here = pins.iter().filter(|(n, at, _)| *n == net && covers(*at)).count();
        let has_label = labels.iter().any(|l| l.net == net && covers(l.at));
        if here < all_pins.get(net).copied().unwrap_or(0) && !has_label {
            return Err(wrong(net, format!("a piece of it on sheet {} has no label", sheet.name)));
        }
    }
    Ok(())
}

/// Whether an end of one segment lies on the other.
fn touch(a: Segment, b: Segment) -> bool {
    on(a, b.0) || on(a, b.1) || on(b, a.0) || on(b, a.1)
}

/// Where three or more lines of a net meet.
fn dots(segments: &[(&str, Segment)], pins: &[(&str, [i32; 2], Side)]) -> Vec<[i32; 2]> {
    let mut dots: Vec<[i32; 2]> = Vec::new();
    for (net, (a, b)) in segments {
        for at in [*a, *b] {
            let lines: usize = segments
                .iter()
                .filter(|(other, segment)| other == net && on(*segment, at))
                .map(|(_, (a, b))| if *a == at || *b == at { 1 } else { 2 })
                .sum();
            let pins = pins.iter().filter(|(_, place, _)| *place == at).count();
            if lines + pins > 2 && !dots.contains(&at) {
                dots.push(at);
            }
        }
    }
    dots
}
