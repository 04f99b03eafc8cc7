//! The front end's circuit: from one source (`docs/front-end/circuit.toml`) to drawing, parts list, SPICE proof and profile.

pub mod bom;
pub mod circuit;
pub mod drawing;
pub mod limits;
pub mod netlist;
pub mod ngspice;
pub mod profile;
mod random;
mod sheet;
pub mod study;
mod symbol;
mod value;

pub use circuit::{Circuit, CircuitError};
pub use limits::Limits;
