//! The programs that the tests of the exchange run: this one, Python with its packages, and Debian's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// The packages and their versions.
const REQUIREMENTS: &str = "duckdb==2.0.0\nperfetto==0.59.1\nprotobuf==7.36.2\npywellen==0.25.7\n";

/// How a run of this program ended.
pub struct Ended {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Ended {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stderr))
    }
}

/// Runs this program.
pub fn ichiscope(args: &[&str]) -> Ended {
    let out = Command::new(env!("CARGO_BIN_EXE_ichiscope")).args(args).output().expect("the program runs");
    Ended {
        code: out.status.code().expect("an exit code"),
        stdout: out.stdout,
        stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

/// A script beside this file.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchange").join(name)
}

/// Runs a program and gives what it printed.
pub fn run(command: &mut Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap().to_string_lossy().into_owned();
    let package = match program.as_str() {
        "vcd2fst" => "gtkwave",
        "python3" | "python" => "python3 and python3-venv",
        other => other,
    };
    let remedy = format!("Remedy: install the Debian package {package} (cargo task setup)");
    let out = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}. {remedy}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{command:?} failed:\n{stdout}\n{stderr}");
    stdout.into_owned()
}

/// Python that needs nothing beside its own library.
pub fn python() -> Command {
    Command::new("python3")
}

/// Python with the packages, in a virtual environment below the build's own folder, made once.
pub fn python_with_packages() -> Command {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    let python = READY.get_or_init(|| {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-exchange");
        let (python, list) = (home.join("bin/python"), home.join("requirements.txt"));
        if std::fs::read_to_string(&list).is_ok_and(|found| found == REQUIREMENTS) {
            return python;
        }
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(Command::new(&python).args(pip).args(REQUIREMENTS.lines()));
        // Written last: it says that the environment is whole.
        std::fs::write(&list, REQUIREMENTS).unwrap();
        python
    });
    Command::new(python)
}
