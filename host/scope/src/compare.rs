//! Several captures side by side: read in the background, aligned on an event, with the differences of their phases.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossbeam::channel::{Receiver, bounded};
use ichiscope_session::{Edits, load};
use ichiscope_verdict::{Analysis, PhaseKind, Verdict};

use crate::digest::Digest;

/// A nanosecond's place on the common axis.
const NS_PER_S: i128 = 1_000_000_000;

/// What the captures are aligned on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// The start of the outage that decides (or of the longest one).
    #[default]
    RailOff,
    /// The start of the first activation command.
    Activation,
    /// The start of the recording.
    Start,
}

impl Align {
    /// All of them.
    pub const ALL: [Align; 3] = [Align::RailOff, Align::Activation, Align::Start];

    /// What stands on its button.
    pub const fn name(self) -> &'static str {
        match self {
            Align::RailOff => "rail off",
            Align::Activation => "activation",
            Align::Start => "start",
        }
    }
}

/// A capture of the comparison.
#[derive(Debug)]
pub struct Run {
    /// Its file.
    pub path: PathBuf,
    /// Its file's name.
    pub name: String,
    /// What follows from it.
    pub analysis: Analysis,
    /// Its intervals.
    pub digest: Digest,
}

impl Run {
    /// The tick that is put at 0 of the common axis; none if the run has no such event.
    pub fn event(&self, align: Align) -> Option<u64> {
        let (start, _) = self.analysis.span?;
        match align {
            Align::Start => Some(start),
            Align::Activation => {
                let command = |p: &&ichiscope_verdict::Phase| p.kind == PhaseKind::ActivationCommand;
                self.analysis.phases.iter().find(command).map(|p| p.start_tick)
            }
            Align::RailOff => self.decisive().map(|i| self.analysis.outages[i].start_tick),
        }
    }

    /// The outage that decides, or the longest one at the highest threshold.
    pub fn decisive(&self) -> Option<usize> {
        let longest = || self.digest.highest().iter().max_by_key(|i| i.end - i.start).map(|i| i.index);
        self.analysis.deciding.or_else(longest)
    }

    /// A tick on the common axis, ns from the event; none where the tick rate is not known.
    pub fn ns_from(&self, event: u64, tick: u64) -> Option<i128> {
        let hz = i128::from(self.analysis.tick_hz?);
        Some((i128::from(tick) - i128::from(event)) * NS_PER_S / hz)
    }

    /// How long a phase lasted, ns: the longest of its kind, and whether both its ends were seen.
    pub fn phase_ns(&self, kind: PhaseKind) -> Option<(u64, bool)> {
        let hz = u128::from(self.analysis.tick_hz?);
        let longest = self.analysis.phases.iter().filter(|p| p.kind == kind).max_by_key(|p| p.ticks())?;
        let ns = (u128::from(longest.ticks()) * 1_000_000_000 + hz / 2) / hz;
        Some((u64::try_from(ns).unwrap_or(u64::MAX), !longest.open_start && !longest.open_end))
    }

    /// How bad it is: the verdict, then the longest outage.
    fn badness(&self) -> (Verdict, u64) {
        let longest = self.decisive().map_or(0, |i| self.analysis.outages[i].duration_ns);
        (self.analysis.verdict, longest)
    }
}

/// The captures, as far as they are read.
#[derive(Debug)]
pub struct Comparison {
    /// Those that were read, in the order in which they were asked for.
    pub runs: Vec<Run>,
    /// Those that could not be read, and why.
    pub failed: Vec<(String, String)>,
    /// How many were asked for.
    pub total: usize,
    order: Vec<PathBuf>,
    results: Receiver<(PathBuf, Result<Option<Run>, String>)>,
    /// Further files of recordings that are read already.
    parts: usize,
    stop: Arc<AtomicBool>,
}

