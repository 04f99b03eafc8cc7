//! What the front end has to keep: `docs/front-end/limits.toml`, written before the circuit and each with its reason.

use serde::Deserialize;

/// A limit and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The number, in the unit of its name.
    pub value: f64,
    /// Where it comes from.
    pub reason: String,
}

/// All limits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Least load resistance on a tapped line, kohm.
    pub load_kohm: Limit,
    /// Most current into a dead ICHI line, uA.
    pub dead_line_ua: Limit,
    /// Most current into a dead console output, uA.
    pub dead_console_ua: Limit,
    /// Most current through a forgotten self-test jumper, mA.
    pub forgotten_jumper_ma: Limit,
    /// Most current into a supply of the front end that is off, uA.
    pub dead_supply_ua: Limit,
    /// Furthest that a level of any build may be off, mV.
    pub threshold_mv: Limit,
    /// Most that one direction may be later than the other, us.
    pub delay_difference_us: Limit,
    /// Furthest that the ADC of any build may be off at 12 V, mV.
    pub adc_mv: Limit,
    /// Highest voltage at an input of the 3.3 V parts, V.
    pub input_v: Limit,
    /// Most current through a clamp, mA.
    pub clamp_ma: Limit,
    /// Most current at a pin of an isolator, mA.
    pub isolator_ma: Limit,
    /// Least rated voltage of the fuse in the tap, V.
    pub fuse_v: Limit,
    /// Most current drawn from a console of 5 V, uA.
    pub console_ua: Limit,
    /// Furthest that USB-C's pull-downs may be off, percent.
    pub usb_percent: Limit,
    /// Least voltage at a buffer's input while its line is high, V.
    pub input_high_v: Limit,
    /// Most voltage there while its line is low or open, V.
    pub input_low_v: Limit,
    /// Furthest that a console's threshold may be off, and least that an open console must be above it, mV.
    pub console_mv: Limit,
    /// Greatest time constant of a presence line or the console, us.
    pub line_us: Limit,
    /// Greatest time constant at a pin of an isolator, ns.
    pub pin_ns: Limit,
    /// Greatest time constant in front of the ADC, us.
    pub adc_us: Limit,
    /// Furthest that the levels at rest may be off those of the whole circuit, mV.
    pub model_mv: Limit,
}

impl Limits {
    /// Reads the limits.
    ///
    /// # Errors
    /// Not of this form.
    pub fn parse(text: &str) -> Result<Limits, toml::de::Error> {
        toml::from_str(text)
    }
}
