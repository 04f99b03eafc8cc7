//! Writes the gateware into a board: by this program's own command `flash`, so that the app does what the command line does.

use std::process::{Command, Stdio};

use ichiscope_wire::Board;

/// The boards that there is gateware for.
pub const BOARDS: [Board; 3] = [Board::IceBreaker, Board::AlchitryCu, Board::IceStick];

/// Writes it, and gives what the command said: what the board runs now, or what went wrong.
pub fn write(board: Board, serial: Option<&str>) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|e| format!("where is this program? {e}"))?;
    let mut command = Command::new(program);
    command.args(["flash", "--board", board.name()]).stdin(Stdio::null());
    if let Some(serial) = serial {
        command.args(["--device", serial]);
    }
    let output = command.output().map_err(|e| format!("cannot start the command flash: {e}"))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) }
}
