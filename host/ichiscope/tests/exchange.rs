//! Other tools' files in and out, held against scripts and programs that know nothing of this one.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

#[path = "exchange/tools.rs"]
mod tools;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use ichiscope_exchange::write_edges;
use ichiscope_timeline::{Builder, Timeline};
use ichiscope_verdict::{OutageKind, Settings, analyse};
use ichiscope_wire::{Edge, Heartbeat, LineSet, Payload, Record, Start, encode_frame};
use serde_json::{Value, json};
use tools::{ichiscope, python, python_with_packages, run, script, text};

/// Every vector that `vectors.py` makes: outages to the tick, gaps, verdicts, and the same from the capture later.
#[test]
fn imports_give_what_the_script_computed() {
    let folder = tempfile::tempdir().unwrap();
    run(python().arg(script("vectors.py")).arg(folder.path()));
    let vectors: Value =
        serde_json::from_slice(&fs::read(folder.path().join("vectors.json")).unwrap()).unwrap();
    let vectors = vectors.as_array().unwrap();
    assert!(vectors.len() > 25);
    for vector in vectors {
        let name = vector["name"].as_str().unwrap();
        let file = folder.path().join(vector["file"].as_str().unwrap());
        let capture = folder.path().join(format!("{name}.mcap"));
        let mut args = vec![
            "import",
            text(&file),
            "--map",
            vector["map"].as_str().unwrap(),
            "--out",
            text(&capture),
            "--json",
        ];
        let phases = vector["phases"].as_str().map(|log| folder.path().join(log));
        if let Some(log) = &phases {
            args.extend(["--phases", text(log)]);
        }
        let imported = ichiscope(&args);
        let has_gaps = vector["gaps"] != json!([]);
        assert_eq!(imported.code, if has_gaps { 3 } else { 0 }, "{name}: {}", imported.stderr);
        let found = imported.json();
        let outages: Vec<Value> = found["outages"].as_array().unwrap().iter().map(outage).collect();
        assert_eq!(Value::from(outages), vector["outages"], "{name}");
        let gaps: Vec<Value> = found["gaps"].as_array().unwrap().iter().map(gap).collect();
        assert_eq!(Value::from(gaps), vector["gaps"], "{name}");
        assert_eq!(found["verdict"], vector["verdict"], "{name}: {}", found["reasons"]);
        assert_eq!((&found["first_tick"], &found["last_tick"]), (&json!(0), &vector["last_tick"]), "{name}");
        assert_eq!((&found["imported"], &found["simulated"]), (&json!(true), &json!(false)));
        let reasons = found["reasons"].as_array().unwrap();
        assert!(reasons.iter().any(|r| r.as_str().unwrap().starts_with("imported: the file cannot prove")));
        let analysed = ichiscope(&["analyse", text(&capture), "--json"]).json();
        assert_eq!(analysed["outages"], found["outages"], "{name}");
    }
}

fn outage(o: &Value) -> Value {
    let keys = [
        "line",
        "kind",
        "start_tick",
        "end_tick",
        "duration_ticks",
        "verdict",
        "open_start",
        "open_end",
        "gap",
    ];
    Value::Object(keys.iter().map(|key| ((*key).to_owned(), o[*key].clone())).collect())
}

fn gap(g: &Value) -> Value {
    assert_eq!(g["cause"], "not-in-file");
    json!([g["start_tick"], g["end_tick"]])
}

