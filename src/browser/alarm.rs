//! The browser's timer, for the one alarm of a world.

use gloo_timers::callback::Timeout;

use super::clock;
use crate::engine::Instant;
use crate::engine::base::alarm::{self, Timers};

/// A timer counts whole milliseconds, and takes more than 24 days for none at all. Who waits longer waits again.
const LONGEST: u128 = i32::MAX as u128;

/// Sleeping by the browser's timers.
pub(super) type Alarm = alarm::Alarm<BrowserTimers>;

/// The browser's clock and its timers.
pub(super) struct BrowserTimers;

impl Timers for BrowserTimers {
    type Timer = Timeout;

    fn now(&self) -> Instant {
        clock::now()
    }

    fn set(&self, due: Instant, ring: impl FnOnce() + 'static) -> Timeout {
        let wait = due.since(clock::now());
        let millis = wait.as_nanos().div_ceil(1_000_000).min(LONGEST) as u32;
        Timeout::new(millis, ring)
    }
}
