//! The decision: one duration against the limit with its guard band. The one place in code.
//!
//! Rule (guard band w = U, the expanded uncertainty; ILAC-G8:09/2019 4.2; the four words are this project's): with the
//! duration D and the limit L, D < L - w is PASS, L - w <= D < L CONDITIONAL PASS, L <= D <= L + w CONDITIONAL FAIL,
//! D > L + w FAIL. Exactly L fails, where ILAC's interval is closed: sources disagree at 180 s, the stricter one counts.

use std::fmt;

use ichiscope_timeline::Problem;

/// The verdict words. Ordered from best to worst: the worst one of a run is the run's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// A gas meter without a measured rail, or a self-test's pulse: there is nothing to decide.
    NotApplicable,
    /// Shorter than the limit by more than the uncertainty.
    Pass,
    /// Shorter than the limit, by no more than the uncertainty.
    ConditionalPass,
    /// The mains was lost first: not the firmware.
    MainsLoss,
    /// The hub was removed.
    ChRemoved,
    /// Together with the hub's reboot it reaches the limit.
    AtRisk,
    /// It could be wrong, so nothing is said.
    Inconclusive,
    /// At or over the limit, by no more than the uncertainty.
    ConditionalFail,
    /// Longer than the limit by more than the uncertainty.
    Fail,
}

impl Verdict {
    /// All words, best first.
    pub const ALL: [Verdict; 9] = [
        Verdict::NotApplicable,
        Verdict::Pass,
        Verdict::ConditionalPass,
        Verdict::MainsLoss,
        Verdict::ChRemoved,
        Verdict::AtRisk,
        Verdict::Inconclusive,
        Verdict::ConditionalFail,
        Verdict::Fail,
    ];

    /// The words used in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::NotApplicable => "NOT APPLICABLE",
            Verdict::Pass => "PASS",
            Verdict::ConditionalPass => "CONDITIONAL PASS",
            Verdict::MainsLoss => "MAINS LOSS",
            Verdict::ChRemoved => "CH REMOVED",
            Verdict::AtRisk => "AT RISK",
            Verdict::Inconclusive => "INCONCLUSIVE",
            Verdict::ConditionalFail => "CONDITIONAL FAIL",
            Verdict::Fail => "FAIL",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a verdict is what it is, beside the duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Something was lost while it lasted or at its ends.
    Gap,
    /// Something was lost elsewhere in the recording: an outage may hide there.
    GapElsewhere,
    /// It began before the recording or in a gap.
    OpenStart,
    /// It was still running at the end of the recording.
    OpenEnd,
    /// What was seen of it is already at or over the limit.
    AlreadyOverLimit,
    /// Another threshold gives a result on the other side of the limit.
    ThresholdDependent,
    /// The rail chattered longer than the distance to the limit.
    Chatter,
    /// AC_LO rose before the rail fell.
    AcLoFirst,
    /// CH_PR was released.
    ChPrReleased,
    /// With the hub's reboot it reaches the limit.
    CombinedTime,
    /// The hub's reboot was neither measured nor allowed for.
    ChRebootUnknown,
    /// The end of the hub's reboot was not seen, or data were lost during it.
    ChRebootOpen,
    /// The source forbids a conclusion.
    Source(Problem),
    /// The data come from another tool's file.
    Imported,
    /// The voltage at an edge was lost, and with it a part of the uncertainty.
    VoltageLost,
    /// For longer than the restore time the ADC says something else than a comparator.
    VoltageContradicts,
    /// For longer than the restore time nothing is known of the voltage that the comparators are held against.
    VoltageUnseen,
    /// Lines of the console were lost, and the hub's boot is told by the console.
    ConsoleLost,
    /// AD1 was seen although no outage reached the limit.
    Ad1Seen,
    /// It is the board's own pulse: acknowledged, and of that start and length.
    SelfTest,
    /// There is a self-test in the recording: the rail's input hung on the jumper then.
    SelfTestSeen,
    /// So many outages are counted and not listed.
    Omitted(u64),
    /// The recording ended before the supply had been good for the restore time.
    NotRestored,
    /// The recording began less than the restore time before it.
    BegunTooLate,
    /// No outage of the restore time or longer was measured, and nothing tells that the upgrade ran.
    NoUpgradeSeen,
    /// No outage was measured, and nothing shows that the rail's comparators follow the rail.
    RailNeverMoved,
    /// The comparator with the highest threshold was not measured.
    HighestNotMeasured,
    /// A comparator of the rail moved and has no threshold.
    RailLeftOut,
    /// Nothing was recorded.
    NothingRecorded,
    /// No rail was measured.
    RailNotMeasured,
}

