//! The UP5K's single-port RAM in a netlist read back: `icebox_vlog` knows its wires but not the cell.
//!
//! Without `-s` it writes below each wire which places on the chip it joins. The places of the cell's ports are those
//! that Project IceStorm publishes for the UltraPlus.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::Error;

/// The cell's model for simulators.
pub(super) const MODEL: &str = include_str!("spram.v");
/// icebox's name of the chip that has them.
const DEVICE: &str = ".device 5k";
/// Columns of tiles at whose lower end two of the cells are, and the tiles there.
const COLUMNS: [u8; 2] = [0, 25];
const TILES: std::ops::RangeInclusive<u8> = 1..=4;

/// Neighbouring bits of a port: in the tiles `y` of the column, from element `from` on.
struct Run {
    port: &'static str,
    bits: u8,
    y: u8,
    from: u8,
    place: Place,
}

/// Where in the tile.
enum Place {
    /// An input of a logic element.
    Input(u8),
    /// An output of the tile.
    Output,
    Clock,
}

const fn run(port: &'static str, bits: u8, y: u8, from: u8, place: Place) -> Run {
    Run { port, bits, y, from, place }
}

/// A cell of a column: the bit that enables it, as line and column in the tile with y = 1, and its ports, bit 0 first.
struct Cell {
    enable: (usize, usize),
    runs: &'static [Run],
}

const CELLS: [Cell; 2] = [
    Cell {
        enable: (1, 7),
        runs: &[
            run("ADDRESS", 8, 2, 0, Place::Input(1)),
            run("ADDRESS", 6, 2, 0, Place::Input(0)),
            run("DATAIN", 8, 1, 0, Place::Input(3)),
            run("DATAIN", 8, 1, 0, Place::Input(1)),
            run("MASKWREN", 4, 3, 0, Place::Input(0)),
            run("WREN", 1, 3, 4, Place::Input(1)),
            run("CHIPSELECT", 1, 3, 6, Place::Input(1)),
            run("CLOCK", 1, 1, 0, Place::Clock),
            run("STANDBY", 1, 4, 0, Place::Input(3)),
            run("SLEEP", 1, 4, 2, Place::Input(3)),
            run("POWEROFF", 1, 4, 4, Place::Input(3)),
            run("DATAOUT", 8, 1, 0, Place::Output),
            run("DATAOUT", 8, 2, 0, Place::Output),
        ],
    },
    Cell {
        enable: (0, 7),
        runs: &[
            run("ADDRESS", 2, 2, 6, Place::Input(0)),
            run("ADDRESS", 8, 3, 0, Place::Input(3)),
            run("ADDRESS", 4, 3, 0, Place::Input(1)),
            run("DATAIN", 8, 1, 0, Place::Input(0)),
            run("DATAIN", 8, 2, 0, Place::Input(3)),
            run("MASKWREN", 4, 3, 4, Place::Input(0)),
            run("WREN", 1, 3, 5, Place::Input(1)),
            run("CHIPSELECT", 1, 3, 7, Place::Input(1)),
            run("CLOCK", 1, 2, 0, Place::Clock),
            run("STANDBY", 1, 4, 1, Place::Input(3)),
            run("SLEEP", 1, 4, 3, Place::Input(3)),
            run("POWEROFF", 1, 4, 5, Place::Input(3)),
            run("DATAOUT", 8, 3, 0, Place::Output),
            run("DATAOUT", 8, 4, 0, Place::Output),
        ],
    },
];

/// Wires by column, tile and place in it.
type Wires<'a> = HashMap<(u8, u8, &'a str), &'a str>;

/// The netlist, as `icebox_vlog` writes it without `-s`, with the cells that the configuration in `asc` enables.
///
/// # Errors
/// When the configuration lacks a tile that every such chip has.
pub(super) fn with_cells(netlist: &str, asc: &str) -> Result<String, Error> {
    if !asc.lines().any(|line| line == DEVICE) {
        return Ok(netlist.to_owned());
    }
    let (wires, mut cells) = (wires(netlist), String::new());
    for column in COLUMNS {
        for (number, cell) in CELLS.iter().enumerate() {
            if is_enabled(asc, column, cell.enable)? {
                cells += &instance(&format!("spram_{column}_{number}"), column, cell.runs, &wires);
            }
        }
    }
    let (module, rest) = netlist.rsplit_once("endmodule").unwrap_or((netlist, ""));
    Ok(format!("{module}{cells}endmodule{rest}"))
}

/// Whether the bit is set in the configuration of the column's lowest such tile.
fn is_enabled(asc: &str, column: u8, (line, bit): (usize, usize)) -> Result<bool, Error> {
    let tile = format!(".ipcon_tile {column} {}", TILES.start());
    let mut lines = asc.lines().skip_while(|line| **line != tile).skip(1);
    let bit = lines.nth(line).and_then(|line| line.as_bytes().get(bit));
    match bit {
        Some(bit) => Ok(*bit == b'1'),
        None => Err(Error::Bitstream(format!("the unpacked bitstream has no whole {tile}"))),
    }
}

