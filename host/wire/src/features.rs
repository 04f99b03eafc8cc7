//! What a gateware has, as page FEATURES tells it.

/// One thing that a gateware may have; the number is its bit in [`Features`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Feature {
    /// The ADC with its envelope.
    Adc = 0,
    /// Samples at full rate around crossings.
    Window = 1,
    /// The receiver for the meter's debug console.
    Console = 2,
    /// Commands of the host.
    Commands = 3,
    /// The output that gives pulses of known length.
    SelfTest = 4,
    /// The link test.
    LinkTest = 5,
    /// The input CTS.
    Cts = 6,
}

impl Feature {
    /// All of them, by bit.
    pub const ALL: [Feature; 7] = [
        Feature::Adc,
        Feature::Window,
        Feature::Console,
        Feature::Commands,
        Feature::SelfTest,
        Feature::LinkTest,
        Feature::Cts,
    ];

    /// The name used in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Feature::Adc => "adc",
            Feature::Window => "window",
            Feature::Console => "console",
            Feature::Commands => "commands",
            Feature::SelfTest => "self-test",
            Feature::LinkTest => "link-test",
            Feature::Cts => "cts",
        }
    }
}

/// A set of features. Bits that this version does not know are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Features(u16);

impl Features {
    /// None: a gateware of version 1.
    pub const NONE: Features = Features(0);

    /// From the low 16 bits of page FEATURES.
    pub const fn from_bits(bits: u16) -> Self {
        Features(bits)
    }

    /// The bits.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether `feature` is there.
    pub const fn has(self, feature: Feature) -> bool {
        self.0 >> (feature as u8) & 1 == 1
    }

    /// The set with `feature` put in or taken out.
    #[must_use]
    pub const fn with(self, feature: Feature, present: bool) -> Self {
        let bit = 1 << (feature as u8);
        Features(if present { self.0 | bit } else { self.0 & !bit })
    }

    /// The known features in the set, by bit.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().filter(move |feature| self.has(*feature))
    }
}
