//! What the worker runs: it owns every socket and the log, and answers the page.
//!
//! Owns the bookkeeping between [`crate::wire`] and [`crate::engine`]. It refuses to know a browser: the world comes in from
//! outside, so all of it is tested natively with virtual time. One rule: nothing is posted before the page has said
//! [`Seen`](crate::wire::bench::Request::Seen), so a slow page never grows a queue.

mod answers;
mod arranging;
mod arrivals;
mod connection;
mod difference;
mod failures;
mod folder;
mod followed;
mod heartbeat;
mod highlights;
mod inspector;
mod journal;
mod keeping;
mod later;
mod leaving;
mod list;
mod masks;
mod matching;
mod outside;
mod pairs;
mod pins;
mod pulse;
mod record;
mod recording;
mod relayed;
mod replaying;
mod replies;
mod requests;
mod sending;
mod sharing;
mod shown;
mod sockets;
mod storage;
mod summaries;
mod update;
mod why;
mod worker;

pub use journal::GivenFiles;
pub use later::{Download, Later, OpenPicked};
pub use pulse::beat;
pub use worker::BenchWorker;