/// A wire is followed by comments that name the places it joins, like `// (0, 2, 'lutff_0/in_1')`.
fn wires(netlist: &str) -> Wires<'_> {
    let (mut wires, mut wire) = (Wires::new(), None);
    for line in netlist.lines() {
        if let Some(declared) = line.strip_prefix("wire ").or_else(|| line.strip_prefix("reg ")) {
            wire = declared.split([' ', ';']).next();
        } else if let (Some(wire), Some(place)) = (wire, place(line)) {
            wires.insert(place, wire);
        }
    }
    wires
}

/// The place in a comment, if it is near the cells.
fn place(line: &str) -> Option<(u8, u8, &str)> {
    let inside = line.strip_prefix("// (")?.strip_suffix(')')?;
    let mut parts = inside.splitn(3, ", ");
    let (x, y) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let name = parts.next()?.strip_prefix('\'')?.strip_suffix('\'')?;
    (COLUMNS.contains(&x) && TILES.contains(&y)).then_some((x, y, name))
}

/// The cell as Verilog. An input without a wire is 0, as in icebox_vlog's own cells.
fn instance(name: &str, column: u8, runs: &[Run], wires: &Wires) -> String {
    let (mut inputs, mut text) = (Vec::<(&str, Vec<&str>)>::new(), format!("wire [15:0] {name}_out;\n"));
    let mut out = 0;
    for run in runs {
        for element in run.from..run.from + run.bits {
            let place = match run.place {
                Place::Input(input) => format!("lutff_{element}/in_{input}"),
                Place::Output => format!("slf_op_{element}"),
                Place::Clock => "clk".into(),
            };
            let wire = wires.get(&(column, run.y, place.as_str())).copied();
            match (&run.place, inputs.last_mut()) {
                (Place::Output, _) => {
                    if let Some(wire) = wire {
                        let _ = writeln!(text, "assign {wire} = {name}_out[{out}];");
                    }
                    out += 1;
                }
                (_, Some((port, bits))) if *port == run.port => bits.push(wire.unwrap_or("1'b0")),
                _ => inputs.push((run.port, vec![wire.unwrap_or("1'b0")])),
            }
        }
    }
    let connect = |(port, mut bits): (&str, Vec<&str>)| {
        bits.reverse();
        format!(".{port}({{{}}}), ", bits.join(", "))
    };
    let inputs: String = inputs.into_iter().map(connect).collect();
    let _ = writeln!(text, "SB_SPRAM256KA {name} ({inputs}.DATAOUT({name}_out));");
    text
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::*;

    const NETLIST: &str = "\
module top (clock);
wire n1;
// (0, 3, 'lutff_4/in_1')
// (0, 9, 'lutff_4/in_1')
wire n2;
// (0, 1, 'slf_op_0')
wire n3;
// (0, 1, 'clk')
wire n4;
// (0, 2, 'lutff_2/in_0')
endmodule
";

    /// A configuration in which the first cell of the first column is enabled.
    fn asc(device: &str) -> String {
        let tile = |column: u8, second: &str| format!(".ipcon_tile {column} 1\n00000000\n{second}\n");
        format!(".device {device}\n{}{}", tile(0, "00000001"), tile(25, "11111110"))
    }

    #[test]
    fn an_enabled_cell_is_joined_to_its_wires() {
        let text = with_cells(NETLIST, &asc("5k")).unwrap();
        assert_eq!(text.matches("SB_SPRAM256KA").count(), 1, "{text}");
        assert!(text.contains("SB_SPRAM256KA spram_0_0 ("), "{text}");
        assert!(text.contains("assign n2 = spram_0_0_out[0];"), "{text}");
        assert!(text.contains(".WREN({n1})") && text.contains(".CLOCK({n3})"), "{text}");
        assert!(text.contains(".CHIPSELECT({1'b0})"), "{text}");
        // Bit 10, behind three of the upper bits.
        assert!(text.contains(".ADDRESS({1'b0, 1'b0, 1'b0, n4, 1'b0"), "{text}");
        assert!(text.trim_end().ends_with("endmodule"));
    }

    #[test]
    fn another_chip_has_none_and_a_tile_that_is_missing_is_an_error() {
        assert_eq!(with_cells(NETLIST, &asc("8k")).unwrap(), NETLIST);
        let error = with_cells(NETLIST, &asc("5k").replace("tile 25", "tile 24")).unwrap_err();
        assert!(error.to_string().contains(".ipcon_tile 25 1"), "{error}");
    }

    #[test]
    fn every_port_is_whole_and_no_place_has_two() {
        let mut places = HashSet::new();
        for cell in &CELLS {
            let mut bits = BTreeMap::new();
            for run in cell.runs {
                *bits.entry(run.port).or_insert(0) += run.bits;
                let place = match run.place {
                    Place::Input(input) => input,
                    Place::Output => 4,
                    Place::Clock => 5,
                };
                let elements = run.from..run.from + run.bits;
                assert!(elements.end <= 8 && TILES.contains(&run.y));
                assert!(elements.into_iter().all(|element| places.insert((run.y, element, place))));
            }
            let expected = BTreeMap::from([
                ("ADDRESS", 14),
                ("CHIPSELECT", 1),
                ("CLOCK", 1),
                ("DATAIN", 16),
                ("DATAOUT", 16),
                ("MASKWREN", 4),
                ("POWEROFF", 1),
                ("SLEEP", 1),
                ("STANDBY", 1),
                ("WREN", 1),
            ]);
            assert_eq!(bits, expected);
        }
    }
}
