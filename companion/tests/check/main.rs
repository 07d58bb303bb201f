//! `sockscope check` as a process: a real browser, real servers, and what is left when it has ended.
//!
//! Run by `cargo xtask test`, which builds the page and the binary and says where they and the browser are.

mod against;
mod beside;
mod bodies;
mod broken;
#[cfg(feature = "target-tests")]
mod conformance;
mod endings;
mod grid;
mod load;
mod reasons;
mod recipes;
mod relayed;
mod reports;
mod scale;
mod seldom;
#[cfg(target_os = "linux")]
mod shared;
#[cfg(feature = "target-tests")]
mod targets;
mod tested;
mod watch;
