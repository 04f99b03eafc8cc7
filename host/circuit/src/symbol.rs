//! Symbols of the drawing: where a part's pins are, and what it looks like.

use crate::circuit::{Circuit, CircuitError, Item, Kind, Part, Side};

/// Distance of a block's pins.
const PITCH: i32 = 3;
/// Length of a block's pins.
const LEAD: i32 = 2;

/// A pin in the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pin {
    /// Where a wire meets it.
    pub(crate) at: [i32; 2],
    /// The side on which the outside is.
    pub(crate) side: Side,
}

/// The pins of a part in their order.
pub(crate) fn pins(circuit: &Circuit, part: &Part) -> Result<Vec<Pin>, CircuitError> {
    use Side::{Down, Left, Right, Up};
    let local: Vec<([i32; 2], Side)> = match circuit.kind(part)? {
        Kind::Resistor
        | Kind::Capacitor
        | Kind::Fuse
        | Kind::Diode
        | Kind::Zener
        | Kind::Inverter
        | Kind::Buffer => vec![([-3, 0], Left), ([3, 0], Right)],
        Kind::DiodePair => vec![([0, 4], Down), ([3, 0], Right), ([0, -4], Up)],
        Kind::Comparator | Kind::Follower => vec![([-4, 2], Left), ([-4, -2], Left), ([4, 0], Right)],
        Kind::Nmos => vec![([-3, 0], Left), ([0, -3], Up), ([0, 3], Down)],
        Kind::Power => vec![([0, -3], Up), ([0, 3], Down)],
        Kind::Block => block_pins(circuit.item(part)?),
    };
    let moved = local.into_iter().map(|(at, side)| {
        let [x, y] = place(part, [f64::from(at[0]), f64::from(at[1])]);
        Pin { at: [x.round() as i32, y.round() as i32], side: turned(part, side) }
    });
    Ok(moved.collect())
}

fn block_pins(item: &Item) -> Vec<([i32; 2], Side)> {
    let x = item.width / 2 + LEAD;
    let column = |names: &[String], x: i32, side| -> Vec<([i32; 2], Side)> {
        (0..names.len()).map(|row| ([x, row as i32 * PITCH], side)).collect()
    };
    let mut pins = column(&item.left, -x, Side::Left);
    pins.extend(column(&item.right, x, Side::Right));
    pins
}

/// A part's own coordinates on the sheet.
pub(crate) fn place(part: &Part, [x, y]: [f64; 2]) -> [f64; 2] {
    let y = if part.flip { -y } else { y };
    let [x, y] = (0..part.turn % 4).fold([x, y], |[x, y], _| [-y, x]);
    [x + f64::from(part.at[0]), y + f64::from(part.at[1])]
}

fn turned(part: &Part, side: Side) -> Side {
    let side = match (part.flip, side) {
        (true, Side::Up) => Side::Down,
        (true, Side::Down) => Side::Up,
        (_, side) => side,
    };
    (0..part.turn % 4).fold(side, |side, _| match side {
        Side::Left => Side::Up,
        Side::Up => Side::Right,
        Side::Right => Side::Down,
        Side::Down => Side::Left,
    })
}

/// A stroke of a symbol, in the part's own coordinates.
pub(crate) enum Stroke {
    /// A line through points.
    Line(Vec<[f64; 2]>),
    /// A closed area.
    Area(Vec<[f64; 2]>),
    /// A circle.
    Circle([f64; 2], f64),
    /// Text in its middle.
    Text([f64; 2], String),
}

