//! The files that belong to a run and lie beside its capture: which ones they are, as the operator named them.
//!
//! Kept as `NAME.mcap.beside.json`. A path is relative to the capture's folder if the file lies in it, so that both can be moved together.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ichiscope_session::Paths;
use serde::{Deserialize, Serialize};

/// The version of the file that is written and read.
const VERSION: u32 = 1;
/// A longer file is none of ours.
const MAX_BYTES: u64 = 1 << 20;
/// What tells a file's kind stands within so many bytes at its front.
const HEAD: u64 = 4096;

/// What a file beside a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BesideKind {
    /// The meter's profile: rules for its console.
    Profile,
    /// The phase log of another system.
    PhaseLog,
    /// The front end's profile: levels, delays, scale of the ADC.
    FrontEnd,
    /// The clock's certificate.
    Calibration,
}

impl BesideKind {
    /// All of them, in the order of the dialog.
    pub const ALL: [BesideKind; 4] =
        [BesideKind::Profile, BesideKind::PhaseLog, BesideKind::FrontEnd, BesideKind::Calibration];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            BesideKind::Profile => "meter profile",
            BesideKind::PhaseLog => "phase log",
            BesideKind::FrontEnd => "front end",
            BesideKind::Calibration => "clock certificate",
        }
    }

    /// What stands beside its field in the dialog.
    pub const fn label(self) -> &'static str {
        match self {
            BesideKind::Profile => "Meter profile (TOML): rules for its console",
            BesideKind::PhaseLog => "Phase log of another system (CSV or JSON lines)",
            BesideKind::FrontEnd => "Front end (TOML): levels, delays, scale of the ADC",
            BesideKind::Calibration => "Clock certificate (TOML)",
        }
    }

    /// What a file is, by its first lines.
    ///
    /// # Errors
    /// It cannot be read, or is none of them.
    pub fn of_file(path: &Path) -> Result<BesideKind, String> {
        let name = path.display();
        let mut head = Vec::new();
        let read = fs::File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
        read.map_err(|error| format!("cannot read {name}: {error}"))?;
        let text = String::from_utf8_lossy(&head);
        let formats = [
            ("ichiscope-profile-", BesideKind::Profile),
            ("ichiscope-front-end-", BesideKind::FrontEnd),
            ("ichiscope-clock-", BesideKind::Calibration),
        ];
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
        let is_log = matches!(ending.as_str(), "csv" | "json" | "jsonl");
        let known = formats.into_iter().find(|(format, _)| text.contains(format)).map(|(_, kind)| kind);
        known.or(is_log.then_some(BesideKind::PhaseLog)).ok_or_else(|| {
            format!(
                "{name} is no capture, and none of the files that lie beside one. Remedy: .mcap, a TOML file with the key `format`, or \
                 a phase log as .csv or .jsonl (docs/context.md)"
            )
        })
    }
}

/// The files, by their paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phases: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    front_end: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calibration: Option<PathBuf>,
}

impl Default for Beside {
    fn default() -> Beside {
        Beside { version: VERSION, profile: None, phases: None, front_end: None, calibration: None }
    }
}

impl Beside {
    /// Where it is kept which files belong to a capture.
    pub fn path_of(capture: &Path) -> PathBuf {
        let mut name = capture.file_name().unwrap_or_default().to_owned();
        name.push(".beside.json");
        capture.with_file_name(name)
    }

    /// No file is named.
    pub fn is_empty(&self) -> bool {
        *self == Beside::default()
    }

    /// The path of a file as it was named.
    pub fn get(&self, kind: BesideKind) -> Option<&Path> {
        match kind {
            BesideKind::Profile => &self.profile,
            BesideKind::PhaseLog => &self.phases,
            BesideKind::FrontEnd => &self.front_end,
            BesideKind::Calibration => &self.calibration,
        }
        .as_deref()
    }

    /// With this path, or none, for a file; relative to the capture's folder if it lies in it.
    #[must_use]
    pub fn with(mut self, kind: BesideKind, path: Option<&Path>, capture: &Path) -> Beside {
        let capture = std::path::absolute(capture).unwrap_or_else(|_| capture.to_owned());
        let inside = |path: &Path| path.strip_prefix(capture.parent()?).ok().map(Path::to_owned);
        let path = path.map(|path| inside(path).unwrap_or_else(|| path.to_owned()));
        match kind {
            BesideKind::Profile => self.profile = path,
            BesideKind::PhaseLog => self.phases = path,
            BesideKind::FrontEnd => self.front_end = path,
            BesideKind::Calibration => self.calibration = path,
        }
        self
    }

