//! The window: samples at full rate from before and after a crossing, kept in a ring and read out record by record.

use ichiscope_wire::{Kind, LINE_COUNT};
use rust_hdl::prelude::*;

use super::adc::{CODE_BITS, INDEX_BITS};
use super::preset::Preset;
use super::record::DATA_BITS;
use super::ring::Ring;
use crate::Config;

/// Lines whose edges are crossings: the rails and the ADC's threshold.
const CROSSING_LINES: u16 = 0x807;
/// Clocks from one record of a window to the next: three samples come out of the ring meanwhile.
const PAUSE: u8 = 8;
/// Of these, the ones before the counter runs and after it: that a record was taken is acted on one clock later.
const PAUSE_BESIDE: u8 = 3;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum WindowState {
    /// Until the next sample begins.
    Waiting,
    Recording,
    /// There was a crossing; the samples after it are still coming.
    Filling,
    /// The ring stands still.
    Reading,
}

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum WindowPage {
    First,
    Count,
    Samples,
}

/// See `docs/gateware.md` for which sample is the first and when a record is on offer.
#[derive(LogicBlock)]
pub(crate) struct Window {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) instant: Signal<In, Bit>,
    pub(crate) index: Signal<In, Bits<INDEX_BITS>>,
    pub(crate) known: Signal<In, Bit>,
    pub(crate) code: Signal<In, Bits<CODE_BITS>>,
    /// Lines that change in this clock, for the arbiter.
    pub(crate) changed: Signal<In, Bits<LINE_COUNT>>,
    pub(crate) is_on: Signal<In, Bit>,
    /// Samples before the crossing, and from it on.
    pub(crate) before: Signal<In, Bits<16>>,
    pub(crate) after: Signal<In, Bits<16>>,
    /// They change with this clock.
    pub(crate) set: Signal<In, Bit>,
    /// The record on offer is admitted in this clock.
    pub(crate) taken: Signal<In, Bit>,
    pub(crate) offer: Signal<Out, Bit>,
    pub(crate) kind: Signal<Out, Bits<4>>,
    pub(crate) data: Signal<Out, Bits<DATA_BITS>>,
    /// Crossings that got no window, since power-up.
    pub(crate) missed: Signal<Out, Bits<16>>,
    state: DFF<WindowState>,
    /// Samples before the one last begun.
    available: DFF<Bits<16>>,
    /// Of the crossing: the sample last begun, and what was available; then what of it is asked for.
    crossing_index: DFF<Bits<INDEX_BITS>>,
    crossing_available: DFF<Bits<16>>,
    used: DFF<Bits<16>>,
    first: DFF<Bits<INDEX_BITS>>,
    count: DFF<Bits<17>>,
    /// Samples that are still to begin.
    remaining: DFF<Bits<16>>,
    page: DFF<WindowPage>,
    pause: DFF<Bits<3>>,
    /// The pause is over.
    ready: DFF<Bit>,
    taken_before: DFF<Bit>,
    /// Reading: the next sample's place, how many are left, three of them.
    place: DFF<Bits<16>>,
    left: DFF<Bits<17>>,
    three: DFF<Bits<DATA_BITS>>,
    writes: DFF<Bit>,
    address: DFF<Bits<16>>,
    ring: Ring,
    missed_count: Preset<Bits<16>>,
    crossing: Signal<Local, Bit>,
    is_short: Signal<Local, Bit>,
    wide_index: Signal<Local, Bits<INDEX_BITS>>,
    wide_used: Signal<Local, Bits<17>>,
    wide_after: Signal<Local, Bits<17>>,
    fetches: Signal<Local, Bit>,
    gathers: Signal<Local, Bit>,
    fetched: Signal<Local, Bits<CODE_BITS>>,
    recording: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    crossing_lines: Constant<Bits<LINE_COUNT>>,
    most_available: Constant<Bits<16>>,
    one: Constant<Bits<16>>,
    last_pause: Constant<Bits<3>>,
    before_pause: Constant<Bits<3>>,
    count_page: Constant<Bits<DATA_BITS>>,
    window_kind: Constant<Bits<4>>,
    samples_kind: Constant<Bits<4>>,
    present: Constant<Bit>,
}

