//! `flash`: writes the gateware into a board with a well-kept programmer, and asks the board what it runs then.

mod gateware;
mod programmer;

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use ichiscope_timeline::Identity;
use serde_json::json;

use super::doctor::{Heard, listen};
use crate::exit::Outcome;
use crate::output::print;
use gateware::Gateware;
use programmer::Programmer;

/// A board that was just programmed loads its flash, and its channel may be away for a moment.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(250);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which board it is; without it, what the board itself says (a board that runs ichiscope knows)
    #[arg(long, value_parser = gateware::names())]
    board: Option<String>,
    /// Serial number of the board; without it there must be just one
    #[arg(long)]
    device: Option<String>,
    /// The program that writes; without it the one of both that is installed
    #[arg(long, value_enum)]
    programmer: Option<programmer::Kind>,
    /// Bits per second at which the board is asked what it runs; without it, what the bitstream was built for
    #[arg(long)]
    baud: Option<u32>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let before = identity(args.device.as_deref(), args.baud.unwrap_or(gateware::BAUD));
    let gateware = choose(args.board.as_deref(), before.as_ref())?;
    gateware.check()?;
    let programmer = Programmer::find(args.programmer)?;
    programmer.write(gateware.bitstream, args.device.as_deref())?;
    let heard = read_back(args.device.as_deref(), args.baud.unwrap_or(gateware.manifest()?.baud));
    report(args, &gateware, &heard)
}

/// The gateware for the board: named, and not against what the board says of itself.
fn choose(named: Option<&str>, heard: Option<&Identity>) -> anyhow::Result<Gateware> {
    let told = heard.and_then(Identity::board).map(|board| board.name());
    match (named, told) {
        (Some(named), Some(told)) if named != told => bail!(
            "the board says that it is '{told}', not '{named}'; the wrong bitstream may drive pins against each other. \
             Remedy: --board {told}, or --device with the serial number of the board that is meant"
        ),
        (Some(name), _) | (None, Some(name)) => gateware::of(name).with_context(|| {
            format!("there is no bitstream for '{name}'. Remedy: one of {}", gateware::names().join(", "))
        }),
        (None, None) => bail!(
            "no ichiscope answers, so the board cannot say which one it is. Remedy: --board with one of {}",
            gateware::names().join(", ")
        ),
    }
}

fn identity(serial: Option<&str>, baud: u32) -> Option<Identity> {
    match listen(serial, baud) {
        Heard::Gateware { identity, .. } => Some(identity),
        _ => None,
    }
}

/// What the board says once it has started with what was written.
fn read_back(serial: Option<&str>, baud: u32) -> Heard {
    let begun = Instant::now();
    loop {
        let heard = listen(serial, baud);
        if matches!(heard, Heard::Gateware { .. }) || begun.elapsed() > PATIENCE {
            return heard;
        }
        std::thread::sleep(PAUSE);
    }
}

fn report(args: &Args, gateware: &Gateware, heard: &Heard) -> anyhow::Result<Outcome> {
    let manifest = gateware.manifest()?;
    let runs = match heard {
        Heard::Gateware { identity, .. } => Some(format!("{:08x}", identity.bitstream_id)),
        _ => None,
    };
    let is_it = runs.as_ref() == Some(&manifest.bitstream_id);
    if args.json {
        let value = json!({
            "board": gateware.board, "bitstream_id": manifest.bitstream_id, "sha256": manifest.bin_sha256,
            "written": true, "read_back": heard.json(), "verified": is_it,
        });
        print(&format!("{value:#}\n"))?;
    } else {
        print(&format!(
            "wrote bitstream {} for {}\nread back: {}\n",
            manifest.bitstream_id,
            gateware.board,
            heard.text(manifest.baud)
        ))?;
    }
    ensure!(
        is_it || runs.is_none(),
        "the board runs bitstream {}, not {}. Remedy: unplug it, plug it in again, and try again",
        runs.unwrap_or_default(),
        manifest.bitstream_id
    );
    if !is_it {
        eprintln!(
            "written, but the board did not answer. Remedy: unplug it, plug it in again, then ichiscope doctor"
        );
    }
    Ok(if is_it { Outcome::Good } else { Outcome::Unclear })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_that_nobody_names_is_not_guessed() {
        let error = choose(None, None).map(|g| g.board).unwrap_err().to_string();
        assert!(error.contains("--board") && error.contains("icebreaker"), "{error}");
        assert_eq!(choose(Some("alchitry-cu"), None).unwrap().board, "alchitry-cu");
    }
}
