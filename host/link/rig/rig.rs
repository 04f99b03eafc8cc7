//! The far hand of the rig tests: a `FtdiTransport` that obeys one-line commands.
//!
//! It runs where the device is: inside the QEMU guest, or under `umockdev-run`. Commands come on standard input, each
//! answered by one line on standard output that starts with `> `; received bytes go to the file named as the argument.
//!
//! | command | answer |
//! |---|---|
//! | `list` | the devices with their state, or `none` |
//! | `open SERIAL BAUD` | `opened` and the link's information; SERIAL `-` for the only one |
//! | `open-many COUNT SERIAL` | how many of COUNT opens failed, the file descriptors before and after, the last error |
//! | `read COUNT [MILLISECONDS]` | after COUNT bytes, so long a silence, or the link's end: bytes, time, events, end |
//! | `idle MILLISECONDS` | what one `poll` of that duration said, and how long it took |
//! | `send HEX` | `sent` |
//! | `naive-open BAUD` | `opened`: crate `ftdi` without the link |
//! | `naive-read COUNT MILLISECONDS` | bytes, time: crate `ftdi`'s own read in a loop |
//! | `close` | `closed` |
//! | `quit` | none: the rig ends |
//! | `as-nobody COMMAND` | the answer of another process without rights |

mod naive;

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ichiscope_link::{FtdiTransport, LinkEvent, Received, Transport, list};

type Answer = Result<String, String>;

/// The silence after which a read gives up, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

struct Rig {
    output: File,
    link: Option<FtdiTransport>,
    naive: Option<ftdi::Device>,
}

fn main() -> io::Result<()> {
    let output = std::env::args().nth(1).unwrap_or_else(|| "/dev/null".into());
    let output = OpenOptions::new().create(true).append(true).open(output)?;
    let mut rig = Rig { output, link: None, naive: None };
    reply("ready")?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line == "quit" {
            break;
        }
        let answer = rig.obey(&line);
        reply(&answer.unwrap_or_else(|error| format!("error: {error}")))?;
    }
    Ok(())
}

fn reply(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "> {text}")?;
    out.flush()
}

