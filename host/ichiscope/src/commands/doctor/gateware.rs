//! Which gateware answers at a board: what `doctor` hears when it listens.

use std::time::{Duration, Instant};

use ichiscope_link::{FtdiTransport, LinkError, Transport};
use ichiscope_timeline::{Builder, Identity};
use serde_json::{Value, json};

/// START is repeated within a second (docs/wire.md).
const PATIENCE: Duration = Duration::from_secs(2);
/// How long one poll of the link may wait.
const POLL: Duration = Duration::from_millis(100);

/// What was heard.
pub(in crate::commands) enum Heard {
    /// A whole START block.
    Gateware {
        /// What it says.
        identity: Identity,
        /// What about it forbids a conclusion.
        problems: Vec<String>,
    },
    /// Good frames, but no START.
    NoStart,
    /// Bytes, but no frame.
    Noise(u64),
    /// Nothing.
    Silence,
    /// The board could not be opened or went away.
    Trouble(String),
}

/// Opens the board with this serial number, or the only one, and listens.
pub(in crate::commands) fn listen(serial: Option<&str>, baud: u32) -> Heard {
    match hear(serial, baud) {
        Ok(builder) => judge(&builder),
        Err(error) => Heard::Trouble(error.to_string()),
    }
}

fn hear(serial: Option<&str>, baud: u32) -> Result<Builder, LinkError> {
    let mut link = FtdiTransport::open(serial, baud)?;
    let mut builder = Builder::new();
    let begun = Instant::now();
    // Frames are held back until a heartbeat, so the block may be known a little later than it came.
    while builder.timeline().identity().is_none() && begun.elapsed() < PATIENCE {
        let (mut bytes, mut events) = (Vec::new(), Vec::new());
        link.poll(&mut bytes, &mut events, POLL)?;
        builder.bytes(0, &bytes);
    }
    Ok(builder)
}

fn judge(builder: &Builder) -> Heard {
    let timeline = builder.timeline();
    let stats = timeline.stats();
    match timeline.identity() {
        Some(identity) => Heard::Gateware {
            identity: *identity,
            problems: timeline.problems().iter().map(ToString::to_string).collect(),
        },
        None if stats.frames > 0 => Heard::NoStart,
        None if stats.bytes > 0 => Heard::Noise(stats.bytes),
        None => Heard::Silence,
    }
}

impl Heard {
    /// Whether a gateware answers with which this program can measure.
    pub(in crate::commands) fn is_good(&self) -> bool {
        matches!(self, Heard::Gateware { problems, .. } if problems.is_empty())
    }

    /// One line.
    pub(in crate::commands) fn text(&self, baud: u32) -> String {
        match self {
            Heard::Gateware { identity, .. } => {
                let board = identity
                    .board()
                    .map_or_else(|| format!("code {}", identity.board_code), |b| b.name().into());
                let simulated = if identity.is_simulated() { ", SIMULATED" } else { "" };
                format!(
                    "board {board}, bitstream {:08x}, protocol {}, {} ticks/s{simulated}",
                    identity.bitstream_id, identity.protocol, identity.tick_hz
                )
            }
            Heard::NoStart => "sends records, but no START within 2 s".to_owned(),
            Heard::Noise(bytes) => format!("{bytes} bytes at {baud} baud, but no frame among them"),
            Heard::Silence => format!("no ichiscope gateware answers at {baud} baud"),
            Heard::Trouble(error) => error.clone(),
        }
    }

    /// What to do about it.
    pub(in crate::commands) fn remedies(&self) -> Vec<String> {
        const FLASH: &str = "write the gateware of this version into the board: ichiscope flash --board NAME";
        match self {
            Heard::Gateware { problems, .. } => problems.clone(),
            Heard::NoStart => vec!["listen again; if it stays so, ".to_owned() + FLASH],
            Heard::Noise(_) => vec![
                "the bitstream was built for another baud rate: give it with --baud; or this is no ichiscope: "
                    .to_owned()
                    + FLASH,
            ],
            Heard::Silence => vec![FLASH.to_owned()],
            Heard::Trouble(_) => vec![],
        }
    }

    /// For scripts.
    pub(in crate::commands) fn json(&self) -> Value {
        match self {
            Heard::Gateware { identity, .. } => json!({
                "heard": "gateware", "board": identity.board().map(|b| b.name()),
                "bitstream_id": format!("{:08x}", identity.bitstream_id), "protocol": identity.protocol,
                "tick_hz": identity.tick_hz, "baud": identity.baud,
            }),
            Heard::NoStart => json!({ "heard": "no-start" }),
            Heard::Noise(bytes) => json!({ "heard": "noise", "bytes": bytes }),
            Heard::Silence => json!({ "heard": "silence" }),
            Heard::Trouble(error) => json!({ "heard": "trouble", "error": error }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ichiscope_wire::{Heartbeat, LineSet, PROTOCOL_VERSION, Payload, Record, Start, encode_frame};

    fn heard(bytes: &[u8]) -> Heard {
        let mut builder = Builder::new();
        builder.bytes(0, bytes);
        judge(&builder)
    }

    fn frames(payloads: impl IntoIterator<Item = Payload>) -> Vec<u8> {
        let records = payloads.into_iter().zip(100_u8..);
        records.flat_map(|(p, seq)| encode_frame(seq, &Record::new(u64::from(seq), 0, p))).collect()
    }

    fn start(version: u32) -> impl Iterator<Item = Payload> {
        let values =
            [version | 1 << 8 | 8 << 16, 36_000_000, 7, 3_000_000, 0xFFF << 12, 9, 256 | 21 << 16, 0];
        (0..8).zip(values).map(|(page, value)| Payload::Start(Start { page, value }))
    }

    #[test]
    fn what_answers_is_told_apart() {
        let beat = Payload::Heartbeat(Heartbeat { tick: 300, levels: LineSet::EMPTY, flags: 1 });
        assert!(matches!(heard(&[]), Heard::Silence));
        assert!(matches!(heard(&[0x55; 100]), Heard::Noise(100)));
        assert!(matches!(heard(&frames([beat])), Heard::NoStart));
        assert!(heard(&frames(start(PROTOCOL_VERSION.into()).chain([beat]))).is_good());

        let later = heard(&frames(start(u32::from(PROTOCOL_VERSION) + 1).chain([beat])));
        assert!(!later.is_good());
        assert!(later.remedies()[0].contains("protocol version"), "{:?}", later.remedies());
    }
}