/// What a part looks like.
pub(crate) fn strokes(circuit: &Circuit, part: &Part) -> Result<Vec<Stroke>, CircuitError> {
    use Stroke::{Area, Circle, Line, Text};
    let item = circuit.item(part)?;
    let leads = |half: f64| vec![Line(vec![[-3.0, 0.0], [-half, 0.0]]), Line(vec![[half, 0.0], [3.0, 0.0]])];
    let boxed = |half_w: f64, half_h: f64| {
        Area(vec![[-half_w, -half_h], [half_w, -half_h], [half_w, half_h], [-half_w, half_h]])
    };
    let triangle = || Area(vec![[-2.0, -3.0], [-2.0, 3.0], [2.6, 0.0]]);
    Ok(match circuit.kind(part)? {
        Kind::Resistor => [leads(2.1), vec![boxed(2.1, 0.8)]].concat_strokes(),
        Kind::Fuse => {
            [leads(2.1), vec![boxed(2.1, 0.8), Line(vec![[-2.1, 0.0], [2.1, 0.0]])]].concat_strokes()
        }
        Kind::Capacitor => [
            leads(0.35),
            vec![Line(vec![[-0.35, -1.3], [-0.35, 1.3]]), Line(vec![[0.35, -1.3], [0.35, 1.3]])],
        ]
        .concat_strokes(),
        Kind::Diode => [leads(0.9), diode([0.0, 0.0], false, false)].concat_strokes(),
        Kind::Zener => [leads(0.9), diode([0.0, 0.0], false, true)].concat_strokes(),
        Kind::DiodePair => [
            vec![Line(vec![[0.0, 4.0], [0.0, -4.0]]), Line(vec![[0.0, 0.0], [3.0, 0.0]])],
            diode([0.0, 2.0], true, false),
            diode([0.0, -2.0], true, false),
            vec![Circle([0.0, 0.0], 0.25)],
        ]
        .concat_strokes(),
        Kind::Comparator | Kind::Follower => vec![
            Line(vec![[-4.0, 2.0], [-2.0, 2.0]]),
            Line(vec![[-4.0, -2.0], [-2.0, -2.0]]),
            Line(vec![[2.6, 0.0], [4.0, 0.0]]),
            triangle(),
            Text([-1.2, 1.6], "+".into()),
            Text([-1.2, -1.6], "\u{2212}".into()),
        ],
        Kind::Inverter | Kind::Buffer => {
            let mut all = vec![
                Line(vec![[-3.0, 0.0], [-1.6, 0.0]]),
                Line(vec![[1.4, 0.0], [3.0, 0.0]]),
                Area(vec![[-1.6, -1.6], [-1.6, 1.6], [1.4, 0.0]]),
                Line(vec![[-1.2, 0.35], [-0.7, 0.35], [-0.5, -0.35], [0.1, -0.35]]),
                Line(vec![[-0.9, 0.35], [-0.7, -0.35], [-0.5, -0.35]]),
            ];
            if circuit.kind(part)? == Kind::Inverter {
                all.push(Circle([1.7, 0.0], 0.3));
            }
            all
        }
        Kind::Nmos => vec![
            Line(vec![[-3.0, 0.0], [-0.9, 0.0]]),
            Line(vec![[-0.9, -1.2], [-0.9, 1.2]]),
            Line(vec![[-0.4, -1.5], [-0.4, -0.7]]),
            Line(vec![[-0.4, -0.4], [-0.4, 0.4]]),
            Line(vec![[-0.4, 0.7], [-0.4, 1.5]]),
            Line(vec![[-0.4, -1.1], [0.0, -1.1], [0.0, -3.0]]),
            Line(vec![[-0.4, 1.1], [0.0, 1.1], [0.0, 3.0]]),
            Line(vec![[-0.4, 0.0], [0.0, 0.0], [0.0, 1.1]]),
            Area(vec![[-0.35, 0.0], [-0.05, -0.2], [-0.05, 0.2]]),
        ],
        Kind::Power => vec![
            Line(vec![[0.0, -3.0], [0.0, -1.5]]),
            Line(vec![[0.0, 1.5], [0.0, 3.0]]),
            boxed(2.2, 1.5),
            Text([0.0, 0.0], "supply".into()),
        ],
        Kind::Block => block(item),
    })
}

/// A triangle with its bar; `up` points upwards, else to the right.
fn diode([x, y]: [f64; 2], up: bool, zener: bool) -> Vec<Stroke> {
    let point = |along: f64, across: f64| if up { [x + across, y - along] } else { [x + along, y + across] };
    let bar = if zener {
        vec![point(0.5, -1.0), point(0.9, -1.0), point(0.9, 1.0), point(1.3, 1.0)]
    } else {
        vec![point(0.9, -1.0), point(0.9, 1.0)]
    };
    vec![Stroke::Area(vec![point(-0.9, -1.0), point(-0.9, 1.0), point(0.9, 0.0)]), Stroke::Line(bar)]
}

fn block(item: &Item) -> Vec<Stroke> {
    let half = f64::from(item.width) / 2.0;
    let rows = item.left.len().max(item.right.len()) as f64;
    let (top, bottom) = (-1.8, (rows - 1.0) * f64::from(PITCH) + 1.8);
    let mut all = vec![Stroke::Area(vec![[-half, top], [half, top], [half, bottom], [-half, bottom]])];
    for pin in block_pins(item) {
        let [x, y] = [f64::from(pin.0[0]), f64::from(pin.0[1])];
        all.push(Stroke::Line(vec![[x, y], [x.signum() * half, y]]));
    }
    all
}

trait Concat {
    fn concat_strokes(self) -> Vec<Stroke>;
}

impl<const N: usize> Concat for [Vec<Stroke>; N] {
    fn concat_strokes(self) -> Vec<Stroke> {
        self.into_iter().flatten().collect()
    }
}
