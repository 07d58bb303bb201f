//! The conditions under which a run takes place: how late the event loop comes, whether the page is out of sight, whether
//! connections are opened in a burst.
//!
//! Owns what is known of the running check and of the whole run. It refuses to judge; that is in [`judge`](super::judge).

use std::cell::{Cell, Ref, RefCell};
use std::time::Duration;

use super::judge::Harness;
use crate::metrics::Histogram;
use crate::report::{Environment, Millis};

/// What the harness does to a run.
pub(crate) struct Conditions {
    /// How late the event loop was.
    lag: RefCell<Histogram>,
    /// Since the check began: the worst lag, whether the page was out of sight, and whether connections were opened faster
    /// than a browser lets them.
    worst_lag: Cell<Duration>,
    /// The same since the last tick.
    tick_lag: Cell<Duration>,
    was_hidden: Cell<bool>,
    has_burst: Cell<bool>,
    /// The same two since the run began.
    was_ever_hidden: Cell<bool>,
    had_burst: Cell<bool>,
    /// Whether the page is known to be out of sight for all of the run.
    is_hidden_always: bool,
}

impl Conditions {
    pub fn new(is_hidden_always: bool) -> Self {
        Self {
            lag: RefCell::new(Histogram::new()),
            worst_lag: Cell::default(),
            tick_lag: Cell::default(),
            was_hidden: Cell::default(),
            has_burst: Cell::default(),
            was_ever_hidden: Cell::default(),
            had_burst: Cell::default(),
            is_hidden_always,
        }
    }

    /// A check begins, about which nothing is known yet.
    pub fn begin_check(&self) {
        self.worst_lag.set(Duration::ZERO);
        self.tick_lag.set(Duration::ZERO);
        self.was_hidden.set(false);
        self.has_burst.set(false);
    }

    /// A timer came this late.
    pub fn timer_came(&self, late: Duration) {
        self.lag.borrow_mut().record(late);
        self.stood_still(late);
    }

    /// The event loop stood still for this long.
    pub fn stood_still(&self, late: Duration) {
        self.worst_lag.set(self.worst_lag.get().max(late));
        self.tick_lag.set(self.tick_lag.get().max(late));
    }

    /// How late the event loop was at worst since this was asked last.
    pub fn lag_of_tick(&self) -> Duration {
        self.tick_lag.take()
    }

    /// Looks whether the page is out of sight.
    pub fn look(&self, is_hidden: bool) {
        if is_hidden || self.is_hidden_always {
            self.was_hidden.set(true);
            self.was_ever_hidden.set(true);
        }
    }

    /// More connections were opened at once than a browser lets through without delay.
    pub fn burst(&self) {
        self.has_burst.set(true);
        self.had_burst.set(true);
    }

    /// How late the event loop was before the first check.
    pub fn begin_with(&self, lag: Histogram) {
        *self.lag.borrow_mut() = lag;
    }

    /// A run that ends before its first timer has seen nothing come late.
    pub fn end(&self) {
        let mut lag = self.lag.borrow_mut();
        if lag.is_empty() {
            lag.record(Duration::ZERO);
        }
    }

    pub fn lag(&self) -> Ref<'_, Histogram> {
        self.lag.borrow()
    }

    /// What excuses the running check.
    pub fn of_check(&self, clock_step: Duration) -> Harness {
        Harness {
            worst_lag: self.worst_lag.get(),
            has_burst: self.has_burst.get(),
            was_hidden: self.was_hidden.get(),
            clock_step,
        }
    }

    /// What excuses the whole run.
    pub fn of_run(&self, clock_step: Duration) -> Harness {
        Harness {
            worst_lag: self.lag.borrow().summary().map_or(Duration::ZERO, |lag| lag.max),
            has_burst: self.had_burst.get(),
            was_hidden: self.was_ever_hidden.get(),
            clock_step,
        }
    }

    /// Where the run takes place, with what was measured.
    pub fn environment(&self, known: &Environment) -> Environment {
        let lag = self.lag.borrow().summary();
        Environment {
            loop_lag_p99_ms: lag.map_or(0.0, |lag| Millis::from(lag.p99).0),
            hidden: self.was_ever_hidden.get(),
            ..known.clone()
        }
    }
}
