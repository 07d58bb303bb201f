//! `sockscope check` as a process: a real browser, real servers, and what is left when it has ended.
//!
//! Run by `cargo xtask test`, which builds the page and the binary and says where they and the browser are.

#[path = "check/against.rs"]
mod against;
#[path = "check/broken.rs"]
mod broken;
#[path = "check/command.rs"]
mod command;
#[cfg(feature = "target-tests")]
#[path = "check/conformance.rs"]
mod conformance;
#[path = "check/endings.rs"]
mod endings;
#[path = "check/reasons.rs"]
mod reasons;
#[path = "check/reports.rs"]
mod reports;
#[cfg(feature = "target-tests")]
#[path = "targets/results.rs"]
mod results;
#[path = "check/scale.rs"]
mod scale;
#[path = "check/seldom.rs"]
mod seldom;
#[cfg(feature = "target-tests")]
#[path = "targets/server.rs"]
mod server;
#[cfg(target_os = "linux")]
#[path = "check/shared.rs"]
mod shared;
#[cfg(feature = "target-tests")]
#[path = "targets/subjects.rs"]
mod subjects;
#[path = "check/suites.rs"]
mod suites;
#[cfg(feature = "target-tests")]
#[path = "check/targets.rs"]
mod targets;
#[path = "check/tested.rs"]
mod tested;
#[cfg(feature = "target-tests")]
#[path = "targets/tungstenite_echo.rs"]
mod tungstenite_echo;
