//! The arbiter: at most one record in a clock, stamped in it, and every edge that has no slot is counted.

use ichiscope_wire::{Kind, LINE_COUNT};
use rust_hdl::prelude::*;

use super::lines::AGE_BITS;
use super::preset::Preset;
use crate::Config;

/// Bits of a record.
pub(crate) const RECORD_BITS: usize = 96;
/// Bits of a record's data.
pub(crate) const DATA_BITS: usize = 36;

/// Decides which record is admitted: an edge before OVERRUN_END before the first of what is on offer.
///
/// Outside an overrun there is always a slot for an edge, because nothing but OVERRUN_BEGIN takes the last one. What
/// can wait needs an emptier FIFO the less it matters, so it never takes the room of edges.
#[derive(LogicBlock)]
pub(crate) struct Arbiter {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) tick: Signal<In, Bits<48>>,
    pub(crate) edge_seen: Signal<In, Bit>,
    pub(crate) changed: Signal<In, Bits<LINE_COUNT>>,
    pub(crate) levels: Signal<In, Bits<LINE_COUNT>>,
    /// Of an edge in this clock.
    pub(crate) age: Signal<In, Bits<AGE_BITS>>,
    /// Neither an edge nor OVERRUN_END has this clock; the same, and what the FIFO has room for: see [`super::turn::Turn`].
    pub(crate) free: Signal<In, Bit>,
    pub(crate) free_with_room: Signal<In, Bit>,
    pub(crate) free_and_half: Signal<In, Bit>,
    pub(crate) free_and_few: Signal<In, Bit>,
    /// START, HEARTBEAT, COUNTER.
    pub(crate) report_offer: Signal<In, Bit>,
    pub(crate) report_kind: Signal<In, Bits<4>>,
    pub(crate) report_data: Signal<In, Bits<DATA_BITS>>,
    pub(crate) ack_offer: Signal<In, Bit>,
    pub(crate) ack_data: Signal<In, Bits<DATA_BITS>>,
    pub(crate) console_offer: Signal<In, Bit>,
    pub(crate) console_data: Signal<In, Bits<DATA_BITS>>,
    pub(crate) envelope_offer: Signal<In, Bit>,
    pub(crate) envelope_data: Signal<In, Bits<DATA_BITS>>,
    /// WINDOW, SAMPLES.
    pub(crate) window_offer: Signal<In, Bit>,
    pub(crate) window_kind: Signal<In, Bits<4>>,
    pub(crate) window_data: Signal<In, Bits<DATA_BITS>>,
    pub(crate) link_test_offer: Signal<In, Bit>,
    pub(crate) link_test_data: Signal<In, Bits<DATA_BITS>>,
    /// The FIFO has two free slots or more.
    pub(crate) room: Signal<In, Bit>,
    /// The FIFO is half empty or more.
    pub(crate) half: Signal<In, Bit>,
    /// What is on offer is admitted in this clock.
    pub(crate) report_taken: Signal<Out, Bit>,
    pub(crate) ack_taken: Signal<Out, Bit>,
    pub(crate) console_taken: Signal<Out, Bit>,
    pub(crate) envelope_taken: Signal<Out, Bit>,
    pub(crate) window_taken: Signal<Out, Bit>,
    pub(crate) link_test_taken: Signal<Out, Bit>,
    /// An overrun is under way in the next clock.
    pub(crate) overrun_next: Signal<Out, Bit>,
    /// A record is admitted in this clock.
    pub(crate) admit: Signal<Out, Bit>,
    /// What was admitted in the clock before.
    pub(crate) record: Signal<Out, Bits<RECORD_BITS>>,
    /// Edges lost since power-up.
    pub(crate) lost: Signal<Out, Bits<32>>,
    /// Records admitted since power-up.
    pub(crate) records: Signal<Out, Bits<32>>,
    overrun: DFF<Bit>,
    lost_count: Preset<Bits<32>>,
    record_count: Preset<Bits<32>>,
    /// In an overrun: ticks since the last lost edge, or since the edge of OVERRUN_BEGIN.
    last_lost_age: DFF<Bits<24>>,
    edge_taken: Signal<Local, Bit>,
    edge_lost: Signal<Local, Bit>,
    end_taken: Signal<Local, Bit>,
    ack_first: Signal<Local, Bit>,
    console_first: Signal<Local, Bit>,
    envelope_first: Signal<Local, Bit>,
    window_first: Signal<Local, Bit>,
    link_test_first: Signal<Local, Bit>,
    /// Of the clock before. What the reporter says is chosen among most, so it is kept apart and joins later.
    tick_kept: DFF<Bits<48>>,
    lost_kept: DFF<Bits<8>>,
    report_was_taken: DFF<Bit>,
    report_kind_kept: DFF<Bits<4>>,
    report_data_kept: DFF<Bits<DATA_BITS>>,
    kind_kept: DFF<Bits<4>>,
    data_kept: DFF<Bits<DATA_BITS>>,
    kind: Signal<Local, Bits<4>>,
    data: Signal<Local, Bits<DATA_BITS>>,
    wide_age: Signal<Local, Bits<24>>,
    edge_kind: Constant<Bits<4>>,
    begin_kind: Constant<Bits<4>>,
    end_kind: Constant<Bits<4>>,
    ack_kind: Constant<Bits<4>>,
    console_kind: Constant<Bits<4>>,
    envelope_kind: Constant<Bits<4>>,
    link_test_kind: Constant<Bits<4>>,
}

