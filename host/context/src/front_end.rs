//! The front end's profile: levels, delays and the ADC's scale with their uncertainties, and who says so.

use std::collections::BTreeSet;

use ichiscope_verdict::{Adc, Comparator, FrontEnd, Settings, Threshold};
use ichiscope_wire::Line;
use serde::Deserialize;

use crate::error::{ContextError, Wrong, toml_error};

/// First key of the file.
pub(crate) const FORMAT: &str = "ichiscope-front-end-1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    name: String,
    source: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    comparator: Vec<ComparatorFile>,
    adc: Option<AdcFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ComparatorFile {
    line: String,
    falling_mv: i32,
    rising_mv: i32,
    threshold_u_mv: u32,
    delay_falling_ns: u32,
    delay_rising_ns: u32,
    delay_u_ns: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdcFile {
    gain_uv_per_code: f64,
    #[serde(default)]
    offset_uv: f64,
    gain_u_ppm: f64,
    offset_u_uv: f64,
    #[serde(default)]
    delay_ns: u32,
}

/// A front end's profile with another scale of its ADC: `text` is the profile that there was, if there was one.
///
/// # Errors
/// The profile that there was, or the one that comes of it, is none.
pub fn with_adc(file: &str, text: Option<&str>, adc: &str, source: &str) -> Result<String, ContextError> {
    let fail = |error: &toml::de::Error| toml_error(file, text.unwrap_or_default(), error);
    let mut table: toml::Table = match text {
        Some(text) => toml::from_str(text).map_err(|error| fail(&error))?,
        None => {
            let mut table = toml::Table::new();
            for (key, value) in [("format", FORMAT), ("name", "calibrated ADC")] {
                table.insert(key.to_owned(), value.into());
            }
            table
        }
    };
    let before = table.get("source").and_then(|s| s.as_str()).map(|s| format!("{s}; ")).unwrap_or_default();
    table.insert("source".to_owned(), format!("{before}{source}").into());
    let adc: toml::Table = toml::from_str(adc).map_err(|error| fail(&error))?;
    table.extend(adc);
    let made = toml::to_string(&table).unwrap_or_default();
    Profile::parse(file, &made)?;
    Ok(made)
}

/// A front end and the levels of its comparators.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    front_end: FrontEnd,
    levels: Vec<Threshold>,
}

impl Profile {
    /// Reads the profile.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Profile, ContextError> {
        let file: File = toml::from_str(text).map_err(|error| toml_error(name, text, &error))?;
        if file.format != FORMAT {
            return Err(Wrong::Format { found: file.format, expected: FORMAT }.at(name, 1));
        }
        let mut seen = BTreeSet::new();
        let (mut comparators, mut levels) = (Vec::new(), Vec::new());
        for c in file.comparator {
            let line = Line::from_name(&c.line).filter(|l| Line::RAILS.contains(l) && seen.insert(*l));
            let line = line.ok_or_else(|| Wrong::Comparator(c.line.clone()).at(name, 0))?;
            if c.falling_mv <= 0 || c.rising_mv < c.falling_mv {
                let value = format!("{} mV falling, {} mV rising", c.falling_mv, c.rising_mv);
                let expected = "both are above 0 and rising is not below falling";
                return Err(Wrong::Range { what: "a comparator's level", value, expected }.at(name, 0));
            }
            levels.push(Threshold { line, falling_mv: c.falling_mv, rising_mv: c.rising_mv });
            comparators.push(Comparator {
                line,
                threshold_u_mv: c.threshold_u_mv,
                delay_falling_ns: c.delay_falling_ns,
                delay_rising_ns: c.delay_rising_ns,
                delay_u_ns: c.delay_u_ns,
            });
        }
        let adc = file.adc.map(|adc| read_adc(name, &adc)).transpose()?;
        let front_end = FrontEnd { name: file.name, source: file.source, date: file.date, comparators, adc };
        Ok(Profile { front_end, levels })
    }

    /// Its figures take the place of the defaults.
    pub(crate) fn apply(&self, settings: &mut Settings) {
        for level in &self.levels {
            match settings.thresholds.iter_mut().find(|t| t.line == level.line) {
                Some(threshold) => *threshold = level.clone(),
                None => settings.thresholds.push(level.clone()),
            }
        }
        settings.front_end = Some(self.front_end.clone());
    }
}

fn read_adc(name: &str, adc: &AdcFile) -> Result<Adc, ContextError> {
    let whole = |what, value: f64, scale: f64, low: f64, high: f64| {
        let scaled = (value * scale).round();
        if (low..=high).contains(&scaled) {
            Ok(scaled)
        } else {
            Err(Wrong::Range { what, value: value.to_string(), expected: "a number of a usual size" }
                .at(name, 0))
        }
    };
    let most = f64::from(u32::MAX);
    Ok(Adc {
        gain_nv_per_code: whole("gain_uv_per_code", adc.gain_uv_per_code, 1000.0, 1.0, 1e12)? as i64,
        offset_uv: whole("offset_uv", adc.offset_uv, 1.0, -1e9, 1e9)? as i64,
        gain_u_ppm: whole("gain_u_ppm", adc.gain_u_ppm, 1.0, 0.0, most)? as u32,
        offset_u_uv: whole("offset_u_uv", adc.offset_u_uv, 1.0, 0.0, most)? as u32,
        delay_ns: adc.delay_ns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
format = "ichiscope-front-end-1"
name = "interposer A"
source = "simulation"
date = "2026-11-25"
[[comparator]]
line = "rail0"
falling_mv = 10150
rising_mv = 10820
threshold_u_mv = 45
delay_falling_ns = 900
delay_rising_ns = 400
delay_u_ns = 300
[adc]
gain_uv_per_code = 3809.5
gain_u_ppm = 8000
offset_u_uv = 20000
"#;

    #[test]
    fn levels_and_uncertainties_take_the_place_of_defaults() {
        let mut settings = Settings::default();
        Profile::parse("f.toml", GOOD).unwrap().apply(&mut settings);
        assert_eq!(
            settings.thresholds[0],
            Threshold { line: Line::Rail0, falling_mv: 10_150, rising_mv: 10_820 }
        );
        assert_eq!(settings.thresholds[1].falling_mv, 9_000);
        let front_end = settings.front_end.unwrap();
        assert_eq!(front_end.comparator(Line::Rail0).unwrap().threshold_u_mv, 45);
        assert_eq!(front_end.adc.unwrap().gain_nv_per_code, 3_809_500);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (GOOD.replace("falling_mv = 10150", "falling_mv = 10900"), "rising is not below falling"),
            (GOOD.replace("rail0", "ac_lo"), "'ac_lo' is no comparator"),
            (GOOD.replace("front-end-1", "front-end-9"), "ichiscope-front-end-9"),
            (GOOD.replace("threshold_u_mv", "treshold_u_mv"), "line 10"),
            (GOOD.replace("3809.5", "-1"), "gain_uv_per_code is -1"),
            (GOOD.replace("= \"simulation\"", "= simulation"), "line 4"),
        ];
        for (text, said) in cases {
            let error = Profile::parse("f.toml", &text).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("f.toml") && error.contains("Remedy"), "{error}");
        }
    }
}
