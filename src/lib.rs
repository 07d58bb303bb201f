//! Sockscope: a WebSocket test bench that runs in a browser tab.
//!
//! The layers, and the only direction in which they may name each other:
//! `ui → wire → engine`, `ui → browser → engine`, `session → wire → engine` and `checks → wire → engine`.
//! `engine`, `wire`, `session` and `checks` are pure and always build; the others need the features `browser` and `page`.
//! [`testing`] is the door for other projects, whose headless tests run suites through it.

#[cfg(feature = "browser")]
pub mod browser;
pub mod checks;
pub mod engine;
pub mod session;
#[cfg(feature = "browser")]
pub mod testing;
pub mod ui;
pub mod wire;