impl Reason {
    /// Whether it may go by itself while the recording goes on: something has not been seen yet.
    pub const fn is_not_yet(self) -> bool {
        matches!(self, Reason::NotRestored | Reason::NoUpgradeSeen | Reason::RailNeverMoved)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Reason::Gap => "data were lost during it",
            Reason::GapElsewhere => "data were lost in this recording: an outage may hide there",
            Reason::OpenStart => "its start was not seen",
            Reason::OpenEnd => "its end was not seen",
            Reason::AlreadyOverLimit => "what was seen of it already reaches the limit",
            Reason::ThresholdDependent => "thresholds disagree about the limit",
            Reason::Chatter => "the rail chattered longer than the distance to the limit",
            Reason::AcLoFirst => "AC_LO rose before the rail fell",
            Reason::ChPrReleased => "CH_PR was released",
            Reason::CombinedTime => "with the hub's reboot it reaches the limit",
            Reason::ChRebootUnknown => "the hub's reboot was neither measured nor allowed for",
            Reason::ChRebootOpen => "the hub's reboot was not seen whole",
            Reason::Source(problem) => return problem.fmt(f),
            Reason::Imported => "imported: the file cannot prove that nothing was lost, nor its clock",
            Reason::VoltageLost => "the voltage at its edges was lost, so its uncertainty is not known",
            Reason::VoltageContradicts => "the ADC contradicts a comparator",
            Reason::VoltageUnseen => {
                "the voltage was lost for so long that the comparators could not be checked"
            }
            Reason::ConsoleLost => "console lines were lost that may have told the hub's boot",
            Reason::Ad1Seen => "AD1 was seen although no outage that reaches the limit was measured",
            Reason::SelfTest => "self-test: the board's own pulse, acknowledged, with this start and length",
            Reason::SelfTestSeen => {
                "a self-test came back at the rail: it hung on the jumper then, and not on a meter"
            }
            Reason::Omitted(count) => {
                return write!(
                    f,
                    "{count} more outages, none longer than those listed, are counted and not listed"
                );
            }
            Reason::NotRestored => "the recording ended before the supply had been good for the restore time",
            Reason::BegunTooLate => {
                "the recording began so shortly before it that an interruption it belongs to may have been missed"
            }
            Reason::NoUpgradeSeen => {
                "no outage long enough for a restart was measured, and nothing in the recording shows that the new firmware was started during it"
            }
            Reason::RailNeverMoved => {
                "no outage was measured, and nothing in the recording shows that the rail's inputs follow the rail"
            }
            Reason::HighestNotMeasured => {
                "the comparator with the highest threshold was not measured: the supply may have been low for longer"
            }
            Reason::RailLeftOut => {
                "a comparator of the rail moved and has no threshold, so what it saw was not judged"
            }
            Reason::NothingRecorded => "nothing was recorded",
            Reason::RailNotMeasured => "no rail was measured",
        };
        f.write_str(text)
    }
}

/// A duration in ticks, exact: comparisons with nanoseconds never round.
///
/// Bounds: ticks < 2^64 times 10^9 < 2^30 stays below 2^94; nanoseconds < 2^64 times `tick_hz` < 2^64 below 2^128. So no
/// product in `u128` can overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duration {
    pub(crate) ticks: u64,
    pub(crate) tick_hz: u64,
}

impl Duration {
    /// Compares with nanoseconds, exactly.
    pub(crate) fn cmp_ns(self, ns: u64) -> std::cmp::Ordering {
        let ours = u128::from(self.ticks) * 1_000_000_000;
        ours.cmp(&(u128::from(ns) * u128::from(self.tick_hz)))
    }

    /// In nanoseconds, rounded to the nearest.
    pub(crate) fn ns(self) -> u64 {
        let hz = u128::from(self.tick_hz);
        let ns = (u128::from(self.ticks) * 1_000_000_000 + hz / 2) / hz;
        u64::try_from(ns).unwrap_or(u64::MAX)
    }
}

/// The rule: `ticks` at `tick_hz` against `limit_ns` with the guard band `guard_ns`. `tick_hz` is not zero.
pub fn decide(ticks: u64, tick_hz: u64, limit_ns: u64, guard_ns: u64) -> Verdict {
    let duration = Duration { ticks, tick_hz };
    if duration.cmp_ns(limit_ns.saturating_sub(guard_ns)).is_lt() {
        Verdict::Pass
    } else if duration.cmp_ns(limit_ns).is_lt() {
        Verdict::ConditionalPass
    } else if duration.cmp_ns(limit_ns.saturating_add(guard_ns)).is_le() {
        Verdict::ConditionalFail
    } else {
        Verdict::Fail
    }
}
