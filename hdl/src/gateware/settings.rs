//! What commands can set: registers, the values that fit them, and when they take them.

use ichiscope_link::twin::AdcConfig;
use rust_hdl::prelude::*;

use super::preset::Preset;
use crate::Config;

/// Bits of the deglitch time on boards with room.
pub(crate) const DEGLITCH_BITS: usize = 10;
/// The first register that no command can name.
const REGISTERS: u8 = 10;

/// One register for each number; a value is taken whole, in one clock, or not at all.
#[derive(LogicBlock)]
pub(crate) struct Settings {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) register: Signal<In, Bits<8>>,
    pub(crate) value: Signal<In, Bits<40>>,
    /// Bit k: some byte of the value from k on is not 0.
    pub(crate) nonzero_from: Signal<In, Bits<5>>,
    /// The register takes the value in this clock.
    pub(crate) set: Signal<In, Bit>,
    /// There is such a register.
    pub(crate) known: Signal<Out, Bit>,
    /// The value is in its range.
    pub(crate) fits: Signal<Out, Bit>,
    /// The register that is set in this clock.
    pub(crate) deglitch_set: Signal<Out, Bit>,
    pub(crate) console_set: Signal<Out, Bit>,
    pub(crate) envelope_set: Signal<Out, Bit>,
    pub(crate) window_set: Signal<Out, Bit>,
    pub(crate) self_test_set: Signal<Out, Bit>,
    pub(crate) link_test_set: Signal<Out, Bit>,
    pub(crate) deglitch: Signal<Out, Bits<DEGLITCH_BITS>>,
    /// The deglitch time less one.
    pub(crate) deglitch_last: Signal<Out, Bits<DEGLITCH_BITS>>,
    /// Clocks per bit of the console; 0 is off.
    pub(crate) console: Signal<Out, Bits<16>>,
    /// Base-2 logarithm of the envelope's samples; 0 is off.
    pub(crate) console_on: Signal<Out, Bit>,
    pub(crate) envelope: Signal<Out, Bits<5>>,
    pub(crate) window_on: Signal<Out, Bit>,
    pub(crate) window_before: Signal<Out, Bits<16>>,
    pub(crate) window_after: Signal<Out, Bits<16>>,
    pub(crate) falling: Signal<Out, Bits<12>>,
    pub(crate) rising: Signal<Out, Bits<12>>,
    pub(crate) threshold_on: Signal<Out, Bit>,
    pub(crate) sampling: Signal<Out, Bits<3>>,
    pub(crate) flow: Signal<Out, Bit>,
    /// By number: the register that is named, if the board has it and the value fits. Number and value stand still for
    /// many clocks before they are used, so this may be two clocks behind them: one for the ranges, one for the choice.
    target: DFF<Bits<16>>,
    is_known: DFF<Bit>,
    is_fitting: DFF<Bit>,
    target_now: Signal<Local, Bits<16>>,
    known_now: Signal<Local, Bit>,
    fits_now: Signal<Local, Bit>,
    deglitch_kept: Preset<Bits<DEGLITCH_BITS>>,
    last_kept: Preset<Bits<DEGLITCH_BITS>>,
    low10: Signal<Local, Bits<DEGLITCH_BITS>>,
    one_less: Signal<Local, Bits<DEGLITCH_BITS>>,
    console_kept: DFF<Bits<16>>,
    envelope_kept: Preset<Bits<5>>,
    before_kept: DFF<Bits<16>>,
    after_kept: DFF<Bits<16>>,
    falling_kept: DFF<Bits<12>>,
    rising_kept: DFF<Bits<12>>,
    sampling_kept: DFF<Bits<3>>,
    flow_kept: DFF<Bit>,
    /// What is not 0.
    console_is_on: DFF<Bit>,
    window_is_on: DFF<Bit>,
    threshold_is_on: DFF<Bit>,
    low5: Signal<Local, Bits<5>>,
    low8: Signal<Local, Bits<8>>,
    low16: Signal<Local, Bits<16>>,
    high16: Signal<Local, Bits<16>>,
    low12: Signal<Local, Bits<12>>,
    high12: Signal<Local, Bits<12>>,
    window_sum: Signal<Local, Bits<17>>,
    low17: Signal<Local, Bits<17>>,
    high17: Signal<Local, Bits<17>>,
    too_long: Signal<Local, Bit>,
    too_short: Signal<Local, Bit>,
    deglitch_fits: DFF<Bit>,
    console_fits: DFF<Bit>,
    envelope_fits: DFF<Bit>,
    window_fits: DFF<Bit>,
    threshold_fits: DFF<Bit>,
    sampling_fits: DFF<Bit>,
    link_test_fits: DFF<Bit>,
    flow_fits: DFF<Bit>,
    /// Bit k: the board has register k.
    has: Constant<Bits<16>>,
    registers: Constant<Bits<8>>,
    number: Signal<Local, Bits<4>>,
    deglitch_most: Constant<Bits<16>>,
    console_least: Constant<Bits<16>>,
    envelope_least: Constant<Bits<8>>,
    envelope_most: Constant<Bits<8>>,
    window_most: Constant<Bits<17>>,
    sampling_most: Constant<Bits<8>>,
    flow_most: Constant<Bits<8>>,
}

