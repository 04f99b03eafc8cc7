//! The rules that keep rust-hdl's simulator and its Verilog equal, checked on the Verilog; and that it has no latch and
//! no loop. Each check is also given text that breaks its rule.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use common::design;
use ichiscope_hdl::Design;
use ichiscope_hdl::boards::BoardName;

/// Models of the cells that a design may have.
const CELLS: &str = concat!(include_str!("../src/witness/pll.v"), include_str!("../src/witness/spram.v"));

fn run(folder: &Path, package: &str, program: &str, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}. Install the package {package}"));
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Verilator's width warnings about operators whose result depends on the width they are computed in.
fn width_faults(verilog: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("top.v"), verilog).unwrap();
    let arguments =
        ["--lint-only", "-Wall", "-Wno-fatal", "--language", "1364-2005", "--top-module", "top", "top.v"];
    let (ran, text) = run(folder.path(), "verilator", "verilator", &arguments);
    assert!(ran, "{text}");
    assert!(
        text.contains("-WIDTH"),
        "Verilator says nothing of widths, although the generator's literals have 32 bits"
    );
    let operators = ["EQ", "NEQ", "EQCASE", "LT", "LTE", "GT", "GTE", "NOT"];
    let fault = |line: &&str| operators.iter().any(|name| line.contains(&format!("Operator {name} expects")));
    text.lines().filter(fault).map(str::to_owned).collect()
}

/// What Yosys says of latches, loops and undriven wires.
fn structure_faults(verilog: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("top.v"), verilog).unwrap();
    let script = "read_verilog -lib +/ice40/cells_sim.v; read_verilog top.v; hierarchy -check -top top; proc; flatten; \
                  opt_clean; select -assert-none t:$dlatch t:$dlatchsr t:$_DLATCH_N_ t:$_DLATCH_P_; check -assert";
    let (passed, text) = run(folder.path(), "yosys", "yosys", &["-p", script]);
    (!passed || text.contains("Latch inferred")).then_some(text)
}

/// Operators of an expression, one list for each pair of parentheses.
fn operator_groups(expression: &str) -> Vec<(usize, Vec<&str>)> {
    let mut open: Vec<Vec<&str>> = vec![Vec::new()];
    let mut groups = Vec::new();
    for token in expression.split_inclusive([' ', '(', ')']) {
        let word = token.trim_end_matches([' ', '(', ')', ';']);
        if ["&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*"].contains(&word) {
            open.last_mut().unwrap().push(word);
        }
        if token.ends_with('(') {
            open.push(Vec::new());
        } else if token.ends_with(')') && open.len() > 1 {
            groups.push((open.len() - 1, open.pop().unwrap()));
        }
    }
    groups.extend(open.into_iter().enumerate());
    groups
}

/// Statements that break a rule that no other program knows.
fn rule_faults(verilog: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for module in verilog.split("\nmodule ").skip(1) {
        let child_inputs: HashSet<&str> = module
            .lines()
            .filter_map(|line| line.trim().strip_prefix("reg ")?.strip_suffix(';')?.split_whitespace().last())
            .filter(|name| name.contains('$'))
            .collect();
        let Some((_, kernel)) = module.split_once("always @(*) begin") else { continue };
        for line in kernel.lines().map(str::trim) {
            let read = line.split_once(" = ").map_or(line, |(_, right)| right);
            let words = read.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'));
            for word in words.filter(|word| child_inputs.contains(word)) {
                faults.push(format!("reads the child's input {word}: {line}"));
            }
            for (depth, group) in operator_groups(read) {
                let any = |of: &[&str]| group.iter().any(|operator| of.contains(operator));
                if any(&["==", "!=", "<", "<=", ">", ">="]) && any(&["&", "|", "^"]) {
                    faults.push(format!("precedence differs between Rust and Verilog: {line}"));
                }
                if any(&["+", "-", "*"]) && (depth > 0 || group.len() > 1) {
                    faults.push(format!("arithmetic inside an expression has no width of its own: {line}"));
                }
            }
        }
    }
    faults
}

/// Every board at every rate; building a design includes rust-hdl's `check_all`.
fn designs() -> impl Iterator<Item = Design> {
    let boards = BoardName::ALL.into_iter().map(BoardName::board);
    boards.flat_map(|board| board.bauds.iter().map(move |rate| Design::new(board, rate.0).unwrap()))
}

#[test]
fn no_width_faults() {
    for design in designs() {
        assert_eq!(width_faults(&(design.verilog().unwrap() + CELLS)), Vec::<String>::new());
    }
}

#[test]
fn width_faults_are_seen() {
    let module = |expression: &str| {
        format!(
            "module top(input [7:0] a, input [7:0] b, output o, output [8:0] p); assign {expression}; endmodule\n"
        )
    };
    for fault in ["o = (a + 32'h1) == b", "p = ((~a) & 9'h1ff)", "o = a != 9'h1"] {
        assert_eq!(width_faults(&module(fault)).len(), 1, "{fault}");
    }
}

#[test]
fn no_latch_and_no_loop() {
    for design in designs() {
        assert_eq!(structure_faults(&design.verilog().unwrap()), None);
    }
}

#[test]
fn latches_and_loops_are_seen() {
    let latch = "module top(input a, input b, output reg o); always @(*) if (a) o = b; endmodule\n";
    let ring = "module top(input a, output o); wire x; assign x = ~(x & a); assign o = x; endmodule\n";
    for fault in [latch, ring] {
        assert!(structure_faults(fault).is_some(), "{fault}");
    }
}

#[test]
fn no_kernel_breaks_the_rules() {
    for design in designs() {
        assert_eq!(rule_faults(&design.verilog().unwrap()), Vec::<String>::new());
    }
}

#[test]
fn broken_rules_are_seen() {
    let module = |line: &str| {
        format!("\n\nmodule top(a);\n    reg [7:0] child$x;\n    always @(*) begin\n    {line}\n    end\n")
    };
    for fault in [
        "o = child$x;",
        "if (child$x) begin",
        "o = a & b == c;",
        "o = ((a + b) & 16'hffff);",
        "o = a + b + c;",
    ] {
        assert_eq!(rule_faults(&module(fault)).len(), 1, "{fault}");
    }
    for good in ["child$x = a;", "o = a + 32'h1;", "o = (a == b) & c;", "o = ((a) & 16'hffff) << 32'h2;"] {
        assert_eq!(rule_faults(&module(good)), Vec::<String>::new(), "{good}");
    }
}

#[test]
fn the_verilog_depends_on_the_settings_and_on_nothing_else() {
    let verilog = design(3_000_000).verilog().unwrap();
    assert_eq!(verilog, design(3_000_000).verilog().unwrap());
    assert_ne!(verilog, design(12_000_000).verilog().unwrap());
    assert_ne!(design(3_000_000).config.bitstream_id, design(12_000_000).config.bitstream_id);
}

#[test]
fn the_pll_gives_the_tick_rate() {
    for board in BoardName::ALL.map(BoardName::board) {
        assert_eq!(board.pll_hz(), board.config.tick_hz);
    }
}
