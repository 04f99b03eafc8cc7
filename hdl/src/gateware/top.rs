//! The top level of every board: named pins, PLL, monitor.

use rust_hdl::core::check_error::check_all;
use rust_hdl::prelude::*;

use super::monitor::Monitor;
use super::pll::{IcePll, PllSettings};
use crate::stimulus::Pins;
use crate::{Config, Error};

/// Updates that a clock edge may take to settle; a design that needs more oscillates.
const SETTLE_LIMIT: usize = 100;

/// Ports that a board may lack, and the level that an input has then.
pub(crate) const OPTIONAL_PORTS: [(&str, Option<bool>); 7] = [
    ("console", Some(true)),
    ("rxd", Some(true)),
    ("cts", Some(false)),
    ("adc_data", Some(false)),
    ("adc_cs", None),
    ("adc_sclk", None),
    ("test", None),
];

/// The outputs that somebody looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outputs {
    pub(crate) txd: bool,
    pub(crate) adc_cs: bool,
    pub(crate) adc_sclk: bool,
    pub(crate) test: bool,
}

/// The ports are the lines' names, but for the line that the ADC makes. A board that has no pin for a port loses it:
/// see [`crate::Design::verilog`].
#[derive(LogicBlock)]
pub(crate) struct Top {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) rail0: Signal<In, Bit>,
    pub(crate) rail1: Signal<In, Bit>,
    pub(crate) rail2: Signal<In, Bit>,
    pub(crate) ac_lo: Signal<In, Bit>,
    pub(crate) ch_pr: Signal<In, Bit>,
    pub(crate) mt_pr: Signal<In, Bit>,
    pub(crate) mark0: Signal<In, Bit>,
    pub(crate) mark1: Signal<In, Bit>,
    pub(crate) mark2: Signal<In, Bit>,
    pub(crate) mark3: Signal<In, Bit>,
    pub(crate) pps: Signal<In, Bit>,
    pub(crate) console: Signal<In, Bit>,
    pub(crate) rxd: Signal<In, Bit>,
    pub(crate) cts: Signal<In, Bit>,
    pub(crate) adc_data: Signal<In, Bit>,
    pub(crate) txd: Signal<Out, Bit>,
    pub(crate) adc_cs: Signal<Out, Bit>,
    pub(crate) adc_sclk: Signal<Out, Bit>,
    pub(crate) test: Signal<Out, Bit>,
    pll: IcePll,
    monitor: Monitor,
    pins: Signal<Local, Bits<12>>,
}

impl Top {
    /// The design, connected and checked.
    ///
    /// # Errors
    /// When `config` does not fit the gateware, or rust-hdl finds a fault in the design.
    pub(crate) fn new(config: &Config, pll: PllSettings) -> Result<Self, Error> {
        let mut top = Top {
            clock: Default::default(),
            rail0: Default::default(),
            rail1: Default::default(),
            rail2: Default::default(),
            ac_lo: Default::default(),
            ch_pr: Default::default(),
            mt_pr: Default::default(),
            mark0: Default::default(),
            mark1: Default::default(),
            mark2: Default::default(),
            mark3: Default::default(),
            pps: Default::default(),
            console: Default::default(),
            rxd: Default::default(),
            cts: Default::default(),
            adc_data: Default::default(),
            txd: Signal::new_with_default(true),
            adc_cs: Signal::new_with_default(true),
            adc_sclk: Signal::new_with_default(true),
            test: Signal::new_with_default(true),
            pll: IcePll::new(pll),
            monitor: Monitor::new(config)?,
            pins: Default::default(),
        };
        top.clock.connect();
        for (pin, _) in top.inputs(Pins::default(), false) {
            pin.connect();
        }
        top.connect_all();
        check_all(&top).map_err(|fault| Error::Design(format!("{fault:?}")))?;
        Ok(top)
    }

    /// A falling edge with which the pins take these levels, then a rising edge; what the outputs are after it.
    ///
    /// # Errors
    /// When the design oscillates.
    pub(crate) fn cycle(&mut self, pins: Pins, adc_data: bool) -> Result<Outputs, Error> {
        for (pin, level) in self.inputs(pins, adc_data) {
            pin.next = level;
        }
        self.clock.next = false.into();
        self.settle()?;
        self.clock.next = true.into();
        self.settle()?;
        Ok(Outputs {
            txd: self.txd.val(),
            adc_cs: self.adc_cs.val(),
            adc_sclk: self.adc_sclk.val(),
            test: self.test.val(),
        })
    }

    fn settle(&mut self) -> Result<(), Error> {
        if simulate(self, SETTLE_LIMIT) { Ok(()) } else { Err(Error::Oscillates) }
    }

    fn inputs(&mut self, pins: Pins, adc_data: bool) -> [(&mut Signal<In, Bit>, Bit); 15] {
        use ichiscope_wire::Line;
        let levels = pins.lines;
        [
            (&mut self.rail0, levels.contains(Line::Rail0)),
            (&mut self.rail1, levels.contains(Line::Rail1)),
            (&mut self.rail2, levels.contains(Line::Rail2)),
            (&mut self.ac_lo, levels.contains(Line::AcLo)),
            (&mut self.ch_pr, levels.contains(Line::ChPr)),
            (&mut self.mt_pr, levels.contains(Line::MtPr)),
            (&mut self.mark0, levels.contains(Line::Mark0)),
            (&mut self.mark1, levels.contains(Line::Mark1)),
            (&mut self.mark2, levels.contains(Line::Mark2)),
            (&mut self.mark3, levels.contains(Line::Mark3)),
            (&mut self.pps, levels.contains(Line::Pps)),
            (&mut self.console, pins.console),
            (&mut self.rxd, pins.rxd),
            (&mut self.cts, pins.cts),
            (&mut self.adc_data, adc_data),
        ]
    }
}

impl Logic for Top {
    #[hdl_gen]
    fn update(&mut self) {
        self.pll.clock_in.next = self.clock.val();
        self.monitor.clock.next = self.pll.clock_out.val();
        self.monitor.locked.next = self.pll.locked.val();
        self.pins.next = bit_cast::<12, 1>(self.rail0.val().into())
            | (bit_cast::<12, 1>(self.rail1.val().into()) << 1)
            | (bit_cast::<12, 1>(self.rail2.val().into()) << 2)
            | (bit_cast::<12, 1>(self.ac_lo.val().into()) << 3)
            | (bit_cast::<12, 1>(self.ch_pr.val().into()) << 4)
            | (bit_cast::<12, 1>(self.mt_pr.val().into()) << 5)
            | (bit_cast::<12, 1>(self.mark0.val().into()) << 6)
            | (bit_cast::<12, 1>(self.mark1.val().into()) << 7)
            | (bit_cast::<12, 1>(self.mark2.val().into()) << 8)
            | (bit_cast::<12, 1>(self.mark3.val().into()) << 9)
            | (bit_cast::<12, 1>(self.pps.val().into()) << 10);
        self.monitor.pins.next = self.pins.val();
        self.monitor.console_pin.next = self.console.val();
        self.monitor.rxd.next = self.rxd.val();
        self.monitor.cts.next = self.cts.val();
        self.monitor.adc_data.next = self.adc_data.val();
        self.txd.next = self.monitor.txd.val();
        self.adc_cs.next = self.monitor.adc_cs.val();
        self.adc_sclk.next = self.monitor.adc_sclk.val();
        self.test.next = self.monitor.test.val();
    }
}
