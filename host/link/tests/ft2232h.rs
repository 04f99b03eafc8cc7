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

use std::ops::Range;
use std::time::{Duration, Instant};

use ft2232h::{Board, Pace};
use guest::Guest;
use rig::{RIG, assert_same_bytes, stream};

const SERIAL: &str = "FT9X0001";
const FIFO: usize = 4096;

fn boot() -> Guest {
    let mut guest = Guest::boot(&["usb-redir,chardev=usb"], &[RIG]);
    assert_eq!(guest.console.ask("exec ichiscope-link-rig /dev/ttyS1"), "ready");
    guest
}

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
    guest.console.tell("read 1000000 500");
    let (answer, dropped) = compare(guest, bytes, &lost);
    assert_eq!(answer.contains("ChipOverrun"), !lost.is_empty(), "{answer}");
    dropped
}

/// The rig's answer to a read, after every byte came that the chip did not drop, and how many it dropped.
fn compare(guest: &mut Guest, bytes: &[u8], lost: &[Range<usize>]) -> (String, usize) {
    let mut kept = bytes.to_vec();
    for range in lost.iter().rev() {
        kept.drain(range.clone());
    }
    let answer = guest.console.answer(Duration::from_secs(30));
    let count = answer.split(' ').nth(1).unwrap().parse().unwrap();
    assert_same_bytes(&guest.collect(count), &kept);
    (answer, bytes.len() - kept.len())
}

#[test]
fn channel_b_loses_nothing_unsaid() {
    let mut guest = boot();
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

/// The link against crate `ftdi`'s own read in a loop, each with 12 Mbaud: while the program reads without a pause, and
/// while it does something else for a sixth of a second. Only what has to be so on any machine is asserted.
#[test]
fn a_naive_read_loop_drops_what_queued_reads_keep() {
    let mut guest = boot();
    let board = plug(&mut guest);
    let (long, short) = (stream(20_000), stream(10_000));
    let measure = |guest: &mut Guest, read: &str| {
        guest.console.tell(&format!("{read} 1000000 500"));
        let lost = board.send(&long, Pace::PerSecond(1_200_000));
        let (_, reading) = compare(guest, &long, &lost);
        // Writing the bytes out took the rig a while, in which the quiet line used up what was queued.
        guest.console.ask(&format!("{read} 1 100"));
        let lost = board.send(&short, Pace::PerSecond(1_200_000));
        guest.console.tell(&format!("{read} 1000000 500"));
        let (_, away) = compare(guest, &short, &lost);
        println!(
            "{read}: dropped {reading} of {} while reading, {away} of {} while away",
            long.len(),
            short.len()
        );
        away
    };
    let queued = measure(&mut guest, "read");
    assert_eq!(guest.console.ask("close"), "closed");
    assert_eq!(guest.console.ask("naive-open 12000000"), "opened");
    let naive = measure(&mut guest, "naive-read");
    assert!(naive >= short.len() - 2 * FIFO, "nothing is queued, so only the FIFO is kept");
    assert!(queued < naive);
}
