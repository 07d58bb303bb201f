//! Sockscope: a WebSocket test bench that runs in a browser tab.
//!
//! The layers may name each other in one direction only: `ui → model → wire → engine`, `worker → wire → engine`,
//! `ui → browser → engine`. The engine is a crate of its own. It, `wire`, `model` and `worker` are pure and always build; the others
//! need the features `browser` and `page`.
//! [`testing`] is the door for other projects, whose headless tests run suites through it.

#[cfg(feature = "browser")]
pub mod browser;
pub mod model;
#[cfg(feature = "browser")]
pub mod program;
pub mod worker;
pub use sockscope_engine as engine;
#[cfg(feature = "browser")]
pub mod testing;
#[cfg(feature = "page")]
pub mod ui;
pub mod wire;
