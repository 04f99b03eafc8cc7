//! The twelve watched lines and sets of them.

/// How many lines an EDGE record can speak of.
pub const LINE_COUNT: usize = 12;

/// A watched line; the number is its bit in a [`LineSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Line {
    /// Rail above comparator 0 (the highest level).
    Rail0 = 0,
    /// Rail above comparator 1.
    Rail1 = 1,
    /// Rail above comparator 2 (the lowest level).
    Rail2 = 2,
    /// AC lost, active high.
    AcLo = 3,
    /// Hub present, active low: 1 means absent.
    ChPr = 4,
    /// Host (meter) present, active low: 1 means absent.
    MtPr = 5,
    /// Phase mark input 0.
    Mark0 = 6,
    /// Phase mark input 1.
    Mark1 = 7,
    /// Phase mark input 2.
    Mark2 = 8,
    /// Phase mark input 3.
    Mark3 = 9,
    /// Pulse per second.
    Pps = 10,
    /// The ADC's last sample is at or above the digital threshold; 0 while that is off, and in version 1.
    Adc = 11,
}

impl Line {
    /// All lines, by bit.
    pub const ALL: [Line; LINE_COUNT] = [
        Line::Rail0,
        Line::Rail1,
        Line::Rail2,
        Line::AcLo,
        Line::ChPr,
        Line::MtPr,
        Line::Mark0,
        Line::Mark1,
        Line::Mark2,
        Line::Mark3,
        Line::Pps,
        Line::Adc,
    ];

    /// The rail comparators, highest level first.
    pub const RAILS: [Line; 3] = [Line::Rail0, Line::Rail1, Line::Rail2];

    /// The phase mark inputs.
    pub const MARKS: [Line; 4] = [Line::Mark0, Line::Mark1, Line::Mark2, Line::Mark3];

    /// The name used in files, on the command line and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Line::Rail0 => "rail0",
            Line::Rail1 => "rail1",
            Line::Rail2 => "rail2",
            Line::AcLo => "ac_lo",
            Line::ChPr => "ch_pr",
            Line::MtPr => "mt_pr",
            Line::Mark0 => "mark0",
            Line::Mark1 => "mark1",
            Line::Mark2 => "mark2",
            Line::Mark3 => "mark3",
            Line::Pps => "pps",
            Line::Adc => "adc",
        }
    }

    /// The line of that name, if there is one.
    pub fn from_name(name: &str) -> Option<Line> {
        Self::ALL.into_iter().find(|line| line.name() == name)
    }

    /// Its bit number.
    #[inline]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// A set of lines, or the levels of all lines: bit n is line n. Only the low 12 bits are ever set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LineSet(u16);

impl LineSet {
    /// No line.
    pub const EMPTY: LineSet = LineSet(0);
    /// Every line.
    pub const ALL: LineSet = LineSet(0x0FFF);

    /// From bits; those above bit 11 are dropped.
    #[inline]
    pub const fn from_bits(bits: u16) -> Self {
        LineSet(bits & 0x0FFF)
    }

    /// The bits.
    #[inline]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether `line` is in the set (its level is 1).
    #[inline]
    pub const fn contains(self, line: Line) -> bool {
        self.0 >> (line as u8) & 1 == 1
    }

    /// The set with `line` put in or taken out.
    #[must_use]
    #[inline]
    pub const fn with(self, line: Line, present: bool) -> Self {
        let bit = 1 << (line as u8);
        LineSet(if present { self.0 | bit } else { self.0 & !bit })
    }

    /// Lines that are in exactly one of the two sets.
    #[must_use]
    #[inline]
    pub const fn symmetric_difference(self, other: LineSet) -> Self {
        LineSet(self.0 ^ other.0)
    }

    /// Lines that are in both sets.
    #[must_use]
    #[inline]
    pub const fn intersection(self, other: LineSet) -> Self {
        LineSet(self.0 & other.0)
    }

    /// Whether no line is in the set.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The lines in the set, by bit.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = Line> {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let line = Line::ALL.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(*line)
        })
    }
}
