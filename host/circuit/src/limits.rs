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
