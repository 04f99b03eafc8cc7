//! What the gateware says unasked: START pages, HEARTBEAT, COUNTERs, one on offer at a time.

use ichiscope_wire::{
    COUNTER_IDS, COUNTER_IDS_VERSION_1, Configuration, Kind, LINE_COUNT, LineSet, OLDEST_PROTOCOL_VERSION,
    START_PAGES, StartBlock, StartPage, start_pages,
};
use rust_hdl::prelude::*;

use super::adc::{INDEX_BITS, PHASE_BITS};
use super::record::DATA_BITS;
use super::settings::DEGLITCH_BITS;
use crate::Config;

/// Steps 0 to 11 are the START pages, 12 is HEARTBEAT, 13 to 18 are the COUNTERs. A gateware that speaks version 1 leaves
/// out the last ones of both.
const HEARTBEAT_STEP: u8 = START_PAGES;

/// Goes through the steps; the arbiter takes what is on offer when it has a slot.
#[derive(LogicBlock)]
pub(crate) struct Reporter {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) beat: Signal<In, Bit>,
    pub(crate) start_beat: Signal<In, Bit>,
    /// A command asks for START.
    pub(crate) start_asked: Signal<In, Bit>,
    pub(crate) lock_kept: Signal<In, Bit>,
    pub(crate) tick_high: Signal<In, Bits<16>>,
    pub(crate) levels: Signal<In, Bits<LINE_COUNT>>,
    /// The configuration.
    pub(crate) deglitch: Signal<In, Bits<DEGLITCH_BITS>>,
    pub(crate) flow: Signal<In, Bit>,
    pub(crate) console: Signal<In, Bits<16>>,
    pub(crate) envelope: Signal<In, Bits<5>>,
    pub(crate) sampling: Signal<In, Bits<3>>,
    pub(crate) window_before: Signal<In, Bits<16>>,
    pub(crate) window_after: Signal<In, Bits<16>>,
    pub(crate) falling: Signal<In, Bits<12>>,
    pub(crate) rising: Signal<In, Bits<12>>,
    /// The counters.
    pub(crate) lost: Signal<In, Bits<32>>,
    pub(crate) glitches: Signal<In, Bits<32>>,
    pub(crate) records: Signal<In, Bits<32>>,
    pub(crate) sample_index: Signal<In, Bits<INDEX_BITS>>,
    pub(crate) sample_phase: Signal<In, Bits<PHASE_BITS>>,
    pub(crate) console_lost: Signal<In, Bits<32>>,
    pub(crate) envelopes_lost: Signal<In, Bits<16>>,
    pub(crate) windows_missed: Signal<In, Bits<16>>,
    /// The record on offer is admitted in this clock.
    pub(crate) taken: Signal<In, Bit>,
    /// From power-up on; the arbiter waits until the gateware runs.
    pub(crate) offer: Signal<Out, Bit>,
    pub(crate) kind: Signal<Out, Bits<4>>,
    pub(crate) data: Signal<Out, Bits<DATA_BITS>>,
    step: DFF<Bits<5>>,
    idle: DFF<Bit>,
    beat_due: DFF<Bit>,
    start_due: DFF<Bit>,
    /// The START pages since power-up are out.
    started: DFF<Bit>,
    value: Signal<Local, Bits<32>>,
    id: Signal<Local, Bits<4>>,
    protocol: Constant<Bits<32>>,
    first: Constant<Bits<32>>,
    tick_hz: Constant<Bits<32>>,
    bitstream: Constant<Bits<32>>,
    baud: Constant<Bits<32>>,
    wired: Constant<Bits<32>>,
    capacity: Constant<Bits<32>>,
    features: Constant<Bits<32>>,
    adc: Constant<Bits<32>>,
    start_kind: Constant<Bits<4>>,
    heartbeat_kind: Constant<Bits<4>>,
    counter_kind: Constant<Bits<4>>,
    last_page: Constant<Bits<5>>,
    heartbeat_step: Constant<Bits<5>>,
    last_step: Constant<Bits<5>>,
}

impl Reporter {
    pub(crate) fn new(config: &Config) -> Self {
        let identity = config.identity();
        let pages = start_pages(identity.protocol);
        let counters = match identity.protocol {
            OLDEST_PROTOCOL_VERSION => COUNTER_IDS_VERSION_1,
            _ => COUNTER_IDS,
        };
        // What never changes of the pages; the rest is 0 here and joins in the kernel.
        let Configuration { ticks_per_sample, ring_log2, .. } = config.at_power_up();
        let configuration = Configuration { ticks_per_sample, ring_log2, ..Configuration::default() };
        let page = |is_first, page| {
            StartBlock { is_first, identity, configuration, levels: LineSet::EMPTY }.page(page).to_bits()
        };
        Reporter {
            clock: Default::default(),
            beat: Default::default(),
            start_beat: Default::default(),
            start_asked: Default::default(),
            lock_kept: Default::default(),
            tick_high: Default::default(),
            levels: Default::default(),
            deglitch: Default::default(),
            flow: Default::default(),
            console: Default::default(),
            envelope: Default::default(),
            sampling: Default::default(),
            window_before: Default::default(),
            window_after: Default::default(),
            falling: Default::default(),
            rising: Default::default(),
            lost: Default::default(),
            glitches: Default::default(),
            records: Default::default(),
            sample_index: Default::default(),
            sample_phase: Default::default(),
            console_lost: Default::default(),
            envelopes_lost: Default::default(),
            windows_missed: Default::default(),
            taken: Default::default(),
            offer: Default::default(),
            kind: Default::default(),
            data: Default::default(),
            step: Default::default(),
            idle: Default::default(),
            beat_due: Default::default(),
            start_due: Default::default(),
            started: Default::default(),
            value: Default::default(),
            id: Default::default(),
            protocol: Constant::new(page(false, StartPage::Protocol)),
            first: Constant::new(page(true, StartPage::Protocol)),
            tick_hz: Constant::new(page(false, StartPage::TickHz)),
            bitstream: Constant::new(page(false, StartPage::Bitstream)),
            baud: Constant::new(page(false, StartPage::Baud)),
            wired: Constant::new(page(false, StartPage::Lines)),
            capacity: Constant::new(page(false, StartPage::Capacity)),
            features: Constant::new(page(false, StartPage::Features)),
            adc: Constant::new(page(false, StartPage::Adc)),
            start_kind: Constant::new((Kind::Start as u8).to_bits()),
            heartbeat_kind: Constant::new((Kind::Heartbeat as u8).to_bits()),
            counter_kind: Constant::new((Kind::Counter as u8).to_bits()),
            last_page: Constant::new((pages - 1).to_bits()),
            heartbeat_step: Constant::new(HEARTBEAT_STEP.to_bits()),
            last_step: Constant::new((HEARTBEAT_STEP + counters).to_bits()),
        }
    }
}

