//! The drawing: one SVG for each sheet.

use std::fmt::Write as _;

use crate::circuit::{COM, Circuit, CircuitError, GND_PC, Kind, Part, Sheet, Side, bridges};
use crate::sheet::{Connections, Label, connections};
use crate::symbol::{Stroke, place, strokes};

/// Pixels of a grid step.
const STEP: f64 = 10.0;
const STYLE: &str = "svg{background:#fff}\
    .w{stroke:#1a4d80;stroke-width:1.4;fill:none}.s{stroke:#111;stroke-width:1.4;fill:none;stroke-linejoin:round}\
    .a{stroke:#111;stroke-width:1.4;fill:#fffbe8;stroke-linejoin:round}.d{fill:#1a4d80}\
    text{font-family:DejaVu Sans,Helvetica,Arial,sans-serif;fill:#111;paint-order:stroke;stroke:#fff;stroke-width:2.5px}\
    .p,.v{stroke:none}.r{font-size:11px;font-weight:bold}.v{font-size:10px}.p{font-size:10px}.n{font-size:10.5px;fill:#1a4d80}\
    .t{font-size:17px;font-weight:bold}.h{font-size:11px;fill:#444}.b{stroke:#b00020;stroke-width:2;stroke-dasharray:9 6}\
    .vv{font-size:10px}.bt{font-size:12px;font-weight:bold;fill:#b00020}";

/// The sheet as SVG.
///
/// # Errors
/// What is drawn and the nets contradict each other.
pub fn svg(circuit: &Circuit, sheet: &Sheet) -> Result<String, CircuitError> {
    let found = connections(circuit, sheet)?;
    let [width, height] = sheet.size.map(|steps| f64::from(steps) * STEP);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <title>{0}</title>\n<style>{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n",
        escape(&sheet.title)
    );
    barrier(circuit, sheet, &mut out);
    for wire in circuit.wires.iter().filter(|w| w.sheet == sheet.name) {
        let points: Vec<[f64; 2]> = wire.path.iter().map(|p| p.map(f64::from)).collect();
        line(&mut out, "w", &points);
    }
    for part in circuit.parts.iter().filter(|p| p.sheet == sheet.name) {
        draw_part(circuit, part, &mut out)?;
    }
    draw_connections(&found, &mut out);
    text(&mut out, "t", "start", [2.0, f64::from(sheet.size[1]) - 1.2], &sheet.title);
    let source = "made from circuit.toml by ichiscope-circuit";
    text(&mut out, "h", "end", [f64::from(sheet.size[0]) - 2.0, f64::from(sheet.size[1]) - 1.2], source);
    out.push_str("</svg>\n");
    Ok(out)
}

/// The isolation barrier, through the middle of the parts that bridge the two grounds.
fn barrier(circuit: &Circuit, sheet: &Sheet, out: &mut String) {
    let Some(part) = circuit.parts.iter().find(|p| p.sheet == sheet.name && bridges(p)) else { return };
    let x = f64::from(part.at[0]) * STEP;
    let bottom = f64::from(sheet.size[1] - 4) * STEP;
    let _ = writeln!(out, "<line class=\"b\" x1=\"{x}\" y1=\"22\" x2=\"{x}\" y2=\"{bottom}\"/>");
    text(out, "bt", "end", [f64::from(part.at[0]) - 1.0, 1.9], "meter side: NOT isolated from mains");
    text(out, "bt", "start", [f64::from(part.at[0]) + 1.0, 1.9], "PC side");
}

fn draw_part(circuit: &Circuit, part: &Part, out: &mut String) -> Result<(), CircuitError> {
    let item = circuit.item(part)?;
    for stroke in strokes(circuit, part)? {
        match stroke {
            Stroke::Line(points) => line(out, "s", &placed(part, points)),
            Stroke::Area(points) => area(out, &placed(part, points)),
            Stroke::Circle(at, radius) => {
                let [x, y] = place(part, at).map(|v| v * STEP);
                let _ = writeln!(
                    out,
                    "<circle class=\"a\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"/>",
                    radius * STEP
                );
            }
            Stroke::Text(at, words) => {
                let [x, y] = place(part, at);
                text(out, "v", "middle", [x, y + 0.35], &words);
            }
        }
    }
    let [x, y] = part.at.map(f64::from);
    let kind = circuit.kind(part)?;
    let upright = part.turn % 2 == 1;
    let reference = &part.reference;
    match kind {
        Kind::Block => {
            let half = f64::from(item.width) / 2.0;
            let rows = item.left.len().max(item.right.len()) as f64;
            text(out, "r", "start", [x - half, y - 2.3], reference);
            text(out, "vv", "middle", [x, y + (rows - 1.0) * 3.0 + 3.0], &item.value);
            for (row, name) in item.left.iter().enumerate() {
                text(out, "p", "start", [x - half + 0.6, y + row as f64 * 3.0 + 0.35], name);
            }
            for (row, name) in item.right.iter().enumerate() {
                text(out, "p", "end", [x + half - 0.6, y + row as f64 * 3.0 + 0.35], name);
            }
        }
        Kind::DiodePair => {
            text(out, "r", "end", [x - 1.6, y - 0.6], reference);
            text(out, "v", "end", [x - 1.6, y + 0.8], &item.value);
        }
        Kind::Nmos => {
            text(out, "r", "start", [x + 1.0, y - 0.2], reference);
            text(out, "v", "start", [x + 1.0, y + 1.2], &item.value);
        }
        Kind::Power => {
            text(out, "r", "start", [x + 2.5, y - 0.4], reference.trim_end_matches('P'));
            text(out, "v", "start", [x + 2.5, y + 1.0], &item.value);
        }
        _ if upright => {
            let away = if kind == Kind::Resistor { 1.4 } else { 1.9 };
            text(out, "r", "start", [x + away, y - 0.2], reference);
            text(out, "v", "start", [x + away, y + 1.1], &item.value);
        }
        Kind::Resistor => {
            text(out, "r", "middle", [x, y - 1.3], reference);
            text(out, "v", "middle", [x, y + 0.35], &item.value);
        }
        Kind::Comparator | Kind::Follower => {
            text(out, "r", "start", [x + 0.6, y - 2.3], reference);
            text(out, "v", "start", [x + 0.6, y + 3.1], &item.value);
        }
        _ => {
            text(out, "r", "middle", [x, y - 1.9], reference);
            text(out, "v", "middle", [x, y + 2.7], &item.value);
        }
    }
    Ok(())
}

