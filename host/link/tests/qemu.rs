//! The link inside a real Linux: a QEMU guest with QEMU's own FTDI chip (`usb-serial`, FT232BM, full speed).
//!
//! Real kernel, usbfs, libusb, libftdi and crate `ftdi`; nothing of ours plays the device. The bytes come through a
//! Unix socket that stands for the chip's UART: closing it unplugs the device. The guest's rig (`rig/rig.rs`) opens
//! the link and sends what it received back through a second serial port.
//! Needs the packages qemu-system-x86 busybox-static cpio libftdi1-2, and once the kernel (`rig/prepare.sh`).
//!
//! `ICHISCOPE_STREAM=FILE` sends that file instead of the generated stream, for example the gateware's own output.
#![cfg(all(target_os = "linux", feature = "ftdi"))]
// Helpers of tests fail by panicking too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod console;
mod guest;
mod rig;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use guest::Guest;
use ichiscope_wire::{COMMAND_LEN, Command, Request};
use rig::{RIG, assert_same_bytes, stream};

fn boot() -> Guest {
    let mut guest = Guest::boot(&["usb-serial,chardev=usb,serial=RIG42"], &[RIG]);
    assert_eq!(guest.console.ask("exec ichiscope-link-rig /dev/ttyS1"), "ready");
    guest
}

/// Plugs the device in, waits until the guest sees it, and returns the chip's UART.
fn plug(guest: &mut Guest) -> UnixStream {
    let uart = UnixStream::connect(guest.path("usb")).unwrap();
    guest.ask_until("list", "RIG42");
    uart
}

fn open(guest: &mut Guest) {
    let answer = guest.console.ask("open RIG42 3000000");
    assert!(answer.starts_with("opened RIG42 at 3000000: FT232, QEMU USB SERIAL, usb "), "{answer}");
}

/// Sends `bytes` into the UART while the rig reads as many, and checks that it got the same.
fn transfer(guest: &mut Guest, mut uart: &UnixStream, bytes: &[u8]) {
    let begun = Instant::now();
    guest.console.tell(&format!("read {}", bytes.len()));
    uart.write_all(bytes).unwrap();
    let answer = guest.console.answer(Duration::from_secs(30));
    assert!(answer.starts_with(&format!("read {} in ", bytes.len())), "{answer}");
    assert!(answer.ends_with("events []"), "{answer}");
    assert_same_bytes(&guest.collect(bytes.len()), bytes);
    println!("guest: {answer}; with the way back {} ms", begun.elapsed().as_millis());
}

/// Holds QEMU's trace of what the chip was told against what it must be told for a binary stream.
fn check_set_up(guest: &Guest) {
    let requests = fs::read_to_string(guest.path("trace")).unwrap();
    let of_last_open =
        &requests[requests.rfind("baud rate 9600").expect("libftdi's own open sets 9600 baud")..];
    for expected in [
        "usb_serial_set_baud dev 0:1 baud rate 3000000",
        "usb_serial_set_data dev 0:1 parity N, data bits 8, stop bits 1",
        "usb_serial_set_flow_control dev 0:1 flow control 0",
        // Latency timer: 2 ms.
        "usb_serial_handle_control dev 0:1 got control 0x4009, value 0x2",
        // Both FIFOs emptied.
        "usb_serial_handle_control dev 0:1 got control 0x4000, value 0x1",
        "usb_serial_handle_control dev 0:1 got control 0x4000, value 0x2",
    ] {
        assert_eq!(
            of_last_open.lines().filter(|l| l.trim() == expected).count(),
            1,
            "{expected}:\n{requests}"
        );
    }
    // With XON/XOFF the chip would take bytes out of the stream.
    let mut flow = requests.lines().filter(|l| l.contains("flow_control") || l.contains("xonxoff"));
    assert!(flow.all(|l| l.trim_end().ends_with("flow control 0")), "{requests}");
}

fn bytes_to_send() -> Vec<u8> {
    match std::env::var_os("ICHISCOPE_STREAM") {
        Some(path) => fs::read(&path).unwrap_or_else(|e| panic!("ICHISCOPE_STREAM {path:?}: {e}")),
        None => stream(10_000),
    }
}

