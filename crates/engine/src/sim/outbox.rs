//! A slow network.
//!
//! Owns the bytes that wait to leave one connection. It refuses to know messages: the senders ask when theirs will be
//! gone.

use std::cell::Cell;
use std::time::Duration;

use crate::Instant;

/// What has been sent and has not gone out.
#[derive(Default)]
pub(super) struct Outbox {
    /// When all of it will have gone out.
    empty_at: Cell<Instant>,
    /// What never will.
    stuck: Cell<u64>,
}

impl Outbox {
    /// When these bytes will have gone out.
    pub fn put(&self, bytes: usize, takes: Option<u64>, now: Instant) -> Option<Instant> {
        match takes {
            None => Some(now),
            Some(0) => {
                self.stuck.set(self.stuck.get() + bytes as u64);
                None
            }
            Some(rate) => {
                let took = Duration::from_secs_f64(bytes as f64 / rate as f64);
                self.empty_at.set(self.empty_at.get().max(now) + took);
                Some(self.empty_at.get())
            }
        }
    }

    /// How many bytes have not gone out.
    pub fn bytes(&self, takes: Option<u64>, now: Instant) -> u64 {
        let left = self.empty_at.get().since(now).as_secs_f64();
        self.stuck.get() + (left * takes.unwrap_or_default() as f64).ceil() as u64
    }
}
