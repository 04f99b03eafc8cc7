//! The arbiter: at most one record in a clock, stamped in it, and every edge that has no slot is counted.

use ichiscope_wire::{Kind, LINE_COUNT};
use rust_hdl::prelude::*;

use crate::Config;

/// Bits of a record.
pub(crate) const RECORD_BITS: usize = 96;

/// Decides which record is admitted: an edge before OVERRUN_END before what the reporter offers.
///
/// Outside an overrun there is always a slot for an edge, because nothing but OVERRUN_BEGIN takes the last one.
#[derive(LogicBlock)]
pub(crate) struct Arbiter {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) tick: Signal<In, Bits<48>>,
    pub(crate) edge_seen: Signal<In, Bit>,
    pub(crate) changed: Signal<In, Bits<LINE_COUNT>>,
    pub(crate) levels: Signal<In, Bits<LINE_COUNT>>,
    pub(crate) offer: Signal<In, Bit>,
    pub(crate) offer_kind: Signal<In, Bits<4>>,
    pub(crate) offer_data: Signal<In, Bits<36>>,
    /// The FIFO has two free slots or more.
    pub(crate) room: Signal<In, Bit>,
    /// The FIFO is half empty or more.
    pub(crate) half: Signal<In, Bit>,
    /// What the reporter offers is admitted in this clock.
    pub(crate) offer_taken: Signal<Out, Bit>,
    /// `record` is admitted in this clock.
    pub(crate) admit: Signal<Out, Bit>,
    pub(crate) record: Signal<Out, Bits<RECORD_BITS>>,
    /// Edges lost since power-up.
    pub(crate) lost: Signal<Out, Bits<32>>,
    /// Records admitted since power-up.
    pub(crate) records: Signal<Out, Bits<32>>,
    overrun: DFF<Bit>,
    lost_count: DFF<Bits<32>>,
    record_count: DFF<Bits<32>>,
    /// In an overrun: ticks since the last lost edge, or since the edge of OVERRUN_BEGIN.
    last_lost_age: DFF<Bits<24>>,
    edge_taken: Signal<Local, Bit>,
    edge_lost: Signal<Local, Bit>,
    end_taken: Signal<Local, Bit>,
    kind: Signal<Local, Bits<4>>,
    data: Signal<Local, Bits<36>>,
    edge_kind: Constant<Bits<4>>,
    begin_kind: Constant<Bits<4>>,
    end_kind: Constant<Bits<4>>,
    /// The age of an edge that is recorded at once, in its place in the data.
    age: Constant<Bits<36>>,
    /// The age of an edge that was lost in the clock before.
    age_after_loss: Constant<Bits<24>>,
}

impl Arbiter {
    pub(crate) fn new(config: &Config) -> Self {
        let age = u64::from(config.edge_age());
        Arbiter {
            clock: Default::default(),
            tick: Default::default(),
            edge_seen: Default::default(),
            changed: Default::default(),
            levels: Default::default(),
            offer: Default::default(),
            offer_kind: Default::default(),
            offer_data: Default::default(),
            room: Default::default(),
            half: Default::default(),
            offer_taken: Default::default(),
            admit: Default::default(),
            record: Default::default(),
            lost: Default::default(),
            records: Default::default(),
            overrun: Default::default(),
            lost_count: Default::default(),
            record_count: Default::default(),
            last_lost_age: Default::default(),
            edge_taken: Default::default(),
            edge_lost: Default::default(),
            end_taken: Default::default(),
            kind: Default::default(),
            data: Default::default(),
            edge_kind: Constant::new((Kind::Edge as u8).to_bits()),
            begin_kind: Constant::new((Kind::OverrunBegin as u8).to_bits()),
            end_kind: Constant::new((Kind::OverrunEnd as u8).to_bits()),
            age: Constant::new((age << (2 * LINE_COUNT)).into()),
            age_after_loss: Constant::new((age + 1).into()),
        }
    }
}

impl Logic for Arbiter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, overrun, lost_count, record_count, last_lost_age);
        self.edge_taken.next = self.edge_seen.val() & !self.overrun.q.val();
        self.edge_lost.next = self.edge_seen.val() & self.overrun.q.val();
        self.end_taken.next = self.overrun.q.val() & !self.edge_seen.val() & self.half.val();
        self.offer_taken.next =
            self.offer.val() & self.room.val() & !self.edge_taken.val() & !self.end_taken.val();
        self.admit.next = self.edge_taken.val() | self.end_taken.val() | self.offer_taken.val();

        // The record.
        self.kind.next = self.offer_kind.val();
        self.data.next = self.offer_data.val();
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
            self.data.next = self.age.val()
                | (bit_cast::<36, 12>(self.changed.val()) << 12)
                | bit_cast::<36, 12>(self.levels.val());
        }
        self.record.next = (bit_cast::<96, 4>(self.kind.val()) << 92)
            | (bit_cast::<96, 36>(self.data.val()) << 56)
            | (bit_cast::<96, 8>(self.lost_count.q.val().get_bits::<8>(0)) << 48)
            | bit_cast::<96, 48>(self.tick.val());

        // What is remembered of it.
        if self.admit.val() {
            self.record_count.d.next = self.record_count.q.val() + 1;
        }
        if self.edge_lost.val() {
            self.lost_count.d.next = self.lost_count.q.val() + 1;
        }
        if self.edge_taken.val() & !self.room.val() {
            self.overrun.d.next = true;
        }
        if self.end_taken.val() {
            self.overrun.d.next = false;
        }
        if self.edge_seen.val() {
            self.last_lost_age.d.next = self.age_after_loss.val();
        } else if !self.last_lost_age.q.val().all() {
            self.last_lost_age.d.next = self.last_lost_age.q.val() + 1;
        }
        self.lost.next = self.lost_count.q.val();
        self.records.next = self.record_count.q.val();
    }
}
