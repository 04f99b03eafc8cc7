//! The manifest's detached signature, with keys that people have: minisign or ssh.
//!
//! Signing is left to the tools `minisign` and `ssh-keygen`, which ask for a key's password themselves. A minisign signature is
//! checked here; one of ssh by `ssh-keygen`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use minisign_verify::{PublicKey, Signature as Minisign};

use crate::manifest::MANIFEST;

/// What an ssh signature is made for; a signature for another purpose is none.
const NAMESPACE: &str = "ichiscope-evidence";
const MINISIG: &str = "manifest.json.minisig";
const SSHSIG: &str = "manifest.json.sig";

/// Why the manifest could not be signed, or its signature not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// A file cannot be read or written.
    #[error("cannot read or write {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A key of another kind.
    #[error(
        "{path} is no key that is known. Remedy: give a minisign key (minisign -G) or an OpenSSH key (ssh-keygen -t ed25519)"
    )]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// A signature is there already.
    #[error(
        "{path} exists; a signature is never overwritten. Remedy: write the evidence into another folder"
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The tool is missing.
    #[error("cannot run {tool}: {error}. Remedy: install it (Debian packages: minisign, openssh-client)")]
    Tool {
        /// Its name.
        tool: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// The tool failed.
    #[error("{tool} did not sign: {said}. Remedy: check the key and its password")]
    NotSigned {
        /// Its name.
        tool: &'static str,
        /// What it said.
        said: String,
    },
}

/// What is known of an evidence's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// There is none, and none was asked for.
    None,
    /// There is one; no key was given.
    NotChecked(&'static str),
    /// It is the key's.
    Good(&'static str),
    /// It is missing, or not that key's for this manifest; why.
    Bad(String),
}

/// Signs the manifest in `dir` with the secret key in the file `key`; gives the signature's file.
///
/// # Errors
/// The key is not known, a signature exists, or the tool fails.
pub fn sign(dir: &Path, key: &Path) -> Result<PathBuf, SignatureError> {
    let is_minisign = match read(key)?.as_slice() {
        bytes if bytes.starts_with(b"untrusted comment:") => true,
        bytes if bytes.starts_with(b"-----BEGIN OPENSSH PRIVATE KEY-----") => false,
        _ => return Err(SignatureError::Key { path: key.to_owned() }),
    };
    let (tool, name) = if is_minisign { ("minisign", MINISIG) } else { ("ssh-keygen", SSHSIG) };
    let (manifest, signature) = (dir.join(MANIFEST), dir.join(name));
    if signature.exists() {
        return Err(SignatureError::Exists { path: signature });
    }
    let mut command = Command::new(tool);
    if is_minisign {
        command
            .args(["-S", "-t", NAMESPACE, "-s"])
            .arg(key)
            .arg("-x")
            .arg(&signature)
            .arg("-m")
            .arg(&manifest);
    } else {
        command.args(["-Y", "sign", "-n", NAMESPACE, "-f"]).arg(key).arg(&manifest);
    }
    let out =
        command.stdin(Stdio::inherit()).output().map_err(|error| SignatureError::Tool { tool, error })?;
    if out.status.success() && signature.is_file() {
        return Ok(signature);
    }
    let said = [out.stdout, out.stderr].concat();
    Err(SignatureError::NotSigned { tool, said: String::from_utf8_lossy(&said).trim().to_owned() })
}

/// Looks at the signature of the manifest in `dir`, with the public key in the file `key` if there is one.
///
/// # Errors
/// A file cannot be read, the key is not known, or `ssh-keygen` is missing.
pub fn signature(dir: &Path, key: Option<&Path>) -> Result<Signature, SignatureError> {
    let Some(key) = key else {
        let there = [MINISIG, SSHSIG].into_iter().find(|name| dir.join(name).is_file());
        return Ok(there.map_or(Signature::None, Signature::NotChecked));
    };
    let public = String::from_utf8_lossy(&read(key)?).into_owned();
    if let Ok(public) = PublicKey::decode(&public) {
        return minisign(dir, &public);
    }
    if ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| public.starts_with(kind)) {
        return ssh(dir, &public);
    }
    Err(SignatureError::Key { path: key.to_owned() })
}

fn minisign(dir: &Path, public: &PublicKey) -> Result<Signature, SignatureError> {
    let path = dir.join(MINISIG);
    if !path.is_file() {
        return Ok(Signature::Bad(format!("there is no {MINISIG}")));
    }
    let text = String::from_utf8_lossy(&read(&path)?).into_owned();
    let checked =
        Minisign::decode(&text).and_then(|s| public.verify(&read_or_empty(&dir.join(MANIFEST)), &s, false));
    Ok(match checked {
        Ok(()) => Signature::Good(MINISIG),
        Err(error) => {
            Signature::Bad(format!("{MINISIG} is not this key's signature of this manifest: {error}"))
        }
    })
}

fn ssh(dir: &Path, public: &str) -> Result<Signature, SignatureError> {
    let (manifest, path) = (dir.join(MANIFEST), dir.join(SSHSIG));
    if !path.is_file() {
        return Ok(Signature::Bad(format!("there is no {SSHSIG}")));
    }
    let folder =
        tempfile::tempdir().map_err(|error| SignatureError::Io { path: std::env::temp_dir(), error })?;
    let allowed = folder.path().join("allowed_signers");
    let line = format!("signer {}\n", public.lines().next().unwrap_or_default());
    fs::write(&allowed, line).map_err(|error| SignatureError::Io { path: allowed.clone(), error })?;
    let input = File::open(&manifest).map_err(|error| SignatureError::Io { path: manifest, error })?;
    let out = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-I", "signer", "-n", NAMESPACE, "-f"])
        .arg(&allowed)
        .arg("-s")
        .arg(&path)
        .stdin(input)
        .output()
        .map_err(|error| SignatureError::Tool { tool: "ssh-keygen", error })?;
    Ok(if out.status.success() {
        Signature::Good(SSHSIG)
    } else {
        Signature::Bad(format!("{SSHSIG} is not this key's signature of this manifest"))
    })
}

fn read(path: &Path) -> Result<Vec<u8>, SignatureError> {
    fs::read(path).map_err(|error| SignatureError::Io { path: path.to_owned(), error })
}

fn read_or_empty(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}
