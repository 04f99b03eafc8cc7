//! Other tools' captures in: a file is read twice, first to find every error and then to write an ordinary capture.

mod axis;
mod csv;
mod decimal;
mod error;
mod frames;
mod lexer;
mod mapping;
mod phases;
mod scale;
mod sr;
mod survey;
mod time;
mod vcd;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ichiscope_capture::{Bench, ClockFacts, DeviceFacts, Facts, HostClock, Writer};
use ichiscope_replay::{EDGE_RESOLUTION_FACT, SettingsError, SubjectTold, facts_of, tell_subject};
use ichiscope_verdict::Settings;
use sha2::{Digest, Sha256};

pub use error::{ImportError, Wrong};
pub use mapping::Mapping;

use self::csv::Table;
use self::vcd::Vcd;
use axis::Axis;
use error::Fault;
use frames::{FrameWriter, Origin};
use phases::Mark;
use scale::Scale;
use sr::Session;
use survey::Survey;

/// A format that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Value Change Dump.
    Vcd,
    /// sigrok session.
    Sr,
    /// CSV as Saleae's Logic exports it.
    SaleaeCsv,
    /// Plain CSV of edges or volts.
    Csv,
}

impl Format {
    /// By the end of the name.
    pub fn of(path: &Path) -> Option<Format> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "vcd" => Some(Format::Vcd),
            "sr" => Some(Format::Sr),
            "csv" | "tsv" | "txt" => Some(Format::Csv),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Format::Vcd => "vcd",
            Format::Sr => "sr",
            Format::SaleaeCsv => "saleae-csv",
            Format::Csv => "csv",
        }
    }
}

/// What is to be imported, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// The file.
    pub file: PathBuf,
    /// Its format; by its name if not given.
    pub format: Option<Format>,
    /// Which name is which line.
    pub mapping: Mapping,
    /// Phases on the same axis: CSV, or JSON lines.
    pub phases: Option<PathBuf>,
    /// The clock's uncertainty (k = 2), ppb, if the operator knows it.
    pub clock_ppb: Option<u32>,
    /// `rail_mv` is in volts, whatever its name says.
    pub volts: bool,
    /// What was upgraded.
    pub subject: SubjectTold,
    /// What stood on the bench.
    pub bench: Bench,
    /// Name and version of the program.
    pub program: String,
}

/// What was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Ticks per second.
    pub tick_hz: u64,
    /// First and last tick.
    pub span: (u64, u64),
    /// Changes of levels.
    pub edges: u64,
    /// Stretches of which the file says nothing.
    pub gaps: u64,
}

/// A file whose head has been read.
enum Source {
    Vcd(Vcd<File>),
    Sr(Session),
    Csv(Table),
}

impl Source {
    fn open(request: &Request, format: Format) -> Result<Source, Fault> {
        let path = &request.file;
        // Without a word about it, a VCD's and a table's voltage is in mV, a sigrok session's and a Saleae table's in volts.
        let power = |volts: bool| if volts || request.volts { 9 } else { 6 };
        Ok(match format {
            Format::Vcd => Source::Vcd(Vcd::open(open(path)?, &request.mapping, power(false))?),
            Format::Sr => Source::Sr(Session::open(path, &request.mapping, power(true))?),
            Format::SaleaeCsv => Source::Csv(Table::open(path, &request.mapping, power(true))?),
            Format::Csv => Source::Csv(Table::open(path, &request.mapping, power(false))?),
        })
    }

    fn scale(&self) -> &Scale {
        match self {
            Source::Vcd(vcd) => &vcd.scale,
            Source::Sr(session) => &session.scale,
            Source::Csv(table) => &table.scale,
        }
    }

    /// How far the file's time 0 lies after tick 0: more than nothing if the file has negative times.
    fn zero_tick(&self) -> u64 {
        match self {
            Source::Csv(table) => table.zero_tick,
            Source::Vcd(_) | Source::Sr(_) => 0,
        }
    }

    /// The distance of the file's samples, ns, where an edge may lie anywhere between two of them.
    fn edge_resolution_ns(&self) -> u64 {
        match self {
            Source::Csv(table) => table.edge_resolution_ns(),
            Source::Vcd(_) | Source::Sr(_) => 0,
        }
    }

    fn read(self, axis: &mut Axis<'_>) -> Result<(), Fault> {
        match self {
            Source::Vcd(vcd) => vcd.read(axis),
            Source::Sr(session) => session.read(axis),
            Source::Csv(table) => table.read(axis),
        }
    }
}

