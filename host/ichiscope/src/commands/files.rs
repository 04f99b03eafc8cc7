//! `files`: what belongs beside the program in a system: manual pages, completions, udev rule, menu entry, icon.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap_complete::Shell;

use crate::exit::Outcome;
use crate::output::print;

const DESKTOP_ENTRY: &str = include_str!("../../package/ichiscope.desktop");
const ICON: &str = include_str!("../../package/ichiscope.svg");
/// Where each shell looks below a prefix such as `/usr`.
const COMPLETIONS: [(Shell, &str, &str); 3] = [
    (Shell::Bash, "share/bash-completion/completions", "ichiscope"),
    (Shell::Zsh, "share/zsh/vendor-completions", "_ichiscope"),
    (Shell::Fish, "share/fish/vendor_completions.d", "ichiscope.fish"),
];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Prefix to write below, for example ~/.local
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(args: &Args, program: clap::Command) -> anyhow::Result<Outcome> {
    let pages = folder(&args.out, "share/man/man1")?;
    clap_mangen::generate_to(program.clone(), &pages)
        .with_context(|| format!("cannot write manual pages to {}", pages.display()))?;
    for (shell, place, name) in COMPLETIONS {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut program.clone(), "ichiscope", &mut script);
        write(&args.out, place, name, &script)?;
    }
    write(&args.out, "share/applications", "ichiscope.desktop", DESKTOP_ENTRY.as_bytes())?;
    write(&args.out, "share/icons/hicolor/scalable/apps", "ichiscope.svg", ICON.as_bytes())?;
    write(&args.out, "lib/udev/rules.d", "60-ichiscope.rules", ichiscope_link::UDEV_RULE.as_bytes())?;
    print(&format!("written below {}\n", args.out.display()))?;
    Ok(Outcome::Good)
}

fn folder(out: &Path, place: &str) -> anyhow::Result<PathBuf> {
    let folder = out.join(place);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

fn write(out: &Path, place: &str, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = folder(out, place)?.join(name);
    std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
