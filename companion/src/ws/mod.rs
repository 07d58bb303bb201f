//! WebSocket on the server's side: frames, one connection, and what may be waiting for it.
//!
//! The protocol is written here rather than taken from a library. A practice server has to do what libraries
//! rightly refuse: send close code 999, stop in the middle, reset the TCP connection, skip the rest of a
//! message that is too large so that the close frame survives. It also has to echo several messages with one
//! system call and without copying or allocating for each, which `tungstenite` (copies into a write buffer,
//! flushes per send), `tokio-websockets` (queues pongs without a bound) and `fastwebsockets` (leaves closing to
//! the caller) each do in part. The tests drive it with `tungstenite`, so that the two sides do not share
//! a misreading of RFC 6455.
//!
//! **Invariant:** nothing in here knows a route or JSON.

pub mod budget;
pub mod close;
pub mod conn;
pub mod dial;
pub mod frame;
pub mod outbox;
pub mod patient;
pub mod probe;
pub mod queue;
pub mod refusal;
pub mod session;
pub mod socket;
pub mod splitter;
pub mod tls_words;
pub mod traffic;
pub mod trust;
pub mod tunnel;
pub mod upgrade;
