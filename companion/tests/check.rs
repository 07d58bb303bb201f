//! `sockscope check` as a process: a real browser, real servers, and what is left when it has ended.
//!
//! Run by `cargo xtask test`, which builds the page and the binary and says where they and the browser are.

#[path = "check/command.rs"]
mod command;
#[path = "check/endings.rs"]
mod endings;
#[path = "check/reasons.rs"]
mod reasons;
#[path = "check/reports.rs"]
mod reports;
#[path = "check/scale.rs"]
mod scale;
#[path = "check/suites.rs"]
mod suites;
#[cfg(feature = "target-tests")]
#[path = "check/targets.rs"]
mod targets;
#[path = "check/tested.rs"]
mod tested;
