//! The converter AD7476A: chip select, clock and data, the samples' running index, and the digital threshold.

use rust_hdl::prelude::*;

use super::half_clock::HalfClock;
use super::preset::Preset;
use crate::Config;

/// Bits of a code.
pub(crate) const CODE_BITS: usize = 12;
/// Bits of a sample's index.
pub(crate) const INDEX_BITS: usize = 26;
/// Bits of the ticks since a sample's instant.
pub(crate) const PHASE_BITS: usize = 6;
/// Clocks of SCLK in a conversion.
const SCLKS: u8 = 16;

/// Converts all the time, one sample every `ticks_per_sample`.
#[derive(LogicBlock)]
pub(crate) struct Adc {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) run: Signal<In, Bit>,
    /// Clocks by which data are taken later.
    pub(crate) sampling: Signal<In, Bits<3>>,
    pub(crate) falling: Signal<In, Bits<CODE_BITS>>,
    pub(crate) rising: Signal<In, Bits<CODE_BITS>>,
    pub(crate) threshold_on: Signal<In, Bit>,
    /// SDATA.
    pub(crate) pin: Signal<In, Bit>,
    /// Chip select.
    pub(crate) cs: Signal<Out, Bit>,
    pub(crate) sclk: Signal<Out, Bit>,
    /// A sample's instant.
    pub(crate) instant: Signal<Out, Bit>,
    /// The clock before the next sample's instant.
    pub(crate) last_tick: Signal<Out, Bit>,
    /// Ticks since the instant.
    pub(crate) phase: Signal<Out, Bits<PHASE_BITS>>,
    /// The sample last begun.
    pub(crate) index: Signal<Out, Bits<INDEX_BITS>>,
    /// Its code is known in this clock.
    pub(crate) known: Signal<Out, Bit>,
    pub(crate) code: Signal<Out, Bits<CODE_BITS>>,
    /// The last sample is at or above the threshold.
    pub(crate) above: Signal<Out, Bit>,
    phase_now: DFF<Bits<PHASE_BITS>>,
    index_now: Preset<Bits<INDEX_BITS>>,
    /// Conversion: clocks of one SCLK, and which SCLK.
    converting: DFF<Bit>,
    sclk_clock: DFF<Bits<2>>,
    sclk_number: DFF<Bits<4>>,
    cs_low: DFF<Bit>,
    sclk_low: DFF<Bit>,
    half_clock: HalfClock,
    /// Taking data: the clocks to wait, then like the conversion.
    delaying: DFF<Bit>,
    delay: DFF<Bits<3>>,
    taking: DFF<Bit>,
    take_clock: DFF<Bits<2>>,
    take_number: DFF<Bits<4>>,
    sample: DFF<Bit>,
    shift: DFF<Bits<CODE_BITS>>,
    known_now: DFF<Bit>,
    above_now: DFF<Bit>,
    /// The phase is 0; it is the last; kept, because much hangs on them.
    phase_is_first: Preset<Bit>,
    phase_is_last: DFF<Bit>,
    begins: Signal<Local, Bit>,
    last_but_one: Constant<Bits<PHASE_BITS>>,
    last_clock: Constant<Bits<2>>,
    last_number: Constant<Bits<4>>,
    present: Constant<Bit>,
}

impl Adc {
    pub(crate) fn new(config: &Config) -> Self {
        let (ticks, clocks) = config.adc.map_or((2, 2), |adc| (adc.ticks_per_sample, adc.sclk_clocks));
        Adc {
            clock: Default::default(),
            run: Default::default(),
            sampling: Default::default(),
            falling: Default::default(),
            rising: Default::default(),
            threshold_on: Default::default(),
            pin: Default::default(),
            cs: Signal::new_with_default(true),
            sclk: Signal::new_with_default(true),
            instant: Default::default(),
            last_tick: Default::default(),
            phase: Default::default(),
            index: Default::default(),
            known: Default::default(),
            code: Default::default(),
            above: Default::default(),
            phase_now: Default::default(),
            index_now: Preset::new("count", (config.start_count & ((1 << INDEX_BITS) - 1)).to_bits()),
            converting: Default::default(),
            sclk_clock: Default::default(),
            sclk_number: Default::default(),
            cs_low: Default::default(),
            sclk_low: Default::default(),
            half_clock: HalfClock::new(clocks % 2 == 1),
            delaying: Default::default(),
            delay: Default::default(),
            taking: Default::default(),
            take_clock: Default::default(),
            take_number: Default::default(),
            sample: Default::default(),
            shift: Default::default(),
            known_now: Default::default(),
            above_now: Default::default(),
            phase_is_first: Preset::new("phase_is_first", true),
            phase_is_last: Default::default(),
            begins: Default::default(),
            last_but_one: Constant::new((ticks - 2).to_bits()),
            last_clock: Constant::new((clocks - 1).to_bits()),
            last_number: Constant::new((SCLKS - 1).to_bits()),
            present: Constant::new(config.adc.is_some()),
        }
    }
}

