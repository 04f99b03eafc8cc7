//! Guarantees that are proved for all inputs and all time, by induction on the generated Verilog; and that the proof
//! fails for designs that break them. `formal/properties.sv` has the guarantees.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{design, design_of};
use ichiscope_hdl::boards::BoardName;

const PROPERTIES: &str = include_str!("formal/properties.sv");
/// One module, with every register under its block's name. The memories are taken out, and what they show is an input:
/// they may answer anything.
const FLATTEN: &str = "read_verilog top.v; hierarchy -top top$monitor; proc -norom; \
                       cutpoint top$monitor$fifo$ram; cutpoint top$monitor$window$ring; flatten; delete t:$anyseq; \
                       expose -input w:fifo.ram.read_data w:window.ring.data_out; write_verilog -noattr flat.v";
const PROVE: &str = "read_verilog -formal -sv proof.sv; hierarchy -top top$monitor; proc -norom; opt -full; \
                     sat -tempinduct -prove-asserts -set-assumes -maxsteps 1";
const PROVED: &str = "Induction step proven: SUCCESS!";
const REFUTED: [&str; 2] = ["model found for base case: FAIL!", "proof failed"];

fn yosys(folder: &Path, script: &str) -> String {
    let output = Command::new("yosys")
        .current_dir(folder)
        .args(["-p", script])
        .output()
        .unwrap_or_else(|error| panic!("yosys: {error}. Install the package yosys"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Whether the guarantees hold for this Verilog.
fn proved(verilog: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("top.v"), verilog).unwrap();
    yosys(folder.path(), FLATTEN);
    let flat = std::fs::read_to_string(folder.path().join("flat.v")).unwrap();
    let (module, rest) = flat.rsplit_once("endmodule").unwrap();
    std::fs::write(folder.path().join("proof.sv"), format!("{module}{PROPERTIES}endmodule{rest}")).unwrap();
    let text = yosys(folder.path(), PROVE);
    let proved = text.contains(PROVED);
    let refuted = REFUTED.iter().any(|words| text.contains(words));
    assert!(proved != refuted, "neither proved nor refuted: {text}");
    proved
}

#[test]
fn the_guarantees_hold_on_every_board() {
    for board in BoardName::ALL {
        assert!(proved(&design_of(board, 3_000_000).verilog().unwrap()), "{board:?}");
    }
}

/// The proof fails when `right` in the iCEBreaker's Verilog is `wrong`.
fn refuted(right: &str, wrong: &str) {
    let verilog = design(3_000_000).verilog().unwrap();
    assert_eq!(verilog.matches(right).count(), 1, "{right}");
    assert!(!proved(&verilog.replace(right, wrong)), "{right} -> {wrong}");
}

#[test]
fn ticks_that_do_not_rise_are_refuted() {
    refuted("before_carry = 32'hfffffffe", "before_carry = 32'hfffffffd");
}

#[test]
fn a_silent_loss_is_refuted() {
    let counted = "if (edge_lost) begin\n            lost_count$d = lost_count$q + 32'h1";
    refuted(counted, &counted.replace(" + 32'h1", ""));
}

#[test]
fn a_report_lost_behind_an_edge_is_refuted() {
    refuted("~((edge_next & ~overrun_next) |", "~((edge_next & overrun_next) |");
}

#[test]
fn an_overrun_without_an_end_is_refuted() {
    refuted("overrun$q & ~end_taken", "overrun$q & ~half");
}

#[test]
fn a_fifo_without_a_reserved_slot_is_refuted() {
    refuted("most_with_room = 9'b11111110", "most_with_room = 9'b11111111");
}

#[test]
fn a_command_with_a_bad_check_is_refuted() {
    refuted("is_done = whole$q & known & fits", "is_done = known & fits");
}

#[test]
fn a_word_read_while_it_is_written_is_refuted() {
    refuted("~read & (read_address$q != write_address$q)", "~read");
}

#[test]
fn a_torn_frame_is_refuted() {
    refuted("last_of_check = 5'b10000", "last_of_check = 5'b1111");
}
