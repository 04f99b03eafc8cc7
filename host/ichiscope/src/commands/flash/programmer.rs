//! The programs that write an iCE40 board's flash: iceprog and openFPGALoader.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// A programmer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    /// From Debian's package fpga-icestorm
    Iceprog,
    /// From Debian's package openfpgaloader
    #[value(name = "openfpgaloader")]
    OpenFpgaLoader,
}

impl Kind {
    const fn program(self) -> &'static str {
        match self {
            Kind::Iceprog => "iceprog",
            Kind::OpenFpgaLoader => "openFPGALoader",
        }
    }

    const fn package(self) -> &'static str {
        match self {
            Kind::Iceprog => "fpga-icestorm",
            Kind::OpenFpgaLoader => "openfpgaloader",
        }
    }

    /// Writes the flash, so that the board starts with it from then on. All three boards have it at channel A of an FT2232H.
    fn arguments(self, file: &str, serial: Option<&str>) -> Vec<String> {
        let mut arguments = Vec::new();
        match self {
            Kind::Iceprog => {
                arguments.extend(
                    serial.map(|s| ["-d".to_owned(), format!("s:0x0403:0x6010:{s}")]).into_iter().flatten(),
                );
            }
            Kind::OpenFpgaLoader => {
                arguments.extend(["-b", "ice40_generic", "-f"].map(str::to_owned));
                arguments
                    .extend(serial.map(|s| ["--ftdi-serial".to_owned(), s.to_owned()]).into_iter().flatten());
            }
        }
        arguments.push(file.to_owned());
        arguments
    }
}

/// A programmer that is installed.
pub(super) struct Programmer {
    kind: Kind,
    path: PathBuf,
}

impl Programmer {
    /// Looks on the search path: for this one, or for the first of both that is there.
    pub(super) fn find(wanted: Option<Kind>) -> anyhow::Result<Programmer> {
        let kinds = wanted.map_or(vec![Kind::Iceprog, Kind::OpenFpgaLoader], |kind| vec![kind]);
        let names = kinds.iter().map(|kind| kind.program()).collect::<Vec<_>>().join(" nor ");
        let packages = kinds.iter().map(|kind| kind.package()).collect::<Vec<_>>().join(" or ");
        let found =
            kinds.into_iter().find_map(|kind| Some(Programmer { kind, path: on_path(kind.program())? }));
        found.with_context(|| {
            format!("no programmer: {names} is not on the search path. Remedy: install the package {packages} (Debian), or OSS CAD Suite elsewhere")
        })
    }

    /// Writes `bitstream` to the board; what the programmer says goes to standard error.
    pub(super) fn write(&self, bitstream: &[u8], serial: Option<&str>) -> anyhow::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix("ichiscope-")
            .suffix(".bin")
            .tempfile()
            .context("cannot make a temporary file for the bitstream")?;
        file.write_all(bitstream)
            .and_then(|()| file.flush())
            .context("cannot write the temporary bitstream")?;
        let name = file.path().display().to_string();
        let program = self.kind.program();
        let status = Command::new(&self.path)
            .args(self.kind.arguments(&name, serial))
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .status()
            .with_context(|| format!("cannot start {}", self.path.display()))?;
        if !status.success() {
            bail!(
                "{program} did not write the board ({status}); what it said stands above. Remedy: connect the board, see that \
                 `ichiscope doctor` lists it as ready and that no other program has it"
            );
        }
        Ok(())
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&paths).map(|folder| folder.join(&name)).find(|path| path.is_file())
}
