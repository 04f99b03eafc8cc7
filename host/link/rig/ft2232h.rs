//! A model of the FT2232H for QEMU's `usb-redir`: high speed, two channels, a 4 KiB FIFO that can run over.
//!
//! QEMU connects the model to the guest's USB over a Unix socket, in the protocol usbredir 0.7. Channel B is a UART at
//! whose pins the test plays the board; channel A answers and stays silent. Unlike QEMU's own FTDI chip the model sends
//! its status on a quiet line and drops bytes when nobody fetches them. It is composed from what libftdi sends and Linux's
//! driver expects; nothing in it was recorded from a chip.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::ops::Range;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const FIFO: usize = 4096;
const PACKET: usize = 512;
const STATUS: usize = 2;
/// Bytes that the UART receives between two looks at the USB: what the model's own delays must not add up to.
const STEP: usize = 64;
const DATA_B: u8 = 0x83;

/// Packet types of usbredir.
mod kind {
    pub(super) const HELLO: u32 = 0;
    pub(super) const CONNECT: u32 = 1;
    pub(super) const RESET: u32 = 3;
    pub(super) const INTERFACES: u32 = 4;
    pub(super) const ENDPOINTS: u32 = 5;
    pub(super) const SET_CONFIGURATION: u32 = 6;
    pub(super) const GET_CONFIGURATION: u32 = 7;
    pub(super) const CONFIGURATION: u32 = 8;
    pub(super) const SET_ALTERNATE: u32 = 9;
    pub(super) const GET_ALTERNATE: u32 = 10;
    pub(super) const ALTERNATE: u32 = 11;
    pub(super) const CANCEL: u32 = 21;
    pub(super) const CONTROL: u32 = 100;
    pub(super) const BULK: u32 = 101;
}

const SUCCESS: u8 = 0;
const CANCELLED: u8 = 1;
const STALL: u8 = 4;

/// How the board sends.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// So many bytes per second, whether they are fetched or not.
    PerSecond(u32),
    /// All in one instant.
    AtOnce,
}

/// The board's side of the model. Dropping it pulls the plug.
pub(crate) struct Board {
    line: Option<SyncSender<(Vec<u8>, Pace)>>,
    lost: Receiver<Vec<Range<usize>>>,
    model: Option<JoinHandle<()>>,
}

impl Board {
    /// Connects a board with this serial number to QEMU's socket.
    pub(crate) fn plug(socket: &Path, serial: &str) -> Self {
        let (line, orders) = sync_channel(1);
        let (reports, lost) = sync_channel(1);
        let mut model = Model::connect(socket, serial, orders, reports);
        Self { line: Some(line), lost, model: Some(thread::spawn(move || model.run())) }
    }

    /// Sends `bytes` and returns which of them the chip dropped.
    pub(crate) fn send(&self, bytes: &[u8], pace: Pace) -> Vec<Range<usize>> {
        self.line.as_ref().unwrap().send((bytes.to_vec(), pace)).unwrap();
        self.lost.recv().unwrap()
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        drop(self.line.take());
        let ended = self.model.take().unwrap().join();
        assert!(ended.is_ok() || thread::panicking(), "the model of the FT2232H failed");
    }
}

/// What the board is sending.
struct Sending {
    bytes: Vec<u8>,
    next: usize,
    pace: Pace,
    begun: Instant,
    lost: Vec<Range<usize>>,
}

struct Model {
    socket: UnixStream,
    input: Vec<u8>,
    serial: String,
    configuration: u8,
    orders: Receiver<(Vec<u8>, Pace)>,
    reports: SyncSender<Vec<Range<usize>>>,
    sending: Option<Sending>,
    fifo: VecDeque<u8>,
    overrun: bool,
    latency: Duration,
    last_packet: Instant,
    /// Reads of channel B that wait for data: id and length.
    reads: VecDeque<(u64, usize)>,
    /// What the oldest of them has so far.
    read: Vec<u8>,
}

impl Model {
    fn connect(
        socket: &Path,
        serial: &str,
        orders: Receiver<(Vec<u8>, Pace)>,
        reports: SyncSender<Vec<Range<usize>>>,
    ) -> Self {
        let socket = UnixStream::connect(socket).unwrap();
        // The beat of the model: between two packets of QEMU it looks after its timers.
        socket.set_read_timeout(Some(Duration::from_micros(200))).unwrap();
        Self {
            socket,
            input: Vec::new(),
            serial: serial.into(),
            configuration: 0,
            orders,
            reports,
            sending: None,
            fifo: VecDeque::new(),
            overrun: false,
            latency: Duration::from_millis(16),
            last_packet: Instant::now(),
            reads: VecDeque::new(),
            read: Vec::new(),
        }
    }

