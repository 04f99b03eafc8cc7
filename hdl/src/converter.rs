//! A model of the converter AD7476A, by its data sheet: what it drives onto its data pin.

/// Bits of a conversion: four zeros and the code.
const BITS: u32 = 16;

/// It takes a code when chip select falls and shifts it out with each falling edge of its clock. What it drives is
/// seen one clock late: it needs up to 40 ns, and the pads theirs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Converter {
    cs: bool,
    sclk: bool,
    shift: u16,
    /// Bits that are still to come.
    left: u32,
    data: bool,
}

impl Default for Converter {
    fn default() -> Self {
        Converter { cs: true, sclk: true, shift: 0, left: 0, data: false }
    }
}

impl Converter {
    /// The level of its data pin. Between conversions nothing drives it; here it is 0 then.
    pub(crate) fn data(&self) -> bool {
        self.data
    }

    /// Its inputs after a clock edge of the gateware, and the code that a conversion begun now gives.
    pub(crate) fn clock(&mut self, cs: bool, sclk: bool, code: u16) {
        self.data = self.left > 0 && self.shift >> (BITS - 1) == 1;
        if self.cs && !cs {
            self.shift = code & 0xFFF;
            self.left = BITS;
        } else if cs {
            self.left = 0;
        } else if self.sclk && !sclk && self.left > 0 {
            self.shift <<= 1;
            self.left -= 1;
        }
        (self.cs, self.sclk) = (cs, sclk);
    }
}