/// A small generator of random numbers, the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A random recording of a board at `hz` with three rails, dips, chatter, and now and then a lost frame.
fn random_timeline(random: &mut Random, hz: u32) -> Timeline {
    let mut frames: Vec<[u8; 19]> = Vec::new();
    let mut tick = random.below(1000);
    let mut levels = LineSet::from_bits(random.below(8) as u16 | if random.below(3) > 0 { 7 } else { 0 });
    let mut push = |tick: u64, payload| {
        let seq = frames.len() as u8;
        frames.push(encode_frame(seq, &Record::new(tick, 0, payload)));
    };
    let pages = [1 | 1 << 8 | 8 << 16, hz, 7, 0, 7 << 12 | u32::from(levels.bits()), 0, 63 << 16, 0];
    for (page, value) in pages.into_iter().enumerate() {
        push(tick, Payload::Start(Start { page: page as u8, value }));
    }
    push(tick, Payload::Heartbeat(Heartbeat { tick, levels, flags: 1 }));
    let deglitch = u64::from(hz) / 10_000;
    for _ in 0..random.below(60) {
        tick += 1 + match random.below(5) {
            0 => deglitch.saturating_sub(2) + random.below(4),
            1 => random.below(deglitch + 1),
            2 => u64::from(hz) - 2 + random.below(4),
            _ => random.below(u64::from(hz) * 3),
        };
        let changed = LineSet::from_bits(1 << random.below(3));
        levels = levels.symmetric_difference(changed);
        push(tick, Payload::Edge(Edge { levels, changed, age: 0 }));
    }
    tick += random.below(u64::from(hz) * 2);
    push(tick, Payload::Heartbeat(Heartbeat { tick, levels, flags: 1 }));
    let lost = (random.below(3) == 0).then(|| 9 + random.below(frames.len() as u64 - 9) as usize);
    let mut builder = Builder::new();
    for (_, frame) in frames.iter().enumerate().filter(|(i, _)| Some(*i) != lost) {
        builder.bytes(0, frame);
    }
    builder.into_timeline()
}

/// Thousands of random recordings, through the exported edges and a second implementation in another language.
#[test]
fn a_second_implementation_finds_the_same_outages() {
    const CASES: usize = 4000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cases.jsonl");
    let mut file = std::io::BufWriter::new(fs::File::create(&path).unwrap());
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut total = 0;
    for _ in 0..CASES {
        let hz = [36_000_000, 1_000_000, 48_123_457, 10_000][random.below(4) as usize];
        let timeline = random_timeline(&mut random, hz);
        let outages: Vec<Value> =
            analyse(&timeline, &Settings::default(), &[]).outages.iter().map(row).collect();
        total += outages.len();
        let mut edges = Vec::new();
        write_edges(&timeline, &mut edges).unwrap();
        let edges = String::from_utf8(edges).unwrap();
        writeln!(file, "{}", json!({"edges": edges, "outages": outages})).unwrap();
    }
    file.flush().unwrap();
    let said: Value = serde_json::from_str(&run(python().arg(script("outages.py")).arg(&path))).unwrap();
    assert_eq!(said, json!({"cases": CASES, "outages": total}));
    assert!(total > 10 * CASES / 2, "too few outages to mean anything: {total}");
}

fn row(o: &ichiscope_verdict::Outage) -> Value {
    let (kind, count, below) = match o.kind {
        OutageKind::Single => ("single", 1, o.duration_ticks),
        OutageKind::Merged { count, sum_ticks } => ("merged", count, sum_ticks),
    };
    let line = o.threshold.line.name();
    json!([line, kind, count, below, o.start_tick, o.end_tick, o.open_start, o.open_end, o.gap])
}

