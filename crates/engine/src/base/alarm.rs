//! Sleeping, without a timer for each sleeper.
//!
//! Owns one timer, set for the sleeper that wakes first. Nearly every wait of a check is a bound that is never reached: the
//! answer comes long before. A timer for each would cost more than the answer. One rule: a sleeper is woken by the timer and by
//! nothing else, so a sleep of no time at all yields to the event loop.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::Instant;

/// What an alarm is made of: a clock and its timers.
pub trait Timers: 'static {
    /// A timer that is set. Dropped, it never rings.
    type Timer: 'static;

    /// The moment on the clock.
    fn now(&self) -> Instant;
    /// Rings when that moment has come, or a little earlier, and never before this returns.
    fn set(&self, due: Instant, ring: impl FnOnce() + 'static) -> Self::Timer;
}

/// A clone sets the same timer.
pub struct Alarm<T: Timers>(Rc<Inner<T>>);

impl<T: Timers> Clone for Alarm<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct Inner<T: Timers> {
    timers: T,
    /// Those who sleep, the first to wake first; of the same moment, the first to have asked.
    sleepers: RefCell<BTreeMap<(Instant, u64), Waker>>,
    next: Cell<u64>,
    set: RefCell<Option<(Instant, T::Timer)>>,
}

impl<T: Timers> Alarm<T> {
    /// An alarm on these timers.
    pub fn new(timers: T) -> Self {
        Self(Rc::new(Inner {
            timers,
            sleepers: RefCell::default(),
            next: Cell::new(0),
            set: RefCell::new(None),
        }))
    }

    /// Ends after `wait` at the earliest, and not before the event loop has had its turn.
    pub fn sleep(&self, wait: Duration) -> Sleep<T> {
        self.until(self.0.timers.now() + wait)
    }

    /// Ends when that moment has come, as far as the timer knows.
    pub fn until(&self, due: Instant) -> Sleep<T> {
        let number = self.0.next.get();
        self.0.next.set(number + 1);
        Sleep { alarm: self.clone(), key: (due, number), sleeps: false }
    }

    /// Ends when that moment has passed.
    pub async fn pass(self, deadline: Instant) {
        while self.0.timers.now() <= deadline {
            self.until(deadline + Duration::from_nanos(1)).await;
        }
    }

    fn set_for(&self, due: Instant) {
        if self.0.set.borrow().as_ref().is_some_and(|(at, _)| *at <= due) {
            return;
        }
        let inner = Rc::downgrade(&self.0);
        let timer = self.0.timers.set(due, move || Self::rang(&inner, due));
        *self.0.set.borrow_mut() = Some((due, timer));
    }

    fn rang(inner: &Weak<Inner<T>>, due: Instant) {
        let Some(inner) = inner.upgrade() else { return };
        let alarm = Self(inner);
        drop(alarm.0.set.borrow_mut().take());
        // A timer may come a little early; whom it was set for is woken all the same.
        let until = alarm.0.timers.now().max(due);
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
pub struct Sleep<T: Timers> {
    alarm: Alarm<T>,
    key: (Instant, u64),
    sleeps: bool,
}

impl<T: Timers> Future for Sleep<T> {
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

impl<T: Timers> Drop for Sleep<T> {
    fn drop(&mut self) {
        if self.sleeps {
            self.alarm.0.sleepers.borrow_mut().remove(&self.key);
        }
    }
}
