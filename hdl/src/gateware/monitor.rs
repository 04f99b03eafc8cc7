//! The instrument: all blocks between the pins' levels and the UART, the same on every board.

use ichiscope_wire::LINE_COUNT;
use rust_hdl::prelude::*;

use super::fifo::Fifo;
use super::framer::Framer;
use super::lines::{DEGLITCH_MAX, Lines};
use super::record::Arbiter;
use super::report::Reporter;
use super::timebase::Timebase;
use super::uart::{CLOCKS_PER_BIT_MAX, Uart};
use crate::{Config, Error};

/// Base-2 logarithm of the FIFO's depth.
const FIFO_LOG2: usize = 8;
/// The framer needs nine clocks for a byte and ten between frames; with three clocks a bit it has thirty.
const CLOCKS_PER_BIT_MIN: u16 = 3;

/// See `docs/gateware.md`.
#[derive(LogicBlock)]
pub(crate) struct Monitor {
    pub(crate) clock: Signal<In, Clock>,
    /// The PLL's lock.
    pub(crate) locked: Signal<In, Bit>,
    pub(crate) pins: Signal<In, Bits<LINE_COUNT>>,
    pub(crate) txd: Signal<Out, Bit>,
    timebase: Timebase,
    lines: Lines,
    reporter: Reporter,
    arbiter: Arbiter,
    fifo: Fifo<FIFO_LOG2, { FIFO_LOG2 + 1 }>,
    framer: Framer,
    uart: Uart,
    tick: Signal<Local, Bits<64>>,
}

impl Monitor {
    /// # Errors
    /// When a value of `config` does not fit the gateware's registers.
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        check("deglitch time in ticks", config.deglitch_ticks, 1, DEGLITCH_MAX)?;
        check("clocks per UART bit", config.clocks_per_bit, CLOCKS_PER_BIT_MIN, CLOCKS_PER_BIT_MAX)?;
        check("heartbeat period's log2", config.heartbeat_log2.into(), 5, 28)?;
        check("FIFO depth", config.fifo_depth, 1 << FIFO_LOG2, 1 << FIFO_LOG2)?;
        Ok(Monitor {
            clock: Default::default(),
            locked: Default::default(),
            pins: Default::default(),
            txd: Signal::new_with_default(true),
            timebase: Timebase::new(config),
            lines: Lines::new(config),
            reporter: Reporter::new(config),
            arbiter: Arbiter::new(config),
            fifo: Fifo::new(),
            framer: Framer::new(),
            uart: Uart::new(config),
            tick: Default::default(),
        })
    }
}

fn check(what: &'static str, value: u16, least: u16, most: u16) -> Result<(), Error> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(Error::Config { what, value, least, most }) }
}

impl Logic for Monitor {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, timebase, lines, reporter, arbiter, fifo, framer, uart);
        self.timebase.locked.next = self.locked.val();
        self.tick.next = self.timebase.tick.val();

        self.lines.run.next = self.timebase.run.val();
        self.lines.pins.next = self.pins.val();

        self.reporter.run.next = self.timebase.run.val();
        self.reporter.beat.next = self.timebase.beat.val();
        self.reporter.start_beat.next = self.timebase.start_beat.val();
        self.reporter.lock_kept.next = self.timebase.lock_kept.val();
        self.reporter.tick_high.next = self.tick.val().get_bits::<16>(48);
        self.reporter.levels.next = self.lines.levels.val();
        self.reporter.glitches.next = self.lines.glitches.val();
        self.reporter.lost.next = self.arbiter.lost.val();
        self.reporter.records.next = self.arbiter.records.val();
        self.reporter.taken.next = self.arbiter.offer_taken.val();

        self.arbiter.tick.next = self.tick.val().get_bits::<48>(0);
        self.arbiter.edge_seen.next = self.lines.edge_seen.val();
        self.arbiter.changed.next = self.lines.changed.val();
        self.arbiter.levels.next = self.lines.levels.val();
        self.arbiter.offer.next = self.reporter.offer.val();
        self.arbiter.offer_kind.next = self.reporter.kind.val();
        self.arbiter.offer_data.next = self.reporter.data.val();
        self.arbiter.room.next = self.fifo.room.val();
        self.arbiter.half.next = self.fifo.half.val();

        self.fifo.write.next = self.arbiter.admit.val();
        self.fifo.data_in.next = self.arbiter.record.val();
        self.fifo.read.next = self.framer.read.val();

        self.framer.valid.next = self.fifo.valid.val();
        self.framer.record.next = self.fifo.data_out.val();
        self.framer.ready.next = self.uart.ready.val();

        self.uart.send.next = self.framer.send.val();
        self.uart.byte.next = self.framer.byte.val();
        self.txd.next = self.uart.txd.val();
    }
}
