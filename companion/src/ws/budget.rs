//! What a server holds for all its clients together: the bytes that wait.
//!
//! Owns the sum. The limits of one connection do not bound it, since a client may open many. It refuses to know what is held.
//! Code that holds bytes for a client reserves them first, and ends the connection when there is no room; a few bytes
//! always have room, so that a full server still talks to those who hold little.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::close::Close;

/// What always has room, and the steps in which shares are counted: connections on two cores that both add to one counter
/// for every message would spend their time passing its cache line to and fro.
pub const ALWAYS: usize = 64 * 1024;

/// The reason given to a client for which there is no room.
pub const TOO_MUCH: &str = "the server holds as much for its clients as it may";

/// The sum, and its limit.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    held: AtomicUsize,
}

/// What one holder has of it. Dropping it gives it back.
#[derive(Debug)]
pub struct Share {
    budget: Arc<Budget>,
    counted: usize,
}

impl Budget {
    /// A budget of this many bytes.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, held: AtomicUsize::new(0) })
    }

    /// A share with nothing in it.
    pub fn share(self: &Arc<Self>) -> Share {
        Share { budget: Arc::clone(self), counted: 0 }
    }

    /// What is held now, but for what always has room.
    pub fn held(&self) -> usize {
        self.held.load(Relaxed)
    }
}

impl Share {
    /// Says how many bytes are held now; false when they have become more than there is room for. Then the holder has to let
    /// go of them.
    #[must_use]
    pub fn set(&mut self, bytes: usize) -> bool {
        let now = bytes / ALWAYS * ALWAYS;
        let before = std::mem::replace(&mut self.counted, now);
        if now <= before {
            if now < before {
                self.budget.held.fetch_sub(before - now, Relaxed);
            }
            return true;
        }
        self.budget.held.fetch_add(now - before, Relaxed) + (now - before) <= self.budget.limit
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.counted, Relaxed);
    }
}

/// The close that a client gets for which there is no room.
pub fn close() -> Close {
    Close::new(1013, TOO_MUCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_come_back() {
        let budget = Budget::new(10 * ALWAYS);
        let (mut one, mut other) = (budget.share(), budget.share());
        assert!(one.set(6 * ALWAYS) && other.set(4 * ALWAYS));
        assert!(!other.set(5 * ALWAYS), "that is one too many");
        drop(one);
        assert!(other.set(6 * ALWAYS) && other.set(10));
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn little_always_has_room() {
        let budget = Budget::new(0);
        let mut share = budget.share();
        assert!(share.set(ALWAYS - 1) && !share.set(ALWAYS));
        assert!(share.set(0));
        assert_eq!(budget.held(), 0);
    }
}
