//! How long to wait before a lost connection is opened again.
//!
//! Pure arithmetic: exponential backoff with a cap and jitter, so that a thousand clients that lost a server together
//! do not return together.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::close::Codes;

/// The rule of waiting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Backoff {
    /// The first wait.
    pub first: Duration,
    /// No wait is longer, before it is spread.
    pub most: Duration,
    /// Each wait is this many percent of the one before; 200 doubles.
    pub factor_percent: u16,
    /// Each wait is spread by this many percent to either side.
    pub jitter_percent: u8,
    /// This many attempts; none when it never gives up.
    pub attempts: Option<u32>,
    /// After these close codes it stays closed.
    pub not_after: Codes,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            most: Duration::from_secs(30),
            factor_percent: 200,
            jitter_percent: 20,
            attempts: None,
            // An application that says its own code means it: the session was revoked, the token is no longer good.
            not_after: Codes::new([(4000, 4999)]),
        }
    }
}

impl Backoff {
    /// How long to wait before the attempt with this number, from 0; none when no attempt is left. `random` is any
    /// number.
    pub fn wait(&self, attempt: u32, random: u64) -> Option<Duration> {
        if self.attempts.is_some_and(|most| attempt >= most) {
            return None;
        }
        let most = self.most.as_micros().min(u128::from(u64::MAX / 1000));
        let mut wait = self.first.as_micros().min(most);
        let factor = u128::from(self.factor_percent.max(100));
        for _ in 0..attempt {
            let next = (wait * factor / 100).min(most);
            if next == wait {
                break;
            }
            wait = next;
        }
        let spread = wait * u128::from(self.jitter_percent.min(100)) / 100;
        let wait = wait - spread + (u128::from(random) % (2 * spread + 1));
        Some(Duration::from_micros(wait as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact() -> Backoff {
        Backoff { jitter_percent: 0, ..Backoff::default() }
    }

    #[track_caller]
    fn check(backoff: &Backoff, attempt: u32, millis: u64) {
        assert_eq!(backoff.wait(attempt, 7), Some(Duration::from_millis(millis)), "attempt {attempt}");
    }

    #[test]
    fn each_wait_is_twice_the_one_before_up_to_the_cap() {
        for (attempt, millis) in
            [(0, 500), (1, 1000), (2, 2000), (5, 16_000), (6, 30_000), (u32::MAX, 30_000)]
        {
            check(&exact(), attempt, millis);
        }
    }

    #[test]
    fn the_spread_stays_within_its_bounds_and_reaches_them() {
        let backoff = Backoff::default();
        let waits: Vec<_> = (0..400_000).filter_map(|random| backoff.wait(0, random)).collect();
        assert_eq!(waits.iter().min(), Some(&Duration::from_millis(400)));
        assert_eq!(waits.iter().max(), Some(&Duration::from_millis(600)));
    }

    #[test]
    fn attempts_are_counted() {
        let backoff = Backoff { attempts: Some(2), ..exact() };
        assert!(backoff.wait(1, 0).is_some());
        assert_eq!(backoff.wait(2, 0), None);
    }

    #[test]
    fn nothing_overflows_and_a_factor_below_one_never_shrinks_the_wait() {
        let wild = Backoff { first: Duration::MAX, most: Duration::MAX, factor_percent: u16::MAX, ..exact() };
        assert!(wild.wait(u32::MAX, u64::MAX).is_some());
        check(&Backoff { factor_percent: 0, ..exact() }, 9, 500);
        check(&Backoff { first: Duration::ZERO, ..exact() }, 9, 0);
    }
}
