//! What lies beside a capture and is given when it is analysed: the meter's profile, the phase log of another system, the
//! front end, the clock's calibration. Read, checked, applied; the capture itself is never changed. Formats: `docs/context.md`.

mod adc;
mod calibration;
mod clock;
mod context;
mod error;
mod front_end;
mod log;
mod moment;
mod profile;
mod rules;

pub use adc::{AdcError, AdcPoint, AdcScale};
pub use calibration::{CalibrationError, calibrate_clock};
pub use clock::{CLOCK_FACT, Certificate};
pub use context::{Context, ContextFile, Paths, SoFar, console_lines};
pub use error::{ContextError, Wrong};
pub use front_end::with_adc;
pub use rules::ConsoleLine;
