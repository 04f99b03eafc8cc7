//! What is known of the front end between the connector and the FPGA, and of the board's clock. Whole numbers, so that
//! settings compare exactly.

use ichiscope_wire::Line;

/// What a front end does to levels and times. Uncertainties are expanded ones (k = 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontEnd {
    /// Its name.
    pub name: String,
    /// Who says so: a simulation, a calibration.
    pub source: String,
    /// When, as it was told.
    pub date: String,
    /// The comparators that are known.
    pub comparators: Vec<Comparator>,
    /// The ADC, if it is known.
    pub adc: Option<Adc>,
}

/// One comparator of a front end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparator {
    /// Its line.
    pub line: Line,
    /// Uncertainty of both levels, mV.
    pub threshold_u_mv: u32,
    /// From the crossing at the connector to the edge at the pin, falling, ns.
    pub delay_falling_ns: u32,
    /// The same, rising, ns.
    pub delay_rising_ns: u32,
    /// Uncertainty of each of the two, ns.
    pub delay_u_ns: u32,
}

/// What a code of the ADC is in volts: voltage at the connector = offset + gain * code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adc {
    /// Nanovolts a code.
    pub gain_nv_per_code: i64,
    /// Microvolts at code 0.
    pub offset_uv: i64,
    /// Uncertainty of the gain, parts per million.
    pub gain_u_ppm: u32,
    /// Uncertainty of the offset, microvolts.
    pub offset_u_uv: u32,
    /// From the connector to the sample, ns.
    pub delay_ns: u32,
}

impl Adc {
    /// A code in millivolts.
    pub fn mv(&self, code: f64) -> f64 {
        (self.offset_uv as f64 + code * self.gain_nv_per_code as f64 / 1000.0) / 1000.0
    }

    /// Expanded uncertainty of a voltage of `mv` millivolts, mV.
    pub fn u_mv(&self, mv: f64) -> f64 {
        let gain = mv.abs() * f64::from(self.gain_u_ppm) / 1e6;
        let offset = f64::from(self.offset_u_uv) / 1000.0;
        gain.hypot(offset)
    }
}

/// A calibration of the board's clock. The deviation is not taken out of any duration; it is part of the uncertainty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockCalibration {
    /// How much faster than nominal the clock ran, parts per billion.
    pub deviation_ppb: i32,
    /// Expanded uncertainty (k = 2) of that, ppb.
    pub u_ppb: u32,
    /// How far the rate may have moved since, as a bound, ppb.
    pub drift_ppb: u32,
    /// Date, age and certificate, for people.
    pub told: String,
}

impl FrontEnd {
    /// The comparator of a line, if it is known.
    pub fn comparator(&self, line: Line) -> Option<&Comparator> {
        self.comparators.iter().find(|c| c.line == line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 12 V at 3 mV a code and 10 mV of offset; 1 % of gain and 50 mV: sqrt(120^2 + 50^2) = 130 mV.
    #[test]
    fn volts_of_a_code() {
        let adc = Adc {
            gain_nv_per_code: 3_000_000,
            offset_uv: 10_000,
            gain_u_ppm: 10_000,
            offset_u_uv: 50_000,
            delay_ns: 0,
        };
        assert!((adc.mv(4000.0) - 12_010.0).abs() < 1e-9);
        assert!((adc.u_mv(12_000.0) - 130.0).abs() < 1e-9);
    }
}
