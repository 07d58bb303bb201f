//! The clock of a world, and its timers.

use std::time::{Duration, Instant as StdInstant};

use sockscope_engine::Instant;
use sockscope_engine::base::alarm::{self, Timers};
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// Sleeping by tokio's timers.
pub(super) type Alarm = alarm::Alarm<TokioTimers>;

/// A clock that was zero when the world began. Its steps are nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(StdInstant);

impl Clock {
    pub fn begin() -> Self {
        Self(StdInstant::now())
    }

    pub fn now(self) -> Instant {
        Instant::ORIGIN + self.0.elapsed()
    }
}

/// Tokio's timers, which count whole milliseconds and never come early.
pub(super) struct TokioTimers(pub Clock);

/// A task that sleeps and then rings.
pub(super) struct Ringing(AbortHandle);

impl Drop for Ringing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Timers for TokioTimers {
    type Timer = Ringing;

    fn now(&self) -> Instant {
        self.0.now()
    }

    fn set(&self, due: Instant, ring: impl FnOnce() + 'static) -> Ringing {
        let wait: Duration = due.since(self.0.now());
        let task = tokio::task::spawn_local(async move {
            sleep(wait).await;
            ring();
        });
        Ringing(task.abort_handle())
    }
}
