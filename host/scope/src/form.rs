//! The form of names, device data, thresholds and mark inputs: what was typed, what is wrong with it, and the edits that follow.

use ichiscope_session::{Edits, Facts, MarkFacts, ThresholdFacts};
use ichiscope_verdict::{Device, PhaseKind, Settings};
use ichiscope_wire::Line;

/// The highest voltage that a threshold may have, mV: what the front end can take.
const MAX_MV: i64 = 20_000;
/// The longest time that may be allowed for the hub's reboot, ns: an hour.
const MAX_ALLOWANCE_NS: i64 = 3_600_000_000_000;
/// Digits of an MPAN: whoever types so many in a row is about to store a customer's identity.
const MPAN_DIGITS: usize = 13;
/// Who says so, in the file.
const OPERATOR: &str = "operator";

/// A text of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormField {
    /// A name for the run.
    Name,
    /// Make, model and variant of the meter.
    Meter,
    /// Make and model of the hub.
    Hub,
    /// Firmware before the upgrade.
    FirmwareFrom,
    /// Firmware after the upgrade.
    FirmwareTo,
    /// Anything else.
    Notes,
    /// Time to be allowed for the hub's reboot, s.
    Allowance,
    /// A comparator's falling level, V.
    Falling(Line),
    /// A comparator's rising level, V.
    Rising(Line),
}

impl FormField {
    /// What stands beside it.
    pub fn label(self) -> String {
        match self {
            FormField::Name => "Name of the run".to_owned(),
            FormField::Meter => "Meter: make, model, variant".to_owned(),
            FormField::Hub => "Hub: make, model".to_owned(),
            FormField::FirmwareFrom => "Firmware before".to_owned(),
            FormField::FirmwareTo => "Firmware after".to_owned(),
            FormField::Notes => "Remarks".to_owned(),
            FormField::Allowance => "Allowance for the hub's reboot, s".to_owned(),
            FormField::Falling(line) => format!("{} falls below, V", line.name()),
            FormField::Rising(line) => format!("{} good again from, V", line.name()),
        }
    }
}

/// A text with what it was when the form was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    field: FormField,
    text: String,
    before: String,
}

/// The form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsForm {
    entries: Vec<Entry>,
    /// A gas meter is upgraded.
    pub is_gsme: bool,
    was_gsme: bool,
    /// What each mark input stands for.
    pub marks: Vec<(Line, Option<PhaseKind>)>,
    marks_before: Vec<(Line, Option<PhaseKind>)>,
}

impl SettingsForm {
    /// The form for a recording as it is now.
    pub fn new(facts: &Facts, settings: &Settings, edits: &Edits) -> SettingsForm {
        let bench = &facts.bench;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let mut values = vec![
            (FormField::Name, text(&edits.name)),
            (FormField::Meter, text(&bench.meter)),
            (FormField::Hub, text(&bench.hub)),
            (FormField::FirmwareFrom, text(&bench.firmware_from)),
            (FormField::FirmwareTo, text(&bench.firmware_to)),
            (FormField::Notes, text(&bench.operator_notes)),
            (FormField::Allowance, settings.ch_reboot_allowance_ns.map_or_else(String::new, seconds)),
        ];
        for threshold in &settings.thresholds {
            values.push((FormField::Falling(threshold.line), volts(threshold.falling_mv)));
            values.push((FormField::Rising(threshold.line), volts(threshold.rising_mv)));
        }
        let entry = |(field, text): (FormField, String)| Entry { field, before: text.clone(), text };
        let phase = |line| settings.marks.iter().find(|(l, _)| *l == line).map(|(_, kind)| *kind);
        let marks: Vec<_> =
            [Line::Mark0, Line::Mark1, Line::Mark2, Line::Mark3].map(|l| (l, phase(l))).into();
        let is_gsme = settings.device == Device::Gsme;
        SettingsForm {
            entries: values.into_iter().map(entry).collect(),
            is_gsme,
            was_gsme: is_gsme,
            marks_before: marks.clone(),
            marks,
        }
    }

