//! Suites and servers that no person would write, made of bytes, for property tests and fuzzers alike.
//!
//! Owns how bytes become a suite, a server and a message. One rule: everything comes from the bytes, so that a finding is a
//! file, and fewer or smaller bytes make a smaller case.

pub mod choices;
pub mod claims;
pub mod grammar;
pub mod grown;
pub mod json;
pub mod kept;
pub mod server;
