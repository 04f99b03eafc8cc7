//! Campaigns of captures made by the twin: the worst decides, whatever else is there.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use ichiscope_campaign::{collect, write};
use ichiscope_capture::{ChainWriter, DeviceFacts, Facts, Item, Options, Read, Reader, Rotation, Writer};
use ichiscope_evidence::Context;
use ichiscope_link::twin::{Config, Twin};
use ichiscope_verdict::Verdict;
use ichiscope_wire::{Line, LineSet};

const HZ: u64 = 36_000_000;

/// A capture with one outage of `seconds` on all comparators, and a CH boot of 20 s.
fn capture(folder: &Path, name: &str, cycle: u64, seconds: u64) {
    let good = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    let mut twin = Twin::new(Config::lines_only(), good);
    let end = (10 + seconds) * HZ;
    twin.set_levels(10 * HZ, LineSet::EMPTY);
    twin.set_levels(end, good.with(Line::Mark3, true));
    twin.set_levels(end + 20 * HZ, good);
    let mut bytes = Vec::new();
    twin.run_to(end + 30 * HZ, &mut bytes);
    let mut facts = Facts::new("test", cycle, DeviceFacts { simulated: true, ..DeviceFacts::default() });
    facts.bench.meter = Some("=meter".to_owned());
    facts.bench.firmware_to = Some(format!("{}", 1 + cycle / 2));
    let mut writer = Writer::create(folder.join(name), &facts).unwrap();
    writer.bytes(cycle, &bytes).unwrap();
    writer.finish().unwrap();
}

#[test]
fn the_worst_run_decides() {
    let folder = tempfile::tempdir().unwrap();
    for (cycle, seconds) in [50, 200, 61, 120].into_iter().enumerate() {
        capture(folder.path(), &format!("{cycle}.mcap"), cycle as u64, seconds);
    }
    fs::write(folder.path().join("notes.txt"), "no capture").unwrap();
    let campaign = collect(folder.path(), &Context::default(), |_, _| ()).unwrap();
    assert_eq!(campaign.verdict(), Verdict::Fail);
    let order: Vec<&str> = campaign.worst_first().iter().map(|r| r.capture.as_str()).collect();
    assert_eq!(order, ["1.mcap", "3.mcap", "2.mcap", "0.mcap"]);
    let cycles: Vec<&str> = campaign.runs.iter().map(|r| r.capture.as_str()).collect();
    assert_eq!(cycles, ["0.mcap", "1.mcap", "2.mcap", "3.mcap"]);

    let out = folder.path().join("out");
    write(&out, &campaign).unwrap();
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let runs = read("runs.csv");
    let first = runs.lines().nth(1).unwrap();
    assert!(first.starts_with("1.mcap,1,true,'=meter,,,1,,,,FAIL,"), "{first}");
    assert!(first.contains(",200000000000,exact,"), "{first}");
    // The boots are 20 s each, to the nanosecond.
    assert!(
        read("phases.csv").contains("\r\nCH_BOOT,4,0,20000000000,20000000000,20000000000,20000000000\r\n")
    );
    assert!(
        read("groups.csv")
            .contains("\r\n'=meter,,,2,2,PASS,61000000000,120000000000,120000000000,120000000000\r\n")
    );
    let summary = read("campaign.csv");
    // 0.05^(1/4) = 0.472871
    assert!(summary.contains("share_of_runs_at_or_below_max,0.472871,"), "{summary}");
    assert!(summary.contains("longest_outage_median,61000000000,ns"), "{summary}");

    let again = collect(folder.path(), &Context::default(), |_, _| ()).unwrap();
    write(&out, &again).expect("the same bytes are no conflict");
    capture(folder.path(), "4.mcap", 4, 10);
    assert!(
        write(&out, &collect(folder.path(), &Context::default(), |_, _| ()).unwrap()).is_err(),
        "others are"
    );
}

#[test]
fn a_run_that_cannot_be_read_is_never_a_pass() {
    let folder = tempfile::tempdir().unwrap();
    capture(folder.path(), "a.mcap", 0, 50);
    assert_eq!(collect(folder.path(), &Context::default(), |_, _| ()).unwrap().verdict(), Verdict::Pass);
    fs::write(folder.path().join("b.mcap"), "no capture").unwrap();
    let campaign = collect(folder.path(), &Context::default(), |_, _| ()).unwrap();
    assert_eq!(campaign.verdict(), Verdict::Inconclusive);
    assert_eq!(campaign.unreadable[0].0, "b.mcap");
}

/// `RUN.MCAP` is a capture too, and a link to a capture that is away is a run of which nothing is known.
#[test]
fn no_run_is_passed_over_for_its_name() {
    let folder = tempfile::tempdir().unwrap();
    capture(folder.path(), "a.mcap", 0, 50);
    capture(folder.path(), "B.MCAP", 1, 200);
    fs::create_dir(folder.path().join("c.mcap")).unwrap();
    let campaign = collect(folder.path(), &Context::default(), |_, _| ()).unwrap();
    assert_eq!((campaign.verdict(), campaign.runs.len()), (Verdict::Fail, 2));
    fs::remove_file(folder.path().join("B.MCAP")).unwrap();
    assert_eq!(collect(folder.path(), &Context::default(), |_, _| ()).unwrap().verdict(), Verdict::Pass);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/nowhere/b.mcap", folder.path().join("b.mcap")).unwrap();
        let campaign = collect(folder.path(), &Context::default(), |_, _| ()).unwrap();
        assert_eq!((campaign.verdict(), campaign.unreadable.len()), (Verdict::Inconclusive, 1));
    }
}

#[test]
fn an_empty_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = collect(folder.path(), &Context::default(), |_, _| ()).unwrap_err().to_string();
    assert!(error.contains("holds no capture"), "{error}");
    assert!(collect(&folder.path().join("nowhere"), &Context::default(), |_, _| ()).is_err());
}

/// Files of one recording are one run, whatever the order of their names.
#[test]
fn a_recording_in_several_files_is_one_run() {
    let folder = tempfile::tempdir().unwrap();
    capture(folder.path(), "a.mcap", 0, 50);
    let whole =
        Reader::open(folder.path().join("a.mcap")).unwrap().items().filter_map(item).collect::<Vec<_>>();
    fs::remove_file(folder.path().join("a.mcap")).unwrap();
    let [Item::Bytes { bytes, .. }] = &whole[..] else { panic!("one run of bytes") };
    let facts = Facts::new("test", 0, DeviceFacts { simulated: true, ..DeviceFacts::default() });
    let rotation = Rotation { bytes: None, time: Some(Duration::from_secs(1)) };
    let mut writer =
        ChainWriter::create(folder.path().join("b.mcap"), &facts, rotation, Options::default()).unwrap();
    for (n, piece) in (0..).zip(bytes.chunks(bytes.len().div_ceil(3))) {
        writer.bytes(n * 1_000_000_000, piece).unwrap();
    }
    assert_eq!(writer.finish().unwrap().files, 3);
    let campaign = collect(folder.path(), &Context::default(), |_, _| ()).unwrap();
    let [run] = &campaign.runs[..] else { panic!("{:?}", campaign.runs) };
    assert_eq!((run.capture.as_str(), run.longest_ns, run.gaps), ("b.mcap", Some(50_000_000_000), 0));
    assert_eq!((run.verdict, campaign.unreadable.len()), (Verdict::Pass, 0));
}

fn item(read: Read) -> Option<Item> {
    if let Read::Item(item) = read { Some(item) } else { None }
}