impl Logic for Adc {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, phase_now, index_now, converting, sclk_clock, sclk_number, cs_low, sclk_low);
        dff_setup!(self, clock, delaying, delay, taking, take_clock, take_number, sample, shift, known_now);
        dff_setup!(self, clock, above_now, phase_is_first, phase_is_last);
        self.begins.next = self.run.val() & self.phase_is_first.q.val();
        if self.run.val() {
            self.phase_now.d.next = self.phase_now.q.val() + 1;
            self.phase_is_first.d.next = self.phase_is_last.q.val();
            self.phase_is_last.d.next = self.phase_now.q.val() == self.last_but_one.val();
            if self.phase_is_last.q.val() {
                self.phase_now.d.next = 0.into();
                self.index_now.d.next = self.index_now.q.val() + 1;
            }
        }

        // Chip select and clock.
        self.sclk_low.d.next = false;
        if self.begins.val() {
            self.converting.d.next = true;
            self.sclk_clock.d.next = 0.into();
            self.sclk_number.d.next = 0.into();
        } else if self.converting.q.val() {
            self.sclk_low.d.next = !self.sclk_clock.q.val().any();
            self.sclk_clock.d.next = self.sclk_clock.q.val() + 1;
            if self.sclk_clock.q.val() == self.last_clock.val() {
                self.sclk_clock.d.next = 0.into();
                self.sclk_number.d.next = self.sclk_number.q.val() + 1;
                if self.sclk_number.q.val() == self.last_number.val() {
                    self.converting.d.next = false;
                }
            }
        }
        self.cs_low.d.next = self.begins.val() | self.converting.q.val();
        self.cs.next = !self.cs_low.q.val();
        self.half_clock.clock.next = self.clock.val();
        self.half_clock.low.next = self.sclk_low.q.val();
        self.sclk.next = !self.half_clock.longer.val();

        // Data.
        self.sample.d.next = self.pin.val();
        self.known_now.d.next = false;
        self.delay.d.next = self.delay.q.val() - 1;
        if self.begins.val() {
            self.delaying.d.next = true;
            self.delay.d.next = self.sampling.val();
        } else if self.delaying.q.val() & !self.delay.q.val().any() {
            self.delaying.d.next = false;
            self.taking.d.next = true;
            self.take_clock.d.next = 0.into();
            self.take_number.d.next = 0.into();
        }
        if self.taking.q.val() {
            self.take_clock.d.next = self.take_clock.q.val() + 1;
            if self.take_clock.q.val() == self.last_clock.val() {
                self.take_clock.d.next = 0.into();
            }
            if !self.take_clock.q.val().any() {
                self.shift.d.next = (self.shift.q.val() << 1) | bit_cast::<12, 1>(self.sample.q.val().into());
                self.take_number.d.next = self.take_number.q.val() + 1;
                if self.take_number.q.val() == self.last_number.val() {
                    self.taking.d.next = false;
                    self.known_now.d.next = true;
                }
            }
        }

        // The threshold.
        if self.known_now.q.val() {
            if self.shift.q.val() >= self.rising.val() {
                self.above_now.d.next = true;
            } else if self.shift.q.val() < self.falling.val() {
                self.above_now.d.next = false;
            }
        }
        if !self.threshold_on.val() {
            self.above_now.d.next = false;
        }

        self.instant.next = self.begins.val() & self.present.val();
        self.last_tick.next = self.phase_is_last.q.val() & self.present.val();
        self.phase.next = 0.into();
        self.index.next = 0.into();
        if self.present.val() {
            self.phase.next = self.phase_now.q.val();
            self.index.next = self.index_now.q.val();
        }
        self.known.next = self.known_now.q.val() & self.present.val();
        self.code.next = self.shift.q.val();
        self.above.next = self.above_now.q.val() & self.present.val();
    }
}
