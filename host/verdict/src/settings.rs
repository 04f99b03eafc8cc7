//! What an analysis is told: thresholds, times, the clock, the device. All defaults are engineering defaults.

use ichiscope_wire::Line;

use crate::{ChBand, ClockCalibration, CspRegion, Device, EsmeVariant, FrontEnd, PhaseKind};

/// Label of every default in this file: no specification stands behind it.
pub const ENGINEERING_DEFAULT: &str = "engineering default";

/// The levels of one rail comparator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// The comparator's line.
    pub line: Line,
    /// An interruption starts at the first tick below this, mV.
    pub falling_mv: i32,
    /// It ends at the first tick at or above this, mV.
    pub rising_mv: i32,
}

/// What an analysis is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The hub reports an outage of this length or longer, ns. Exactly this length counts.
    pub limit_ns: u64,
    /// Levels of the rail comparators.
    pub thresholds: Vec<Threshold>,
    /// A level must last this long to count, ns; the edge is dated back.
    pub deglitch_ns: u64,
    /// The rail is restored when it was good this long, ns; interruptions nearer than this are also given as a sum.
    pub restore_ns: u64,
    /// How far the board's clock may be off, parts per billion, as a bound.
    pub clock_ppb: u32,
    /// Uncertainty of a comparator's level as a bound, mV.
    pub threshold_mv: u32,
    /// Difference of a comparator's delay between falling and rising as a bound, ns.
    pub comparator_delay_ns: u32,
    /// How far before the first tick that shows it an edge may lie, ns: the distance of the samples where the rail was
    /// sampled and not compared at every tick; 0 where the tick says all.
    pub edge_resolution_ns: u64,
    /// Time to be allowed for the hub's reboot where it was not measured, ns.
    pub ch_reboot_allowance_ns: Option<u64>,
    /// The phase that each mark input stands for while it is high.
    pub marks: Vec<(Line, PhaseKind)>,
    /// What is being upgraded.
    pub device: Device,
    /// Which variant of the electricity meter, if told.
    pub variant: Option<EsmeVariant>,
    /// The hub's bands, if told.
    pub ch_band: Option<ChBand>,
    /// The region that the hub is for, if told.
    pub csp_region: Option<CspRegion>,
    /// The front end, if its profile is known: it takes the place of `threshold_mv` and `comparator_delay_ns`.
    pub front_end: Option<FrontEnd>,
    /// The clock's calibration, if there is one: it takes the place of `clock_ppb`.
    pub clock: Option<ClockCalibration>,
}

impl Default for Settings {
    fn default() -> Self {
        let threshold = |line, falling_mv, rising_mv| Threshold { line, falling_mv, rising_mv };
        Settings {
            limit_ns: 180_000_000_000,
            thresholds: vec![
                threshold(Line::Rail0, 10_200, 10_800),
                threshold(Line::Rail1, 9_000, 9_600),
                threshold(Line::Rail2, 2_000, 2_600),
            ],
            deglitch_ns: 100_000,
            restore_ns: 1_000_000_000,
            clock_ppb: 50_000,
            threshold_mv: 100,
            // What `docs/front-end/limits.toml` allows a front end; its simulation finds up to 8 us.
            comparator_delay_ns: 10_000,
            edge_resolution_ns: 0,
            ch_reboot_allowance_ns: None,
            marks: vec![
                (Line::Mark0, PhaseKind::ImageDistribution),
                (Line::Mark1, PhaseKind::ActivationCommand),
                (Line::Mark2, PhaseKind::MeterReboot),
                (Line::Mark3, PhaseKind::ChBoot),
            ],
            device: Device::Esme,
            variant: None,
            ch_band: None,
            csp_region: None,
            front_end: None,
            clock: None,
        }
    }
}
