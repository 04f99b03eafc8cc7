//! `decode`: the records of a raw byte stream, one a line.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use ichiscope_wire::{Decoder, Event, Frame, LineSet, Payload};
use serde_json::{Value, json};

use crate::exit::Outcome;
use crate::output::print;

/// Bytes read at a time.
const BLOCK: usize = 1 << 16;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A file of bytes as they left the UART
    bytes: PathBuf,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let place = || format!("cannot read {}", args.bytes.display());
    let mut file = File::open(&args.bytes).with_context(place)?;
    let mut decoder = Decoder::new();
    let mut block = vec![0; BLOCK];
    let mut damaged = false;
    loop {
        let n = file.read(&mut block).with_context(place)?;
        let mut text = String::new();
        let mut report = |event| {
            damaged |= matches!(event, Event::Damage { .. });
            let line = line_of(event);
            let _ = if args.json { writeln!(text, "{line}") } else { writeln!(text, "{}", plain(&line)) };
        };
        if n == 0 {
            decoder.finish(&mut report);
            print(&text)?;
            return Ok(if damaged { Outcome::Unclear } else { Outcome::Good });
        }
        decoder.push(&block[..n], &mut report);
        print(&text)?;
    }
}

fn line_of(event: Event) -> Value {
    match event {
        Event::Frame(frame) => record(frame),
        Event::Damage { offset, bytes } => json!({"kind": "damage", "offset": offset, "bytes": bytes}),
    }
}

fn record(frame: Frame) -> Value {
    let Frame { offset, seq, record } = frame;
    let mut value = json!({"offset": offset, "seq": seq, "tick": record.tick, "lost": record.lost});
    let more = match record.payload() {
        Payload::Start(s) => json!({"kind": "start", "page": s.page, "value": s.value}),
        Payload::Heartbeat(h) => json!({
            "kind": "heartbeat", "full_tick": h.tick, "levels": names(h.levels), "flags": h.flags,
        }),
        Payload::Counter(c) => json!({"kind": "counter", "id": c.id, "value": c.value}),
        Payload::Edge(e) => edge("edge", record.tick, e),
        Payload::OverrunBegin(e) => edge("overrun-begin", record.tick, e),
        Payload::OverrunEnd(o) => json!({
            "kind": "overrun-end", "levels": names(o.levels), "last_lost_age": o.last_lost_age,
        }),
        Payload::Ack(a) => json!({
            "kind": "ack", "command": a.seq, "register": a.register, "status": a.status.name(),
            "event_tick": before(record.tick, a.age), "age": a.age,
        }),
        Payload::Console(c) => json!({
            "kind": "console", "byte": c.byte, "flags": c.flags,
            "event_tick": before(record.tick, c.age), "age": c.age,
        }),
        Payload::Envelope(e) => {
            json!({"kind": "envelope", "least": e.least, "greatest": e.greatest, "mean": e.mean})
        }
        Payload::Window(w) => json!({"kind": "window", "page": w.page, "value": w.value}),
        Payload::Samples(samples) => json!({"kind": "samples", "samples": samples}),
        Payload::LinkTest(state) => json!({"kind": "link-test", "state": state}),
        Payload::Unknown { kind, data } => json!({"kind": "unknown", "code": kind, "data": data}),
    };
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    value
}

fn edge(kind: &str, tick: u64, e: ichiscope_wire::Edge) -> Value {
    json!({
        "kind": kind, "event_tick": before(tick, e.age.into()), "age": e.age,
        "levels": names(e.levels), "changed": names(e.changed),
    })
}

fn before(tick: u64, age: u32) -> u64 {
    tick.wrapping_sub(u64::from(age)) & ichiscope_wire::TICK_MASK
}

fn names(set: LineSet) -> Vec<&'static str> {
    set.iter().map(|l| l.name()).collect()
}

/// `key=value` pairs for people.
fn plain(line: &Value) -> String {
    let Value::Object(fields) = line else { return line.to_string() };
    let pairs: Vec<String> = fields
        .iter()
        .map(|(key, value)| match value {
            Value::Array(items) => {
                let words: Vec<String> =
                    items.iter().map(|i| i.as_str().map_or_else(|| i.to_string(), str::to_owned)).collect();
                format!("{key}={}", words.join(","))
            }
            Value::String(text) => format!("{key}={text}"),
            other => format!("{key}={other}"),
        })
        .collect();
    pairs.join(" ")
}
