//! Records a known pattern until it is killed: the child of the tests that kill a recording or fill its disk.
//!
//! `record_loop clock FILE` records for a second and prints `HOST_NS UTC_NS` for each item, the second from the PC's clock.
//! `record_loop paced|fast FILE` prints `NUMBER HOST_NS` after each recorded item. `record_loop fill FILE` prints the
//! error when there is no room, waits for a line on its input, goes on, finishes, and prints how many items it recorded.

#[path = "../tests/common/pattern.rs"]
mod pattern;

use std::error::Error;
use std::io::{self, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ichiscope_capture::{CaptureError, DeviceFacts, Facts, HostClock, Writer};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, path] = &arguments[..] else {
        return Err("usage: record_loop paced|fast|fill|clock FILE".into());
    };
    let clock = HostClock::start();
    let facts = Facts::new("record_loop", clock.anchor_utc_ns(), DeviceFacts::default());
    let writer = Writer::create(path, &facts)?;
    match mode.as_str() {
        "paced" => record(writer, clock, 40, Duration::from_millis(1)),
        "fast" => record(writer, clock, 20_000, Duration::ZERO),
        "fill" => fill(writer, clock),
        "clock" => compare_clocks(writer, clock),
        other => Err(format!("{other} is not a mode").into()),
    }
}

/// Records items of about `len` bytes for ever.
fn record(mut writer: Writer, clock: HostClock, len: usize, pause: Duration) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for n in 0.. {
        let host_ns = clock.now_ns();
        writer.bytes(host_ns, &pattern::item(n, len))?;
        writeln!(out, "{n} {host_ns}")?;
        out.flush()?;
        std::thread::sleep(pause);
        writer.flush_due(Instant::now())?;
    }
    Ok(())
}

/// Records for a second and prints what the two clocks say.
fn compare_clocks(mut writer: Writer, clock: HostClock) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let mut n = 0;
    while start.elapsed() < Duration::from_secs(1) {
        let host_ns = clock.now_ns();
        writer.bytes(host_ns, &pattern::item(n, 8))?;
        println!("{host_ns} {}", SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos());
        std::thread::sleep(Duration::from_millis(5));
        n += 1;
    }
    writer.finish()?;
    Ok(())
}

/// Records until the disk is full, and ten items more after there is room.
fn fill(mut writer: Writer, clock: HostClock) -> Result<(), Box<dyn Error>> {
    let mut n = 0;
    let full = loop {
        match writer.bytes(clock.now_ns(), &pattern::item(n, 5_000)) {
            Ok(()) => n += 1,
            Err(error @ CaptureError::Full { .. }) => break error,
            Err(error) => return Err(error.into()),
        }
    };
    println!("{full}");
    io::stdin().read_line(&mut String::new())?;
    writer.flush()?;
    for _ in 0..10 {
        writer.bytes(clock.now_ns(), &pattern::item(n, 5_000))?;
        n += 1;
    }
    writer.finish()?;
    println!("{n}");
    Ok(())
}
