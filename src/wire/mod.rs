//! The typed messages between the page and its worker.
//!
//! Owns what either side may say and how it becomes bytes: one buffer a message, transferred, never structured clones.
//! It refuses to know who carries the bytes. The rule a reader would break: the format has no names in it, so both sides
//! must be built from the same source; [`decode`] checks that by a fingerprint.

mod envelope;
mod request;
mod update;

pub use envelope::{FINGERPRINT, WireError, decode, encode};
pub use request::{ConnectionId, Look, Request};
pub use update::{CloseSeen, EchoNews, LineState, News, Phase, Pulse, Ready, Row, Rows, Totals, Update};
