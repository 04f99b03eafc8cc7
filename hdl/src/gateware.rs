//! The blocks of the gateware, one file each, in the order of an edge's way: lines, record, fifo, framer, uart.
//!
//! `docs/gateware.md` has the pipeline's delays and the rules that every kernel here keeps, because the simulator of
//! rust-hdl and the Verilog it writes disagree on what breaks them: one operation on signals of exactly its width,
//! parentheses, compared values of equal width, no child's input read back, every output given a default first.

pub(crate) mod adc;
pub(crate) mod command;
pub(crate) mod console;
pub(crate) mod envelope;
pub(crate) mod fifo;
pub(crate) mod flow;
pub(crate) mod framer;
pub(crate) mod half_clock;
pub(crate) mod lines;
pub(crate) mod link_test;
pub(crate) mod monitor;
pub(crate) mod pll;
pub(crate) mod preset;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod ring;
pub(crate) mod self_test;
pub(crate) mod settings;
pub(crate) mod timebase;
pub(crate) mod top;
pub(crate) mod turn;
pub(crate) mod uart;
pub(crate) mod uart_rx;
pub(crate) mod window;
