//! What other tasks want one connection to send. Two lanes, a bound, and a request to close.
//!
//! **Invariant:** posting never waits. A member that does not keep up is asked to close; the sender does not notice.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::budget::{self, Share};
use super::close::Close;

/// Which lane a message waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Lane {
    /// In the order posted.
    #[default]
    Normal,
    /// Before everything in the normal lane.
    Urgent,
}

/// The reason given to a client that does not read.
pub const TOO_SLOW: &str = "reads too slowly: too much is waiting to be sent";
/// What a queued message costs beside its bytes.
const OVERHEAD: usize = 64;

#[derive(Debug)]
struct Waiting {
    urgent: VecDeque<Bytes>,
    normal: VecDeque<Bytes>,
    size: usize,
    close: Option<Close>,
    waker: Option<Waker>,
    share: Share,
}

/// The queue to one connection. Its task takes from it; any code may post.
#[derive(Debug)]
pub struct Outbox {
    limit: usize,
    waiting: Mutex<Waiting>,
    /// False lets the connection's task skip the lock: an echo asks for every message it receives.
    has_news: AtomicBool,
}

/// A message to the connection's task.
#[derive(Debug, PartialEq, Eq)]
pub enum Order {
    /// Send this text.
    Send(Bytes),
    /// Close with this.
    Close(Close),
}

impl Outbox {
    /// An outbox for at most `limit` bytes, which are counted in a share.
    pub fn new(limit: usize, share: Share) -> Self {
        let waiting = Waiting {
            urgent: VecDeque::new(),
            normal: VecDeque::new(),
            size: 0,
            close: None,
            waker: None,
            share,
        };
        Self { limit, waiting: Mutex::new(waiting), has_news: AtomicBool::new(true) }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a text message; false when the connection is closing, or now has to.
    pub fn post(&self, lane: Lane, text: &Bytes) -> bool {
        let mut waiting = self.waiting();
        if waiting.close.is_some() {
            return false;
        }
        waiting.size += text.len() + OVERHEAD;
        let (size, is_slow) = (waiting.size, waiting.size > self.limit);
        if !waiting.share.set(size) || is_slow {
            waiting.urgent = VecDeque::new();
            waiting.normal = VecDeque::new();
            waiting.size = 0;
            let _ = waiting.share.set(0);
            waiting.close = Some(if is_slow { Close::new(1013, TOO_SLOW) } else { budget::close() });
        } else if lane == Lane::Urgent {
            waiting.urgent.push_back(text.clone());
        } else {
            waiting.normal.push_back(text.clone());
        }
        let is_queued = waiting.close.is_none();
        self.wake(waiting);
        is_queued
    }

    /// Asks the connection to close once what is queued before is sent. The first request counts.
    pub fn close(&self, close: Close) {
        let mut waiting = self.waiting();
        waiting.close.get_or_insert(close);
        self.wake(waiting);
    }

    fn wake(&self, mut waiting: MutexGuard<'_, Waiting>) {
        self.has_news.store(true, Ordering::Release);
        let waker = waiting.waker.take();
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The request to close, if messages that waited were given up for it. For a connection that cannot
    /// take messages now.
    pub fn poll_overflow(&self, cx: &mut Context<'_>) -> Poll<Order> {
        let mut waiting = self.waiting();
        if let (Some(close), true) = (&waiting.close, waiting.normal.is_empty() && waiting.urgent.is_empty())
        {
            return Poll::Ready(Order::Close(close.clone()));
        }
        waiting.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Takes the next order. Only the connection's own task may ask: it is the one that is woken.
    pub fn poll_order(&self, cx: &mut Context<'_>) -> Poll<Order> {
        if !self.has_news.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        let mut waiting = self.waiting();
        if let Some(text) = waiting.urgent.pop_front().or_else(|| waiting.normal.pop_front()) {
            waiting.size -= text.len() + OVERHEAD;
            let size = waiting.size;
            // It has become less.
            let _ = waiting.share.set(size);
            return Poll::Ready(Order::Send(text));
        }
        if let Some(close) = &waiting.close {
            return Poll::Ready(Order::Close(close.clone()));
        }
        waiting.waker = Some(cx.waker().clone());
        self.has_news.store(false, Ordering::Release);
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ws::budget::Budget;

    fn next(outbox: &Outbox) -> Option<Order> {
        match outbox.poll_order(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(order) => Some(order),
            Poll::Pending => None,
        }
    }

    fn send(text: &'static str) -> Option<Order> {
        Some(Order::Send(Bytes::from_static(text.as_bytes())))
    }

    #[test]
    fn urgent_messages_go_before_normal_ones() {
        let outbox = Outbox::new(1000, Budget::new(1 << 20).share());
        for (lane, text) in
            [(Lane::Normal, "a"), (Lane::Urgent, "b"), (Lane::Normal, "c"), (Lane::Urgent, "d")]
        {
            assert!(outbox.post(lane, &Bytes::from_static(text.as_bytes())));
        }
        for expected in ["b", "d", "a", "c"] {
            assert_eq!(next(&outbox), send(expected));
        }
        assert_eq!(next(&outbox), None);
    }

    #[test]
    fn what_was_queued_before_a_close_is_sent_before_it() {
        let outbox = Outbox::new(1000, Budget::new(1 << 20).share());
        outbox.post(Lane::Normal, &Bytes::from_static(b"a"));
        outbox.close(Close::new(4000, "first"));
        outbox.close(Close::new(4001, "second"));
        assert!(!outbox.post(Lane::Normal, &Bytes::from_static(b"b")));
        assert_eq!(next(&outbox), send("a"));
        assert_eq!(next(&outbox), Some(Order::Close(Close::new(4000, "first"))));
    }

    #[test]
    fn a_full_outbox_asks_for_a_close_and_lets_go_of_its_messages() {
        let outbox = Outbox::new(200, Budget::new(1 << 20).share());
        assert!(outbox.post(Lane::Normal, &Bytes::from(vec![b'x'; 100])));
        assert!(!outbox.post(Lane::Normal, &Bytes::from(vec![b'x'; 100])));
        assert_eq!(next(&outbox), Some(Order::Close(Close::new(1013, TOO_SLOW))));
    }

    #[test]
    fn news_after_an_empty_look_is_seen() {
        let outbox = Outbox::new(1000, Budget::new(1 << 20).share());
        assert_eq!(next(&outbox), None);
        outbox.post(Lane::Normal, &Bytes::from_static(b"a"));
        assert_eq!(next(&outbox), send("a"));
    }
}
