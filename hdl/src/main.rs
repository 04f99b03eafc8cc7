//! The gateware's command line: simulate, write Verilog, build bitstreams.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Parser, Subcommand, ValueEnum};
use ichiscope_hdl::boards::BoardName;
use ichiscope_hdl::stimulus::{PinMap, Stimulus};
use ichiscope_hdl::witness::WitnessName;
use ichiscope_hdl::{Design, bitstream};
use ichiscope_wire::{Line, LineSet};

/// The gateware: simulate it, write its Verilog, build its bitstreams.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Give the pins a stimulus and write the bytes that leave the UART.
    Sim(Sim),
    /// Write the Verilog and the pin constraints.
    Verilog {
        #[command(flatten)]
        target: Target,
        /// Folder for top.v and top.pcf.
        #[arg(long)]
        out: PathBuf,
    },
    /// Build the bitstream with pinned tools into bitstreams/BOARD.
    Bitstream {
        /// A board's name, or `all`.
        #[arg(long, value_parser = boards)]
        board: Boards,
        /// Bits per second on the UART.
        #[arg(long, default_value_t = BAUD)]
        baud: u32,
        /// Write nothing; fail if the files in bitstreams/BOARD are not exactly what is built.
        #[arg(long)]
        check: bool,
    },
}

/// Bits per second on the UART, by default.
const BAUD: u32 = 3_000_000;

/// One board or every one.
#[derive(Clone, Debug)]
struct Boards(Vec<BoardName>);

fn boards(name: &str) -> Result<Boards, String> {
    match name {
        "all" => Ok(Boards(BoardName::ALL.to_vec())),
        name => BoardName::from_str(name, false).map(|board| Boards(vec![board])),
    }
}

#[derive(clap::Args)]
struct Target {
    /// The board.
    #[arg(long)]
    board: BoardName,
    /// Bits per second on the UART.
    #[arg(long, default_value_t = BAUD)]
    baud: u32,
}

impl Target {
    fn design(&self) -> anyhow::Result<Design> {
        Ok(Design::new(self.board.board(), self.baud)?)
    }
}

#[derive(clap::Args)]
struct Sim {
    #[command(flatten)]
    target: Target,
    /// Who runs the gateware.
    #[arg(long)]
    witness: WitnessName,
    /// A VCD file; its signals have the lines' names (rail0, ac_lo, ... or rail[2:0], mark[3:0]).
    #[arg(long, required_unless_present = "commands")]
    stimulus: Option<PathBuf>,
    /// A text file with commands, bytes, console, ADC codes and CTS by time: docs/stimulus.md. It is laid over the VCD.
    #[arg(long)]
    commands: Option<PathBuf>,
    /// File for the bytes.
    #[arg(long)]
    out: PathBuf,
    /// Clocks to run; by default the stimulus and the time in which a full FIFO leaves the UART.
    #[arg(long)]
    clocks: Option<u64>,
    /// The tick at clock 0.
    #[arg(long, default_value_t = 0)]
    start_tick: u64,
    /// Lines to which a wire brings the output `test`, with commas between them: what the stimulus says of them does not matter.
    #[arg(long, value_delimiter = ',', value_parser = jumper_line)]
    jumper: Vec<Line>,
    /// PIN=NAME: what a pin is called in the file. May be given more than once.
    #[arg(long)]
    map: Vec<PinMap>,
}

fn jumper_line(name: &str) -> Result<Line, String> {
    Line::from_name(name).filter(|line| *line != Line::Adc).ok_or_else(|| {
        let names: Vec<&str> = Line::ALL.into_iter().filter(|l| *l != Line::Adc).map(Line::name).collect();
        format!("there is no such pin. Remedy: take some of {}", names.join(", "))
    })
}

impl Sim {
    /// The VCD, and what the file of commands lays over it.
    fn stimulus(&self, design: &Design) -> anyhow::Result<Stimulus> {
        let mut stimulus = Stimulus::default();
        if let Some(path) = &self.stimulus {
            let warnings;
            (stimulus, warnings) = Stimulus::read_vcd(path, &design.config, &self.map)?;
            for warning in warnings {
                eprintln!("warning: {}: {warning}", path.display());
            }
        }
        if let Some(path) = &self.commands {
            stimulus.add_commands(path, design)?;
        }
        if !self.jumper.is_empty() && !design.config.self_test {
            bail!("the board {} has no output `test`. Remedy: leave out --jumper", design.board.name);
        }
        stimulus.jumper = self.jumper.iter().fold(LineSet::EMPTY, |lines, line| lines.with(*line, true));
        Ok(stimulus)
    }

    fn run(&self) -> anyhow::Result<()> {
        let design = self.target.design()?.starting_at(self.start_tick);
        let stimulus = self.stimulus(&design)?;
        let clocks = self.clocks.unwrap_or_else(|| stimulus.clocks_to_drain(&design.config));
        if self.clocks.is_none() {
            let drain = clocks - stimulus.end;
            eprintln!(
                "{clocks} clocks: {} of stimulus and {drain} in which a full FIFO leaves the UART",
                stimulus.end
            );
        }
        let bytes = self.witness.prepare(&design)?.run(&stimulus, clocks)?;
        write(&self.out, &bytes)?;
        eprintln!("{} bytes in {}", bytes.len(), self.out.display());
        Ok(())
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn write_verilog(design: &Design, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    write(&folder.join("top.v"), design.verilog()?.as_bytes())?;
    write(&folder.join("top.pcf"), design.board.pcf().as_bytes())
}

fn build_bitstream(design: &Design, check: bool) -> anyhow::Result<()> {
    let name = bitstream::folder_name(design);
    let folder = bitstream::committed(design);
    let files = bitstream::build(design)?;
    if !check {
        bitstream::save(&files, &folder)?;
        eprintln!("bitstreams/{name}: written");
        return Ok(());
    }
    let differing = bitstream::differences(&files, &folder);
    if !differing.is_empty() {
        bail!(
            "bitstreams/{name}: {} not what the source gives. Remedy: build again without --check, and commit",
            differing.join(", ")
        );
    }
    eprintln!("bitstreams/{name}: exactly what the source gives");
    Ok(())
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Task::Sim(sim) => sim.run(),
        Task::Verilog { target, out } => write_verilog(&target.design()?, &out),
        Task::Bitstream { board: Boards(boards), baud, check } => boards
            .into_iter()
            .try_for_each(|board| build_bitstream(&Design::new(board.board(), baud)?, check)),
    }
}
