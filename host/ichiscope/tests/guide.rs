//! The guide, followed word by word: every command of `docs/guide` is run, and what it shows below a command must come out.
//!
//! A block that begins with ```` ```console not-run ```` is not run, and the line above it must say why; its commands must be
//! such that the program takes them. A command that ends in `# exit code N` must end so, every other one with 0. Lines that begin with `>` go on with the command, as in a shell.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Words of the sentence that must stand above a block that is not run.
const NOT_RUN: &str = "ot run by the guide's test";
const EXIT_CODE: &str = "# exit code ";

#[derive(Debug, Default)]
struct Step {
    command: String,
    exit_code: i32,
    shows: Vec<String>,
    /// Only looked at.
    not_run: bool,
}

fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide")
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = fs::read_dir(guide())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    pages.sort();
    pages
}

/// The commands of a page in their order.
fn steps(page: &str, name: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut fence: Option<&str> = None;
    let mut last_words = "";
    for line in page.lines() {
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(kind) };
            if fence == Some("console not-run") {
                assert!(last_words.contains(NOT_RUN), "{name}: above a block that is not run it must say so");
            }
        } else if let Some(kind @ ("console" | "console not-run")) = fence {
            take(line, kind != "console", &mut steps, name);
        } else if fence.is_none() && !line.trim().is_empty() {
            last_words = line;
        }
    }
    assert!(fence.is_none(), "{name}: a block has no end");
    steps
}

/// A line that goes on with the command: behind a backslash, or after `>`.
fn goes_on(step: &mut Step, line: &str) -> bool {
    if step.shows.is_empty() && step.command.ends_with('\\') {
        step.command.pop();
        step.command.push_str(line.trim_start());
        return true;
    }
    let Some(more) = line.strip_prefix('>') else { return false };
    step.command.push('\n');
    step.command.push_str(more.strip_prefix(' ').unwrap_or(more));
    true
}

fn take(line: &str, not_run: bool, steps: &mut Vec<Step>, name: &str) {
    if steps.last_mut().is_some_and(|step| goes_on(step, line)) {
        return;
    }
    let Some(command) = line.strip_prefix("$ ") else {
        let step = steps.last_mut().unwrap_or_else(|| panic!("{name}: a block begins without a command"));
        step.shows.push(line.to_owned());
        return;
    };
    let (command, exit_code) = match command.split_once(EXIT_CODE) {
        Some((command, code)) => (command, code.trim().parse().unwrap()),
        None => (command, 0),
    };
    steps.push(Step { command: command.trim().to_owned(), exit_code, shows: Vec::new(), not_run });
}

/// The folder of the program first in PATH, and no screen.
fn shell(command: &str, folder: &Path) -> (Option<i32>, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_ichiscope")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("DOCS", guide().parent().unwrap().canonicalize().unwrap())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn follow(page: &Path) -> usize {
    let name = page.file_name().unwrap().to_string_lossy().into_owned();
    let folder = tempfile::tempdir().unwrap();
    let steps = steps(&fs::read_to_string(page).unwrap(), &name);
    for Step { command, exit_code, shows, not_run } in &steps {
        if *not_run {
            assert!(shows.is_empty(), "{name}: {command}: what is not run shows nothing");
            is_taken(command, &name, folder.path());
            continue;
        }
        let (code, output) = shell(command, folder.path());
        assert_eq!(code, Some(*exit_code), "{name}: {command}\n{output}");
        for line in shows {
            assert!(output.contains(line.trim()), "{name}: {command}: no '{line}' in\n{output}");
        }
    }
    steps.iter().filter(|step| !step.not_run).count()
}

/// A command that is not run: with `--help` behind it the program says no to an option that it does not have, and does nothing.
fn is_taken(command: &str, name: &str, folder: &Path) {
    if command.starts_with("ichiscope ") {
        let (code, output) = shell(&format!("{command} --help"), folder);
        assert_eq!(code, Some(0), "{name}: {command}\n{output}");
    }
}

#[test]
fn the_guide_can_be_followed_word_by_word() {
    let pages = pages();
    assert!(pages.len() >= 10, "only {} pages", pages.len());
    let commands: usize = pages.iter().map(|page| follow(page)).sum();
    assert!(commands >= 45, "only {commands} commands");
}

/// A page that shows what does not come out, or ends otherwise, fails.
#[test]
fn a_wrong_page_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |text: &str| {
        let page = folder.path().join("page.md");
        fs::write(&page, text).unwrap();
        std::panic::catch_unwind(|| follow(&page)).is_err()
    };
    assert!(!fails("```console\n$ ichiscope --version\nichiscope\n```\n"));
    assert!(fails("```console\n$ ichiscope --version\nsomething else\n```\n"));
    assert!(fails("```console\n$ ichiscope analyse no-such-file\n```\n"));
    assert!(!fails("```console\n$ ichiscope analyse no-such-file    # exit code 1\nno-such-file\n```\n"));
    assert!(fails("Words.\n\n```console not-run\n$ reboot\n```\n"));
    let not_run =
        |command: &str| format!("Not run by the guide's test.\n\n```console not-run\n{command}\n```\n");
    assert!(!fails(&not_run("$ reboot")));
    assert!(!fails(&not_run("$ ichiscope record --device X \\\n    --out x.mcap")));
    assert!(fails(&not_run("$ ichiscope record --device X \\\n    --no-such-option")));
    assert!(fails(&not_run("$ ichiscope no-such-command")));
}
