//! All captures of a folder, read and analysed on all cores.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam::channel::bounded;
use ichiscope_capture::Reader;
use ichiscope_evidence::{Context, EvidenceError};
use ichiscope_replay::load;
use ichiscope_verdict::Verdict;

use crate::Run;

/// Why a campaign cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The folder cannot be read.
    #[error("cannot read the folder {path}: {error}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// There is nothing in it.
    #[error("{path} holds no capture (*.mcap). Remedy: give the folder of the recordings")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the campaign cannot be written.
    #[error("cannot write {path}: {error}. Remedy: choose another folder with --out")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// The runs of a campaign.
#[derive(Debug)]
pub struct Campaign {
    /// The runs, oldest first.
    pub runs: Vec<Run>,
    /// Captures that could not be read, with the reason: they are runs of which nothing is known.
    pub unreadable: Vec<(String, String)>,
}

impl Campaign {
    /// The worst run decides, and a run that cannot be read is INCONCLUSIVE.
    pub fn verdict(&self) -> Verdict {
        let unread = (!self.unreadable.is_empty()).then_some(Verdict::Inconclusive);
        let worst = self.runs.iter().map(|r| r.verdict).chain(unread).max();
        worst.unwrap_or(Verdict::Inconclusive)
    }

    /// The runs, worst first; of one verdict the longest outage first.
    pub fn worst_first(&self) -> Vec<&Run> {
        let mut runs: Vec<&Run> = self.runs.iter().collect();
        runs.sort_by_key(|r| std::cmp::Reverse((r.verdict, r.longest_ns)));
        runs
    }
}

/// Reads every capture in `dir` (not in folders below it); `progress` hears how many are done.
///
/// # Errors
/// The folder cannot be read or holds no capture. A capture that cannot be read is no error: it is in the result.
pub fn collect(
    dir: &Path,
    context: &Context,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<Campaign, CampaignError> {
    let paths = captures(dir)?;
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(paths.len());
    let (results, inbox) = bounded(threads * 2);
    let mut campaign = Campaign { runs: Vec::new(), unreadable: Vec::new() };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (results, next, paths) = (results.clone(), &next, &paths);
            scope.spawn(move || {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if results.send((name_of(path), read(path, context))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(results);
        for (done, (name, result)) in inbox.iter().enumerate() {
            match result {
                Ok(run) => campaign.runs.push(*run),
                Err(error) => campaign.unreadable.push((name, error.to_string())),
            }
            progress(done + 1, paths.len());
        }
    });
    campaign.runs.sort_by(|a, b| (a.created_utc_ns, &a.capture).cmp(&(b.created_utc_ns, &b.capture)));
    campaign.unreadable.sort();
    Ok(campaign)
}

/// The captures in a folder; of a recording in several files only the first that is there.
fn captures(dir: &Path) -> Result<Vec<PathBuf>, CampaignError> {
    let failed = |error| CampaignError::Folder { path: dir.to_owned(), error };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        // What is no folder and cannot be opened is a run of which nothing is known.
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("mcap")) && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    let mut chains = HashSet::new();
    let paths: Vec<PathBuf> =
        paths.into_iter().filter(|path| begins_a_recording(path, &mut chains)).collect();
    if paths.is_empty() { Err(CampaignError::Empty { path: dir.to_owned() }) } else { Ok(paths) }
}

/// What cannot be opened is a run of its own, of which nothing is known.
fn begins_a_recording(path: &Path, chains: &mut HashSet<String>) -> bool {
    let chain = Reader::open(path).ok().and_then(|reader| reader.facts().chain.clone());
    chain.is_none_or(|chain| chains.insert(chain.id))
}

fn read(path: &Path, context: &Context) -> Result<Box<Run>, EvidenceError> {
    let mut recording = load(path, |_| ())?;
    let analysis = context.analyse(&mut recording)?;
    let first = recording.files.first().map_or(path, PathBuf::as_path);
    Ok(Box::new(Run::of(name_of(first), &recording, &analysis)))
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
