//! Work on a thread of its own that says how far it is and can be cancelled: evidence, pictures.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{Builder, JoinHandle};

use crossbeam::channel::{Receiver, bounded};

/// How finely progress is told.
const PARTS: f32 = 1000.0;

/// What became of the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done: what, and where it is.
    Done(String),
    /// It was not: why, and what to do.
    Failed(String),
    /// It was cancelled: what is left of it.
    Cancelled(String),
}

/// The work's side: it says how far it is, and hears whether it is still wanted.
#[derive(Clone, Debug, Default)]
pub struct Leash {
    parts: Arc<AtomicU32>,
    is_cancelled: Arc<AtomicBool>,
}

impl Leash {
    /// Tells the share that is done, 0..=1; whether to go on.
    pub fn goes_on(&self, share: f32) -> bool {
        self.parts.store((share * PARTS) as u32, Ordering::Relaxed);
        !self.is_cancelled.load(Ordering::Relaxed)
    }
}

/// Work that goes on.
#[derive(Debug)]
pub struct Job {
    leash: Leash,
    outcome: Receiver<Outcome>,
    thread: Option<JoinHandle<()>>,
}

impl Job {
    /// Begins `work`; `wake` is called when it has ended.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn start(
        work: impl FnOnce(&Leash) -> Outcome + Send + 'static,
        wake: impl FnOnce() + Send + 'static,
    ) -> Result<Job, String> {
        let leash = Leash::default();
        let held = leash.clone();
        let (done, outcome) = bounded(1);
        let body = move || {
            // Whoever began it waits for it, at the latest when it is dropped.
            let _ = done.send(work(&held));
            wake();
        };
        let thread = Builder::new().name("export".to_owned()).spawn(body);
        let thread = thread.map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Job { leash, outcome, thread: Some(thread) })
    }

    /// The share that is done, 0..=1.
    pub fn share(&self) -> f32 {
        self.leash.parts.load(Ordering::Relaxed) as f32 / PARTS
    }

    /// It is not wanted any more; it ends soon.
    pub fn cancel(&self) {
        self.leash.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// What became of it, once it has ended.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome.try_recv().ok()
    }
}

impl Drop for Job {
    /// What is not looked at any more is cancelled, so that nothing half done stays when the program ends.
    fn drop(&mut self) {
        self.cancel();
        if let Some(thread) = self.thread.take() {
            // Had it panicked, there would be nobody to tell.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_followed_cancelled_and_waited_for() {
        let (begun, has_begun) = bounded(1);
        let (woken, is_woken) = bounded(1);
        let work = move |leash: &Leash| {
            begun.send(leash.goes_on(0.25)).unwrap();
            while leash.goes_on(0.5) {
                std::thread::yield_now();
            }
            Outcome::Cancelled("nothing".into())
        };
        let job = Job::start(work, move || woken.send(()).unwrap()).unwrap();
        assert_eq!(has_begun.recv(), Ok(true));
        assert!((0.25..=0.5).contains(&job.share()) && job.outcome().is_none());
        job.cancel();
        is_woken.recv().unwrap();
        assert_eq!(job.outcome(), Some(Outcome::Cancelled("nothing".into())));
    }

    #[test]
    fn dropping_it_ends_it() {
        let (ended, has_ended) = bounded(1);
        let work = move |leash: &Leash| {
            while leash.goes_on(0.0) {
                std::thread::yield_now();
            }
            ended.send(()).unwrap();
            Outcome::Cancelled(String::new())
        };
        drop(Job::start(work, || ()).unwrap());
        assert_eq!(has_ended.try_recv(), Ok(()), "dropping has waited for it");
    }
}
