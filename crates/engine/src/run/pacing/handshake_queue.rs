//! The queue of all handshakes of a run.
//!
//! Owns how many are pending at once, whichever steps and checks they belong to: a browser serialises handshakes and
//! delays bursts, and it does not know our steps. A cancelled handshake gives its place back.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::select;

use crate::base::notify::Notify;
use crate::{Instant, World};

/// A clone is another handle on the same queue.
#[derive(Clone, Default)]
pub(crate) struct HandshakeQueue(Rc<Inner>);

#[derive(Default)]
struct Inner {
    /// Those who wait, first come, first served. Only the first is woken, so that an open costs the same however many wait.
    queue: RefCell<BTreeMap<u64, Notify>>,
    next: Cell<u64>,
    pending: Cell<u64>,
    /// Places of handshakes that have ended, and until when they stay empty.
    resting: RefCell<Vec<Instant>>,
}

/// Leave to open one connection.
pub(crate) struct Turn {
    handshakes: HandshakeQueue,
    /// Whether more are pending than the world lets through without delay.
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
        let notify = Notify::default();
        inner.queue.borrow_mut().insert(number, notify.clone());
        let _ticket = Ticket { handshakes: self, number };
        let is_first = || inner.queue.borrow().first_key_value().is_some_and(|(first, _)| *first == number);
        notify.when(|| is_first().then_some(())).await;
        while !self.has_room(world.now(), pace) {
            let first = self.first_rest();
            // A place that has begun to rest since then ends at a moment of its own.
            let changed = || (self.has_room(world.now(), pace) || self.first_rest() != first).then_some(());
            let room = notify.when(changed);
            let rest = async {
                match first {
                    Some(first) => world.sleep(first - world.now()).await,
                    None => std::future::pending().await,
                }
            };
            select(Box::pin(room), Box::pin(rest)).await;
        }
        inner.pending.set(inner.pending.get() + 1);
        let opening = world.opening();
        let is_burst = opening.delays_more && inner.pending.get() > opening.at_once;
        Turn { handshakes: self.clone(), is_burst }
    }

    fn wake_first(&self) {
        let first = self.0.queue.borrow().first_key_value().map(|(_, notify)| notify.clone());
        first.iter().for_each(Notify::ring);
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
        self.handshakes.wake_first();
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.handshakes.0.queue.borrow_mut().remove(&self.number);
        self.handshakes.wake_first();
    }
}
