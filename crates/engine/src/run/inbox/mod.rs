//! What came on a connection: who waits for it, and who must not get it.

pub(super) mod expectation;
pub(super) mod invariant;
pub(super) mod queue;
pub(super) mod reply_index;
pub(super) mod waiter;
