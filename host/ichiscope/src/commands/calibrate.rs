//! `calibrate`: the board's clock against pulses per second.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ichiscope_context::{Certificate, calibrate_clock};
use serde_json::json;

use crate::exit::Outcome;
use crate::output::print;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A recording with pulses per second on the input pps
    capture: PathBuf,
    /// The certificate to write; without it beside the capture, as NAME.clock.toml. It must not exist with other contents
    #[arg(long)]
    out: Option<PathBuf>,
    /// How far a pulse may be off its second, ns; by the source's data sheet
    #[arg(long, default_value_t = 1_000)]
    pps_bound_ns: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let recording = super::load(&args.capture)?;
    let name = args.capture.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let sha256 = ichiscope_evidence::sha256(&args.capture)
        .with_context(|| format!("cannot read {}", args.capture.display()))?;
    let certificate = calibrate_clock(&recording, &name, &sha256, args.pps_bound_ns)
        .with_context(|| args.capture.display().to_string())?;
    let out = args.out.clone().unwrap_or_else(|| beside(&args.capture));
    put(&out, &certificate.text())?;
    if args.json {
        print(&format!("{:#}\n", json!({"file": out, "certificate": certificate})))?;
    } else {
        print(&format!("{}{}\n", words(&certificate), out.display()))?;
    }
    Ok(Outcome::Good)
}

fn beside(capture: &Path) -> PathBuf {
    let mut name = capture.as_os_str().to_owned();
    name.push(".clock.toml");
    name.into()
}

/// Never over another certificate.
fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let place = || format!("cannot write {}. Remedy: choose a new name with --out", path.display());
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path).with_context(place)?;
    file.write_all(text.as_bytes()).with_context(place)
}

fn words(c: &Certificate) -> String {
    let sign = if c.deviation_ppb < 0 { "-" } else { "+" };
    let ppm = |ppb: u32| format!("{}.{:03} ppm", ppb / 1000, ppb % 1000);
    format!(
        "board {} ({}): {sign}{} against PPS, uncertain by {} (k = 2)\n\
         {} of {} pulses over {} s; from the line through them {} ns (rms), {} ns at most\n\
         the deviation is not taken out of any duration: it is part of the uncertainty\n",
        c.device_serial,
        c.board,
        ppm(c.deviation_ppb.unsigned_abs()),
        ppm(c.u_ppb),
        c.pulses_used,
        c.pulses,
        c.span_s,
        c.residual_rms_ns,
        c.residual_max_ns,
    )
}
