//! The instrument: all blocks between the pins' levels and the UART, the same on every board.

use ichiscope_wire::LINE_COUNT;
use rust_hdl::prelude::*;

use super::adc::{Adc, PHASE_BITS};
use super::command::Command;
use super::console::Console;
use super::envelope::Envelope;
use super::fifo::Fifo;
use super::flow::Flow;
use super::framer::Framer;
use super::lines::Lines;
use super::link_test::LinkTest;
use super::record::Arbiter;
use super::report::Reporter;
use super::self_test::SelfTest;
use super::settings::{DEGLITCH_BITS, Settings};
use super::timebase::Timebase;
use super::turn::Turn;
use super::uart::{CLOCKS_PER_BIT_MAX, Uart};
use super::uart_rx::UartReceiver;
use super::window::Window;
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
    /// The lines that have a pin; `adc` is made here.
    pub(crate) pins: Signal<In, Bits<LINE_COUNT>>,
    pub(crate) console_pin: Signal<In, Bit>,
    pub(crate) rxd: Signal<In, Bit>,
    pub(crate) cts: Signal<In, Bit>,
    pub(crate) adc_data: Signal<In, Bit>,
    pub(crate) txd: Signal<Out, Bit>,
    pub(crate) adc_cs: Signal<Out, Bit>,
    pub(crate) adc_sclk: Signal<Out, Bit>,
    pub(crate) test: Signal<Out, Bit>,
    timebase: Timebase,
    adc: Adc,
    lines: Lines,
    console: Console,
    envelope: Envelope,
    window: Window,
    receiver: UartReceiver,
    command: Command,
    settings: Settings,
    self_test: SelfTest,
    link_test: LinkTest,
    reporter: Reporter,
    arbiter: Arbiter,
    turn: Turn,
    fifo: Fifo<FIFO_LOG2, { FIFO_LOG2 + 1 }>,
    framer: Framer,
    flow: Flow,
    uart: Uart,
    tick: Signal<Local, Bits<64>>,
    command_bit: Constant<Bits<16>>,
    command_mask: Constant<Bits<16>>,
    has_commands: Constant<Bit>,
    has_envelope: Constant<Bit>,
}

impl Monitor {
    /// # Errors
    /// When a value of `config` does not fit the gateware's registers.
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        check("bits of the deglitch time", config.deglitch_bits.into(), 1, DEGLITCH_BITS as u16)?;
        check("deglitch time in ticks", config.deglitch_ticks, 1, (1 << config.deglitch_bits) - 1)?;
        check("clocks per UART bit", config.clocks_per_bit, CLOCKS_PER_BIT_MIN, CLOCKS_PER_BIT_MAX)?;
        check("heartbeat period's log2", config.heartbeat_log2.into(), 5, 28)?;
        check("FIFO depth", config.fifo_depth, 1 << FIFO_LOG2, 1 << FIFO_LOG2)?;
        if let Some(adc) = config.adc {
            check("clocks of an SCLK", adc.sclk_clocks.into(), 2, 3)?;
            let conversion = u16::from(adc.sclk_clocks) * 15 + 4;
            check("ticks per sample", adc.ticks_per_sample.into(), conversion, 1 << PHASE_BITS)?;
            check("ring's log2", adc.ring_log2.into(), 0, 16)?;
        }
        Ok(Monitor {
            clock: Default::default(),
            locked: Default::default(),
            pins: Default::default(),
            console_pin: Default::default(),
            rxd: Default::default(),
            cts: Default::default(),
            adc_data: Default::default(),
            txd: Signal::new_with_default(true),
            adc_cs: Signal::new_with_default(true),
            adc_sclk: Signal::new_with_default(true),
            test: Signal::new_with_default(true),
            timebase: Timebase::new(config),
            adc: Adc::new(config),
            lines: Lines::new(config),
            console: Console::new(config),
            envelope: Envelope::new(config),
            window: Window::new(config),
            receiver: UartReceiver::new(),
            command: Command::new(),
            settings: Settings::new(config),
            self_test: SelfTest::new(config),
            link_test: LinkTest::new(config),
            reporter: Reporter::new(config),
            arbiter: Arbiter::new(config),
            turn: Turn::new(),
            fifo: Fifo::new(),
            framer: Framer::new(),
            flow: Flow::new(config),
            uart: Uart::new(config),
            tick: Default::default(),
            command_bit: Constant::new(config.clocks_per_bit.to_bits()),
            command_mask: Constant::new((CLOCKS_PER_BIT_MAX - 1).to_bits()),
            has_commands: Constant::new(config.commands),
            has_envelope: Constant::new(config.adc.is_some()),
        })
    }
}

