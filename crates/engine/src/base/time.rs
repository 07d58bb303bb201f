//! A moment on the clock that the world provides.
//!
//! Owns the unit (nanoseconds since the world began). It refuses to know which clock that is: the worker passes
//! `performance.now()`, a simulation its virtual time.

use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment, counted from the start of the world that stamped it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Instant(u64);

impl Instant {
    /// The start of the world.
    pub const ORIGIN: Self = Self(0);

    /// The moment that lies `nanos` nanoseconds after the start of the world.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The moment `performance.now()` calls `millis`. Rounded to a nanosecond, which is finer than any browser's clock.
    pub fn from_millis_f64(millis: f64) -> Self {
        Self((millis.max(0.0) * 1e6).round() as u64)
    }

    /// Nanoseconds since the start of the world.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_time_keeps_its_five_microseconds() {
        let a = Instant::from_millis_f64(1234.005);
        let b = Instant::from_millis_f64(1234.010);
        assert_eq!(b - a, Duration::from_micros(5));
    }

    #[test]
    fn time_never_runs_backwards() {
        let early = Instant::from_nanos(5);
        let late = Instant::from_nanos(9);
        assert_eq!(early - late, Duration::ZERO);
    }

    #[test]
    fn the_far_future_saturates() {
        assert_eq!((Instant::from_nanos(1) + Duration::MAX).as_nanos(), u64::MAX);
    }
}
