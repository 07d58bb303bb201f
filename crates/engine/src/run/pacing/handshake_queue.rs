//! The queue of all handshakes of a run.
//!
//! Owns how many are pending at once, whichever steps and checks they belong to: a browser serialises handshakes and
//! delays bursts, and it does not know our steps. A cancelled handshake gives its place back.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::select;

use crate::base::notify::Notify;
use crate::{Instant, World};

/// How many opens may be pending at once; Chromium delays more than that on purpose.
pub(crate) const PACE: u64 = 6;

/// A clone is another handle on the same queue.
#[derive(Clone, Default)]
pub(crate) struct HandshakeQueue(Rc<Inner>);

#[derive(Default)]
struct Inner {
    notify: Notify,
    /// Those who wait, first come, first served.
    queue: RefCell<VecDeque<u64>>,
    next: Cell<u64>,
    pending: Cell<u64>,
    /// Places of handshakes that have ended, and until when they stay empty.
    resting: RefCell<Vec<Instant>>,
}

/// Leave to open one connection.
pub(crate) struct Turn {
    handshakes: HandshakeQueue,
    /// Whether more are pending than a browser lets through without delay.
    pub is_burst: bool,
}

/// A place in the queue.
struct Ticket<'a> {
    handshakes: &'a HandshakeQueue,
    number: u64,
}

impl HandshakeQueue {
    /// Waits until fewer than `pace` handshakes are pending, and for those who came before.
    pub async fn enter<W: World>(&self, world: &W, pace: u64) -> Turn {
        let inner = &*self.0;
        let number = inner.next.get();
        inner.next.set(number + 1);
        inner.queue.borrow_mut().push_back(number);
        let _ticket = Ticket { handshakes: self, number };
        inner.notify.when(|| (inner.queue.borrow().front() == Some(&number)).then_some(())).await;
        while !self.has_room(world.now(), pace) {
            let first = self.first_rest();
            // A place that has begun to rest since then ends at a moment of its own.
            let changed = || (self.has_room(world.now(), pace) || self.first_rest() != first).then_some(());
            let room = inner.notify.when(changed);
            let rest = async {
                match first {
                    Some(first) => world.sleep(first - world.now()).await,
                    None => std::future::pending().await,
                }
            };
            select(Box::pin(room), Box::pin(rest)).await;
        }
        inner.pending.set(inner.pending.get() + 1);
        Turn { handshakes: self.clone(), is_burst: inner.pending.get() > PACE }
    }

    /// How many handshakes are under way.
    pub fn pending(&self) -> u64 {
        self.0.pending.get()
    }

    fn first_rest(&self) -> Option<Instant> {
        self.0.resting.borrow().iter().min().copied()
    }

    fn has_room(&self, now: Instant, pace: u64) -> bool {
        let mut resting = self.0.resting.borrow_mut();
        resting.retain(|until| *until > now);
        self.0.pending.get() + (resting.len() as u64) < pace
    }
}

impl Turn {
    /// The handshake has ended; the next one is not pressed onto its heels.
    pub fn leave(self, now: Instant, gap: Duration) {
        if !gap.is_zero() {
            self.handshakes.0.resting.borrow_mut().push(now + gap);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let inner = &*self.handshakes.0;
        inner.pending.set(inner.pending.get().saturating_sub(1));
        inner.notify.ring();
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let inner = &*self.handshakes.0;
        inner.queue.borrow_mut().retain(|known| *known != self.number);
        inner.notify.ring();
    }
}