    /// Where the files are.
    pub fn paths(&self, capture: &Path) -> Paths {
        let of = |kind| self.get(kind).map(|path| capture.parent().unwrap_or(Path::new("")).join(path));
        Paths {
            profile: of(BesideKind::Profile),
            phases: of(BesideKind::PhaseLog),
            front_end: of(BesideKind::FrontEnd),
            calibration: of(BesideKind::Calibration),
            edits: None,
        }
    }

    /// Names of the kinds of files that there are, for the screen.
    pub fn names(&self) -> String {
        let named = BesideKind::ALL.into_iter().filter(|kind| self.get(*kind).is_some());
        named.map(BesideKind::name).collect::<Vec<_>>().join(", ")
    }

    /// What was kept at `path`.
    ///
    /// # Errors
    /// It cannot be read, or is not what was kept.
    pub fn read(path: &Path) -> Result<Beside, String> {
        let fail = |error: String| {
            format!(
                "{} does not name files beside the capture: {error}. Remedy: move it away",
                path.display()
            )
        };
        let mut bytes = Vec::new();
        let read = fs::File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
        read.map_err(|error| fail(error.to_string()))?;
        let beside: Beside = serde_json::from_slice(&bytes).map_err(|error| fail(error.to_string()))?;
        match beside.version {
            VERSION => Ok(beside),
            other => Err(fail(format!("version {other}"))),
        }
    }

    /// Keeps it: beside the name first, then by one rename. Where no file is named, nothing is kept.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let write = || -> io::Result<()> {
            if self.is_empty() {
                return if path.exists() { fs::remove_file(path) } else { Ok(()) };
            }
            let part = path.with_extension("part");
            fs::write(&part, serde_json::to_vec_pretty(self)?)?;
            fs::rename(&part, path)
        };
        write().map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_in_the_capture_s_folder_move_with_it() {
        let capture = Path::new("/bench/run.mcap");
        let beside = Beside::default()
            .with(BesideKind::Profile, Some(Path::new("/bench/meters/a.toml")), capture)
            .with(BesideKind::PhaseLog, Some(Path::new("/elsewhere/log.csv")), capture);
        assert_eq!(beside.get(BesideKind::Profile), Some(Path::new("meters/a.toml")));
        let moved = beside.paths(Path::new("/archive/run.mcap"));
        assert_eq!(moved.profile, Some("/archive/meters/a.toml".into()));
        assert_eq!(moved.phases, Some("/elsewhere/log.csv".into()));
        assert_eq!((moved.front_end, moved.edits), (None, None));
        assert_eq!(beside.names(), "meter profile, phase log");
    }

    #[test]
    fn what_was_kept_comes_back_and_nothing_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let capture = folder.path().join("run.mcap");
        let path = Beside::path_of(&capture);
        assert_eq!(path, folder.path().join("run.mcap.beside.json"));
        let beside = Beside::default().with(BesideKind::FrontEnd, Some(Path::new("/f.toml")), &capture);
        beside.write(&path).unwrap();
        assert_eq!(Beside::read(&path).unwrap(), beside);
        Beside::default().write(&path).unwrap();
        assert!(!path.exists());
        for wrong in ["{", "{\"version\": 2}", "{\"version\": 1, \"phase\": \"/a\"}"] {
            fs::write(&path, wrong).unwrap();
            let error = Beside::read(&path).unwrap_err();
            assert!(error.contains("run.mcap.beside.json") && error.contains("Remedy"), "{error}");
        }
    }

    #[test]
    fn a_file_is_known_by_its_first_lines() {
        let folder = tempfile::tempdir().unwrap();
        let cases = [
            ("a.toml", "# ours\nformat = \"ichiscope-profile-1\"\n", Some(BesideKind::Profile)),
            ("b.toml", "format = \"ichiscope-front-end-1\"\n", Some(BesideKind::FrontEnd)),
            ("c.toml", "format = \"ichiscope-clock-1\"\n", Some(BesideKind::Calibration)),
            ("d.csv", "time_s,phase,event\n", Some(BesideKind::PhaseLog)),
            ("e.JSONL", "{}\n", Some(BesideKind::PhaseLog)),
            ("f.toml", "name = \"x\"\n", None),
            ("g.png", "\u{89}PNG", None),
        ];
        for (name, text, kind) in cases {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            assert_eq!(BesideKind::of_file(&path).ok(), kind, "{name}");
        }
        assert!(BesideKind::of_file(&folder.path().join("none")).unwrap_err().contains("none"));
    }
}
