//! The ADC's scale over many builds: divider, buffer, reference and the converter's own errors.

use std::fmt::Write as _;

use super::StudyError;
use super::network::{LEAKAGE_NA, drawn_ohm, drawn_vref, resistors_at};
use super::thresholds::Spread;
use crate::circuit::{Circuit, Kind, Part, wrong};
use crate::netlist::node;
use crate::ngspice::run;
use crate::random::Random;

const BATCH: usize = 500;
/// Steps of a 12-bit scale.
const STEPS: f64 = 4096.0;
/// The two rail voltages between which the scale is drawn, V.
const LOW_V: f64 = 2.0;
const HIGH_V: f64 = 12.0;

/// The scale of the ADC: rail = offset + gain * code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdcFigures {
    /// uV at the ICHI pins for a step of the code.
    pub gain_uv_per_code: f64,
    /// uV at code 0.
    pub offset_uv: f64,
    /// Expanded uncertainty (k = 2) of the gain, parts per million.
    pub gain_u_ppm: f64,
    /// Expanded uncertainty (k = 2) of the offset, uV.
    pub offset_u_uv: f64,
    /// Furthest that any build reads off at 12 V with the nominal scale, mV.
    pub worst_mv: f64,
}

pub(crate) fn study(circuit: &Circuit, trials: usize) -> Result<AdcFigures, StudyError> {
    let follower = circuit
        .parts
        .iter()
        .find(|p| circuit.items.get(&p.item).is_some_and(|i| i.kind == Kind::Follower) && p.kind.is_none())
        .ok_or_else(|| wrong("ADC", "there is no buffer"))?;
    let converter = circuit
        .parts
        .iter()
        .find(|p| circuit.items.get(&p.item).is_some_and(|i| i.linearity_lsb > 0.0))
        .ok_or_else(|| wrong("ADC", "no part has a linearity"))?;
    let item = circuit.item(converter)?;
    let divider = resistors_at(circuit, &follower.pins[0], &["RAIL_IN"])?;
    let nominal_vref = circuit.supplies.get("VREF").copied().unwrap_or(0.0);
    let mut random = Random::new(0xADC_1C41);
    let (mut gains, mut offsets, mut readings) = (Vec::new(), Vec::new(), Vec::new());
    let nominal = nominal_scale(circuit, follower, &divider, nominal_vref)?;
    let mut left = trials;
    while left > 0 {
        let batch = left.min(BATCH);
        let mut netlist = String::new();
        let mut errors = Vec::new();
        for build in 0..batch {
            let vref = drawn_vref(circuit, &mut random)?;
            let buffer = circuit.item(follower)?;
            let offset_v = buffer.offset_mv / 1000.0 * random.symmetric();
            let bias_na = (buffer.bias_na + LEAKAGE_NA) * random.symmetric();
            let mut ohms = Vec::new();
            for part in &divider {
                ohms.push(drawn_ohm(circuit, part, &mut random)?);
            }
            for (point, rail) in [LOW_V, HIGH_V].into_iter().enumerate() {
                write_copy(
                    &format!("{build}_{point}"),
                    rail,
                    follower,
                    (&divider, &ohms),
                    [offset_v, bias_na],
                    &mut netlist,
                );
            }
            let own_offset = item.offset_lsb * random.symmetric();
            let own_gain = item.gain_lsb / STEPS * random.symmetric();
            let bend = [item.linearity_lsb * random.symmetric(), item.linearity_lsb * random.symmetric()];
            errors.push((vref, own_offset, own_gain, bend));
        }
        let waves = run(&netlist, "op", &[])?;
        for (build, (vref, own_offset, own_gain, bend)) in errors.into_iter().enumerate() {
            let code = |point: usize| {
                let volt = waves.last(&format!("v({}_{build}_{point})", node(&follower.pins[2])))?;
                Ok::<f64, StudyError>(volt / vref * STEPS * (1.0 + own_gain) + own_offset + bend[point])
            };
            let (low, high) = (code(0)?, code(1)?);
            let gain = (HIGH_V - LOW_V) * 1e6 / (high - low);
            gains.push(gain);
            offsets.push(HIGH_V * 1e6 - gain * high);
            readings.push((nominal * high - HIGH_V * 1e6) / 1000.0);
        }
        left -= batch;
    }
    let (gain, offset, reading) = (Spread::of(&gains), Spread::of(&offsets), Spread::of(&readings));
    Ok(AdcFigures {
        gain_uv_per_code: nominal,
        offset_uv: 0.0,
        gain_u_ppm: 2.0 * gain.deviation / nominal * 1e6,
        offset_u_uv: 2.0 * offset.deviation,
        worst_mv: reading.furthest_from(0.0),
    })
}

/// uV for a step with nominal parts.
fn nominal_scale(
    circuit: &Circuit,
    follower: &Part,
    divider: &[&Part],
    vref: f64,
) -> Result<f64, StudyError> {
    let mut netlist = String::new();
    let mut ohms = Vec::new();
    for part in divider {
        ohms.push(circuit.value(part)?);
    }
    write_copy("n", HIGH_V, follower, (divider, &ohms), [0.0, 0.0], &mut netlist);
    let volt = run(&netlist, "op", &[])?.last(&format!("v({}_n)", node(&follower.pins[2])))?;
    Ok(HIGH_V * 1e6 / (volt / vref * STEPS))
}

fn write_copy(
    name: &str,
    rail: f64,
    follower: &Part,
    (divider, ohms): (&[&Part], &[f64]),
    [offset_v, bias_na]: [f64; 2],
    netlist: &mut String,
) {
    let local = |net: &str| if node(net) == "0" { "0".to_owned() } else { format!("{}_{name}", node(net)) };
    for (part, ohm) in divider.iter().zip(ohms) {
        let _ = writeln!(
            netlist,
            "r_{}_{name} {} {} {ohm:e}",
            part.reference,
            local(&part.pins[0]),
            local(&part.pins[1])
        );
    }
    let (sense, output) = (local(&follower.pins[0]), local(&follower.pins[2]));
    let _ = writeln!(netlist, "v_rail_{name} {} 0 {rail}", local("RAIL_IN"));
    let _ = writeln!(netlist, "i_bias_{name} {sense} 0 {bias_na:e}n");
    let _ = writeln!(netlist, "v_off_{name} plus_{name} {sense} {offset_v:e}");
    let _ = writeln!(netlist, "e_buf_{name} {output} 0 plus_{name} {output} 1e5");
}
