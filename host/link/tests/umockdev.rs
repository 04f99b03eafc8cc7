//! The link against a written-out USB session of an FT2232H, replayed by `umockdev-run` on any Linux without USB.
//!
//! Real libusb, libftdi and crate `ftdi`; umockdev stands in for the kernel. The session below is composed in
//! the test from what libftdi sends and Linux's driver expects; it is not recorded from silicon. umockdev is strict: a
//! request that differs from the session in any byte, or comes in another order, is never answered, and the test fails.
//! So this is also the exact list of what the link sends to the chip.
//! Needs the package umockdev.
#![cfg(all(target_os = "linux", feature = "ftdi"))]
// Helpers of tests fail by panicking too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod console;
mod replay;
mod rig;

use std::path::Path;
use std::{fs, iter};

use console::Console;
use rig::{assert_same_bytes, stream};

/// Channel B as libftdi's requests count channels: A is 1.
const CHANNEL_B: u16 = 2;
const DATA_IN: u8 = 0x83;
const PACKET: usize = 512;
/// What the link keeps queued.
const TRANSFERS: usize = 128;
const TRANSFER_LEN: usize = 4 * 1024;
/// `ESHUTDOWN`: the kernel's status of transfers that were queued when the device was pulled.
const PULLED: i32 = -108;

/// A usbmon recording in the format of libpcap's `LINKTYPE_USB_LINUX_MMAPPED`.
struct Session {
    pcap: Vec<u8>,
    submitted: u64,
    milliseconds: u64,
}

impl Session {
    fn new() -> Self {
        let mut pcap = Vec::new();
        for word in [0xA1B2_C3D4_u32, 4 << 16 | 2, 0, 0, 0x4_0000, 220] {
            pcap.extend(word.to_le_bytes());
        }
        Self { pcap, submitted: 0, milliseconds: 0 }
    }

    /// One event of usbmon. `event` is `S` for submission or `C` for completion.
    fn event(
        &mut self,
        id: u64,
        event: u8,
        kind_endpoint: (u8, u8),
        setup: Option<[u8; 8]>,
        end: (i32, usize, &[u8]),
    ) {
        let (status, length, data) = end;
        self.milliseconds += 1;
        let mut header = Vec::new();
        header.extend(id.to_le_bytes());
        header.extend([event, kind_endpoint.0, kind_endpoint.1, 2]); // device 2 ...
        header.extend(1_u16.to_le_bytes()); // ... on bus 1
        header.push(if setup.is_some() { 0 } else { b'-' });
        header.push(if data.is_empty() { b'<' } else { 0 });
        header.extend((self.milliseconds / 1000).to_le_bytes());
        header.extend(((self.milliseconds % 1000) as u32 * 1000).to_le_bytes());
        header.extend(status.to_le_bytes());
        header.extend((length as u32).to_le_bytes());
        header.extend((data.len() as u32).to_le_bytes());
        header.extend(setup.unwrap_or_default());
        header.extend([0; 16]); // isochronous fields
        assert_eq!(header.len(), 64);

        let captured = ((header.len() + data.len()) as u32).to_le_bytes();
        self.pcap.extend((self.milliseconds as u32 / 1000).to_le_bytes());
        self.pcap.extend((self.milliseconds as u32 % 1000 * 1000).to_le_bytes());
        self.pcap.extend(captured);
        self.pcap.extend(captured);
        self.pcap.extend(header);
        self.pcap.extend(data);
    }

    /// A vendor request without data, and its acceptance.
    fn request(&mut self, request: u8, value: u16, index: u16) {
        let ([v0, v1], [i0, i1]) = (value.to_le_bytes(), index.to_le_bytes());
        self.submitted += 1;
        let id = self.submitted;
        self.event(id, b'S', (2, 0), Some([0x40, request, v0, v1, i0, i1, 0, 0]), (-115, 0, &[]));
        self.event(id, b'C', (2, 0), None, (0, 0, &[]));
    }

    /// A read is queued; returns its id.
    fn queue(&mut self) -> u64 {
        self.submitted += 1;
        self.event(self.submitted, b'S', (3, DATA_IN), None, (-115, TRANSFER_LEN, &[]));
        self.submitted
    }

    fn complete(&mut self, id: u64, status: i32, data: &[u8]) {
        self.event(id, b'C', (3, DATA_IN), None, (status, data.len(), data));
    }
}

/// What the link sends to open channel B at 3 Mbaud.
fn open(session: &mut Session) {
    let b = CHANNEL_B;
    // The divisors are of 120 MHz / 10; bit 17 of the divisor, which selects that clock, travels as bit 9 of the index.
    let divisor = |baud: u32| (12_000_000 / baud) as u16;
    // libftdi: reset, then 9600 baud.
    session.request(0, 0, b);
    session.request(3, divisor(9_600), 0x0200 | b);
    // Ours.
    session.request(0x0B, 0, b); // bit mode off
    session.request(3, divisor(3_000_000), 0x0200 | b);
    session.request(4, 8, b); // 8N1
    session.request(2, 0, b); // no flow control
    session.request(1, 0x0202, b); // RTS asserted
    session.request(9, 2, b); // latency timer 2 ms
    session.request(0, 1, b); // empty the receive FIFO
    session.request(0, 2, b); // and the other one
}

