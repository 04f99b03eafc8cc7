//! The link inside a real Linux with a model of the FT2232H (`rig/ft2232h.rs`) on QEMU's `usb-redir`.
//!
//! High speed, channel B, status packets on a quiet line, and a FIFO that runs over. The model knows which bytes it
//! dropped, so every loss is accounted for whatever the load of the machine. Needs what `qemu.rs` needs.
#![cfg(all(target_os = "linux", feature = "ftdi"))]
// Helpers of tests fail by panicking too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod console;
#[path = "../rig/ft2232h.rs"]
mod ft2232h;
mod guest;
mod rig;

use std::time::{Duration, Instant};

use ft2232h::{Board, Pace};
use guest::Guest;
use rig::{RIG, assert_same_bytes, stream};

const SERIAL: &str = "FT9X0001";
const FIFO: usize = 4096;

fn plug(guest: &mut Guest) -> Board {
    let board = Board::plug(&guest.path("usb"), SERIAL);
    guest.ask_until("list", SERIAL);
    let answer = guest.console.ask(&format!("open {SERIAL} 12000000"));
    assert!(
        answer.starts_with("opened FT9X0001 at 12000000: FT2232H channel B, Dual RS232-HS, usb "),
        "{answer}"
    );
    board
}

/// Lets the board send while the rig does nothing, then has the rig read it all. Checks that every byte came that the
/// chip did not drop, and that the link spoke of an overrun exactly if the chip dropped some. Returns their number.
fn send(guest: &mut Guest, board: &Board, bytes: &[u8], pace: Pace) -> usize {
    let lost = board.send(bytes, pace);
    let mut kept = bytes.to_vec();
    for range in lost.iter().rev() {
        kept.drain(range.clone());
    }
    let answer = guest.console.ask("read 1000000 500");
    let count = answer.split(' ').nth(1).unwrap().parse().unwrap();
    assert_same_bytes(&guest.collect(count), &kept);
    assert_eq!(answer.contains("ChipOverrun"), !lost.is_empty(), "{answer}");
    bytes.len() - kept.len()
}

#[test]
fn channel_b_loses_nothing_unsaid() {
    let mut guest = Guest::boot("usb-redir,chardev=usb", RIG);
    assert_eq!(guest.console.ask("exec ichiscope-link-rig /dev/ttyS1"), "ready");
    let board = plug(&mut guest);

    // Status packets every 2 ms are no data.
    let asked = Instant::now();
    let idle = guest.console.ask("idle 200");
    let took = idle.strip_prefix("Idle after ").and_then(|s| s.strip_suffix(" ms")).unwrap().parse().unwrap();
    assert!((200..2000).contains(&took), "{idle}");

    // 12 Mbaud for a sixth of a second, while nobody reads: that is 47 of the 128 reads. The others last 160 ms of
    // quiet line, which a very busy machine may have used up by now.
    let bytes = stream(10_000);
    let quiet = asked.elapsed().saturating_sub(Duration::from_millis(200));
    let dropped = send(&mut guest, &board, &bytes, Pace::PerSecond(1_200_000));
    println!("12 Mbaud, nobody reads for {} ms: the chip dropped {dropped} bytes", bytes.len() / 1200);
    assert!(dropped == 0 || quiet > Duration::from_millis(100), "{dropped} bytes dropped after {quiet:?}");

    // More than the FIFO holds, in one instant.
    let dropped = send(&mut guest, &board, &bytes[..3 * FIFO], Pace::AtOnce);
    assert_eq!(dropped, 2 * FIFO);

    // Out and in again.
    drop(board);
    let answer = guest.console.ask("read 1");
    assert!(
        answer.starts_with("read 0 ") && answer.contains(" is gone: the device was unplugged"),
        "{answer}"
    );
    let board = plug(&mut guest);
    assert_eq!(send(&mut guest, &board, &bytes[..1000], Pace::AtOnce), 0);
}
