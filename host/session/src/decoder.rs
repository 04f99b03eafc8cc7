//! The decoding thread: items into the shared axis, and the analysis a few times a second.

use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError};
use ichiscope_capture::{HostClock, Item};
use ichiscope_replay::Batch;

use crate::{Shared, State};

/// How long the axis may be ahead of its analysis.
const ANALYSIS_PERIOD: Duration = Duration::from_millis(200);
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

/// Runs until the channel ends. `clock` is that of a running recording.
pub(crate) fn run(steps: &Receiver<Step>, shared: &Arc<RwLock<Shared>>, clock: Option<HostClock>) {
    let mut analysed = Instant::now();
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
        if stale && analysed.elapsed() >= ANALYSIS_PERIOD {
            write(shared).analyse();
            analysed = Instant::now();
            stale = false;
        }
    }
    let mut guard = write(shared);
    guard.intake.finish();
    guard.analyse();
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