/// A bad file is refused with its name, its line and what to do, and no capture is left behind.
#[test]
fn bad_files_are_named_with_line_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let head =
        "$timescale 1 us $end\n$var wire 1 ! rail $end\n$var wire 8 \" bus $end\n$enddefinitions $end\n";
    let vcd = |body: &str| format!("{head}{body}");
    let ok = "rail=rail";
    let cases: [(&str, String, &str, &[&str]); 18] = [
        ("name.vcd", vcd("#0\n1!\n"), "rail=rial", &["'rial'", "rail, bus"]),
        ("bus.vcd", vcd("#0\n1!\n"), "rail=bus", &["8 bits", "bus[0]"]),
        ("back.vcd", vcd("#5\n1!\n#4\n0!\n"), ok, &["line 7", "4 after 5"]),
        ("scales.vcd", format!("$timescale 1 ns $end\n{}", vcd("#0\n1!\n")), ok, &["line 2", "1us", "1ns"]),
        ("scale.vcd", vcd("#0\n1!\n").replace("1 us", "3 us"), ok, &["line 1", "3us"]),
        (
            "fs.vcd",
            vcd("#0\n1!\n#1500\n0!\n#2000\n").replace("1 us", "1 fs"),
            ok,
            &["line 7", "1500", "1 ps"],
        ),
        ("empty.vcd", String::new(), ok, &["no data"]),
        ("no-times.vcd", vcd(""), ok, &["no data"]),
        (
            "cut-head.vcd",
            "$timescale 1 us $end\n$var wire 1 ! rail $end\n".to_owned(),
            ok,
            &["$enddefinitions"],
        ),
        ("never.vcd", vcd("#0\nx!\n#9\n"), ok, &["rail0", "no known value"]),
        ("garbage.vcd", vcd("#0\n1!\nhello\n"), ok, &["line 7", "hello"]),
        ("no-rail.vcd", vcd("#0\n1!\n"), "ac_lo=rail", &["no rail"]),
        ("zip.sr", "PK\u{3}\u{4}and no more".to_owned(), ok, &["not a whole zip", "again"]),
        ("back.csv", "time_s,rail\n0,1\n2,0\n1,1\n".to_owned(), ok, &["line 4", "1 after 2"]),
        ("whole.csv", "time_s,rail\n0,1\n0.0000000000001,0\n".to_owned(), ok, &["line 3", "1 ps"]),
        (
            "rates.csv",
            "tick,tick_hz,line,level\n0,5,rail,1\n1,6,rail,0\n".to_owned(),
            ok,
            &["line 3", "5 Hz", "6 Hz"],
        ),
        ("value.csv", "time_s,rail\n0,1\n2,yes\n".to_owned(), ok, &["line 3", "'yes'", "0, 1"]),
        ("format.bin", "x".to_owned(), ok, &["--format"]),
    ];
    for (name, content, map, said) in cases {
        let file = folder.path().join(name);
        fs::write(&file, content).unwrap();
        let out = folder.path().join("out.mcap");
        refused(&["import", text(&file), "--map", map, "--out", text(&out)], said);
        assert!(!out.exists(), "{name}");
    }
    let file = folder.path().join("good.vcd");
    fs::write(&file, vcd("#0\n1!\n#100\n")).unwrap();
    for (log, said) in [
        ("time_s,phase,event\n0,METER_REBOOT,begin\n0.0000001,METER_REBOOT,end\n", &["line 3", "1 us"][..]),
        ("time_s,phase,event\n1,METER_REBOOT,begin\n0,METER_REBOOT,end\n", &["line 3", "back"]),
        ("time_s,phase,event\n1,RAIL_OFF,begin\n", &["line 2", "RAIL_OFF"]),
        ("time_s,phase,event\n1,CH_BOOT,end\n", &["line 2", "beginning"]),
        ("{\"time\":1,\"phase\":\"CH_BOOT\",\"event\":\"starts\"}\n", &["line 1", "begin or end"]),
        ("when,phase,event\n", &["line 1", "time"]),
    ] {
        let path = folder.path().join("phases.log");
        fs::write(&path, log).unwrap();
        let out = folder.path().join("out.mcap");
        let args = ["import", text(&file), "--map", ok, "--out", text(&out), "--phases", text(&path)];
        refused(&args, &[said, &["phases.log"]].concat());
        assert!(!out.exists());
    }
}

fn refused(args: &[&str], said: &[&str]) {
    let out = ichiscope(args);
    assert_eq!(out.code, 1, "{args:?}");
    for part in said.iter().chain(&["Remedy"]) {
        assert!(out.stderr.contains(part), "{args:?}: no '{part}' in: {}", out.stderr);
    }
    let file = Path::new(args[1]).file_name().unwrap().to_str().unwrap();
    assert!(
        out.stderr.contains(file) || args.contains(&"ac_lo=rail") || args.contains(&"--phases"),
        "{}",
        out.stderr
    );
}