fn draw_connections(found: &Connections, out: &mut String) {
    for [x, y] in &found.dots {
        let (x, y) = (f64::from(*x) * STEP, f64::from(*y) * STEP);
        let _ = writeln!(out, "<circle class=\"d\" cx=\"{x}\" cy=\"{y}\" r=\"3.2\"/>");
    }
    for label in &found.labels {
        draw_label(label, out);
    }
}

fn draw_label(label: &Label, out: &mut String) {
    let [x, y] = label.at.map(f64::from);
    let is_ground = label.net == COM || label.net == GND_PC;
    if label.net.starts_with("nc_") {
        line(out, "w", &[[x - 0.5, y - 0.5], [x + 0.5, y + 0.5]]);
        line(out, "w", &[[x - 0.5, y + 0.5], [x + 0.5, y - 0.5]]);
        return;
    }
    match label.side {
        Side::Down if is_ground => ground(label, [x, y], out),
        Side::Up | Side::Down => {
            let up = if label.side == Side::Up { -1.0 } else { 1.0 };
            line(out, "w", &[[x, y], [x, y + up * 1.2]]);
            line(out, "w", &[[x - 1.2, y + up * 1.2], [x + 1.2, y + up * 1.2]]);
            let below = if up > 0.0 { 1.1 } else { 0.0 };
            text(out, "n", "middle", [x, y + up * 1.7 + below], &label.net);
        }
        Side::Left | Side::Right if is_ground => {
            let out_x = if label.side == Side::Left { x - 1.5 } else { x + 1.5 };
            line(out, "w", &[[x, y], [out_x, y]]);
            ground(label, [out_x, y], out);
        }
        Side::Left => flag(label, -1.0, "end", out),
        Side::Right => flag(label, 1.0, "start", out),
    }
}

/// A name with an arrow's point at the wire.
fn flag(label: &Label, way: f64, anchor: &str, out: &mut String) {
    let [x, y] = label.at.map(f64::from);
    line(out, "w", &[[x, y], [x + way * 0.9, y]]);
    line(out, "w", &[[x + way * 1.4, y - 0.5], [x + way * 0.9, y], [x + way * 1.4, y + 0.5]]);
    text(out, "n", anchor, [x + way * 1.8, y + 0.38], &label.net);
}

fn ground(label: &Label, [x, y]: [f64; 2], out: &mut String) {
    line(out, "w", &[[x, y], [x, y + 0.9]]);
    if label.net == COM {
        for (row, half) in [(0.9, 1.1), (1.25, 0.7), (1.6, 0.3)] {
            line(out, "w", &[[x - half, y + row], [x + half, y + row]]);
        }
    } else {
        line(out, "w", &[[x - 1.1, y + 0.9], [x + 1.1, y + 0.9], [x, y + 1.8], [x - 1.1, y + 0.9]]);
    }
}

fn placed(part: &Part, points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    points.into_iter().map(|p| place(part, p)).collect()
}

fn line(out: &mut String, class: &str, points: &[[f64; 2]]) {
    let _ = writeln!(out, "<polyline class=\"{class}\" points=\"{}\"/>", list(points));
}

fn area(out: &mut String, points: &[[f64; 2]]) {
    let _ = writeln!(out, "<polygon class=\"a\" points=\"{}\"/>", list(points));
}

fn list(points: &[[f64; 2]]) -> String {
    let pairs: Vec<String> = points.iter().map(|[x, y]| format!("{:.1},{:.1}", x * STEP, y * STEP)).collect();
    pairs.join(" ")
}

fn text(out: &mut String, class: &str, anchor: &str, [x, y]: [f64; 2], words: &str) {
    let _ = writeln!(
        out,
        "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        x * STEP,
        y * STEP,
        escape(words)
    );
}

fn escape(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
