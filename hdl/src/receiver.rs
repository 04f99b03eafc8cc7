//! A UART receiver on a line that is sampled with every clock: 8 data bits, no parity, one stop bit.

/// The last bit of a byte, counted from the start bit.
const STOP_BIT: u32 = 9;

/// Gathers bytes; each bit is looked at in its middle.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    clocks_per_bit: u32,
    /// Clocks since the start bit began, if a byte is under way.
    clocks: Option<u32>,
    bits: u16,
}

/// A start bit that was none, or a stop bit that was 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FramingError;

impl Receiver {
    pub(crate) fn new(clocks_per_bit: u16) -> Self {
        Receiver { clocks_per_bit: clocks_per_bit.into(), clocks: None, bits: 0 }
    }

    /// Takes one sample; returns the byte whose stop bit it was.
    pub(crate) fn sample(&mut self, line: bool) -> Result<Option<u8>, FramingError> {
        let clocks = match self.clocks {
            Some(clocks) => clocks,
            None if line => return Ok(None),
            None => 0,
        };
        self.clocks = Some(clocks + 1);
        if clocks % self.clocks_per_bit != self.clocks_per_bit / 2 {
            return Ok(None);
        }
        let bit = clocks / self.clocks_per_bit;
        self.bits = self.bits >> 1 | u16::from(line) << STOP_BIT;
        if bit < STOP_BIT {
            return Ok(None);
        }
        // Half a bit early, so that a start bit that follows at once is seen.
        self.clocks = None;
        if self.bits & 1 == 1 || !line {
            return Err(FramingError);
        }
        Ok(Some((self.bits >> 1) as u8))
    }
}
