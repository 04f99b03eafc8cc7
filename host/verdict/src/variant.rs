//! Which kind of meter and of hub: names of the specifications, checked when they are told.

use std::fmt;

/// What is being upgraded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// An electricity meter: it powers the hub.
    #[default]
    Esme,
    /// A gas meter: it does not power the hub over ICHI.
    Gsme,
}

/// Variants of the electricity meter: A single element, B twin element, C poly-phase; D with auxiliary load control switches,
/// E with boost function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EsmeVariant {
    /// Single element.
    A,
    /// Twin element.
    B,
    /// Poly-phase.
    C,
    /// Single element, load control.
    Ad,
    /// Twin element, load control.
    Bd,
    /// Poly-phase, load control.
    Cd,
    /// Single element, load control, boost.
    Ade,
    /// Twin element, load control, boost.
    Bde,
    /// Poly-phase, load control, boost.
    Cde,
}

impl EsmeVariant {
    /// All nine.
    pub const ALL: [EsmeVariant; 9] = {
        use EsmeVariant as V;
        [V::A, V::B, V::C, V::Ad, V::Bd, V::Cd, V::Ade, V::Bde, V::Cde]
    };

    /// The letters used in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            EsmeVariant::A => "A",
            EsmeVariant::B => "B",
            EsmeVariant::C => "C",
            EsmeVariant::Ad => "AD",
            EsmeVariant::Bd => "BD",
            EsmeVariant::Cd => "CD",
            EsmeVariant::Ade => "ADE",
            EsmeVariant::Bde => "BDE",
            EsmeVariant::Cde => "CDE",
        }
    }

    /// The letters in words.
    pub const fn words(self) -> &'static str {
        match self {
            EsmeVariant::A => "single element",
            EsmeVariant::B => "twin element",
            EsmeVariant::C => "poly-phase",
            EsmeVariant::Ad => "single element, load control",
            EsmeVariant::Bd => "twin element, load control",
            EsmeVariant::Cd => "poly-phase, load control",
            EsmeVariant::Ade => "single element, load control, boost",
            EsmeVariant::Bde => "twin element, load control, boost",
            EsmeVariant::Cde => "poly-phase, load control, boost",
        }
    }

    /// The variant of that name, in letters of either case.
    pub fn from_name(name: &str) -> Option<EsmeVariant> {
        Self::ALL.into_iter().find(|v| v.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for EsmeVariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.words())
    }
}

/// On how many bands the hub speaks to the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChBand {
    /// 2.4 GHz.
    Single,
    /// 2.4 GHz and below 1 GHz.
    Dual,
}

impl ChBand {
    /// The word used in files.
    pub const fn name(self) -> &'static str {
        match self {
            ChBand::Single => "single",
            ChBand::Dual => "dual",
        }
    }

    /// The band of that name, in letters of either case.
    pub fn from_name(name: &str) -> Option<ChBand> {
        [ChBand::Single, ChBand::Dual].into_iter().find(|b| b.name().eq_ignore_ascii_case(name))
    }
}

/// Region of the communications service provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CspRegion {
    /// North.
    North,
    /// Central.
    Central,
    /// South.
    South,
}

impl CspRegion {
    /// The word used in files.
    pub const fn name(self) -> &'static str {
        match self {
            CspRegion::North => "north",
            CspRegion::Central => "central",
            CspRegion::South => "south",
        }
    }

    /// The region of that name, in letters of either case.
    pub fn from_name(name: &str) -> Option<CspRegion> {
        let all = [CspRegion::North, CspRegion::Central, CspRegion::South];
        all.into_iter().find(|r| r.name().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_variants_by_name() {
        let names: Vec<&str> = EsmeVariant::ALL.iter().map(|v| v.name()).collect();
        assert_eq!(names, ["A", "B", "C", "AD", "BD", "CD", "ADE", "BDE", "CDE"]);
        for variant in EsmeVariant::ALL {
            assert_eq!(EsmeVariant::from_name(&variant.name().to_lowercase()), Some(variant));
        }
        assert_eq!(EsmeVariant::from_name("AE"), None);
    }
}