/// Makes the capture `out` of a file.
///
/// # Errors
/// The file, the phases or the mapping are not understood; then `out` was not made. Or `out` exists or cannot be written.
pub fn import(request: &Request, out: &Path) -> Result<Imported, ImportError> {
    let file = &request.file;
    let format = request.format.or_else(|| Format::of(file));
    let format = format.ok_or_else(|| Fault::File(Wrong::Format.at(0)).of(file))?;
    let settings = Settings::default();
    let wired = request.mapping.wired();
    let source = Source::open(request, format).map_err(|fault| fault.of(file))?;
    let scale = source.scale().clone();
    let (zero_tick, edge_resolution_ns) = (source.zero_tick(), source.edge_resolution_ns());

    let mut survey = Survey::default();
    let last_tick = read(source, &mut Axis::new(wired, &settings.thresholds, &mut survey))
        .map_err(|fault| fault.of(file))?;
    if !survey.ever_known {
        return Err(Fault::File(Wrong::NeverTogether.at(0)).of(file));
    }
    let first_tick = survey.first_tick.unwrap_or(last_tick);
    let marks = match &request.phases {
        Some(path) => phases::read(path, &scale, zero_tick).map_err(|fault| fault.of(path))?,
        None => Vec::new(),
    };

    let sha256 = sha256(file).map_err(|fault| fault.of(file))?;
    let clock = HostClock::start();
    let mut facts = facts(request, format, clock.anchor_utc_ns(), &settings)?;
    let mut tell = |name: &str, value: String| facts.extra.insert(name.to_owned(), value);
    tell("import_sha256", sha256.iter().map(|b| format!("{b:02x}")).collect());
    tell("import_tick", scale.tick.clone());
    if zero_tick > 0 {
        tell("import_time_zero_tick", zero_tick.to_string());
    }
    if edge_resolution_ns > 0 {
        tell(EDGE_RESOLUTION_FACT, edge_resolution_ns.to_string());
    }
    let tick_hz = scale.told_hz().map_err(|wrong| Fault::File(wrong.at(0)).of(file))?;
    let id = u32::from_be_bytes([sha256[0], sha256[1], sha256[2], sha256[3]]);
    let origin = Origin { tick_hz, id, wired, first_tick };
    let writer = FrameWriter::new(Writer::create(out, &facts)?, clock.anchor_utc_ns(), origin);
    write(request, format, writer, &settings, &marks, last_tick).inspect_err(|_| {
        // What is there is half an import, made by this very call.
        let _ = std::fs::remove_file(out);
    })?;
    let span = (first_tick, last_tick);
    Ok(Imported { tick_hz: scale.tick_hz, span, edges: survey.edges, gaps: survey.gaps })
}

/// Reads everything; gives the last tick.
fn read(source: Source, axis: &mut Axis<'_>) -> Result<u64, Fault> {
    source.read(axis)?;
    let last_tick = axis.finish()?.ok_or(Wrong::Empty.at(0))?;
    match axis.never_known() {
        Some(line) => Err(Wrong::NeverKnown(line.name()).at(0).into()),
        None => Ok(last_tick),
    }
}

/// The second reading.
fn write(
    request: &Request,
    format: Format,
    mut writer: FrameWriter,
    settings: &Settings,
    marks: &[Mark],
    last_tick: u64,
) -> Result<(), ImportError> {
    let of_file = |fault: Fault| fault.of(&request.file);
    let source = Source::open(request, format).map_err(of_file)?;
    read(source, &mut Axis::new(request.mapping.wired(), &settings.thresholds, &mut writer))
        .map_err(of_file)?;
    for mark in marks {
        writer.note(mark.tick, mark.kind, mark.phase.name())?;
    }
    writer.finish(last_tick)?;
    Ok(())
}

fn facts(
    request: &Request,
    format: Format,
    created_utc_ns: u64,
    settings: &Settings,
) -> Result<Facts, SettingsError> {
    let name = request.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let device = DeviceFacts {
        serial: "import".to_owned(),
        description: format!("imported from {name} ({})", format.name()),
        ..DeviceFacts::default()
    };
    let mut facts = Facts::new(&*request.program, created_utc_ns, device);
    facts_of(settings, &mut facts);
    if let Some(uncertainty_ppb) = request.clock_ppb {
        facts.clock = ClockFacts { uncertainty_ppb, source: "operator".to_owned() };
    }
    facts.extra.insert("import_file".to_owned(), name);
    facts.extra.insert("import_format".to_owned(), format.name().to_owned());
    facts.extra.insert("import_map".to_owned(), request.mapping.text().to_owned());
    facts.bench.clone_from(&request.bench);
    tell_subject(&request.subject, &mut facts)?;
    Ok(facts)
}

fn open(path: &Path) -> Result<File, Fault> {
    File::open(path).map_err(|error| Wrong::Io(error.into()).at(0).into())
}

fn sha256(path: &Path) -> Result<[u8; 32], Fault> {
    let mut file = open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(n) => hash.update(&block[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Wrong::Io(error.into()).at(0).into()),
        }
    }
}
