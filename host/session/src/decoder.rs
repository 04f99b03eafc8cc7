//! The decoding thread: items into the shared axis, and the analysis a few times a second.

use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError};
use ichiscope_capture::{Damage, HostClock, Item};
use ichiscope_replay::{FileDamage, feed_damage, feed_item};
use ichiscope_timeline::LinkBreak;

use crate::{Shared, State};

/// How long the axis may be ahead of its analysis.
const ANALYSIS_PERIOD: Duration = Duration::from_millis(200);
/// Items taken under one lock: short enough that the screen does not wait.
const BATCH: usize = 64;

/// What reaches the decoder.
pub(crate) enum Step {
    /// An item that was recorded.
    Item(Item),
    /// A damaged part of the file that is replayed.
    Damage { offset: u64, bytes: u64, what: Damage },
    /// Items were recorded that the decoder could not take.
    Skipped,
    /// How far the session is.
    State(State),
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
                take(&mut guard, first, clock);
                steps.try_iter().take(BATCH).for_each(|step| take(&mut guard, step, clock));
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
    guard.builder.finish();
    guard.analyse();
}

fn take(shared: &mut Shared, step: Step, clock: Option<HostClock>) {
    match step {
        Step::Item(item) => {
            feed_item(&mut shared.builder, &item);
            if let (Some(clock), Item::Bytes { host_ns, .. }) = (clock, item) {
                shared.latency.add(clock.now_ns().saturating_sub(host_ns));
            }
        }
        Step::Damage { offset, bytes, what } => {
            feed_damage(&mut shared.builder, &what);
            shared.damage.push(FileDamage {
                offset,
                bytes,
                what: what.to_string(),
                loses_items: what.loses_items(),
            });
        }
        Step::Skipped => shared.builder.link_break(0, LinkBreak::NotShown),
        Step::State(state) => shared.set_state(state),
    }
}
