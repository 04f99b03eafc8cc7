//! What lies beside a capture, as a user gives it: phase logs, front end, calibration, signature, variants; and what `verify` finds.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ichiscope_capture::{DeviceFacts, Facts, Writer};
use ichiscope_link::twin::{Config, Pins, Script, Twin};
use ichiscope_replay::PpsUtc;
use ichiscope_session::{Pace, Plan, Session, Source};
use ichiscope_wire::{Line, LineSet, Request};
use serde_json::{Value, json};
use tempfile::TempDir;

const HZ: u64 = 36_000_000;
/// 2026-01-01T00:00:00Z.
const BEGUN_NS: u64 = 1_767_225_600_000_000_000;

struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stderr))
    }
}

fn ichiscope(args: &[&str]) -> Ended {
    let out = Command::new(env!("CARGO_BIN_EXE_ichiscope")).args(args).output().expect("the program runs");
    Ended {
        code: out.status.code().expect("an exit code"),
        stdout: String::from_utf8_lossy(&out.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

/// A folder with a capture in it.
struct Bench {
    folder: TempDir,
}

impl Bench {
    /// A capture of a board with one outage of so many ticks from second 10 on; bytes arrive 2 ms after each tenth of a second.
    fn with_outage(ticks: u64) -> Bench {
        let good = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
        let mut twin = Twin::new(Config::twin(), good);
        twin.set_levels(10 * HZ, LineSet::EMPTY);
        twin.set_levels(10 * HZ + ticks, good);
        Bench::of(twin, (10 * HZ + ticks) / HZ + 120, |_| ())
    }

    fn of(mut twin: Twin, seconds: u64, tell: impl Fn(&mut Facts)) -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let device = DeviceFacts { serial: "B7".to_owned(), simulated: true, ..DeviceFacts::default() };
        let mut facts = Facts::new("test", BEGUN_NS, device);
        tell(&mut facts);
        let mut writer = Writer::create(folder.path().join("run.mcap"), &facts).unwrap();
        for tenth in 1..=seconds * 10 {
            let mut bytes = Vec::new();
            twin.run_to(tenth * HZ / 10, &mut bytes);
            if !bytes.is_empty() {
                writer.bytes(BEGUN_NS + tenth * 100_000_000 + 2_000_000, &bytes).unwrap();
            }
        }
        writer.finish().unwrap();
        Bench { folder }
    }

    /// What the twin makes of a script.
    fn played(script: Script) -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let facts = Facts::new("test", BEGUN_NS, DeviceFacts::default());
        let source = Source::Twin { script, pace: Pace::AsRead };
        Session::start(Plan::new(source, folder.path().join("run.mcap"), facts)).unwrap().wait().unwrap();
        Bench { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, content: &str) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    fn analyse(&self, more: &[&str]) -> Value {
        let capture = self.path("run.mcap");
        let ended = ichiscope(&[&["analyse", text(&capture), "--json"], more].concat());
        assert!([0, 3, 4].contains(&ended.code), "{}", ended.stderr);
        ended.json()
    }

    fn evidence(&self, more: &[&str]) -> PathBuf {
        let (capture, out) = (self.path("run.mcap"), self.path("evidence"));
        let ended = ichiscope(&[&["evidence", text(&capture), "--out", text(&out)], more].concat());
        assert!([0, 3, 4].contains(&ended.code), "{}", ended.stderr);
        out
    }
}

/// The findings of an analysis as agreement and a part of the text.
fn findings(analysis: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    analysis["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (text(&f["agreement"]), text(&f["text"])))
        .collect()
}

/// The device's own record of 540 s, right and wrong, and the two classes on both sides of three minutes.
#[test]
fn the_devices_record_is_checked_by_the_measurement() {
    // Seconds of the rail, the log's row at second 580, what the finding must be.
    let cases = [
        (540, "0x8F36,540", "agrees"),
        (540, "0x8F36,541", "agrees"),
        (540, "0x8F36,542", "CONTRADICTS"),
        (540, "0x8F36,", "agrees"),
        (540, "0x8F35,", "CONTRADICTS"),
        (540, "0x8F37,540", "agrees"),
        (540, "0x8F37,", "open"),
        (100, "0x8F36,540", "CONTRADICTS"),
        (100, "0x8F35,100", "agrees"),
        (100, "0x8F36,", "CONTRADICTS"),
        (540, "AD1,", "agrees"),
    ];
    let long = Bench::with_outage(540 * HZ);
    let short = Bench::with_outage(100 * HZ);
    for (seconds, row, expected) in cases {
        let bench = if seconds == 540 { &long } else { &short };
        let log = bench.put("log.csv", &format!("time_s,code,seconds\n{},{row}\n", seconds + 20));
        let found = bench.analyse(&["--phases", text(&log)]);
        let all = findings(&found);
        assert_eq!(all.len(), 1, "{row}");
        assert_eq!(all[0].0, expected, "{row}: {}", all[0].1);
        assert_eq!(
            found["outages"][0]["duration_ticks"],
            json!(seconds * HZ),
            "a finding changes no duration"
        );
        assert_eq!(found["verdict"], if seconds == 540 { "FAIL" } else { "PASS" }, "{row}");
    }
}

/// AD1 without an outage that explains it: no PASS, but the duration stays.
#[test]
fn an_alert_that_nothing_explains_forbids_a_pass() {
    let bench = Bench::with_outage(100 * HZ);
    let log = bench.put("log.jsonl", "{\"utc\":\"2026-01-01T00:02:00Z\",\"code\":\"AD1\"}\n");
    let found = bench.analyse(&["--phases", text(&log)]);
    assert_eq!(
        (&found["verdict"], &found["outages"][0]["verdict"]),
        (&json!("INCONCLUSIVE"), &json!("PASS"))
    );
    assert!(findings(&found)[0].1.contains("AD1"), "{}", found["findings"]);
    // Long after the recording it says nothing about it.
    let log = bench.put("late.csv", "utc,code\n2026-01-02T00:02:00Z,AD1\n");
    let found = bench.analyse(&["--phases", text(&log)]);
    assert_eq!(found["verdict"], "PASS");
    assert!(
        findings(&found).iter().any(|f| f.0 == "open" && f.1.contains("outside")),
        "{}",
        found["findings"]
    );
}

/// UTC of the head-end onto ticks: within the uncertainty that is stated, and the phases that codes stand for.
#[test]
fn a_log_in_utc_is_laid_beside_the_ticks() {
    let bench = Bench::with_outage(100 * HZ);
    let log = bench.put(
        "log.csv",
        "utc,code,phase,event\n2026-01-01T00:00:02.000Z,11.1,,\n2026-01-01T00:00:05.000Z,0x8F72,,\n2026-01-01T00:00:09.500Z,11.3,,\n\
         2026-01-01T00:01:51.000Z,,CH_BOOT,begin\n2026-01-01T00:02:11.000Z,,CH_BOOT,end\n",
    );
    let found = bench.analyse(&["--phases", text(&log)]);
    let phases: Vec<&Value> =
        found["phases"].as_array().unwrap().iter().filter(|p| p["source"] == "log").collect();
    let expected = [
        ("IMAGE_DISTRIBUTION", 2.0, 5.0),
        ("ACTIVATION_PENDING", 5.0, 9.5),
        ("ACTIVATION_COMMAND", 9.5, 230.0),
        ("CH_BOOT", 111.0, 131.0),
    ];
    assert_eq!(phases.len(), expected.len(), "{phases:?}");
    for (phase, (name, start, end)) in phases.iter().zip(expected) {
        assert_eq!(phase["phase"], name);
        let u = phase["uncertainty_ticks"].as_f64().unwrap() / HZ as f64;
        // 5 ms of the host, 1 ms of the last digit, and drift.
        assert!((0.005..0.1).contains(&u), "{u}");
        for (key, second) in [("start_tick", start), ("end_tick", end)] {
            let at = phase[key].as_f64().unwrap() / HZ as f64;
            assert!((at - second).abs() <= u + 0.02, "{name} {key}: {at}");
        }
    }
    assert_eq!(found["outages"][0]["ch_reboot_measured"], true);
    assert_eq!(found["outages"][0]["phases"][0]["phase"], "ACTIVATION_COMMAND");
}

/// Pulses that mark UTC, by the operator's word: the PC that is a quarter of a second ahead moves nothing any more.
#[test]
fn a_log_in_utc_is_laid_beside_pulses_that_mark_utc() {
    let good = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    let bench = |word: Option<PpsUtc>| {
        let mut twin = Twin::new(Config::twin(), good);
        for second in 1..60 {
            let tick = second * HZ + HZ / 4;
            twin.set_levels(tick, good.with(Line::Pps, true));
            twin.set_levels(tick + HZ / 10, good);
        }
        Bench::of(twin, 60, |facts| word.into_iter().for_each(|pulses| pulses.tell(facts)))
    };
    // Where the reboot begins, and how far that may be off, ticks.
    let reboot = |bench: &Bench| {
        let log = "utc,phase,event\n2026-01-01T00:00:40.500000000Z,METER_REBOOT,begin\n\
                   2026-01-01T00:00:50.500000000Z,METER_REBOOT,end\n";
        let log = bench.put("log.csv", log);
        let found = bench.analyse(&["--phases", text(&log)]);
        let phase =
            found["phases"].as_array().unwrap().iter().find(|p| p["source"] == "log").unwrap().clone();
        (phase["start_tick"].as_u64().unwrap(), phase["uncertainty_ticks"].as_u64().unwrap())
    };
    let marked = bench(Some(PpsUtc { uncertainty_ns: 500 }));
    let (tick, u_ticks) = reboot(&marked);
    assert!(tick.abs_diff(40 * HZ + HZ / 2 + HZ / 4) <= u_ticks && u_ticks < HZ / 10_000, "{tick} {u_ticks}");
    let run = fs::read_to_string(marked.evidence(&[]).join("run.csv")).unwrap();
    assert!(run.contains("pps_marks_utc_within,500,ns,operator"), "{run}");
    // Without that word they are pulses of any clock.
    let (tick, u_ticks) = reboot(&bench(None));
    assert!(tick.abs_diff(40 * HZ + HZ / 2) <= u_ticks + HZ / 50 && u_ticks > HZ / 1_000, "{tick} {u_ticks}");
}

/// Meter and hub, each harmless alone, with the hub's boot from a log: so near that the log's uncertainty decides.
#[test]
fn the_logs_uncertainty_widens_the_combined_guard_band() {
    let bench = Bench::with_outage(100 * HZ);
    for (boot_s, uncertainty, expected) in
        [(60, "0", "PASS"), (79, "0", "PASS"), (79, "3", "CONDITIONAL PASS"), (80, "0", "AT RISK")]
    {
        let log = format!(
            "time_s,phase,event,uncertainty_s\n111.000000,CH_BOOT,begin,{uncertainty}\n{}.000000,CH_BOOT,end,{uncertainty}\n",
            111 + boot_s
        );
        let log = bench.put("log.csv", &log);
        let found = bench.analyse(&["--phases", text(&log)]);
        assert_eq!(found["verdict"], expected, "{boot_s} s, {uncertainty} s");
    }
}

/// The figures of a front end take the place of the defaults in the budget, and its levels are printed.
#[test]
fn a_front_end_enters_the_budget() {
    let bench = Bench::with_outage(100 * HZ);
    let comparator = |line, falling, rising| {
        format!(
            "[[comparator]]\nline = \"{line}\"\nfalling_mv = {falling}\nrising_mv = {rising}\nthreshold_u_mv = 45\n\
             delay_falling_ns = 900\ndelay_rising_ns = 400\ndelay_u_ns = 300\n"
        )
    };
    let file = format!(
        "format = \"ichiscope-front-end-1\"\nname = \"interposer A\"\nsource = \"a test\"\n{}{}",
        comparator("rail0", 10_150, 10_850),
        comparator("rail1", 9_000, 9_600)
    );
    let file = bench.put("front.toml", &file);
    let found = bench.analyse(&["--front-end", text(&file)]);
    let outage = &found["outages"][0];
    assert_eq!((&outage["threshold_mv"], &outage["restore_mv"]), (&json!(10_150), &json!(10_850)));
    let budget = outage["budget"].as_array().unwrap();
    let term = |name: &str| budget.iter().find(|t| t["term"] == name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(term("comparator delay")["bound_ns"], 500.0);
    assert_eq!(term("comparator delay's spread")["shape"], "normal, k = 2");
    // 300 ns at both edges.
    assert!((term("comparator delay's spread")["bound_ns"].as_f64().unwrap() - 424.264).abs() < 0.01);
    // The sum of the terms is the stated uncertainty.
    let squares: f64 = budget.iter().map(|t| t["standard_ns"].as_f64().unwrap().powi(2)).sum();
    let u = outage["expanded_uncertainty_ns"].as_f64().unwrap();
    assert!((2.0 * squares.sqrt() - u).abs() <= 1.0, "{u}");
    let out = bench.evidence(&["--front-end", text(&file)]);
    let run = fs::read_to_string(out.join("run.csv")).unwrap();
    assert!(
        run.contains("rail0_falling,10150,mV,a test") && run.contains("front_end,interposer A,,a test"),
        "{run}"
    );
    // It says nothing of rail2: there the default stands.
    assert!(run.contains("threshold_uncertainty,100,mV,engineering default"), "{run}");
    assert!(fs::read_to_string(out.join("report.html")).unwrap().contains("interposer A"));
}

/// A minute of pulses from a clock that is 20 ppm fast; certificate, its use, and a board that it is not of.
#[test]
fn the_clock_is_calibrated_and_the_certificate_used() {
    let good = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    let with_pps = |pulses: u64| {
        let mut twin = Twin::new(Config::twin(), good);
        for second in 1..=pulses {
            let tick = second * (HZ + 720);
            // The seventh is missing, the ninth comes twice.
            if second != 7 {
                twin.set_levels(tick, good.with(Line::Pps, true));
                twin.set_levels(tick + HZ / 10, good);
            }
            if second == 9 {
                twin.set_levels(tick + HZ / 5, good.with(Line::Pps, true));
                twin.set_levels(tick + HZ / 4, good);
            }
        }
        twin
    };
    let bench = Bench::of(with_pps(60), 62, |_| ());
    let capture = bench.path("run.mcap");
    let ended = ichiscope(&["calibrate", text(&capture), "--pps-bound-ns", "100", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let certificate = &ended.json()["certificate"];
    let deviation = certificate["deviation_ppb"].as_i64().unwrap();
    let u = certificate["u_ppb"].as_i64().unwrap();
    assert!((deviation - 20_000).abs() <= u && u < 20, "{certificate}");
    assert_eq!((&certificate["pulses"], &certificate["pulses_used"]), (&json!(60), &json!(59)));
    let certificate = bench.path("run.mcap.clock.toml");
    assert_eq!(
        ichiscope(&["calibrate", text(&capture), "--pps-bound-ns", "100"]).code,
        0,
        "the same is no conflict"
    );
    let other = ichiscope(&["calibrate", text(&capture), "--pps-bound-ns", "200"]);
    assert!(other.code == 1 && other.stderr.contains("--out"), "{}", other.stderr);

    let run = Bench::with_outage(100 * HZ);
    let found = run.analyse(&["--calibration", text(&certificate)]);
    let terms: Vec<&str> = found["outages"][0]["budget"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["term"].as_str().unwrap())
        .collect();
    assert_eq!(terms[..3], ["clock", "clock calibration", "clock since then"]);
    let out = run.evidence(&["--calibration", text(&certificate)]);
    assert!(
        fs::read_to_string(out.join("report.html"))
            .unwrap()
            .contains("calibrated 2026-01-01T00:00:00Z against 59 pulses")
    );
    assert_eq!(ichiscope(&["verify", text(&out)]).code, 0);

    let foreign = fs::read_to_string(&certificate).unwrap().replace("\"B7\"", "\"B8\"");
    let foreign = run.put("foreign.toml", &foreign);
    let capture = run.path("run.mcap");
    let ended = ichiscope(&["analyse", text(&capture), "--calibration", text(&foreign)]);
    assert!(
        ended.code == 1 && ended.stderr.contains("B8") && ended.stderr.contains("B7"),
        "{}",
        ended.stderr
    );

    let few = Bench::of(with_pps(8), 12, |_| ());
    let ended = ichiscope(&["calibrate", text(&few.path("run.mcap"))]);
    assert!(
        ended.code == 1 && ended.stderr.contains("too few") && ended.stderr.contains("Remedy"),
        "{}",
        ended.stderr
    );
    let none = Bench::with_outage(HZ);
    let ended = ichiscope(&["calibrate", text(&none.path("run.mcap"))]);
    assert!(ended.code == 1 && ended.stderr.contains("no pulse"), "{}", ended.stderr);
}

const LOG: &str = "utc,code,seconds\n2026-01-01T00:00:09Z,11.3,\n2026-01-01T00:02:00Z,0x8F35,100\n";

/// A changed cell, file, capture, rule or settings file: each is found, and nothing else is said.
#[test]
fn verify_finds_each_change() {
    let bench = Bench::with_outage(100 * HZ);
    let log = bench.put("log.csv", LOG);
    let out = bench.evidence(&["--phases", text(&log)]);
    fs::remove_file(log).unwrap();
    let verify = || ichiscope(&["verify", text(&out)]);
    assert_eq!((verify().code, verify().stdout.as_str()), (0, "everything agrees; not signed\n"));

    let change = |name: &str, from: &str, to: &str, said: &[&str]| {
        let path = out.join(name);
        let honest = fs::read_to_string(&path).unwrap();
        assert!(honest.contains(from), "{name} has no '{from}'");
        fs::write(&path, honest.replacen(from, to, 1)).unwrap();
        let found = verify();
        assert_eq!(found.code, 3, "{name}: {}", found.stderr);
        for part in said {
            assert!(found.stdout.contains(part), "{name}: no '{part}' in {}", found.stdout);
        }
        fs::write(&path, honest).unwrap();
        assert_eq!(verify().code, 0);
    };
    change(
        "outages.csv",
        "3600000000,",
        "3600000001,",
        &["outages.csv: row 2, duration_ticks: '3600000001' is there"],
    );
    change("run.csv", "D < L - w PASS", "D < L + w PASS", &["run.csv: row", "D < L + w PASS"]);
    change("report.html", "D &lt; L - w PASS", "D &lt; L + w PASS", &["report.html: differs from line"]);
    change("findings.csv", "agrees", "CONTRADICTS", &["findings.csv: row 2, agreement"]);
    change("manifest.json", "\"ichiscope 0", "\"ichiscope 1", &["manifest.json: differs"]);
    change(
        "phase-log.csv",
        "0x8F35,100",
        "0x8F35,130",
        &["phase-log.csv: the file has SHA-256", "findings.csv: row 2"],
    );
    change("phase-log.csv", "0x8F35,100", "0x8F35,ten", &["phase-log.csv: the file has SHA-256", "line 3"]);

    let path = out.join("phase-log.csv");
    let log = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let found = verify();
    assert!(found.code == 3 && found.stdout.contains("phase-log.csv: is missing"), "{}", found.stdout);
    fs::write(&path, log).unwrap();

    let capture = bench.path("run.mcap");
    let mut bytes = fs::read(&capture).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&capture, bytes).unwrap();
    let found = verify();
    assert!(
        found.code == 3 && found.stdout.contains("run.mcap: the capture has SHA-256"),
        "{}",
        found.stdout
    );
}

/// Keys as people have them: minisign's and OpenSSH's, made by their own tools.
#[test]
fn a_signature_covers_everything() {
    let run = |program: &str, args: &[&str]| {
        let out = Command::new(program).args(args).output();
        let out = out.unwrap_or_else(|e| panic!("{program}: {e}. Remedy: cargo task setup"));
        assert!(out.status.success(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
    };
    let keys = tempfile::tempdir().unwrap();
    let key = |name: &str| keys.path().join(name);
    for name in ["a", "b"] {
        let (secret, public) = (key(&format!("{name}.key")), key(&format!("{name}.minipub")));
        run("minisign", &["-G", "-W", "-s", text(&secret), "-p", text(&public)]);
        run(
            "ssh-keygen",
            &["-q", "-t", "ed25519", "-N", "", "-C", "=someone", "-f", text(&key(&format!("{name}.ssh")))],
        );
    }
    let kinds = [("a.key", "a.minipub", "b.minipub"), ("a.ssh", "a.ssh.pub", "b.ssh.pub")];
    for (secret, public, other) in kinds {
        let bench = Bench::with_outage(50 * HZ);
        let (secret, public, other) = (key(secret), key(public), key(other));
        let out = bench.evidence(&["--sign", text(&secret)]);
        let verify = |key: &Path| ichiscope(&["verify", text(&out), "--public-key", text(key)]);
        let good = verify(&public);
        assert_eq!(
            (good.code, good.stdout.as_str()),
            (0, "everything agrees; signed with that key\n"),
            "{}",
            good.stderr
        );
        let unchecked = ichiscope(&["verify", text(&out)]);
        assert!(unchecked.code == 0 && unchecked.stdout.contains("not checked"), "{}", unchecked.stdout);
        let wrong = verify(&other);
        assert!(wrong.code == 3 && wrong.stdout.contains("not this key's signature"), "{}", wrong.stdout);
        // A manifest that was changed together with the file that it speaks of.
        let path = out.join("manifest.json");
        let honest = fs::read_to_string(&path).unwrap();
        fs::write(&path, honest.replace("\"files\"", "\"files\" ")).unwrap();
        let changed = verify(&public);
        assert!(
            changed.code == 3 && changed.stdout.contains("not this key's signature"),
            "{}",
            changed.stdout
        );
        fs::write(&path, honest).unwrap();
        let again = ichiscope(&[
            "evidence",
            text(&bench.path("run.mcap")),
            "--out",
            text(&out),
            "--sign",
            text(&secret),
        ]);
        assert!(again.code == 1 && again.stderr.contains("never overwritten"), "{}", again.stderr);
    }
    let bench = Bench::with_outage(50 * HZ);
    let out = bench.evidence(&[]);
    let unsigned = ichiscope(&["verify", text(&out), "--public-key", text(&key("a.minipub"))]);
    assert!(
        unsigned.code == 3 && unsigned.stdout.contains("there is no manifest.json.minisig"),
        "{}",
        unsigned.stdout
    );
    let nonsense = bench.put("nonsense", "no key");
    let refused = ichiscope(&["verify", text(&out), "--public-key", text(&nonsense)]);
    assert!(refused.code == 1 && refused.stderr.contains("Remedy"), "{}", refused.stderr);
}

/// The nine variants, the gas meter, and a variant that does not exist, through `import`.
#[test]
fn variants_are_checked_and_printed() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("edges.csv");
    fs::write(&table, "time_s,rail\n0,1\n10,0\n100,1\n200,1\n").unwrap();
    let import = |variant: &str| {
        let out = folder.path().join(format!("{variant}.mcap"));
        let ended = ichiscope(&[
            "import",
            text(&table),
            "--map",
            "rail=rail",
            "--variant",
            variant,
            "--ch-band",
            "dual",
            "--region",
            "north",
            "--out",
            text(&out),
            "--json",
        ]);
        (ended, out)
    };
    for variant in ["A", "B", "C", "AD", "BD", "CD", "ADE", "BDE", "cde"] {
        let (ended, capture) = import(variant);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(
            (&ended.json()["variant"], &ended.json()["verdict"]),
            (&json!(variant.to_uppercase()), &json!("PASS"))
        );
        if variant == "BDE" {
            let out = folder.path().join("evidence");
            assert_eq!(ichiscope(&["evidence", text(&capture), "--out", text(&out)]).code, 0);
            let run = fs::read_to_string(out.join("run.csv")).unwrap();
            assert!(
                run.contains("esme_variant,\"BDE (twin element, load control, boost)\"")
                    && run.contains("csp_region,north"),
                "{run}"
            );
            let report = fs::read_to_string(out.join("report.html")).unwrap();
            assert!(report.contains("BDE (twin element") && report.contains("IMPORTED:"));
            assert!(
                !report.contains("every record of the instrument is there"),
                "an import proves no such thing"
            );
        }
    }
    // What an imported recording cannot have: UTC, and a front end of this instrument.
    let (_, capture) = import("A2");
    assert!(!capture.exists());
    let capture = folder.path().join("A.mcap");
    for (option, name, content) in [
        ("--phases", "utc.csv", "utc,code\n2026-01-01T00:00:09Z,AD1\n"),
        ("--front-end", "f.toml", "format = \"ichiscope-front-end-1\"\nname = \"x\"\nsource = \"x\"\n"),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, content).unwrap();
        let refused = ichiscope(&["analyse", text(&capture), option, text(&file)]);
        assert!(refused.code == 1 && refused.stderr.contains("Remedy"), "{name}: {}", refused.stderr);
    }
    // Times on the file's own axis are fine, and the device's record is checked.
    let log = folder.path().join("axis.csv");
    fs::write(&log, "time_s,code,seconds\n101,0x8F35,90\n").unwrap();
    let found = ichiscope(&["analyse", text(&capture), "--phases", text(&log), "--json"]).json();
    assert_eq!(found["findings"][0]["agreement"], "agrees", "{}", found["findings"]);
    // A gas meter whose rail is really measured is judged like any other.
    let (gas, _) = import("gsme");
    assert_eq!((gas.code, &gas.json()["verdict"]), (0, &json!("PASS")));
    let (wrong, capture) = import("AE");
    assert!(
        wrong.code == 1 && wrong.stderr.contains("'AE'") && wrong.stderr.contains("ADE"),
        "{}",
        wrong.stderr
    );
    assert!(!capture.exists());
}

/// Text from forms and files is neither a formula nor markup, wherever it comes out.
#[test]
fn hostile_text_stays_text() {
    const EVIL: &str = "=cmd|' /C calc'!A0<script>alert(1)</script>\"><img src=x onerror=alert(1)>";
    let good = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    let bench = Bench::of(Twin::new(Config::twin(), good), 5, |facts| {
        facts.bench.meter = Some(EVIL.to_owned());
        facts.bench.hub = Some(format!("@{EVIL}"));
        facts.bench.operator_notes = Some(format!("\t{EVIL}"));
    });
    let evil = EVIL.replace('"', "'");
    let front = format!("format = \"ichiscope-front-end-1\"\nname = \"{evil}\"\nsource = \"+{evil}\"\n");
    let front = bench.put("front.toml", &front);
    let out = bench.evidence(&["--front-end", text(&front)]);
    for name in
        ["outages.csv", "phases.csv", "gaps.csv", "events.csv", "findings.csv", "console.csv", "run.csv"]
    {
        for cell in fs::read_to_string(out.join(name)).unwrap().split(['\n', ',']) {
            let cell = cell.trim_start_matches('"');
            let is_number = cell.trim().parse::<f64>().is_ok();
            assert!(is_number || !cell.starts_with(['=', '+', '-', '@', '\t']), "{name}: {cell}");
        }
    }
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(!report.contains("<script") && !report.contains("<img"), "markup came through");
    assert!(report.contains("&lt;script&gt;"));
}

/// Each bad file is named with its line and what to do, before anything is written.
#[test]
fn bad_files_are_named() {
    let bench = Bench::with_outage(HZ);
    let cases = [
        (
            "--profile",
            "p.toml",
            "format = \"ichiscope-profile-1\"\nmeter = \"m\"\n[[phase]]\nname = \"CH_BOOT\"\nstart = '(x'\n",
            "line 5",
        ),
        ("--phases", "l.csv", "utc,code\n2026-01-01T00:00:09Z,11.3\n2026-01-01T00:00:08Z,11.3\n", "line 3"),
        ("--phases", "two.csv", "utc,time_s,code\n", "two time scales"),
        ("--front-end", "f.toml", "format = \"ichiscope-front-end-1\"\nname = \n", "line 2"),
        ("--calibration", "c.toml", "format = \"ichiscope-clock-2\"\n", "Remedy"),
        ("--edits", "e.json", "{\"version\": 9}", "Remedy"),
    ];
    let capture = bench.path("run.mcap");
    for (option, name, content, said) in cases {
        let file = bench.put(name, content);
        let out = bench.path("none");
        let ended = ichiscope(&["evidence", text(&capture), "--out", text(&out), option, text(&file)]);
        assert_eq!(ended.code, 1, "{name}");
        for part in [name, said, "Remedy"] {
            assert!(ended.stderr.contains(part), "{name}: no '{part}' in {}", ended.stderr);
        }
        assert!(!out.exists(), "{name}");
    }
    let missing = ichiscope(&["analyse", text(&capture), "--profile", "nowhere.toml"]);
    assert!(missing.code == 1 && missing.stderr.contains("nowhere.toml"), "{}", missing.stderr);
}

/// Two recordings of steady voltages make the scale; with it the next recording's least voltage is in volts.
#[test]
fn the_adc_is_calibrated_by_two_voltages() {
    let good = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    let steady = |code: u16| {
        let twin = Twin::new(Config::twin(), Pins { adc: code, ..Pins::idle(good) });
        Bench::of(twin, 3, |_| ())
    };
    let (five, twelve) = (steady(1250), steady(3000));
    let point = |bench: &Bench, mv: i32| format!("{}={mv}", text(&bench.path("run.mcap")));
    let out = five.path("front.toml");
    let args = ["calibrate", "voltage", "--u-mv", "5", "--out", text(&out), "--json"];
    let ended = ichiscope(
        &[&args[..], &["--point", &point(&five, 5_000), "--point", &point(&twelve, 12_000)]].concat(),
    );
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let gain = ended.json()["gain_uv_per_code"].as_f64().unwrap();
    assert!((gain - 4000.0).abs() < 1.0, "{gain}");
    let near =
        ichiscope(&[&args[..], &["--point", &point(&five, 5_000), "--point", &point(&five, 5_000)]].concat());
    assert!(near.code == 1 && near.stderr.contains("too near"), "{}", near.stderr);
    let one = ichiscope(&[&args[..], &["--point", &point(&five, 5_000)]].concat());
    assert!(one.code == 1 && one.stderr.contains("two points"), "{}", one.stderr);
    let capture = twelve.path("run.mcap");
    let found = ichiscope(&["analyse", text(&capture), "--front-end", text(&out), "--json"]);
    // The voltage agrees with the comparators, so what is missing for a PASS is the upgrade alone.
    let reasons = &found.json()["reasons"];
    assert_eq!((found.code, reasons.as_array().unwrap().len()), (3, 1), "{reasons}");
    assert!(reasons[0].as_str().unwrap().contains("new firmware"), "{reasons}");
    let lines = steady(0);
    let none = ichiscope(&[
        "calibrate",
        "voltage",
        "--u-mv",
        "5",
        "--out",
        text(&lines.path("x.toml")),
        "--point",
        &point(&lines, 5_000),
        "--point",
        "nowhere.mcap=3",
    ]);
    assert!(none.code == 1 && none.stderr.contains("nowhere.mcap"), "{}", none.stderr);
}

/// Console text that would be a formula, markup or a terminal's command: through the profile, the tables and the report.
#[test]
fn a_hostile_console_stays_text() {
    const EVIL: &str = "=HYPERLINK(\"x\")<script>alert(1)</script>\u{1b}[2Jfw @SUM(A1)";
    let good = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    let config = Config::twin();
    let mut script = Script::quiet(config, good, 5 * HZ);
    script.console = vec![(HZ, format!("{EVIL}\nhub: power on\n"))];
    script.requests =
        vec![(HZ / 2, Request::Console { clocks_per_bit: (HZ / u64::from(script.console_baud)) as u16 })];
    let bench = Bench::played(script);
    let profile = "format = \"ichiscope-profile-1\"\nmeter = \"=m<b>\"\n[[version]]\npattern = 'fw (?P<version>.*)'\n\
                   [[phase]]\nname = \"CH_BOOT\"\nstart = 'hub: power on'\n";
    let profile = bench.put("p.toml", profile);
    let out = bench.evidence(&["--profile", text(&profile)]);
    let console = fs::read_to_string(out.join("console.csv")).unwrap();
    assert!(console.contains("\"'=HYPERLINK(") && !console.contains('\u{1b}'), "{console}");
    let events = fs::read_to_string(out.join("events.csv")).unwrap();
    assert!(events.contains("'@SUM(A1)"), "{events}");
    assert!(fs::read_to_string(out.join("phases.csv")).unwrap().contains("CH_BOOT,console,"));
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(!report.contains("<script") && !report.contains("<b>}") && report.contains("&lt;script&gt;"));
    assert_eq!(ichiscope(&["verify", text(&out)]).code, 0);
}

/// The demonstration with everything that lies beside it: the console, the marks and the log tell the same phases.
#[test]
fn the_demonstration_with_everything_beside_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(ichiscope(&["demo", "--out", text(folder.path()), "--no-app"]).code, 0);
    let (capture, out) = (folder.path().join("demo.mcap"), folder.path().join("all"));
    let (profile, log) =
        (root.join("captures/beside/demo-meter.toml"), root.join("captures/beside/demo-head-end.csv"));
    let front_end = root.join("docs/front-end/profile.toml");
    let args = [
        "evidence",
        text(&capture),
        "--out",
        text(&out),
        "--profile",
        text(&profile),
        "--phases",
        text(&log),
    ];
    let ended = ichiscope(&[&args[..], &["--front-end", text(&front_end), "--json"]].concat());
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    // A profile that knows all comparators leaves no default to be told.
    let run = fs::read_to_string(out.join("run.csv")).unwrap();
    assert!(
        !run.contains("threshold_uncertainty,100,") && run.contains("rail2_threshold_uncertainty,"),
        "{run}"
    );
    let found = &ended.json()["analysis"];
    let ticks = |kind: &str, source: &str| -> Vec<(u64, u64)> {
        let of = |p: &&Value| p["phase"] == kind && p["source"] == source;
        let phases = found["phases"].as_array().unwrap().iter().filter(of);
        phases.map(|p| (p["start_tick"].as_u64().unwrap(), p["end_tick"].as_u64().unwrap())).collect()
    };
    for (kind, mark) in
        [("IMAGE_DISTRIBUTION", "mark0"), ("ACTIVATION_COMMAND", "mark1"), ("METER_REBOOT", "mark2")]
    {
        let (by_mark, by_console) = (ticks(kind, mark), ticks(kind, "console"));
        assert_eq!(by_mark.len(), 2, "{kind}");
        for (m, c) in by_mark.iter().zip(&by_console) {
            // The script says both in the same microsecond.
            assert!(m.0.abs_diff(c.0) <= 36 && m.1.abs_diff(c.1) <= 36, "{kind}: {m:?} {c:?}");
        }
    }
    assert_eq!(ticks("ACTIVATION_COMMAND", "log").len(), 2);
    // What several sources tell counts once.
    let outage = &found["outages"][0];
    for share in outage["phases"].as_array().unwrap() {
        assert!(share["ticks"].as_u64() <= outage["duration_ticks"].as_u64(), "{share}");
    }
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("told by console, mark2."), "who told the phase");
    let all = findings(found);
    assert!(all.len() >= 4 && all.iter().all(|f| f.0 == "agrees"), "{all:?}");
    // The front end has an offset of some millivolts.
    assert!(outage["least_mv"].as_i64().unwrap().abs() < 50, "{}", outage["least_mv"]);
    assert_eq!(ichiscope(&["verify", text(&out)]).code, 0);
}

const CERTIFICATE: &str = include_str!("../../context/tests/certificate.toml");

/// A certificate that is given when recording stays with the capture and enters its evidence; one that is none is refused at once.
#[test]
fn a_recording_carries_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("clock.toml"), CERTIFICATE).unwrap();
    let (clock, capture, out) = (path("clock.toml"), path("run.mcap"), path("evidence"));
    let args = ["record", "--device", "twin", "--seconds", "1", "--variant", "bd", "--calibration"];
    let ended = ichiscope(&[&args[..], &[text(&clock), "--out", text(&capture)]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    fs::remove_file(&clock).unwrap();
    let ended = ichiscope(&["evidence", text(&capture), "--out", text(&out)]);
    assert_eq!(ended.code, 3, "a second of a steady rail is no PASS: {}", ended.stderr);
    let run = fs::read_to_string(out.join("run.csv")).unwrap();
    assert!(run.contains("clock_deviation,-12000,ppb,") && run.contains("esme_variant,\"BD (twin"), "{run}");
    assert_eq!(ichiscope(&["verify", text(&out)]).code, 0);
    fs::write(&clock, "format = 3").unwrap();
    let bad = path("bad.mcap");
    let refused = ichiscope(&[&args[..], &[text(&clock), "--out", text(&bad)]].concat());
    assert!(
        refused.code == 1 && refused.stderr.contains("clock.toml") && !bad.exists(),
        "{}",
        refused.stderr
    );
}
