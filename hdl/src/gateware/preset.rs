//! A register with a power-up value. The stock one stores the value inverted bit by bit, which hides it in traces.

use rust_hdl::prelude::*;

/// A D flip-flop that is `initial` at power-up.
///
/// A simulator of the Verilog can set another value with the plusarg `+NAME=HEX` if `SIMULATION` is defined, so that
/// a test near a boundary of the tick needs no other Verilog.
#[derive(LogicBlock)]
pub(crate) struct Preset<T: Synth> {
    pub(crate) d: Signal<In, T>,
    pub(crate) q: Signal<Out, T>,
    pub(crate) clock: Signal<In, Clock>,
    _initial: T,
    _name: &'static str,
}

impl<T: Synth> Preset<T> {
    pub(crate) fn new(name: &'static str, initial: T) -> Self {
        Preset {
            d: Default::default(),
            q: Signal::new_with_default(initial),
            clock: Default::default(),
            _initial: initial,
            _name: name,
        }
    }
}

impl<T: Synth> Logic for Preset<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }

    fn connect(&mut self) {
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        let (initial, name) = (self._initial.verilog(), self._name);
        Verilog::Custom(format!(
            "\
initial begin
    q = {initial:x};
`ifdef SIMULATION
    if (!$value$plusargs(\"{name}=%h\", q)) q = {initial:x};
`endif
end

always @(posedge clock) q <= d;
"
        ))
    }
}
