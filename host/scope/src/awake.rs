//! Keeps the machine awake while a recording runs.
//!
//! On Linux logind is asked, by its own program `systemd-inhibit`: it holds as long as the program runs that it started, which here is
//! `cat` on a pipe. The pipe breaks when this program ends, however it ends. Elsewhere, and without logind, nothing is
//! held, and the screen says so.

use std::process::{Child, Command, Stdio};

/// Holds sleep off until it is dropped.
#[derive(Debug)]
pub struct Awake(Child);

impl Awake {
    /// Asks the system not to sleep; none if it cannot be asked.
    pub fn hold() -> Option<Awake> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let arguments = ["--what=sleep:idle", "--who=ichiscope", "--why=a recording is running", "cat"];
        let child = Command::new("systemd-inhibit")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.ok().map(Awake)
    }

    /// Whether it still holds.
    pub fn is_held(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        // The pipe's end is enough for `cat`; waiting for it leaves no dead process behind.
        drop(self.0.stdin.take());
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
