//! Handshakes that failed lately: a browser makes the next ones wait for them.

use std::collections::VecDeque;
use std::time::Duration;

use crate::engine::Instant;
use crate::engine::explain::Ended;

const LATELY: Duration = Duration::from_secs(60);

/// When handshakes failed.
#[derive(Default)]
pub(super) struct Failures(VecDeque<Instant>);

impl Failures {
    /// A connection has ended.
    pub fn note(&mut self, at: Instant, ended: &Ended) {
        if !ended.was_open {
            self.0.push_back(at);
        }
    }

    /// How many in the last minute.
    pub fn lately(&mut self, now: Instant) -> u16 {
        while self.0.front().is_some_and(|at| now - *at > LATELY) {
            self.0.pop_front();
        }
        u16::try_from(self.0.len()).unwrap_or(u16::MAX)
    }
}
