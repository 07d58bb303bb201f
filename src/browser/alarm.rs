//! Sleeping, without a timer of the browser for each sleeper.
//!
//! Owns one timer, set for the sleeper that wakes first. Nearly every wait of a check is a bound that is never reached: the
//! answer comes long before. A timer for each would cost more than the answer. One rule: a sleeper is woken by the browser's
//! timer and by nothing else, so a sleep of no time at all yields to the event loop.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use gloo_timers::callback::Timeout;

use super::clock;
use crate::engine::Instant;

/// A timer counts whole milliseconds, and takes more than 24 days for none at all. Who waits longer waits again.
const LONGEST: u128 = i32::MAX as u128;

/// A clone sets the same timer.
#[derive(Clone, Default)]
pub(super) struct Alarm(Rc<Inner>);

#[derive(Default)]
struct Inner {
    /// Those who sleep, the first to wake first; of the same moment, the first to have asked.
    sleepers: RefCell<BTreeMap<(Instant, u64), Waker>>,
    next: Cell<u64>,
    set: RefCell<Option<(Instant, Timeout)>>,
}

impl Alarm {
    /// Ends after `wait` at the earliest, and not before the browser's event loop has had its turn.
    pub fn sleep(&self, wait: Duration) -> Sleep {
        self.until(clock::now() + wait)
    }

    /// Ends when that moment has come, as far as the browser's timer knows.
    pub fn until(&self, due: Instant) -> Sleep {
        let number = self.0.next.get();
        self.0.next.set(number + 1);
        Sleep { alarm: self.clone(), key: (due, number), sleeps: false }
    }

    fn set_for(&self, due: Instant) {
        if self.0.set.borrow().as_ref().is_some_and(|(at, _)| *at <= due) {
            return;
        }
        let wait = due.since(clock::now());
        let millis = wait.as_nanos().div_ceil(1_000_000).min(LONGEST) as u32;
        let inner = Rc::downgrade(&self.0);
        let timer = Timeout::new(millis, move || Self::rang(&inner, due));
        *self.0.set.borrow_mut() = Some((due, timer));
    }

    fn rang(inner: &Weak<Inner>, due: Instant) {
        let Some(inner) = inner.upgrade() else { return };
        let alarm = Self(inner);
        drop(alarm.0.set.borrow_mut().take());
        // A timer may come a little early; whom it was set for is woken all the same.
        let until = clock::now().max(due);
        let woken = {
            let mut sleepers = alarm.0.sleepers.borrow_mut();
            let later = sleepers.split_off(&(until, u64::MAX));
            std::mem::replace(&mut *sleepers, later)
        };
        let next = alarm.0.sleepers.borrow().first_key_value().map(|((due, _), _)| *due);
        if let Some(next) = next {
            alarm.set_for(next);
        }
        woken.into_values().for_each(Waker::wake);
    }
}

/// A sleep that has not ended. Dropped, it is forgotten.
pub(super) struct Sleep {
    alarm: Alarm,
    key: (Instant, u64),
    sleeps: bool,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.sleeps {
            let mut sleepers = self.alarm.0.sleepers.borrow_mut();
            let Some(waker) = sleepers.get_mut(&self.key) else { return Poll::Ready(()) };
            waker.clone_from(cx.waker());
            return Poll::Pending;
        }
        self.sleeps = true;
        self.alarm.0.sleepers.borrow_mut().insert(self.key, cx.waker().clone());
        self.alarm.set_for(self.key.0);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if self.sleeps {
            self.alarm.0.sleepers.borrow_mut().remove(&self.key);
        }
    }
}
