//! The gateware in rust-hdl, its witnesses and its bitstreams.