/// One transfer: full packets and a short one, each with two status bytes. `overrun` is the packet that reports one.
fn transfer(payload: &[u8], overrun: Option<usize>) -> Vec<u8> {
    let packets = payload.chunks(PACKET - 2).chain(iter::once(&[][..]).filter(|_| payload.is_empty()));
    let status = |packet| if Some(packet) == overrun { [0x32, 0x62] } else { [0x32, 0x60] };
    packets.enumerate().flat_map(|(i, p)| [&status(i), p].concat()).collect()
}

/// A session in which `payloads` arrive one transfer each, after which the device is pulled: `last` is what the
/// controller had already stored of the transfer that was cut off.
fn session(payloads: &[(&[u8], Option<usize>)], last: &[u8]) -> Vec<u8> {
    let mut session = Session::new();
    open(&mut session);
    let mut queued: std::collections::VecDeque<u64> = (0..TRANSFERS).map(|_| session.queue()).collect();
    for (payload, overrun) in payloads {
        let id = queued.pop_front().unwrap();
        session.complete(id, 0, &transfer(payload, *overrun));
        queued.push_back(session.queue());
    }
    let id = queued.pop_front().unwrap();
    session.complete(id, PULLED, &transfer(last, None));
    session.pcap
}

fn replay(directory: &Path, pcap: &[u8]) -> Console {
    let (description, recording) = (directory.join("device"), directory.join("session.pcap"));
    fs::write(&description, device()).unwrap();
    fs::write(&recording, pcap).unwrap();
    replay::start(&description, DEVICE, &recording, &directory.join("received"))
}

const DEVICE: &str = "/devices/pci0000:00/0000:00:01.0/usb1/1-1";

/// The device as umockdev wants it: an FT2232H with two bulk pairs, its descriptors and its strings.
fn device() -> String {
    let mut descriptors: Vec<u8> =
        vec![18, 1, 0x00, 0x02, 0, 0, 0, 64, 0x03, 0x04, 0x10, 0x60, 0x00, 0x07, 1, 2, 3, 1];
    descriptors.extend([9, 2, 9 + 2 * 23, 0, 2, 1, 0, 0x80, 250]);
    for (interface, input, output) in [(0, 0x81, 0x02), (1, 0x83, 0x04)] {
        descriptors.extend([9, 4, interface, 0, 2, 0xFF, 0xFF, 0xFF, 2]);
        for endpoint in [input, output] {
            descriptors.extend([7, 5, endpoint, 2, 0x00, 0x02, 0]);
        }
    }
    let hex: String = descriptors.iter().map(|b| format!("{b:02X}")).collect();
    format!(
        "P: {DEVICE}\nN: bus/usb/001/002={hex}\n\
         E: BUSNUM=001\nE: DEVNUM=002\nE: DEVNAME=/dev/bus/usb/001/002\nE: DEVTYPE=usb_device\n\
         E: MAJOR=189\nE: MINOR=1\nE: PRODUCT=403/6010/700\nE: SUBSYSTEM=usb\n\
         A: bConfigurationValue=1\\n\nA: busnum=1\\n\nA: devnum=2\\n\nA: speed=480\\n\n\
         A: idVendor=0403\\n\nA: idProduct=6010\\n\nA: product=Dual RS232-HS\\n\nA: serial=FT9X0001\\n\n\
         H: descriptors={hex}\n"
    )
}

#[test]
fn a_session_gives_its_bytes_its_overrun_and_its_end() {
    let bytes = stream(9_000);
    let (mut rest, cut_off) = bytes.split_at(bytes.len() - 700);
    // Full transfers, one without payload, a short one; an overrun in the third packet of a full one.
    let full = TRANSFER_LEN / PACKET * (PACKET - 2);
    let (mut payloads, mut overrun_at) = (Vec::new(), 0);
    for (index, length) in [full, 0, 333, full].into_iter().cycle().enumerate() {
        let (payload, after) = rest.split_at(length.min(rest.len()));
        let overrun = (index == 4).then_some(2);
        if index == 4 {
            overrun_at = bytes.len() - cut_off.len() - rest.len() + 2 * (PACKET - 2);
        }
        payloads.push((payload, overrun));
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let mut console = replay(directory.path(), &session(&payloads, cut_off));

    assert_eq!(console.ask("list"), "FT9X0001 | Dual RS232-HS | FT2232H channel B | usb 1-1 | ready");
    let opened = console.ask("open FT9X0001 3000000");
    assert_eq!(opened, "opened FT9X0001 at 3000000: FT2232H channel B, Dual RS232-HS, usb 1-1");
    let answer = console.ask("read 1000000");
    assert_same_bytes(&fs::read(directory.path().join("received")).unwrap(), &bytes);
    assert!(answer.contains(&format!("events [ChipOverrun@{}]", overrun_at)), "{answer}");
    assert!(
        answer
            .ends_with("end: the link to FT9X0001 (usb 1-1) is gone: the device was unplugged or lost power")
    );
}
