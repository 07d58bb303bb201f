//! The messages of a connection: which expectations wait for them, and which silences forbid them.

pub(super) mod message;
pub(super) mod pair;
pub(super) mod queue;
pub(super) mod reply_index;
pub(super) mod waiter;
