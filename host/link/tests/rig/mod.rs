//! What the rig tests share: the rig program as a child process, and a stream to send through it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use ichiscope_wire::{Record, encode_frame};

/// The program that opens the link and obeys commands: `rig/rig.rs`.
pub(crate) const RIG: &str = env!("CARGO_BIN_EXE_ichiscope-link-rig");

/// A process with the rig at its console, directly or inside a guest. Dropping it ends it.
pub(crate) struct Console {
    child: Child,
    lines: Receiver<String>,
    log: Vec<String>,
}

impl Console {
    /// Starts `command`; `package` provides its program.
    pub(crate) fn start(mut command: Command, package: &str) -> Self {
        let program = command.get_program().to_owned();
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child =
            child.unwrap_or_else(|e| panic!("cannot start {program:?}: {e}. Remedy: install {package}"));
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = sync_channel(64);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                if sender.send(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()).is_err() {
                    break;
                }
            }
        });
        let mut console = Self { child, lines, log: Vec::new() };
        assert_eq!(console.answer(Duration::from_secs(60)), "ready");
        console
    }

    /// Sends a command to the rig.
    pub(crate) fn tell(&mut self, command: &str) {
        self.log.push(format!("< {command}"));
        let mut stdin = self.child.stdin.as_ref().unwrap();
        writeln!(stdin, "{command}").unwrap();
    }

    /// The rig's next answer.
    pub(crate) fn answer(&mut self, limit: Duration) -> String {
        let deadline = Instant::now() + limit;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.log.push(line.clone());
                    if let Some((_, answer)) = line.split_once("> ") {
                        return answer.to_owned();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no answer in {limit:?}; so far:\n{}", self.log.join("\n"))
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the rig ended; so far:\n{}", self.log.join("\n"))
                }
            }
        }
    }

    /// Sends a command and returns its answer.
    pub(crate) fn ask(&mut self, command: &str) -> String {
        self.tell(command);
        self.answer(Duration::from_secs(30))
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // Neither an end that came already nor a rig that hangs may fail a test that passed, or hide why it failed.
        let _ = self.child.stdin.take().map(|mut stdin| writeln!(stdin, "quit"));
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok() {}
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `frames` frames as the gateware would send them, with changing contents.
pub(crate) fn stream(frames: u64) -> Vec<u8> {
    let record = |i: u64| Record {
        tick: i * 2311,
        lost: (i / 1000) as u8,
        data: i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 28,
        kind: 4,
    };
    (0..frames).flat_map(|i| encode_frame(i as u8, &record(i))).collect()
}

/// Fails with the first place where the two differ, instead of printing both.
pub(crate) fn assert_same_bytes(received: &[u8], sent: &[u8]) {
    if let Some(at) = received.iter().zip(sent).position(|(a, b)| a != b) {
        panic!("byte {at}: received {:#04x}, sent {:#04x}", received[at], sent[at]);
    }
    assert_eq!(received.len(), sent.len(), "as far as both go they are equal, but the lengths differ");
}
