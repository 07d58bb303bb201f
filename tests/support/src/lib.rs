//! What the engine's tests and the fuzzers share, each piece once.
//!
//! Owns the simulated practice server, and suites and servers made of bytes. It refuses to know a browser and a socket.

pub mod fuzzers;
pub mod hostile;
pub mod relay;
pub mod simulated;