impl Logic for Reporter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, step, idle, beat_due, start_due, started);
        // What is on offer.
        self.offer.next = !self.idle.q.val();
        self.id.next = self.step.q.val().get_bits::<4>(0);
        self.value.next = 0.into();
        self.kind.next = self.start_kind.val();
        match self.step.q.val().index() {
            0 => {
                self.value.next = self.protocol.val();
                if !self.started.q.val() {
                    self.value.next = self.first.val();
                }
            }
            1 => {
                self.value.next = self.tick_hz.val();
            }
            2 => {
                self.value.next = self.bitstream.val();
            }
            3 => {
                self.value.next = self.baud.val();
            }
            4 => {
                self.value.next = self.wired.val() | bit_cast::<32, 12>(self.levels.val());
            }
            5 => {
                self.value.next = bit_cast::<32, 10>(self.deglitch.val());
            }
            6 => {
                self.value.next = self.capacity.val();
            }
            7 => {
                self.value.next = self.features.val() | (bit_cast::<32, 1>(self.flow.val().into()) << 16);
            }
            8 => {
                self.value.next = bit_cast::<32, 16>(self.console.val());
            }
            9 => {
                self.value.next = self.adc.val()
                    | (bit_cast::<32, 5>(self.envelope.val()) << 16)
                    | (bit_cast::<32, 3>(self.sampling.val()) << 8);
            }
            10 => {
                self.value.next = (bit_cast::<32, 16>(self.window_after.val()) << 16)
                    | bit_cast::<32, 16>(self.window_before.val());
            }
            11 => {
                self.value.next =
                    (bit_cast::<32, 12>(self.rising.val()) << 12) | bit_cast::<32, 12>(self.falling.val());
            }
            12 => {
                self.kind.next = self.heartbeat_kind.val();
                self.id.next = 0.into();
                self.value.next = (bit_cast::<32, 1>(self.lock_kept.val().into()) << 28)
                    | (bit_cast::<32, 12>(self.levels.val()) << 16)
                    | bit_cast::<32, 16>(self.tick_high.val());
            }
            13 => {
                self.kind.next = self.counter_kind.val();
                self.id.next = 0.into();
                self.value.next = self.lost.val();
            }
            14 => {
                self.kind.next = self.counter_kind.val();
                self.id.next = 1.into();
                self.value.next = self.glitches.val();
            }
            15 => {
                self.kind.next = self.counter_kind.val();
                self.id.next = 2.into();
                self.value.next = self.records.val();
            }
            16 => {
                self.kind.next = self.counter_kind.val();
                self.id.next = 3.into();
                self.value.next = (bit_cast::<32, 26>(self.sample_index.val()) << 6)
                    | bit_cast::<32, 6>(self.sample_phase.val());
            }
            17 => {
                self.kind.next = self.counter_kind.val();
                self.id.next = 4.into();
                self.value.next = self.console_lost.val();
            }
            18 => {
                self.kind.next = self.counter_kind.val();
                self.id.next = 5.into();
                self.value.next = (bit_cast::<32, 16>(self.windows_missed.val()) << 16)
                    | bit_cast::<32, 16>(self.envelopes_lost.val());
            }
            _ => {}
        }
        self.data.next = (bit_cast::<36, 4>(self.id.val()) << 32) | bit_cast::<36, 32>(self.value.val());

        // What comes next.
        if self.taken.val() {
            self.step.d.next = self.step.q.val() + 1;
            if self.step.q.val() == self.last_page.val() {
                self.started.d.next = true;
                self.idle.d.next = true;
            }
            if self.step.q.val() == self.last_step.val() {
                if self.start_due.q.val() {
                    self.step.d.next = 0.into();
                    self.start_due.d.next = false;
                } else {
                    self.idle.d.next = true;
                }
            }
        } else if self.idle.q.val() {
            if self.beat_due.q.val() {
                self.idle.d.next = false;
                self.beat_due.d.next = false;
                self.step.d.next = self.heartbeat_step.val();
            } else if self.start_due.q.val() {
                self.idle.d.next = false;
                self.start_due.d.next = false;
                self.step.d.next = 0.into();
            }
        }
        if self.beat.val() {
            self.beat_due.d.next = true;
        }
        if self.start_beat.val() | self.start_asked.val() {
            self.start_due.d.next = true;
        }
    }
}
