//! A board for tests: the twin of the gateware in real time behind the model of the FT2232H, with a plug and a switch.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ichiscope_link::twin::{Config, Twin};
use ichiscope_wire::{FRAME_LEN, Line, LineSet, Payload, Record, decode_frame};

use crate::ft2232h::{Board, Pace};

pub(crate) const SERIAL: &str = "FT9X0001";
#[allow(dead_code, reason = "only hotplug.rs has two boards")]
pub(crate) const SECOND_SERIAL: &str = "FT9X0002";
pub(crate) const BITSTREAM: u32 = 0x1234_ABCD;
pub(crate) const TICK_HZ: u32 = 36_000_000;
/// The first board has been up for days.
const FIRST_TICK: u64 = 1 << 43;
/// And a second one for a little longer: their streams differ from the first byte on.
const SECOND_TICK: u64 = FIRST_TICK + 1_234_567_890;
/// rail0 changes every so many ticks: 0.1 s and a bit.
const EDGE_TICKS: u64 = 3_600_017;
/// How often the board sends.
const BEAT: Duration = Duration::from_millis(5);
/// The line is always so many bytes behind, so that unplugging cuts a frame in two.
const BEHIND: usize = 7;

/// From power-up on.
pub(crate) struct Life {
    twin: Twin,
    begun: Instant,
    first_tick: u64,
    edges: u64,
    /// All that the gateware has sent.
    bytes: Vec<u8>,
    /// For each time that it was plugged in: which of the bytes the chip took.
    plugged: Vec<Vec<usize>>,
    /// The first byte that is not yet sent.
    next: usize,
}

impl Life {
    fn new(first_tick: u64) -> Self {
        let config = Config { start_tick: first_tick, ..Config::icebreaker(BITSTREAM, 12) };
        let twin = Twin::new(config, LineSet::EMPTY);
        Life {
            twin,
            begun: Instant::now(),
            first_tick,
            edges: 0,
            bytes: Vec::new(),
            plugged: Vec::new(),
            next: 0,
        }
    }

    /// Runs up to now, and sends what is due, into the void if it is not plugged in. Returns how many bytes the chip
    /// dropped.
    fn run(&mut self, board: Option<&Board>) -> usize {
        let clock = (self.begun.elapsed().as_nanos() * u128::from(TICK_HZ) / 1_000_000_000) as u64;
        while (self.edges + 1) * EDGE_TICKS < clock {
            self.edges += 1;
            let levels = LineSet::EMPTY.with(Line::Rail0, self.edges % 2 == 1);
            self.twin.set_levels(self.edges * EDGE_TICKS, levels);
        }
        self.twin.run_to(clock, &mut self.bytes);
        let due = self.next..self.bytes.len().saturating_sub(BEHIND).max(self.next);
        self.next = due.end;
        let (Some(board), Some(plugged)) = (board, self.plugged.last_mut()) else { return 0 };
        let dropped = board.send(&self.bytes[due.clone()], Pace::AtOnce);
        let is_kept = |at: &usize| !dropped.iter().any(|range| range.contains(&(at - due.start)));
        let before = plugged.len();
        plugged.extend(due.clone().filter(is_kept));
        due.len() - (plugged.len() - before)
    }

    /// The ticks at which rail0 changed.
    pub(crate) fn scripted_ticks(&self) -> Vec<u64> {
        (1..=self.edges).map(|edge| self.first_tick + edge * EDGE_TICKS).collect()
    }

    /// Finds `received` in what the chip took the `time`-th time that the board was plugged in. It must be there in one
    /// piece.
    pub(crate) fn find(&self, time: usize, received: &[u8]) -> Piece {
        let places = &self.plugged[time];
        let taken: Vec<u8> = places.iter().map(|at| self.bytes[*at]).collect();
        let at = taken.windows(received.len()).position(|piece| piece == received);
        let at = at.unwrap_or_else(|| panic!("the {} bytes received are not in one piece", received.len()));
        let places = &places[at..at + received.len()];
        // What the gateware sends is frames from its first byte on, so they lie at multiples of their length.
        let frames = places[0].div_ceil(FRAME_LEN)..(places[places.len() - 1] + 1) / FRAME_LEN;
        let is_whole = |frame: &usize| {
            let from = places.partition_point(|at| *at < frame * FRAME_LEN);
            places.get(from + FRAME_LEN - 1) == Some(&(frame * FRAME_LEN + FRAME_LEN - 1))
        };
        let record = |frame: usize| {
            let stuffed = self.bytes[frame * FRAME_LEN..][..FRAME_LEN - 1].try_into().unwrap();
            decode_frame(stuffed).unwrap().1
        };
        let (whole, missed): (Vec<usize>, Vec<usize>) = frames.partition(is_whole);
        let records = |frames: Vec<usize>| frames.into_iter().map(record).collect();
        Piece { records: records(whole), missed: records(missed) }
    }
}