impl Comparison {
    /// Begins to read `paths` on all cores; `wake` is called whenever one is done.
    pub fn new(paths: Vec<PathBuf>, wake: impl Fn() + Send + Sync + 'static) -> Comparison {
        let total = paths.len();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(total.max(1));
        let (done, results) = bounded(threads * 2);
        let stop = Arc::new(AtomicBool::new(false));
        let work = Arc::new((paths.clone(), AtomicUsize::new(0), wake));
        let mut failed = Vec::new();
        for _ in 0..threads {
            let (work, done, stop) = (Arc::clone(&work), done.clone(), Arc::clone(&stop));
            let body = move || {
                let (paths, next, wake) = &*work;
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // Nobody listens any more once the comparison was closed.
                    if stop.load(Ordering::Relaxed) || done.send((path.clone(), read(path))).is_err() {
                        return;
                    }
                    wake();
                }
            };
            if let Err(error) = std::thread::Builder::new().name("compare".to_owned()).spawn(body) {
                failed.push(("a reading thread".to_owned(), error.to_string()));
            }
        }
        Comparison { runs: Vec::new(), failed, total, order: paths, results, parts: 0, stop }
    }

    /// Takes what was read since the last time.
    pub fn update(&mut self) {
        for (path, result) in self.results.try_iter() {
            match result {
                Ok(Some(run)) => self.runs.push(run),
                Ok(None) => self.parts += 1,
                Err(why) => self.failed.push((name_of(&path), why)),
            }
        }
        let place = |run: &Run| self.order.iter().position(|p| *p == run.path);
        self.runs.sort_by_key(place);
    }

    /// Whether everything was read.
    pub fn is_complete(&self) -> bool {
        self.runs.len() + self.failed.len() + self.parts >= self.total
    }

    /// The runs, worst first.
    pub fn worst_first(&self) -> Vec<&Run> {
        let mut runs: Vec<&Run> = self.runs.iter().collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.badness()));
        runs
    }

    /// The phases that occur in any run, in their order.
    pub fn phases(&self) -> Vec<PhaseKind> {
        let occurs =
            |kind: &PhaseKind| self.runs.iter().any(|r| r.analysis.phases.iter().any(|p| p.kind == *kind));
        PhaseKind::ALL.into_iter().filter(occurs).collect()
    }

    /// From the earliest to the latest ns of the common axis that any run has.
    pub fn span_ns(&self, align: Align) -> Option<(i128, i128)> {
        let span = |run: &Run| {
            let (first, last) = run.analysis.span?;
            let event = run.event(align)?;
            Some((run.ns_from(event, first)?, run.ns_from(event, last)?))
        };
        let spans = self.runs.iter().filter_map(span);
        spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

impl Drop for Comparison {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Captures by what was asked for: those in a folder, by name, or the file itself.
///
/// # Errors
/// The folder cannot be read or holds none.
pub fn captures(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        std::fs::read_dir(path).map_err(|e| format!("cannot read the folder {}: {e}", path.display()))?;
    let is_capture = |p: &PathBuf| p.extension().is_some_and(|e| e == "mcap") && p.is_file();
    let mut found: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|e| e.path()).filter(is_capture).collect();
    found.sort();
    if found.is_empty() {
        return Err(format!(
            "{} holds no capture (*.mcap). Remedy: name the folder of the recordings",
            path.display()
        ));
    }
    Ok(found)
}

/// A recording in several files is read once, with its first file; for the others nothing is given.
fn read(path: &Path) -> Result<Option<Run>, String> {
    let mut recording = load(path, |_| ()).map_err(|e| e.to_string())?;
    let is_first = recording.files.first().is_none_or(|first| first.file_name() == path.file_name());
    if !is_first && recording.files.iter().any(|f| f.file_name() == path.file_name()) {
        return Ok(None);
    }
    let edits = Edits::path_of(path);
    if edits.exists() {
        let edits = Edits::read(&edits).map_err(|e| e.to_string())?;
        recording.apply(&edits).map_err(|e| e.to_string())?;
    }
    let analysis = recording.analyse();
    let digest = Digest::new(&analysis);
    Ok(Some(Run { path: path.to_owned(), name: name_of(path), analysis, digest }))
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
