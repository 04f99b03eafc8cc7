//! Witness: the netlist read back from the committed bitstream, in Verilator.
//!
//! `iceunpack` and `icebox_vlog` turn the configuration into cells and wires; Yosys' own model of the block RAM and
//! the stub of the PLL make it run. What synthesis, placement, routing and packing made of the design is in it.

use std::path::Path;
use std::process::Command;

use super::verilog::PLL_STUB;
use super::{Model, ModelSource, Witness, spram};
use crate::boards::Board;
use crate::gateware::pll::PllSettings;
use crate::stimulus::Stimulus;
use crate::tools::{cache_folder, run_tool, work_folder, write};
use crate::{Design, Error, bitstream, second_opinion};

const ICESTORM: &str = "fpga-icestorm";

pub(super) struct Netlist {
    model: Model,
    clocks_per_bit: u16,
}

impl Netlist {
    pub(super) fn new(design: &Design) -> Result<Self, Error> {
        if design.config.start_tick != 0 {
            return Err(Error::Bitstream(
                "a bitstream's first tick is 0. Remedy: leave out --start-tick".into(),
            ));
        }
        let bin = bitstream::committed(design).join(format!("{}.bin", design.board.name));
        if !bin.exists() {
            let (board, baud) = (design.board.name, design.config.baud());
            return Err(Error::Bitstream(format!(
                "there is no {}. Remedy: bitstream --board {board} --baud {baud}",
                bin.display()
            )));
        }
        Self::read_back(&bin, design)
    }

    /// Of a bitstream that other tools make of the same Verilog. It may begin at any tick.
    pub(super) fn second_opinion(design: &Design) -> Result<Self, Error> {
        let opinion = second_opinion::build(design)?;
        eprintln!("{}", opinion.words);
        Self::read_back(&opinion.bin, design)
    }

    fn read_back(bin: &Path, design: &Design) -> Result<Self, Error> {
        let netlist = unpack(bin, design.board)?;
        check_pll(&netlist, design.board.pll)?;
        let sources = vec![
            ModelSource::new("netlist.v", netlist),
            ModelSource::new("ram.v", ram_model()?),
            ModelSource::new("pll.v", PLL_STUB.into()),
            ModelSource::new("spram.v", spram::MODEL.into()),
        ];
        Ok(Netlist { model: Model::build(&sources)?, clocks_per_bit: design.config.clocks_per_bit })
    }
}

impl Witness for Netlist {
    fn run(&self, stimulus: &Stimulus, clocks: u64) -> Result<Vec<u8>, Error> {
        self.model.run(stimulus, clocks, self.clocks_per_bit, &[])
    }
}

/// The bitstream's cells and wires as Verilog with the board's ports.
fn unpack(bin: &Path, board: &Board) -> Result<String, Error> {
    let folder = work_folder(&cache_folder("netlist")?, board.name)?;
    let work = folder.path();
    let io = |error| Error::Io { path: work.to_owned(), error };
    // icebox_vlog wants the ports without their pull-ups.
    let pins = board.pins.iter().map(|pin| format!("set_io {} {}\n", pin.port, pin.location));
    write(&work.join("top.pcf"), pins.collect::<String>())?;
    run_tool(Command::new("iceunpack").arg(bin).arg(work.join("top.asc")), ICESTORM)?;
    let mut icebox = Command::new("icebox_vlog");
    // It goes through sets; with a fixed seed the text is the same each time, and what was compiled of it is found.
    icebox.env("PYTHONHASHSEED", "0");
    // Without -s: the comments say which places on the chip a wire joins.
    icebox.current_dir(work).args(["-c", "-d", board.package, "-n", "top", "-p", "top.pcf", "top.asc"]);
    let text = join_ports(run_tool(&mut icebox, ICESTORM)?, board)?;
    let asc = std::fs::read_to_string(work.join("top.asc")).map_err(io)?;
    let text = spram::with_cells(&text, &asc)?;
    write(&work.join("raw.v"), text)?;
    // Verilator refuses icebox_vlog's double declarations; Yosys writes them once.
    let clean = "read_verilog raw.v; write_verilog -noattr clean.v";
    run_tool(Command::new("yosys").current_dir(work).args(["-q", "-p", clean]), "yosys")?;
    let text = std::fs::read_to_string(work.join("clean.v")).map_err(io)?;
    // Its first line names its version, which is no part of the netlist.
    Ok(text.split_once('\n').map_or(String::new(), |(_, netlist)| netlist.to_owned()))
}

