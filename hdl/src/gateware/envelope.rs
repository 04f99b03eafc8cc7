//! The envelope: least, greatest and mean of each window of samples.

use rust_hdl::prelude::*;

use super::adc::{CODE_BITS, INDEX_BITS};
use super::preset::Preset;
use super::record::DATA_BITS;
use crate::Config;

/// Bits of the longest window's sum: 2^16 codes.
const SUM_BITS: usize = CODE_BITS + 16;

/// Windows begin where the index is a multiple of their length. One envelope is on offer while the next window runs.
#[derive(LogicBlock)]
pub(crate) struct Envelope {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) instant: Signal<In, Bit>,
    pub(crate) last_tick: Signal<In, Bit>,
    pub(crate) index: Signal<In, Bits<INDEX_BITS>>,
    pub(crate) known: Signal<In, Bit>,
    pub(crate) code: Signal<In, Bits<CODE_BITS>>,
    /// Base-2 logarithm of a window's samples, 4 to 16; 0 is off.
    pub(crate) log2: Signal<In, Bits<5>>,
    /// `log2` changes with this clock.
    pub(crate) set: Signal<In, Bit>,
    /// The envelope on offer is admitted in this clock.
    pub(crate) taken: Signal<In, Bit>,
    pub(crate) offer: Signal<Out, Bit>,
    pub(crate) data: Signal<Out, Bits<DATA_BITS>>,
    /// Envelopes lost since power-up.
    pub(crate) lost: Signal<Out, Bits<16>>,
    /// The sample last begun is the first of a window, or the last.
    is_begin: DFF<Bit>,
    is_end: DFF<Bit>,
    /// The window in progress was begun with its first sample; the one before it.
    whole: DFF<Bit>,
    ended_whole: DFF<Bit>,
    /// The window in progress.
    least: DFF<Bits<CODE_BITS>>,
    greatest: DFF<Bits<CODE_BITS>>,
    sum: DFF<Bits<SUM_BITS>>,
    is_new: DFF<Bit>,
    is_first: DFF<Bit>,
    is_less: DFF<Bit>,
    is_more: DFF<Bit>,
    /// The one before: its sum is shifted to the mean while the next window's first sample is converted.
    instant_before: DFF<Bit>,
    copies: DFF<Bit>,
    shifts: DFF<Bits<5>>,
    last_least: DFF<Bits<CODE_BITS>>,
    last_greatest: DFF<Bits<CODE_BITS>>,
    last_sum: DFF<Bits<SUM_BITS>>,
    waiting: DFF<Bit>,
    /// One was lost in the clock before.
    is_lost: DFF<Bit>,
    lost_count: Preset<Bits<16>>,
    mask: Signal<Local, Bits<16>>,
    low_index: Signal<Local, Bits<16>>,
    wide_code: Signal<Local, Bits<SUM_BITS>>,
}

impl Envelope {
    pub(crate) fn new(config: &Config) -> Self {
        Envelope {
            clock: Default::default(),
            instant: Default::default(),
            last_tick: Default::default(),
            index: Default::default(),
            known: Default::default(),
            code: Default::default(),
            log2: Default::default(),
            set: Default::default(),
            taken: Default::default(),
            offer: Default::default(),
            data: Default::default(),
            lost: Default::default(),
            is_begin: Default::default(),
            is_end: Default::default(),
            whole: Default::default(),
            ended_whole: Default::default(),
            least: Default::default(),
            greatest: Default::default(),
            sum: Default::default(),
            is_new: Default::default(),
            is_first: Default::default(),
            is_less: Default::default(),
            is_more: Default::default(),
            instant_before: Default::default(),
            copies: Default::default(),
            shifts: Default::default(),
            last_least: Default::default(),
            last_greatest: Default::default(),
            last_sum: Default::default(),
            waiting: Default::default(),
            is_lost: Default::default(),
            lost_count: Preset::new("count", (config.start_count & 0xFFFF).to_bits()),
            mask: Default::default(),
            low_index: Default::default(),
            wide_code: Default::default(),
        }
    }
}