fn check(what: &'static str, value: u16, least: u16, most: u16) -> Result<(), Error> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(Error::Config { what, value, least, most }) }
}

impl Logic for Monitor {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, timebase, adc, lines, console, envelope, window, receiver, command, settings);
        clock!(self, clock, self_test, link_test, reporter, arbiter, turn, fifo, framer, flow, uart);
        self.timebase.locked.next = self.locked.val();
        self.tick.next = self.timebase.tick.val();

        // What is sensed.
        self.adc.run.next = self.timebase.run.val();
        self.adc.sampling.next = self.settings.sampling.val();
        self.adc.falling.next = self.settings.falling.val();
        self.adc.rising.next = self.settings.rising.val();
        self.adc.threshold_on.next = self.settings.threshold_on.val();
        self.adc.pin.next = self.adc_data.val();
        self.adc_cs.next = self.adc.cs.val();
        self.adc_sclk.next = self.adc.sclk.val();

        self.lines.run.next = self.timebase.run.val();
        self.lines.pins.next = self.pins.val() | (bit_cast::<12, 1>(self.adc.above.val().into()) << 11);
        self.lines.deglitch.next = self.settings.deglitch.val();
        self.lines.deglitch_last.next = self.settings.deglitch_last.val();
        self.lines.deglitch_set.next = self.settings.deglitch_set.val();

        self.console.run.next = self.timebase.run.val();
        self.console.pin.next = self.console_pin.val();
        self.console.is_on.next = self.settings.console_on.val();
        self.console.clocks_per_bit.next = self.settings.console.val();
        self.console.set.next = self.settings.console_set.val();
        self.console.taken.next = self.arbiter.console_taken.val();

        self.envelope.instant.next = self.adc.instant.val();
        self.envelope.last_tick.next = self.adc.last_tick.val();
        self.envelope.index.next = self.adc.index.val();
        self.envelope.known.next = self.adc.known.val();
        self.envelope.code.next = self.adc.code.val();
        self.envelope.log2.next = self.settings.envelope.val();
        self.envelope.set.next = self.settings.envelope_set.val();
        self.envelope.taken.next = self.arbiter.envelope_taken.val();

        self.window.instant.next = self.adc.instant.val();
        self.window.index.next = self.adc.index.val();
        self.window.known.next = self.adc.known.val();
        self.window.code.next = self.adc.code.val();
        self.window.changed.next = self.lines.changed.val();
        self.window.is_on.next = self.settings.window_on.val();
        self.window.before.next = self.settings.window_before.val();
        self.window.after.next = self.settings.window_after.val();
        self.window.set.next = self.settings.window_set.val();
        self.window.taken.next = self.arbiter.window_taken.val();

        // What the host asks for.
        self.receiver.pin.next = self.rxd.val();
        self.receiver.on.next = self.timebase.run.val() & self.has_commands.val();
        self.receiver.restart.next = false;
        self.receiver.clocks_per_bit.next = self.command_bit.val();
        self.receiver.divider_mask.next = self.command_mask.val();
        self.command.bit_taken.next = self.receiver.bit_taken.val();
        self.command.line.next = self.receiver.line.val();
        self.command.done.next = self.receiver.done.val();
        self.command.byte.next = self.receiver.byte.val();
        self.command.framing_error.next = self.receiver.framing_error.val();
        self.command.known.next = self.settings.known.val();
        self.command.fits.next = self.settings.fits.val();
        self.command.pulse_runs.next = self.self_test.runs.val();
        self.command.taken.next = self.arbiter.ack_taken.val();
        self.settings.register.next = self.command.register.val();
        self.settings.value.next = self.command.value.val();
        self.settings.nonzero_from.next = self.command.nonzero_from.val();
        self.settings.set.next = self.command.set.val();

        self.self_test.value_byte.next = self.command.value_byte.val();
        self.self_test.decoded.next = self.command.decoded.val();
        self.self_test.set.next = self.settings.self_test_set.val();
        self.self_test.value_is_zero.next = !self.command.nonzero_from.val().get_bit(0);
        self.test.next = self.self_test.test.val();

        self.link_test.set.next = self.settings.link_test_set.val();
        self.link_test.records.next = self.command.value.val().get_bits::<32>(0);
        self.link_test.taken.next = self.arbiter.link_test_taken.val();

        // What is said.
        self.reporter.beat.next = self.timebase.beat.val();
        self.reporter.start_beat.next = self.timebase.start_beat.val();
        self.reporter.lock_kept.next = self.timebase.lock_kept.val();
        self.reporter.start_asked.next = self.command.start.val();
        self.reporter.tick_high.next = self.tick.val().get_bits::<16>(48);
        self.reporter.levels.next = self.lines.levels.val();
        self.reporter.deglitch.next = self.settings.deglitch.val();
        self.flow.cts.next = self.cts.val();
        self.flow.on.next = self.settings.flow.val();
        self.reporter.flow.next = self.flow.honoured.val();
        self.reporter.console.next = self.settings.console.val();
        self.reporter.envelope.next = self.settings.envelope.val();
        self.reporter.sampling.next = self.settings.sampling.val();
        self.reporter.window_before.next = self.settings.window_before.val();
        self.reporter.window_after.next = self.settings.window_after.val();
        self.reporter.falling.next = self.settings.falling.val();
        self.reporter.rising.next = self.settings.rising.val();
        self.reporter.lost.next = self.arbiter.lost.val();
        self.reporter.glitches.next = self.lines.glitches.val();
        self.reporter.records.next = self.arbiter.records.val();
        self.reporter.sample_index.next = self.adc.index.val();
        self.reporter.sample_phase.next = self.adc.phase.val();
        self.reporter.console_lost.next = self.console.lost.val();
        self.reporter.envelopes_lost.next = 0.into();
        if self.has_envelope.val() {
            self.reporter.envelopes_lost.next = self.envelope.lost.val();
        }
        self.reporter.windows_missed.next = self.window.missed.val();
        self.reporter.taken.next = self.arbiter.report_taken.val();

        self.turn.edge_next.next = self.lines.edge_next.val();
        self.turn.overrun_next.next = self.arbiter.overrun_next.val();
        self.turn.run_next.next = self.timebase.run_next.val();
        self.turn.room_next.next = self.fifo.room_next.val();
        self.turn.half_next.next = self.fifo.half_next.val();
        self.turn.few_next.next = self.fifo.few_next.val();
        self.arbiter.free.next = self.turn.free.val();
        self.arbiter.free_with_room.next = self.turn.free_with_room.val();
        self.arbiter.free_and_half.next = self.turn.free_and_half.val();
        self.arbiter.free_and_few.next = self.turn.free_and_few.val();
        self.arbiter.tick.next = self.tick.val().get_bits::<48>(0);
        self.arbiter.edge_seen.next = self.lines.edge_seen.val();
        self.arbiter.changed.next = self.lines.changed.val();
        self.arbiter.levels.next = self.lines.levels.val();
        self.arbiter.age.next = self.lines.age.val();
        self.arbiter.report_offer.next = self.reporter.offer.val();
        self.arbiter.report_kind.next = self.reporter.kind.val();
        self.arbiter.report_data.next = self.reporter.data.val();
        self.arbiter.ack_offer.next = self.command.offer.val();
        self.arbiter.ack_data.next = self.command.data.val();
        self.arbiter.console_offer.next = self.console.offer.val();
        self.arbiter.console_data.next = self.console.data.val();
        self.arbiter.envelope_offer.next = self.envelope.offer.val() & self.has_envelope.val();
        self.arbiter.envelope_data.next = self.envelope.data.val();
        self.arbiter.window_offer.next = self.window.offer.val();
        self.arbiter.window_kind.next = self.window.kind.val();
        self.arbiter.window_data.next = self.window.data.val();
        self.arbiter.link_test_offer.next = self.link_test.offer.val();
        self.arbiter.link_test_data.next = self.link_test.data.val();
        self.arbiter.room.next = self.fifo.room.val();
        self.arbiter.half.next = self.fifo.half.val();

        self.fifo.write.next = self.arbiter.admit.val();
        self.fifo.data_in.next = self.arbiter.record.val();
        self.fifo.read.next = self.framer.read.val();

        self.framer.valid.next = self.fifo.valid.val();
        self.framer.record.next = self.fifo.data_out.val();
        self.framer.ready.next = self.uart.ready.val();

        self.uart.clear.next = self.flow.clear.val();
        self.uart.send.next = self.framer.send.val();
        self.uart.byte.next = self.framer.byte.val();
        self.txd.next = self.uart.txd.val();
    }
}
