//! The iCE40's PLL as a black box; in simulation it is a wire and always locked.

use rust_hdl::prelude::*;

/// Settings of the PLL: f = pin / (divr + 1) * (divf + 1) / 2^divq.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PllSettings {
    /// The cell: `SB_PLL40_PAD` where the clock's pin is the PLL's own, else `SB_PLL40_CORE`.
    pub(crate) cell: &'static str,
    /// The cell's clock input.
    pub(crate) input: &'static str,
    pub(crate) divr: u8,
    pub(crate) divf: u8,
    pub(crate) divq: u8,
    /// By the phase detector's frequency.
    pub(crate) filter_range: u8,
}

/// The clock from the pin, multiplied.
#[derive(LogicBlock)]
pub(crate) struct IcePll {
    pub(crate) clock_in: Signal<In, Clock>,
    pub(crate) clock_out: Signal<Out, Clock>,
    pub(crate) locked: Signal<Out, Bit>,
    _settings: PllSettings,
}

impl IcePll {
    pub(crate) fn new(settings: PllSettings) -> Self {
        IcePll {
            clock_in: Default::default(),
            clock_out: Default::default(),
            locked: Default::default(),
            _settings: settings,
        }
    }
}

impl Logic for IcePll {
    fn update(&mut self) {
        self.clock_out.next = self.clock_in.val();
        self.locked.next = true;
    }

    fn connect(&mut self) {
        self.clock_out.connect();
        self.locked.connect();
    }

    fn hdl(&self) -> Verilog {
        let PllSettings { cell, input, divr, divf, divq, filter_range } = self._settings;
        Verilog::Wrapper(Wrapper {
            code: format!(
                "{cell} #(.FEEDBACK_PATH(\"SIMPLE\"), .DIVR(4'd{divr}), .DIVF(7'd{divf}), .DIVQ(3'd{divq}), \
                 .FILTER_RANGE(3'd{filter_range}))\n  pll(.{input}(clock_in), .PLLOUTGLOBAL(clock_out), \
                 .LOCK(locked), .RESETB(1'b1), .BYPASS(1'b0));\n"
            ),
            // Synthesis knows the cell; a simulator gets a stub of it.
            cores: String::new(),
        })
    }
}
