//! `recover`: a whole capture out of what a crash or damage left of one.

use std::fmt::Write as _;
use std::path::PathBuf;

use ichiscope_capture::{Lost, Recovery, recover};
use serde_json::{Value, json};

use crate::exit::Outcome;
use crate::output::{print, progress};

/// Losses printed one by one; JSON has all that were kept.
const SHOWN: usize = 20;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The damaged or unfinished capture; it is only read
    capture: PathBuf,
    /// The capture file to make; it must not exist
    #[arg(long)]
    out: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let length = std::fs::metadata(&args.capture).map_or(0, |m| m.len());
    let bar = progress(length, "recovering");
    let recovery = recover(&args.capture, &args.out, |at, _| bar.set_position(at))?;
    bar.finish_and_clear();
    if args.json {
        print(&format!("{:#}\n", as_json(args, &recovery)))?;
    } else {
        print(&as_text(args, &recovery))?;
    }
    Ok(if recovery.is_loss() { Outcome::Unclear } else { Outcome::Good })
}

fn as_json(args: &Args, recovery: &Recovery) -> Value {
    let lost: Vec<Value> = recovery.lost.iter().map(lost_json).collect();
    json!({
        "file": args.out,
        "file_bytes": recovery.summary.file_bytes,
        "device_bytes": recovery.summary.device_bytes,
        "items": recovery.items,
        "span_ns": recovery.summary.span_ns.map(|(start, end)| [start, end]),
        "repaired": recovery.repaired,
        "unfinished": recovery.unfinished,
        "losses": recovery.losses,
        "lost": lost,
    })
}

fn lost_json(lost: &Lost) -> Value {
    json!({
        "offset": lost.offset, "bytes": lost.bytes, "items": lost.items,
        "from_ns": lost.from_ns, "to_ns": lost.to_ns, "what": lost.what,
    })
}

fn as_text(args: &Args, recovery: &Recovery) -> String {
    let mut text = String::new();
    for lost in recovery.lost.iter().take(SHOWN) {
        let _ = writeln!(text, "LOST: {}", lost_line(lost));
    }
    if recovery.losses > SHOWN as u64 {
        let _ = writeln!(text, "LOST: and {} more places", recovery.losses - SHOWN as u64);
    }
    if recovery.unfinished {
        text.push_str(
            "LOST: the recording was not finished; what its program had not written yet, at most the last 0.25 s, is gone\n",
        );
    }
    if recovery.repaired > 0 {
        let _ = writeln!(text, "repaired without loss: {} damaged places", recovery.repaired);
    }
    let _ = writeln!(
        text,
        "{} items, {} bytes of the device; read back and compared\n{}",
        recovery.items,
        recovery.summary.device_bytes,
        args.out.display()
    );
    text
}

fn lost_line(lost: &Lost) -> String {
    let span = match (lost.from_ns, lost.to_ns) {
        (Some(from), Some(to)) => {
            format!("within {} ms of host time", to.saturating_sub(from).div_ceil(1_000_000))
        }
        (None, Some(_)) => "before the first item that is left".to_owned(),
        (_, None) => "after the last item that is left".to_owned(),
    };
    format!("{} bytes at byte {}, {span}: {}", lost.bytes, lost.offset, lost.what)
}
