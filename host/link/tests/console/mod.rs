//! A child process that obeys one-line commands and answers each with a line that starts with `> `.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// Such a process: the rig program, or a machine with a shell or the rig at its console. Dropping it ends it.
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
        Self { child, lines, log: Vec::new() }
    }

    /// Sends a command.
    pub(crate) fn tell(&mut self, command: &str) {
        self.log.push(format!("< {command}"));
        let mut stdin = self.child.stdin.as_ref().unwrap();
        writeln!(stdin, "{command}").unwrap();
    }

    /// The next answer.
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
                    panic!("it ended; so far:\n{}", self.log.join("\n"))
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
        // Neither an end that came already nor a program that hangs may fail a test that passed, or hide why it failed.
        // The rig understands the first line, a shell the second.
        let _ = self.child.stdin.take().map(|mut stdin| writeln!(stdin, "quit\nexit"));
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok() {}
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