impl Rig {
    fn obey(&mut self, line: &str) -> Answer {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["list"] => devices(),
            ["open", serial, baud] => self.open(serial, number(baud)?),
            ["open-many", count, serial] => open_many(number(count)?, serial),
            ["read", count] => self.read(number(count)?, PATIENCE),
            ["read", count, silence] => self.read(number(count)?, Duration::from_millis(number(silence)?)),
            ["idle", duration] => self.idle(Duration::from_millis(number(duration)?)),
            ["send", hex] => self.send(hex),
            ["naive-open", baud] => self.naive_open(number(baud)?),
            ["naive-read", count, silence] => {
                self.naive_read(number(count)?, Duration::from_millis(number(silence)?))
            }
            ["close"] => {
                self.link = None;
                self.naive = None;
                Ok("closed".into())
            }
            ["as-nobody", command @ ..] => as_nobody(&command.join(" ")),
            _ => Err(format!("no such command: {line}")),
        }
    }

    fn open(&mut self, serial: &str, baud: u32) -> Answer {
        self.link = None;
        let link = FtdiTransport::open(wanted(serial), baud).map_err(|e| e.to_string())?;
        let info = link.info();
        self.link = Some(link);
        Ok(format!("opened {} at {}: {}", info.serial, info.baud, info.description))
    }

    fn link(&mut self) -> Result<&mut FtdiTransport, String> {
        self.link.as_mut().ok_or_else(|| "nothing is open".into())
    }

    fn read(&mut self, count: usize, silence: Duration) -> Answer {
        let (mut bytes, mut events, mut end) = (Vec::new(), Vec::new(), String::new());
        let mut notes = Vec::new();
        let begun = Instant::now();
        while bytes.len() < count && end.is_empty() {
            match self.link()?.poll(&mut bytes, &mut events, silence) {
                Ok(Received::Bytes(n)) => {
                    let start = bytes.len() - n;
                    notes.extend(events.drain(..).map(|event| note(&event, start)));
                }
                Ok(Received::Idle) if events.is_empty() => end = " end: silence".into(),
                Ok(Received::Idle) => notes.extend(events.drain(..).map(|event| note(&event, bytes.len()))),
                Ok(Received::End) => end = " end: end of stream".into(),
                Err(error) => end = format!(" end: {error}"),
            }
        }
        let elapsed = begun.elapsed().as_micros();
        self.output.write_all(&bytes).map_err(|e| e.to_string())?;
        Ok(format!("read {} in {elapsed} us events [{}]{end}", bytes.len(), notes.join(" ")))
    }

    fn send(&mut self, hex: &str) -> Answer {
        let pairs = hex
            .as_bytes()
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()));
        let bytes: Option<Vec<u8>> = pairs.collect();
        self.link()?.send(&bytes.ok_or("no hexadecimal bytes")?).map_err(|e| e.to_string())?;
        Ok("sent".into())
    }

    fn naive_open(&mut self, baud: u32) -> Answer {
        self.naive = Some(naive::open(baud)?);
        Ok("opened".into())
    }

    fn naive_read(&mut self, count: usize, silence: Duration) -> Answer {
        let device = self.naive.as_mut().ok_or("nothing is open")?;
        let begun = Instant::now();
        let bytes = naive::read(device, count, silence)?;
        let elapsed = begun.elapsed().as_micros();
        self.output.write_all(&bytes).map_err(|e| e.to_string())?;
        Ok(format!("read {} in {elapsed} us", bytes.len()))
    }

    fn idle(&mut self, wait: Duration) -> Answer {
        let begun = Instant::now();
        let received =
            self.link()?.poll(&mut Vec::new(), &mut Vec::new(), wait).map_err(|e| e.to_string())?;
        Ok(format!("{received:?} after {} ms", begun.elapsed().as_millis()))
    }
}

fn note(event: &LinkEvent, at: usize) -> String {
    format!("{event:?}@{at}")
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("not a number: {word}"))
}

fn wanted(serial: &str) -> Option<&str> {
    (serial != "-").then_some(serial)
}

fn devices() -> Answer {
    let found = list().map_err(|e| e.to_string())?;
    let lines = found.iter().map(|f| {
        let serial = f.serial.as_deref().unwrap_or("-");
        format!("{serial} | {} | {} | {} | {}", f.description, f.chip, f.location, f.access)
    });
    Ok(if found.is_empty() { "none".into() } else { lines.collect::<Vec<_>>().join("; ") })
}

fn open_many(count: usize, serial: &str) -> Answer {
    let open_files = || std::fs::read_dir("/proc/self/fd").map(Iterator::count).map_err(|e| e.to_string());
    let before = open_files()?;
    let (mut failed, mut last) = (0, String::new());
    for _ in 0..count {
        if let Err(error) = FtdiTransport::open(wanted(serial), 3_000_000) {
            failed += 1;
            last = error.to_string();
        }
    }
    Ok(format!("failed {failed} files {before} -> {}: {last}", open_files()?))
}

fn as_nobody(command: &str) -> Answer {
    let run = || -> io::Result<String> {
        let mut nobody = Command::new(std::env::current_exe()?);
        give_up_rights(&mut nobody);
        // A file of its own: it may not write to ours.
        let mut child = nobody.arg("/dev/null").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            writeln!(stdin, "{command}")?;
        }
        let output = child.wait_with_output()?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned())
    };
    run().map_err(|e| e.to_string())
}

#[cfg(unix)]
fn give_up_rights(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    command.uid(NOBODY).gid(NOBODY);
}

/// The rig's guest is a Linux; elsewhere the command answers with the rights it has.
#[cfg(not(unix))]
fn give_up_rights(_command: &mut Command) {}
