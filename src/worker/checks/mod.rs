//! What the worker of the checks runs: suites, their runs, what was recorded and what is kept.
//!
//! Owns the bookkeeping between [`crate::wire::checks`] and [`crate::engine`]. It refuses to know a browser: the world and
//! the store come in from outside, so all of it is tested natively with virtual time. It is a worker of its own, so the page
//! downloads the engine of suites only when the first suite is looked at.

mod connection_table;
mod history;
mod library;
mod parts;
mod queue;
mod recordings;
mod site;
mod work;
mod worker;

pub use parts::{Reports, Runs};
pub use site::{Site, browser_name};
pub use worker::ChecksWorker;