/// Fails if a port is not in the netlist: a design without it would be dead, or another one.
///
/// A PLL of the kind PAD has its pin built in, with no wire for icebox_vlog to name; there the pin is `clock`.
fn join_ports(netlist: String, board: &Board) -> Result<String, Error> {
    let unmatched = netlist.lines().filter(|line| line.to_lowercase().contains("unmatched port"));
    let built_in = |line: &&str| board.pll.input == "PACKAGEPIN" && line.ends_with("'clock'");
    let missing: Vec<&str> = unmatched.filter(|line| !built_in(line)).collect();
    if !missing.is_empty() {
        return Err(Error::Bitstream(format!(
            "ports that are not in the bitstream of {}: {}. Remedy: build it again",
            board.name,
            missing.join(", ")
        )));
    }
    Ok(match netlist.split_once(".PACKAGEPIN(") {
        Some((before, after)) => match after.split_once(')') {
            Some((_, after)) => format!("{before}.PACKAGEPIN(clock){after}"),
            None => netlist,
        },
        None => netlist,
    })
}

/// Fails unless the one PLL in the netlist has the board's settings.
fn check_pll(netlist: &str, settings: PllSettings) -> Result<(), Error> {
    let PllSettings { cell, divr, divf, divq, filter_range, .. } = settings;
    let mut cells = netlist.split("SB_PLL40_").skip(1);
    let (first, second) = (cells.next().unwrap_or_default(), cells.next());
    let expected =
        [("DIVR", 4, divr), ("DIVF", 7, divf), ("DIVQ", 3, divq), ("FILTER_RANGE", 3, filter_range)].map(
            |(name, bits, value): (_, usize, _)| {
                format!(".{name}({bits}'h{value:0digits$x})", digits = bits.div_ceil(4))
            },
        );
    let wrong = expected.iter().find(|parameter| !first.contains(*parameter));
    if second.is_some() || Some(first.split(' ').next().unwrap_or_default()) != cell.strip_prefix("SB_PLL40_")
    {
        return Err(Error::Bitstream(format!("it has not exactly one {cell}. Remedy: build it again")));
    }
    match wrong {
        None => Ok(()),
        Some(wrong) => {
            Err(Error::Bitstream(format!("its PLL does not have {wrong}. Remedy: build it again")))
        }
    }
}

/// Yosys' own model of the block RAM, cut out of its library: Verilator refuses the whole.
fn ram_model() -> Result<String, Error> {
    let print = "read_verilog -defer -ppdump -D NO_ICE40_DEFAULT_ASSIGNMENTS +/ice40/cells_sim.v";
    let library = run_tool(Command::new("yosys").args(["-p", print]), "yosys")?;
    let begin = library.find("module SB_RAM40_4K (");
    let model = begin.and_then(|begin| library[begin..].split_once("endmodule"));
    let (model, _) = model.ok_or_else(|| Error::Tool {
        tool: "yosys".into(),
        reason: "its library has no SB_RAM40_4K. Remedy: install another version of yosys".into(),
    })?;
    Ok(format!("{model}endmodule\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boards::BoardName;

    const PLL: &str = "SB_PLL40_PAD #( .DIVF(7'h2f), .DIVQ(3'h4), .DIVR(4'h0), .FILTER_RANGE(3'h1) ) pll ();";

    #[test]
    fn a_pll_with_other_settings_is_refused() {
        let settings = BoardName::IceBreaker.board().pll;
        assert!(check_pll(PLL, settings).is_ok());
        for (from, to) in [("7'h2f", "7'h2e"), ("3'h4", "3'h3"), ("4'h0", "4'h1"), ("3'h1", "3'h2")] {
            assert!(check_pll(&PLL.replace(from, to), settings).is_err(), "{from}");
        }
        assert!(check_pll(&PLL.replace("PAD", "CORE"), settings).is_err());
        assert!(check_pll(&PLL.repeat(2), settings).is_err());
        assert!(check_pll("", settings).is_err());
    }

    #[test]
    fn a_port_that_is_missing_is_refused() {
        let board = BoardName::IceBreaker.board();
        let netlist = "P #() p (.PACKAGEPIN(n7), .LOCK(n2));\n// Warning: unmatched port 'clock'\n";
        assert!(join_ports(netlist.into(), board).unwrap().contains("(.PACKAGEPIN(clock), .LOCK(n2))"));
        let error = join_ports(format!("{netlist}// Warning: unmatched port 'pps'\n"), board).unwrap_err();
        assert!(error.to_string().contains("'pps'"), "{error}");
    }
}