/// The records in a piece of what was sent.
pub(crate) struct Piece {
    /// Those that were received whole.
    records: Vec<Record>,
    /// Those between them that were not.
    pub(crate) missed: Vec<Record>,
}

impl Piece {
    pub(crate) fn last_tick(&self) -> u64 {
        self.records.last().unwrap().tick
    }

    /// The tick of the record that was sent `bytes` before the one of `tick`.
    pub(crate) fn tick_before(&self, tick: u64, bytes: usize) -> u64 {
        let at = self.records.partition_point(|record| record.tick < tick);
        self.records[at.saturating_sub(bytes / FRAME_LEN + 2)].tick
    }

    /// The first tick at which a record tells all levels (docs/wire.md).
    pub(crate) fn known_from(&self) -> u64 {
        let known = |record: &Record| match record.payload() {
            Payload::Edge(edge) => Some(record.tick - u64::from(edge.age)),
            Payload::Heartbeat(_) => Some(record.tick),
            Payload::Start(start) if start.page == 4 => Some(record.tick),
            _ => None,
        };
        self.records.iter().find_map(known).unwrap()
    }

    /// Of the edges that were received.
    pub(crate) fn edge_ticks(&self) -> Vec<u64> {
        self.records.iter().filter_map(edge_tick).collect()
    }

    /// Of all edges.
    pub(crate) fn all_edge_ticks(&self) -> Vec<u64> {
        let mut ticks: Vec<u64> = self.records.iter().chain(&self.missed).filter_map(edge_tick).collect();
        ticks.sort_unstable();
        ticks
    }
}

fn edge_tick(record: &Record) -> Option<u64> {
    match record.payload() {
        Payload::Edge(edge) => Some(record.tick - u64::from(edge.age)),
        _ => None,
    }
}

enum Order {
    Plug,
    Unplug,
    Restart,
}

/// A board that runs by itself.
pub(crate) struct Instrument {
    orders: SyncSender<Order>,
    done: Receiver<()>,
    /// Bytes that the chip dropped.
    dropped: Arc<AtomicUsize>,
    thread: JoinHandle<Vec<Life>>,
}

impl Instrument {
    /// Switched on, not plugged in. `socket` is QEMU's.
    pub(crate) fn new(socket: &Path) -> Self {
        Self::with(socket, SERIAL, FIRST_TICK)
    }

    /// Another one.
    #[allow(dead_code, reason = "only hotplug.rs has two boards")]
    pub(crate) fn second(socket: &Path) -> Self {
        Self::with(socket, SECOND_SERIAL, SECOND_TICK)
    }

    fn with(socket: &Path, serial: &'static str, first_tick: u64) -> Self {
        let (orders, inbox) = sync_channel(0);
        let (tell, done) = sync_channel(1);
        let socket = socket.to_owned();
        let dropped = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&dropped);
        let thread = std::thread::spawn(move || {
            live(Life::new(first_tick), &|| Board::plug(&socket, serial), &inbox, &tell, &count)
        });
        Instrument { orders, done, dropped, thread }
    }

    pub(crate) fn plug(&mut self) {
        self.order(Order::Plug);
    }

    pub(crate) fn unplug(&mut self) {
        self.order(Order::Unplug);
    }

    /// Off and on again.
    pub(crate) fn restart(&mut self) {
        self.order(Order::Restart);
    }

    fn order(&mut self, order: Order) {
        self.orders.send(order).unwrap();
        self.done.recv().unwrap();
    }

    /// Waits until the chip has dropped so many bytes more, because nobody fetched any.
    pub(crate) fn until_dropped(&self, bytes: usize) {
        let (begun, wanted) = (Instant::now(), self.dropped.load(Ordering::Relaxed) + bytes);
        while self.dropped.load(Ordering::Relaxed) < wanted {
            assert!(begun.elapsed() < Duration::from_secs(60), "the chip drops nothing");
            std::thread::sleep(BEAT);
        }
    }

    /// Switches it off; every life that it had.
    pub(crate) fn end(self) -> Vec<Life> {
        drop(self.orders);
        self.thread.join().unwrap()
    }
}

fn live(
    first: Life,
    plug: &dyn Fn() -> Board,
    orders: &Receiver<Order>,
    done: &SyncSender<()>,
    dropped: &AtomicUsize,
) -> Vec<Life> {
    let mut lives = vec![first];
    let mut board = None;
    loop {
        let order = orders.recv_timeout(BEAT);
        let life = lives.last_mut().unwrap();
        match order {
            Ok(Order::Plug) => {
                life.plugged.push(Vec::new());
                board = Some(plug());
            }
            Ok(Order::Unplug) => drop(board.take()),
            Ok(Order::Restart) => lives.push(Life::new(0)),
            Err(RecvTimeoutError::Timeout) => {
                dropped.fetch_add(life.run(board.as_ref()), Ordering::Relaxed);
            }
            Err(RecvTimeoutError::Disconnected) => return lives,
        }
        if order.is_ok() {
            done.send(()).unwrap();
        }
    }
}
