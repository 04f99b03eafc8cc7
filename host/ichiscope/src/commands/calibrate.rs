//! `calibrate`: the board's clock against pulses per second; its ADC against two known voltages.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ichiscope_context::{AdcPoint, AdcScale, Certificate, calibrate_clock, with_adc};
use serde_json::json;

use crate::exit::Outcome;
use crate::output::print;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// A recording with pulses per second on the input pps
    #[arg(required = true)]
    capture: Option<PathBuf>,
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

#[derive(clap::Subcommand)]
enum What {
    /// Measures what a code of the ADC is in volts, by recordings of two steady, known voltages
    Voltage(Voltage),
}

#[derive(clap::Args)]
struct Voltage {
    /// A recording and its voltage at the connector by a voltmeter, as CAPTURE=MILLIVOLTS; twice
    #[arg(long, required = true, num_args = 1, value_parser = point)]
    point: Vec<(PathBuf, i32)>,
    /// Expanded uncertainty (k = 2) of the voltmeter, mV
    #[arg(long)]
    u_mv: f64,
    /// The front end's profile that gets the new scale; without it a new one
    #[arg(long)]
    front_end: Option<PathBuf>,
    /// The profile to write; it must not exist with other contents
    #[arg(long)]
    out: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn point(text: &str) -> Result<(PathBuf, i32), String> {
    let parts =
        text.rsplit_once('=').and_then(|(capture, mv)| Some((PathBuf::from(capture), mv.parse().ok()?)));
    parts.ok_or_else(|| "CAPTURE=MILLIVOLTS is needed, such as five.mcap=5003".to_owned())
}

fn voltage(args: &Voltage) -> anyhow::Result<Outcome> {
    let [a, b] = args.point.as_slice() else {
        anyhow::bail!(
            "two points are needed, not {}. Remedy: --point A.mcap=MV --point B.mcap=MV",
            args.point.len()
        );
    };
    anyhow::ensure!(
        args.u_mv.is_finite() && args.u_mv >= 0.0,
        "--u-mv {}: a number of mV is needed",
        args.u_mv
    );
    let read = |(capture, mv): &(PathBuf, i32)| -> anyhow::Result<AdcPoint> {
        let recording = super::load(capture)?;
        Ok(AdcPoint::of(&recording, &capture.display().to_string(), *mv, args.u_mv)?)
    };
    let (a, b) = (read(a)?, read(b)?);
    let scale = AdcScale::through(a, b)?;
    let before = args
        .front_end
        .as_ref()
        .map(|path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display())));
    let before = before.transpose()?;
    let file = args.front_end.as_ref().unwrap_or(&args.out).display().to_string();
    let source = format!("ADC calibrated at {} mV and {} mV (voltmeter {} mV, k = 2)", a.mv, b.mv, args.u_mv);
    put(&args.out, &with_adc(&file, before.as_deref(), &scale.text(), &source)?)?;
    if args.json {
        print(&format!(
            "{:#}\n",
            json!({
                "file": args.out, "gain_uv_per_code": scale.gain_uv_per_code, "offset_uv": scale.offset_uv,
                "gain_u_ppm": scale.gain_u_ppm, "offset_u_uv": scale.offset_u_uv,
            })
        ))?;
    } else {
        print(&format!(
            "{:.4} uV a code (uncertain by {:.0} ppm), {:.1} mV at code 0 (uncertain by {:.1} mV, k = 2)\n{}\n",
            scale.gain_uv_per_code,
            scale.gain_u_ppm,
            scale.offset_uv / 1000.0,
            scale.offset_u_uv / 1000.0,
            args.out.display()
        ))?;
    }
    Ok(Outcome::Good)
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    match (&args.what, &args.capture) {
        (Some(What::Voltage(args)), _) => voltage(args),
        (None, Some(capture)) => clock(args, capture),
        (None, None) => anyhow::bail!("a capture is needed. Remedy: ichiscope calibrate --help"),
    }
}

fn clock(args: &Args, capture: &Path) -> anyhow::Result<Outcome> {
    let recording = super::load(capture)?;
    let name = capture.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let sha256 =
        ichiscope_evidence::sha256(capture).with_context(|| format!("cannot read {}", capture.display()))?;
    let certificate = calibrate_clock(&recording, &name, &sha256, args.pps_bound_ns)
        .with_context(|| capture.display().to_string())?;
    let out = args.out.clone().unwrap_or_else(|| beside(capture));
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
