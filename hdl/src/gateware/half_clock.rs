//! A pulse made half a clock longer, by a flip-flop at the falling edge.

use rust_hdl::prelude::*;

/// The converter wants its clock low for 40 % of the period; one clock of three is less, one and a half is half.
#[derive(LogicBlock)]
pub(crate) struct HalfClock {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) low: Signal<In, Bit>,
    pub(crate) longer: Signal<Out, Bit>,
    _stretches: bool,
    _late: bool,
}

impl HalfClock {
    /// With `stretches` false, a wire.
    pub(crate) fn new(stretches: bool) -> Self {
        HalfClock {
            clock: Default::default(),
            low: Default::default(),
            longer: Default::default(),
            _stretches: stretches,
            _late: false,
        }
    }
}

impl Logic for HalfClock {
    fn update(&mut self) {
        if self._stretches && self.clock.neg_edge() {
            self._late = self.low.val();
        }
        self.longer.next = self.low.val() | self._late;
    }

    fn connect(&mut self) {
        self.longer.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(if self._stretches {
            "\
reg late = 1'b0;
always @(negedge clock) late <= low;
always @(*) longer = low | late;
"
            .into()
        } else {
            "always @(*) longer = low;\n".into()
        })
    }
}