impl Logic for Envelope {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, whole, ended_whole, least, greatest, sum, is_new, is_first, is_less, is_more);
        dff_setup!(self, clock, instant_before, copies, shifts, last_least, last_greatest, last_sum, waiting);
        dff_setup!(self, clock, lost_count, is_begin, is_end, is_lost);
        // Where in the window the sample last begun is.
        self.mask.next = 0.into();
        match self.log2.val().index() {
            4 => {
                self.mask.next = 0x000F.into();
            }
            5 => {
                self.mask.next = 0x001F.into();
            }
            6 => {
                self.mask.next = 0x003F.into();
            }
            7 => {
                self.mask.next = 0x007F.into();
            }
            8 => {
                self.mask.next = 0x00FF.into();
            }
            9 => {
                self.mask.next = 0x01FF.into();
            }
            10 => {
                self.mask.next = 0x03FF.into();
            }
            11 => {
                self.mask.next = 0x07FF.into();
            }
            12 => {
                self.mask.next = 0x0FFF.into();
            }
            13 => {
                self.mask.next = 0x1FFF.into();
            }
            14 => {
                self.mask.next = 0x3FFF.into();
            }
            15 => {
                self.mask.next = 0x7FFF.into();
            }
            16 => {
                self.mask.next = 0xFFFF.into();
            }
            _ => {}
        }
        self.low_index.next = self.index.val().get_bits::<16>(0);
        self.is_begin.d.next = self.log2.val().any() & !(self.low_index.val() & self.mask.val()).any();
        self.is_end.d.next =
            self.log2.val().any() & !((self.low_index.val() ^ self.mask.val()) & self.mask.val()).any();

        // The window in progress.
        self.wide_code.next = bit_cast::<28, 12>(self.code.val());
        self.is_new.d.next = self.known.val();
        self.is_first.d.next = self.is_begin.q.val();
        self.is_less.d.next = self.code.val() < self.least.q.val();
        self.is_more.d.next = self.code.val() > self.greatest.q.val();
        if self.is_new.q.val() {
            self.sum.d.next = self.sum.q.val() + self.wide_code.val();
            if self.is_less.q.val() {
                self.least.d.next = self.code.val();
            }
            if self.is_more.q.val() {
                self.greatest.d.next = self.code.val();
            }
            if self.is_first.q.val() {
                self.sum.d.next = self.wide_code.val();
                self.least.d.next = self.code.val();
                self.greatest.d.next = self.code.val();
            }
        }

        // The one before it.
        self.instant_before.d.next = self.instant.val() & !self.set.val();
        self.copies.d.next = self.instant_before.q.val() & self.is_begin.q.val();
        if self.copies.q.val() {
            self.last_least.d.next = self.least.q.val();
            self.last_greatest.d.next = self.greatest.q.val();
            self.last_sum.d.next = self.sum.q.val();
            self.shifts.d.next = self.log2.val();
        } else if self.shifts.q.val().any() {
            self.last_sum.d.next = self.last_sum.q.val() >> 1;
            self.shifts.d.next = self.shifts.q.val() - 1;
        }

        // What is on offer.
        self.is_lost.d.next = false;
        if self.is_lost.q.val() {
            self.lost_count.d.next = self.lost_count.q.val() + 1;
        }
        // A window begins with its instant; that is acted on one clock later, unless the length changes in between.
        if self.instant_before.q.val() & self.is_begin.q.val() {
            self.ended_whole.d.next = self.whole.q.val();
            self.whole.d.next = true;
        }
        if self.taken.val() {
            self.waiting.d.next = false;
        }
        if self.last_tick.val() {
            if self.is_begin.q.val() & self.ended_whole.q.val() {
                self.waiting.d.next = true;
            }
            if self.is_end.q.val() {
                self.waiting.d.next = false;
                self.is_lost.d.next = self.waiting.q.val() & !self.taken.val();
            }
        }
        if self.set.val() {
            self.whole.d.next = false;
            self.ended_whole.d.next = false;
            self.waiting.d.next = false;
        }
        self.offer.next = self.waiting.q.val();
        self.data.next = (bit_cast::<36, 12>(self.last_sum.q.val().get_bits::<12>(0)) << 24)
            | (bit_cast::<36, 12>(self.last_greatest.q.val()) << 12)
            | bit_cast::<36, 12>(self.last_least.q.val());
        self.lost.next = self.lost_count.q.val();
    }
}