impl Arbiter {
    pub(crate) fn new(config: &Config) -> Self {
        Arbiter {
            clock: Default::default(),
            tick: Default::default(),
            edge_seen: Default::default(),
            changed: Default::default(),
            levels: Default::default(),
            age: Default::default(),
            free: Default::default(),
            free_with_room: Default::default(),
            free_and_half: Default::default(),
            free_and_few: Default::default(),
            report_offer: Default::default(),
            report_kind: Default::default(),
            report_data: Default::default(),
            ack_offer: Default::default(),
            ack_data: Default::default(),
            console_offer: Default::default(),
            console_data: Default::default(),
            envelope_offer: Default::default(),
            envelope_data: Default::default(),
            window_offer: Default::default(),
            window_kind: Default::default(),
            window_data: Default::default(),
            link_test_offer: Default::default(),
            link_test_data: Default::default(),
            room: Default::default(),
            half: Default::default(),
            report_taken: Default::default(),
            ack_taken: Default::default(),
            console_taken: Default::default(),
            envelope_taken: Default::default(),
            window_taken: Default::default(),
            link_test_taken: Default::default(),
            overrun_next: Default::default(),
            admit: Default::default(),
            record: Default::default(),
            lost: Default::default(),
            records: Default::default(),
            overrun: Default::default(),
            lost_count: Preset::new("count", config.start_count.to_bits()),
            record_count: Preset::new("count", config.start_count.to_bits()),
            last_lost_age: Default::default(),
            edge_taken: Default::default(),
            edge_lost: Default::default(),
            end_taken: Default::default(),
            ack_first: Default::default(),
            console_first: Default::default(),
            envelope_first: Default::default(),
            window_first: Default::default(),
            link_test_first: Default::default(),
            tick_kept: Default::default(),
            lost_kept: Default::default(),
            report_was_taken: Default::default(),
            report_kind_kept: Default::default(),
            report_data_kept: Default::default(),
            kind_kept: Default::default(),
            data_kept: Default::default(),
            kind: Default::default(),
            data: Default::default(),
            wide_age: Default::default(),
            edge_kind: Constant::new((Kind::Edge as u8).to_bits()),
            begin_kind: Constant::new((Kind::OverrunBegin as u8).to_bits()),
            end_kind: Constant::new((Kind::OverrunEnd as u8).to_bits()),
            ack_kind: Constant::new((Kind::Ack as u8).to_bits()),
            console_kind: Constant::new((Kind::Console as u8).to_bits()),
            envelope_kind: Constant::new((Kind::Envelope as u8).to_bits()),
            link_test_kind: Constant::new((Kind::LinkTest as u8).to_bits()),
        }
    }
}

