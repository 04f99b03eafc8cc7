//! A bench by hand: a board with rails, console and ADC, a meter's profile and a front end beside it. What is lost never makes it better.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

mod board;

use std::fs;
use std::path::{Path, PathBuf};

use board::{BYTE, Bench, Happens, Lost, S, WINDOW};
use ichiscope_context::{Context, Paths};
use ichiscope_verdict::{Agreement, Analysis, PhaseKind, PhaseSource, Reason, Verdict};
use ichiscope_wire::Line;
use proptest::prelude::*;

const PROFILE: &str = r#"format = "ichiscope-profile-1"
meter = "a test's meter"
[[phase]]
name = "METER_REBOOT"
start = '^rebooting'
end = '^application running'
[[phase]]
name = "CH_BOOT"
start = '^hub: power on'
end = '^hub: ready'
[[version]]
pattern = '^fw (?P<version>[0-9A-F]{8})$'
"#;

const FRONT_END: &str = r#"format = "ichiscope-front-end-1"
name = "a test's front end"
source = "made up"
[adc]
gain_uv_per_code = 4000
gain_u_ppm = 1000
offset_u_uv = 10000
"#;

/// Profile and front end in a folder.
struct Beside {
    _folder: tempfile::TempDir,
    context: Context,
}

fn beside() -> Beside {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| -> Option<PathBuf> {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        Some(path)
    };
    let paths = Paths {
        profile: put("profile.toml", PROFILE),
        front_end: put("front.toml", FRONT_END),
        ..Paths::default()
    };
    let context = Context::read(&paths).unwrap();
    Beside { _folder: folder, context }
}

fn analyse(bench: &Bench, lost: Lost) -> Analysis {
    beside().context.analyse(&mut bench.recording(lost)).unwrap()
}

/// 100 s and 60 s are harmless together, 100 s and 90 s are not: the boot is the console's.
#[test]
fn the_console_tells_the_boot_that_decides() {
    for (boot_s, verdict) in [(60, Verdict::Pass), (90, Verdict::AtRisk)] {
        let a = analyse(&Bench::upgrade(100, boot_s), Lost::default());
        assert_eq!((a.verdict, a.gaps.len()), (verdict, 0), "{:?} {:?}", a.reasons, a.findings);
        let told: Vec<_> = a.phases.iter().filter(|p| p.source == PhaseSource::Console).collect();
        let line =
            |text: &str| "application running\n".len() as u64 * BYTE * u64::from(text == "hub: power on");
        let on = 121 * S + line("hub: power on");
        assert_eq!(
            (told[0].kind, told[0].start_tick, told[0].end_tick),
            (PhaseKind::MeterReboot, 18 * S, 121 * S)
        );
        assert_eq!(
            (told[1].kind, told[1].start_tick, told[1].end_tick),
            (PhaseKind::ChBoot, on, (121 + boot_s) * S)
        );
        assert_eq!(a.versions[0].text, "01020304");
        assert_eq!(
            a.findings.iter().filter(|f| f.agreement == Agreement::Contradicts).count(),
            0,
            "{:?}",
            a.findings
        );
    }
}

/// The rail falls at 12 V a second and goes to 0.
#[test]
fn the_voltage_tells_slope_and_depth() {
    let a = analyse(&Bench::upgrade(100, 60), Lost::default());
    let o = a.outages.iter().find(|o| o.threshold.line == Line::Rail0).unwrap();
    assert_eq!(o.least_mv, Some(0));
    let slope = o.edges.falling.unwrap().0 * 1e9;
    // A window of the envelope is longer than the fall from 12 V: never faster than it was.
    assert!((6_000.0..12_010.0).contains(&slope), "{slope} mV/s");
    assert_eq!(o.below.iter().map(|b| b.line).collect::<Vec<_>>(), Line::RAILS);
    assert!(o.below[0].ticks > o.below[1].ticks && o.below[1].ticks > o.below[2].ticks);
}

/// A comparator that is stuck at "good" while the rail is off: never a PASS, and the same with any part of the ADC's record lost.
#[test]
fn a_stuck_comparator_is_never_a_pass() {
    let mut bench = Bench::upgrade(100, 20);
    bench.script.retain(|(_, h)| !matches!(h, Happens::Rail(..)));
    let clean = analyse(&bench, Lost::default());
    assert_eq!(clean.verdict, Verdict::Inconclusive);
    assert!(clean.reasons.contains(&Reason::VoltageContradicts), "{:?}", clean.reasons);
    let all = (bench.end / WINDOW) as usize;
    for windows in [(0, all), (60, 500), (70, 200), (0, 300), (300, all)] {
        let hurt = analyse(&bench, Lost { windows, ..Lost::default() });
        assert_eq!(hurt.verdict, Verdict::Inconclusive, "{windows:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Bytes of the console and windows of the envelope, lost as a gateware loses them.
    #[test]
    fn no_loss_beside_the_lines_makes_a_verdict_better(
        outage_s in prop::sample::select(vec![20u64, 100, 150, 179, 181]),
        boot_s in prop::sample::select(vec![5u64, 60, 90]),
        byte in 0usize..90,
        bytes in 0usize..40,
        window in 0usize..900,
        windows in 0usize..60,
    ) {
        let bench = Bench::upgrade(outage_s, boot_s);
        let clean = analyse(&bench, Lost::default());
        let lost = Lost { bytes: (byte, byte + bytes), windows: (window, window + windows) };
        let hurt = analyse(&bench, lost);
        prop_assert!(hurt.verdict >= clean.verdict || hurt.verdict == Verdict::Inconclusive,
            "{} became {} ({:?}) with {lost:?}", clean.verdict, hurt.verdict, hurt.reasons);
        prop_assert!(clean.verdict != Verdict::Fail || hurt.verdict >= Verdict::Inconclusive);
        // Durations are the lines' alone.
        let durations = |a: &Analysis| a.outages.iter().map(|o| o.duration_ticks).collect::<Vec<_>>();
        prop_assert_eq!(durations(&hurt), durations(&clean));
    }
}

/// The committed front end is one that this program reads.
#[test]
fn the_committed_front_end_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/front-end/profile.toml");
    let context = Context::read(&Paths { front_end: Some(path), ..Paths::default() }).unwrap();
    let a = context.analyse(&mut Bench::upgrade(100, 60).recording(Lost::default())).unwrap();
    assert!(a.settings.front_end.is_some_and(|f| f.comparators.len() == 3));
}