/// A recording as a VCD in `unit`s of which there are `per_second`: an outage, AC_LO within it, a phase, and a stretch of `x`.
fn write_foreign(path: &Path, unit: &str, per_second: u64, odd: u64) {
    let at = |ms: u64| ms * per_second / 1000 + odd;
    let head = "$scope module dut $end\n$var wire 1 ! r $end\n$var wire 1 \" ac $end\n$var wire 1 # m $end\n";
    let body = [
        (0, "1!\n0\"\n0#\n"),
        (at(10_000), "0!\n"),
        (at(20_500), "1\"\n1#\n"),
        (at(100_001), "1!\n0#\n"),
        (at(150_000), "x!\n"),
        (at(160_001), "1!\n0\"\n"),
        (at(200_000), "0!\n"),
        (at(200_700), "1!\n"),
        (at(300_000), ""),
    ];
    let body: String = body.iter().map(|(time, changes)| format!("#{time}\n{changes}")).collect();
    fs::write(path, format!("$timescale {unit} $end\n{head}$upscope $end\n$enddefinitions $end\n{body}"))
        .unwrap();
}

/// VCD, FST, Parquet and Perfetto as their users' libraries read them, each time to the tick.
#[test]
fn every_export_is_read_by_its_library() {
    for (unit, per_second, odd) in
        [("1 ms", 1000, 0), ("1 ps", 1_000_000_000_000, 7), ("10 ns", 100_000_000, 3)]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        write_foreign(&path("a.vcd"), unit, per_second, odd);
        let capture = path("a.mcap");
        let source = path("a.vcd");
        let args = ["import", text(&source), "--map", "rail=r,ac_lo=ac,mark2=m", "--out", text(&capture)];
        assert_eq!(ichiscope(&args).code, 3);
        for format in ["csv", "vcd", "parquet", "perfetto"] {
            let out = path(&format!("edges.{format}"));
            let done =
                ichiscope(&["export", text(&capture), "--format", format, "--out", text(&out), "--json"]);
            assert_eq!(done.code, 3, "finished with loss: {}", done.stderr);
            let rounded = format == "perfetto" && per_second > 1_000_000_000;
            assert_eq!(done.json()["rounded_to"].is_null(), !rounded, "{format}");
        }
        run(Command::new("vcd2fst").args([path("edges.vcd"), path("edges.fst")]));
        fs::write(path("analysis.json"), ichiscope(&["analyse", text(&capture), "--json"]).stdout).unwrap();
        let read =
            |folder: &Path| python_with_packages().arg(script("readers.py")).arg(folder).output().unwrap();
        let said = read(folder.path());
        assert!(said.status.success(), "{unit}: {}", String::from_utf8_lossy(&said.stderr));
        let counts: Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!(counts["changes"], 14, "{counts}");

        // The comparison can fail: one tick more in the yardstick.
        let edges = fs::read_to_string(path("edges.csv")).unwrap();
        let tick = (20_500 * per_second / 1000 + odd).to_string();
        let moved = (20_500 * per_second / 1000 + odd + 1).to_string();
        fs::write(path("edges.csv"), edges.replace(&format!("\n{tick},"), &format!("\n{moved},"))).unwrap();
        assert!(!read(folder.path()).status.success());
    }
}

