//! The same edges read by this program and by sigrok-cli, as a user would run them. `cargo bench -p ichiscope --bench tools`.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const EDGES: u64 = 200_000;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    for seconds in [10, 1000] {
        let vcd = folder.path().join(format!("{seconds}.vcd"));
        std::fs::write(&vcd, edges(seconds)).unwrap();
        println!("{EDGES} edges in {seconds} s of device time, ticks of 1 us");
        let sr = folder.path().join(format!("{seconds}.sr"));
        let sigrok = |input: &Path, output: &[&str]| {
            timed(Command::new("sigrok-cli").arg("-i").arg(input).args(output))
        };
        report("sigrok-cli, VCD to .sr", sigrok(&vcd, &["-O", "srzip", "-o", sr.to_str().unwrap()]));
        report("sigrok-cli, .sr read", sigrok(&sr, &["-O", "bits", "-o", "/dev/null"]));
        for (what, input) in [("ichiscope import, VCD", &vcd), ("ichiscope import, .sr", &sr)] {
            let out = input.with_extension("mcap");
            let map = ["--map", "rail=supply", "--out"];
            report(what, timed(ichiscope(&["import", input.to_str().unwrap()]).args(map).arg(&out)));
            if what.ends_with("VCD") {
                report("ichiscope analyse", timed(&mut ichiscope(&["analyse", out.to_str().unwrap()])));
            }
            std::fs::remove_file(out).unwrap();
        }
    }
}

/// A square wave with uneven steps.
fn edges(seconds: u64) -> String {
    let mut text = "$timescale 1 us $end\n$scope module b $end\n$var wire 1 ! supply $end\n$upscope $end\n\
                    $enddefinitions $end\n#0\n1!\n"
        .to_owned();
    let step = seconds * 1_000_000 / EDGES;
    for n in 0..EDGES {
        let _ = writeln!(text, "#{}\n{}!", (n + 1) * step + n % 7, n % 2);
    }
    text
}

fn ichiscope(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ichiscope"));
    command.args(args);
    command
}

fn timed(command: &mut Command) -> f64 {
    let begun = Instant::now();
    // 3 and 4 are answers of `analyse`, not failures.
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.is_ok_and(|s| s.code().is_some_and(|code| [0, 3, 4].contains(&code))), "{command:?}");
    begun.elapsed().as_secs_f64()
}

fn report(what: &str, seconds: f64) {
    println!("  {what:<24} {seconds:8.3} s");
}
