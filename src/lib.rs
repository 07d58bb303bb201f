//! Sockscope: a WebSocket test bench that runs in a browser tab.
//!
//! The layers, and the only direction in which they may name each other:
//! `ui → wire → engine` and `worker → browser → engine`.

pub mod engine;