/// sigrok reads what is exported, and what sigrok writes is imported: the same outages and gaps, to the tick.
#[test]
fn sigrok_reads_and_writes_the_same_recording() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_foreign(&path("a.vcd"), "1 ms", 1000, 0);
    let import = |file: &str, map: &str| {
        let out = path(&format!("{file}.mcap"));
        let done = ichiscope(&["import", text(&path(file)), "--map", map, "--out", text(&out), "--json"]);
        assert_eq!(done.code, 3, "{file}: {}", done.stderr);
        done.json()
    };
    let first = import("a.vcd", "rail=r,ac_lo=ac,mark2=m");
    for format in ["vcd", "sr"] {
        let out = path(&format!("b.{format}"));
        let capture = path("a.vcd.mcap");
        let args = ["export", text(&capture), "--format", format, "--out", text(&out)];
        assert_eq!(ichiscope(&args).code, 3);
    }
    let sigrok = |args: &[&str]| run(Command::new("sigrok-cli").current_dir(folder.path()).args(args));
    let shown = sigrok(&["-i", "b.sr", "--show"]);
    assert!(shown.contains("Samplerate: 1000") && shown.contains("sample count: 300001"), "{shown}");
    sigrok(&["-I", "vcd", "-i", "b.vcd", "-o", "c.sr"]);
    sigrok(&["-i", "b.sr", "-O", "vcd", "-o", "c.vcd"]);
    let map = "rail=rail0,ac_lo=ac_lo,mark2=mark2,gap=gap";
    for file in ["b.vcd", "b.sr", "c.sr", "c.vcd"] {
        let again = import(file, map);
        let plain = |v: &Value, key: &str| {
            v[key]
                .as_array()
                .unwrap()
                .iter()
                .map(if key == "gaps" { gap } else { outage })
                .collect::<Vec<_>>()
        };
        assert_eq!(again["tick_hz"], 1000, "{file}");
        assert_eq!(plain(&again, "outages"), plain(&first, "outages"), "{file}");
        assert_eq!(plain(&again, "gaps"), plain(&first, "gaps"), "{file}");
        assert_eq!(again["verdict"], first["verdict"], "{file}");
    }
    // sigrok takes an analogue capture; 10.2 V as a 32-bit float is not below 10.2 V.
    let volts = |i: u32| match i {
        0..5000 => "12.0",
        5000..6000 => "10.2",
        6000..9000 => "10.1",
        9000..10_000 => "10.79",
        10_000..12_000 => "10.8",
        _ => "12.0",
    };
    let rows: String = (0..20_000).map(|i| format!("{}\n", volts(i))).collect();
    fs::write(path("v.csv"), format!("V\n{rows}")).unwrap();
    sigrok(&["-I", "csv:column_formats=a:samplerate=1000:header=true", "-i", "v.csv", "-o", "v.sr"]);
    let (source, capture) = (path("v.sr"), path("v.mcap"));
    let args = ["import", text(&source), "--map", "rail_mv=V", "--out", text(&capture), "--json"];
    let done = ichiscope(&args);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(rail0(&done.json()), [(6000, 10_000)]);
}

fn rail0(found: &Value) -> Vec<(u64, u64)> {
    let outages = found["outages"].as_array().unwrap().iter().filter(|o| o["line"] == "rail0");
    outages.map(|o| (o["start_tick"].as_u64().unwrap(), o["end_tick"].as_u64().unwrap())).collect()
}