    /// Its texts, in order.
    pub fn texts(&self) -> impl Iterator<Item = (FormField, &str)> {
        self.entries.iter().map(|e| (e.field, e.text.as_str()))
    }

    /// Changes a text.
    pub fn set(&mut self, field: FormField, text: String) {
        if let Some(entry) = self.entries.iter_mut().find(|e| e.field == field) {
            entry.text = text;
        }
    }

    /// What is wrong with a text, if anything.
    pub fn fault(&self, field: FormField) -> Option<String> {
        let text = self.text(field);
        match field {
            FormField::Allowance => {
                let is_good = text.is_empty()
                    || decimal(text, 9).is_some_and(|ns| (0..=MAX_ALLOWANCE_NS).contains(&ns));
                (!is_good).then(|| "no time from 0 to 3600 s".to_owned())
            }
            FormField::Falling(line) => self.level_fault(line, field),
            FormField::Rising(line) => self.level_fault(line, field),
            _ => (longest_digits(text) >= MPAN_DIGITS)
                .then(|| "looks like an MPAN: a customer's identity is never stored".to_owned()),
        }
    }

    fn level_fault(&self, line: Line, field: FormField) -> Option<String> {
        let level = |field| decimal(self.text(field), 3).filter(|mv| (1..=MAX_MV).contains(mv));
        let Some(mv) = level(field) else { return Some("no voltage from 0.001 to 20 V".to_owned()) };
        if let FormField::Rising(_) = field {
            let falling = level(FormField::Falling(line))?;
            return (mv < falling).then(|| "below the falling level".to_owned());
        }
        let higher = self.entries.iter().filter_map(|e| match e.field {
            FormField::Falling(other) if other < line => level(e.field),
            _ => None,
        });
        let lowest = higher.min()?;
        (mv >= lowest).then(|| "not below the comparator above it".to_owned())
    }

    /// Whether anything is wrong.
    pub fn has_fault(&self) -> bool {
        self.entries.iter().any(|e| self.fault(e.field).is_some())
    }

    fn text(&self, field: FormField) -> &str {
        self.entries.iter().find(|e| e.field == field).map_or("", |e| e.text.trim())
    }

    /// `edits` with what was changed in the form. The form has no fault.
    pub fn edits(&self, mut edits: Edits) -> Edits {
        for entry in self.entries.iter().filter(|e| e.text != e.before) {
            let text = Some(entry.text.trim().to_owned());
            match entry.field {
                FormField::Name => edits.name = text.filter(|t| !t.is_empty()),
                FormField::Meter => edits.meter = text,
                FormField::Hub => edits.hub = text,
                FormField::FirmwareFrom => edits.firmware_from = text,
                FormField::FirmwareTo => edits.firmware_to = text,
                FormField::Notes => edits.operator_notes = text,
                FormField::Allowance => {
                    edits.ch_reboot_allowance_ns =
                        decimal(&entry.text, 9).and_then(|ns| u64::try_from(ns).ok());
                }
                FormField::Falling(_) | FormField::Rising(_) => edits.thresholds = Some(self.thresholds()),
            }
        }
        if self.is_gsme != self.was_gsme {
            edits.device_type = Some(if self.is_gsme { "gsme" } else { "esme" }.to_owned());
        }
        if self.marks != self.marks_before {
            let named = |(line, kind): &(Line, Option<PhaseKind>)| {
                kind.map(|k| MarkFacts { line: line.name().to_owned(), phase: k.name().to_owned() })
            };
            edits.marks = Some(self.marks.iter().filter_map(named).collect());
        }
        edits
    }

    fn thresholds(&self) -> Vec<ThresholdFacts> {
        let level =
            |field| decimal(self.text(field), 3).and_then(|mv| i32::try_from(mv).ok()).unwrap_or_default();
        let lines = self.entries.iter().filter_map(|e| match e.field {
            FormField::Falling(line) => Some(line),
            _ => None,
        });
        lines
            .map(|line| ThresholdFacts {
                line: line.name().to_owned(),
                falling_mv: level(FormField::Falling(line)),
                rising_mv: level(FormField::Rising(line)),
                source: OPERATOR.to_owned(),
            })
            .collect()
    }
}

