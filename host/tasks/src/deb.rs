//! The Debian package: built from what `cargo install` gives, and tried in a clean Debian root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Failed, cargo, command, output};

const FOLDER: &str = "target/deb";
/// What lintian need not say: the project has no mail address, and its log of changes is not in Debian's form.
const NOT_JUDGED: &str = "bogus-mail-host,no-changelog,no-copyright-file";

/// How the program is compiled for the package.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As users get it; takes long to compile.
    Release,
    /// What the tests have compiled already.
    Dev,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Profile::Release => "release",
            Profile::Dev => "dev",
        }
    }
}

/// Builds `target/deb/ichiscope_VERSION_ARCHITECTURE.deb` and gives its path.
pub(crate) fn build(profile: Profile) -> Result<PathBuf, Failed> {
    let folder = Path::new(FOLDER);
    let root = folder.join("root");
    if root.exists() {
        fs::remove_dir_all(&root).map_err(|e| failed(&root, &e))?;
    }
    make(&root.join("usr/bin"))?;
    let installed = folder.join("installed").display().to_string();
    let install = ["install", "--locked", "--force", "--quiet", "--path", "host/ichiscope"];
    cargo(&[install.as_slice(), &["--profile", profile.name(), "--root", &installed]].concat())?;
    let program = root.join("usr/bin/ichiscope");
    copy(&folder.join("installed/bin/ichiscope"), &program)?;
    command("strip", &[&program.display().to_string()])?;
    command(&program.display().to_string(), &["files", "--out", &root.join("usr").display().to_string()])?;
    documents(&root)?;
    compress(&root)?;
    let architecture = output("dpkg", &["--print-architecture"])?;
    control(folder, &root, architecture.trim())?;
    let package = folder.join(format!("ichiscope_{}_{}.deb", env!("CARGO_PKG_VERSION"), architecture.trim()));
    // The strongest compression costs minutes; a package for a test does not need it.
    let compression = if profile == Profile::Dev { ["-Zgzip", "-z1"] } else { ["-Zxz", "-z6"] };
    let (root, path) = (root.display().to_string(), package.display().to_string());
    command(
        "dpkg-deb",
        &[&["--root-owner-group"], compression.as_slice(), &["--build", &root, &path]].concat(),
    )?;
    command("lintian", &["--fail-on", "error", "--suppress-tags", NOT_JUDGED, &path])?;
    eprintln!("{path}");
    Ok(package)
}

/// The project's documents with the captures that they speak of, the licence and the log of changes.
fn documents(root: &Path) -> Result<(), Failed> {
    let share = root.join("usr/share/doc/ichiscope");
    copy(Path::new("README.md"), &share.join("README.md"))?;
    copy(Path::new("LICENSE"), &share.join("copyright"))?;
    copy(Path::new("CHANGELOG.md"), &share.join("CHANGELOG.md"))?;
    copy(Path::new("ARCHITECTURE.md"), &share.join("ARCHITECTURE.md"))?;
    copy_tree(Path::new("captures"), &share.join("captures"))?;
    copy_tree(Path::new("docs"), &share.join("docs"))
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Failed> {
    for entry in fs::read_dir(from).map_err(|e| failed(from, &e))? {
        let entry = entry.map_err(|e| failed(from, &e))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_tree(&path, &target)?;
        } else {
            copy(&path, &target)?;
        }
    }
    Ok(())
}

/// Manual pages are compressed, as Debian wants it.
fn compress(root: &Path) -> Result<(), Failed> {
    let pages = root.join("usr/share/man/man1");
    let mut files = Vec::new();
    for entry in fs::read_dir(&pages).map_err(|e| failed(&pages, &e))?.flatten() {
        files.push(entry.path().display().to_string());
    }
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    command("gzip", &[&["-9", "-n"], names.as_slice()].concat())
}

/// What the program is linked to is found out; what its window loads at run time is only recommended.
fn control(folder: &Path, root: &Path, architecture: &str) -> Result<(), Failed> {
    make(&folder.join("debian"))?;
    write(&folder.join("debian/control"), "Source: ichiscope\n\nPackage: ichiscope\nArchitecture: any\n")?;
    let found = Command::new("dpkg-shlibdeps")
        .args(["-O", "root/usr/bin/ichiscope"])
        .current_dir(folder)
        .output()
        .map_err(|e| Failed(format!("cannot start dpkg-shlibdeps: {e}")))?;
    let found = String::from_utf8_lossy(&found.stdout).into_owned();
    let depends = found
        .trim()
        .strip_prefix("shlibs:Depends=")
        .ok_or_else(|| Failed(format!("dpkg-shlibdeps said '{found}'")))?;
    make(&root.join("DEBIAN"))?;
    let text = format!(
        "Package: ichiscope\nVersion: {}\nSection: electronics\nPriority: optional\nArchitecture: {architecture}\n\
         Maintainer: the ichiscope project <ichiscope@localhost>\nDepends: {depends}\n\
         Recommends: libgl1, libxcursor1, libxi6, libxkbcommon-x11-0, udev\n\
         Description: measures how long a meter leaves its Communications Hub without supply\n \
         Records the ICHI supply of a smart electricity meter during a firmware upgrade,\n \
         decides against the 180 s rule with a guard band, and writes evidence.\n",
        env!("CARGO_PKG_VERSION")
    );
    write(&root.join("DEBIAN/control"), &text)
}

/// Installs the package in a clean Debian root, runs it there, and throws the root away.
pub(crate) fn check(package: &Path) -> Result<(), Failed> {
    // The clean root is fetched the way this system fetches packages.
    let fetch = Path::new(FOLDER).join("apt.conf");
    write(&fetch, &output("apt-config", &["dump", "Acquire"])?)?;
    let sources = sources()?;
    let options = format!("--aptopt={}", fetch.display());
    let script = absolute(Path::new("host/ichiscope/package/check.sh"))?;
    let package = absolute(package)?;
    let hook = format!("--customize-hook=sh '{}' \"$1\" '{}'", script.display(), package.display());
    let release = output("sh", &["-c", ". /etc/os-release && echo $VERSION_CODENAME"])?;
    let fixed = ["--quiet", "--variant=apt", &options, &hook, release.trim(), "/dev/null"];
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    command("mmdebstrap", &[fixed.as_slice(), sources.as_slice()].concat())
}

/// The files in which this system says where its packages come from.
fn sources() -> Result<Vec<String>, Failed> {
    let candidates = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"];
    let found = candidates.iter().find(|path| fs::metadata(path).is_ok_and(|m| m.len() > 0));
    found.map(|path| vec![(*path).to_owned()]).ok_or_else(|| {
        Failed(format!("none of {} is there: this check needs a Debian system", candidates.join(", ")))
    })
}

fn absolute(path: &Path) -> Result<PathBuf, Failed> {
    path.canonicalize().map_err(|e| failed(path, &e))
}

fn make(folder: &Path) -> Result<(), Failed> {
    fs::create_dir_all(folder).map_err(|e| failed(folder, &e))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    if let Some(folder) = to.parent() {
        make(folder)?;
    }
    fs::copy(from, to).map(|_| ()).map_err(|e| failed(from, &e))
}

fn write(path: &Path, text: &str) -> Result<(), Failed> {
    fs::write(path, text).map_err(|e| failed(path, &e))
}

fn failed(path: &Path, error: &std::io::Error) -> Failed {
    Failed(format!("{}: {error}", path.display()))
}