impl Settings {
    pub(crate) fn new(config: &Config) -> Self {
        let ring = config.adc.map_or(0, |adc| adc.ring_log2);
        Settings {
            clock: Default::default(),
            register: Default::default(),
            value: Default::default(),
            nonzero_from: Default::default(),
            set: Default::default(),
            known: Default::default(),
            fits: Default::default(),
            deglitch_set: Default::default(),
            console_set: Default::default(),
            envelope_set: Default::default(),
            window_set: Default::default(),
            self_test_set: Default::default(),
            link_test_set: Default::default(),
            deglitch: Default::default(),
            deglitch_last: Default::default(),
            console: Default::default(),
            console_on: Default::default(),
            envelope: Default::default(),
            window_on: Default::default(),
            window_before: Default::default(),
            window_after: Default::default(),
            falling: Default::default(),
            rising: Default::default(),
            threshold_on: Default::default(),
            sampling: Default::default(),
            flow: Default::default(),
            target: Default::default(),
            is_known: Default::default(),
            is_fitting: Default::default(),
            target_now: Default::default(),
            known_now: Default::default(),
            fits_now: Default::default(),
            deglitch_kept: Preset::new("deglitch", config.deglitch_ticks.to_bits()),
            last_kept: Preset::new("deglitch_last", (config.deglitch_ticks - 1).to_bits()),
            low10: Default::default(),
            one_less: Default::default(),
            console_kept: Default::default(),
            envelope_kept: Preset::new("envelope", power_up_envelope(config).to_bits()),
            before_kept: Default::default(),
            after_kept: Default::default(),
            falling_kept: Default::default(),
            rising_kept: Default::default(),
            sampling_kept: Default::default(),
            flow_kept: Default::default(),
            console_is_on: Default::default(),
            window_is_on: Default::default(),
            threshold_is_on: Default::default(),
            low5: Default::default(),
            low8: Default::default(),
            low16: Default::default(),
            high16: Default::default(),
            low12: Default::default(),
            high12: Default::default(),
            window_sum: Default::default(),
            low17: Default::default(),
            high17: Default::default(),
            too_long: Default::default(),
            too_short: Default::default(),
            deglitch_fits: Default::default(),
            console_fits: Default::default(),
            envelope_fits: Default::default(),
            window_fits: Default::default(),
            threshold_fits: Default::default(),
            sampling_fits: Default::default(),
            link_test_fits: Default::default(),
            flow_fits: Default::default(),
            has: Constant::new(registers(config).to_bits()),
            registers: Constant::new(REGISTERS.to_bits()),
            number: Default::default(),
            deglitch_most: Constant::new(((1_u16 << config.deglitch_bits) - 1).to_bits()),
            console_least: Constant::new(16_u8.to_bits()),
            envelope_least: Constant::new(4_u8.to_bits()),
            envelope_most: Constant::new(16_u8.to_bits()),
            window_most: Constant::new(((1_u32 << ring).saturating_sub(8)).to_bits()),
            sampling_most: Constant::new(config.adc.map_or(0, |adc| sampling_most(&adc)).to_bits()),
            flow_most: Constant::new(1_u8.to_bits()),
        }
    }
}