/// Commands go out while reads are queued and bytes come in.
fn command(guest: &mut Guest, mut uart: &UnixStream) {
    for seq in 1..=20 {
        let command = Command::new(seq, Request::SelfTest { low_ticks: 1 << seq }).encode();
        let hex: String = command.iter().map(|byte| format!("{byte:02x}")).collect();
        uart.write_all(&stream(1)).unwrap();
        assert_eq!(guest.console.ask(&format!("send {hex}")), "sent");
        let mut got = [0; COMMAND_LEN];
        uart.read_exact(&mut got).unwrap();
        assert_eq!(got, command);
    }
    let sent = stream(1).repeat(20);
    let answer = guest.console.ask(&format!("read {}", sent.len()));
    assert!(answer.starts_with(&format!("read {} in ", sent.len())), "{answer}");
    assert_same_bytes(&guest.collect(sent.len()), &sent);
}

#[test]
fn every_byte_arrives_and_unplugging_is_reported() {
    let bytes = bytes_to_send();
    let mut guest = boot();
    let uart = plug(&mut guest);
    open(&mut guest);
    check_set_up(&guest);
    transfer(&mut guest, &uart, &bytes);

    command(&mut guest, &uart);

    // A quiet line is no end.
    let idle = guest.console.ask("idle 200");
    let took = idle.strip_prefix("Idle after ").and_then(|s| s.strip_suffix(" ms")).unwrap().parse().unwrap();
    assert!((200..2000).contains(&took), "{idle}");

    // The plug is pulled while bytes are on their way. QEMU drops what it has not yet read; what the guest received
    // must be delivered before the end is reported.
    (&uart).write_all(&bytes[..bytes.len().min(3000)]).unwrap();
    drop(uart);
    let answer = guest.console.ask("read 1000000");
    let count: usize = answer.split(' ').nth(1).unwrap().parse().unwrap();
    assert_same_bytes(&guest.collect(count), &bytes[..count]);
    let end = answer.split_once(" end: ").unwrap().1;
    assert!(
        end.starts_with("the link to RIG42 (usb ") && end.contains(") is gone: the device was unplugged"),
        "{end}"
    );

    // Plugged in again it is the same instrument.
    let uart = plug(&mut guest);
    open(&mut guest);
    transfer(&mut guest, &uart, &bytes);
}

#[test]
fn refusals_say_why_and_leak_nothing() {
    let mut guest = boot();
    let _uart = plug(&mut guest);
    let console = &mut guest.console;

    let ready = console.ask("list");
    assert!(
        ready.starts_with("RIG42 | QEMU USB SERIAL | FT232 | usb ") && ready.ends_with(" | ready"),
        "{ready}"
    );
    let nobody = console.ask("as-nobody list");
    assert!(nobody.contains("RIG42") && nobody.ends_with(" | no permission"), "{nobody}");

    let absent = console.ask("open OTHER 3000000");
    assert!(absent.contains("no instrument with serial number OTHER: connected: RIG42 (usb "), "{absent}");
    let refused = console.ask("as-nobody open RIG42 3000000");
    assert!(refused.contains("error: no permission to open RIG42 (usb "), "{refused}");

    // Crate `ftdi` panics on this rate. The panic must come out as an error, and the device must not stay claimed.
    let panicked = console.ask("open RIG42 4294967295");
    assert!(panicked.contains("setting the baud rate failed: crate ftdi panicked"), "{panicked}");
    let unsupported = console.ask("open RIG42 50000000");
    assert!(unsupported.contains("setting the baud rate failed: "), "{unsupported}");
    open(&mut guest);

    let console = &mut guest.console;
    let in_use = console.ask("list");
    assert!(in_use.ends_with(" | in use by another program"), "{in_use}");

    for (who, serial, reason) in [
        ("", "OTHER", "no instrument"),
        ("", "RIG42", "RIG42 (usb 1-1) is in use by another program"),
        ("as-nobody ", "RIG42", "no permission to open RIG42"),
    ] {
        let answer = console.ask(&format!("{who}open-many 40 {serial}"));
        let (counts, error) = answer.split_once(": ").unwrap();
        let files: Vec<&str> = counts.rsplit(' ').take(3).collect();
        assert!(counts.contains("failed 40 ") && files[0] == files[2], "{answer}");
        assert!(error.contains(reason), "{answer}");
    }
}
