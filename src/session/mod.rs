//! What the worker runs: it owns every socket and the log, and answers the page.
//!
//! Owns the bookkeeping between [`crate::wire`] and [`crate::engine`]. It refuses to know a browser: the world comes in
//! from outside, so all of it is tested natively with virtual time. The rule a reader would break: nothing is posted
//! before the page has said [`Seen`](crate::wire::Request::Seen), so a slow page never grows a queue.

mod answers;
mod beat;
mod desk;
mod failures;
mod inspector;
mod keeper;
mod line;
mod list;
mod matching;
mod news;
mod pins;
mod pulse;
mod record;
mod recording;
mod replies;
mod sending;
mod sharing;
mod shown;
mod sockets;
mod why;

pub use desk::{Desk, Spawn};
pub use keeper::{Keep, KeepError};
pub use pulse::beat;
