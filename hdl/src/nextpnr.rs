//! nextpnr: what it is given, and the part of its report that is used.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::boards::Board;

/// Arguments that place and route `top.json` with the constraints in `top.pcf` into `top.asc` and `report.json`; `own` are those that
/// not every run has.
pub(crate) fn arguments(board: &Board, own: &[&str]) -> Vec<String> {
    let (mhz, device) = (megahertz(board), format!("--{}", board.device));
    let files = ["--json", "top.json", "--pcf", "top.pcf", "--asc", "top.asc", "--report", "report.json"];
    let chip = [device.as_str(), "--package", board.package, "--freq", &mhz];
    let all = ["-q"].iter().chain(&files).chain(&chip).chain(own);
    all.map(|argument| (*argument).to_owned()).collect()
}

/// The clock that the board's design has to reach.
pub(crate) fn megahertz(board: &Board) -> String {
    (f64::from(board.config.tick_hz) / 1e6).to_string()
}

/// The part of nextpnr's report that is used.
#[derive(Deserialize)]
pub(crate) struct Report {
    pub(crate) fmax: BTreeMap<String, Fmax>,
    pub(crate) utilization: BTreeMap<String, Used>,
}

impl Report {
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|error| Error::Io { path: path.to_owned(), error })?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Error::Bitstream(format!("nextpnr's report cannot be read: {error}")))
    }
}

/// In MHz.
#[derive(Deserialize)]
pub(crate) struct Fmax {
    pub(crate) achieved: f64,
    pub(crate) constraint: f64,
}

/// Cells of a kind.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Used {
    pub(crate) used: u64,
    pub(crate) available: u64,
}
