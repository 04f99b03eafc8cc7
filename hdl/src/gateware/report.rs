//! What the gateware says unasked: START pages, HEARTBEAT, COUNTERs, one on offer at a time.

use ichiscope_wire::{
    COUNTER_IDS_VERSION_1 as COUNTER_IDS, Kind, LINE_COUNT, OLDEST_PROTOCOL_VERSION as PROTOCOL_VERSION,
    START_PAGES_VERSION_1 as START_PAGES,
};
use rust_hdl::prelude::*;

use crate::Config;

/// Steps 0 to 7 are the START pages, 8 is HEARTBEAT, 9 to 11 are the COUNTERs.
const HEARTBEAT_STEP: u8 = START_PAGES;
const LAST_STEP: u8 = START_PAGES + COUNTER_IDS;

/// Goes through the steps; the arbiter takes what is on offer when it has a slot.
#[derive(LogicBlock)]
pub(crate) struct Reporter {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) run: Signal<In, Bit>,
    pub(crate) beat: Signal<In, Bit>,
    pub(crate) start_beat: Signal<In, Bit>,
    pub(crate) lock_kept: Signal<In, Bit>,
    pub(crate) tick_high: Signal<In, Bits<16>>,
    pub(crate) levels: Signal<In, Bits<LINE_COUNT>>,
    pub(crate) lost: Signal<In, Bits<32>>,
    pub(crate) glitches: Signal<In, Bits<32>>,
    pub(crate) records: Signal<In, Bits<32>>,
    /// The record on offer is admitted in this clock.
    pub(crate) taken: Signal<In, Bit>,
    pub(crate) offer: Signal<Out, Bit>,
    pub(crate) kind: Signal<Out, Bits<4>>,
    pub(crate) data: Signal<Out, Bits<36>>,
    step: DFF<Bits<4>>,
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
    deglitch: Constant<Bits<32>>,
    capacity: Constant<Bits<32>>,
    start_kind: Constant<Bits<4>>,
    heartbeat_kind: Constant<Bits<4>>,
    counter_kind: Constant<Bits<4>>,
    last_page: Constant<Bits<4>>,
    heartbeat_step: Constant<Bits<4>>,
    last_step: Constant<Bits<4>>,
}

impl Reporter {
    pub(crate) fn new(config: &Config) -> Self {
        let protocol = u32::from_le_bytes([PROTOCOL_VERSION, config.board as u8, START_PAGES, 0]);
        let capacity = u32::from(config.fifo_depth) | u32::from(config.heartbeat_log2) << 16;
        Reporter {
            clock: Default::default(),
            run: Default::default(),
            beat: Default::default(),
            start_beat: Default::default(),
            lock_kept: Default::default(),
            tick_high: Default::default(),
            levels: Default::default(),
            lost: Default::default(),
            glitches: Default::default(),
            records: Default::default(),
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
            protocol: Constant::new(protocol.to_bits()),
            first: Constant::new((protocol | 1 << 24).to_bits()),
            tick_hz: Constant::new(config.tick_hz.to_bits()),
            bitstream: Constant::new(config.bitstream_id.to_bits()),
            baud: Constant::new(config.baud().to_bits()),
            wired: Constant::new((u32::from(config.wired.bits()) << LINE_COUNT).to_bits()),
            deglitch: Constant::new(config.deglitch_ticks.to_bits()),
            capacity: Constant::new(capacity.to_bits()),
            start_kind: Constant::new((Kind::Start as u8).to_bits()),
            heartbeat_kind: Constant::new((Kind::Heartbeat as u8).to_bits()),
            counter_kind: Constant::new((Kind::Counter as u8).to_bits()),
            last_page: Constant::new((START_PAGES - 1).to_bits()),
            heartbeat_step: Constant::new(HEARTBEAT_STEP.to_bits()),
            last_step: Constant::new(LAST_STEP.to_bits()),
        }
    }
}

impl Logic for Reporter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, step, idle, beat_due, start_due, started);
        // What is on offer.
        self.offer.next = self.run.val() & !self.idle.q.val();
        self.id.next = self.step.q.val();
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
                self.value.next = self.deglitch.val();
            }
            6 => {
                self.value.next = self.capacity.val();
            }
            8 => {
                self.kind.next = self.heartbeat_kind.val();
                self.id.next = 0.into();
                self.value.next = (bit_cast::<32, 1>(self.lock_kept.val().into()) << 28)
                    | (bit_cast::<32, 12>(self.levels.val()) << 16)
                    | bit_cast::<32, 16>(self.tick_high.val());
            }
            9 => {
                self.kind.next = self.counter_kind.val();
                self.id.next = 0.into();
                self.value.next = self.lost.val();
            }
            10 => {
                self.kind.next = self.counter_kind.val();
                self.id.next = 1.into();
                self.value.next = self.glitches.val();
            }
            11 => {
                self.kind.next = self.counter_kind.val();
                self.id.next = 2.into();
                self.value.next = self.records.val();
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
        } else if self.idle.q.val() & self.beat_due.q.val() {
            self.idle.d.next = false;
            self.beat_due.d.next = false;
            self.step.d.next = self.heartbeat_step.val();
        }
        if self.beat.val() {
            self.beat_due.d.next = true;
        }
        if self.start_beat.val() {
            self.start_due.d.next = true;
        }
    }
}