impl Logic for Arbiter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, overrun, lost_count, record_count, last_lost_age);
        dff_setup!(self, clock, tick_kept, lost_kept, report_was_taken, report_kind_kept, report_data_kept);
        dff_setup!(self, clock, kind_kept, data_kept);
        self.edge_taken.next = self.edge_seen.val() & !self.overrun.q.val();
        self.edge_lost.next = self.edge_seen.val() & self.overrun.q.val();
        self.end_taken.next = self.overrun.q.val() & !self.edge_seen.val() & self.half.val();

        // What is on offer: the first of them, if the FIFO is empty enough for it.
        self.ack_first.next = !self.report_offer.val();
        self.console_first.next = !(self.report_offer.val() | self.ack_offer.val());
        self.envelope_first.next =
            !(self.report_offer.val() | self.ack_offer.val() | self.console_offer.val());
        self.window_first.next = self.envelope_first.val() & !self.envelope_offer.val();
        self.link_test_first.next =
            self.envelope_first.val() & !(self.envelope_offer.val() | self.window_offer.val());
        self.report_taken.next = self.report_offer.val() & self.free_with_room.val();
        self.ack_taken.next = self.ack_offer.val() & self.ack_first.val() & self.free_and_half.val();
        self.console_taken.next =
            self.console_offer.val() & self.console_first.val() & self.free_and_half.val();
        self.envelope_taken.next =
            self.envelope_offer.val() & self.envelope_first.val() & self.free_and_few.val();
        self.window_taken.next = self.window_offer.val() & self.window_first.val() & self.free_and_few.val();
        self.link_test_taken.next =
            self.link_test_offer.val() & self.link_test_first.val() & self.free_and_few.val();
        // An emptier FIFO has room for whatever a fuller one has, so whether anything is taken needs no order.
        self.admit.next = !self.free.val()
            | (self.report_offer.val() & self.free_with_room.val())
            | ((self.ack_offer.val() | self.console_offer.val()) & self.free_and_half.val())
            | ((self.envelope_offer.val() | self.window_offer.val() | self.link_test_offer.val())
                & self.free_and_few.val());

        // The record, apart from what the reporter says.
        self.kind.next = self.link_test_kind.val();
        self.data.next = self.link_test_data.val();
        if self.window_offer.val() {
            self.kind.next = self.window_kind.val();
            self.data.next = self.window_data.val();
        }
        if self.envelope_offer.val() {
            self.kind.next = self.envelope_kind.val();
            self.data.next = self.envelope_data.val();
        }
        if self.console_offer.val() {
            self.kind.next = self.console_kind.val();
            self.data.next = self.console_data.val();
        }
        if self.ack_offer.val() {
            self.kind.next = self.ack_kind.val();
            self.data.next = self.ack_data.val();
        }
        if self.end_taken.val() {
            self.kind.next = self.end_kind.val();
            self.data.next = (bit_cast::<36, 24>(self.last_lost_age.q.val()) << 12)
                | bit_cast::<36, 12>(self.levels.val());
        }
        if self.edge_taken.val() {
            self.kind.next = self.begin_kind.val();
            if self.room.val() {
                self.kind.next = self.edge_kind.val();
            }
            self.data.next = (bit_cast::<36, 12>(self.age.val()) << 24)
                | (bit_cast::<36, 12>(self.changed.val()) << 12)
                | bit_cast::<36, 12>(self.levels.val());
        }
        self.tick_kept.d.next = self.tick.val();
        self.lost_kept.d.next = self.lost_count.q.val().get_bits::<8>(0);
        self.report_was_taken.d.next = self.report_taken.val();
        self.report_kind_kept.d.next = self.report_kind.val();
        self.report_data_kept.d.next = self.report_data.val();
        self.kind_kept.d.next = self.kind.val();
        self.data_kept.d.next = self.data.val();

        // One clock later.
        self.record.next = (bit_cast::<96, 4>(self.kind_kept.q.val()) << 92)
            | (bit_cast::<96, 36>(self.data_kept.q.val()) << 56)
            | (bit_cast::<96, 8>(self.lost_kept.q.val()) << 48)
            | bit_cast::<96, 48>(self.tick_kept.q.val());
        if self.report_was_taken.q.val() {
            self.record.next = (bit_cast::<96, 4>(self.report_kind_kept.q.val()) << 92)
                | (bit_cast::<96, 36>(self.report_data_kept.q.val()) << 56)
                | (bit_cast::<96, 8>(self.lost_kept.q.val()) << 48)
                | bit_cast::<96, 48>(self.tick_kept.q.val());
        }

        // What is remembered of it.
        if self.admit.val() {
            self.record_count.d.next = self.record_count.q.val() + 1;
        }
        if self.edge_lost.val() {
            self.lost_count.d.next = self.lost_count.q.val() + 1;
        }
        self.overrun_next.next =
            (self.overrun.q.val() & !self.end_taken.val()) | (self.edge_taken.val() & !self.room.val());
        self.overrun.d.next = self.overrun_next.val();
        self.wide_age.next = bit_cast::<24, 12>(self.age.val());
        if self.edge_seen.val() {
            self.last_lost_age.d.next = self.wide_age.val() + 1;
        } else if !self.last_lost_age.q.val().all() {
            self.last_lost_age.d.next = self.last_lost_age.q.val() + 1;
        }
        self.lost.next = self.lost_count.q.val();
        self.records.next = self.record_count.q.val();
    }
}