    /// Until the plug is pulled or QEMU ends.
    fn run(&mut self) {
        let mut name = b"model of an FT2232H".to_vec();
        name.resize(64, 0);
        // Version in `connect`, acknowledged disconnects, packet sizes of endpoints, 64-bit ids, long bulk transfers.
        let abilities: u32 = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6;
        self.put(kind::HELLO, 0, &[&name[..], &abilities.to_le_bytes()]);
        while self.listen() && self.take_orders() {
            while self.receive() {
                self.answer_reads();
            }
            self.answer_reads();
        }
    }

    fn put(&mut self, kind: u32, id: u64, parts: &[&[u8]]) {
        let body = parts.concat();
        let mut packet = [kind.to_le_bytes(), (body.len() as u32).to_le_bytes()].concat();
        let id = id.to_le_bytes();
        packet.extend(if kind == kind::HELLO { &id[..4] } else { &id[..] });
        packet.extend(body);
        // QEMU that has ended is noticed by the next read.
        let _ = self.socket.write_all(&packet);
    }

    /// Handles what QEMU sent; false when it has ended.
    fn listen(&mut self) -> bool {
        let mut chunk = [0; 65536];
        match self.socket.read(&mut chunk) {
            Ok(0) => return false,
            Ok(count) => self.input.extend(&chunk[..count]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return false,
        }
        while let Some((kind, id, body)) = self.next_packet() {
            self.handle(kind, id, &body);
        }
        true
    }

    fn next_packet(&mut self) -> Option<(u32, u64, Vec<u8>)> {
        let word = |at: usize| Some(u32::from_le_bytes(*self.input.get(at..)?.first_chunk()?));
        let (kind, length) = (word(0)?, word(4)? as usize);
        let header = if kind == kind::HELLO { 12 } else { 16 };
        let body = self.input.get(header..header + length)?.to_vec();
        let id = u64::from(word(8)?) | if header == 16 { u64::from(word(12)?) << 32 } else { 0 };
        self.input.drain(..header + length);
        Some((kind, id, body))
    }

    fn handle(&mut self, kind: u32, id: u64, body: &[u8]) {
        match kind {
            kind::HELLO => self.introduce(),
            kind::RESET => self.fifo.clear(),
            kind::SET_CONFIGURATION | kind::GET_CONFIGURATION => {
                self.configuration = body.first().copied().unwrap_or(self.configuration);
                self.put(kind::CONFIGURATION, id, &[&[SUCCESS, self.configuration]]);
            }
            kind::SET_ALTERNATE | kind::GET_ALTERNATE => {
                self.put(kind::ALTERNATE, id, &[&[SUCCESS, body[0], 0]])
            }
            kind::CONTROL => self.control(id, body),
            kind::BULK if body[0] == DATA_B => {
                if self.reads.is_empty() {
                    self.last_packet = Instant::now();
                }
                let length = u16::from_le_bytes([body[2], body[3]]) as usize;
                self.reads.push_back((id, length | (u16::from_le_bytes([body[8], body[9]]) as usize) << 16));
            }
            kind::CANCEL => {
                if let Some(place) = self.reads.iter().position(|read| read.0 == id) {
                    let read = self.reads.remove(place).unwrap();
                    let data = if place == 0 { std::mem::take(&mut self.read) } else { Vec::new() };
                    self.end_read(read.0, CANCELLED, &data);
                }
            }
            _ => {}
        }
    }

    /// Tells QEMU what the device is.
    fn introduce(&mut self) {
        let (mut first_two, mut vendor) = ([0; 32], [0; 32]);
        first_two[1] = 1;
        vendor[..2].fill(0xFF);
        self.put(kind::INTERFACES, 0, &[&2_u32.to_le_bytes(), &first_two, &vendor, &vendor, &vendor]);

        // Endpoints 0x00..0x0F, then 0x80..0x8F. 255 means there is none.
        let (mut types, mut interfaces, mut sizes) = ([255; 32], [0; 32], [0_u16; 32]);
        for (index, kind, interface, size) in
            [(0, 0, 0, 64), (16, 0, 0, 64), (2, 2, 0, 512), (17, 2, 0, 512), (4, 2, 1, 512), (19, 2, 1, 512)]
        {
            (types[index], interfaces[index], sizes[index]) = (kind, interface, size);
        }
        let sizes: Vec<u8> = sizes.iter().flat_map(|s| s.to_le_bytes()).collect();
        self.put(kind::ENDPOINTS, 0, &[&types, &[0; 32], &interfaces, &sizes]);
        // High speed, class by interface, 0403:6010, version 7.00.
        self.put(kind::CONNECT, 0, &[&[2, 0, 0, 0], &[0x03, 0x04], &[0x10, 0x60], &[0x00, 0x07]]);
    }

    fn control(&mut self, id: u64, body: &[u8]) {
        let (request, request_type) = (body[1], body[2]);
        let word = |at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
        let (value, index, length) = (word(4), word(6), word(8) as usize);
        let answer = match (request_type, request) {
            (0x80, 6) => self.descriptor(value),
            (0x80, 0) => Some(vec![0, 0]),
            (0x40, _) => {
                if index & 0xFF == 2 {
                    self.vendor_request(request, value);
                }
                Some(Vec::new())
            }
            (0xC0, 0x05) => Some(vec![0x02, 0x60]),
            (0xC0, 0x0A) => Some(vec![self.latency.as_millis() as u8]),
            // An empty EEPROM.
            (0xC0, 0x90) => Some(vec![0xFF, 0xFF]),
            _ => None,
        };
        let status = if answer.is_some() { SUCCESS } else { STALL };
        let mut data = answer.unwrap_or_default();
        data.truncate(length);
        let mut header = body[..10].to_vec();
        header[3] = status;
        if request_type & 0x80 != 0 {
            header[8..].copy_from_slice(&(data.len() as u16).to_le_bytes());
        }
        self.put(kind::CONTROL, id, &[&header, &data]);
    }

    /// To channel B.
    fn vendor_request(&mut self, request: u8, value: u16) {
        match (request, value) {
            (0, 0 | 1) => self.fifo.clear(),
            (9, milliseconds) => self.latency = Duration::from_millis(milliseconds.into()),
            _ => {}
        }
    }

    fn descriptor(&self, value: u16) -> Option<Vec<u8>> {
        let text = |text: &str| {
            let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            [&[units.len() as u8 + 2, 3], &units[..]].concat()
        };
        Some(match (value >> 8, value & 0xFF) {
            (1, _) => vec![18, 1, 0x00, 0x02, 0, 0, 0, 64, 0x03, 0x04, 0x10, 0x60, 0x00, 0x07, 1, 2, 3, 1],
            (2, _) => {
                let mut all = vec![9, 2, 9 + 2 * 23, 0, 2, 1, 0, 0x80, 250];
                for (interface, input, output) in [(0, 0x81, 0x02), (1, DATA_B, 0x04)] {
                    all.extend([9, 4, interface, 0, 2, 0xFF, 0xFF, 0xFF, 2]);
                    all.extend([7, 5, input, 2, 0x00, 0x02, 0, 7, 5, output, 2, 0x00, 0x02, 0]);
                }
                all
            }
            (3, 0) => vec![4, 3, 0x09, 0x04],
            (3, 1) => text("FTDI"),
            (3, 2) => text("Dual RS232-HS"),
            (3, 3) => text(&self.serial),
            (6, _) => vec![10, 6, 0x00, 0x02, 0, 0, 0, 64, 1, 0],
            _ => return None,
        })
    }

    /// False when the plug is pulled.
    fn take_orders(&mut self) -> bool {
        if self.sending.is_some() {
            return true;
        }
        match self.orders.try_recv() {
            Ok((bytes, pace)) => {
                self.sending =
                    Some(Sending { bytes, next: 0, pace, begun: Instant::now(), lost: Vec::new() });
                true
            }
            Err(TryRecvError::Empty) => true,
            Err(TryRecvError::Disconnected) => false,
        }
    }

    /// The UART: some of what has arrived by now goes into the FIFO, or is lost. True if there is more.
    fn receive(&mut self) -> bool {
        let Some(sending) = &mut self.sending else { return false };
        let (all, next) = (sending.bytes.len(), sending.next);
        let (due, end) = match sending.pace {
            Pace::PerSecond(rate) => {
                let due = sending.begun.elapsed().as_micros() * u128::from(rate) / 1_000_000;
                let due = all.min(due as usize);
                (due, due.min(next + STEP))
            }
            Pace::AtOnce => (all, all),
        };
        let kept = (end - next).min(FIFO - self.fifo.len());
        self.fifo.extend(&sending.bytes[next..next + kept]);
        if next + kept < end {
            self.overrun = true;
            sending.lost.push(next + kept..end);
        }
        sending.next = end;
        if end == all {
            let lost = self.sending.take().map(|s| s.lost).unwrap_or_default();
            let _ = self.reports.send(lost);
        }
        end < due
    }

    /// The USB engine: packets go out when they are full, or when the latency timer ends.
    fn answer_reads(&mut self) {
        while let Some(&(id, length)) = self.reads.front() {
            let count = self.fifo.len().min(PACKET - STATUS);
            let full = count == PACKET - STATUS;
            if !full && self.last_packet.elapsed() < self.latency {
                return;
            }
            self.last_packet = Instant::now();
            self.read.extend([0x32, if std::mem::take(&mut self.overrun) { 0x62 } else { 0x60 }]);
            self.read.extend(self.fifo.drain(..count));
            if !full || self.read.len() + PACKET > length {
                let data = std::mem::take(&mut self.read);
                self.reads.pop_front();
                self.end_read(id, SUCCESS, &data);
            }
        }
    }

    fn end_read(&mut self, id: u64, status: u8, data: &[u8]) {
        let [l0, l1, h0, h1] = (data.len() as u32).to_le_bytes();
        self.put(kind::BULK, id, &[&[DATA_B, status, l0, l1, 0, 0, 0, 0, h0, h1], data]);
    }
}