/// A decimal number in units of 10^-`digits`, exact; none for anything else, also for more digits than that.
fn decimal(text: &str, digits: usize) -> Option<i64> {
    let text = text.trim();
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let has_digits = !whole.is_empty() && is_plain(whole) && is_plain(part) && part.len() <= digits;
    has_digits.then(|| format!("{whole}{part:0<digits$}").parse().ok())?
}

fn volts(mv: i32) -> String {
    shortened(format!("{}.{:03}", mv / 1000, mv % 1000))
}

fn seconds(ns: u64) -> String {
    shortened(format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000))
}

fn shortened(text: String) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn longest_digits(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> SettingsForm {
        let mut facts = Facts::new("test", 0, Default::default());
        facts.bench.meter = Some("M1".to_owned());
        SettingsForm::new(&facts, &Settings::default(), &Edits::default())
    }

    fn with(field: FormField, text: &str) -> SettingsForm {
        let mut form = form();
        form.set(field, text.to_owned());
        form
    }

    #[test]
    fn a_form_that_was_not_touched_changes_nothing() {
        let form = form();
        assert!(!form.has_fault());
        assert!(form.edits(Edits::default()).is_empty());
        assert_eq!(form.text(FormField::Falling(Line::Rail0)), "10.2");
    }

    #[test]
    fn decimals_are_exact_or_none() {
        assert_eq!(
            [decimal("10.2", 3), decimal(" 9 ", 3), decimal("0.001", 3)],
            [Some(10_200), Some(9_000), Some(1)]
        );
        for bad in ["", ".", "-1", "1e3", "1.2345", "1,5", "ten", "99999999999999999999"] {
            assert_eq!(decimal(bad, 3), None, "{bad}");
        }
    }

    #[test]
    fn what_was_changed_is_in_the_edits_and_nothing_else() {
        let mut form = with(FormField::Falling(Line::Rail1), "8.75");
        form.set(FormField::Hub, " H2 ".to_owned());
        form.set(FormField::Allowance, "61.5".to_owned());
        form.is_gsme = true;
        form.marks[0].1 = None;
        let edits = form.edits(Edits::default());
        assert_eq!((edits.hub.as_deref(), edits.meter), (Some("H2"), None));
        assert_eq!(edits.ch_reboot_allowance_ns, Some(61_500_000_000));
        assert_eq!(edits.device_type.as_deref(), Some("gsme"));
        let thresholds = edits.thresholds.unwrap_or_default();
        assert_eq!(thresholds.iter().map(|t| t.falling_mv).collect::<Vec<_>>(), [10_200, 8_750, 2_000]);
        assert!(thresholds.iter().all(|t| t.source == OPERATOR));
        assert_eq!(edits.marks.unwrap_or_default().len(), 3);
    }

    #[test]
    fn bad_input_is_named_at_its_field() {
        for (field, text) in [
            (FormField::Falling(Line::Rail0), "12 V"),
            (FormField::Falling(Line::Rail0), "0"),
            (FormField::Falling(Line::Rail0), "20.001"),
            (FormField::Rising(Line::Rail0), "10.1"),
            (FormField::Falling(Line::Rail1), "10.2"),
            (FormField::Allowance, "soon"),
            (FormField::Allowance, "3601"),
            (FormField::Notes, "at 1200012345678, ring twice"),
        ] {
            let form = with(field, text);
            assert!(form.fault(field).is_some() && form.has_fault(), "{field:?} {text}");
        }
    }

    #[test]
    fn a_text_that_is_emptied_takes_the_recorded_one_away() {
        let edits = with(FormField::Meter, "").edits(Edits::default());
        assert_eq!(edits.meter.as_deref(), Some(""));
    }
}