impl Window {
    pub(crate) fn new(config: &Config) -> Self {
        let ring_log2 = config.adc.map_or(0, |adc| adc.ring_log2);
        // A board without windows counts none.
        let start_count = if ring_log2 > 0 { config.start_count & 0xFFFF } else { 0 };
        Window {
            clock: Default::default(),
            instant: Default::default(),
            index: Default::default(),
            known: Default::default(),
            code: Default::default(),
            changed: Default::default(),
            is_on: Default::default(),
            before: Default::default(),
            after: Default::default(),
            set: Default::default(),
            taken: Default::default(),
            offer: Default::default(),
            kind: Default::default(),
            data: Default::default(),
            missed: Default::default(),
            state: Default::default(),
            available: Default::default(),
            crossing_index: Default::default(),
            crossing_available: Default::default(),
            used: Default::default(),
            first: Default::default(),
            count: Default::default(),
            remaining: Default::default(),
            page: Default::default(),
            pause: Default::default(),
            ready: Default::default(),
            taken_before: Default::default(),
            place: Default::default(),
            left: Default::default(),
            three: Default::default(),
            writes: Default::default(),
            address: Default::default(),
            ring: Ring::new(ring_log2),
            missed_count: Preset::new("count", start_count.to_bits()),
            crossing: Default::default(),
            is_short: Default::default(),
            wide_index: Default::default(),
            wide_used: Default::default(),
            wide_after: Default::default(),
            fetches: Default::default(),
            gathers: Default::default(),
            fetched: Default::default(),
            recording: Default::default(),
            ends: Default::default(),
            crossing_lines: Constant::new(CROSSING_LINES.to_bits()),
            most_available: Constant::new(((1_u32 << ring_log2) - 1).to_bits()),
            one: Constant::new(1_u8.to_bits()),
            before_pause: Constant::new(7_u8.to_bits()),
            last_pause: Constant::new((PAUSE - PAUSE_BESIDE).to_bits()),
            count_page: Constant::new((1_u64 << 32).into()),
            window_kind: Constant::new((Kind::Window as u8).to_bits()),
            samples_kind: Constant::new((Kind::Samples as u8).to_bits()),
            present: Constant::new(ring_log2 > 0),
        }
    }
}

