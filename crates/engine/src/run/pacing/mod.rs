//! How a run waits for the event loop, and for its turn to open a connection.
//!
//! Every wait in here has a bound or ends with the run.

pub(super) mod curve;
pub(super) mod handshake_queue;
pub(super) mod pause;
pub(super) mod yield_budget;
