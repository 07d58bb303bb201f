//! The queue of run requests: one at work, and at most one that waits.
//!
//! Owns which request is next. A new one stops the one at work and replaces the one that waits, since the page shows one run
//! at a time; so events of two never mix.

use std::cell::{Cell, RefCell};

use crate::engine::run::Stop;
use crate::wire::checks::RunRequest;

/// A request, and what stops it: at work, and also while it still waits.
pub(super) struct Queued {
    pub request: RunRequest,
    pub stop: Stop,
}

/// The requests of the page.
#[derive(Default)]
pub(super) struct Queue {
    next: RefCell<Option<Queued>>,
    /// Stops the one at work.
    at_work: RefCell<Stop>,
    /// Whether a task takes requests until none waits.
    has_task: Cell<bool>,
}

impl Queue {
    /// Puts in a new request. Returns whether a task has to be started that takes it.
    pub fn put(&self, request: RunRequest) -> bool {
        self.at_work.borrow().stop();
        *self.next.borrow_mut() = Some(Queued { request, stop: Stop::default() });
        !self.has_task.replace(true)
    }

    /// Stops the request at work and the one that waits.
    pub fn stop(&self) {
        self.at_work.borrow().stop();
        if let Some(next) = &*self.next.borrow() {
            next.stop.stop();
        }
    }

    /// The next request, which is at work from now on; none when none waits, and then the task ends.
    pub fn take(&self) -> Option<Queued> {
        let next = self.next.take();
        match &next {
            Some(next) => *self.at_work.borrow_mut() = next.stop.clone(),
            None => self.has_task.set(false),
        }
        next
    }

    /// Whether a newer request waits for the one at work to end.
    pub fn has_newer(&self) -> bool {
        self.next.borrow().is_some()
    }
}
