//! The ring of samples: one port, which writes or reads.

use rust_hdl::prelude::*;

use super::adc::CODE_BITS;

/// Bits of the greatest ring's address.
const ADDRESS_BITS: usize = 16;

/// Bits of the address of one single-port RAM of the UP5K, 16 bits wide; the chip has four of them.
const SINGLE_PORT_LOG2: u8 = 14;
/// Such a ring takes all four: no iCE40 has block RAM for it.
const FOUR_SINGLE_PORT_LOG2: u8 = 16;

/// 2^`log2` samples in block RAM, or in the UP5K's single-port RAM. Of the address the low bits count. A word that is
/// read was written before: the single-port RAM has nothing in it at power-up that anybody knows.
#[derive(LogicBlock)]
pub(crate) struct Ring {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) address: Signal<In, Bits<ADDRESS_BITS>>,
    pub(crate) write: Signal<In, Bit>,
    pub(crate) data_in: Signal<In, Bits<CODE_BITS>>,
    /// One clock after its address; undefined after a write.
    pub(crate) data_out: Signal<Out, Bits<CODE_BITS>>,
    _words: Vec<Bits<CODE_BITS>>,
    _log2: u8,
}

impl Ring {
    /// A ring with `log2` 0 gives 0.
    pub(crate) fn new(log2: u8) -> Self {
        Ring {
            clock: Default::default(),
            address: Default::default(),
            write: Default::default(),
            data_in: Default::default(),
            data_out: Default::default(),
            _words: vec![0.into(); 1 << log2],
            _log2: log2,
        }
    }
}

impl Logic for Ring {
    fn update(&mut self) {
        if self._log2 == 0 || !self.clock.pos_edge() {
            return;
        }
        let place = self.address.val().index() & (self._words.len() - 1);
        if self.write.val() {
            self._words[place] = self.data_in.val();
        } else {
            self.data_out.next = self._words[place];
        }
    }

    fn connect(&mut self) {
        self.data_out.connect();
    }

    fn hdl(&self) -> Verilog {
        if self._log2 == 0 {
            return Verilog::Custom("always @(*) data_out = 12'h0;\n".into());
        }
        if self._log2 == FOUR_SINGLE_PORT_LOG2 {
            return Verilog::Wrapper(Wrapper { code: single_port_rams(), cores: String::new() });
        }
        let (top, last) = (self._log2 - 1, (1_u32 << self._log2) - 1);
        Verilog::Custom(format!(
            "\
reg [11:0] words [{last}:0];
always @(posedge clock) begin
    if (write) words[address[{top}:0]] <= data_in;
    else data_out <= words[address[{top}:0]];
end
"
        ))
    }
}

/// Four single-port RAMs, one for each quarter of the address. Synthesis knows the cell; a simulator gets a model of it.
fn single_port_rams() -> String {
    let top = SINGLE_PORT_LOG2 - 1;
    let (low, high) = (SINGLE_PORT_LOG2, FOUR_SINGLE_PORT_LOG2 - 1);
    let mut code = format!(
        "\
reg [1:0] quarter = 2'h0;
always @(posedge clock) if (!write) quarter <= address[{high}:{low}];
wire [63:0] words;
assign data_out = words[{{quarter, 4'h0}} +: 12];
"
    );
    for quarter in 0..4_u8 {
        code += &format!(
            "\
SB_SPRAM256KA ram{quarter}(.CLOCK(clock), .ADDRESS(address[{top}:0]), .DATAIN({{4'h0, data_in}}), \
             .MASKWREN(4'hf), .WREN(write), .CHIPSELECT(address[{high}:{low}] == 2'h{quarter}), \
             .STANDBY(1'b0), .SLEEP(1'b0), .POWEROFF(1'b1), .DATAOUT(words[{} +: 16]));
",
            16 * quarter
        );
    }
    code
}
