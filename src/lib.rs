//! Sockscope: a WebSocket test bench that runs in a browser tab.
//!
//! The layers, and the only direction in which they may name each other:
//! `ui → wire → engine` and `session → browser → engine`.
//! `engine` and `wire` are pure and always build; the others need the features `browser` and `page`.

#[cfg(feature = "browser")]
pub mod browser;
pub mod engine;
#[cfg(feature = "browser")]
pub mod session;
pub mod ui;
pub mod wire;