impl Logic for Window {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, available, crossing_index, crossing_available, used, first, count);
        dff_setup!(self, clock, remaining, page, pause, place, left, three, writes, address, missed_count);
        dff_setup!(self, clock, ready, taken_before);
        self.taken_before.d.next = self.taken.val();
        self.crossing.next = (self.changed.val() & self.crossing_lines.val()).any();
        self.recording.next = false;

        // What the crossing asks for, in the clocks after it.
        self.is_short.next = self.crossing_available.q.val() < self.before.val();
        self.used.d.next = self.before.val();
        if self.is_short.val() {
            self.used.d.next = self.crossing_available.q.val();
        }
        self.wide_index.next = bit_cast::<26, 16>(self.used.q.val());
        self.first.d.next = self.crossing_index.q.val() - self.wide_index.val();
        self.wide_used.next = bit_cast::<17, 16>(self.used.q.val());
        self.wide_after.next = bit_cast::<17, 16>(self.after.val());
        self.count.d.next = self.wide_used.val() + self.wide_after.val();

        self.fetched.next = 0.into();
        if self.left.q.val().any() {
            self.fetched.next = self.ring.data_out.val();
        }
        self.ends.next = false;
        self.fetches.next = false;
        self.gathers.next = false;
        self.writes.d.next = self.known.val();
        self.address.d.next = self.index.val().get_bits::<16>(0);
        match self.state.q.val() {
            WindowState::Waiting => {
                self.available.d.next = 0.into();
                if self.instant.val() {
                    self.state.d.next = WindowState::Recording;
                }
            }
            WindowState::Recording => {
                self.recording.next = true;
                self.crossing_index.d.next = self.index.val();
                self.crossing_available.d.next = self.available.q.val();
                self.remaining.d.next = self.after.val();
                self.page.d.next = WindowPage::First;
                // It overflows into the pause before the first record.
                self.pause.d.next = self.before_pause.val();
                if self.instant.val() & (self.available.q.val() != self.most_available.val()) {
                    self.available.d.next = self.available.q.val() + 1;
                }
                if self.crossing.val() & self.is_on.val() {
                    self.state.d.next = WindowState::Reading;
                    if self.after.val().any() {
                        self.state.d.next = WindowState::Filling;
                    }
                }
            }
            WindowState::Filling => {
                self.recording.next = true;
                if self.instant.val() {
                    self.remaining.d.next = self.remaining.q.val() - 1;
                    if self.remaining.q.val() == self.one.val() {
                        self.state.d.next = WindowState::Reading;
                    }
                }
            }
            WindowState::Reading => {
                self.writes.d.next = false;
                self.address.d.next = self.place.q.val();
                if self.pause.q.val() == self.last_pause.val() {
                    self.ready.d.next = true;
                } else {
                    self.pause.d.next = self.pause.q.val() + 1;
                }
                match self.page.q.val() {
                    WindowPage::First => {
                        if self.taken_before.q.val() {
                            self.page.d.next = WindowPage::Count;
                        }
                    }
                    WindowPage::Count => {
                        self.place.d.next = self.first.q.val().get_bits::<16>(0);
                        self.left.d.next = self.count.q.val();
                        if self.taken_before.q.val() {
                            self.page.d.next = WindowPage::Samples;
                            self.ends.next = !self.count.q.val().any();
                        }
                    }
                    WindowPage::Samples => {
                        // Three places in clocks 0 to 2 of the pause; their samples two clocks later.
                        self.fetches.next = !self.pause.q.val().get_bit(2)
                            & !(self.pause.q.val().get_bit(1) & self.pause.q.val().get_bit(0));
                        self.gathers.next = (self.pause.q.val().get_bit(1) & !self.pause.q.val().get_bit(2))
                            | (self.pause.q.val().get_bit(2)
                                & !self.pause.q.val().get_bit(1)
                                & !self.pause.q.val().get_bit(0));
                        if self.fetches.val() {
                            self.place.d.next = self.place.q.val() + 1;
                        }
                        if self.gathers.val() {
                            self.three.d.next =
                                (self.three.q.val() >> 12) | (bit_cast::<36, 12>(self.fetched.val()) << 24);
                            if self.left.q.val().any() {
                                self.left.d.next = self.left.q.val() - 1;
                            }
                        }
                        self.ends.next = self.taken_before.q.val() & !self.left.q.val().any();
                    }
                    _ => {
                        self.page.d.next = WindowPage::First;
                    }
                }
                if self.taken_before.q.val() {
                    self.pause.d.next = 0.into();
                }
                if self.taken.val() | self.taken_before.q.val() {
                    self.ready.d.next = false;
                }
                // It ended one clock ago; a sample that begins now is the first one.
                if self.ends.val() {
                    self.available.d.next = 0.into();
                    self.state.d.next = WindowState::Waiting;
                    if self.instant.val() {
                        self.state.d.next = WindowState::Recording;
                    }
                }
            }
            _ => {
                self.state.d.next = WindowState::Waiting;
            }
        }
        // While the samples after a crossing are still coming, another one is in the same picture.
        if self.crossing.val() & self.is_on.val() & !self.recording.val() {
            self.missed_count.d.next = self.missed_count.q.val() + 1;
        }
        if self.set.val() {
            self.state.d.next = WindowState::Waiting;
            self.ready.d.next = false;
        }

        self.ring.clock.next = self.clock.val();
        self.ring.write.next = self.writes.q.val();
        self.ring.address.next = self.address.q.val();
        self.ring.data_in.next = self.code.val();

        self.offer.next = self.ready.q.val() & self.present.val();
        self.kind.next = self.window_kind.val();
        self.data.next = bit_cast::<36, 26>(self.first.q.val());
        match self.page.q.val() {
            WindowPage::Count => {
                self.data.next = bit_cast::<36, 17>(self.count.q.val()) | self.count_page.val();
            }
            WindowPage::Samples => {
                self.kind.next = self.samples_kind.val();
                self.data.next = self.three.q.val();
            }
            _ => {}
        }
        self.missed.next = self.missed_count.q.val();
    }
}
