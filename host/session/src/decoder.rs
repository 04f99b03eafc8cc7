//! The decoding thread: items into the shared axis, and the analysis a few times a second.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError};
use ichiscope_capture::{HostClock, Item};
use ichiscope_replay::Batch;

use crate::{Shared, State};

/// How long the axis may be ahead of its analysis while that costs little.
const ANALYSIS_PERIOD: Duration = Duration::from_millis(200);
/// An analysis is followed by so many times as long without one: it grows with the outages, and must not take the core from decoding.
const REST: u32 = 9;
/// However long it takes: what the screen says of a running outage is not older than this and one analysis.
const LONGEST_REST: Duration = Duration::from_secs(2);
/// Steps taken under one lock: short enough that the screen does not wait. A batch of a file is as much as these.
const STEPS: usize = 64;

/// What reaches the decoder.
pub(crate) enum Step {
    /// An item that was recorded.
    Item(Item),
    /// What was read from the files that are replayed, and how much of them is done.
    Batch { batch: Batch, fraction: f32 },
    /// Items were recorded that the decoder could not take.
    Skipped,
    /// How far the session is.
    State(State),
    /// Something the operator should know.
    Notice(String),
}

/// Takes the lock even if a thread died while it held it: the axis is append-only and stays usable.
pub(crate) fn write(shared: &RwLock<Shared>) -> RwLockWriteGuard<'_, Shared> {
    shared.write().unwrap_or_else(PoisonError::into_inner)
}

/// As [`write`], to look.
pub(crate) fn read(shared: &RwLock<Shared>) -> RwLockReadGuard<'_, Shared> {
    shared.read().unwrap_or_else(PoisonError::into_inner)
}

/// Runs until the channel ends. `clock` is that of a running recording.
pub(crate) fn run(steps: &Receiver<Step>, shared: &Arc<RwLock<Shared>>, clock: Option<HostClock>) {
    let mut due = Instant::now() + ANALYSIS_PERIOD;
    let mut stale = false;
    loop {
        match steps.recv_timeout(ANALYSIS_PERIOD) {
            Ok(first) => {
                let mut guard = write(shared);
                let mut taken = take(&mut guard, first, clock);
                while taken < STEPS
                    && let Ok(step) = steps.try_recv()
                {
                    taken += take(&mut guard, step, clock);
                }
                guard.revision += 1;
                stale = true;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if stale && Instant::now() >= due {
            due = Instant::now() + rest(renew(shared));
            stale = false;
        }
    }
    write(shared).intake.finish();
    renew(shared);
}

/// Makes the analysis anew, and says how long that took. The screen may look meanwhile, so it is not made under the lock that changes
/// things.
fn renew(shared: &RwLock<Shared>) -> Duration {
    let began = Instant::now();
    loop {
        let found = read(shared).analysed();
        if write(shared).take(found) {
            return began.elapsed();
        }
    }
}

/// How long nothing is analysed after an analysis that took so long.
fn rest(took: Duration) -> Duration {
    (took * REST).clamp(ANALYSIS_PERIOD, LONGEST_REST)
}

/// Returns how many steps it counts for.
fn take(shared: &mut Shared, step: Step, clock: Option<HostClock>) -> usize {
    match step {
        Step::Item(item) => {
            shared.intake.item(&item);
            if let (Some(clock), Item::Bytes { host_ns, .. }) = (clock, item) {
                shared.latency.add(clock.now_ns().saturating_sub(host_ns));
            }
        }
        Step::Batch { batch, fraction } => {
            shared.intake.batch(batch);
            shared.set_state(State::Loading { fraction });
            return STEPS;
        }
        Step::Skipped => shared.intake.skipped(),
        Step::State(state) => shared.set_state(state),
        Step::Notice(text) => {
            shared.notices.push(text);
            shared.revision += 1;
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use crossbeam::channel::bounded;
    use ichiscope_capture::{DeviceFacts, Facts};
    use ichiscope_verdict::Settings;

    use super::*;

    #[test]
    fn an_analysis_takes_a_tenth_of_a_core_at_most_until_the_screen_would_be_late() {
        assert_eq!(rest(Duration::from_millis(1)), ANALYSIS_PERIOD);
        for ms in [30, 100, 200] {
            let took = Duration::from_millis(ms);
            assert_eq!(took * 10, took + rest(took), "{ms} ms");
        }
        assert_eq!(rest(Duration::from_secs(5)), LONGEST_REST);
    }

    /// Whatever comes in, and however often.
    #[test]
    fn the_decoder_rests_between_analyses() {
        let facts = Facts::new("test", 0, DeviceFacts::default());
        let shared = Shared::new("run.mcap".into(), facts, Settings::default(), State::Ready);
        let shared = Arc::new(RwLock::new(shared));
        // It takes a step when it has done with the one before.
        let (steps, received) = bounded(0);
        let decoded = shared.clone();
        let began = Instant::now();
        let thread = std::thread::spawn(move || run(&received, &decoded, None));
        let mut analyses = vec![read(&shared).analysis().clone()];
        while began.elapsed() < ANALYSIS_PERIOD * 3 {
            steps.send(Step::State(State::Ready)).unwrap();
            let now = read(&shared).analysis().clone();
            if !Arc::ptr_eq(&now, &analyses[analyses.len() - 1]) {
                analyses.push(now);
            }
        }
        let most = began.elapsed().as_millis() / ANALYSIS_PERIOD.as_millis() + 1;
        let made = analyses.len() - 1;
        assert!(made >= 1 && made as u128 <= most, "{made} analyses in {:?}", began.elapsed());
        drop(steps);
        thread.join().unwrap();
    }
}
