//! The gateware in rust-hdl, its witnesses and its bitstreams.
//!
//! `docs/gateware.md` is the guide.

pub mod bitstream;
pub mod boards;
mod converter;
mod design;
mod error;
mod gateware;
mod nextpnr;
mod receiver;
mod second_opinion;
pub mod stimulus;
mod tools;
pub mod witness;

pub use design::Design;
pub use error::Error;
pub use ichiscope_link::twin::Config;