/// The envelope's length at power-up.
pub(crate) fn power_up_envelope(config: &Config) -> u8 {
    if config.adc.is_some() { 12 } else { 0 }
}

/// The latest sampling point: a code is known before the next sample begins.
fn sampling_most(adc: &AdcConfig) -> u8 {
    let conversion = 15 * adc.sclk_clocks + 4;
    adc.ticks_per_sample.saturating_sub(conversion).min(7)
}

/// The registers that the board has, by bit.
fn registers(config: &Config) -> u16 {
    let adc = config.adc.is_some();
    let window = config.adc.is_some_and(|adc| adc.ring_log2 > 0);
    let has =
        [true, true, config.console, adc, window, adc, adc, config.self_test, config.link_test, config.cts];
    has.iter().zip(0..).map(|(has, number)| u16::from(*has) << number).sum()
}

impl Logic for Settings {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, deglitch_kept, console_kept, envelope_kept, before_kept, after_kept);
        dff_setup!(self, clock, target, is_known, is_fitting, console_is_on, window_is_on, threshold_is_on);
        dff_setup!(self, clock, last_kept, falling_kept, rising_kept, sampling_kept, flow_kept);
        dff_setup!(self, clock, deglitch_fits, console_fits, envelope_fits, window_fits, threshold_fits);
        dff_setup!(self, clock, sampling_fits, link_test_fits, flow_fits);
        self.low10.next = self.value.val().get_bits::<DEGLITCH_BITS>(0);
        self.one_less.next = self.low10.val() - 1;
        self.low5.next = self.value.val().get_bits::<5>(0);
        self.low8.next = self.value.val().get_bits::<8>(0);
        self.low16.next = self.value.val().get_bits::<16>(0);
        self.high16.next = self.value.val().get_bits::<16>(16);
        self.low12.next = self.value.val().get_bits::<12>(0);
        self.high12.next = self.value.val().get_bits::<12>(12);
        self.low17.next = bit_cast::<17, 16>(self.low16.val());
        self.high17.next = bit_cast::<17, 16>(self.high16.val());
        self.window_sum.next = self.low17.val() + self.high17.val();

        // Ranges.
        self.deglitch_fits.d.next = self.low16.val().any()
            & (self.low16.val() <= self.deglitch_most.val())
            & !self.nonzero_from.val().get_bit(2);
        self.console_fits.d.next = (!self.low16.val().any() | (self.low16.val() >= self.console_least.val()))
            & !self.nonzero_from.val().get_bit(2);
        self.too_short.next = self.low8.val() < self.envelope_least.val();
        self.too_long.next = self.low8.val() > self.envelope_most.val();
        self.envelope_fits.d.next = (!self.low8.val().any() | (!self.too_short.val() & !self.too_long.val()))
            & !self.nonzero_from.val().get_bit(1);
        self.window_fits.d.next =
            (self.window_sum.val() <= self.window_most.val()) & !self.nonzero_from.val().get_bit(4);
        self.threshold_fits.d.next =
            (self.low12.val() <= self.high12.val()) & !self.nonzero_from.val().get_bit(3);
        self.sampling_fits.d.next =
            (self.low8.val() <= self.sampling_most.val()) & !self.nonzero_from.val().get_bit(1);
        self.link_test_fits.d.next = !self.nonzero_from.val().get_bit(4);
        self.flow_fits.d.next =
            (self.low8.val() <= self.flow_most.val()) & !self.nonzero_from.val().get_bit(1);
        self.number.next = self.register.val().get_bits::<4>(0);
        self.fits_now.next = true;
        self.target_now.next = 0.into();
        match self.number.val().index() {
            0 => {
                self.target_now.next = 0x001.into();
            }
            1 => {
                self.fits_now.next = self.deglitch_fits.q.val();
                self.target_now.next = 0x002.into();
            }
            2 => {
                self.fits_now.next = self.console_fits.q.val();
                self.target_now.next = 0x004.into();
            }
            3 => {
                self.fits_now.next = self.envelope_fits.q.val();
                self.target_now.next = 0x008.into();
            }
            4 => {
                self.fits_now.next = self.window_fits.q.val();
                self.target_now.next = 0x010.into();
            }
            5 => {
                self.fits_now.next = self.threshold_fits.q.val();
                self.target_now.next = 0x020.into();
            }
            6 => {
                self.fits_now.next = self.sampling_fits.q.val();
                self.target_now.next = 0x040.into();
            }
            7 => {
                self.target_now.next = 0x080.into();
            }
            8 => {
                self.fits_now.next = self.link_test_fits.q.val();
                self.target_now.next = 0x100.into();
            }
            9 => {
                self.fits_now.next = self.flow_fits.q.val();
                self.target_now.next = 0x200.into();
            }
            _ => {}
        }
        self.known_now.next =
            (self.register.val() < self.registers.val()) & (self.target_now.val() & self.has.val()).any();
        self.is_known.d.next = self.known_now.val();
        self.is_fitting.d.next = self.fits_now.val();
        self.known.next = self.is_known.q.val();
        self.fits.next = self.is_fitting.q.val();
        self.target.d.next = self.target_now.val() & self.has.val();

        // The clock in which one of them is set.
        self.deglitch_set.next = self.set.val() & self.target.q.val().get_bit(1);
        self.console_set.next = self.set.val() & self.target.q.val().get_bit(2);
        self.envelope_set.next = self.set.val() & self.target.q.val().get_bit(3);
        self.window_set.next = self.set.val() & self.target.q.val().get_bit(4);
        self.self_test_set.next = self.set.val() & self.target.q.val().get_bit(7);
        self.link_test_set.next = self.set.val() & self.target.q.val().get_bit(8);
        if self.set.val() & self.target.q.val().get_bit(5) {
            self.falling_kept.d.next = self.low12.val();
            self.rising_kept.d.next = self.high12.val();
            self.threshold_is_on.d.next = self.nonzero_from.val().get_bit(0);
        }
        if self.set.val() & self.target.q.val().get_bit(6) {
            self.sampling_kept.d.next = self.value.val().get_bits::<3>(0);
        }
        if self.set.val() & self.target.q.val().get_bit(9) {
            self.flow_kept.d.next = self.value.val().get_bit(0);
        }
        if self.deglitch_set.val() {
            self.deglitch_kept.d.next = self.low10.val();
            self.last_kept.d.next = self.one_less.val();
        }
        if self.console_set.val() {
            self.console_kept.d.next = self.low16.val();
            self.console_is_on.d.next = self.nonzero_from.val().get_bit(0);
        }
        if self.envelope_set.val() {
            self.envelope_kept.d.next = self.low5.val();
        }
        if self.window_set.val() {
            self.before_kept.d.next = self.low16.val();
            self.after_kept.d.next = self.high16.val();
            self.window_is_on.d.next = self.nonzero_from.val().get_bit(0);
        }

        self.deglitch.next = self.deglitch_kept.q.val();
        self.deglitch_last.next = self.last_kept.q.val();
        self.console.next = self.console_kept.q.val();
        self.console_on.next = self.console_is_on.q.val();
        self.window_on.next = self.window_is_on.q.val();
        self.threshold_on.next = self.threshold_is_on.q.val();
        self.envelope.next = self.envelope_kept.q.val();
        self.window_before.next = self.before_kept.q.val();
        self.window_after.next = self.after_kept.q.val();
        self.falling.next = self.falling_kept.q.val();
        self.rising.next = self.rising_kept.q.val();
        self.sampling.next = self.sampling_kept.q.val();
        self.flow.next = self.flow_kept.q.val();
    }
}