/// The same outage of 179.9999990 s in every kind of table, and voltages with their hysteresis.
#[test]
fn tables_are_exact_to_their_finest_digit() {
    let folder = tempfile::tempdir().unwrap();
    let import = |name: &str, content: &str, map: &str, more: &[&str]| {
        let (file, out) = (folder.path().join(name), folder.path().join(format!("{name}.mcap")));
        fs::write(&file, content).unwrap();
        let args = ["import", text(&file), "--map", map, "--out", text(&out), "--json"];
        let done = ichiscope(&[&args, more].concat());
        assert_eq!(done.code, 0, "{name}: {}", done.stderr);
        done.json()
    };
    let cases = [
        (
            "wide.csv",
            "time_s,rail,ac\n0,1,0\n10.000000,0,0\n189.999999,1,0\n200,1,0\n",
            "rail=rail,ac_lo=ac",
            1,
        ),
        ("ns.csv", "time [ns];rail\n0;1\n10000000000;0\n189999999000;1\n200000000000;1\n", "rail=rail", 1000),
        (
            "long.csv",
            "time_us,line,level\n0,r,1\n10000000,r,0\n150000000,a,1\n189999999,r,1\n",
            "rail=r,ac_lo=a",
            1,
        ),
        (
            "saleae.csv",
            "Time [s],Channel 0\n-5.000000,1\n5.000000,0\n184.999999,1\n190.0,1\n",
            "rail=Channel 0",
            1,
        ),
        (
            "ticks.csv",
            "tick,tick_hz,line,level\n0,1000000,r,1\n10000000,1000000,r,0\n189999999,1000000,r,1\n",
            "rail=r",
            1,
        ),
        ("exp.csv", "time,rail\n0,1\n1.0e1,0\n1.89999999e+2,1\n2e2,1\n", "rail=rail", 1),
        (
            "mv.csv",
            "time_us,mv\n0,12000\n9,12000\n10000000,10199\n10000900,10799\n189999999,10800\n",
            "rail_mv=mv",
            1,
        ),
        (
            "v.csv",
            "time_us,rail [V]\n0,12\n9,12.0\n10000000,10.1999\n11000900,10.799999\n189999999,10.8\n",
            "rail_mv=rail [V]",
            1,
        ),
    ];
    for (name, content, map, scale) in cases {
        let found = import(name, content, map, &[]);
        assert_eq!(rail0(&found), [(10_000_000 * scale, 189_999_999 * scale)], "{name}");
        assert_eq!(found["tick_hz"], 1_000_000 * scale, "{name}");
        assert_eq!(found["verdict"], "CONDITIONAL PASS", "{name}");
    }
    // A better clock is the operator's word: 1 ppm over 180 s is 0.18 ms, and 5 ms below the limit is then a PASS.
    let content = "time_s,rail\n0,1\n10.000,0\n189.995,1\n200.000,1\n";
    let told = import("ppm.csv", content, "rail=rail", &["--clock-ppm", "1"]);
    assert_eq!(told["verdict"], "PASS");
    assert_eq!(import("default.csv", content, "rail=rail", &[])["verdict"], "CONDITIONAL PASS");
    // Evenly spaced voltages are samples: the edge may lie anywhere between two of them, and the budget says so.
    let rows: String =
        (0..300).map(|s| format!("{s},{}\n", if (10..189).contains(&s) { 0 } else { 12_000 })).collect();
    let found = import("samples.csv", &format!("time_s,mv\n{rows}"), "rail_mv=mv", &[]);
    let term = &found["outages"][0]["budget"][1];
    assert_eq!((&term["term"], &term["bound_ns"]), (&json!("tick at the start"), &json!(1e9)));
    assert_eq!(found["verdict"], "CONDITIONAL PASS", "179 s and 1 s at each edge");
}

/// The campaign over the kept captures and one that cannot be read, by DuckDB: the same as the CSV.
#[test]
fn a_campaigns_parquet_says_what_its_csv_says() {
    let folder = tempfile::tempdir().unwrap();
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../captures");
    let runs = folder.path().join("runs");
    fs::create_dir(&runs).unwrap();
    let mut count = 1;
    for entry in fs::read_dir(captures).unwrap().flatten() {
        if entry.path().extension().is_some_and(|e| e == "mcap") {
            fs::copy(entry.path(), runs.join(entry.file_name())).unwrap();
            count += 1;
        }
    }
    assert!(count > 5);
    fs::write(runs.join("=broken.mcap"), "no capture").unwrap();
    let out = folder.path().join("out");
    let ended = ichiscope(&["campaign", text(&runs), "--out", text(&out)]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    let said = run(python_with_packages().arg(script("runs.py")).arg(&out));
    assert_eq!(said.trim(), count.to_string());
    assert!(fs::read_to_string(out.join("report.html")).unwrap().contains("The worst run decides"));
}
