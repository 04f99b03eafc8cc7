//! Which name of the file is which line: `rail=NAME,ac_lo=NAME`.

use ichiscope_wire::{Line, LineSet};

use super::error::Wrong;

/// What a name of the file stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A digital line.
    Line(Line),
    /// The rail's voltage, compared with every threshold.
    RailVoltage,
    /// High where nothing is known: the `gap` that this program's own exports have.
    Gap,
}

impl Target {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Target::Line(line) => line.name(),
            Target::RailVoltage => "rail_mv",
            Target::Gap => "gap",
        }
    }
}

/// Which name of the file is which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    entries: Vec<(Target, String)>,
    text: String,
}

impl Mapping {
    /// From `rail=NAME[,rail_mv=NAME][,ac_lo=NAME]...`. `rail` is `rail0`.
    ///
    /// # Errors
    /// A part is not `line=NAME`, a line does not exist or is there twice, or there is no rail.
    pub fn parse(text: &str) -> Result<Mapping, Wrong> {
        let mut entries: Vec<(Target, String)> = Vec::new();
        for part in text.split(',') {
            let pair = part.split_once('=').map(|(line, name)| (line.trim(), name.trim()));
            let Some((line, name)) = pair.filter(|(_, name)| !name.is_empty()) else {
                return Err(Wrong::MapSyntax(part.to_owned()));
            };
            let target = target(line).ok_or_else(|| Wrong::MapLine(line.to_owned()))?;
            entries.push((target, name.to_owned()));
        }
        let mapping = Mapping { entries, text: text.to_owned() };
        mapping.check()?;
        Ok(mapping)
    }

    fn check(&self) -> Result<(), Wrong> {
        let mut seen = LineSet::EMPTY;
        for line in self.entries.iter().flat_map(|(target, _)| lines(*target)) {
            if seen.contains(*line) {
                return Err(Wrong::MapTwice(line.name()));
            }
            seen = seen.with(*line, true);
        }
        let has_rail = Line::RAILS.into_iter().any(|rail| seen.contains(rail));
        if has_rail { Ok(()) } else { Err(Wrong::NoRail) }
    }

    /// Targets and names, in the order given.
    pub(crate) fn entries(&self) -> &[(Target, String)] {
        &self.entries
    }

    /// All lines that are told by the file.
    pub(crate) fn wired(&self) -> LineSet {
        let lines = self.entries.iter().flat_map(|(target, _)| lines(*target));
        lines.fold(LineSet::EMPTY, |set, line| set.with(*line, true))
    }

    /// As it was given.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

fn target(name: &str) -> Option<Target> {
    match name {
        "rail" => Some(Target::Line(Line::Rail0)),
        "rail_mv" => Some(Target::RailVoltage),
        "gap" => Some(Target::Gap),
        name => Line::from_name(name).filter(|l| *l != Line::Adc).map(Target::Line),
    }
}

fn lines(target: Target) -> &'static [Line] {
    match target {
        Target::RailVoltage => &Line::RAILS,
        Target::Gap => &[],
        Target::Line(line) => std::slice::from_ref(&Line::ALL[line as usize]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_lines() {
        let m = Mapping::parse("rail=top.r,ac_lo=a,mark0=m").unwrap();
        assert_eq!(m.entries()[0], (Target::Line(Line::Rail0), "top.r".to_owned()));
        assert_eq!(m.wired().iter().collect::<Vec<_>>(), [Line::Rail0, Line::AcLo, Line::Mark0]);
        assert_eq!(Mapping::parse("rail_mv=A0").unwrap().wired().iter().count(), 3);
    }

    #[test]
    fn mappings_that_make_no_sense() {
        assert!(matches!(Mapping::parse("rail"), Err(Wrong::MapSyntax(_))));
        assert!(matches!(Mapping::parse("rail=a,"), Err(Wrong::MapSyntax(_))));
        assert!(matches!(Mapping::parse("rial=a"), Err(Wrong::MapLine(_))));
        assert!(matches!(Mapping::parse("rail=a,rail0=b"), Err(Wrong::MapTwice("rail0"))));
        assert!(matches!(Mapping::parse("rail_mv=a,rail2=b"), Err(Wrong::MapTwice("rail2"))));
        assert!(matches!(Mapping::parse("ac_lo=a"), Err(Wrong::NoRail)));
    }
}
